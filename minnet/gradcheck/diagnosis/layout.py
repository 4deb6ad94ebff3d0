"""The right numbers in the wrong places: axes exchanged, reversed, reshaped, variables swapped."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis.common import (
    EDGE,
    gradient_of,
    name_of_gradient,
    permutations,
    subsets,
)
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.fits import row_factors
from minnet.gradcheck.verdict.screen import DIRECTIONS
from minnet.report.results import Finding

Move = Callable[[Array], Array]
#: what to look for where a picture is off by a place or two
MIDDLE = (
    "look for the slice that takes the middle out of a padded array: it starts where the padding "
    "ends"
)


def transpose(evidence: Evidence) -> Finding | None:
    """The right one with axes exchanged."""
    g, bar = evidence.numeric, evidence.bar
    for axes in permutations(g.ndim):
        if g.transpose(axes).shape == g.shape and evidence.agrees(
            g.transpose(axes), bar.transpose(axes)
        ):
            moved = [axis for axis, source in enumerate(axes) if axis != source]
            message = (
                f"{gradient_of(evidence)} is transposed: it is the measured gradient with axes "
                f"{_listed(moved)} exchanged. Both have shape {g.shape}, so nothing else shows it."
            )
            return Finding("transpose", message, {"axes": list(axes)}, about=(axes,))
    return None


def flip(evidence: Evidence) -> Finding | None:
    """The right one reversed along axes."""
    g, bar = evidence.numeric, evidence.bar
    long_axes = [axis for axis in range(g.ndim) if g.shape[axis] > 1]
    for axes in subsets(long_axes):
        if evidence.agrees(np.flip(g, axes), np.flip(bar, axes)):
            message = (
                f"{gradient_of(evidence)} is reversed along {_axes(axes)}: it is the measured "
                f"gradient read backwards there{_rotated(axes, g.ndim)}."
            )
            return _flip_finding(message, axes, evidence.wrt)
    return None


def swapped(evidence: Evidence) -> Finding | None:
    """Another variable's gradient."""
    for name in evidence.others:
        other = evidence.about(name)
        if other.x.size != evidence.x.size or not other.complete or other.numeric.ndim == 0:
            continue
        g, bar = other.numeric, other.bar
        shape = evidence.x.shape
        ways = [("", g.reshape(shape), bar.reshape(shape)), (" transposed", g.T, bar.T)]
        for how, moved, moved_bar in ways:
            if moved.shape == shape and evidence.agrees(moved, moved_bar):
                message = (
                    f"{gradient_of(evidence)} is the gradient of another variable: it equals "
                    f"{name_of_gradient(name)}{how}."
                )
                facts = {"of": name, "how": how.strip()}
                return Finding("swapped", message, facts, about=(name, how))
    return None


def transposed_parameter(evidence: Evidence) -> Finding | None:
    """The gradient that would be right if a parameter had its axes exchanged or reversed."""
    for name in evidence.others:
        W = evidence.case.variables[name]
        if W.ndim < 2:
            continue
        for axes in permutations(W.ndim):
            if W.transpose(axes).shape != W.shape:
                continue
            if right_with(evidence, name, W.transpose(axes)) or _right_before_activation(
                evidence, W
            ):
                return _parameter_finding(evidence, name, list(axes))
        for chosen in subsets([axis for axis in range(2, W.ndim) if W.shape[axis] > 1]):
            if right_with(evidence, name, np.flip(W, chosen)):
                message = (
                    f"{gradient_of(evidence)} is what it should be if {name} were reversed along "
                    f"{_axes(chosen)}{_rotated(chosen, W.ndim)}: backward slides the kernel the "
                    "wrong way round."
                )
                return _flip_finding(message, chosen, name)
    return None


