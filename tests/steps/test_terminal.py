"""A walk in a pseudo-terminal: every key, and every way to end."""

from __future__ import annotations

import re
import signal
import sys

import pytest
from walks import after, broken_file, walk

from minnet.steps.terminal.keys import Given
from minnet.steps.terminal.session import follow, saved

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)
from pseudo_terminal import Program

DENSE = ("-m", "minnet", "step", "dense")
#: starts a program as a shell does, and goes on with it after Ctrl-Z
SHELL = """
import os, signal, subprocess, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, *sys.argv[1:]], process_group=0)
os.tcsetpgrp(0, child.pid)
_, status = os.waitpid(child.pid, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
echo = bool(termios.tcgetattr(0)[3] & termios.ECHO)
print("stopped", os.WIFSTOPPED(status), "echo", echo, flush=True)
input()
os.tcsetpgrp(0, child.pid)
os.killpg(child.pid, signal.SIGCONT)
sys.exit(child.wait())
"""


def test_every_key_and_a_wrong_one():
    with Program(*DENSE) as program:
        program.wait_for("start")
        assert program.picture.lines[0].endswith("start")
        assert program.picture.alternate and not program.picture.cursor_shown
        for keys, seen in [
            ("\x1b[C", "step 1 of 8"),
            ("n", "step 2 of 8"),
            ("\x1b[D", "step 1 of 8"),
            ("p", "start"),
            ("\x1b[6~", "step 1 of 8"),
            ("\x1b[5~", "start"),
            ("\x1b[F", "end"),
            ("\x1b[H", "start"),
            ("\r", "arrows choose"),
            ("\x1b[C", "x[0,1] = "),
            ("\x1b[B", "x[1,1] = "),
            ("\x1b[D", "x[1,0] = "),
            ("\x1b[A", "x[0,0] = "),
            ("b", "dx[0,0] = "),
            ("\r", "> dout[0,0]·W[0,0] = "),
            ("\x1b[B", "> dout[0,1]·W[0,1] = "),
            ("\x1b[C", "[W[0,1]]"),
            ("\r", "W[0,1] = "),
            ("\x7f", "> dout[0,1]·W[0,1] = "),
            ("f", "x[0,0] = "),
            ("\x1b", "arrows choose"),
            ("\t", "[W (3,4)]"),
            ("\x1b[Z", "[x (2,3)]"),
            ("]", "one slice"),
            ("[", "one slice"),
            ("d", "measured: d goes on"),
            ("+", "4 decimals"),
            ("-", "3 decimals"),
            ("w", "every gradient is right"),
            ("gdW[2,1]\r", "dW[2,1] = "),
            ("/out@1\r", "[out@1 (2,4)]"),
            ("x", "'x' does nothing here; ? lists the keys"),
            ("\x1b[15~", "that key does nothing here"),
            ("?", "Steps: one for each time"),
            ("x", "[out@1 (2,4)]"),
        ]:
            program.send(keys)
            program.wait_for(seen)
        program.send("q")
        assert program.wait() == 0
        assert program.picture.unknown == []  # nothing ran over an edge
        assert program.attributes == program.before and program.complaints == ""
        assert not program.picture.alternate and program.picture.cursor_shown


def test_a_frame_is_drawn_without_clearing_first():
    with Program(*DENSE) as program:
        program.wait_for("start")
        before = len(program.written)
        program.send("n")
        program.wait_for("step 1 of 8")
        frame = program.written[before:]
        assert frame.startswith("\x1b[H") and "\x1b[2J" not in frame


def test_a_new_size_is_drawn_anew():
    with Program(*DENSE, size=(100, 30)) as program:
        program.wait_for("start")
        for size in [(40, 12), (80, 24), (12, 5), (100, 30)]:
            program.resize(*size)
            program.wait_for("Dense")
            assert program.picture.lines[-1].strip() and program.picture.unknown == []
        program.send("q")
        assert program.wait() == 0


@pytest.mark.parametrize(
    "number, status", [(signal.SIGTERM, 143), (signal.SIGQUIT, 131), (signal.SIGINT, 130)]
)
def test_a_signal_ends_it_with_the_terminal_as_it_was(number, status):
    with Program(*DENSE) as program:
        program.wait_for("start")
        program.process.send_signal(number)
        assert program.wait() == status
        assert program.attributes == program.before
        assert not program.picture.alternate and program.picture.cursor_shown
        assert "Traceback" not in program.complaints


