"""What a file that is read in this process leaves behind is taken back; sweeps run apart."""

import builtins
import collections
import signal
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ADDED_TO = (np, collections, builtins)
#: sweeps: the same check of hundreds of layers, pages, notebooks or attacks, a minute or more each
SWEEPS = frozenset(
    [
        "assignments/test_attacks.py",
        "assignments/test_grading_kinds.py",
        "assignments/test_ready.py",
        "browser/test_steps_in_browser.py",
        "cli/test_demo.py",
        "conventions/test_conventions.py",
        "conventions/test_forwards.py",
        "demos/test_names.py",
        "derivative/test_derivative_plots.py",
        "field/test_field.py",
        "gradcheck/test_constants.py",
        "gradcheck/test_cure.py",
        "gradcheck/test_diagnosis.py",
        "gradcheck/test_structure.py",
        "gradcheck/test_verdict.py",
        "gradcheck/test_wrong_case.py",
        "layers/test_layer_contract.py",
        "pictures/test_readme_pictures.py",
        "report/test_gradient_plots.py",
        "steps/test_numbers.py",
        "test_corpus_wrong.py",
        "test_deterministic.py",
        "test_traced_corpus.py",
        "tutorials/test_scripts.py",
    ]
)


def pytest_configure():
    """Let processes that tests start hear Ctrl-C, which a job in the background would ignore."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    """Have the sweeps run by ``--sweeps``, and all else without it; what is named runs whole."""
    parser.addoption("--sweeps", action="store_true", help="run the long sweeps, and these alone")


def pytest_collection_modifyitems(config, items):
    """Leave the sweeps to ``--sweeps``, unless files were named."""
    sweeps = config.getoption("sweeps")
    everything = {Path(arg).name for arg in config.args} == {*config.getini("testpaths")}
    if not everything and not sweeps:
        return
    here = Path(__file__).parent
    chosen = {True: [], False: []}
    for item in items:
        chosen[(_place(item.path, here) in SWEEPS) == sweeps].append(item)
    config.hook.pytest_deselected(items=chosen[False])
    items[:] = chosen[True]


def _place(file, folder):
    """Return where a file is below a folder, with slashes; "" for one that is elsewhere."""
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else ""


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Take back the names of old NumPy, and the stand-ins for modules that are not installed."""
    before = [{**vars(module)} for module in ADDED_TO]
    yield
    for module, held in zip(ADDED_TO, before, strict=True):
        for name in {*vars(module)} - {*held}:
            if not isinstance(getattr(module, name), ModuleType):
                delattr(module, name)
        for name in (n for n in held if vars(module)[n] is not held[n]):
            setattr(module, name, held[name])
    for name, module in list(sys.modules.items()):
        if getattr(module, "__minnet_stub__", False) is True:
            del sys.modules[name]
