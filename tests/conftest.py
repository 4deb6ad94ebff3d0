"""What a file that is read in this process leaves behind is taken back after each test."""

import builtins
import collections
import sys
from types import ModuleType

import numpy as np
import pytest

ADDED_TO = (np, collections, builtins)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Take back the names of old NumPy, and the stand-ins for modules that are not installed."""
    before = [{*vars(module)} for module in ADDED_TO]
    yield
    for module, names in zip(ADDED_TO, before, strict=True):
        for name in {*vars(module)} - names:
            if not isinstance(getattr(module, name), ModuleType):
                delattr(module, name)
    for name, module in list(sys.modules.items()):
        if getattr(module, "__minnet_stub__", False) is True:
            del sys.modules[name]
