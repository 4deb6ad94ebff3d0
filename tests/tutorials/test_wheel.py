"""The tutorials, which stand beside the package, are in what is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile

import pytest
from playing import ROOT, SCRIPTS, python

from minnet.lessons import scripts

needs_setuptools = pytest.mark.skipif(
    not (importlib.util.find_spec("setuptools") and importlib.util.find_spec("pip")),
    reason="a wheel is built with setuptools and pip",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "minnet", source / "minnet", ignore=unwanted)
    shutil.copytree(ROOT / "tutorials", source / "tutorials", ignore=unwanted)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q",
         "--no-index", "-w", str(folder), str(source)],
        check=True,
        capture_output=True,
        timeout=300,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@needs_setuptools
@pytest.mark.skipif(not SCRIPTS, reason="there are no tutorials")
def test_every_tutorial_is_in_the_wheel_and_found_there(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    found = sorted((tmp_path / "installed/minnet/lessons/scripts").glob("*.py"))
    assert [path.name for path in found] == [path.name for path in SCRIPTS]
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})\n"
        "from minnet.lessons import scripts\n"
        "print(scripts.folder())\n"
        "print(len(scripts.lessons()))\n"
    )
    folder, count = python("-c", program, folder=tmp_path).stdout.split("\n")[:2]
    assert folder.startswith(str(tmp_path)) and int(count) == len(SCRIPTS)


@pytest.mark.skipif(not SCRIPTS, reason="there are no tutorials")
def test_from_the_source_tree_they_are_found_at_its_top():
    assert scripts.folder() == ROOT / "tutorials"
