"""What is said where the checker itself cannot go on: it costs one result, and no other."""

from __future__ import annotations

import traceback
from pathlib import Path

from minnet.gradcheck.case import CodeError, message_of
from minnet.gradcheck.under_test.crash import describe_crash, locate
from minnet.report.results import Finding


def own_failure(error: Exception) -> Finding:
    """Return the finding for an exception that arose outside the two passes.

    Most such are of the code under test all the same: its ``__eq__``, its ``__len__`` raised, and
    that is what is said then.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    Finding
        With the code "crash".

    Examples
    --------
    >>> own_failure(MemoryError()).message
    'there is not enough memory to check this: try smaller arrays'
    """
    _, frame = locate(error)
    if frame is not None:
        return describe_crash(CodeError(frame.f_code.co_name, error))
    facts = {"exception": type(error).__name__, "stage": "checking"}
    if isinstance(error, MemoryError):
        said = "there is not enough memory to check this: try smaller arrays"
    else:
        said = f"minnet itself failed: {place_of(error)}. That is a mistake of minnet's, not yours"
    return Finding("crash", said, facts)


def place_of(error: BaseException) -> str:
    """Return an exception in a line, with where it arose."""
    found = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(found[-1].filename).name}, line {found[-1].lineno})" if found else ""
    return f"{type(error).__name__}: {message_of(error)}{where}"
