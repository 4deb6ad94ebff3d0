"""Code that loops, exits or takes all memory costs its own check only."""

import io
import pickle
import queue
import struct
import sys

import numpy as np
import pytest

from minnet import ahead
from minnet.conventions import check
from minnet.conventions.gathering import Heading
from minnet.conventions.isolated import process
from minnet.conventions.isolated.messages import receive, send
from minnet.report.results import CaseResult, Elements

GOOD = "def square_forward(x): return x * x, x\ndef square_backward(dout, x): return dout * 2 * x\n"


def outcome(tmp_path, body, monkeypatch, limit="6"):
    """Check a file whose `exp_forward` has this body and which ends with a good pair."""
    monkeypatch.setenv("MINNET_TIME_LIMIT", limit)
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"import os, sys, numpy as np\ndef exp_forward(x):\n{lines}"
    source += "def exp_backward(dout, cache): return dout\n" + GOOD
    path = tmp_path / "layers.py"
    path.write_text(source, encoding="utf-8")
    report = check(path)
    found = {c.name: c for c in report.checks}
    assert found["square"].verdict == "pass", "the others are still checked"
    return found["exp"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("while True: pass", "stopped after 6 seconds"),
        ("os._exit(5)", "exit status 5"),
        ("sys.exit(0)", "SystemExit"),
        ("return exp_forward(x)", "RecursionError"),
        ("os.kill(os.getpid(), 9)", "signal 9"),
        ("import threading; threading.Event().wait()", "stopped after 6 seconds"),
        ("return input(), x", "EOFError"),
    ],
)
def test_each_way_of_not_returning_is_one_clear_line(tmp_path, monkeypatch, body, said):
    if "kill" in body and sys.platform == "win32":
        pytest.skip("Windows has no signal 9")
    found = outcome(tmp_path, body, monkeypatch)
    assert found.verdict == "error"
    finding = found.cases[-1].findings[0]
    assert finding.code == "crash"
    assert said in finding.message
    assert "\n" not in finding.message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("os.abort()", "compiled code failed"),
        ("import signal; signal.alarm(1); signal.pause()", "signal.alarm"),
        ("os.kill(os.getpid(), 15)", "os.kill"),
        ("os._exit(0)", "os._exit"),
    ],
)
def test_only_a_call_of_exit_is_told_to_be_removed(tmp_path, monkeypatch, body, hint):
    finding = outcome(tmp_path, body, monkeypatch, "30").cases[-1].findings[0]
    assert hint in finding.hint
    assert ("exit" in finding.hint) is ("exit" in body)


def test_memory_without_end_is_stopped(tmp_path, monkeypatch):
    found = outcome(tmp_path, "return np.ones((10**6, 10**6)), x", monkeypatch, "30")
    assert "MemoryError" in found.cases[0].findings[0].message


@pytest.mark.parametrize(
    "body",
    [
        "print('x' * 10**7); return x, None",
        "sys.stdout.close(); return x, None",
        "os.closerange(1, 3); return x, None",
        "sys.stdout = None; return x, None",
        "os.chdir('/'); return x, None",
    ],
)
def test_printing_and_closing_disturbs_nothing(tmp_path, monkeypatch, body):
    assert outcome(tmp_path, body, monkeypatch, "30").verdict == "pass"


def test_an_import_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("MINNET_TIME_LIMIT", "8")
    path = tmp_path / "layers.py"
    path.write_text(f"{GOOD}while True: pass\n", encoding="utf-8")
    assert check(path).verdict == "pass"  # what comes after a statement that is broken off
    path.write_text("while True: pass\n", encoding="utf-8")
    (target,) = check(path).targets
    assert "while True: pass: it was stopped, since it takes too long" in target.error
    path.write_text("import time\ntime.sleep(1e6)\n", encoding="utf-8")  # not to be broken off
    (target,) = check(path).targets
    assert "not imported within 8 seconds" in target.error


def test_what_was_found_before_a_stop_is_kept(tmp_path, monkeypatch):
    body = "if x.ndim == 4:\n    os._exit(1)\nreturn x, None"
    found = outcome(tmp_path, body, monkeypatch, "30")
    assert [case.verdict for case in found.cases] == ["pass", "pass", "error"]


