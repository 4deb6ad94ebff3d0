"""The process of a submission: what crosses, what it may do, and that its level is measured."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from puppets import AFFINE, assignment_in

import minnet
from minnet.assignments.isolation import landlock, protocol, seccomp
from minnet.assignments.isolation.lockdown import WALLS, Tried
from minnet.assignments.isolation.pipes import Ended
from minnet.assignments.isolation.puppet import Puppet, Raised, Setting, modules_named
from minnet.assignments.isolation.session import Session

LINUX = sys.platform.startswith("linux")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

# --- what crosses -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i8", "u1", "?", "c16", ">f8", ">i4"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_an_array_crosses_bit_for_bit(kind, shape):
    sent = (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2).astype(kind)
    got = protocol.split(protocol.pack(sent))
    assert type(got) is np.ndarray and got.shape == shape
    assert got.dtype == sent.dtype.newbyteorder("<")
    np.testing.assert_array_equal(got, sent)


def test_numbers_texts_and_what_holds_them_cross():
    sent = {"a": (1, -2.5, None, True, "x"), "b": [float("inf"), {"c": ()}], 3: "three"}
    assert protocol.split(protocol.pack(sent)) == sent
    assert np.isnan(protocol.split(protocol.pack(float("nan"))))


def test_strided_and_shared_arrays_cross_as_plain_ones():
    x = np.arange(24.0).reshape(4, 6)
    for sent in (x.T, x[::2, ::-3], np.broadcast_to(x[0], (3, 6)), np.asfortranarray(x)):
        got = protocol.split(protocol.pack(sent))
        np.testing.assert_array_equal(got, sent)
        assert got.flags.writeable and got.flags.c_contiguous and got.base is None


class Sub(np.ndarray):
    shape = property(lambda self: (9, 9))

    def __array_function__(self, *args, **kwargs):
        return True


def test_a_subclass_arrives_as_a_plain_array():
    got = protocol.split(protocol.pack(np.arange(3.0).view(Sub)))
    assert type(got) is np.ndarray and got.tolist() == [0, 1, 2]


@pytest.mark.parametrize("thing", [object(), lambda: 0, np.array([object()]), np.array(["a"]), {1},
                                   b"bytes", 10**30, np.datetime64("2026-01-01"), 1j])  # fmt: skip
def test_an_object_is_refused_by_name(thing):
    assert isinstance(protocol.split(protocol.pack(thing)), protocol.Refused)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=64))
def test_no_bytes_upset_the_reader(header, body):
    with contextlib.suppress(protocol.ProtocolError):
        protocol.unpack(header, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["a", "t", "l", "d", "f", "i", "kept", "refused", "<f8", "|O"]),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(JSON, st.binary(max_size=64))
def test_no_tree_upsets_the_reader(tree, body):
    with contextlib.suppress(protocol.ProtocolError):
        protocol.unpack(json.dumps(tree).encode(), body)


@pytest.mark.parametrize("tree", [
    ["a", "<f8", [1 << 40]], ["a", "<f8", [1 << 20, 1 << 20]], ["a", "|O", [1]], ["a", "<f8", [-1]],
    ["a", "<f8", [1] * 40], ["a", "<f8", [True]], ["a", "<f8", "x"], ["i", 1 << 70], ["kept", -1],
    ["t", [["t", [["t", []]]]] * 5000], ["d", [[["l", []], 1]]], ["what", 1],
])  # fmt: skip
def test_what_is_too_large_or_of_no_kind_is_refused_before_it_is_made(tree):
    with pytest.raises(protocol.ProtocolError):
        protocol.unpack(json.dumps(tree).encode(), b"")


@pytest.mark.parametrize("header, body", [(1 << 31, 0), (10, 1 << 62), (1 << 21, 0)])
def test_lengths_are_bounded(header, body):
    with pytest.raises(protocol.ProtocolError):
        protocol.sizes(struct.pack("<IQ", header, body))


# --- the process ------------------------------------------------------------------------------

SOURCE = b"""
import numpy as np
count = 0
class Held:
    def __init__(self, x): self.x = x
    def twice(self): return 2 * self.x
