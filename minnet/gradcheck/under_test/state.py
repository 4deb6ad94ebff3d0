"""Keep the code under test to itself: state restored, randomness frozen, prints swallowed.

A numeric derivative compares many forward passes, so each has to start from the same state. A
deep copy a pass would cost more than the pass; a `Snapshot` is taken once and puts the recorded
values back into the same objects.
"""

from __future__ import annotations

import copy
import functools
import io
import random
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array

#: what a walk over an object's attributes never enters
_CLOSED = (type, types.ModuleType, types.BuiltinFunctionType, str, bytes, int, float, complex)
#: an object graph larger than this is not a layer; the rest of it is left alone
MOST_OBJECTS = 10_000


class Snapshot:
    """The state of everything reachable from `roots`, to be put back by `restore`.

    Recorded are the attributes of objects, the contents of dicts, lists and arrays, and the
    states of random generators; for functions, what they close over and the generators among
    their module's globals.

    >>> class Counter:
    ...     def __init__(self):
    ...         self.calls, self.total = 0, np.zeros(2)
    >>> counter = Counter()
    >>> before = Snapshot([counter])
    >>> counter.calls = 7
    >>> counter.total += 1
    >>> before.restore()
    >>> counter.calls, counter.total
    (0, array([0., 0.]))
    """

    def __init__(self, roots: Iterable[Any]) -> None:
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._slots: list[tuple[Any, str, Any]] = []
        self._arrays: list[tuple[Array, Array]] = []
        self._generators: list[tuple[Any, Any]] = []
        self._twisters: list[tuple[random.Random, Any]] = []
        for item in reachable(roots):
            self._record(item)

    def restore(self) -> None:
        """Put every recorded value back."""
        for mapping, saved in self._dicts:
            mapping.clear()
            mapping.update(saved)
        for items, kept in self._lists:
            items[:] = kept
        for owner, name, value in self._slots:
            setattr(owner, name, value)
        for array, content in self._arrays:
            np.copyto(array, content)
        for bits, state in self._generators:
            bits.state = state
        for twister, state in self._twisters:
            twister.setstate(state)

    def forget(self, arrays: Iterable[Array]) -> None:
        """Stop restoring the contents of `arrays` (something else writes them at every run)."""
        forgotten = {id(array) for array in arrays}
        self._arrays = [pair for pair in self._arrays if id(pair[0]) not in forgotten]

    def keep_only(self, roots: Iterable[Any]) -> None:
        """Stop restoring arrays that can no longer be reached from `roots`.

        A layer that has been trained holds a cache of its last batch; the next forward pass
        replaces it, so its contents need no care.
        """
        alive = {id(item) for item in reachable(roots)}
        self._arrays = [pair for pair in self._arrays if id(pair[0]) in alive]

    def _record(self, item: Any) -> None:
        if isinstance(item, np.ndarray):
            if item.flags.writeable and item.dtype != object:
                self._arrays.append((item, item.copy("K")))
        elif isinstance(item, dict):
            self._dicts.append((item, dict(item)))
        elif isinstance(item, list):
            self._lists.append((item, list(item)))
        elif isinstance(item, np.random.Generator):
            self._generators.append((item.bit_generator, item.bit_generator.state))
        elif isinstance(item, np.random.RandomState):
            self._generators.append((_bits(item), _bits(item).state))
        elif isinstance(item, random.Random):
            self._twisters.append((item, item.getstate()))
        else:
            for name, value in slot_values(item):
                self._slots.append((item, name, value))


def reachable(roots: Iterable[Any]) -> Iterator[Any]:
    """Yield every dict, list, array, generator and object reachable from `roots`, each once."""
    stack, seen = list(roots), set[int]()
    while stack and len(seen) < MOST_OBJECTS:
        item = stack.pop()
        if item is None or id(item) in seen or isinstance(item, _CLOSED):
            continue
        seen.add(id(item))
        if isinstance(item, types.MethodType):
            stack += [item.__self__, item.__func__]
        elif isinstance(item, types.FunctionType):
            stack += _behind_function(item)
        elif isinstance(item, functools.partial):
            stack += [item.func, item.args, item.keywords]
        elif isinstance(item, tuple | set | frozenset):
            stack += item
        else:
            yield item
            if isinstance(item, dict):
                stack += item.values()
            elif isinstance(item, list):
                stack += item
            elif not isinstance(item, np.ndarray | np.random.Generator | np.random.RandomState):
                stack += [value for _, value in slot_values(item)]
                if isinstance(getattr(item, "__dict__", None), dict):
                    stack.append(item.__dict__)


def look_up(thing: Any, name: str) -> Any:
    """Return an attribute, or None where there is none, whatever a ``__getattr__`` then raises."""
    try:
        return getattr(thing, name, None)
    except Exception:
        return None