OTHERS = {
    "right.py": GOOD,
    "patches.py": f"import os, numpy as np\nos.left, np.multiply = 1, None\n{GOOD}",
    "exits.py": f"import os\ndef e_forward(x): os._exit(0)\ndef e_backward(d, c): return d\n{GOOD}",
    "ends.py": f"import os\nos.kill(os.getpid(), 9)\n{GOOD}",
    "last.py": f"import os\nassert not hasattr(os, 'left')\n{GOOD}",
}


@pytest.mark.parametrize("many", [ahead.SERVES_MANY, False])
def test_what_a_file_does_stays_with_it(tmp_path, monkeypatch, many):
    started = []

    class Counted(ahead.Worker):
        def __init__(self):
            super().__init__()
            started.append(self)

    monkeypatch.setattr(ahead, "SERVES_MANY", many)
    monkeypatch.setattr(ahead, "Worker", Counted)
    monkeypatch.chdir(tmp_path)
    for name, source in OTHERS.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    right, patches, exits, ends, last = check(*OTHERS).targets
    assert [t.verdict for t in (right, patches, last)] == ["pass"] * 3
    assert [c.verdict for c in exits.checks] == ["error", "pass"]
    assert "exit status 0" in exits.checks[0].cases[0].findings[0].message
    assert "signal 9" in ends.error or "KILL" in ends.error or sys.platform == "win32"
    assert len(started) == (3 if many else 6)  # once more for what each of two has ended
    assert all(process.poll() is not None for process in started)


def test_elements_are_arrays_again_when_they_are_looked_at():
    stream, bars = io.BytesIO(), np.array([1e-9, np.inf])
    index, wrong = np.array([[0, 1], [2, 0]]), np.array([False, True])
    sent = Elements(index, bars * 2, bars, bars, wrong, wrong)
    send(stream, (sent, Elements.empty(3)))
    stream.seek(0)
    found, none = receive(stream)
    assert "numpy" not in stream.getvalue().decode("latin-1")
    assert repr(found) == repr(sent) and found.index.dtype == index.dtype
    assert found.wrong.flags.writeable and none.index.shape == (0, 3)
    with pytest.raises(AttributeError, match="no indices"):
        _ = found.indices


def test_a_message_cannot_make_anything_but_results():
    stream = io.BytesIO()
    send(stream, ("begin", 1))
    stream.seek(0)
    assert receive(stream) == ("begin", 1)
    evil = pickle.dumps((print, "owned"))
    with pytest.raises(pickle.UnpicklingError):
        receive(io.BytesIO(struct.pack("<I", len(evil)) + evil))


@pytest.mark.parametrize("name", ["np.f2py.os.popen", "Finding.__init__", "np", "fields"])
def test_a_message_cannot_reach_through_the_module_of_results(name):
    names = b"".join(
        b"\x8c" + bytes([len(text)]) + text.encode() for text in ("minnet.report.results", name)
    )
    evil = b"\x80\x04" + names + b"\x93."
    with pytest.raises(pickle.UnpicklingError, match="has no place"):
        receive(io.BytesIO(struct.pack("<I", len(evil)) + evil))


class SlowWorker:
    """Sends what it is given, each message after its seconds by a clock of its own."""

    def __init__(self, clock, messages):
        self.clock, self.left, self.messages = clock, list(messages), self

    def get(self, timeout):
        seconds, message = self.left[0]
        self.clock[0] += min(seconds, timeout)
        if seconds > timeout:
            self.left[0] = (seconds - timeout, message)
            raise queue.Empty
        return self.left.pop(0)[1]


@pytest.mark.parametrize(("seconds", "stopped"), [(40, False), (61, True)])
def test_the_limit_is_one_case_s_not_that_of_all(monkeypatch, seconds, stopped):
    clock = [0.0]
    monkeypatch.setattr(process.time, "monotonic", lambda: clock[0])
    monkeypatch.delenv("MINNET_TIME_LIMIT", raising=False)
    heading, case = Heading("conv", "cs231n"), CaseResult("x (2,3)", "pass")
    cases = [(seconds, ("result", 0, heading, case))] * 5
    worker = SlowWorker(clock, [(1, ("begin", 0, heading)), *cases, (0, ("done",)), (1, None)])
    part = process.Part("layers.py")
    telling = process._Telling(part, "full", process.Watch())
    broken_off = process._follow(worker, part, process.Stop(), telling)
    assert (broken_off is not None) == stopped
    done = [case for check in part.gathering.result().checks for case in check.cases]
    assert len(done) == (0 if stopped else 5)
