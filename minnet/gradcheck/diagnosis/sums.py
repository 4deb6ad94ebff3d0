"""Only some of the contributions that should add up: one sample, one window, one step, one use."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError, output_vector
from minnet.gradcheck.diagnosis.common import LISTED, gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Finding

EVERY_USE = (
    "find every place where forward reads it, differentiate each with the others held fixed, and "
    "add up: x * f(x) gives f(x) + x * f'(x)"
)
EVERY_PATH = (
    "draw forward as a graph: what flows back is the sum over all paths that leave the input"
)


def one_sample(evidence: Evidence) -> Finding | None:
    """That of part of the batch only: dout is sent for one sample at a time."""
    if evidence.case.is_loss:
        return _one_sample_of_a_loss(evidence)
    found = _contributions(evidence)
    if found is None:
        return None
    weights, told = found
    kept = [n for n, part in enumerate(told) if np.any(part)]
    if not 0 < len(kept) < len(told):
        return None
    if not all(_agree(evidence, told[n], weights[n]) for n in kept):
        return None
    if any(_displaced(evidence, told[n], n, len(told)) for n in kept):
        return None
    return _sample_finding(evidence, kept, len(told))


def _displaced(evidence: Evidence, told: Array, n: int, count: int) -> bool:
    """Whether the contribution of sample n goes when the first sample comes once more, last.

    Then it is not the sample that counts: the last of several uses displaces the others.
    """
    longer = evidence.with_batch(count + 1)
    again = None if longer is None else _contributions(longer)
    if again is None or len(again[1]) != count + 1:
        return False
    part = again[1][n]
    if part.shape != told.shape:
        part = part[: len(told)]
    return bool(part.shape == told.shape and np.any((told != 0) & (part == 0)) and np.any(part))


def _contributions(evidence: Evidence) -> tuple[list[Array], list[Array]] | None:
    """Return the upstream gradient of each sample alone, and what backward makes of each."""
    samples = _sample_of_each_output(evidence)
    if samples is None or evidence.analytic is None:
        return None
    weights = [np.where(samples == n, evidence.dout, 0.0) for n in range(samples.max() + 1)]
    told = [part for w in weights if (part := evidence.claimed_for(w)) is not None]
    if len(told) < len(weights):
        return None
    parts = np.array(told)
    total, size = parts.sum(axis=0), np.abs(parts).sum(axis=0)
    adds_up = evidence.shared.is_claimed(evidence.wrt, evidence.dout, total, size)
    return (weights, told) if adds_up else None


def overwritten(evidence: Evidence) -> Finding | None:
    """Only one of several contributions: every entry of A is that of J, or is lost."""
    J, A = evidence.J, evidence.A
    if J is None or A is None or evidence.jacobian is None:
        return None
    if evidence.case.is_loss:
        return _one_use(evidence, J, A)
    kept = A != 0
    live = evidence.live & ~evidence.jacobian.at_kink
    lost = live & ~kept
    if not lost.any() or np.any(np.abs(A - J)[kept] > evidence.J_tolerance[kept]):
        return _one_step(evidence) or _one_use(evidence, J, A)
    partly = lost.any(axis=0) & (kept & live).any(axis=0)
    if not partly.any():
        return None  # the elements that lose anything lose all of it: a region
    several = int(np.argmax(lost.sum(axis=0) * partly))
    used, lacking = int((kept & live)[:, several].sum()), int(lost[:, several].sum())
    index = tuple(int(k) for k in np.unravel_index(several, evidence.x.shape))
    message = (
        f"{gradient_of(evidence)} keeps only some of the contributions that should add up: "
        f"element {index} should collect them from {used + lacking} outputs, and has those of "
        f"{used}.{_which_outputs(evidence, kept & live, lost)}"
    )
    facts = {"element": list(index), "contributions": used + lacking, "kept": used}
    return Finding("overwritten", message, facts)


# --- helpers ------------------------------------------------------------------------------


def _sample_of_each_output(evidence: Evidence) -> Array | None:
    outputs = evidence.probe.outputs
    sizes = {np.shape(out)[0] if np.ndim(out) else 0 for out in outputs}
    if len(sizes) != 1 or not sizes - {0, 1}:
        return None
    if (
        evidence.case.batched
        and len(evidence.case.variables[evidence.case.batched[0]]) not in sizes
    ):
        return None
    return np.concatenate([np.repeat(np.arange(len(out)), out.size // len(out)) for out in outputs])


def _one_sample_of_a_loss(evidence: Evidence) -> Finding | None:
    if evidence.wrt not in evidence.case.batched or evidence.x.ndim == 0 or len(evidence.x) < 2:
        return None
    rows = evidence.a.reshape(len(evidence.x), -1)
    wrong = evidence.wrong.reshape(rows.shape)
    live = (np.abs(evidence.numeric) > evidence.tolerance).reshape(rows.shape).any(axis=1)
    kept = np.flatnonzero(rows.any(axis=1))
    if wrong[kept].any() or not 0 < len(kept) < len(rows) or not live.all():
        return None
    return _sample_finding(evidence, kept.tolist(), len(rows))


def _sample_finding(evidence: Evidence, kept: list[int], count: int) -> Finding:
    which = f"sample {kept[0]}" if len(kept) == 1 else f"samples {', '.join(map(str, kept))}"
    if len(kept) == 1 and kept[0] == count - 1:
        which = f"the last sample ({kept[0]})"
    message = (
        f"{gradient_of(evidence)} is that of {which} alone: the other {count - len(kept)} of the "
        f"{count} samples in the batch contribute nothing."
    )
    facts = {"samples": kept[:LISTED], "batch": count}
    return Finding("one_sample", message, facts, about=tuple(kept))


def _which_outputs(evidence: Evidence, kept: Array, lost: Array) -> str:
    """Say along which output axis the kept contributions lie, where one index tells."""
    if len(evidence.probe.outputs) != 1:
        return ""
    shape = evidence.probe.outputs[0].shape
    index = np.unravel_index(np.arange(len(kept)), shape)
    for axis, size in enumerate(shape):
        uses = {int(k) for k in index[axis][kept.any(axis=1)]}
        loses = {int(k) for k in index[axis][lost.any(axis=1)]}
        if size > 1 and not uses & loses:
            only = ", ".join(map(str, sorted(uses)[:LISTED]))
            last = ", the last" if uses == {size - 1} else ""
            return f" Only index {only}{last} along axis {axis} of the output is counted."
    return ""


def _one_step(evidence: Evidence) -> Finding | None:
    """A recurrence: one step's use of a parameter is kept, those of the other steps are lost.

    The gradient is right when dout comes from the first step only, wrong from later ones, and
    the chain from step to step is sound: another variable's gradient is right.
    """
    if len(evidence.probe.outputs) != 1 or evidence.jacobian is None:
        return None
    if not any(_right(evidence.about(name)) for name in evidence.others):
        return None
    shape = evidence.probe.outputs[0].shape
    for axis in range(1, len(shape)):
        of_its_own = shape[axis] in evidence.x.shape and evidence.wrt in evidence.case.batched
        if shape[axis] > 1 and not of_its_own:
            which = _step_that_counts(evidence, np.indices(shape)[axis].ravel())
            if which:
                return _step_finding(evidence, which, axis)
    return None


def _step_that_counts(evidence: Evidence, step: Array) -> str:
    """Return which step of the outputs, "first" or "last", is the only one that counts, or ""."""
    steps = int(step.max()) + 1
    parts = [np.where(step == t, evidence.dout, 0.0) for t in range(steps)]
    told = [evidence.claimed_for(part) for part in parts]
    if any(t is None for t in told) or not _used_alike(evidence, step, steps):
        return ""
    silent = [not np.any(t) for t in told]
    if all(silent[:-1]) and not silent[-1]:
        return "last"
    right = [_agree(evidence, t, part) for t, part in zip(told, parts, strict=True)]
    return "first" if right[0] and not any(right[1:]) and not any(silent) else ""


def _used_alike(evidence: Evidence, step: Array, steps: int) -> bool:
    """Whether every step of the output depends on the same elements of x, and all are wrong."""
    used = [evidence.live[step == t].any(axis=0) for t in range(steps)]
    alike = all(np.array_equal(used[0], others) for others in used)
    return alike and bool(evidence.wrong.ravel()[used[0]].all())


def _right(evidence: Evidence) -> bool:
    """Whether this gradient is right, element by element."""
    return evidence.analytic is not None and evidence.complete and not evidence.wrong.any()


def _agree(evidence: Evidence, told: Array | None, dout: Array) -> bool:
    if told is None:
        return False
    numeric = evidence.numeric_for(dout)
    if numeric is None:
        return evidence.agrees_along(told, dout)
    return bool(evidence.same(told, *numeric).all())


def _step_finding(evidence: Evidence, which: str, axis: int) -> Finding:
    message = (
        f"{gradient_of(evidence)} keeps the contribution of one step only: {evidence.wrt} is used "
        f"at every step along axis {axis} of the output, and what the {which} step contributes is "
        "all there is. The contributions should add up over the steps."
    )
    hint = "look for = where += belongs in the loop over the steps"
    return Finding("overwritten", message, {"step": which, "axis": axis}, hint=hint)


def _one_use(evidence: Evidence, J: Array, A: Array) -> Finding | None:
    """A variable used twice, once linearly: backward knows one of the two uses.

    Along x itself, a linear use contributes f(x) − f(0), all of the output's change.
    """
    x = evidence.x.astype(float).ravel()
    try:
        at_zero = output_vector(evidence.case.run({evidence.wrt: 0 * evidence.x}))
    except CodeError:
        return None
    linear = evidence.probe.base - at_zero
    if at_zero.shape != linear.shape or not np.isfinite(linear).all():
        return None
    limit = (evidence.J_tolerance * np.abs(x)).sum(axis=1)
    limit += evidence.round_off(evidence.probe.base) + evidence.round_off(at_zero)
    one, other = A @ x, (J - A) @ x
    both_matter = all(np.any(np.abs(v) > limit) for v in (J @ x, one, other))
    for along, words in ((one, "one"), (other, "the other")) if both_matter else ():
        if np.all(np.abs(along - linear) <= limit):
            message = (
                f"{gradient_of(evidence)} is that of one use of {evidence.wrt} only: forward uses "
                f"{evidence.wrt} more than once, and the gradients of all uses should add up."
            )
            return Finding("overwritten", message, {"use": words}, hint=EVERY_USE)
    skip = J - A
    if J.shape[0] == J.shape[1] and np.all(np.abs(skip - np.eye(len(J))) <= evidence.J_tolerance):
        message = (
            f"{gradient_of(evidence)} lacks dout itself: the output is {evidence.wrt} plus "
            "something, and what flows back along that direct path has to be added."
        )
        facts = {"use": "direct", "entries": len(J)}
        return Finding("overwritten", message, facts, hint=EVERY_PATH)
    return None
