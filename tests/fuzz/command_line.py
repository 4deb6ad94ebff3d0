"""Every command with arguments that are wrong, in this process."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from minnet.assignments.ready_made import begin
from minnet.cli import COMMANDS, main

from .judge import Trial, unclear_output

RIGHT = (
    "import numpy as np\n"
    "def relu_forward(x): return np.maximum(0, x), x\n"
    "def relu_backward(dout, cache): return dout * (cache > 0)\n"
)
LONG = "n" * 300
NO_NUMBERS = ("-1", "x", "", "1.5", "1e3", "None", "0x1", "1 2", "9" * 5000, " ", "١٢x", "\udcff")
NO_FILES = (
    *("", " ", ".", "no/x.json", LONG, "layers.py", "x.ipynb", "folder", "layers.py/x.json"),
    *("/", "~nobody/x/y", "x" * 5000, "no/\udcff.json", "a.toml", "folder/.."),
)
#: what each command takes, with something right for each of its options
OPTIONS: dict[str, dict[str, str]] = {
    "demo": {"--seed": "1", "--model": "rnn", "--plots": "made"},
    "check": {"--json": "o.json", "--html": "o.html", "--seed": "1", "--elements": "3",
              "--only": "relu", "--hints": "code"},
    "explain": {},
    "derivative": {"--at": "1", "--step": "1e-4", "--plot": "o.png"},
    "step": {"--case": "1", "--at": "x[0,0]", "--html": "o.html", "--json": "o.json"},
    "tutorial": {"--student": "s.py", "--notebook": "s.ipynb", "--check": "layers.py"},
    "assignment": {},
    "grade": {"--assignment": "small", "--format": "json", "--out": "o.json", "--class": "folder",
              "--csv": "o.csv", "--jobs": "1", "--html": "made", "--canvas": "e.csv",
              "--column": "c", "--require-isolation": "process"},
}  # fmt: skip
#: enough for each command to be about something
BASE: dict[str, list[str]] = {
    "demo": ["demo", "linear-regression"],
    "check": ["check", "layers.py"],
    "explain": ["explain", "scale"],
    "derivative": ["derivative", "x**2", "--at", "1"],
    "step": ["step", "layers.py:relu", "--plain"],
    "tutorial": ["tutorial", "1"],
    "assignment": ["assignment", "list"],
    "grade": ["grade", "small/layers.py", "--assignment", "small"],
}
_folder: Path | None = None


def trials() -> Iterator[Trial]:
    """Yield every command line, by command."""
    for line, statuses in itertools.chain(commands(), options(), values(), files(), targets()):
        yield command(line, statuses)


def command(line: Sequence[str], statuses: Iterable[int] = (2,)) -> Trial:
    """Return a trial of one command line, which must end with one of the statuses."""
    allowed = set(statuses)

    def run() -> str:
        with in_folder() as folder:
            before = contents(folder)
            status, out, err = captured(line)
            if problem := unclear_output(out, err):
                return problem
            if status not in allowed:
                return f"status {status}, not {sorted(allowed)}: {(err or out)[-200:]!r}"
            told = 0 < len(err.strip().splitlines()) <= 4 or "could not be" in out
            if status == 2 and not told:
                return f"status 2 and {len(err.splitlines())} lines: {err[:300]!r}"
            return harm(before, contents(folder), line)

    return Trial("minnet " + " ".join(f"{part:.60}" for part in line), run)


def captured(line: Sequence[str]) -> tuple[int, str, str]:
    """Return the status of a command line, and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), quiet():
        status = main(list(line))
    return status, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop warnings: they are not what is judged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def in_folder() -> Iterator[Path]:
    """Enter a folder with a file of every kind; it is the same for all trials that spare it."""
    global _folder
    if _folder is None or not _folder.exists():
        _folder = make_folder()
    back = Path.cwd()
    os.chdir(_folder)
    try:
        yield _folder
    finally:
        os.chdir(back)


def make_folder() -> Path:
    """Return a new folder of small files."""
    folder = Path(tempfile.mkdtemp(prefix="minnet-fuzz-")).resolve()
    os.environ["MINNET_PROGRESS"] = str(folder / "progress" / "progress.json")
    (folder / "layers.py").write_text(RIGHT, encoding="utf-8")
    (folder / "empty.py").touch()
    (folder / "data.txt").write_text("1 2 3\n", encoding="utf-8")
    (folder / "binary.py").write_bytes(bytes(range(256)))
    (folder / "syntax.py").write_text("def f(:\n", encoding="utf-8")
    (folder / "broken.ipynb").write_text("{", encoding="utf-8")
    (folder / "list.ipynb").write_text("[1, 2]", encoding="utf-8")
    (folder / "cells.ipynb").write_text(json.dumps({"cells": [3, None]}), encoding="utf-8")
    (folder / "e.csv").write_text("not a gradebook\n", encoding="utf-8")
    (folder / "folder").mkdir()
    (folder / "folder" / "kept.txt").write_text("kept", encoding="utf-8")
    begin(folder / "small")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with what it holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and "progress" not in path.parts
    }