def test_ctrl_c_ends_it_with_the_terminal_as_it_was():
    with Program(*DENSE) as program:
        program.wait_for("start")
        program.send("\x03")
        assert program.wait() == 130
        assert program.attributes == program.before and not program.picture.alternate
        assert program.complaints == "minnet: interrupted\n"


def test_a_closed_terminal_ends_it_quietly():
    with Program(*DENSE) as program:
        program.wait_for("start")
        program.hang_up()
        assert program.wait() in (0, 128 + signal.SIGHUP)
        assert "Traceback" not in program.complaints and "ignored" not in program.complaints


def test_ctrl_z_gives_the_terminal_to_the_shell_and_takes_it_again():
    with Program("-c", SHELL, *DENSE) as program:
        program.wait_for("start")
        program.send("n")
        program.wait_for("step 1 of 8")
        program.send("\x1a")
        program.wait_for("stopped True echo True")
        assert not program.picture.alternate and program.picture.cursor_shown
        program.send("\r")
        program.wait_for("step 1 of 8")
        assert program.picture.alternate
        program.send("q")
        assert program.wait() == 0
        assert program.attributes == program.before


def test_colour_is_left_out_where_it_is_not_wanted():
    with Program(*DENSE, NO_COLOR="1") as program:
        program.wait_for("start")
        assert not re.search(r"\x1b\[[\d;]+m", program.written)


def test_without_unicode_the_screen_is_ascii():
    with Program(*DENSE, PYTHONIOENCODING="ascii") as program:
        program.wait_for("start")
        program.send("gdx[1,0]\r")
        assert program.wait_for("dout[1,0]*W[0,0]").isascii()


def test_a_terminal_that_understands_no_escapes_gets_the_transcript():
    with Program(*DENSE, TERM="dumb") as program:
        assert program.wait() == 0
        assert "\x1b" not in program.written and "FORWARD" in program.written


def test_a_walk_begins_at_the_number_that_was_asked_for():
    with Program(*DENSE, "--at", "dW[2,1]") as program:
        assert "the sum of 2 terms" in program.wait_for("dW[2,1] = ")


def test_a_student_s_file_is_walked_to_its_first_wrong_line():
    with Program("-m", "minnet", "step", f"{broken_file()}:affine") as program:
        program.wait_for("WRONG: db is 0.25 times what it should be")
        program.send("w")
        screen = program.wait_for("← first wrong line")
        assert "db = dout.mean(axis=0)  ← first wrong line" in screen
        assert program.picture.unknown == []


class Shown:
    """A screen that is only counted."""

    def __init__(self) -> None:
        self.drawn = []

    def draw(self, walk, state):
        self.drawn.append(state)

    enter = leave = lambda self: None


def test_it_ends_where_nothing_more_can_be_read():
    shown = Shown()
    state = follow(walk("dense"), after("dense"), Given(["n", "resize", "n"]), shown)
    assert state.station == 2 and not state.ended
    assert [s.station for s in shown.drawn] == [0, 1, 1, 2]


def test_an_interrupt_of_a_windows_console_is_one():
    with pytest.raises(KeyboardInterrupt):
        follow(walk("dense"), after("dense"), Given(["n", "interrupt"]), Shown())


def test_s_writes_a_page_beside_what_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state = after("dense", "s")
    assert state.save
    assert saved(walk("dense"), state) == "written: dense-steps.html"
    assert saved(walk("dense"), state) == "written: dense-steps-2.html"
    for name in ("dense-steps.html", "dense-steps-2.html"):
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_page_that_cannot_be_written_is_one_line(monkeypatch):
    page = type(sys)("minnet.steps.page")

    def fail(walk, place):
        raise PermissionError(13, "Permission denied")

    page.page = fail
    monkeypatch.setitem(sys.modules, "minnet.steps.page", page)
    said = follow(walk("dense"), after("dense"), Given(["s"]), Shown()).message
    assert said == "the page cannot be written: Permission denied"
