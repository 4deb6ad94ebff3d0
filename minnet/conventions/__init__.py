"""Turn what a file, module, class or object holds into cases for the checker.

`check` is the one public function. What minnet knows of a course is one file, and one line in
the table of `recognise`: to teach it another style, add these two. A new name for a pass, a
parameter or a gradient goes into the table of `minnet.gradcheck.under_test.spellings`.

Each course is a file with a `CONVENTION`: `cs231n`, `nnfs`, `any_class` for everybody else. The
other modules, in the order that data flows:

- `importing`, `packages` and `shims`: from a target to a module
- `discover`: from a module to what is in it, by `recognise` and `pairs`; `own_cases` are those
  that a file gives itself
- `samples`, `networks`, `guessing`: the arguments that each is tried with
- `subject`: a thing to check and its cases, checked one after the other
- `isolated`: files run in a process of their own
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

# What is used in one of the two processes alone is imported there, when it is needed: the one that
# starts the checks needs no convention, and the one that runs them writes no report.
if TYPE_CHECKING:
    from minnet.conventions.isolated.process import Watch
    from minnet.conventions.subject import Subject
    from minnet.gradcheck.options import ElementCount, Hints, Options
    from minnet.report.report import Report
    from minnet.report.results import Skipped, TargetResult

__all__ = ["check"]


def check(
    *targets: Any,
    seed: int = 0,
    elements: ElementCount = None,
    step: float | None = None,
    only: str | None = None,
    hints: Hints = "full",
    jobs: int = 1,
    total_time_limit: float | None = None,
    watch: Watch | None = None,
) -> Report:
    """Check every backward pass in a file, module, class or object.

    Parameters
    ----------
    *targets : str, Path, module, class or object
        ``"layers.py"``, ``"layers.py:affine"``, ``"package.module:NAME"``, a module, a class
        with forward and backward, or such an object. None: minnet's own layers and losses.
        What is given by name, or not at all, runs in a process of its own.
    seed : int
        Seeds the cases, the upstream gradients and the directions.
    elements : int or "all", optional
        How many elements per gradient to measure one by one.
    step : float, optional
        The longest step h to use, instead of choosing it.
    only : str, optional
        Check only names that match this pattern (``"conv*"``) or hold it.
    hints : "none", "code", "full" or "fix"
        How much a diagnosis tells.
    jobs : int
        How many processes run at a time. The report is the same for any number.
    total_time_limit : float, optional
        The seconds that everything in processes of its own may take together; what is not
        checked by then is named. (``MINNET_TIME_LIMIT`` is that of one case.)
    watch : Watch, optional
        Told what is going on there.

    Returns
    -------
    Report
        One `TargetResult` for each target; truthy when everything passed.

    Examples
    --------
    >>> from minnet.layers import ReLU
    >>> report = check(ReLU)
    >>> bool(report), report.checks[0].convention
    (True, 'minnet')
    """
    from minnet.conventions.isolated.jobs import check_isolated
    from minnet.gradcheck.options import Options
    from minnet.gradcheck.telling import report_on

    options = Options(seed, elements, step, hints)
    chosen = targets or (None,)
    named = [target and str(target) for target in chosen if _is_named(target)]
    apart = iter(
        check_isolated(
            named, options, only, jobs=jobs, total_time_limit=total_time_limit, watch=watch
        )
        if named
        else ()
    )
    done = [
        next(apart) if _is_named(target) else _check(target, options, only) for target in chosen
    ]
    return report_on(done, seed, hints)


def _is_named(target: Any) -> bool:
    """Return whether a target is found by its name; None is minnet's own layers."""
    return target is None or isinstance(target, str | Path)


def _check(target: Any, options: Options, only: str | None) -> TargetResult:
    from minnet.conventions.gathering import Gathering
    from minnet.conventions.importing import TargetError, WrongTarget
    from minnet.conventions.subject import Beside
    from minnet.report.results import Skipped

    gathering = Gathering(_label(target))
    try:
        found = _find(target, only)
    except TargetError as error:
        gathering.error, gathering.wrong_target = str(error), isinstance(error, WrongTarget)
        return gathering.result()
    beside = Beside(found, options.seed)
    for index, item in enumerate(found):
        if isinstance(item, Skipped):
            gathering.skip(item)
            continue
        for result in item.results(options, partial(beside.but, item)):
            if callable(result):
                gathering.amend(index, result())
            else:
                gathering.add(index, item.heading, result)
    return gathering.result()


def _find(target: Any, only: str | None) -> list[Subject | Skipped]:
    from minnet.conventions.discover import find, subject_of_class, subject_of_object
    from minnet.conventions.importing import Loaded, TargetError
    from minnet.gradcheck.under_test.passes import has_backward

    if isinstance(target, ModuleType):
        return find(Loaded(target, ""), only)
    if isinstance(target, type):
        return [subject_of_class(target)]
    if has_backward(target):
        return [subject_of_object(target)]
    if isinstance(target, FunctionType):
        raise TargetError(
            f"{target.__name__} is a function: use check_functions(forward, backward, *args), "
            "check_gradient(f, gradient, x) or check_loss(loss, prediction, target)"
        )
    raise TargetError(
        f"a {type(target).__name__} cannot be checked: give a file, a module, a class with "
        "forward and backward, or such an object"
    )


def _label(target: Any) -> str:
    return str(getattr(target, "__name__", type(target).__name__))