def permuted(evidence: Evidence) -> Finding | None:
    """The right numbers in the wrong places."""
    g, bar = evidence.numeric, evidence.bar
    if not evidence.complete or g.size < 2:
        return None
    for how, move in _rearrangements(g.shape):
        if evidence.agrees(move(g), move(bar)):
            return _permuted_finding(evidence, {"how": how}, f"as if by {how}")
    return _matched_one_by_one(evidence) or _shifted(evidence)


def permuted_upstream(evidence: Evidence) -> Finding | None:
    """The gradient of a dout that was reshaped, transposed or reversed in the wrong way."""
    if evidence.J is None or evidence.A is None or evidence.case.is_loss:
        return None
    start, size = 0, np.abs(evidence.J).max(axis=1)
    for out in evidence.probe.outputs:
        place = np.arange(start, start + out.size).reshape(out.shape)
        start += out.size
        if out.ndim < 2 or not out.size:
            continue
        telling = int(np.argmax(size[place.ravel()]))
        for how, move in itertools.chain(_rearrangements(out.shape), _flips(out.shape)):
            if _rows_moved(evidence, place.ravel(), move(place).ravel(), telling):
                code = "flip" if how.startswith("reading") else "permuted"
                code = "transpose" if how.startswith("a transpose") else code
                message = (
                    f"{gradient_of(evidence)} is the gradient of a rearranged dout: it is right "
                    f"if the elements of dout are put in another order, by {how}."
                )
                return Finding(code, message, {"how": how, "of": "dout"}, about=(how, "dout"))
    return None


def misplaced(evidence: Evidence) -> Finding | None:
    """What each output passes back, put on other elements; or dout, read at other outputs."""
    J, A = evidence.J, evidence.A
    if J is None or A is None or evidence.case.is_loss or len(evidence.probe.outputs) != 1:
        return None
    out, own = evidence.probe.outputs[0].shape, evidence.x.shape
    found = _moved_along(J, A, evidence.J_tolerance)
    if found is not None:
        k, to, source = found
        words = (
            f"for one, what output {_at(k, out)} passes back lands on element {_at(to, own)}, and "
            f"belongs to element {_at(source, own)}"
        )
        return _permuted_finding(evidence, {"how": "elements"}, words)
    found = _moved_along(J.T, A.T, evidence.J_tolerance.T)
    if found is None:
        return None
    k, to, source = found
    words = (
        f"for one, element {_at(k, own)} is given dout at {_at(to, out)}, where dout at "
        f"{_at(source, out)} belongs"
    )
    return _permuted_finding(evidence, {"how": "outputs"}, words)


# --- helpers ------------------------------------------------------------------------------


def _moved_along(J: Array, A: Array, tolerance: Array) -> tuple[int, int, int] | None:
    """Return a row of A, and whereto and whence a number in it is moved; None: it is not so.

    Every row of A has to have the numbers of the same row of J, in any order.
    """
    limit = tolerance.max(axis=1, keepdims=True)
    if np.any(np.abs(np.sort(A, axis=1) - np.sort(J, axis=1)) > limit):
        return None
    off = np.abs(A - J)
    k, to = np.unravel_index(int(np.argmax(off * (np.abs(A) > limit))), A.shape)
    there = np.abs(J[k] - A[k, to]) <= limit[k]
    sources = np.flatnonzero(there & (off[k] > limit[k]))
    return (int(k), int(to), int(sources[0])) if len(sources) else None


