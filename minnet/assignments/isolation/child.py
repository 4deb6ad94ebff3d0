"""The process that holds a submission: it answers calls with arrays, and knows nothing else.

No case, no reference, no score is ever in here. Whatever a submission does to this module, it can
only send other numbers than its functions return, which it might as well return.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import sys
import types
from typing import Any

import numpy as np

from minnet.assignments.isolation import protocol
from minnet.assignments.isolation.lockdown import shut_in

_REQUESTS, _ANSWERS = 0, 1


class Channel:
    """The two pipes to the grader."""

    def __init__(self) -> None:
        self._from, self._to = os.dup(_REQUESTS), os.dup(_ANSWERS)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.close(nothing)

    def receive(self) -> Any:
        """Return the next request."""
        header, body = protocol.sizes(self._read(protocol.FRAME.size))
        return protocol.unpack(self._read(header), self._read(body))

    def send(self, message: bytes) -> None:
        """Write an answer."""
        view = memoryview(message)
        while view:
            view = view[os.write(self._to, view) :]

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            part = os.read(self._from, min(size, 1 << 20))
            if not part:
                os._exit(0)  # the grader has gone
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Frozen:
    """The global random generators, put at a known state before every call."""

    def __init__(self) -> None:
        self._seed, self._state = np.random.seed, np.random.get_state  # noqa: NPY002
        self._seed_own, self._state_own = random.seed, random.getstate

    def begin(self, seed: int) -> None:
        """Put both at the state of this seed."""
        self._seed(seed)
        self._seed_own(seed)
        self._before = self._now()

    def used(self) -> bool:
        """Return whether either was used since."""
        return self._now() != self._before

    def _now(self) -> tuple[Any, ...]:
        state: Any = self._state()
        return (*state[2:], state[1][0].item(), self._state_own()[1][-1])


class Submission:
    """The submission's module, what it was asked to keep, and its exceptions in words."""

    def __init__(self) -> None:
        self._kept: dict[int, Any] = {}
        self._file = ""
        self._module = types.ModuleType("submission")
        self._frozen = Frozen()

    def load(self, file: str, source: bytes) -> Any:
        """Run the submission's source as a module; return the names that it then has."""
        self._file, stem = file, file.removesuffix(".py")
        self._module = types.ModuleType(stem)
        self._module.__file__ = file
        sys.modules[stem] = self._module
        self._frozen.begin(0)
        text = importlib.util.decode_source(source)
        code = compile(text, file, "exec", dont_inherit=True)
        exec(code, self._module.__dict__)
        return None

    def answer(self, operations: list[Any], dropped: list[int]) -> list[Any]:
        """Do one operation after the other, up to the first that raises."""
        for number in dropped:
            self._kept.pop(number, None)
        answers = []
        for operation in operations:
            answers.append(self.attempt(lambda: self._do(*operation)))  # noqa: B023
            if answers[-1][0] == "raised":
                break
        return answers

    def attempt(self, action: Any) -> tuple[Any, ...]:
        """Return what an action returns, or what it raised."""
        try:
            with np.errstate(all="ignore"):
                return ("returned", action(), self._frozen.used())
        except BaseException as error:  # a submission that wants to end the process, too
            return ("raised", type(error).__name__, _said(error), self._line(error))

    def _do(self, kind: str, target: Any, name: str, *more: Any) -> Any:
        owner = self._module if target is None else self._kept[target.number]
        if kind == "call":
            if target is None and name not in self._module.__dict__:
                raise NotImplementedError(f"there is no {name} in the file")
            return self._call(_attribute(owner, name), *more)
        if kind == "get":
            return self._first_of(owner, name, *more)
        if kind == "set":
            return _write(owner, name, more[0])
        raise ValueError(kind)

    def _call(
        self, function: Any, args: Any, named: Any, seed: int, keep: str, number: int, times: int
    ) -> Any:
        """Call a function; keep all of what it returns, or the last of several, or nothing."""
        given = [self._kept[a.number] if isinstance(a, protocol.Kept) else a for a in args]
        self._frozen.begin(seed)
        returned = None
        for _ in range(times):  # more often, or not at all, to see what it costs
            returned = function(*given, **named)
        if keep == "all":
            self._kept[number] = returned
            return protocol.Kept(number)
        if keep == "last" and isinstance(returned, tuple | list) and len(returned) > 1:
            *first, self._kept[number] = returned
            return (*first, protocol.Kept(number))
        return returned

    def _first_of(self, owner: Any, *names: str) -> Any:
        """Return the first of several attributes that is there, and not None."""
        for name in names:
            value = _attribute(owner, name, None)
            if value is not None and not callable(value):
                return value
        return None

    def _line(self, error: BaseException) -> int:
        """Return the line of the submission nearest to an exception; 0 where it is in none."""
        number = 0
        if isinstance(error, SyntaxError) and error.filename == self._file:
            return int(error.lineno or 0)
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                number = trace.tb_lineno
            trace = trace.tb_next
        return number


_MISSING = object()


def _attribute(owner: Any, name: str, default: Any = _MISSING) -> Any:
    """Return an attribute, or an item of a dict in one: ``params.W``."""
    value = owner
    for part in name.split("."):
        if isinstance(value, dict):
            value = value.get(part, default)
        else:
            value = getattr(value, part) if default is _MISSING else getattr(value, part, default)
        if value is default:
            break
    if value is _MISSING:
        raise AttributeError(f"there is no {name}")
    return value


def _write(owner: Any, name: str, value: Any) -> None:
    """Set an attribute or an item, in place where that is possible, so that aliases stay."""
    *path, last = name.split(".")
    for part in path:
        owner = _attribute(owner, part)
    current: Any = owner.get(last) if isinstance(owner, dict) else getattr(owner, last, None)
    fits = isinstance(current, np.ndarray) and current.shape == value.shape
    if fits and current.dtype.kind == "f" and current.flags.writeable:
        current[...] = value
    elif isinstance(owner, dict):
        owner[last] = value
    else:
        setattr(owner, last, value)


def _said(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return str(text)[: protocol.MOST_TEXT]
    except BaseException:
        return ""


def main() -> None:
    """Serve the grader until it has gone."""
    channel = Channel()
    tried = shut_in(channel.receive())
    channel.send(protocol.pack((0, tried.as_dict())))
    for name in [name for name in sys.modules if name.partition(".")[0] == "minnet"]:
        del sys.modules[name]
    submission = Submission()
    while True:
        number, kind, *rest = channel.receive()
        if kind == "load":
            file, source = rest
            answer: Any = submission.attempt(lambda: submission.load(file, source.tobytes()))  # noqa: B023
        else:
            answer = submission.answer(*rest)
        channel.send(_packed(number, answer))


def _packed(number: int, answer: Any) -> bytes:
    """Return an answer as bytes; where it cannot be told, that."""
    with contextlib.suppress(BaseException):
        return protocol.pack((number, answer))
    why = ("raised", "TypeError", "what it returned cannot be sent", 0)
    return protocol.pack((number, why if isinstance(answer, tuple) else [why]))
