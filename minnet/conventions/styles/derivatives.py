"""Functions with their derivatives beside them: ``sigmoid`` and ``sigmoid_prime``.

They are two functions of a file, two static methods or methods of a class that needs nothing of
its object, or the two methods of a small class (``__call__`` and ``gradient``, ``fn`` and
``grad``, ``loss`` and ``gradient``). The derivative of a function of one array is taken at the
input, or, by another convention, at the output; that of a loss may leave out what the loss is
divided by. All that is seen from the numbers, and said.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.attempts import attempt
from minnet.conventions.guessing.kinds import is_of_positive
from minnet.conventions.guessing.trials import trials
from minnet.conventions.samples import SHAPES_SEED, Rng, Sample, normal
from minnet.conventions.styles import targets
from minnet.conventions.styles.border import AS_FLOATS, AS_IT_IS, Border, across, borders_of, plain
from minnet.conventions.styles.style import Styled, Way
from minnet.conventions.tensors import on_arrays
from minnet.gradcheck.under_test.passes import has_method, passes_of
from minnet.gradcheck.under_test.signatures import (
    attributes_in,
    decides,
    has_default,
    signature_of,
    unwrapped,
)
from minnet.gradcheck.under_test.spellings import (
    CACHES,
    DERIVATIVE_FLAGS,
    DERIVATIVE_METHODS,
    DERIVATIVE_NAMES,
    FUNCTION_METHODS,
    is_upstream_name,
)
from minnet.gradcheck.under_test.unwritten import gives_nothing
from minnet.records import NamedTuple
from minnet.report.results import Skipped

STYLE = "derivative"
_AT_OUTPUT = "the derivative is taken at the output of the function: a convention"
#: inputs of a function: rows of any sign, saturated ones, a column, one number
_SHAPES = ((4, 5), (1, 5), (5, 1))


class _Pair(NamedTuple):
    """A function and its derivative, ready to be called, and the user's own code of them."""

    name: str
    function: Callable[..., Any]
    derivative: Callable[..., Any]
    claims: tuple[str, ...]

    @property
    def wanted(self) -> tuple[list[str], list[str]]:
        """What the two have to be given, by name."""
        return _required(self.function), _required(self.derivative)


def find(namespace: Mapping[str, Any]) -> Iterator[Styled | Skipped]:
    """Yield the functions with their derivatives, and the classes of both, that a file holds."""
    yield from filter(None, map(_styled, (*_functions(namespace), *_classes(namespace))))


def find_methods(namespace: Mapping[str, Any]) -> Iterator[Styled | Skipped]:
    """Yield the methods with their derivatives in the classes of a file, whatever these are."""
    yield from filter(None, map(_styled, _methods(namespace)))


def _styled(pair: _Pair) -> Styled | Skipped | None:
    """Return how a pair is called; None where its signatures say that it is something else."""
    own, of_derivative = pair.wanted
    if gives_nothing(unwrapped(pair.function)):
        return None
    if len(own) == 1 and len(of_derivative) in (0, 1, 2):
        if len(of_derivative) == 1 and _is_part_of_a_jacobian(pair):
            return Skipped(pair.name, _PART)
        ways: Any = _of_one(pair)
    elif len(own) == 2 and len(of_derivative) in (0, 2, 3):
        ways = targets.ways(pair.function, pair.derivative, own, of_derivative)
    else:
        return None
    code = {"forward": unwrapped(pair.function), "backward": unwrapped(pair.derivative)}
    return Styled(
        pair.name, STYLE, code, lambda count: own[:count], ways, pair.claims,
        is_loss=len(own) == 2,
    )  # fmt: skip


# --- where they are found -------------------------------------------------------------------


def _named_pairs(
    names: Iterable[str], others: Collection[str], forms: Iterable[str] = DERIVATIVE_NAMES
) -> Iterator[tuple[str, str]]:
    """Yield the names of functions with those of their derivatives among others."""
    for name in names:
        for form in forms:
            spelled = form.format(name), form.format(name[:1].upper() + name[1:])
            other = next((n for n in spelled if n in others and n != name), None)
            if other is not None:
                yield name, other
                break


