"""Autograd engines: how a value is made that gradients flow back to, and how they are asked for.

Nothing of this is read from the names in an engine's code: the ways there are to make a value, to
start backward and to find a gradient are tried on a sum, a product and a negation. What gives
gradients, and each of its operand's shape, is the way; where nothing does, as in an engine that
is still to be written, the first in which a value could be made.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import operator
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.styles.border import makers_at_hand, plain
from minnet.conventions.tensors import beside, is_torchs
from minnet.gradcheck.under_test.signatures import method_signature, signature_of
from minnet.gradcheck.under_test.spellings import is_upstream_name
from minnet.gradcheck.under_test.unwritten import is_left_to_others, is_template
from minnet.records import NamedTuple, dataclass

#: how backward is called on the end of a graph, and where the gradient of its leaves is then
STARTS = (
    *("backward", "backwards", "backprop", "backpropagate", "back_propagate", "back_propogate"),
    *("backpropogate", "run_backward"),
)
_GRADIENTS = ("grad", "gradient", "derivative", "_grad", "_gradient", "der", "_der")
_MARKS = ("requires_grad", "require_grad", "requires_gradient", "retain_grad")
_PROBES: tuple[Callable[[Any, Any], Any], ...] = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: -a + -b,
    lambda a, b: a * b + a,
)
_RIGHT, _LEAF, _NOTHING = 0, 1, 2
#: so many objects are looked through for another
_MOST_HELD = 1000


class _Kind(NamedTuple):
    """One way to make a value of an engine and to start its backward.

    Attributes
    ----------
    leaf : callable
        ``leaf(array)`` returns a value.
    of_arrays : bool
        Whether it is made of arrays, and not of one number.
    upstream : bool
        Whether backward is given an upstream gradient.
    boxed : bool
        Whether that is a value of the engine itself.
    """

    leaf: Callable[[Array], Any]
    of_arrays: bool
    upstream: bool
    boxed: bool = False


@dataclass(frozen=True)
class Engine:
    """A class whose objects are values that gradients flow back to."""

    name: str
    cls: Any

    @cached_property
    def start(self) -> str:
        """The name of the method that starts backward, or ""."""
        return next((n for n in STARTS if inspect.isfunction(getattr(self.cls, n, None))), "")

    @cached_property
    def is_one(self) -> bool:
        """Whether operators of it are defined beside it, and a value can be made."""
        here = (b for b in self.cls.__mro__[:-1] if b.__module__ == self.cls.__module__)
        operators = {"__add__", "__mul__"} & {n for b in here for n in vars(b)}
        return bool(operators and self.start) and self._best[0] != _NOTHING

    @property
    def works(self) -> bool:
        """Whether its own values get gradients: what another library's do is not asked."""
        return not is_torchs(self.cls) and self.is_one and self._best[0] == _RIGHT

    @property
    def of_arrays(self) -> bool:
        """Whether its values are arrays."""
        return self._kind.of_arrays

    @property
    def takes_upstream(self) -> bool:
        """Whether backward is given an upstream gradient."""
        return self._kind.upstream

    def make(self, x: Array) -> Any:
        """Return a value of this number or array."""
        return self._kind.leaf(x)

    def is_value(self, thing: Any) -> bool:
        """Return whether something belongs to the graph."""
        return any(isinstance(thing, base) for base in self.cls.__mro__[:-1])

    def follows(self, out: Any, leaf: Any) -> bool:
        """Return whether a result may have come of a value; a copy of its numbers has not.

        In an engine that writes its graph down elsewhere, nothing is known of that.
        """
        return _leads_to(out, leaf) or not self._is_linked

    @cached_property
    def _is_linked(self) -> bool:
        """Whether the sum of two values holds on to them."""
        x = np.array([[0.5, -1.0]]) if self.of_arrays else np.array(0.5)
        with contextlib.suppress(Exception):  # of the user's
            a, b = self.make(x), self.make(x)
            return _leads_to(a + b, a)
        return False

    def gradients(self, out: Any, upstream: Array, leaves: list[Any]) -> tuple[Any, ...]:
        """Return what backward from `out` leaves as the gradients of `leaves`."""
        self._run(self._kind, out, upstream)
        return tuple(plain(_gradient(leaf)) for leaf in leaves)

    @property
    def _kind(self) -> _Kind:
        kind = self._best[1]
        assert kind is not None
        return kind

    @cached_property
    def _best(self) -> tuple[int, _Kind | None]:
        """The first way that gives gradients, or else in which a value could be made."""
        if method_signature(self.cls, self.start).required:
            return _NOTHING, None
        best: tuple[int, _Kind | None] = (_NOTHING, None)
        fewest = len(_PROBES) + 1
        for kind in self._kinds():
            how, failing = self._how_good(kind)
            if (how, failing) < (best[0], fewest) and how != _NOTHING:
                best, fewest = (how, kind), failing
            if (how, failing) == (_RIGHT, 0):
                break
        return best

    def _kinds(self) -> Iterator[_Kind]:
        wanted = method_signature(self.cls, self.start).named
        takes = bool(wanted) and is_upstream_name(wanted[0].name)
        makers = list(self._makers())
        for form in ((True, False), (True, True), (False, False))[0 if takes else 2 :]:
            yield from (_Kind(leaf, True, *form) for leaf in map(_of_arrays, makers))
        for leaf in makers:
            yield _Kind(_of_numbers(leaf), False, False)
            yield _Kind(_of_arrays(leaf), False, False)

    def _makers(self) -> Iterator[Callable[[Any], Any]]:
        """Yield what may make a value: the class, one derived from it, a function beside it."""
        home = vars(sys.modules[self.cls.__module__]) if self.cls.__module__ in sys.modules else {}
        derived = [c for c in home.values() if inspect.isclass(c) and issubclass(c, self.cls)]
        for cls in dict.fromkeys((self.cls, *derived)):
            names = (*method_signature(cls, "__init__").names, *signature_of(cls).names)
            if (mark := next((n for n in _MARKS if n in names), None)) is not None:
                yield _marked(cls, mark)
            yield cls
        yield from makers_at_hand(home)

    def _how_good(self, kind: _Kind) -> tuple[int, int]:
        """Return how well a way works, and in how many of the probes no numbers come of it."""
        x = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]]) if kind.of_arrays else np.array(0.5)
        try:
            leaf = kind.leaf(x)
            held = np.asarray(plain(leaf))
        except Exception:  # it is made of something else
            return _NOTHING, 0
        own = isinstance(leaf, self.cls) or issubclass(self.cls, type(leaf))  # and no sibling
        as_given = own and held.size == x.size and np.all(held.ravel() == x.ravel())
        if not as_given:
            return _NOTHING, 0
        shapes = [self._shapes(kind, probe, x) for probe in _PROBES]
        if any(shapes) and all(shape == x.shape for found in shapes for shape in found or ()):
            return _RIGHT, shapes.count(None)
        unwritten = is_left_to_others(getattr(self.cls, self.start)) or is_template(
            getattr(self.cls, self.start)
        )
        wants = _gradient(leaf) is not None
        return (_LEAF if wants or unwritten else _NOTHING), 0

    def _shapes(
        self, kind: _Kind, probe: Callable[[Any, Any], Any], x: Array
    ) -> list[tuple[int, ...]] | None:
        """Return the shapes of the gradients that two operands get; None where backward fails."""
        try:
            leaves = [kind.leaf(x), kind.leaf(np.asarray(x + 1))]
            out = probe(*leaves)
        except Exception:  # it has no such operator
            return []
        try:
            self._run(kind, out, np.ones_like(x))
            held = [g for leaf in leaves if (g := _gradient(leaf)) is not None]
            found = [np.asarray(plain(gradient), dtype=float) for gradient in held]
        except Exception:  # it is done otherwise, or still to be written
            return None
        return [gradient.shape for gradient in found if gradient.any()]

    @cached_property
    def _sum(self) -> Callable[[Any], Any]:
        """How one number is made of a value of many: a method, or a function beside the class.

        Without either, backward is started on the many.
        """
        if hasattr(self.cls, "sum"):
            return operator.methodcaller("sum")
        home = sys.modules.get(self.cls.__module__)
        near = [] if home is None else list(beside(home))
        sums = (f for module in near if inspect.isfunction(f := vars(module).get("sum")))
        return next(sums, _itself)

    def _run(self, kind: _Kind, out: Any, upstream: Array) -> None:
        if not kind.upstream:
            total = self._sum(out) if np.size(plain(out)) > 1 else out
            plain(total)  # where nothing is computed before it is asked for
            getattr(total, self.start)()
            return
        getattr(out, self.start)(kind.leaf(upstream) if kind.boxed else upstream)


