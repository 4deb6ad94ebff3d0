"""Keep what the code under test does to Python and NumPy from the checker, which needs them too."""

from __future__ import annotations

import builtins
import contextlib
import math
import random
import sys
import warnings
from collections.abc import Iterator

import numpy as np

from minnet.gradcheck.case import REPLACED, theirs

#: what a file may have replaced things in, and has them again while it runs
_THEIRS = (np, np.linalg, np.random)
#: the same of what nothing at all can run without
_PYTHONS = (builtins, math, random)
#: as deep as Python calls by itself; the checker needs part of it
_CALLS = 1000


@contextlib.contextmanager
def kept_intact() -> Iterator[None]:
    """Run what foreign code does on import; what it replaces is its own from there on.

    A function of NumPy that the code has replaced (``np.load`` by one that allows pickles) is
    there whenever that code runs, and NumPy's own whenever the checker does.
    """
    with theirs(REPLACED):
        before = [(module, dict(vars(module))) for module in (*_THEIRS, *_PYTHONS)]
        modules, finders, path = dict(sys.modules), list(sys.meta_path), list(sys.path)
        try:
            with np.errstate(), warnings.catch_warnings():
                yield
        finally:
            sys.setrecursionlimit(max(sys.getrecursionlimit(), _CALLS))
            sys.modules.update(modules)
            for name in [name for name, module in sys.modules.items() if module is None]:
                del sys.modules[name]  # forbidden by the code, and perhaps needed here
            sys.meta_path += [finder for finder in finders if finder not in sys.meta_path]
            sys.path += [folder for folder in path if folder not in sys.path]
            for module, held in before:
                for name, value in held.items():
                    own = vars(module).get(name)
                    if own is not value:
                        setattr(module, name, value)
                        if module in _THEIRS:
                            REPLACED.append((module, name, own))
