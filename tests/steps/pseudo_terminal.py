"""A program in a pseudo-terminal, and what its screen shows."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

#: a sequence that moves, clears, colours or switches; or a control character; or text
_PIECE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|([\r\n\x07\x08])|([^\x1b\r\n\x07\x08]+)")
#: the beginning of such a sequence
_BEGUN = re.compile(r"\x1b(\[\??[\d;]*)?")
#: seconds until something that does not come is given up
PATIENCE = 60


class Picture:
    """What a terminal shows after some text; only what `explore` writes is understood."""

    def __init__(self, width: int, height: int) -> None:
        self.alternate, self.cursor_shown, self.unknown = False, True, []
        self.begun = ""
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows = [[" "] * width for _ in range(height)]
        self.row = self.column = 0
        self._other = [[" "] * width for _ in range(height)], 0, 0  # of the other screen

    @property
    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.rows]

    def write(self, text: str) -> None:
        text, at, self.begun = self.begun + text, 0, ""
        while at < len(text):
            if _BEGUN.fullmatch(text, at):  # the rest comes with the next piece
                self.begun = text[at:]
                return
            match = _PIECE.match(text, at)
            if match is None:
                self.unknown.append(text[at : at + 8])
                at += 1
                continue
            at = match.end()
            if match[5]:
                self._characters(match[5])
            elif match[4]:
                self._control(match[4])
            else:
                self._sequence(match[1], match[2], match[3])

    def _characters(self, text: str) -> None:
        for character in text:
            if self.column >= self.width:  # a frame must never run over the edge
                self.unknown.append(f"beyond the edge: {character}")
                return
            self.rows[self.row][self.column] = character
            self.column += 1

    def _control(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            if self.row >= self.height:
                self.row = self.height - 1
                self.rows = [*self.rows[1:], [" "] * self.width]

    def _sequence(self, private: str, numbers: str, letter: str) -> None:
        if private:
            shown = letter == "h"
            if numbers == "1049" and shown != self.alternate:
                self.alternate = shown
                self._other, mine = (self.rows, self.row, self.column), self._other
                self.rows, self.row, self.column = mine
            elif numbers == "25":
                self.cursor_shown = shown
        elif letter == "H":
            self.row = self.column = 0
        elif letter == "K":
            first = min(self.column, self.width - 1)  # behind a full line, its last character
            self.rows[self.row][first:] = [" "] * (self.width - first)
        elif letter == "J":
            self._clear(numbers == "2")
        elif letter != "m":
            self.unknown.append(f"{private}{numbers}{letter}")

    def _clear(self, everything: bool) -> None:
        if not everything:
            self._sequence("", "", "K")
        first = 0 if everything else self.row + 1
        for row in range(first, self.height):
            self.rows[row] = [" "] * self.width


class Program:
    """A command in a pseudo-terminal."""

    def __init__(self, *command: str, size: tuple[int, int] = (80, 24), **environment: str):
        self.picture = Picture(*size)
        self.master, self.slave = os.openpty()
        self._set_size(*size)
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        self.before = termios.tcgetattr(self.slave)
        self._text = codecs.getincrementaldecoder("utf-8")()
        self.written = ""
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        given = {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "NO_COLOR": ""}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.errors,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=inherited | given | environment,
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.errors.close()
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        os.close(self.slave)
        os.close(self.master)
        self.slave = self.master = -1

    @property
    def complaints(self) -> str:
        """What has been written to the standard error."""
        self.errors.seek(0)
        return self.errors.read().decode()

    def _set_size(self, width: int, height: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width: int, height: int) -> None:
        """Change the size, as dragging the corner of a window does: the kernel sends SIGWINCH."""
        while self.read(0.3):  # what is drawn for the old size
            pass
        self.picture.resize(width, height)
        self._set_size(width, height)

    def send(self, keys: str | bytes) -> None:
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def read(self, seconds: float = 0.1) -> bool:
        """Take in what has been written; whether anything was."""
        if self.master < 0:
            time.sleep(seconds)
            return False
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        text = self._text.decode(os.read(self.master, 65536))
        self.written += text
        self.picture.write(text)
        return True

    @property
    def screen(self) -> str:
        return "\n".join(self.picture.lines)

    def wait_for(self, text: str) -> str:
        """Read until the screen shows a text; return the screen."""
        end = time.monotonic() + PATIENCE
        while not (text in self.screen and not self.read(0.05)):
            if time.monotonic() > end:
                raise AssertionError(f"never seen: {text!r}\n{self.screen}")
            self.read()
        return self.screen

    def wait(self) -> int:
        """Read until the program has ended; return its status."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise AssertionError(f"it does not end\n{self.screen}")
            self.read()
        while self.read():
            pass
        return self.process.returncode

    @property
    def attributes(self) -> list[object]:
        """How the terminal is set: its modes, its special characters."""
        return termios.tcgetattr(self.slave)