@functools.lru_cache(maxsize=1024)
def engine_of(name: str, cls: Any) -> Engine:
    """Return a class as an engine: what is found out of one is found out once."""
    return Engine(name, cls)


def _leads_to(start: Any, goal: Any) -> bool:
    """Return whether an object holds another: in attributes, containers, closures or arguments."""
    waiting, seen = [start], set[int]()
    while waiting and len(seen) < _MOST_HELD:
        thing = waiting.pop()
        if thing is goal:
            return True
        if id(thing) not in seen:
            seen.add(id(thing))
            waiting += _held_by(thing)
    return False


def _held_by(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return [*thing.values(), *thing.keys()]
    if isinstance(thing, tuple | list | set | frozenset):
        return list(thing)
    if inspect.isfunction(thing):
        cells = [cell.cell_contents for cell in thing.__closure__ or ()]
        return [*cells, *(thing.__defaults__ or ())]
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if inspect.ismethod(thing):
        return [thing.__self__]
    known = inspect.ismodule(thing) or inspect.isclass(thing)
    slots = [getattr(thing, n, None) for n in getattr(type(thing), "__slots__", ())]
    return [] if known else [*getattr(thing, "__dict__", {}).values(), *slots]


def _itself(out: Any) -> Any:
    return out


def _of_arrays(make: Callable[[Any], Any]) -> Callable[[Array], Any]:
    return lambda x: make(np.array(x))


def _of_numbers(make: Callable[[Any], Any]) -> Callable[[Array], Any]:
    return lambda x: make(x.item())


def _marked(cls: Any, mark: str) -> Callable[[Any], Any]:
    return lambda x: cls(x, **{mark: True})


def _gradient(leaf: Any) -> Any:
    """Return the gradient that a value holds; None where it holds none, or refuses to show it."""
    for name in _GRADIENTS:
        with contextlib.suppress(Exception):  # a property of the user's
            if not callable(value := getattr(leaf, name)):
                return value
    return None