def forward(x): return x + 1, (x, lambda: 0)
def backward(dout, cache): return dout * cache[0]
def draw(): return np.random.rand(3)
def no(): raise KeyError("no")
def change(x): x[0] = 9; return x
def printing():
    print("a" * 1000); return 1
"""


def call(name, *args, keep="none", number=0, owner=None, times=1):
    return ("call", owner, name, args, {}, 5, keep, number, times)


@pytest.fixture(scope="module")
def puppet():
    with Puppet(Setting()) as found:
        found.load("layers.py", SOURCE, 10)
        yield found


def test_calls_return_arrays_and_what_is_kept_stays(puppet):
    x = np.arange(3.0)
    (first,) = puppet.do([call("forward", x, keep="last", number=7)], [], 10)
    out, kept = first.value
    assert out.tolist() == [1, 2, 3] and isinstance(kept, protocol.Kept) and kept.number == 7
    (second,) = puppet.do([call("backward", x, kept)], [], 10)
    assert second.value.tolist() == [0, 1, 4]
    with pytest.raises(Raised):
        puppet.do([call("backward", x, kept)], [7], 10)


def test_many_calls_are_one_round_trip(puppet):
    x = np.arange(3.0)
    answers = puppet.do([call("forward", x + k, keep="last", number=k) for k in range(50)], [], 10)
    assert [a.value[0][0] for a in answers] == [k + 1 for k in range(50)]
    assert puppet.do([call("backward", x, protocol.Kept(49))], [], 10)[0].value[2] == 102


def test_objects_are_made_called_read_and_written(puppet):
    operations = [
        call("Held", np.ones(2), keep="all", number=3),
        ("set", protocol.Kept(3), "x", np.full(2, 5.0)),
        call("twice", owner=protocol.Kept(3)),
        ("get", protocol.Kept(3), "missing", "x"),
    ]
    *_, twice, x = puppet.do(operations, [], 10)
    assert twice.value.tolist() == [10, 10] and x.value.tolist() == [5, 5]


def test_random_numbers_are_frozen_and_their_use_is_told(puppet):
    first, again = (puppet.do([call("draw")], [], 10)[0] for _ in range(2))
    assert first.random and first.value.tolist() == again.value.tolist()
    assert not puppet.do([call("forward", np.ones(2))], [], 10)[0].random


def test_an_exception_is_told_by_name_text_and_line(puppet):
    with pytest.raises(Raised) as error:
        puppet.do([call("no")], [], 10)
    assert (error.value.kind, str(error.value), error.value.line) == ("KeyError", "'no'", 10)


def test_what_is_changed_there_is_not_changed_here(puppet):
    x = np.zeros(2)
    assert puppet.do([call("change", x)], [], 10)[0].value[0] == 9
    assert x[0] == 0


def test_what_is_printed_goes_nowhere(puppet, capfd):
    assert puppet.do([call("printing")], [], 10)[0].value == 1
    assert capfd.readouterr() == ("", "")


def test_a_call_is_stopped_by_the_clock_and_the_next_is_answered():
    source = SOURCE + b"def hang():\n    while True: pass\n"
    with Session(Setting(seconds=20), "layers.py", source, patience=0.5) as session:
        session.renew()
        start = time.monotonic()
        with pytest.raises(Ended, match="too long"):
            session.do([call("hang")])
        assert time.monotonic() - start < 3
        with pytest.raises(Ended):  # nobody waits for it a second time
            session.do([call("forward", np.ones(2))])
        session.renew()
        assert session.do([call("forward", np.ones(2), keep="last", number=1)])


def test_a_session_ends_when_its_time_is_used_up():
    source = SOURCE + b"import time\ndef slow(): time.sleep(0.4)\n"
    with Session(Setting(seconds=1.5), "layers.py", source, patience=1.0) as session:
        session.renew()
        with pytest.raises(Ended, match="time left|too long"):
            for _ in range(9):
                session.do([call("slow")])


def test_nothing_is_left_running():
    with Puppet(Setting()) as puppet:
        process = puppet._process
    assert process.poll() is not None
    if LINUX:
        assert not Path(f"/proc/{process.pid}").exists()


def test_the_process_holds_nothing_of_minnet_and_of_the_environment(monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    source = b"""
import os, sys
def modules(): return [n for n in sys.modules if n.startswith("minnet")]
def environment(): return sorted(os.environ)
def where(): return os.getcwd()
"""
    with Puppet(Setting()) as puppet:
        puppet.load("layers.py", source, 10)
        modules, environment, where = puppet.do(
            [call("modules"), call("environment"), call("where")], [], 10
        )
    assert modules.value == []
    assert not {"TOKEN", "HOME", "PATH", "PYTHONPATH"} & set(environment.value)
    assert where.value == Path(where.value).anchor


def test_memory_is_bounded():
    source = b"import numpy as np\ndef f(n): return np.ones(n).sum()\n"
    with Puppet(Setting(memory_mb=256)) as puppet:
        puppet.load("layers.py", source, 10)
        assert puppet.do([call("f", 1 << 20)], [], 10)[0].value == 1 << 20
        with pytest.raises((Raised, Ended)) as error:
            puppet.do([call("f", 1 << 27)], [], 20)
    assert getattr(error.value, "kind", "MemoryError").endswith("MemoryError")


def test_what_the_assignment_allows_can_be_imported_and_used():
    source = b"""
