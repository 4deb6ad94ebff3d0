"""Bytes and scan codes become keys; the terminal is given back as it was."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from minnet.steps.terminal.keys import Decoder, Given, windows_key

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")


@pytest.mark.parametrize(
    "data, keys",
    [
        (b"nq?/[]+-", list("nq?/[]+-")),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]),
        (b"\x1bOA\x1bOH\x1bOF", ["up", "home", "end"]),  # a keypad in application mode
        (b"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", ["home", "end"] * 3),
        (b"\x1b[5~\x1b[6~\x1b[Z", ["pgup", "pgdn", "backtab"]),
        (b"\x1b[1;5C", ["right"]),  # with Ctrl
        (b"\r\n\t\x7f\x08", ["enter", "enter", "tab", "backspace", "backspace"]),
        (b"\x1b[15~\x1b[3~\x00\x01", ["unknown"] * 4),  # F5, Delete, Ctrl-Space, Ctrl-A
        (b"\x1bx", ["unknown"]),  # Alt-x
        ("é∂".encode(), ["é", "∂"]),
        (b"\xff", ["\ufffd"]),
        (b"\x1b\x1b[A", ["esc", "up"]),
    ],
)
def test_bytes_become_keys(data, keys):
    decoder = Decoder()
    assert list(decoder.keys(data)) == keys and not decoder.waits


def test_a_key_may_arrive_in_pieces():
    decoder = Decoder()
    found = [key for byte in "\x1b[A∂\x1b[5~".encode() for key in decoder.keys(bytes([byte]))]
    assert found == ["up", "∂", "pgup"]


def test_escape_alone_is_known_by_what_does_not_follow():
    decoder = Decoder()
    assert list(decoder.keys(b"\x1b")) == [] and decoder.waits
    assert list(decoder.rest()) == ["esc"] and not decoder.waits
    assert list(decoder.rest()) == []
    assert [*decoder.keys(b"\x1b["), *decoder.rest()] == ["unknown"]


@pytest.mark.parametrize(
    "characters, key",
    [
        ("\xe0H", "up"),
        ("\x00P", "down"),
        ("\xe0Q", "pgdn"),
        ("\x00\x0f", "backtab"),
        ("\xe0S", "unknown"),
        ("\r", "enter"),
        ("\x08", "backspace"),
        ("\x1b", "esc"),
        ("\x03", "interrupt"),
        ("q", "q"),
        ("\x01", "unknown"),
    ],
)
def test_a_windows_console_s_characters_become_keys(characters, key):
    waiting = list(characters)
    assert windows_key(lambda: waiting.pop(0), lambda: bool(waiting)) == key
    assert not waiting


def test_an_a_with_a_grave_accent_is_no_arrow():
    assert windows_key(lambda: "\xe0", lambda: False) == "\xe0"


def test_keys_that_are_given_end():
    keys = Given(["a", "up"])
    assert [keys.read() for _ in range(3)] == ["a", "up", "closed"]


@posix
class TestPosix:
    @pytest.fixture
    def terminal(self):
        master, slave = os.openpty()
        yield master, slave
        for descriptor in (master, slave):
            os.close(descriptor)

    def test_keys_come_singly_and_unseen_and_the_terminal_is_given_back(self, terminal):
        import termios

        from minnet.steps.terminal.keys import PosixKeys

        master, slave = terminal
        before, handler = termios.tcgetattr(slave), signal.getsignal(signal.SIGTERM)
        with PosixKeys(slave) as keys:
            during = termios.tcgetattr(slave)[3]
            assert not during & (termios.ECHO | termios.ICANON) and during & termios.ISIG
            os.write(master, b"a\x1b[A\x1b")
            assert [keys.read() for _ in range(3)] == ["a", "up", "esc"]
        assert termios.tcgetattr(slave) == before
        assert signal.getsignal(signal.SIGTERM) is handler

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
    def test_it_is_given_back_whatever_happens(self, terminal, error):
        import termios

        from minnet.steps.terminal.keys import PosixKeys

        before = termios.tcgetattr(terminal[1])
        with pytest.raises(error), PosixKeys(terminal[1]):
            raise error
        assert termios.tcgetattr(terminal[1]) == before

    def test_a_signal_wakes_the_wait_for_a_key(self, terminal):
        from minnet.steps.terminal.keys import PosixKeys

        with PosixKeys(terminal[1]) as keys:
            for number, name in [(signal.SIGWINCH, "resize"), (signal.SIGCONT, "resume")]:
                os.kill(os.getpid(), number)
                assert keys.read() == name
            with pytest.raises(SystemExit) as stop:
                os.kill(os.getpid(), signal.SIGTERM)
                keys.read()
            assert stop.value.code == 128 + signal.SIGTERM
