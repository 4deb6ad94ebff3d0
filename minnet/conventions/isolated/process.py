"""Check a target in a process of its own, so that nothing in it can stop the others.

Code that loops for ever, ends the process or takes all memory costs its own check only: the
process is started again for what comes after it.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any

from minnet import ahead
from minnet.conventions.gathering import Gathering, Heading, stopped
from minnet.conventions.isolated.limits import MEMORY, time_limit
from minnet.conventions.isolated.messages import receive, send
from minnet.gradcheck.options import Hints, Options
from minnet.gradcheck.telling import as_told
from minnet.records import dataclass, field
from minnet.report.results import CheckResult, Finding

_POLL = 0.25
#: from here on, an exit status of Windows is no number that a program chose
_FAILURE_ON_WINDOWS = 0xC0000000
_COMPILED = (
    "compiled code failed: look at what runs outside Python (ctypes, Cython, Numba, an extension), "
    "or at a recursion that is deeper than the stack"
)
#: what to look for after a signal; one that is not here was sent on purpose
_SIGNALS = {
    **dict.fromkeys(("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"), _COMPILED),
    "SIGKILL": "the system ends a process so where memory runs out: look for very large arrays, or "
    "for os.kill",
    "SIGALRM": "a timer of its own ended it: look for signal.alarm or signal.setitimer",
    "SIGXCPU": "it took more of the processor than the system allows",
}
_SENT = "something sent it this signal: look for os.kill, signal.raise_signal or a timer"


class Watch:
    """Told what is going on, from several threads: to be overridden."""

    def busy(self, name: str, cases: int, seconds: float) -> None:
        """Take in what is being checked, how many cases are done, and the seconds so far."""

    def found(self, target: str, result: CheckResult) -> None:
        """Take in what a check came to, before what only all cases and checks together tell."""


class Stop:
    """When to end before all is done, and `why`.

    Parameters
    ----------
    limit : float, optional
        The seconds that all of it may take.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.why = ""
        self._limit, self._start = limit, time.monotonic()

    def now(self, why: str) -> None:
        """End everything."""
        self.why = self.why or why

    def is_due(self) -> bool:
        """Return whether to end now."""
        if self._limit is not None and time.monotonic() - self._start > self._limit:
            self.now(f"stopped after {self._limit:g} seconds, the limit for all together")
        return bool(self.why)