def _functions(namespace: Mapping[str, Any]) -> Iterator[_Pair]:
    functions = {n: v for n, v in namespace.items() if inspect.isfunction(v)}
    for name, other in _named_pairs(functions, functions):
        yield _Pair(name, functions[name], functions[other], (name, other))
    for name, other in _named_pairs(functions, functions, ("{}_backward",)):
        own, of_derivative = (signature_of(functions[n]).names for n in (name, other))
        local = len(own) == len(of_derivative) == 1 and not is_upstream_name(of_derivative[0])
        if local and of_derivative[0] not in CACHES:
            yield _Pair(name, functions[name], functions[other], (name, other))  # as `d_name`
    for name, function in functions.items():
        flags = (n for n in signature_of(function).names if n in DERIVATIVE_FLAGS)
        flag = next((n for n in flags if decides(function, n)), None)
        if flag is not None:
            off, on = (functools.partial(function, **{flag: value}) for value in (False, True))
            yield _Pair(name, off, on, (name,))


def _methods(namespace: Mapping[str, Any]) -> Iterator[_Pair]:
    """Yield the pairs among the methods of classes, called on an object without attributes."""
    for label, cls in namespace.items():
        if not inspect.isclass(cls):
            continue
        held = {n: v for n, v in vars(cls).items() if callable(getattr(v, "__func__", v))}
        own = [(n, None, other) for n, other in _named_pairs(held, held)]
        beside = _functions_beside(cls, held)
        of_others = _named_pairs(beside, held, (*DERIVATIVE_NAMES, "{}_backward"))
        for name, function, other in (*own, *((n, beside[n], other) for n, other in of_others)):
            if name in ("forward", "loss"):
                continue
            with contextlib.suppress(TypeError):
                thing = object.__new__(cls)  # not initialised
                called = f"{label}.{other if function else name}"
                pair = _Pair(called, function or getattr(thing, name), getattr(thing, other), ())
                if not _wants_attributes(pair):
                    yield pair


def _functions_beside(cls: type, held: Collection[str]) -> dict[str, Any]:
    """Return the functions at the top of a class's file that it has no methods of the name of."""
    beside = vars(sys.modules.get(cls.__module__, object))
    return {n: v for n, v in beside.items() if inspect.isfunction(v) and n not in held}


def _wants_attributes(pair: _Pair) -> bool:
    """Return whether a method needs what only the constructor of its object makes."""
    counts = tuple(map(len, pair.wanted))
    try:
        with np.errstate(all="ignore"):
            pair.function(*[np.full((2, 3), 0.5)] * counts[0])
            pair.derivative(*[np.full((2, 3), 0.5)] * counts[1])
    except AttributeError:
        return True
    except Exception:  # it has to do with the arguments
        return False
    return False


def _classes(namespace: Mapping[str, Any]) -> Iterator[_Pair]:
    for label, cls in namespace.items():
        pair = _two_methods(cls) if inspect.isclass(cls) and passes_of(cls) is None else None
        if pair and (thing := _made(on_arrays(cls, pair))) is not None:
            yield _Pair(label, getattr(thing, pair[0]), getattr(thing, pair[1]), (label,))


def _two_methods(cls: type) -> tuple[str, str] | None:
    """Return which methods of a class are a function and its derivative, if there are two."""
    own = {n for base in cls.__mro__[:-1] for n in vars(base) if has_method(cls, n)}
    function = next((n for n in FUNCTION_METHODS if n in own), None)
    derivative = next((n for n in DERIVATIVE_METHODS if n in own), None)
    return (function, derivative) if function and derivative else None


def _made(cls: type) -> Any:
    for way in trials(cls, np.random.default_rng(SHAPES_SEED)):
        with attempt():  # it wants something else
            return cls(**way.arguments)
    return None


def _required(function: Callable[..., Any]) -> list[str]:
    """Return what a function has to be given."""
    return [
        p.name
        for p in signature_of(function).parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and not has_default(p)
    ]


# --- functions of one array -----------------------------------------------------------------


def _of_one(pair: _Pair) -> Callable[[Rng], Iterator[Way]]:
    def ways(rng: Rng) -> Iterator[Way]:
        rows = [normal(rng, *shape) for shape in _SHAPES]
        samples = tuple(Sample((x,), ()) for x in (*rows[:1], 8 * rows[0], *rows[1:]))
        numbers = tuple(Sample((np.asarray(v),), ()) for v in (0.7, -1.3, 4.0))
        positive = (Sample((rng.uniform(0.3, 2.0, (4, 5)),), ()),)
        vectors = tuple(Sample((normal(rng, n),), ()) for n in (5, 3))
        boxes = [b for b in borders_of(unwrapped(pair.function)) if b not in (AS_IT_IS, AS_FLOATS)]
        for border, given in (
            *(() if is_of_positive(pair.name) else ((AS_IT_IS, samples), (AS_FLOATS, numbers))),
            (AS_IT_IS, positive),
            (AS_FLOATS, numbers[:1] + numbers[2:]),
            (AS_IT_IS, vectors),
            *((box, samples) for box in boxes),
        ):
            yield from _readings(pair, border, given)

    return ways


