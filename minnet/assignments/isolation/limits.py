"""What a submission may take: memory, processor time, files; and as whom it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

#: most files, and most processes and threads, that are open or run at once
FILES, THREADS = 64, 64
#: as whom a submission runs, the first that there is
USERS = ("student", "nobody")
_MEMORY_EXIT = 77
_DEATH_SIGNAL = 1
_MEGABYTE = 1 << 20


def limit(memory_mb: int, seconds: float) -> None:
    """Bound memory beyond what is in use now, processor time, files and threads."""
    try:
        import resource
    except ImportError:  # Windows
        _watch_memory(memory_mb)
        return
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_CPU: int(seconds) + 2,
    }
    if sys.platform.startswith("linux"):
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
        bounds[resource.RLIMIT_AS] = pages * resource.getpagesize() + memory_mb * _MEGABYTE
    else:
        _watch_memory(memory_mb)
    for kind, most in bounds.items():
        _bound(kind, most)


def _bound(kind: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(kind, (most, most))


def first_to_go() -> None:
    """Ask Linux to end this process before any other when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")


def become_another_user() -> bool:
    """Give up root's rights for those of a user without any; return whether that was done."""
    if os.name != "posix" or os.geteuid() != 0:
        return False
    import pwd
    import resource

    for name in USERS:
        try:
            user = pwd.getpwnam(name)
            _bound(resource.RLIMIT_NPROC, THREADS)
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)  # root gives up all three of its numbers, for good
        except (KeyError, OSError):
            continue
        return os.geteuid() == user.pw_uid != 0
    return False


def end_with_the_grader() -> None:
    """Have Linux end this process when the one that started it ends."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def _watch_memory(memory_mb: int) -> None:
    """End this process when it has too much memory, where the system offers no bound."""
    start = memory_in_use() or 0

    def watch() -> None:
        while (used := memory_in_use()) is not None:
            if used - start > memory_mb * _MEGABYTE:
                os._exit(_MEMORY_EXIT)
            time.sleep(0.05)

    threading.Thread(target=watch, daemon=True).start()


def memory_in_use() -> int | None:
    """Return the bytes of memory that this process has taken, or None if that is unknown."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _windows_memory() -> int | None:
    import ctypes

    names = ("peak_working_set", "working_set", "a", "b", "c", "d", "pagefile", "peak_pagefile")
    counters = (ctypes.c_size_t * (1 + len(names)))()
    ctypes.cast(counters, ctypes.POINTER(ctypes.c_ulong))[0] = ctypes.sizeof(counters)
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    query = kernel.K32GetProcessMemoryInfo
    query.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
    if not query(kernel.GetCurrentProcess(), counters, ctypes.sizeof(counters)):
        return None
    return int(counters[1 + names.index("pagefile")])
