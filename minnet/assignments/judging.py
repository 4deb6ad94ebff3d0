"""Is what a submission gives at one case right: forward by the solution, backward by both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.assignments.isolation.remote import ProcessEnded, SubmissionError
from minnet.assignments.plan import Asked, is_double
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.codes import CODES
from minnet.gradcheck.engine import checked
from minnet.gradcheck.options import Options
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.report.results import GradientResult, Verdict
from minnet.report.words import index_text

#: outputs that differ by less, as a share of their size, are the same: float32 inside
SAME = 1e-5
#: outputs that differ by more are another function; what lies between is not judged
ANOTHER = 1e-3
#: gradients of a right forward that differ by less need no measuring
SAME_GRADIENT = 1e-7
#: gradients that cannot be measured, and differ by more from the solution's, are wrong
ANOTHER_GRADIENT = 1e-2
#: a wrong gradient that is off by less of its norm is one for a person to look at
ALL_BUT_RIGHT = 1e-6
#: what is nothing beside the numbers of a case, which are about 1
NOTHING = 1e-12


@dataclass(frozen=True)
class Outcome:
    """What came of one thing at one case."""

    verdict: Verdict
    codes: tuple[str, ...] = ()
    message: str = ""


PASS = Outcome("pass")
NOT_THAT = (
    "the gradient is not the right one; what forward gives here is nothing that it could be "
    "measured by"
)


def distance(yours: Any, right: Array) -> float:
    """Return how far an array is from another, as a share of its size; infinity for other shapes.

    >>> round(distance(np.array([1.0, 2.5]), np.array([1.0, 2.0])), 6)
    0.25
    """
    mine = np.asarray(yours)
    if mine.shape != right.shape or mine.dtype.kind not in "fiub" or not np.isfinite(mine).all():
        return float("inf")
    if not mine.size:
        return 0.0
    typical = float(np.sqrt(np.mean(np.square(right, dtype=np.float64))))
    size = np.maximum(np.abs(right), typical) + NOTHING
    return float(np.max(np.abs(mine.astype(np.float64) - right) / size))


def of_outputs(yours: Sequence[Array], asked: Asked) -> Outcome:
    """Return what to say of the outputs of forward."""
    if len(yours) != len(asked.outputs):
        said = f"forward returns {len(yours)} outputs, not {len(asked.outputs)}"
        return Outcome("fail", ("forward",), said)
    for mine, right in zip(yours, asked.outputs, strict=True):
        off = distance(mine, right)
        if off <= SAME:
            continue
        if off <= ANOTHER:
            said = "forward differs from what it should give, by less than a thousandth of its size"
            return Outcome("inconclusive", ("forward",), said)
        return Outcome("fail", ("forward",), _difference(mine, right))
    return PASS


def _difference(mine: Array, right: Array) -> str:
    """Say how an output is wrong by its own numbers; those that it should have are not told."""
    if mine.shape != right.shape:
        return f"forward returns an array of shape {mine.shape}, and it should be {right.shape}"
    bad = ~np.isfinite(mine)
    if bad.any():
        return f"forward returns {int(bad.sum())} NaN or infinite value(s) of {bad.size}"
    if not mine.any():
        return "forward returns zeros alone"
    size = float(np.sqrt(np.mean(np.square(right, dtype=np.float64)))) + NOTHING
    off = np.abs(mine - right)
    wrong = off > SAME * np.maximum(np.abs(right), size)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(off)), off.shape))
    shown = f"{float(mine[index]):.4g}"
    place = f"the {shown} at {index_text(index)}" if index else f"{shown}"
    return (
        f"forward differs from what it should give in {int(wrong.sum())} of {wrong.size} "
        f"number{'s' if wrong.size != 1 else ''}; furthest off is {place}"
    )


def of_error(error: CodeError, source: str) -> Outcome:
    """Return what to say of an exception of the submission, or of its end."""
    original = error.original
    if isinstance(original, ProcessEnded):
        return Outcome("error", ("crash",), f"in {error.stage} {original}")
    found = describe_crash(error)
    verdict: Verdict = "not_implemented" if found.code == "not_implemented" else "error"
    message = found.message
    if isinstance(original, SubmissionError) and original.line:
        lines = source.splitlines()
        text = lines[original.line - 1].strip() if original.line <= len(lines) else ""
        message += f" (line {original.line}: {text[:80]})" if text else ""
    return Outcome(verdict, (found.code,), message)


def is_usable(case: AdaptedCase, asked: Asked, yours: Sequence[Array]) -> bool:
    """Return whether a wrong forward is one that a backward can be judged by.

    One of another shape is not, nor one that gives a constant, or an input scaled and shifted
    where more is asked: their gradients come for nothing.
    """
    shapes = [out.shape for out in yours]
    if shapes != [out.shape for out in asked.outputs]:
        return False
    if not all(np.isfinite(out).all() for out in yours):
        return False
    flat = np.concatenate([np.ravel(out) for out in yours])
    if flat.size > 1 and np.ptp(flat) <= SAME * float(np.abs(flat).max(initial=0.0)):
        return False
    if any(_is_affine_in(yours[0], x) for x in asked.case.variables.values()):
        return False
    rng = np.random.default_rng(0)
    moved = {n: x + 0.3 * rng.standard_normal(x.shape) for n, x in case.variables.items()}
    after = case.run(moved).outputs
    return not all(map(np.array_equal, yours, after))


def _is_affine_in(out: Array, x: Array) -> bool:
    """Return whether an output is an input times a number and plus a number."""
    if out.shape != x.shape or out.size < 3:
        return False
    columns = np.stack([np.ravel(x), np.ones(x.size)], axis=1).astype(np.float64)
    fitted = columns @ np.linalg.lstsq(columns, np.ravel(out), rcond=None)[0]
    return distance(fitted, np.ravel(out)) <= SAME


def of_gradients(
    claimed: Mapping[str, Any], asked: Asked, again: Mapping[str, Any] | None = None
) -> dict[str, Outcome]:
    """Return what the solution's gradients say without a measurement: those that are right.

    Parameters
    ----------
    claimed : dict
        What backward returned.
    asked : Asked
    again : dict, optional
        What it returned when it was called a second time.
    """
    same = SAME_GRADIENT if is_double(asked.case) else SAME
    found = {}
    for name, right in asked.gradients.items():
        if distance(claimed.get(name), right) > same:
            continue
        found[name] = PASS
        if again is not None and distance(again.get(name), asked.again[name]) > same:
            found[name] = _of_second(again.get(name), right)
    return found


def _of_second(again: Any, right: Array) -> Outcome:
    """Return what to say of a gradient that is right at the first call of backward alone."""
    if distance(again, 2 * right) <= SAME:
        return Outcome("fail", ("accumulates",), f"{CODES['accumulates']} Only the first is right.")
    said = "a second call of backward gives another gradient: does it change what forward kept?"
    return Outcome("inconclusive", ("nondeterministic",), said)


def measured(
    case: AdaptedCase, asked: Asked, claimed: Mapping[str, Any], options: Options
) -> dict[str, Outcome]:
    """Return what the checker says of the gradients, by the submission's own forward."""
    _, result = checked(case, options)
    return {g.wrt: _of_result(g, claimed.get(g.wrt), asked) for g in result.gradients}


