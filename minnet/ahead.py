"""The processes that run code under test, started before they are needed.

To import Python, NumPy and the checker takes longer than to check a layer. A process that is
started ahead does it while the one that starts it imports as much, or checks the target before.
It serves one request, and knows nothing of it until it is asked.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

#: what a process is started with: its environment and its folder
_Place = tuple[dict[str, str], str]

_waiting: list[tuple[_Place, subprocess.Popen[bytes]]] = []


def start_ahead() -> None:
    """Start a process for whoever asks next."""
    place = _here()
    _waiting.append((place, _start(place)))


def take() -> subprocess.Popen[bytes]:
    """Return a process that waits for its request: one started ahead, if it was started here."""
    place = _here()
    while _waiting:
        before, process = _waiting.pop(0)
        if before == place and process.poll() is None:
            return process
        _discard(process)
    return _start(place)


def end_all() -> None:
    """End what was started ahead and is not needed."""
    while _waiting:
        _discard(_waiting.pop()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and on POSIX what it has started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def _discard(process: subprocess.Popen[bytes]) -> None:
    end(process)
    if process.stdout is not None:  # nobody reads it in another thread
        process.stdout.close()


def _here() -> _Place:
    try:
        return dict(os.environ), os.getcwd()
    except OSError:  # the folder is not there any more
        return dict(os.environ), ""


def _start(place: _Place) -> subprocess.Popen[bytes]:
    environment, _ = place
    here = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(p for p in (here, environment.get("PYTHONPATH", "")) if p)
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return subprocess.Popen(
        # -P: a random.py beside the file that is checked is not Python's
        [sys.executable, "-P", "-m", "minnet.conventions.isolated.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**environment, "PYTHONPATH": path, "MPLBACKEND": "Agg", **one},
        start_new_session=os.name == "posix",
    )