import numpy.fft, numpy.linalg, numpy.polynomial, math, collections, dataclasses, typing, decimal
def f(x): return numpy.linalg.norm(numpy.fft.fft(x).real)
"""
    with Puppet(Setting(), modules_named(source)) as puppet:
        puppet.load("layers.py", source, 10)
        assert puppet.do([call("f", np.ones(4))], [], 10)[0].value == 4


@pytest.mark.parametrize("name", ["scipy", "minnet", "matplotlib", "pip", "torch"])
def test_what_it_does_not_allow_cannot(name):
    with Puppet(Setting()) as puppet, pytest.raises(Raised, match="No module"):
        puppet.load("layers.py", f"import {name}\n".encode(), 10)


# --- the level --------------------------------------------------------------------------------

LEVELS = [
    (WALLS, "full"), (("landlock", "seccomp"), "full"), (("user", "seccomp"), "full"),
    (("seccomp",), "partial"), (("landlock",), "partial"), (("user",), "partial"), ((), "process"),
]  # fmt: skip


@pytest.mark.skipif(not LINUX or not landlock.version(), reason="there is no Landlock")
@pytest.mark.parametrize(
    "walls, level", LEVELS, ids=lambda v: v if isinstance(v, str) else "+".join(v)
)
def test_the_level_is_what_the_process_could_do(walls, level, tmp_path):
    if "user" in walls and not ROOT:
        pytest.skip("only root can become somebody else")
    (tmp_path / "solution.py").write_text("x = 1", encoding="utf-8")
    tmp_path.chmod(0o700)
    forbidden = (str(tmp_path / "solution.py"),)
    with Puppet(Setting(walls=walls, forbidden=forbidden)) as puppet:
        assert puppet.tried.level == level
        assert puppet.tried.user is ("user" in walls)
        assert puppet.tried.landlock is ("landlock" in walls)
        assert puppet.tried.seccomp is ("seccomp" in walls)


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_another_user_who_can_read_the_solution_is_not_full(tmp_path):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        solution = Path(folder) / "solution.py"
        solution.write_text("x = 1", encoding="utf-8")
        setting = Setting(walls=("user", "seccomp"), forbidden=(str(solution),))
        with Puppet(setting) as puppet:
            assert puppet.tried.reads and puppet.tried.level == "partial"


@pytest.mark.parametrize("escape", ["reads", "writes", "connects", "starts", "signals"])
def test_one_way_out_is_enough_for_the_level_to_fall(escape):
    walls = {"user": True, "landlock": True, "seccomp": True}
    no = dict.fromkeys(["reads", "writes", "connects", "starts", "signals"], False)
    assert Tried(**walls, **no).level == "full"
    assert Tried(**walls, **(no | {escape: True})).level == "partial"
    assert Tried(**(walls | {"seccomp": False}), **no).level == "partial"


def pythons():
    """Yield Pythons that another user can start, and where they find NumPy and minnet."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for folder in (Path(sys.executable).resolve().parent, Path("/usr/bin"), Path("/usr/local/bin")):
        yield folder / version