def _of_result(result: GradientResult, claimed: Any, asked: Asked) -> Outcome:
    right = asked.gradients[result.wrt]
    if result.verdict == "pass" and np.any(right) and not np.any(claimed):
        said = "forward does not depend on it, and so there is nothing to differentiate"
        return Outcome("fail", ("zero",), said)
    if result.verdict == "inconclusive":
        return of_unmeasured(claimed, right)
    if result.verdict == "fail" and result.relative_error <= ALL_BUT_RIGHT:
        said = "it is right to many digits, and not to all that could be seen"
        return Outcome("inconclusive", ("precision",), said)
    if result.convention:  # of another course: the solution does not follow it
        off = distance(claimed, right) > ANOTHER_GRADIENT
        return Outcome("fail" if off else "inconclusive", ("convention",), result.convention)
    codes = tuple(dict.fromkeys(f.code for f in result.diagnosis))
    told = next((f for f in result.diagnosis), None)
    message = ""
    if told is not None:
        message = "\n".join(filter(None, (told.message, told.hint and f"hint: {told.hint}")))
    return Outcome(result.verdict, codes, message)


def of_unmeasured(claimed: Any, right: Array) -> Outcome:
    """Return what the solution's gradient says of one that cannot be measured."""
    off = distance(claimed, right)
    if off <= SAME_GRADIENT:
        return PASS
    if off <= ANOTHER_GRADIENT:
        return Outcome("inconclusive", ("precision",), "it could not be measured well enough")
    mine = np.asarray(claimed)
    if claimed is None:
        return Outcome("fail", ("missing",), CODES["missing"])
    if mine.shape != right.shape:
        said = f"the gradient has shape {mine.shape}, and it should be {right.shape}"
        return Outcome("fail", ("shape",), said)
    if not np.any(mine):
        return Outcome("fail", ("zero",), CODES["zero"])
    return Outcome("fail", ("unexplained",), NOT_THAT)
