"""Code as it is found in the field: each file says in its first lines what must be said of it.

A line ``# check: NAME VERDICT [CODE ...]`` is one expectation: the verdict of NAME, and what must
be among its codes (the first diagnosis of each gradient that fails, warnings, `not_checked`;
``forward_pass`` and ``forward_not_compared`` are what is said of forward). A NAME is what
`minnet check FILE` calls it (``skipped`` is a verdict here); where the file has a function
``call_NAME``, what that returns is judged instead, as a user would call it. A line
``# measured: N`` says how many passes of the file are found right or wrong.
"""

import importlib.util
from pathlib import Path

import pytest

from minnet import check

FILES = sorted((Path(__file__).parent / "files").glob("*.py"))
MARK, MEASURED = "# check: ", "# measured: "


def expectations(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line[len(MARK) :].split() for line in lines if line.startswith(MARK)]


def loaded(path):
    spec = importlib.util.spec_from_file_location(f"field_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def codes(checks):
    found = {f"forward_{result.forward.verdict}" for result in checks}
    for case in (case for result in checks for case in result.cases):
        found |= {warning.code for warning in case.warnings}
        found |= {finding.code for finding in case.findings[:1]}
        found |= {g.diagnosis[0].code for g in case.gradients if g.diagnosis}
    return found


def judged(path):
    """Return the verdict and the codes of every name that the file has expectations for."""
    names = [name for name, *_ in expectations(path)]
    text = path.read_text(encoding="utf-8")
    found = {}
    if all(f"def call_{name}(" in text for name in names):
        module = loaded(path)
        for name in names:
            report = getattr(module, f"call_{name}")()
            found[name] = (report.verdict, codes(report.checks))
        return found
    report = check(path)
    for result in report.checks:
        found[result.name] = (result.verdict, codes([result]))
    skipped = [item for target in report.targets for item in target.skipped]
    return found | {item.name: ("skipped", set()) for item in skipped}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_said_of_it_is_true(path):
    if "import torch" in path.read_text(encoding="utf-8"):
        pytest.importorskip("torch")
    expected = expectations(path)
    counts = [line for line in path.read_text(encoding="utf-8").splitlines() if MEASURED in line]
    assert expected, f"{path.name} says nothing of what is expected"
    found = judged(path)
    for name, verdict, *wanted in expected:
        assert name in found, f"{name} is not among {sorted(found)}"
        assert found[name][0] == verdict, f"{name}: {found[name]}"
        assert set(wanted) <= found[name][1], f"{name}: {found[name]}"
    for line in counts:
        measured = [name for name, (verdict, _) in found.items() if verdict in ("pass", "fail")]
        assert len(measured) == int(line.removeprefix(MEASURED)), sorted(measured)
