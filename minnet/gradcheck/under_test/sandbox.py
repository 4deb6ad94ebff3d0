"""Run code under test apart: the global generators frozen, what it prints swallowed."""

from __future__ import annotations

import contextlib
import functools
import io
import random
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

#: whether the global generators are put back by who runs the code, when all its passes are made
_PUT_BACK_LATER: ContextVar[bool] = ContextVar("put back later", default=False)


@contextlib.contextmanager
def generators_put_back() -> Iterator[None]:
    """Put the global generators back once, after the block, instead of after every pass in it.

    To save their state and to set it takes as long as a pass of a small layer.
    """
    if _PUT_BACK_LATER.get():
        yield
        return
    before, token = global_state(), _PUT_BACK_LATER.set(True)
    try:
        yield
    finally:
        _PUT_BACK_LATER.reset(token)
        _set_to(before)


class Sandbox:
    """A context for code under test: the global generators frozen, what it prints swallowed.

    The global generators cost more to save than a small layer costs to run, so they are
    watched for the first few passes, and afterwards only if the code was seen to use them.

    Parameters
    ----------
    seed : int
        Of the state at which the global generators stand before every forward pass.
    """

    WATCHED = 4

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._sink = _Sink()
        self.uses_random = False
        self._watched: Counter[bool] = Counter()

    @property
    def printed(self) -> int:
        """How many characters were printed."""
        return self._sink.written

    def reseeded(self, seed: int) -> Sandbox:
        """Return one with another seed, which knows what this has seen of the code."""
        other = Sandbox(seed)
        other.uses_random, other._watched = self.uses_random, self._watched
        return other

    def running(self, turn: int = 0) -> contextlib.AbstractContextManager[Any]:
        """Run a forward pass in the block; from turn 1 on, a backward pass.

        Every turn has a state of its own of the global generators: a backward pass that draws
        random numbers is not given those that forward drew.
        """
        frozen = self.uses_random or self._watched[turn > 0] < self.WATCHED
        return self._frozen(turn) if frozen else contextlib.redirect_stdout(self._sink)

    @contextlib.contextmanager
    def _frozen(self, turn: int) -> Iterator[None]:
        before = None if _PUT_BACK_LATER.get() else global_state()
        following = _freeze(self.seed, turn)
        try:
            with contextlib.redirect_stdout(self._sink):
                yield
        finally:
            self._watched[turn > 0] += 1
            self.uses_random = self.uses_random or _drawn() != following
            if before:
                _set_to(before)


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


#: as it is before any code under test may have put another in its place
_seed_numpys = np.random.seed


def _freeze(seed: int, turn: int) -> tuple[float, float]:
    """Put both global generators where they stand in a turn; return what each draws next."""
    # to seed NumPy's takes a tenth of the time of setting its state
    _seed_numpys(_start(seed, turn))
    state, following = _frozen(seed, turn)
    random.setstate(state)
    return following


def _start(seed: int, turn: int) -> int | list[int]:
    """Return what NumPy's old generator is seeded with, which takes numbers below 2**32."""
    return [seed % 2**32, turn] if turn else seed % 2**32


@functools.lru_cache(maxsize=64)
def _frozen(seed: int, turn: int) -> tuple[Any, tuple[float, float]]:
    """Return a state of Python's global generator, and what NumPy's and it draw next."""
    numpys = np.random.RandomState(_start(seed, turn))  # noqa: NPY002
    pythons = random.Random(f"{seed} {turn}" if turn else seed)
    return pythons.getstate(), (numpys.random_sample(), pythons.random())


def global_state() -> tuple[Any, Any]:
    """Return where the global generators stand, NumPy's and Python's."""
    return np.random.get_state(), random.getstate()  # noqa: NPY002


@contextlib.contextmanager
def standing_at(state: tuple[Any, Any]) -> Iterator[None]:
    """Have the global generators stand somewhere else in the block."""
    before = global_state()
    _set_to(state)
    try:
        yield
    finally:
        _set_to(before)


def _set_to(state: tuple[Any, Any]) -> None:
    np.random.set_state(state[0])  # noqa: NPY002
    random.setstate(state[1])


def _drawn() -> tuple[float, float]:
    """Return the next number of either global generator, which tells where they stood.

    To read the whole of their state takes a hundred times as long.
    """
    return np.random.random_sample(), random.random()  # noqa: NPY002, S311