def harm(before: dict[str, bytes], after: dict[str, bytes], line: Sequence[str]) -> str:
    """Return what was lost or left behind; what was asked for is removed again."""
    lost = [name for name, held in before.items() if after.get(name) != held]
    if lost:
        shutil.rmtree(str(_folder), ignore_errors=True)
        return f"changed or removed {', '.join(lost)}"
    assert _folder is not None
    for name in sorted(after.keys() - before.keys()):
        (_folder / name).unlink()
        top = Path(name).parts[0].removesuffix(".progress")  # what `grade --class` goes on from
        asked = any(top in Path(part.partition("=")[2] or part).parts for part in line)
        if not asked:
            return f"left {name} behind"
    return ""


Lines = Iterator[tuple[list[str], tuple[int, ...]]]


def commands() -> Lines:
    """Yield commands that are none."""
    names = ["chekc", "", " ", "CHECK", "check ", "help", "../check", "__init__", "outputs", LONG]
    names += ["arguments", "check.py", "é", "\udcff", "\x1b[2J", "-", "--nope", "-x", "--", "--ver"]
    for name in names:
        yield [name], (0, 2) if name == "--" else (2,)
        for rest in (["--help"], ["layers.py"], ["--json", "o.json"]):
            yield [name, *rest], (0, 2) if name in ("--", "-", "-x", "--nope", "--ver") else (2,)
    for name in COMMANDS:
        near = {name[:-1], name[1:] + "x", name.upper(), name + "s", name[1] + name[0] + name[2:]}
        for wrong in sorted(near - set(COMMANDS)):
            yield [wrong], (2,)
        yield [name, "--help"], (0,)
        yield ["--version", name, "--help"], (0,)


def options() -> Lines:
    """Yield options that a command has not, or has, and not like this."""
    for name, known in OPTIONS.items():
        wrong = ["--nope", "-x", "--Json", "-j", "---", "--=", "--nope=1", "-1", "--\x1b[2J", "--é"]
        wrong += ["--jsom", "--at-", "--seeed", "-q=1", "--" + LONG]
        for option in wrong:
            if option == "-1" and name in ("derivative",):
                continue
            yield [*BASE[name], option], (2,)
            yield [*BASE[name], option, "value"], (2,)
        for option in known:
            if not (name == "derivative" and option == "--at"):
                yield [*BASE[name], option], (2,)
            yield [*BASE[name], option[:-1] + "q", known[option]], (2,)
            yield [*BASE[name], option, "--nope"], (2,)
            yield [*BASE[name], f"{option}=--"], (2,)
        extra = ["explain", "derivative", "step", "tutorial", "demo", "assignment", "grade"]
        if name in extra:
            yield [*BASE[name], "second", "third"], (2,)
    for line in ([], ["x"], ["--at", "1"], ["x", "--step", "1"]):
        yield ["derivative", *line], (2,)


def values() -> Lines:
    """Yield values that an option cannot have."""
    numbers = [("check", "--seed"), ("check", "--elements"), ("step", "--seed"), ("demo", "--seed")]
    numbers += [("step", "--case"), ("grade", "--jobs"), ("tutorial", "")]
    for name, option in numbers:
        for value in NO_NUMBERS:
            if option:
                yield [*BASE[name], f"{option}={value}"], (2,)
            else:
                yield [name, value], (2,)
    for name, option in (
        ("check", "--hints"),
        ("grade", "--format"),
        ("grade", "--require-isolation"),
        ("demo", "--model"),
    ):
        for value in ("nope", "", " ", "FULL", LONG, "\x1b[2J", "é", "\udcff", "code,full"):
            yield [*BASE[name], f"{option}={value}"], (2,)
    for code in (
        "",
        " ",
        "nope",
        "../x",
        "scale.md",
        LONG,
        "*",
        "[",
        "\x1b[2J",
        "é",
        "\udcff",
        ".",
    ):
        yield ["explain", code], (2,)
    for number in ("0", "13", "-7", "one", "99999999999999999999", LONG, "1.0", "first", "1 2"):
        yield ["tutorial", number], (2,)
    for place in ("", " ", "nope", "x[", "x[9,9]", "x[a]", "x[0,0,0,0]", "x[-1]", "x[1e9]", "[0]"):
        yield [*BASE["step"], f"--at={place}"], (0, 2)
    for place in ("W[]", "x[0,0]]", "é", "\x1b[2J", LONG, "x[0.5]", "x[,]", "x x", "dx[None]", "-"):
        yield [*BASE["step"], f"--at={place}"], (0, 2)
    for case in ("0", "99", "999999999999"):
        yield [*BASE["step"], f"--case={case}"], (2,)
    for name in ("", " ", "nope", "CNN", "cn", LONG, "\x1b[2J", "\udcff", "names2", "../cnn"):
        yield ["demo", name], (2,)


