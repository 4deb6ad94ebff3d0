"""Wrong only in some places: which ones, in words, and what is the matter there."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import (
    EDGE,
    LISTED,
    factor_between,
    gradient_of,
    rounded,
    times,
)
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.patterns import pattern
from minnet.records import dataclass
from minnet.report.results import Factor, Finding

#: a place that may be drawn at will (a threshold) is believed when so many elements are outside
SIDES = 3

Place = tuple[str, Array]
#: a place that is nothing but what was measured
ONE_ELEMENT = "at the one element"
#: the number in "where x > 1.5"; another one at fresh inputs is the same place
THRESHOLD = pattern(r"(?<=[<>] )-?[\d.]+(e[+-]\d+)?$")


def region(evidence: Evidence) -> tuple[Finding, ...]:
    """Wrong only in some places: every description that fits, simple ones first."""
    evidence = evidence.with_lines()
    wrong = evidence.wrong
    right = evidence.known & ~wrong & ~evidence.nothing
    if not wrong.any() or not right.any() or not (evidence.complete or wrong.sum() >= SIDES):
        return ()
    fitting = [
        words for words, place in _places(evidence, wrong, right) if _fits(place, wrong, right)
    ]
    what = _what_holds(evidence, wrong)
    return tuple(
        Finding(
            "region",
            f"{gradient_of(evidence)} is wrong only {words}: there {what.words}. The other "
            "elements are right.",
            {"elements_wrong": int(wrong.sum()), "there": what.kind},
            where=words,
            factor=what.factor,
            about=(THRESHOLD.sub("a threshold", words),),
        )
        for words in _not_by_chance(evidence, fitting, wrong, right)
    )


def _fits(place: Array, wrong: Array, right: Array) -> bool:
    return bool(np.all(place[wrong]) and not np.any(place[right]))


def _not_by_chance(evidence: Evidence, fitting: list[str], wrong: Array, right: Array) -> list[str]:
    """Return the places that are the same ones when all values are shuffled.

    Where nothing is wrong then, or that cannot be tried, they need enough elements on both sides.
    """
    there = evidence.shuffled() if fitting else None
    if there is None or there.analytic is None or not there.complete or not there.wrong.any():
        enough = min(wrong.sum(), right.sum()) >= SIDES
        return [words for words in fitting if enough or words.startswith(ONE_ELEMENT)]
    bad, good = there.wrong, ~there.wrong & ~there.nothing
    again = [words for words, place in _places(there, bad, good) if _mostly(place, bad, good)]
    if wrong.sum() >= SIDES:  # fewer are beyond some threshold in any case: it has to be this one
        again = [THRESHOLD.sub("", words) for words in again]
        return [words for words in fitting if THRESHOLD.sub("", words) in again]
    return [w for w in fitting if w in again or _mostly(_beyond(there, w), bad, good)]


def _mostly(place: Array, wrong: Array, right: Array) -> bool:
    """Return whether nothing is wrong elsewhere, and most of what is there is wrong."""
    return bool(np.all(place[wrong]) and place[wrong].sum() > place[right].sum())


@dataclass(frozen=True)
class _Matter:
    """What is the matter with the wrong elements: the kind of thing, in words too."""

    kind: str
    words: str
    factor: Factor | None = None


def _what_holds(evidence: Evidence, wrong: Array) -> _Matter:
    """Say what is the matter with the wrong elements, if one thing is."""
    a, g = evidence.a[wrong], evidence.numeric[wrong]
    if not np.any(a):
        return _Matter("zero", f"it is 0 and should not be (up to {np.abs(g).max():.3g})")
    if np.all(np.abs(g) <= evidence.tolerance[wrong]):
        return _Matter("should be zero", f"it should be 0 and is up to {np.abs(a).max():.3g}")
    factor = factor_between(evidence, wrong)
    if factor is not None and factor.near(-1.0):
        return _Matter("sign", "it has the wrong sign", Factor(-1.0))
    if factor is not None and not factor.near(0.0):
        factor = rounded(factor)
        words = f"it is {times(factor.value)} what it should be"
        return _Matter("scale", words, factor)
    k = int(np.argmax(np.abs(a - g)))
    return _Matter("other", f"it is {a[k]:.4g}, for one, where {g[k]:.4g} is right")


# --- the places that have a name, simple ones first ---------------------------------------


def _places(evidence: Evidence, wrong: Array, right: Array) -> Iterator[Place]:
    yield from _by_row(evidence)
    yield from _by_index(wrong, right)
    yield from _by_value(evidence)
    yield from _by_label(evidence)
    yield from _by_extreme(evidence)
    yield from _by_threshold(evidence, wrong, right)
    yield from _by_two_axes(wrong, right)
    yield from _by_use(evidence)


def _by_index(wrong: Array, right: Array) -> Iterator[Place]:
    shape = wrong.shape
    index = np.indices(shape)
    for axis, size in enumerate(shape):
        bad = _used(wrong, axis)
        if size > 1 and not bad & _used(right, axis) and _telling(bad, _used(right, axis)):
            yield index_words(bad, size, axis, len(shape)), np.isin(index[axis], sorted(bad))
    yield from _by_either_axis(wrong, right)
    for width in range(1, EDGE + 1):
        inner = [
            (index[axis] >= width) & (index[axis] < size - width)
            for axis, size in enumerate(shape)
            if size > 2 * width
        ]
        if len(inner) > 1:
            words = "in the border" + (f" ({width} wide)" if width > 1 else "")
            yield words, ~(inner[-2] & inner[-1])
            yield "inside, away from the border", inner[-2] & inner[-1]
    for axis, other in (
        (a, b) for a in range(len(shape)) for b in range(a) if shape[a] == shape[b]
    ):
        yield f"on the diagonal of axes {other} and {axis}", index[axis] == index[other]
        yield f"off the diagonal of axes {other} and {axis}", index[axis] != index[other]
        yield f"above the diagonal of axes {other} and {axis}", index[axis] > index[other]
        yield f"below the diagonal of axes {other} and {axis}", index[axis] < index[other]


def _by_either_axis(wrong: Array, right: Array) -> Iterator[Place]:
    """Some indices of one axis or some of another: the last row or the last column."""
    if right.sum() < SIDES:
        return
    index = np.indices(wrong.shape)
    spoiled = [set(range(size)) - _used(right, k) for k, size in enumerate(wrong.shape)]
    for one, two in itertools.combinations(range(wrong.ndim), 2):
        places = []
        for axis in (one, two):
            good = set(range(wrong.shape[axis])) - spoiled[axis]
            if not spoiled[axis] or not good or not _telling(spoiled[axis], set()):
                break
            words = index_words(spoiled[axis], wrong.shape[axis], axis, wrong.ndim)
            places.append((words, np.isin(index[axis], sorted(spoiled[axis]))))
        if len(places) == 2:
            yield f"{places[0][0]} or {places[1][0]}", places[0][1] | places[1][1]


def _used(where: Array, axis: int) -> set[int]:
    others = tuple(k for k in range(where.ndim) if k != axis)
    return {int(k) for k in np.flatnonzero(where.any(axis=others))}


def _telling(bad: set[int], good: set[int]) -> bool:
    """Whether a set of indices is a pattern: few, or in a row, or every other."""
    steps = {b - a for a, b in zip(sorted(bad), sorted(bad)[1:], strict=False)}
    return len(bad) == 1 or len(good) == 1 or len(steps) == 1 or bad == {min(bad), max(bad)}


def index_words(bad: set[int], size: int, axis: int, ndim: int) -> str:
    """Return a set of indices along an axis in words.

    >>> index_words({3}, 4, 1, 2), index_words({0, 5}, 6, 2, 4), index_words({1, 3}, 4, 0, 2)
    ('in the last column', 'at the first and last index of axis 2 (height)', 'in the odd rows')
    """
    ordered = sorted(bad)
    first, last = ordered[0], ordered[-1]
    at, index, indices, place = _axis_words(axis, ndim)
    for word, single in (("last", [size - 1]), ("first", [0]), ("first and last", [0, size - 1])):
        if ordered == single:
            return f"{at} the {word} {index}"
    if first == last:
        return f"{at} {place.format(first)}"
    for word, start in (("odd", 1), ("even", 0)):
        if ordered == list(range(start, size, 2)):
            return f"{at} the {word} {indices}"
    if ordered == list(range(first, size)):
        return f"from {place.format(first)} on"
    if ordered == list(range(last + 1)):
        return f"up to {place.format(last)}"
    listed = ", ".join(map(str, ordered[:LISTED])) + (", ..." if len(bad) > LISTED else "")
    plural, *of = indices.split(maxsplit=1)
    return " ".join((at, plural, listed, *of))


def _axis_words(axis: int, ndim: int) -> tuple[str, str, str, str]:
    """Return how to speak of an axis: a preposition, an index, the indices, and a certain one."""
    if ndim == 1:
        return "in", "element", "elements", "element {}"
    if ndim == 2:
        name = ("row", "column")[axis]
        return "in", name, f"{name}s", f"{name} {{}}"
    meaning = ("", " (channels)", " (height)", " (width)")[axis] if ndim == 4 else ""
    name = f"axis {axis}{meaning}"
    return "at", f"index of {name}", f"indices of {name}", f"index {{}} of {name}"


def _by_value(evidence: Evidence) -> Iterator[Place]:
    name, x = evidence.wrt, evidence.x
    jacobian = evidence.jacobian
    if jacobian is not None:
        ties = jacobian.at_kink.any(axis=0).reshape(x.shape)
        yield "at a kink or a tie, where the measured slope jumps", np.asarray(ties)
    yield f"where {name} is 0", np.asarray(x == 0)
    yield f"where {name} < 0", np.asarray(x < 0)
    yield f"where {name} > 0", np.asarray(x > 0)
    outputs = evidence.probe.outputs
    for y in outputs[:1]:
        if y.shape == x.shape:
            yield "where the output is 0", y == 0
            yield "where the output is not 0", y != 0
            yield "where the output is negative", y < 0
            yield "where the output is positive", y > 0
    for other, values in _companions(evidence):
        yield f"where {name} < {other}", x < values
        yield f"where {name} > {other}", x > values
        found = np.unique(values)
        few = 2 * len(found) <= values.size or np.array_equal(found, np.rint(found))
        for value in found if few else ():
            yield f"where {other} is {value:g}", values == value
        yield f"where {other} < 0", values < 0
        yield f"where {other} > 0", values > 0


def _by_row(evidence: Evidence) -> Iterator[Place]:
    """By the mask or the label of a row, not by the number of the row that happens to have it."""
    shape = evidence.x.shape
    for name, given in arrays_at_hand(evidence):
        if given.dtype.kind not in "iub" or not 0 < given.ndim < len(shape):
            continue
        if given.shape != shape[: given.ndim]:
            continue
        values = np.broadcast_to(
            given.reshape(given.shape + (1,) * (len(shape) - given.ndim)), shape
        )
        for value in np.unique(given):
            yield f"where {name} is {value}", values == value


def _companions(evidence: Evidence) -> Iterator[tuple[str, Array]]:
    """Yield the other arrays of x's shape that the code is handed: targets, masks."""
    for name, array in arrays_at_hand(evidence):
        if name != evidence.wrt and array.shape == evidence.x.shape and array.dtype.kind in "fiub":
            yield name, array.astype(float)


