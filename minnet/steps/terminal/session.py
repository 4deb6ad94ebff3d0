"""A walk in the terminal: a key, a new screen."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from minnet.report.terminal import Style
from minnet.steps.plain import transcript
from minnet.steps.terminal.keys import Source, terminal_keys
from minnet.steps.terminal.pressing import press
from minnet.steps.terminal.screen import screen
from minnet.steps.terminal.state import State, begin
from minnet.steps.walk import Place, Walk

#: another screen without the cursor, and back to the one before
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[2J", "\x1b[?25h\x1b[?1049l"


def explore(walk: Walk, start: Place | None = None) -> None:
    """Walk through forward and backward in the terminal, with single keys.

    Parameters
    ----------
    walk : Walk
    start : Place, optional
        The number to begin at.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C. However it ends, the terminal is as it was before.
    """
    with _escapes(sys.stdout) as understood, np.errstate(all="ignore"):
        if not understood or not walk.trace.values:
            print(transcript(walk, start), end="")
            return
        with contextlib.suppress(_Gone), Screen(sys.stdout) as shown, terminal_keys() as keys:
            follow(walk, begin(walk, start), keys, shown)


class _Gone(Exception):
    """Nobody is there any more to look at the screen."""


class Screen:
    """The screen of a terminal, and a context manager that gives it back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.style = stream, Style.of(stream)

    def __enter__(self) -> Screen:
        self.enter()
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(_Gone):
            self.leave()

    def enter(self) -> None:
        """Take the screen."""
        self._put(_ENTER)

    def leave(self) -> None:
        """Give it back as it was."""
        self._put(_LEAVE)

    def draw(self, walk: Walk, state: State) -> None:
        """Show a state, in one go."""
        width, height = shutil.get_terminal_size()
        lines = screen(walk, state, width, height, self.style)
        # a row is cleared before it is written: after a full one, its last character would go
        self._put("\x1b[H" + "\r\n".join(f"\x1b[K{line}" for line in lines))

    def _put(self, text: str) -> None:
        try:
            if sys.platform == "win32":
                self._stream.write(text)
                self._stream.flush()
                return
            data = text.encode(self._stream.encoding, "replace")
            while data:  # not by way of the stream, which would try again at the end
                data = data[os.write(self._stream.fileno(), data) :]
        except (OSError, ValueError) as error:
            raise _Gone from error


def follow(walk: Walk, state: State, keys: Source, shown: Any) -> State:
    """Follow keys until the walk is ended; return where it ended."""
    while not state.ended:
        shown.draw(walk, state)
        key = keys.read()
        if key == "closed":
            break
        if key == "interrupt":
            raise KeyboardInterrupt
        if key == "suspend":
            shown.leave()
            keys.suspend()
            shown.enter()
        elif key == "resume":
            keys.resume()
            shown.enter()
        elif key != "resize":
            state = press(walk, state, key)
        if state.save:
            state = replace(state, save=False, message=saved(walk, state))
    return state


def saved(walk: Walk, state: State) -> str:
    """Write the walk as a page into this folder; return what has become of it, in one line."""
    try:
        from minnet.steps.page import page

        path = _free(Path(f"{_safe(walk.name)}-steps.html"))
        path.write_text(page(walk, state.place), encoding="utf-8")
    except OSError as error:
        return f"the page cannot be written: {error.strerror}"
    except Exception as error:
        return f"the page cannot be made: {type(error).__name__}: {error}"
    return f"written: {path}"


def _safe(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
    return kept.strip("-").lower() or "walk"


def _free(path: Path) -> Path:
    """Return a path that nothing has yet."""
    others = (path.with_stem(f"{path.stem}-{turn}") for turn in range(2, 1000))
    return next(found for found in (path, *others) if not found.exists())


@contextlib.contextmanager
def _escapes(stream: TextIO) -> Iterator[bool]:
    """Let a Windows console understand escape codes; whether it does."""
    if sys.platform != "win32":
        yield os.environ.get("TERM") != "dumb"
        return
    import ctypes

    kernel, before = ctypes.windll.kernel32, ctypes.c_ulong()
    handle = kernel.GetStdHandle(-11)  # of the standard output
    if not kernel.GetConsoleMode(handle, ctypes.byref(before)):
        yield False
        return
    try:
        yield bool(kernel.SetConsoleMode(handle, before.value | 0x0004))  # VT processing
    finally:
        kernel.SetConsoleMode(handle, before.value)
