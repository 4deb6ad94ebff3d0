"""What a factor of a gradient may be: the arrays at hand, and what is simply made of them.

The entries of a Jacobian, or the elements of a gradient, have an index along each axis of the
output and of the variable. An array is laid along some of these axes, and gives each entry a
number.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.places import arrays_at_hand
from minnet.gradcheck.under_test.kept import kept_by
from minnet.records import dataclass, replace

#: so many entries tell one quantity from another, and sort out those that do not fit
SAMPLE = 256
#: so many have to fit in all, at most
MOST = 100_000

#: an array of indices along each axis
Index = tuple[Array, ...]
#: what to call what is made of an array, its cost, and how it is made
Making = tuple[str, int, Callable[[Array], Array]]


@dataclass(frozen=True)
class Quantity:
    """A number for each entry, by name; the more far-fetched, the greater its `cost`.

    `at` gives the numbers for entries with an array of indices along each axis.
    """

    name: str
    cost: int
    at: Callable[[Index], Array]

    def times(self, other: Quantity) -> Quantity:
        """Return the product of two, where one alone does not tell."""
        name, cost = f"{self.name} * {other.name}", self.cost + other.cost + 2
        return Quantity(name, cost, lambda index: self.at(index) * other.at(index))


#: the number one, of which nothing is said
ONE = Quantity("", 0, lambda index: np.ones(len(index[0])))
#: what is made of any array; the root takes signs away
SIMPLE: tuple[Making, ...] = (
    ("{}", 0, lambda q: q),
    ("(1 - {})", 1, lambda q: 1 - q),
    ("{}**2", 1, np.square),
    ("{0} * (1 - {0})", 2, lambda q: q * (1 - q)),
    ("(1 - {}**2)", 2, lambda q: 1 - q**2),
    ("(1 + {})", 2, lambda q: 1 + q),
    ("sqrt({})", 2, lambda q: np.sqrt(np.abs(q))),
    ("{}**3", 2, lambda q: q**3),
    ("exp({})", 2, np.exp),
)
#: what is made of what has been made of an array: its norm
POWERS: tuple[Making, ...] = tuple(m for m in SIMPLE if m[0] in ("{}", "{}**2", "{}**3"))
#: where a sign decides
STEPS: tuple[Making, ...] = (
    ("({} > 0)", 1, lambda q: (q > 0).astype(float)),
    ("({} < 0)", 1, lambda q: (q < 0).astype(float)),
    ("sign({})", 2, np.sign),
)


@dataclass(frozen=True)
class Entries:
    """Some entries of the Jacobians, flat: claimed and measured, and how well that is known.

    `shape` is that of all entries, the axes of the output before those of the variable; `index`
    has an array of indices for each of these axes.
    """

    claimed: Array
    measured: Array
    bar: Array
    round_off: Array
    shape: tuple[int, ...]
    index: Index

    @property
    def tolerance(self) -> Array:
        return self.bar + self.round_off

    def without(self, claimed: Array, measured: Array, error: Array) -> Entries:
        """Return the entries less what is known to be right, itself known within an error."""
        return replace(
            self,
            claimed=self.claimed - claimed,
            measured=self.measured - measured,
            bar=self.bar + error,
        )


def entries_of(evidence: Evidence, everywhere: bool = False) -> Entries:
    """Return the entries that are not zero (or all), of the Jacobians where they are to be had."""
    J, A, shape = evidence.J, evidence.A, evidence.x.shape
    if J is None or A is None or evidence.jacobian is None:
        a, g, bar, tolerance = evidence.a, evidence.numeric, evidence.bar, evidence.tolerance
        use = evidence.known & ~evidence.nothing
    else:
        a, g, bar, tolerance = A, J, evidence.jacobian.error_bar, evidence.J_tolerance
        shape = (*_output_shape(evidence), *shape)
        use = evidence.live | (np.abs(A) > tolerance) | everywhere
        use = use & (~evidence.jacobian.at_kink | everywhere)
    flat = chosen(np.flatnonzero(use), MOST)
    a, g, bar, off = (part.ravel()[flat] for part in (a, g, bar, tolerance - bar))
    return Entries(a, g, bar, off, shape, np.unravel_index(flat, shape or (1,)))


def chosen(places: Array, count: int = SAMPLE) -> Array:
    """Return at most so many of the places, evenly."""
    if len(places) <= count:
        return places
    return np.asarray(places[np.unique(np.linspace(0, len(places) - 1, count).astype(int))])


def _output_shape(evidence: Evidence) -> tuple[int, ...]:
    """Return the shape of the outputs, several of one shape stacked."""
    if evidence.case.is_loss:
        return ()
    shapes = [out.shape for out in evidence.probe.outputs]
    if len(shapes) == 1:
        return shapes[0]
    return (len(shapes), *shapes[0]) if len(set(shapes)) == 1 else (evidence.probe.base.size,)


def quantities(
    evidence: Evidence, entries: Entries, made_by: Sequence[Making] = SIMPLE
) -> list[Quantity]:
    """Return what is at hand for these entries, and made of it; 1 is the first."""
    found, seen = [ONE], set()
    some = chosen(np.arange(len(entries.claimed)))
    index = tuple(along[some] for along in entries.index)
    for name, array, cost in _arrays(evidence):
        for way in _ways(array.shape, entries.shape):
            values = _laid(array, way, index)
            key = values.tobytes()
            if key in seen or not values.any():
                continue
            seen.add(key)
            laid = partial(_laid, array, way)
            found += [
                Quantity(text.format(name), cost + more, partial(_made, make, laid))
                for text, more, make in (made_by if cost < 2 or made_by is STEPS else POWERS)
            ]
    return found


def _ways(shape: tuple[int, ...], axes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the axes along which an array of this shape may be laid, in order or turned round.

    Axes of size 1 lie anywhere, which is -1.
    """
    long = [size for size in shape if size > 1]
    for along in itertools.combinations(range(len(axes)), len(long)):
        for way in (along, along[::-1]) if len(along) > 1 else (along,):
            if [axes[k] for k in way] == long:
                rest = iter(way)
                yield tuple(next(rest) if size > 1 else -1 for size in shape)


