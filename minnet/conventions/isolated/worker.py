"""The process that runs the code under test: ``python -m minnet.conventions.isolated``.

It reads requests from its standard input and writes messages to what was its standard output. The
code under test finds all three standard streams connected to nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, BinaryIO

from minnet.conventions.discover import find, matches
from minnet.conventions.importing import TargetError, WrongTarget, load, not_found
from minnet.conventions.isolated.limits import limit_memory
from minnet.conventions.isolated.messages import receive, send
from minnet.conventions.minnet_layers import own_subjects
from minnet.conventions.subject import Beside, Subject
from minnet.gradcheck.options import Options
from minnet.gradcheck.own_failure import own_failure
from minnet.report.results import Skipped


def main() -> None:
    """Serve requests, all but the last in a copy of this process; end after it."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = _take_streams()
    more = True
    while more and (request := receive(requests)) is not None:
        more, *rest = request
        answer = partial(_answer, requests, replies, *rest)
        _in_a_copy(answer) if more else answer()
        send(replies, ("done",))
    os._exit(0)  # not waiting for threads that the code under test may have left behind


def _in_a_copy(answer: Callable[[], None]) -> None:
    """Answer a request in a copy of this process, in which no code under test has run.

    What that does stays in the copy; where it ends the copy, this process ends in the same way.
    """
    import mmap  # late: the last request, most often the only one, needs no copy

    answered = mmap.mmap(-1, 1)  # in both: code under test may end a copy with any status
    if not (child := os.fork()):
        answer()
        answered[0] = 1
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not answered[0]:
        if code < 0:
            with contextlib.suppress(OSError):  # nobody decides what SIGKILL does
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code)


def _answer(requests: BinaryIO, replies: BinaryIO, *request: Any) -> None:
    threading.Thread(target=_end_with_the_parent, args=(requests,), daemon=True).start()
    _leave_others_alone()
    limit_memory(lambda: _give_up(replies))
    try:
        _serve(replies, *request)
    except TargetError as error:
        send(replies, ("error", str(error), isinstance(error, WrongTarget)))
    except Exception as error:
        send(replies, ("error", own_failure(error).message, False))


def _end_with_the_parent(requests: BinaryIO) -> None:
    """End this process when the one that asked has ended, however that came about."""
    requests.read()  # to the end: nothing more is sent while this process is there
    os._exit(70)


def _leave_others_alone() -> None:
    """Keep code that signals by its number the process that started it from ending the checker.

    That is against accidents: there is no wall around this process (`minnet grade` has one).
    """
    for name in ("kill", "killpg"):
        if hasattr(os, name):
            setattr(os, name, _only_own(getattr(os, name)))


def _only_own(kill: Callable[[int, int], None]) -> Callable[[int, int], None]:
    own = {0, os.getpid()} | ({os.getpgrp()} if hasattr(os, "getpgrp") else set())

    def careful(number: int, signal: int) -> None:
        if number not in own:
            raise PermissionError("minnet check: code under test must not signal other processes")
        kill(number, signal)

    return careful


def _serve(
    replies: BinaryIO,
    target: str | None,
    paths: list[str],
    only: str | None,
    first: int,
    step: int,
    start: int,
    options: Options,
) -> None:
    """Check every `step`-th thing in a target from position `start` on, telling results at once."""
    sys.path.extend(path for path in paths if path not in sys.path)
    found, notes = _found(target, only)
    send(replies, ("plan", _planned(found, first, step), notes))
    for item in found if start == 0 else ():
        if isinstance(item, Skipped):
            send(replies, ("skip", item))
    beside = Beside(found, options.seed)
    for index, item in enumerate(found):
        if index in range(start, len(found), step) and not isinstance(item, Skipped):
            heading = item.heading
            send(replies, ("begin", index, heading))
            for result in item.results(options, partial(beside.but, item)):
                if callable(result):
                    send(replies, ("concluding",))
                    send(replies, ("concluded", index, result()))
                else:
                    send(replies, ("result", index, heading, result))
            send(replies, ("end", index))


def _found(
    target: str | None, only: str | None
) -> tuple[Sequence[Subject | Skipped], tuple[str, ...]]:
    """Return what is in a target, and what it took to run it; None are minnet's own layers."""
    if target is not None:
        loaded = load(target)
        return find(loaded, only), loaded.notes
    own = own_subjects()
    found = [subject for subject in own if only is None or matches(subject.name, only)]
    if only is not None and not found:
        raise not_found(only, [subject.name for subject in own], "--only: minnet")
    return found, ()


def _planned(found: Sequence[Subject | Skipped], first: int, step: int) -> dict[int, str]:
    """Return the names of all that a part of a target is to check, by position."""
    return {n: it.name for n, it in list(enumerate(found))[first::step] if isinstance(it, Subject)}


def _take_streams() -> BinaryIO:
    """Return the stream of replies, and connect the standard streams to nothing."""
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return replies


def _give_up(replies: BinaryIO) -> Any:
    send(replies, ("memory",))
    os._exit(70)
