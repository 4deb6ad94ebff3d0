"""What a long check shows while it runs: what is done, and what takes so long."""

from __future__ import annotations

import shutil
import sys
import threading
import time

from minnet.conventions.isolated.process import Watch
from minnet.report.results import CheckResult
from minnet.report.terminal import Style, clean
from minnet.report.text import line_of

#: what takes no longer than so many seconds shows nothing
PATIENCE = 2.0


class Live(Watch):
    """Results as they come, on standard error; the report takes their place in the end.

    Nothing unless that is a terminal: what is printed elsewhere is the same for the same seed.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._on = sys.stderr.isatty() and not quiet
        self._style = Style.of(sys.stderr)
        self._start = time.perf_counter()
        self._came: list[str] = []
        self._printed = 0
        self._busy = False
        self._lock = threading.Lock()

    def busy(self, name: str, cases: int, seconds: float) -> None:
        """Show what takes so long."""
        with self._lock:
            self._print_what_came()
            if self._on and seconds > PATIENCE:
                done = f"{cases} case{'s' if cases != 1 else ''} done, " if cases else ""
                line = f"checking {clean(name)}: {done}{seconds:.0f} s"
                print(f"\r{line:<60.70}", end="", file=sys.stderr, flush=True)
                self._busy = True

    def found(self, target: str, result: CheckResult) -> None:
        """Show a result."""
        with self._lock:
            self._came.append(line_of(result, self._style))
            self._print_what_came()

    def clear(self) -> None:
        """Make room for the report."""
        self._clear_busy()
        if self._style.colour and 0 < self._printed < shutil.get_terminal_size().lines:
            print(f"\x1b[{self._printed}F\x1b[J", end="", file=sys.stderr, flush=True)
        self._printed, self._came = 0, []

    def finish(self) -> None:
        """Say how long it took."""
        if self._on:
            print(f"{time.perf_counter() - self._start:.1f} s", file=sys.stderr)

    def _print_what_came(self) -> None:
        if self._on and time.perf_counter() - self._start > PATIENCE:
            for line in self._came[self._printed :]:
                self._clear_busy()
                print(line, file=sys.stderr)
                self._printed += 1

    def _clear_busy(self) -> None:
        if self._busy:
            print("\r" + " " * 72 + "\r", end="", file=sys.stderr, flush=True)
            self._busy = False