def files() -> Lines:
    """Yield places where nothing can be written, or nothing may be."""
    outputs = [("check", "--json"), ("check", "--html"), ("step", "--json"), ("step", "--html")]
    outputs += [("derivative", "--plot"), ("grade", "--out")]
    outputs += [("tutorial", "--student"), ("tutorial", "--notebook")]
    for name, option in outputs:
        for path in NO_FILES:
            if name == "tutorial" and path == "x.ipynb" and option == "--notebook":
                continue
            yield [*BASE[name], f"{option}={path}"], (2,)
    for path in ("", "layers.py", "layers.py/x", "data.txt", "/proc/x", LONG):
        yield [*BASE["demo"], f"--plots={path}"], (2,)
    for path in (
        "",
        ".",
        "folder",
        "layers.py",
        "small",
        "no/such/parent\0"[:14],
        LONG,
        "layers.py/x",
    ):
        yield ["assignment", "new", path], (0, 2) if path.startswith("no/") else (2,)
    for name in ("", "nope", "Small", "../small", LONG, "é"):
        yield ["assignment", "new", "made", "--from", name], (2,)
    for path in ("", ".", "layers.py", "data.txt", LONG, "layers.py/x", "small"):
        yield ["assignment", "build", "small", "--out", path], (1, 2)
    for path in ("x.ipynb", "layers.py", "folder", LONG, "no/x.csv", "e.csv"):
        line = ["grade", "--class", "folder", "--assignment", "small", "--csv", path]
        yield [*line, "--canvas", "e.csv"], (1, 2)


def targets() -> Lines:
    """Yield what is no file, no module, no class, no assignment and no submission."""
    names = ["nope", "", " ", ".", "..", "/", "folder", "layers.py:nope", "nope.py", "data.txt"]
    names += [LONG, LONG + ".py", "layers.py:relu:x", ":", "::", ":relu", "layers.py/x.py", "é.py"]
    names += ["empty.py", "binary.py", "syntax.py", "broken.ipynb", "list.ipynb", "cells.ipynb"]
    names += ["\x1b[2J.py", "\udcff.py", "layers.py:", "a..b", "os", "sys:exit", "numpy:nope", "~"]
    for name in names:
        yield ["check", name], (0, 1, 2)
        yield ["step", name, "--plain"], (2,)
        yield ["step", f"{name}:relu", "--plain"], (0,) if name == "layers.py:" else (2,)
        yield ["tutorial", "1", "--check", name], (1, 2)
        yield ["grade", name, "--assignment", "small"], (0, 1, 2)
        yield ["grade", "layers.py", "--assignment", name], (1, 2)
        yield ["assignment", "check", name], (1, 2)
        yield ["assignment", "build", name, "--out", "made"], (1, 2)
        if name:
            line = ["grade", "--class", name, "--assignment", "small", "--csv", "o.csv"]
            yield line, (0, 1, 2)
    yield ["check", "layers.py", "--only", "nope"], (2,)
    yield ["check", "layers.py", "nope.py", "syntax.py"], (1, 2)
    for line in (["grade"], ["grade", "x"], ["grade", "--assignment", "small"], ["assignment"]):
        yield line, (2,)
    for verb in ("lst", "", "new", "build", "check", "nope", "--nope", "é"):
        yield ["assignment", verb], (2,)
    line = ["grade", "layers.py", "--assignment", "small"]
    for more in (["--csv", "o.csv"], ["--html", "d"], ["--canvas", "e.csv"], ["--class", "folder"]):
        yield [*line, *more], (2,)
    yield [*line, "--canvas", "nope.csv", "--class", "folder"], (2,)
    yield ["tutorial", "--student", "s.py"], (2,)
    yield ["tutorial", "--check", "layers.py"], (2,)
    yield ["demo", "cnn", "--model", "rnn"], (2,)
