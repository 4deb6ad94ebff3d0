"""Nothing that a submission does gives it a point that its functions do not earn, or does harm."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import hostile
import pytest
from puppets import assignment_in

import minnet
from minnet.assignments.grading import grade
from minnet.assignments.isolation import landlock
from minnet.assignments.writers import FORMATS

LINUX = sys.platform.startswith("linux")
NAIVE = Path(__file__).with_name("naive.py")
SECRET = "a-token-of-the-grader"
ALL = ("user", "landlock", "seccomp")
#: what runs against a naive grader may not take the machine down with it
TOO_WILD = {"a fork bomb"}
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
pytestmark = pytest.mark.skipif(
    not (LINUX and (landlock.version() or ROOT)), reason="full isolation is not to be had here"
)


@pytest.fixture(scope="module")
def listener():
    """A server that nobody should reach; what it hears."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                stream, _ = server.accept()
            except OSError:
                return
            heard.append(stream.recv(100))
            stream.close()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1], heard
    server.close()


class Scene:
    """A submission that attacks, and everything that it might touch."""

    def __init__(self, folder: Path, attack: hostile.Attack, port: int, grader: str) -> None:
        self.assignment = assignment_in(folder / "assignment", seconds=6)
        self.folder = self.assignment.folder
        self.mark = folder / "open" / "mark"
        self.mark.parent.mkdir()
        self.mark.parent.chmod(0o777)
        self.result = folder / "open" / "result.json"
        self.result.write_text('{"score": 0}', encoding="utf-8")
        self.result.chmod(0o666)
        self.file = folder / "handed in.py"
        source = attack.source
        for name, value in {
            "FOLDER": self.folder, "MARK": self.mark, "RESULT": self.result, "PORT": port,
            "GRADER": grader, "PACKAGE": Path(minnet.__file__).parents[1],
        }.items():  # fmt: skip
            source = source.replace(name, str(value))
        self.file.write_text(source, encoding="utf-8")
        self.before = self.now()

    def now(self) -> dict[str, object]:
        """Return all that must stay as it is."""
        places = (self.folder, self.mark.parent)
        files = [path for place in places for path in sorted(place.iterdir())]
        return {
            str(path): (path.is_file() and path.read_bytes(), path.lstat().st_mode)
            for path in files
        }


def scene(tmp_path, name, port=0, grader="0"):
    (attack,) = (a for a in hostile.ATTACKS if a.name == name)
    return attack, Scene(tmp_path, attack, port, grader)


NAMES = [attack.name for attack in hostile.ATTACKS]


def test_there_are_enough_techniques():
    assert len(set(NAMES)) == len(NAMES) >= 40


@pytest.mark.parametrize("name", [a.name for a in hostile.ATTACKS if a.aim != "puppet"])
def test_an_attack_succeeds_where_the_submission_runs_in_the_grader(name, tmp_path, listener):
    if name in TOO_WILD:
        pytest.skip("it would take the machine down")
    if "torch" in name:
        pytest.importorskip("torch")
    attack, there = scene(tmp_path, name, listener[0], "os.getpid()")
    listener[1].clear()
    there.result.unlink()
    score, said = naively(there)
    if attack.aim == "points":
        assert score == 4, said
    elif attack.aim == "breaks":
        assert score is None, said
    else:
        changed = there.now().keys() - there.before.keys()
        solution = str(there.folder / "layers.py")
        touched = there.now().get(solution) != there.before[solution]
        assert changed or touched or listener[1] or SECRET in said


def naively(there: Scene):
    """Return the score that a naive grader gives, or None, and what was printed."""
    wide = "torch" in there.file.read_text(encoding="utf-8")  # it takes memory, and its time
    command = [sys.executable, NAIVE, there.file, there.folder, there.result]
    environment = {**os.environ, "GRADER_TOKEN": SECRET, "PYTHONPATH": str(minnet.__path__[0][:-7])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        start_new_session=True, preexec_fn=None if wide else bounded,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=30 if wide else 4)
    except subprocess.TimeoutExpired:
        return None, "it never ended"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
    threading.Event().wait(0.5)  # what was left behind has its time
    try:
        return json.loads(there.result.read_text(encoding="utf-8"))["score"], said
    except (OSError, ValueError):
        return None, said


def bounded() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_gets_nothing_and_touches_nothing(name, tmp_path, listener, monkeypatch):
    monkeypatch.setenv("GRADER_TOKEN", SECRET)
    attack, there = scene(tmp_path, name, listener[0], str(os.getpid()))
    listener[1].clear()
    made = grade(there.assignment, there.file)
    assert made.score == 0, [item for item in made.items if item.score]
    assert made.max_score == 100 and len(made.items) == 12
    assert made.isolation == "full"
    assert made.seconds < 6 + 4
    threading.Event().wait(0.4 if attack.aim == "harms" else 0)
    assert there.now() == there.before
    assert not listener[1]
    for write in FORMATS.values():
        assert SECRET not in write(made)


@pytest.mark.parametrize("name", hostile.CONSISTENT)
def test_a_backward_that_fits_a_worthless_forward_is_worthless(name, tmp_path):
    assignment = assignment_in(tmp_path / "assignment")
    file = tmp_path / "layers.py"
    file.write_text(hostile.CONSISTENT[name], encoding="utf-8")
    made = grade(assignment, file)
    assert made.score == 0, [item for item in made.items if item.score]


REACHING = [
    "the solution read from its file", "the solution looked for on the disk", "a file written",
    "a file made without writing", "the solution removed, renamed, opened to all",
    "another program", "another program by the C library", "a fork bomb", "the grader killed",
    "a process that leaves the session", "the network", "the grader's memory read",
    "limits raised, rights regained",
]  # fmt: skip


@pytest.mark.parametrize("walls", [("landlock", "seccomp"), ("user", "seccomp")], ids="+".join)
@pytest.mark.parametrize("name", REACHING)
def test_either_wall_will_do(name, walls, tmp_path, listener):
    if "user" in walls and not ROOT:
        pytest.skip("only root can become somebody else")
    if "landlock" in walls and not landlock.version():
        pytest.skip("there is no Landlock")
    attack, there = scene(tmp_path, name, listener[0], str(os.getpid()))
    listener[1].clear()
    made = grade(there.assignment, there.file, walls=walls)
    assert made.score == 0
    threading.Event().wait(0.4 if attack.aim == "harms" else 0)
    assert there.now() == there.before
    assert not listener[1]


def test_without_walls_the_solution_can_be_read_and_the_level_says_so(tmp_path):
    _, there = scene(tmp_path, "the solution read from its file")
    made = grade(there.assignment, there.file, walls=())
    assert made.score == 100
    assert made.isolation == "process"
    refused = grade(there.assignment, there.file, walls=(), require="full")
    assert refused.score == 0 and "isolation" in refused.message