def arrays_at_hand(evidence: Evidence) -> Iterator[tuple[str, Array]]:
    """Yield the arrays that forward is handed, or finds around it (a closure's labels)."""
    yield from evidence.probe.run.handed.items()
    forward = evidence.case.code.get("forward")
    cells = getattr(forward, "__closure__", None) or ()
    names = getattr(getattr(forward, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, cells, strict=False):
        with contextlib.suppress(ValueError):  # a cell that is still empty
            if isinstance(cell.cell_contents, np.ndarray):
                yield name, cell.cell_contents


def _by_label(evidence: Evidence) -> Iterator[Place]:
    shape = evidence.x.shape
    for name, labels in arrays_at_hand(evidence):
        kind = labels.dtype.kind
        if kind not in "iu" or labels.size == 0:
            continue
        if len(shape) > 1 and labels.shape == shape[:-1]:
            chosen = labels[..., None] == np.arange(shape[-1])
            yield f"at the label of each row ({name})", chosen
            yield f"away from the label of each row ({name})", ~chosen
        used = np.bincount(labels.ravel()[labels.ravel() >= 0], minlength=shape[0])
        if len(used) == shape[0]:
            rows = np.broadcast_to((used > 1).reshape(-1, *[1] * (len(shape) - 1)), shape)
            yield f"in the rows that {name} names more than once", rows


def _by_extreme(evidence: Evidence) -> Iterator[Place]:
    x = evidence.x
    for axis in range(x.ndim) if x.size else ():
        if x.shape[axis] >= SIDES:
            yield (
                f"at the largest {evidence.wrt} along axis {axis}",
                x == x.max(axis, keepdims=True),
            )
            yield (
                f"at the smallest {evidence.wrt} along axis {axis}",
                x == x.min(axis, keepdims=True),
            )


def _by_threshold(evidence: Evidence, wrong: Array, right: Array) -> Iterator[Place]:
    if right.sum() < SIDES:
        return
    for name, u in _distances(evidence):
        for sense in (1, -1):
            low, high = (sense * u)[right].max(), (sense * u)[wrong].min()
            if not low < high:
                continue
            t = _roundest(float(low), float(high))
            beyond = sense * u >= high
            yield f"where {name} {'>' if sense > 0 else '<'} {sense * t:g}", beyond


def _beyond(evidence: Evidence, words: str) -> Array:
    """Return the place that a threshold in words is at; none where there is no threshold in it."""
    t = THRESHOLD.search(words)
    for name, u in _distances(evidence) if t else ():
        for sense, sign in ((1, ">"), (-1, "<")):
            if t and words == f"where {name} {sign} {t[0]}":
                return np.asarray(sense * u > sense * float(t[0]))
    return np.zeros(evidence.x.shape, bool)


def _distances(evidence: Evidence) -> Iterator[tuple[str, Array]]:
    """Yield what may be compared with a threshold: x, |x|, x - target, |x - target|."""
    x = evidence.x.astype(float)
    yield evidence.wrt, x
    yield f"|{evidence.wrt}|", np.abs(x)
    for name, values in _companions(evidence):
        yield f"{evidence.wrt} - {name}", x - values
        yield f"|{evidence.wrt} - {name}|", np.abs(x - values)


def _roundest(low: float, high: float) -> float:
    """Return the roundest number between two.

    >>> _roundest(0.973, 1.21), _roundest(-2.3, -0.7), _roundest(0.12, 0.14)
    (1.0, -1.0, 0.13)
    """
    for usual in (0.0, 1.0, -1.0, 0.5, -0.5):
        if low <= usual <= high:
            return usual
    return rounded(Factor((low + high) / 2, (high - low) / 2)).value


def _by_two_axes(wrong: Array, right: Array) -> Iterator[Place]:
    """A block: some indices of every axis together, down to a single element."""
    if wrong.ndim < 2:
        return
    index = np.indices(wrong.shape)
    block, words = np.ones(wrong.shape, bool), []
    for axis, size in enumerate(wrong.shape):
        bad = _used(wrong, axis)
        if len(bad) < size:
            if not _telling(bad, set(range(size)) - bad):
                return
            words.append(index_words(bad, size, axis, wrong.ndim))
            block &= np.isin(index[axis], sorted(bad))
    if words and wrong.sum() == 1:
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        yield f"{ONE_ELEMENT} {place}", block
    elif words:
        yield ", ".join(words), block


def _by_use(evidence: Evidence) -> Iterator[Place]:
    """Elements that several outputs use, or none: what a stride leaves over, or windows share."""
    if evidence.J is None or evidence.case.is_loss:
        return
    uses = evidence.live.sum(axis=0).reshape(evidence.x.shape)
    yield "where no output depends on it", uses == 0
    yield "where several outputs depend on one element", uses > 1
    yield "where fewer outputs depend on an element than elsewhere", uses < uses.max()
    yield "where one output alone depends on an element", uses == 1