def slot_values(item: Any) -> list[tuple[str, Any]]:
    """Return the attributes of an object that are in ``__slots__``, by name."""
    found = []
    for cls in type(item).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(item, name):
                found.append((name, getattr(item, name)))
    return found


def private_copy(value: Any) -> Any:
    """Return `value` with every array, list, dict and generator in it copied; others are shared."""
    if isinstance(value, np.ndarray):
        return value.copy("K")
    if isinstance(value, np.random.Generator | np.random.RandomState | random.Random):
        return copy.deepcopy(value)
    if isinstance(value, dict):
        return {key: private_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [private_copy(item) for item in value]
    if type(value) is tuple:
        return tuple(private_copy(item) for item in value)
    return value


def independent(thing: Any) -> Any:
    """Return a deep copy of an object, or the object itself where a copy would not be its own.

    A lambda stored on an object may close over the original, and a copy of it would still use
    the original's attributes.
    """
    for item in reachable([thing]):
        holds = vars(item).values() if hasattr(item, "__dict__") else ()
        functions = [value for value in holds if isinstance(value, types.FunctionType)]
        if any(True for _ in reachable(functions)):
            return thing
    try:
        copied = copy.deepcopy(thing)
        return copied if type(copied) is type(thing) else thing
    except Exception:  # a lock, an open file, a module: the copy is a convenience, not a need
        return thing


def is_short(x: Array) -> bool:
    """Return whether an array is of floats shorter than float64."""
    return x.dtype.kind == "f" and x.dtype.itemsize < np.dtype(float).itemsize


def independent_in_double(thing: Any) -> Any:
    """Return a deep copy of an object, its float arrays in float64; None where there can be none.

    >>> independent_in_double({"W": np.ones(2, np.float32), "k": 3})
    {'W': array([1., 1.]), 'k': 3}
    >>> W = np.ones((2, 3), np.float32)
    >>> independent_in_double({"W": W, "Wt": W.T}) is None  # Wt would be left behind
    True
    """
    arrays = [item for item in reachable([thing]) if isinstance(item, np.ndarray)]
    if any(array.base is not None for array in arrays):
        return None  # a copy of a view no longer follows what it is a view of
    try:
        copied = copy.deepcopy(thing, {id(x): x.astype(np.float64) for x in arrays if is_short(x)})
    except Exception:  # as in `independent`
        return None
    return None if independent(thing) is thing else copied


class Sandbox:
    """A context for code under test: the global generators frozen, what it prints swallowed.

    The global generators cost more to save than a small layer costs to run, so they are
    watched for the first few passes, and afterwards only if the code was seen to use them.

    Parameters
    ----------
    seed : int
        Of the state at which the global generators stand before every pass.
    """

    WATCHED = 4

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.printed = 0
        self.uses_random = False
        self._watched = 0

    def __enter__(self) -> None:
        self._stdout = sys.stdout
        sys.stdout = self._sink = _Sink()
        self._frozen = self.uses_random or self._watched < self.WATCHED
        if self._frozen:
            self._globals = np.random.get_state(), random.getstate()  # noqa: NPY002
            for_numpy, for_python = _frozen(self.seed)
            np.random.set_state(for_numpy)  # noqa: NPY002
            random.setstate(for_python)

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._stdout
        self.printed += self._sink.written
        if self._frozen:
            self._watched += 1
            if not self.uses_random:
                for_numpy, for_python = _frozen(self.seed)
                self.uses_random = random.getstate() != for_python or _differ(for_numpy)
            np.random.set_state(self._globals[0])  # noqa: NPY002
            random.setstate(self._globals[1])


class _Sink(io.TextIOBase):
    """Somewhere to print to: counts what it is given and stays open."""

    def __init__(self) -> None:
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)

    def close(self) -> None:
        """Ignore the request: code under test that closes stdout closes only its own."""


@functools.lru_cache(maxsize=8)
def _frozen(seed: int) -> tuple[Any, Any]:
    """Return a state of NumPy's and one of Python's global generator."""
    largest = 2**32  # that the old generator can be seeded with
    return (
        np.random.RandomState(seed % largest).get_state(),  # noqa: NPY002
        random.Random(seed).getstate(),
    )


def _bits(generator: np.random.RandomState) -> Any:
    return generator._bit_generator


def _differ(state: Any) -> bool:
    now: Any = np.random.get_state()  # noqa: NPY002
    return bool(now[2:] != state[2:] or not np.array_equal(now[1], state[1]))


def _behind_function(function: types.FunctionType) -> list[Any]:
    """Return what a function can reach: its cells and defaults, and generators it names."""
    found: list[Any] = list(function.__defaults__ or ())
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:  # an empty cell
            continue
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, np.random.Generator | np.random.RandomState | random.Random):
            found.append(value)
    return found
