"""A Jacobian that is there only in part, or whose axes are exchanged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import gradient_of, subsets
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.records import dataclass, replace
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
    for axis in _shared_axes(evidence):
        lag = _lags(J, axis, evidence.x.ndim)
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
    message = (
        f"{gradient_of(evidence)} is right for {found.words}, and lacks what comes from steps "
        f"further back along axis {found.axis}. Where forward carries a state from step to step, "
        "backward has to carry its gradient the other way, and add it to that of the step."
    )
    facts = {"axis": found.axis, "steps": found.right}
    return Finding("truncated_time", message, facts, about=(found.right,))


def wrong_carry(evidence: Evidence) -> Finding | None:
    """Right within a step of a sequence, and wrong in what is carried back to earlier ones."""
    found = _in_time(evidence)
    if found is None or found.cut:
        return None
    message = (
        f"{gradient_of(evidence)} is right for {found.words}, and wrong for what comes from steps "
        f"further back along axis {found.axis}. Where forward carries a state from step to step, "
        "backward carries its gradient the other way: that is where it goes wrong."
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
    for axis in _shared_axes(evidence):
        apart = _lags(J, axis, evidence.x.ndim) != 0
        if (apart & (np.abs(J) > tolerance)).any():
            forward.append(axis)
        if (apart & (np.abs(A) > tolerance)).any():
            backward.append(axis)
    wrong = tuple(axis for axis in backward if axis not in forward)
    if not wrong:
        return None
    lacking = [axis for axis in forward if axis not in backward]
    message = (
        f"{gradient_of(evidence)} mixes what lies along {_axes(wrong)}: in forward, no output "
        f"depends on an element of {evidence.wrt} at another index there."
    )
    if lacking:
        message += f" Forward mixes along {_axes(tuple(lacking))}, and backward does not."
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


def _shared_axes(evidence: Evidence) -> Iterator[int]:
    """Yield the axes that output and x have in common: at the same place, of one size."""
    out, own = evidence.probe.outputs[0].shape, evidence.x.shape
    for axis in range(min(len(out), len(own))):
        if out[axis] == own[axis] > 1:
            yield axis


def _lags(J: Array, axis: int, ndim: int) -> Array:
    """Return for each entry by how much the output's index along an axis exceeds x's."""
    index = np.ogrid[tuple(slice(size) for size in J.shape)]
    return np.broadcast_to(index[axis] - index[J.ndim - ndim + axis], J.shape)


@dataclass(frozen=True)
class _InTime:
    """How far back along an axis of steps the gradient is right; then it is `cut`, or wrong.

    The outputs are steps as well, or the `last` state alone; a parameter is `shared` by all
    steps. Time may be `turned` round.
    """

    axis: int
    right: int
    cut: bool
    turned: bool
    last: bool = False
    shared: bool = False

    @property
    def words(self) -> str:
        steps = "step" if self.right == 1 else f"{self.right} steps"
        if self.last and self.shared:
            return f"a sequence of {'one ' if self.right == 1 else ''}{steps}"
        if self.last:
            return f"the {'first' if self.turned else 'last'} {steps}"
        return f"what a step of the output owes to its own {steps}"


def _in_time(evidence: Evidence) -> _InTime | None:
    """Return how far back in time the gradient is right.

    A parameter has no steps: it is right at the first step alone, where a sequence is not.
    """
    own, others = _steps_back(evidence), [evidence.about(name) for name in evidence.others]
    if own is not None:
        return own
    own = _steps_to_the_last(evidence)
    if own is not None:  # or the first places of anything: what the steps share tells
        shared = any(_is_shared(other, evidence.wrt, own) for other in others)
        return own if shared else None
    for other in others:
        found = _steps_back(other)
        if found is not None and _right_at_first(evidence, found):
            return replace(found, shared=True)
        found = _steps_to_the_last(other)
        if found is not None and _is_shared(evidence, other.wrt, found):
            return replace(found, shared=True)
    return None


def _steps_back(evidence: Evidence) -> _InTime | None:
    """Of outputs that depend on the steps up to their own along an axis, or on those from it on."""
    found = _blocks(evidence)
    if found is None:
        return None
    J, A, tolerance = found
    for axis in _shared_axes(evidence):
        if evidence.x.shape[axis] < STEPS:
            continue
        lag = _lags(J, axis, evidence.x.ndim)
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


def _steps_to_the_last(evidence: Evidence) -> _InTime | None:
    """Of outputs that all depend on every step along an axis: a last state."""
    found = _blocks(evidence)
    if found is None or evidence.wrt not in evidence.case.inputs:
        return None
    m, shape = evidence.probe.base.size, evidence.x.shape
    for axis, steps in enumerate(shape):
        by_step = (np.moveaxis(part.reshape(m, *shape), axis + 1, 0) for part in found)
        J, A, tolerance = (part.reshape(steps, m, -1) for part in by_step)
        live = np.any(np.abs(J) > tolerance, axis=2)
        off = np.any(np.abs(A - J) > tolerance, axis=(1, 2))
        one_alone = (live.sum(axis=0) == 1).any()  # as each sample of a batch is
        if steps < STEPS or one_alone or not live.any(axis=1).all() or off[0] == off[-1]:
            continue
        turned = bool(off[-1])
        off, A = (off, A) if turned else (off[::-1], A[::-1])
        right = int(np.argmax(off))
        if off[right:].all():
            return _InTime(axis, right, not np.any(A[right:]), turned, last=True)
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


def _is_shared(evidence: Evidence, sequence: str, time: _InTime) -> bool:
    """Whether the gradient is wrong, and right for a sequence of few steps."""
    if evidence.analytic is None or not evidence.wrong.any():
        return False
    few = evidence.case.variables[sequence].take(range(time.right), time.axis)
    case = evidence.case.with_inputs({sequence: few})
    there = None if case is None else evidence.at(case)
    if there is None or there.analytic is None or not there.complete:
        return False
    return not there.wrong.any()


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else "axes " + " and ".join(map(str, axes))
