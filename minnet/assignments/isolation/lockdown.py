"""Shut this process in, and find out by trying what it still can do."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minnet.assignments.isolation import landlock, limits, seccomp

#: what shuts a submission in, each by itself
WALLS = ("user", "landlock", "seccomp")
#: parts of allowed packages that are loaded when they are first used
_LATER = ("numpy.random", "numpy.linalg", "numpy.fft", "numpy.lib.stride_tricks", "numpy.ma")
#: modules that do something when they are imported
_NEVER = frozenset(["antigravity", "this"])


@dataclass(frozen=True)
class Tried:
    """What a process that is shut in could do when it tried.

    Attributes
    ----------
    user, landlock, seccomp : bool
        The walls that the system put up.
    reads, writes, connects, starts, signals : bool
        Whether it could open a file of the grader's, make one, make a socket, start a process,
        reach the grader with a signal.
    """

    user: bool
    landlock: bool
    seccomp: bool
    reads: bool
    writes: bool
    connects: bool
    starts: bool
    signals: bool

    @property
    def level(self) -> str:
        """How well the process is shut in: ``"full"``, ``"partial"`` or ``"process"``."""
        escapes = (self.reads, self.writes, self.connects, self.starts, self.signals)
        if not any(escapes) and (self.user or self.landlock) and self.seccomp:
            return "full"
        return "partial" if not all(escapes) else "process"

    def as_dict(self) -> dict[str, bool]:
        """Return it as it crosses to the grader."""
        return asdict(self)


def shut_in(setting: Mapping[str, Any]) -> Tried:
    """Load what may be imported, put up every wall that the system has, and try them.

    Parameters
    ----------
    setting : dict
        ``packages`` and the ``places`` they are in, modules to ``preload``, ``memory_mb``,
        ``seconds``, the ``walls`` to put up, and for the trial ``forbidden`` paths, a ``folder``
        to write in and the ``grader``'s process.
    """
    loaded = _load(setting["packages"], setting["places"], setting["preload"])
    readable = [*landlock.of_python(), *loaded]
    walls = setting["walls"]
    limits.first_to_go()
    limits.limit(setting["memory_mb"], setting["seconds"])
    alone = threading.active_count() == 1 and _threads() == 1
    user = "user" in walls and limits.become_another_user()
    limits.end_with_the_grader()
    locked = "landlock" in walls and alone and landlock.apply(readable)
    filtered = "seccomp" in walls and seccomp.apply()
    return Tried(
        user=user,
        landlock=locked,
        seccomp=filtered,
        reads=any(map(_can_read, setting["forbidden"])),
        writes=any(map(_can_write, (setting["folder"], setting["open_folder"]))),
        connects=_can_connect(),
        starts=_can_start(),
        signals=_can_signal(setting["grader"]),
    )


def _load(packages: Collection[str], places: Iterable[str], preload: Iterable[str]) -> list[str]:
    """Import the packages, and leave nothing else importable but the standard library.

    Returns
    -------
    list of str
        The folders that belong to them.
    """
    before = list(sys.path)
    sys.path += [place for place in places if place not in sys.path]
    found = []
    wanted = [*packages, *(n for n in _LATER if n.partition(".")[0] in packages), *preload]
    for name in wanted:
        if name in _NEVER:
            continue
        with contextlib.suppress(Exception):  # a submission that needs it will say so
            importlib.import_module(name)
    for name in packages:
        for folder in getattr(sys.modules.get(name), "__path__", ()):
            found += [folder, f"{folder}.libs"]
        if file := getattr(sys.modules.get(name), "__file__", None):
            found.append(file)
    sys.path[:] = before
    return [os.path.realpath(path) for path in found]


def _threads() -> int:
    """Return how many threads the system counts: a library may have started some."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _can_read(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError:
        return False
    return True


def _can_write(folder: str) -> bool:
    path = Path(folder) / f"minnet-tried-{os.getpid()}"
    try:
        path.touch(exist_ok=False)
    except OSError:
        return False
    with contextlib.suppress(OSError):
        path.unlink()
    return True


def _can_connect() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def _can_start() -> bool:
    if not hasattr(os, "fork"):
        return True  # Windows has other ways, and nothing was put before them
    try:
        started = os.fork()
    except OSError:
        return False
    if started == 0:
        os._exit(0)
    os.waitpid(started, 0)
    return True


def _can_signal(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True