def _laid(array: Array, way: tuple[int, ...], index: Index) -> Array:
    count = len(index[0])
    where = tuple(index[k] if k >= 0 else np.zeros(count, int) for k in way)
    return np.broadcast_to(array[where], (count,)).astype(float)


def _made(make: Callable[[Array], Array], laid: Callable[[Index], Array], index: Index) -> Array:
    with np.errstate(all="ignore"):
        return make(laid(index))


def _arrays(evidence: Evidence) -> Iterator[tuple[str, Array, int]]:
    """Yield the arrays at hand by name, each once, with what they cost."""
    known: set[tuple[tuple[int, ...], bytes]] = set()
    for name, array, cost in _sources(evidence):
        if array.dtype.kind not in "fiub" or not array.size:
            continue
        key = array.shape, np.asarray(array, float).tobytes()
        if key not in known:
            known.add(key)
            yield name, np.asarray(array, float), cost


def _sources(evidence: Evidence) -> Iterator[tuple[str, Array, int]]:
    case = evidence.case
    run = case.run()
    given = dict(case.variables) | dict(arrays_at_hand(evidence))
    for name, array in given.items():
        if name in case.variables or _is_no_label(array):
            yield name, array, 0
    if len(evidence.probe.outputs) == 1 and not case.is_loss:
        yield "the output", evidence.probe.outputs[0], 0
    held = {n: v for n, v in kept_by(case, run).items() if _is_no_label(v)}
    for name, array in held.items():
        yield name, array, 0
    yield from _by_labels({n: v for n, v in given.items() if not n.startswith("self.")})
    for name, array in {**case.variables, **held}.items():
        if array.ndim and array.dtype.kind == "f":
            for axis in range(array.ndim):
                along = f"the norm of {name}" + (f" along axis {axis}" if array.ndim > 1 else "")
                yield along, np.linalg.norm(array, axis=axis), 2


def _is_no_label(array: Array) -> bool:
    return array.dtype.kind in "fb" or bool(np.isin(array, (0, 1)).all())


def _by_labels(given: dict[str, Array]) -> Iterator[tuple[str, Array, int]]:
    """Yield what integers choose out of an array, and how often each is chosen."""
    labels = {n: v for n, v in given.items() if v.dtype.kind in "iu" and v.size and v.min() >= 0}
    for name, index in labels.items():
        count = np.bincount(index.ravel())
        yield f"the count of each index in {name}", count, 2
        yield f"the count of each index in {name}", count[index], 2
        for other, array in given.items():
            if array.dtype.kind == "f" and array.ndim == 1 and len(array) > index.max():
                yield f"{other}[{name}]", array[index], 1