def _readings(pair: _Pair, border: Border, samples: tuple[Sample, ...]) -> Iterator[Way]:
    """Yield the meanings that the derivative of a function of one array may have."""
    function, derivative, names = pair.function, pair.derivative, pair.wanted[1]

    def forward(x: Any) -> tuple[tuple[Any, ...], Any]:
        (given,) = across(border, (x,))
        out = plain(function(given))
        if names and np.shape(out) not in ((), np.shape(x)):
            _expect_a_matrix_each(plain(derivative(*across(border, (x,) * len(names)))), x)
        return (out,), (x, np.copy(out))

    def remembered(upstream: tuple[Array, ...], memory: Any) -> Any:
        function(*across(border, (memory[0],)))  # which the object keeps for its derivative
        return _times(upstream[0], plain(derivative()), memory)

    def at(place: int) -> Callable[[tuple[Array, ...], Any], Any]:
        def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
            (given,) = across(border, (np.array(memory[place]),))
            return _times(upstream[0], plain(derivative(given)), memory)

        return backward

    def handed(place: int, first: bool) -> Callable[[tuple[Array, ...], Any], Any]:
        def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
            both = across(border, (upstream[0], np.array(memory[place])))
            return plain(derivative(*(both if first else both[::-1])))

        return backward

    def backwards(upstream: tuple[Array, ...], memory: Any) -> Any:
        function(*across(border, (memory[0],)))
        return plain(derivative(*across(border, (np.array(upstream[0]),))))

    if not names:
        yield Way(forward, remembered, samples)
    elif len(names) == 1 and _is_kept_for(function, derivative):
        yield Way(forward, backwards, samples)
    elif len(names) == 1:
        yield Way(forward, at(0), samples)
        yield Way(forward, at(1), samples, _AT_OUTPUT)
    else:
        first = is_upstream_name(names[0]) or not is_upstream_name(names[1])
        for order in (first, not first):
            yield Way(forward, handed(0, order), samples, "" if order is first else _ORDER)
            yield Way(forward, handed(1, order), samples, _AT_OUTPUT)


_ORDER = "the upstream gradient is the other argument of the derivative"
_PART = (
    "each output depends on several inputs, so that its derivative is a matrix for each sample; "
    "what is returned has the shape of the input and can be no more than a part of it, or is meant "
    "for one loss only: it was not judged by itself"
)


def _is_kept_for(function: Callable[..., Any], derivative: Callable[..., Any]) -> bool:
    """Return whether a method reads what another leaves on the object: then it knows the input."""
    left = attributes_in(function, "STORE_ATTR")
    return not left.isdisjoint(attributes_in(derivative, "LOAD_ATTR"))


def _times(upstream: Array, claimed: Any, memory: Any) -> Any:
    """Return what a derivative claims for an upstream gradient: element by element, or by rows."""
    x, out = memory
    local = np.asarray(claimed)
    if local.shape == np.shape(out) == np.shape(x) or 0 in (local.ndim, np.ndim(out)):
        return upstream * local
    if local.shape == np.shape(out) + np.shape(x):
        return np.tensordot(upstream, local, axes=np.ndim(out))
    if np.ndim(x) == 2 and local.shape == (*np.shape(out), np.shape(x)[1]):
        return np.einsum("ni,nij->nj", upstream, local)
    if np.ndim(x) == 2 and 1 in np.shape(x) and local.shape == (np.size(x), np.size(x)):
        return (local.T @ upstream.ravel()).reshape(np.shape(x))
    return local


def _expect_a_matrix_each(claimed: Any, x: Array) -> None:
    """Raise where the outputs are others than the inputs, and the derivative has no room for them.

    The square of the length of a vector is given as ``x.T @ x``: rows of vectors are not meant.
    """
    if np.shape(claimed) in ((), np.shape(x)):
        raise ValueError(f"its output is not of the shape of its input, {np.shape(x)}")


def _is_part_of_a_jacobian(pair: _Pair) -> bool:
    """Return whether a function mixes its inputs, and the derivative is no larger than these."""
    x = np.random.default_rng(SHAPES_SEED).standard_normal((3, 4))
    try:
        with np.errstate(all="ignore"):
            out = np.asarray(pair.function(np.array(x)))
            claimed = np.shape(pair.derivative(np.array(x)))
            x[0, 1] += 0.5
            moved = np.asarray(pair.function(np.array(x)))
        changed = np.argwhere(moved != out).tolist()
        return out.shape == x.shape and claimed in (x.shape, ()) and len(changed) > 1
    except Exception:  # it takes something else
        return False
