"""A Jacobian that is there only in part, or whose axes are exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import gradient_of, subsets
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Finding

#: fewer steps are no sequence
STEPS = 3


def jacobian_transposed(evidence: Evidence) -> Finding | None:
    """The Jacobian applied where its transpose belongs, along some axes or all."""
    found = _blocks(evidence)
    if found is None:
        return None
    J, A, tolerance = found
    n = evidence.x.ndim
    out, own = J.shape[:-n], J.shape[-n:]
    alike = [k for k in range(min(len(out), n)) if out[k] == own[k] > 1] if len(out) == n else []
    for axes in subsets(alike):
        order = list(range(2 * n))
        for k in axes:
            order[k], order[n + k] = order[n + k], order[k]
        turned, allowed = J.transpose(order), tolerance.transpose(order)
        if np.all(np.abs(A - turned) <= allowed):
            where = "" if len(axes) == len(alike) else f" along {_axes(axes)}"
            message = (
                f"{gradient_of(evidence)} applies the Jacobian itself{where}, where its transpose "
                "belongs: backward does with dout what forward does with "
                f"{evidence.wrt}. What forward multiplies by M, backward has to multiply by M.T."
            )
            return Finding("jacobian_transposed", message, {"axes": list(axes)}, about=(axes,))
    return None


def jacobian_diagonal(evidence: Evidence) -> Finding | None:
    """Only what lies on the diagonal along an axis: an element is moved by its own output alone."""
    found = _blocks(evidence)
    if found is None:
        return None
    J, A, tolerance = found
    for output_axis, axis in _shared_axes(evidence):
        lag = _lags(J.shape, output_axis, len(J.shape) - evidence.x.ndim + axis)
        beside = (lag != 0) & (np.abs(J) > tolerance)
        if not (beside & (lag > 0)).any() or not (beside & (lag < 0)).any():
            continue  # nothing is lost, or steps follow one another
        if np.all(np.abs(A - np.where(lag == 0, J, 0.0)) <= tolerance):
            message = (
                f"{gradient_of(evidence)} keeps the diagonal of the Jacobian only: along axis "
                f"{axis} an output depends on other elements of {evidence.wrt} too, and backward "
                "gives each element what comes from the output at its own place alone."
            )
            return Finding("jacobian_diagonal", message, {"axis": axis}, about=(axis,))
    return None


def truncated_time(evidence: Evidence) -> Finding | None:
    """Steps of a sequence that are cut apart: nothing flows back to earlier ones."""
    found = _in_time(evidence)
    if found is None or not found.cut:
        return None
    axis, steps = found.axis, found.right
    kept = "the same step only" if steps == 1 else f"{steps} steps only"
    message = (
        f"{gradient_of(evidence)} is right for {kept}: what a step of the output (axis {axis}) "
        f"owes to steps {'before it' if steps == 1 else 'further back'} is missing. In forward a "
        "state carries it from step to step, and backward has to carry its gradient back: add "
        "what comes from the next step to that of the step itself."
    )
    return Finding("truncated_time", message, {"axis": axis, "steps": steps}, about=(steps,))


def wrong_carry(evidence: Evidence) -> Finding | None:
    """Right within a step of a sequence, and wrong in what is carried back to earlier ones."""
    found = _in_time(evidence)
    if found is None or found.cut:
        return None
    message = (
        f"{gradient_of(evidence)} is right for what a step of the output (axis {found.axis}) owes "
        f"to {'its own step' if found.right == 1 else f'the last {found.right} steps'}, and wrong "
        "for what it owes to steps before: the gradient of the state is not carried back as it "
        "should be from one step to the one before."
    )
    facts = {"axis": found.axis, "steps": found.right}
    return Finding("wrong_carry", message, facts, about=(found.right,))


def wrong_axis(evidence: Evidence) -> Finding | None:
    """Elements mixed along an axis along which no output depends on others."""
    found = _blocks(evidence)
    case = evidence.case
    if found is None or evidence.wrt not in (*case.batched, *list(case.variables)[:1]):
        return None  # the axes of a parameter are others than those of the output
    J, A, tolerance = found
    forward, backward = [], []
    for output_axis, axis in _shared_axes(evidence):
        apart = _lags(J.shape, output_axis, J.ndim - evidence.x.ndim + axis) != 0
        if (apart & (np.abs(J) > tolerance)).any():
            forward.append(axis)
        if (apart & (np.abs(A) > tolerance)).any():
            backward.append(axis)
    wrong = tuple(axis for axis in backward if axis not in forward)
    if not wrong:
        return None
    lacking = [axis for axis in forward if axis not in backward]
    instead = f", and not along {_axes(tuple(lacking))} where forward does" if lacking else ""
    message = (
        f"{gradient_of(evidence)} mixes what lies along {_axes(wrong)}{instead}: in forward, no "
        f"output depends on an element of {evidence.wrt} at another index there."
    )
    return Finding("wrong_axis", message, {"axes": list(wrong)}, about=(wrong, tuple(lacking)))


# --- helpers ------------------------------------------------------------------------------


def _blocks(evidence: Evidence) -> tuple[Array, Array, Array] | None:
    """Return J, A and the tolerance with an axis for each of the output and of x."""
    J, A = evidence.J, evidence.A
    if J is None or A is None or evidence.case.is_loss or len(evidence.probe.outputs) != 1:
        return None
    shape = (*evidence.probe.outputs[0].shape, *evidence.x.shape)
    tolerance = evidence.J_tolerance
    return J.reshape(shape), A.reshape(shape), np.asarray(tolerance).reshape(shape)


def _shared_axes(evidence: Evidence) -> Iterator[tuple[int, int]]:
    """Yield pairs of axes of output and x at the same place and of one size."""
    out, own = evidence.probe.outputs[0].shape, evidence.x.shape
    for axis in range(min(len(out), len(own))):
        if out[axis] == own[axis] > 1:
            yield axis, axis


def _lags(shape: tuple[int, ...], output_axis: int, axis: int) -> Array:
    """Return for each entry by how much the index along the output's axis exceeds x's."""
    index = np.ogrid[tuple(slice(size) for size in shape)]
    return np.broadcast_to(index[output_axis] - index[axis], shape)


@dataclass(frozen=True)
class _InTime:
    """Outputs that depend on the steps up to their own along an axis, or on those from it on.

    Backward is right for so many steps back, and then `cut`, or wrong.
    """

    axis: int
    right: int
    cut: bool
    turned: bool


def _in_time(evidence: Evidence) -> _InTime | None:
    """Return how far back in time the gradient is right.

    A parameter has no steps: it is right at the first step alone, where a sequence is not.
    """
    own = _steps_back(evidence)
    if own is not None:
        return own
    for name in evidence.others:
        found = _steps_back(evidence.about(name))
        if found is not None and _right_at_first(evidence, found):
            return found
    return None


def _steps_back(evidence: Evidence) -> _InTime | None:
    found = _blocks(evidence)
    if found is None:
        return None
    J, A, tolerance = found
    for output_axis, axis in _shared_axes(evidence):
        if evidence.x.shape[axis] < STEPS:
            continue
        lag = _lags(J.shape, output_axis, J.ndim - evidence.x.ndim + axis)
        live = np.abs(J) > tolerance
        turned = not (live & (lag > 0)).any()
        lag = -lag if turned else lag
        ahead, lags = (live & (lag < 0)).any(), lag[live]
        if ahead or not np.isin(range(STEPS), lags).all():
            continue  # no sequence of steps
        right = int(lag[np.abs(A - J) > tolerance].min(initial=lag.max() + 1))
        if 0 < right <= lag.max():
            return _InTime(axis, right, not A[lag >= right].any(), turned)
    return None


def _right_at_first(evidence: Evidence, time: _InTime) -> bool:
    """Whether the gradient is right for the first steps of the output, and wrong for later ones."""
    found = _blocks(evidence)
    if found is None:
        return False
    steps = evidence.probe.outputs[0].shape[time.axis]
    order = range(steps)[::-1] if time.turned else range(steps)
    off = [
        bool(np.any(np.abs(A - J) > tolerance))
        for step in order
        for J, A, tolerance in [[part.take(step, time.axis) for part in found]]
    ]
    return not any(off[: time.right]) and any(off[time.right :])


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else "axes " + " and ".join(map(str, axes))
