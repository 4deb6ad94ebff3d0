"""Single keys from the terminal, by name, on Linux, macOS and Windows.

A key is one printable character, or one of the names in `NAMED`; "unknown" is any other.
What is not a key comes the same way: "resize", "suspend" (Ctrl-Z), "resume", "closed" (there is
nothing more to read).
"""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, Protocol

#: how long the rest of an arrow key's bytes may take: after that, Esc was meant
PAUSE = 0.05
#: how often a Windows console is asked for a key or a new size, in seconds
POLL = 0.03
#: what terminals send after ESC [ or ESC O, and for control characters
_LETTERS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
_LETTERS |= {"Z": "backtab", "M": "enter"}
_NUMBERS = {"1": "home", "7": "home", "4": "end", "8": "end", "5": "pgup", "6": "pgdn"}
_CONTROLS = {"\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace"}
_CONTROLS |= {"\x0c": "resize", "\x03": "interrupt", "\x1a": "suspend"}
#: the second half of what a Windows console gives for a key without a character
_SCANCODES = {"H": "up", "P": "down", "M": "right", "K": "left", "G": "home", "O": "end"}
_SCANCODES |= {"I": "pgup", "Q": "pgdn", "\x0f": "backtab"}
NAMED = frozenset({*_LETTERS.values(), *_NUMBERS.values(), *_CONTROLS.values(), "esc", "unknown"})


class Source(Protocol):
    """Where keys come from."""

    def read(self) -> str:
        """Wait for a key; return its name."""

    def suspend(self) -> None:
        """Stop the program until it is told to go on, with the terminal as it was before."""

    def resume(self) -> None:
        """Take the terminal again, after another program may have had it."""


class Given:
    """Keys that are known beforehand; after the last, "closed"."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = deque(names)

    def read(self) -> str:
        """Return the next key."""
        return self._names.popleft() if self._names else "closed"

    def suspend(self) -> None:
        """Do nothing."""

    def resume(self) -> None:
        """Do nothing."""


class Decoder:
    """Turns the bytes of a terminal into keys; they may arrive in pieces.

    Examples
    --------
    >>> decoder = Decoder()
    >>> list(decoder.keys(b"n\\x1b[A\\x1b"))
    ['n', 'up']
    >>> list(decoder.rest())
    ['esc']
    """

    def __init__(self) -> None:
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""

    @property
    def waits(self) -> bool:
        """Whether the beginning of a key has come, and not its end."""
        return bool(self._waiting)

    def keys(self, data: bytes) -> Iterator[str]:
        """Yield the keys that are complete."""
        self._waiting += self._text.decode(data)
        while self._waiting:
            key, length = _first_key(self._waiting)
            if not length:
                return
            self._waiting = self._waiting[length:]
            yield key

    def rest(self) -> Iterator[str]:
        """Yield what the beginning alone means, as nothing has followed."""
        waiting, self._waiting = self._waiting, ""
        if waiting:
            yield "esc" if waiting == "\x1b" else "unknown"


def _first_key(text: str) -> tuple[str, int]:
    """Return the first key and how many characters it has; 0 where it is not complete."""
    first = text[0]
    if first != "\x1b":
        return _CONTROLS.get(first, first if first.isprintable() else "unknown"), 1
    if len(text) == 1:
        return "", 0
    if text[1] == "\x1b":  # Esc, and the beginning of another
        return "esc", 1
    if text[1] not in "[O":
        return "unknown", 2  # Alt and a key
    for end in range(2, len(text)):
        if "@" <= text[end] <= "~":
            number = text[2:end].partition(";")[0]
            named = _NUMBERS if text[end] == "~" else _LETTERS
            key = named.get(number if text[end] == "~" else text[end], "unknown")
            return key, end + 1
    return "", 0


class PosixKeys:
    """The keys of a terminal of Linux or macOS; a context manager that gives it back as it was."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._input = sys.stdin.fileno() if descriptor is None else descriptor
        self._decoder, self._ready = Decoder(), deque[str]()
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> PosixKeys:
        import termios

        self._before = termios.tcgetattr(self._input)
        self._bell, self._ring = os.pipe()  # signals wake the wait for a key
        os.set_blocking(self._ring, False)
        try:
            self._take()
            self._listen()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        self._give_back()
        for descriptor in (self._bell, self._ring):
            os.close(descriptor)

    def read(self) -> str:
        """Wait for a key; return its name."""
        import select

        while not self._ready:
            patience = PAUSE if self._decoder.waits else None
            readable, _, _ = select.select([self._input, self._bell], [], [], patience)
            if self._bell in readable:
                rung = os.read(self._bell, 64)
                self._ready += dict.fromkeys(_signals()[n] for n in rung)
            if self._input in readable:
                self._ready += self._arrived()
            if not readable:
                self._ready += self._decoder.rest()
        return self._ready.popleft()

    def suspend(self) -> None:
        """Stop the program until it is told to go on, with the terminal as it was before."""
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        # here it stands still, until the shell's fg
        signal.signal(signal.SIGTSTP, self._heard)
        self._take()

    def resume(self) -> None:
        """Take the terminal again: another program may have had it."""
        self._take()

    def _arrived(self) -> Iterable[str]:
        try:
            data = os.read(self._input, 1024)
        except OSError:  # the terminal is gone
            data = b""
        return list(self._decoder.keys(data)) if data else ["closed"]

    def _take(self) -> None:
        import termios
        import tty

        tty.setcbreak(self._input, termios.TCSANOW)

    def _give_back(self) -> None:
        import termios

        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(self._input, termios.TCSANOW, self._before)

    def _listen(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread can
        for number in (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT):
            self._handlers[number] = signal.signal(number, self._heard)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            self._handlers[number] = signal.signal(number, _end)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._ring, bytes([number]))


def _signals() -> dict[int, str]:
    """Return what signals are called among keys."""
    return {signal.SIGWINCH: "resize", signal.SIGTSTP: "suspend", signal.SIGCONT: "resume"}


def _end(number: int, frame: FrameType | None) -> None:
    """End as the signal would, but by way of everything that tidies up."""
    raise SystemExit(128 + number)


class WindowsKeys:
    """The keys of a Windows console; a new size is noticed while waiting."""

    def __enter__(self) -> WindowsKeys:
        self._size = shutil.get_terminal_size()
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def read(self) -> str:
        """Wait for a key; return its name."""
        import msvcrt

        console: Any = msvcrt  # typed on Windows only
        while not console.kbhit():
            time.sleep(POLL)
            size = shutil.get_terminal_size()
            if size != self._size:
                self._size = size
                return "resize"
        return windows_key(console.getwch, console.kbhit)

    def suspend(self) -> None:
        """Do nothing: there is no such thing."""

    def resume(self) -> None:
        """Do nothing."""


def windows_key(character: Callable[[], str], more: Callable[[], bool]) -> str:
    """Return the name of a key, whose one or two characters are given as by getwch and kbhit.

    >>> windows_key(iter("\\xe0H").__next__, lambda: True)
    'up'
    """
    first = character()
    if first in ("\x00", "\xe0") and more():  # alone, \xe0 is the letter à
        return _SCANCODES.get(character(), "unknown")
    if first == "\x1b":
        return "esc"
    return _CONTROLS.get(first, first if first.isprintable() else "unknown")


def terminal_keys() -> PosixKeys | WindowsKeys:
    """Return the keys of the terminal that the program runs in."""
    return WindowsKeys() if sys.platform == "win32" else PosixKeys()
