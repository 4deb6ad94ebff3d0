"""The processes that run code under test, started before they are needed.

To import Python, NumPy and the checker takes longer than to check a layer. A process that is
started ahead does it while the one that starts it imports as much, or checks the target before.
It knows nothing of what it is to do until it is asked. Where the system can copy a process, it
answers each request in a copy of itself, and serves the next one too; elsewhere it serves one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

#: whether one process serves many: elsewhere than on Linux, libraries (macOS's BLAS) break in a
#: copy, or there are none (Windows)
SERVES_MANY = sys.platform.startswith("linux")


class Worker(subprocess.Popen[bytes]):
    """A process that runs code under test, with the environment and the folder that it has."""

    def __init__(self) -> None:
        self.place = _here()
        environment, _ = self.place
        here = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(p for p in (here, environment.get("PYTHONPATH", "")) if p)
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        super().__init__(
            # -P: a random.py beside the file that is checked is not Python's
            [sys.executable, "-P", "-m", "minnet.conventions.isolated"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "PYTHONPATH": path, "MPLBACKEND": "Agg", **one},
            start_new_session=os.name == "posix",
        )


_waiting: list[Worker] = []


def start_ahead() -> None:
    """Start a process for whoever asks next."""
    _waiting.append(Worker())


def take() -> Worker:
    """Return a process that waits for a request: one from before, if it was started here."""
    place = _here()
    while _waiting:
        process = _waiting.pop(0)
        if process.place == place and process.poll() is None:
            return process
        _discard(process)
    return Worker()


def give_back(process: Worker) -> None:
    """Take back a process that has answered, and waits for its next request."""
    _waiting.append(process)


def end_all() -> None:
    """End what is not needed any more."""
    while _waiting:
        _discard(_waiting.pop())


def end(process: Worker) -> None:
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


def _discard(process: Worker) -> None:
    end(process)
    if process.stdout is not None:  # nobody reads it in another thread
        process.stdout.close()


def _here() -> tuple[dict[str, str], str]:
    try:
        return dict(os.environ), os.getcwd()
    except OSError:  # the folder is not there any more
        return dict(os.environ), ""
