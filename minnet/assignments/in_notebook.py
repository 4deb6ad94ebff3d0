"""Points inside a notebook, for graders that run notebooks: Otter and nbgrader.

There the student's code and the check share a process, so a submission that means to cheat can.
Marks that count come of `minnet grade`, on the file that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from minnet.conventions import check
from minnet.report.report import Report

#: what costs no points
_GIVEN = ("pass", "inconclusive")


def points(name: str, *functions: Callable[..., Any], forward: float, backward: float) -> float:
    """Return the points of one item, and print what is wrong with it.

    Parameters
    ----------
    name : str
        The item, as ``minnet check`` calls it.
    *functions : callable
        Its functions.
    forward, backward : float
        What forward is worth, and all gradients together.

    Examples
    --------
    >>> def relu_forward(x):
    ...     return x * (x > 0), x
    >>> def relu_backward(dout, cache):
    ...     return dout * (cache > 0)
    >>> points("relu", relu_forward, relu_backward, forward=4, backward=6)
    10.0
    """
    report = _report(functions)
    verdicts = dict(_verdicts(report, name))
    gradients = [verdict for wrt, verdict in verdicts.items() if wrt]
    share = sum(verdict in _GIVEN for verdict in gradients) / max(len(gradients), 1)
    made = forward * (verdicts.get("") in _GIVEN) + backward * share
    if made < forward + backward:
        print(report)
    return round(float(made), 4)


def expect(name: str, *functions: Callable[..., Any], wrt: str = "") -> None:
    """Raise an error that says what is wrong, unless forward or one gradient is right.

    Parameters
    ----------
    name : str
        The item, as ``minnet check`` calls it.
    *functions : callable
        Its functions.
    wrt : str
        The variable whose gradient is asked for; ``""`` for forward.

    Raises
    ------
    AssertionError
        With minnet's report.
    """
    report = _report(functions)
    if dict(_verdicts(report, name)).get(wrt) not in _GIVEN:
        raise AssertionError(f"\n{report}")


def _report(functions: tuple[Callable[..., Any], ...]) -> Report:
    module = ModuleType(functions[0].__module__)
    vars(module).update({function.__name__: function for function in functions})
    return check(module)


def _verdicts(report: Report, name: str) -> Iterator[tuple[str, str]]:
    """Yield the verdict on forward under "", on each gradient under its name, over all cases."""
    found = next((one for one in report.checks if one.name == name), None)
    cases = found.cases if found else ()
    verdicts = [case.forward.verdict for case in cases]
    wrong, right = "fail" in verdicts, "pass" in verdicts
    gradients = [gradient for case in cases for gradient in case.gradients]
    ran = any(gradient.verdict in ("pass", "fail", "inconclusive") for gradient in gradients)
    yield "", "fail" if wrong or not (right or ran) else "pass"
    for wrt in dict.fromkeys(gradient.wrt for gradient in gradients):
        own = [gradient.verdict for gradient in gradients if gradient.wrt == wrt]
        crashed = any(not case.gradients for case in cases)
        bad = next((verdict for verdict in own if verdict not in _GIVEN), "pass")
        yield wrt, "error" if crashed else bad