def _at(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(_place(flat, shape))


def _rows_moved(evidence: Evidence, place: Array, source: Array, telling: int) -> bool:
    """Whether backward takes the elements `source` of dout for those at `place`.

    Then these rows of A are those of J. Most ways fail at one row, a `telling` one.
    """
    J, A, tolerance = evidence.J, evidence.A, evidence.J_tolerance
    assert J is not None and A is not None
    for k in ([telling], slice(None)):
        if np.any(np.abs(A[source[k]] - J[place[k]]) > tolerance[place[k]]):
            return False
    rest = np.setdiff1d(np.arange(len(J)), place)
    return bool(np.all(np.abs(A - J)[rest] <= tolerance[rest]))


def _matched_one_by_one(evidence: Evidence) -> Finding | None:
    """Match the elements by their values, which differ: dout is a generic one, not rounded."""
    rng = evidence.stream("a generic dout")
    dout = evidence.dout if evidence.case.is_loss else rng.normal(size=evidence.dout.size)
    claimed, measured = evidence.claimed_for(dout), evidence.numeric_for(dout)
    if claimed is None or measured is None:
        return None
    a, (g, bar) = claimed.ravel(), (part.ravel() for part in measured)
    there, source = np.argsort(a), np.argsort(g)
    limit = bar[source] + evidence.round_off(g)[source] + evidence.round_off(a)[there]
    if not np.all(np.abs(a[there] - g[source]) <= limit):
        return None
    something = np.abs(g[source]) > limit
    neighbours = something[1:] | something[:-1]
    apart = np.diff(g[source]) > limit[1:] + limit[:-1]
    if not neighbours.any() or not apart[neighbours].all():
        return None  # the values are too close together to tell one from another
    k = int(np.argmax((there != source) * np.abs(g[source])))
    to, origin = (_place(int(flat[k]), evidence.x.shape) for flat in (there, source))
    words = f"for one, element {tuple(to)} holds the value of element {tuple(origin)}"
    return _permuted_finding(evidence, {"moves": [[to, origin]]}, words)


def _shifted(evidence: Evidence) -> Finding | None:
    """Off by a place or two along the axes of a picture, where the edge takes what is beyond it."""
    for moves in _shifts(evidence.x.shape):
        if _is_shifted(evidence, moves):
            axes = " and ".join(f"{s:+d} along axis {k}" for k, s in enumerate(moves) if s)
            words = f"shifted by {axes}; what is pushed over the edge is lost"
            return _permuted_finding(evidence, {"how": f"shift {moves}"}, words, MIDDLE)
    return None


def _is_shifted(evidence: Evidence, moves: tuple[int, ...]) -> bool:
    """Whether each element holds what belongs some places before it."""
    shape, J, A = evidence.x.shape, evidence.J, evidence.A
    pairs = list(zip(moves, shape, strict=True))
    to = tuple(slice(max(s, 0), n + min(s, 0)) for s, n in pairs)
    source = tuple(slice(max(-s, 0), n + min(-s, 0)) for s, n in pairs)
    g, bar = np.full(shape, np.nan), np.full(shape, np.inf)
    g[to], bar[to] = evidence.numeric[source], evidence.bar[source]
    if np.unique(g[to]).size < 2 or not evidence.agrees(g, bar):
        return False
    if J is None or A is None:
        return True
    rows, bars = J.reshape(-1, *shape), evidence.J_tolerance.reshape(-1, *shape)
    apart = np.abs(A.reshape(-1, *shape)[:, *to] - rows[:, *source])
    return bool(np.all(apart <= bars[:, *source]))


def _shifts(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield shifts along the last two axes, and along height and width where channels come last."""
    count = len(shape)
    for picture in [(count - 2, count - 1)] + [(1, 2)] * (count == 4):
        steps = [
            range(-min(EDGE, n - 1), min(EDGE, n - 1) + 1) if axis in picture else range(1)
            for axis, n in enumerate(shape)
        ]
        every = itertools.product(*steps)
        yield from sorted((s for s in every if any(s)), key=lambda s: sum(map(abs, s)))


def _permuted_finding(
    evidence: Evidence, facts: dict[str, object], words: str, hint: str = ""
) -> Finding:
    message = f"{gradient_of(evidence)} has the right numbers in the wrong places, {words}."
    return Finding("permuted", message, facts, hint=hint, about=(facts.get("how"),))


def _parameter_finding(evidence: Evidence, name: str, axes: list[int]) -> Finding:
    text = f"{name}.T" if len(axes) == 2 else f"{name} with its axes in the order {tuple(axes)}"
    message = (
        f"{gradient_of(evidence)} is what it should be if {name} were transposed: {name} and "
        f"{text} have the same shape here, and backward uses the wrong one of the two."
    )
    facts = {"axes": axes, "of": name}
    return Finding("transpose", message, facts, about=(tuple(axes), name))


def _flip_finding(message: str, axes: tuple[int, ...], of: str) -> Finding:
    return Finding("flip", message, {"axes": list(axes), "of": of}, about=(axes, of))


def right_with(evidence: Evidence, name: str, value: Array) -> bool:
    """Whether the analytic gradient is the measured one of the same case with another `name`."""
    if np.array_equal(value, evidence.case.variables[name]):
        return False
    try:
        there = evidence.at(evidence.case.with_variables({name: value}), evidence.dout)
    except CodeError:
        return False
    if there.probe.base.size != evidence.dout.size or not np.isfinite(there.probe.base).all():
        return False
    return all(there.agrees_along(evidence.a, evidence.dout) for _ in range(DIRECTIONS))


def _right_before_activation(evidence: Evidence, W: Array) -> bool:
    """Whether A is J with a square W transposed inside it: out = f(x @ W), f element by element.

    There J[o, :] = s[o] · W[:, k] for output o in column k (or W[k, :]), and A has the same s.
    """
    J, A, d = evidence.J, evidence.A, W.shape[-1]
    if J is None or A is None or W.ndim != 2 or evidence.x.shape[-1:] != (d,):
        return False
    if any(out.shape[-1:] != (d,) for out in evidence.probe.outputs):
        return False
    for V in (W, W.T):
        mine = V[:, np.arange(len(J)) % d].T[:, None, :]  # (m, 1, d)
        other = V.T[:, np.arange(len(J)) % d].T[:, None, :]
        blocks, tolerance = (part.reshape(len(J), -1, d) for part in (J, evidence.J_tolerance))
        found = row_factors(blocks, tolerance, np.broadcast_to(mine, blocks.shape))
        if found is None:
            continue
        s, error = found
        off = np.abs(s * other - A.reshape(blocks.shape))
        if np.all(off <= tolerance + error * np.abs(other)):
            return True
    return False


def _rearrangements(shape: tuple[int, ...]) -> Iterator[tuple[str, Move]]:
    """Yield the ways to fill an array of this shape with its own elements in another order."""
    for axes in permutations(len(shape)):
        inverse = tuple(int(k) for k in np.argsort(axes))
        there = tuple(shape[axis] for axis in axes)
        if there == shape:
            yield f"a transpose to axes {axes}", partial(np.transpose, axes=axes)
        yield (
            f"a transpose to axes {axes} and a reshape back",
            partial(_transposed_and_reshaped, axes=axes),
        )
        yield (
            f"a reshape to {there} and a transpose back",
            partial(_reshaped_and_transposed, shape=there, axes=inverse),
        )
    for axis, size in enumerate(shape):
        for shift in range(1, size):
            yield f"a shift of {shift} along axis {axis}", partial(np.roll, shift=shift, axis=axis)


def _flips(shape: tuple[int, ...]) -> Iterator[tuple[str, Move]]:
    for axes in subsets([axis for axis, size in enumerate(shape) if size > 1]):
        yield f"reading {_axes(axes)} backwards", partial(np.flip, axis=axes)


def _transposed_and_reshaped(values: Array, axes: tuple[int, ...]) -> Array:
    return values.transpose(axes).reshape(values.shape)


def _reshaped_and_transposed(values: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    return values.reshape(shape).transpose(axes)


def _place(flat: int, shape: tuple[int, ...]) -> list[int]:
    return [int(k) for k in np.unravel_index(int(flat), shape)]


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {_listed(list(axes))}"


def _listed(axes: list[int]) -> str:
    words = [str(axis) for axis in axes]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _rotated(axes: tuple[int, ...], ndim: int) -> str:
    return " (a rotation by 180 degrees)" if axes == (ndim - 2, ndim - 1) else ""
