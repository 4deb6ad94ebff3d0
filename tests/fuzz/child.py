"""A command in a process of its own, forked from this one, which has everything imported."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minnet.cli import main

#: what nothing here takes, even on a machine that is busy
LONGEST = 120.0
#: how long what a process has started may outlive it
LINGER = 10.0


@dataclass(frozen=True)
class Ended:
    """How a process ended, what it wrote, and whether anything that it started lives on."""

    status: int
    out: str
    err: str
    left: bool


def run(
    line: list[str] | Callable[[], int],
    folder: Path,
    prepare: Callable[[], Any] = lambda: None,
    kill_after: float | None = None,
) -> Ended:
    """Run a command line, or a function, in a child process and return how it ended.

    Parameters
    ----------
    line : list of str or callable
    folder : Path
        Where it runs.
    prepare : callable
        Called in the child before all else: what is limited, closed or full.
    kill_after : float, optional
        Seconds after which it is killed, once what it printed says ``begun`` or at once.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        sys.stderr.flush()
        number = os.fork()
        if number == 0:
            _child(line, folder, prepare, out.fileno(), err.fileno())
        status = _wait(number, LONGEST if kill_after is None else kill_after)
        left = _lives_on(number)
        out.seek(0)
        err.seek(0)
        texts = (stream.read().decode("utf-8", "replace") for stream in (out, err))
        return Ended(status, *texts, left)


def _child(
    line: list[str] | Callable[[], int], folder: Path, prepare: Callable[[], Any], *streams: int
) -> None:
    status = 70
    try:
        os.setsid()
        os.chdir(folder)
        for number, stream in enumerate(streams, start=1):
            os.dup2(stream, number)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
        prepare()
        encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
        sys.stdout, sys.stderr = _stream(1, encoding), _stream(2, encoding, "backslashreplace")
        status = line() if callable(line) else main(line)
    except BaseException:  # noqa: BLE001
        with contextlib.suppress(BaseException):
            os.write(2, traceback.format_exc().encode())
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        os._exit(status & 255)


def _stream(number: int, encoding: str, errors: str = "strict") -> Any:
    """Return what Python makes of a file descriptor when it starts: None where it is closed."""
    try:
        os.fstat(number)
    except OSError:
        return None
    return open(number, "w", encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115


def _wait(number: int, seconds: float) -> int:
    """Return the status of a process that ended, or was killed after so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(number, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(number, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def _lives_on(group: int) -> bool:
    """Return whether anything of the process's session runs after it, and end that."""
    until = time.monotonic() + LINGER
    while time.monotonic() < until:
        if not _members(group):
            return False
        time.sleep(0.02)
    for number in _members(group):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return True


def _members(session: int) -> list[int]:
    """Return the processes of a session that are no zombies (where /proc tells)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, leader = path.read_text().rpartition(")")[2].split()[:4]
            if int(leader) == session and state != "Z":
                found.append(int(path.parent.name))
    return found