@dataclass
class Part:
    """Every so-manieth thing in a target: which, and what has come of it.

    Attributes
    ----------
    target : str, optional
        None for minnet's own layers.
    only : str, optional
        A pattern for the names to check.
    first, step : int
        Of the things in the target, in their order: where to begin, and each how-manieth.
    gathering : Gathering
        What was found.
    planned : dict of int to str
        The names of what is to be checked, by position.
    done : set of int
        The positions of what has been checked.
    """

    target: str | None
    only: str | None = None
    first: int = 0
    step: int = 1
    gathering: Gathering = field(init=False)
    planned: dict[int, str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gathering = Gathering(label_of(self.target))


def label_of(target: str | None) -> str:
    """Return what a target is called in a report."""
    return "minnet" if target is None else target


def check_part(
    part: Part, options: Options, stop: Stop, watch: Watch, *, more: bool = False
) -> None:
    """Check one part of a target, in as many processes as it takes.

    Parameters
    ----------
    part : Part
        Takes in what is found.
    options : Options
    stop : Stop
    watch : Watch
    more : bool
        Whether there is another part to come, for which a process is made ready or kept.
    """
    start, gathering = part.first, part.gathering
    telling = _Telling(part, options.hints, watch)
    while not stop.is_due():
        with _Worker(part, options, start, more) as worker:
            state = _follow(worker, part, stop, telling)
        if state is None:
            return
        index, heading, finding = state
        start = index + part.step
        part.done.add(index)
        if finding is None:
            continue
        if heading is None:
            gathering.error = finding.message
            return
        gathering.add(index, heading, stopped(finding, "the case that was under way"))
        telling.found(index)


@dataclass
class _Telling:
    """Tells of each result as much as is to be told."""

    part: Part
    hints: Hints
    watch: Watch

    def found(self, index: int) -> None:
        """Tell what came in about the subject at a position, if anything did."""
        if result := self.part.gathering.check_at(index):
            self.watch.found(self.part.gathering.target, as_told(result, self.hints))


class _Worker:
    """The process, and the messages that come from it."""

    def __init__(self, part: Part, options: Options, start: int, more: bool) -> None:
        self.process = ahead.take()
        assert self.process.stdin is not None and self.process.stdout is not None
        self.messages: queue.Queue[tuple[Any, ...] | None] = queue.Queue()
        again = more and ahead.SERVES_MANY
        self.again = False  # whether it waits for another request
        threading.Thread(target=self._read, args=(self.process.stdout, again), daemon=True).start()
        with contextlib.suppress(OSError):  # it stays open: when this process ends, so does that
            where = (part.first, part.step, start)
            request = (again, part.target, list(sys.path), part.only, *where, options)
            send(self.process.stdin, request)
        if more and not again:
            ahead.start_ahead()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.again:
            ahead.give_back(self.process)
        else:
            ahead.end(self.process)

    def _read(self, stream: IO[bytes], again: bool) -> None:
        with contextlib.suppress(Exception):  # a garbled message ends the conversation
            while (message := receive(stream)) is not None:
                self.again = again and message[0] == "done"
                self.messages.put(message)
                if self.again:
                    return
        stream.close()
        self.messages.put(None)

    def how_it_ended(self) -> tuple[str, str]:
        """Return in words how the process came to its end, and what to look for."""
        try:
            code = self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "it closed the connection to the checker", "remove any call of os.close"
        if code < 0:
            name = _name_of_signal(-code)
            said = f"the Python process was ended by signal {-code} ({name})"
            return said, _SIGNALS.get(name, _SENT)
        if code >= _FAILURE_ON_WINDOWS:
            return f"the Python process was ended by Windows (0x{code:X})", _SIGNALS["SIGSEGV"]
        said = f"it ended the Python process with exit status {code}"
        return said, "remove the call of exit or os._exit"


@dataclass
class _Conversation:
    """What a worker has said so far, and since when it has been silent."""

    part: Part
    telling: _Telling
    index: int = -1
    heading: Heading | None = None
    cases: int = 0
    concluding: bool = False
    check_began: float = field(default_factory=time.monotonic)
    case_began: float = field(default_factory=time.monotonic)

    def take(self, kind: str, *rest: Any) -> None:
        """Take in one message."""
        gathering = self.part.gathering
        if kind == "begin":
            self.index, self.heading = rest
            self.check_began = self.case_began = time.monotonic()
            self.cases, self.concluding = 0, False
        elif kind == "result":
            gathering.add(*rest)
            self.case_began = time.monotonic()
            self.cases += 1
        elif kind == "concluding":
            self.case_began, self.concluding = time.monotonic(), True
        elif kind == "concluded":
            gathering.amend(*rest)
        elif kind == "end":
            self.part.done.add(rest[0])
            self.telling.found(rest[0])
        elif kind == "plan":
            self.part.planned, gathering.notes = rest
        elif kind == "skip":
            gathering.skip(rest[0])
        elif kind == "error":
            gathering.error, gathering.wrong_target = rest

    def broken_off(self, finding: Finding) -> tuple[int, Heading | None, Finding | None]:
        """Return where it broke off and why.

        Where all cases are checked, in looking for the cure, it is no finding.
        """
        return self.index, self.heading, None if self.concluding else finding

    def busy(self, now: float) -> None:
        """Tell what is under way."""
        name = self.heading.name if self.heading else self.part.gathering.target
        self.telling.watch.busy(name, self.cases, now - self.check_began)


def _follow(
    worker: _Worker, part: Part, stop: Stop, telling: _Telling
) -> tuple[int, Heading | None, Finding | None] | None:
    """Take in messages to the end; return what broke off there, or None if all is done."""
    said, target, limit = _Conversation(part, telling), part.gathering.target, time_limit()
    while not stop.is_due():
        now = time.monotonic()
        if now - said.case_began > limit:
            return said.broken_off(_too_slow(target, said.heading, limit, said.cases))
        said.busy(now)
        try:
            message = worker.messages.get(timeout=min(_POLL, limit))
        except queue.Empty:
            continue
        if message is None:
            return said.broken_off(_ended(target, said.heading, *worker.how_it_ended()))
        if message[0] == "memory":
            return said.broken_off(_too_large(target, said.heading))
        if message[0] == "done":
            return None
        said.take(*message)
    return None


def _too_slow(target: str, heading: Heading | None, limit: float, cases: int) -> Finding:
    advice = "MINNET_TIME_LIMIT sets another limit, in seconds"
    if heading is None:
        return Finding(
            "crash",
            f"{target} was not imported within {limit:g} seconds: does it loop, or train, on "
            f"import? Put that under if __name__ == '__main__': ({advice})",
        )
    hint = "either a loop in it never ends, or it only needs longer: try a higher limit"
    if cases:
        hint = "it is slow rather than stuck: look for work that is done again in every loop"
    message = f"stopped after {limit:g} seconds, the limit for one case ({advice})"
    return Finding("crash", message, {"exception": "TimeLimit"}, hint=hint)


def _too_large(target: str, heading: Heading | None) -> Finding:
    message = f"stopped: it took more than {MEMORY / 1024**3:g} GiB of memory"
    if heading is None:
        message = f"{target} cannot be imported: {message}"
    return Finding("crash", message, {"exception": "MemoryLimit"})


def _ended(target: str, heading: Heading | None, how: str, hint: str) -> Finding:
    if heading is None:
        return Finding("crash", f"{target} cannot be imported: {how}; {hint}")
    return Finding("crash", how, {"exception": "ProcessEnded"}, hint=hint)


def _name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
