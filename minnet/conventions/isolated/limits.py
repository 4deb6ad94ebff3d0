"""Bounds on what code under test may take, by the means that the system offers."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

#: memory that code under test may take beyond what the checker itself needs
MEMORY = 2 * 1024**3
#: how long one case may take, in seconds, unless MINNET_TIME_LIMIT says otherwise
SECONDS = 60.0


def time_limit(usual: float = SECONDS) -> float:
    """Return the seconds that one case may take, or whatever has another `usual` limit."""
    try:
        return max(0.1, float(os.environ["MINNET_TIME_LIMIT"]))
    except (KeyError, ValueError):
        return usual


def problem_with_time_limit() -> str:
    """Return what is wrong with MINNET_TIME_LIMIT, in one line; "" where nothing is."""
    given = os.environ.get("MINNET_TIME_LIMIT", "60")
    try:
        right = 0 < float(given) < float("inf")
    except ValueError:
        right = False
    wanted = "it has to be a number of seconds above 0, such as 120"
    return "" if right else f"MINNET_TIME_LIMIT is {given!r}; {wanted}"


def limit_memory(too_much: Callable[[], None]) -> None:
    """Bound this process's memory.

    On Linux an allocation beyond the bound raises MemoryError. Elsewhere a thread looks at
    the memory in use and calls `too_much`, which is expected to end the process.
    """
    if sys.platform.startswith("linux"):
        import resource

        with contextlib.suppress(OSError, ValueError):
            pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
            bound = pages * resource.getpagesize() + MEMORY
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            if hard != resource.RLIM_INFINITY:
                bound = min(bound, hard)
            resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
            return
    threading.Thread(target=_watch, args=(too_much,), daemon=True).start()


def _watch(too_much: Callable[[], None]) -> None:
    while (used := memory_in_use()) is not None:
        if used > MEMORY:
            too_much()
            return
        time.sleep(0.05)


def memory_in_use() -> int | None:
    """Return the bytes of memory that this process has in use, or None if that is unknown."""
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

    class Counters(ctypes.Structure):
        _fields_ = [
            ("cb", ctypes.c_ulong),
            ("PageFaultCount", ctypes.c_ulong),
            *((name, ctypes.c_size_t) for name in ("Peak", "WorkingSetSize", "a", "b", "c", "d")),
            ("PagefileUsage", ctypes.c_size_t),
            ("PeakPagefileUsage", ctypes.c_size_t),
        ]

    counters = Counters(cb=ctypes.sizeof(Counters))
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    query = kernel.K32GetProcessMemoryInfo
    query.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
    if not query(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb):
        return None
    return int(counters.PagefileUsage)