@pytest.mark.skipif(not ROOT, reason="we are nobody already")
def test_without_any_rights_the_level_is_full_by_landlock(tmp_path):
    paths = [str(Path(m.__file__).parents[1]) for m in (minnet, np)]
    program = (
        "from minnet.assignments.isolation.puppet import *\n"
        "with Puppet(Setting()) as p: print(p.tried.level, p.tried.user, p.tried.landlock)"
    )
    for python in pythons():
        done = subprocess.run(
            ["/usr/bin/env", f"PYTHONPATH={os.pathsep.join(paths)}", python, "-c", program],
            user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode == 0:
            assert done.stdout.split() == ["full", "False", "True"]
            return
    pytest.skip("no other user can start Python here")


# --- the walls --------------------------------------------------------------------------------


def run(program: list[bytes], number: int, arguments: list[int], architecture: int) -> int:
    """Return what a filter answers to a system call: an interpreter of its instructions."""
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(arguments + [0] * 6)[:6])
    word, at = 0, 0
    while True:
        code, if_so, if_not, value = struct.unpack("<HBBI", program[at])
        at += 1
        if code == 0x20:
            word = struct.unpack_from("<I", data, value)[0]
        elif code == 0x06:
            return value
        else:
            true = {0x15: word == value, 0x35: word >= value, 0x45: bool(word & value)}[code]
            at += if_so if true else if_not


ALLOW, KILL = 0x7FFF0000, 0x80000000


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_the_filter_denies_what_it_lists_and_lets_the_rest_through(machine):
    column, architecture = seccomp.MACHINES[machine]
    program = seccomp.program(column, architecture, own=42)
    assert len(program) < 4096

    def answer(number, *arguments):
        return run(program, number, list(arguments), architecture)

    for numbers in seccomp.DENIED.values():
        if numbers[column] is not None:
            assert answer(numbers[column]) != ALLOW
    write, read, mmap = {"x86_64": (1, 0, 9), "aarch64": (64, 63, 222)}[machine]
    assert answer(write) == answer(read) == answer(mmap) == ALLOW
    openat, clone, tgkill, prlimit = (
        pair[column] for pair in (seccomp.OPENAT, seccomp.CLONE, seccomp.TGKILL, seccomp.PRLIMIT)
    )
    assert answer(openat, 0, 0, os.O_RDONLY) == ALLOW
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_CREAT, os.O_RDONLY | os.O_TRUNC):
        assert answer(openat, 0, 0, flags) != ALLOW
    assert answer(clone, 0x3D0F00) == ALLOW and answer(clone, 17) != ALLOW  # a thread, a process
    assert answer(tgkill, 42) == ALLOW and answer(tgkill, 1) != ALLOW
    assert answer(prlimit, 0, 7, 0) == ALLOW and answer(prlimit, 0, 7, 0x7FFF1234) != ALLOW
    assert run(program, read, [], architecture + 1) == KILL
    if machine == "x86_64":
        assert answer(read | 0x40000000) != ALLOW  # the numbers of x32


def test_no_two_calls_have_a_number_and_all_are_there():
    for column in (0, 1):
        numbers = [pair[column] for pair in seccomp.DENIED.values() if pair[column] is not None]
        assert len(numbers) == len(set(numbers))


@pytest.mark.skipif(platform.machine() not in seccomp.MACHINES, reason="of these machines alone")
def test_other_packages_lie_outside_of_what_may_be_read():
    readable = [Path(path) for path in landlock.of_python()]
    for name in ("site-packages", "dist-packages"):
        assert not any(path.name == name for path in readable)
    package = Path(minnet.__file__).resolve()
    assert not any(package.is_relative_to(path) for path in readable)


def test_an_assignment_s_grade_says_the_level(tmp_path):
    from minnet.assignments.grading import grade, level_here

    assignment = assignment_in(tmp_path / "assignment")
    (tmp_path / "layers.py").write_text(AFFINE, encoding="utf-8")
    made = grade(assignment, tmp_path / "layers.py")
    assert made.isolation == level_here(assignment)
