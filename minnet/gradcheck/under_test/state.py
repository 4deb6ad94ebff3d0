"""The state of code under test, recorded once and put back before every run.

A numeric derivative compares many forward passes, so each has to start from the same state. A
deep copy a pass would cost more than the pass; a `Snapshot` is taken once and puts the recorded
values back into the same objects.
"""

from __future__ import annotations

import collections
import copy
import functools
import itertools
import operator
import random
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.reach import (
    ABSENT,
    GlobalNames,
    is_iterator,
    reachable,
    slot_values,
)


class Snapshot:
    """The state of everything reachable from `roots`, to be put back by `restore`.

    Recorded are the attributes of objects and classes, the contents of dicts, lists, deques,
    sets and arrays, what functions close over and the globals they assign, the states of random
    generators, and how far iterators have come. What functions have cached is forgotten.

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
        self._collections: list[tuple[Any, Any]] = []
        self._places: list[_Place] = []
        self._iterators: list[tuple[Callable[[Any], None], Any]] = []
        self._arrays: list[tuple[Array, Array]] = []
        self._generators: list[tuple[Any, Any]] = []
        self._old_generators: list[tuple[np.random.RandomState, Any]] = []
        self._twisters: list[tuple[random.Random, Any]] = []
        self._caches: list[Any] = []
        for item in list(reachable(roots)):
            self._record(item)
        self._put_back_iterators()

    def restore(self) -> None:
        """Put every recorded value back."""
        for mapping, saved in self._dicts:
            mapping.clear()
            mapping.update(saved)
        for items, kept in self._lists:
            items[:] = kept
        for collection, held in self._collections:
            collection.clear()
            (collection.update if isinstance(held, set) else collection.extend)(held)
        for place in self._places:
            place.restore()
        self._put_back_iterators()
        for array, content in self._arrays:
            np.copyto(array, content)
        for bits, state in self._generators:
            bits.state = state
        for old, state in self._old_generators:
            old.set_state(state)  # with the second of two normal numbers, which it keeps
        for twister, state in self._twisters:
            twister.setstate(state)
        for cached in self._caches:
            cached.cache_clear()

    @property
    def is_random(self) -> bool:
        """Whether a random generator was found."""
        return bool(self._generators or self._old_generators or self._twisters)

    def reseed(self, seed: int) -> None:
        """Put every random generator at another state."""
        for bits, _ in self._generators:
            bits.state = type(bits)(seed).state
        for old, _ in self._old_generators:
            old.seed(seed)
        for twister, _ in self._twisters:
            twister.seed(seed)

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
            self._watch((functools.partial(operator.setitem, item, k), v) for k, v in item.items())
        elif isinstance(item, list):
            self._lists.append((item, list(item)))
            self._watch(
                (functools.partial(operator.setitem, item, i), v) for i, v in enumerate(item)
            )
        elif isinstance(item, set | collections.deque):
            self._collections.append((item, copy.copy(item)))
        elif isinstance(item, np.random.Generator):
            self._generators.append((item.bit_generator, item.bit_generator.state))
        elif isinstance(item, np.random.RandomState):
            self._old_generators.append((item, item.get_state()))
        elif isinstance(item, random.Random):
            self._twisters.append((item, item.getstate()))
        elif isinstance(item, functools._lru_cache_wrapper):
            self._caches.append(item)
        else:
            places = list(_places(item))
            self._places += places
            self._watch((place.write, place.value) for place in places)

    def _watch(self, held: Iterable[tuple[Callable[[Any], None], Any]]) -> None:
        """Record how far iterators have come, of several values and how each is written."""
        for write, value in held:
            if is_iterator(value):
                self._iterators.append((write, itertools.tee(value, 1)[0]))

    def _put_back_iterators(self) -> None:
        for write, iterator in self._iterators:
            write(copy.copy(iterator))  # of a tee: the items are handed out again


class _Place:
    """A name that holds a value: an attribute, a global, the cell of a closure."""

    def __init__(self, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self.read, self.write, self.value = read, write, read()

    def restore(self) -> None:
        if self.read() is not self.value:
            self.write(self.value)


def _places(item: Any) -> Iterator[_Place]:
    """Yield the places in which a cell, a class, a module or an object holds values."""
    if isinstance(item, types.CellType):
        yield _Place(lambda: item.cell_contents, functools.partial(setattr, item, "cell_contents"))
    elif isinstance(item, GlobalNames):
        for name in item.names:
            yield _Place(
                functools.partial(item.module.get, name, ABSENT),
                functools.partial(_write_global, item.module, name),
            )
    else:
        names = _data_of_class(item) if isinstance(item, type) else _slots_of(item)
        for name in names:
            read, write = (functools.partial(how, item, name) for how in (getattr, setattr))
            yield _Place(read, write)


def _slots_of(item: Any) -> list[str]:
    return [name for name, _ in slot_values(item)]


def _data_of_class(cls: type) -> list[str]:
    """Return the attributes of a class that hold data, rather than methods and the like."""
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith("__") and not callable(value) and not hasattr(value, "__get__")
    ]


def _write_global(module: dict[str, Any], name: str, value: Any) -> None:
    if value is ABSENT:
        module.pop(name, None)
    else:
        module[name] = value
