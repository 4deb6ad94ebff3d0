"""What looks like a function of the submission, and is a question to its process.

The checker walks over the objects that it is given and puts their state back. A `Function` has
none: what it needs is looked up by a number, so that a walk ends there.
"""

from __future__ import annotations

import inspect
import itertools
import weakref
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minnet.assignments.isolation.protocol import Kept, Refused
from minnet.assignments.isolation.session import Ended, Raised, Session

#: what functions stand for, by number
_KNOWN: dict[int, Meaning] = {}
_NUMBERS = itertools.count()


class SubmissionError(Exception):
    """Something that the submission raised; the subclasses made for it have its names."""

    line = 0


class ProcessEnded(SubmissionError):
    """The submission's process ended, or was ended."""


class Held:
    """Something that stays with the submission: a cache, an object."""

    __slots__ = ("__weakref__", "generation", "number")

    def __init__(self, session: Session, number: int) -> None:
        self.generation, self.number = session.generation, number
        weakref.finalize(self, _drop, weakref.ref(session), session.generation, number)


def _drop(session: weakref.ref[Session], generation: int, number: int) -> None:
    known = session()
    if known is not None and known.generation == generation:
        known.dropped.append(number)


class Meaning:
    """What calling a `Function` asks of a submission: to call one of its functions.

    Parameters
    ----------
    session : Session
    name : str
    names : sequence of str
        Of its parameters, as the assignment has them.
    cache : bool
        Whether the last of several things it returns is a cache, which stays where it is.
    """

    def __init__(
        self, session: Session, name: str, names: Sequence[str], cache: bool = False
    ) -> None:
        self.session, self.name, self.cache = session, name, cache
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.signature = inspect.Signature([inspect.Parameter(n, kind) for n in names])

    def call(self, args: Sequence[Any]) -> Any:
        """Return what the submission returns."""
        return self.received(asked(self.session, self.operations(args)))

    def received(self, answers: Sequence[Any]) -> Any:
        """Return what the answers to `operations` make together."""
        return answers[-1]

    def operations(self, args: Sequence[Any], times: int = 1) -> list[tuple[Any, ...]]:
        """Return what a call asks for; the last is repeated."""
        number = self.session.number() if self.cache else 0
        keep = "last" if self.cache else "none"
        return [calling(None, self.name, args, keep, number, times=times)]


class Function:
    """Something of the submission that is called by position."""

    __slots__ = ("_number",)

    def __init__(self, meaning: Meaning) -> None:
        self._number = next(_NUMBERS)
        _KNOWN[self._number] = meaning

    @property
    def __name__(self) -> str:
        return _KNOWN[self._number].name

    @property
    def __signature__(self) -> inspect.Signature:
        return _KNOWN[self._number].signature

    @property
    def meaning(self) -> Meaning:
        """What a call asks of the submission."""
        return _KNOWN[self._number]

    def __call__(self, *args: Any) -> Any:
        return _KNOWN[self._number].call(args)


def calling(
    owner: Kept | None,
    name: str,
    args: Sequence[Any],
    keep: str = "none",
    number: int = 0,
    named: Mapping[str, Any] | None = None,
    times: int = 1,
) -> tuple[Any, ...]:
    """Return the operation that calls a function, or a method of what is kept."""
    return ("call", owner, name, sent(args), dict(named or {}), seed_now(), keep, number, times)


def forget_all(session: Session) -> None:
    """Forget the functions of a session that is over."""
    for number in [n for n, meant in _KNOWN.items() if meant.session is session]:
        del _KNOWN[number]


def asked(session: Session, operations: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Ask for operations in one round trip; return what they returned.

    Raises
    ------
    NotImplementedError, SubmissionError
        As the submission raised it.
    """
    try:
        answers = session.do(operations)
    except Raised as raised:
        raise as_exception(raised) from None
    except Ended as ended:
        raise ProcessEnded(str(ended)) from None
    if any(answer.random for answer in answers):
        np.random.random()  # noqa: NPY002 - the checker watches this generator: it was used
    return [_received(session, answer.value) for answer in answers]


def as_exception(raised: Raised) -> Exception:
    """Return an exception that is called as the one that was raised."""
    if raised.kind == "NotImplementedError":
        return NotImplementedError(str(raised))
    error: SubmissionError = type(raised.kind, (SubmissionError,), {})(str(raised))
    error.line = raised.line
    return error


def seed_now() -> int:
    """Return a seed that follows the state at which the global generator of NumPy stands here."""
    state: Any = np.random.get_state()  # noqa: NPY002
    return zlib.crc32(state[1][:8].tobytes(), state[2])


def sent(args: Sequence[Any]) -> tuple[Any, ...]:
    """Return arguments as they cross: what is held there by its number."""
    return tuple(Kept(arg.number) if isinstance(arg, Held) else arg for arg in args)


def _received(session: Session, value: Any) -> Any:
    if isinstance(value, Kept):
        return Held(session, value.number)
    if isinstance(value, Refused):
        raise TypeError(f"it returned a {value.kind}, which is neither an array nor a number")
    if isinstance(value, tuple):
        return tuple(_received(session, item) for item in value)
    if isinstance(value, list):
        return [_received(session, item) for item in value]
    if isinstance(value, dict):
        return {key: _received(session, item) for key, item in value.items()}
    return value
