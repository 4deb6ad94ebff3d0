"""What an import brings with it: `import minnet` is cheap, and so is the start of a check."""

import subprocess
import sys

import pytest


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import minnet", "from minnet import Dense, fit, load_digits"]
)
def test_importing_the_layers_imports_neither_matplotlib_nor_the_checker(statement):
    modules = modules_after(statement)
    assert ("minnet.layers" in modules) == ("Dense" in statement)
    assert ("numpy" in modules) == ("Dense" in statement)
    assert "matplotlib" not in modules
    assert not {
        name
        for name in modules
        if name.startswith(("minnet.gradcheck", "minnet.report", "minnet.drawing"))
    }


def test_the_checker_comes_when_it_is_asked_for():
    assert "minnet.gradcheck" in modules_after("from minnet import check_layer")


def test_a_check_starts_its_process_before_it_imports_numpy():
    assert "numpy" not in modules_after("import minnet.cli.check")


def test_the_process_that_starts_a_check_imports_neither_numpy_nor_a_convention():
    modules = modules_after("from minnet.cli import main; main(['check', '--only', 'Flatten'])")
    assert "minnet.report.text" in modules
    late = {
        "difflib",
        "json",
        "minnet.conventions.discover",
        "minnet.gradcheck.diagnosis.diagnose",
        "numpy",
    }
    assert not late & modules


def test_the_process_that_checks_imports_no_report_and_no_hypothesis():
    modules = modules_after("import minnet.conventions.isolated.worker")
    assert "minnet.gradcheck.engine" in modules
    late = {
        "concurrent.futures",
        "difflib",
        "json",
        "minnet.gradcheck.diagnosis.customs.known",
        "minnet.gradcheck.diagnosis.diagnose",
        "minnet.gradcheck.wrong_case",
        "minnet.report.report",
        "subprocess",
        "zipfile",
    }
    assert not late & modules


def test_an_unknown_name_is_an_attribute_error():
    import minnet

    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = minnet.chekc
    assert "check_layer" in dir(minnet)
