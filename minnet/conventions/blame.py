"""Whose fault it is that code raises: its author's, or that of what is not here."""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.conventions.shims import AbsentBase, Missing
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase


def excuse(case: AdaptedCase) -> str:
    """Return what a case lacks whose passes raise, and what would help; "" where nothing.

    That is a module, a file, or a base class: none of it says anything of the gradients.
    """
    try:
        run = case.run()
        run.backward(tuple(np.ones_like(out) for out in run.outputs))
    except CodeError as error:
        return lacking(error.original, case.thing)
    return ""


def lacking(error: BaseException, thing: Any = None) -> str:
    """Return what the code lacks that raised an exception, and what would help, or "".

    >>> lacking(ModuleNotFoundError("No module named 'scipy'", name="scipy"))
    'it needs scipy, which is not installed: install it for the Python that minnet runs in'
    """
    if isinstance(error, Missing):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"it needs {error.name}, which is not installed: install it for the Python that "
            "minnet runs in"
        )
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"it reads the file {error.filename}, which is not there"
    if isinstance(thing, AbsentBase) and isinstance(error, AttributeError | TypeError):
        return f"its base class is not there: {thing.minnet_why}"
    return ""
