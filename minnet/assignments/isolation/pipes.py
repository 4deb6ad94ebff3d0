"""The grader's end of the two pipes: everything sent and received by a deadline."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from typing import Any

from minnet.assignments.isolation import protocol

_PIECE = 1 << 16


class Ended(Exception):
    """The process is of no more use; the message says in words how it came to its end."""


class Pipes:
    """What is written to a process and read from it, each by a deadline on the monotonic clock."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self._to, self._from = process.stdin.fileno(), process.stdout.fileno()
        self._timed = os.name == "posix"  # elsewhere pipes cannot be waited for
        if self._timed:
            self._writable, self._readable = select.poll(), select.poll()
            self._writable.register(self._to, select.POLLOUT)
            self._readable.register(self._from, select.POLLIN)
            os.set_blocking(self._to, False)
            os.set_blocking(self._from, False)

    def send(self, message: bytes, deadline: float) -> None:
        """Write a message.

        Raises
        ------
        Ended
            When the process has ended, or does not take it in time.
        """
        with _Watch(self._process, deadline, self._timed):
            view = memoryview(message)
            while view:
                self._wait(deadline, to_write=True)
                try:
                    view = view[os.write(self._to, view[:_PIECE]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise self._ended(deadline) from None

    def receive(self, deadline: float) -> Any:
        """Return the next message.

        Raises
        ------
        Ended
            When none comes in time, or ever.
        ProtocolError
            When it is none.
        """
        with _Watch(self._process, deadline, self._timed):
            header, body = protocol.sizes(self._read(protocol.FRAME.size, deadline))
            return protocol.unpack(self._read(header, deadline), self._read(body, deadline))

    def _read(self, size: int, deadline: float) -> bytes:
        parts = []
        while size:
            self._wait(deadline, to_write=False)
            try:
                part = os.read(self._from, min(size, 1 << 20))
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            if not part:
                raise self._ended(deadline)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, deadline: float, to_write: bool) -> None:
        if not self._timed:
            return
        left = deadline - time.monotonic()
        waiting = self._writable if to_write else self._readable
        if left <= 0 or not waiting.poll(1000 * left + 1):
            raise Ended("it was stopped: it took too long")

    def _ended(self, deadline: float) -> Ended:
        """Return in words how the process came to its end."""
        if time.monotonic() >= deadline:
            return Ended("it was stopped: it took too long")
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return Ended("it closed the connection to the grader")
        if code < 0:
            return Ended(f"it ended the Python process (signal {-code})")
        return Ended(f"it ended the Python process with exit status {code}")


class _Watch:
    """Ends a process at the deadline, where a read cannot be given one."""

    def __init__(self, process: subprocess.Popen[bytes], deadline: float, needless: bool) -> None:
        left = max(0.0, deadline - time.monotonic())
        self._timer = None if needless else threading.Timer(left, process.kill)

    def __enter__(self) -> None:
        if self._timer is not None:
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
