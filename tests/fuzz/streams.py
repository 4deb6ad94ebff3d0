"""Every command where the system refuses it a stream, a disk, a folder or a file handle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import minnet

from . import child
from .command_line import BASE, RIGHT, contents
from .judge import Trial, unclear_output

COMMANDS = (
    *(["--version"], ["--help"], ["explain"], ["explain", "scale"], ["tutorial"]),
    *(["derivative", "x**2", "--at", "1"], ["derivative", "x", "--at", "1", "--plot", "o.png"]),
    *(BASE["step"], ["step", "layers.py:relu", "--html", "o.html"]),
    *(["step", "layers.py:relu", "--json", "-"], ["demo", "linear-regression"]),
    *(["demo", "linear-regression", "--plots", "made"], ["tutorial", "1", "--student", "s.py"]),
    *(["tutorial", "1", "--check", "layers.py"], ["assignment", "list"]),
    *(["assignment", "new", "made"], ["assignment", "build", "small", "--out", "made"]),
    *(["grade", "small/layers.py", "--assignment", "small"], ["check", "layers.py"]),
    *([*BASE["grade"], "--format", "json", "--out", "o.json"],),
    *(["check", "layers.py", "--json", "o.json"], ["check", "layers.py", "--html", "o.html"]),
    *(["check", "nope.py"], ["nope"], ["check", "--nope"]),
)


def trials() -> Iterator[Trial]:
    """Yield every command under every condition; none where processes cannot be forked."""
    if not hasattr(os, "fork"):
        return
    for name, (prepare, statuses) in CONDITIONS.items():
        for line in COMMANDS:
            yield _trial(name, line, prepare, statuses)
    for text, status in REAL.items():
        yield Trial(f"a shell: {text}", lambda text=text, status=status: _shell(text, status))


def _trial(
    name: str, line: list[str], prepare: Callable[[Path], Any], statuses: tuple[int, ...]
) -> Trial:
    def run() -> str:
        folder = _folder()
        try:
            before = contents(folder)
            ended = child.run(line, folder, lambda: prepare(folder))
            if problem := unclear_output(ended.out, ended.err):
                return problem
            if ended.left:
                return "a process lives on"
            silent = "o.json" in line or "o.html" in line  # has nothing to say on output
            if ended.status not in (ANY if silent else statuses):
                return f"status {ended.status}: {(ended.err or ended.out)[-200:]!r}"
            if ended.status and len(ended.err.splitlines()) > 4:
                return f"{len(ended.err.splitlines())} lines: {ended.err[:200]!r}"
            after = contents(folder) if folder.exists() else before
            lost = [name for name, held in before.items() if after.get(name) != held]
            return f"changed {lost}" if lost else _half(after)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return Trial(f"{name}: minnet {' '.join(line)}", run)


def _half(after: dict[str, bytes]) -> str:
    """Return which report is there in part."""
    ends = {"o.json": b"}", "o.html": b"</html>"}
    half = [n for n, end in ends.items() if n in after and not after[n].rstrip().endswith(end)]
    left = [name for name in after if name.endswith(".partial")]
    return f"half written {half}, left {left}" if half or left else ""


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="minnet-fuzz-"))
    (folder / "layers.py").write_text(RIGHT, encoding="utf-8")
    ready = Path(minnet.__file__).parent / "assignments" / "ready" / "small"
    shutil.copytree(ready, folder / "small", ignore=shutil.ignore_patterns("__pycache__"))
    os.environ["MINNET_PROGRESS"] = str(folder / "progress.json")
    return folder


def _full(number: int) -> Callable[[Path], Any]:
    return lambda folder: os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def _closed(*numbers: int) -> Callable[[Path], Any]:
    return lambda folder: [os.close(number) for number in numbers]


def _broken(folder: Path) -> None:
    read, write = os.pipe()
    os.dup2(write, 1)
    os.close(read)
    os.close(write)


def _limited(what: str, most: int) -> Callable[[Path], Any]:
    def prepare(folder: Path) -> None:
        import resource

        limit = getattr(resource, what)
        resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))

    return prepare


def _says(**variables: str) -> Callable[[Path], Any]:
    return lambda folder: os.environ.update(variables)


def _here_no_more(folder: Path) -> None:
    shutil.rmtree(folder)


def _read_only(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)


ANY, REFUSED = (0, 1, 2), (1, 2)
CONDITIONS: dict[str, tuple[Callable[[Path], Any], tuple[int, ...]]] = {
    "output to a full disk": (_full(1), REFUSED),
    "errors to a full disk": (_full(2), ANY),
    "a reader that has gone": (_broken, ANY),
    "output closed": (_closed(1), ANY),
    "errors closed": (_closed(2), ANY),
    "all closed": (_closed(0, 1, 2), ANY),
    "no file may be written": (_limited("RLIMIT_FSIZE", 0), ANY),
    "files of 100 bytes": (_limited("RLIMIT_FSIZE", 100), ANY),
    "16 file handles": (_limited("RLIMIT_NOFILE", 16), ANY),
    "6 file handles": (_limited("RLIMIT_NOFILE", 6), ANY),
    "the folder is gone": (_here_no_more, ANY),
    "a read-only folder": (_read_only, ANY),
    "ASCII only": (_says(PYTHONIOENCODING="ascii"), ANY),
    "an old code page": (_says(PYTHONIOENCODING="cp1252"), ANY),
    "no folder for temporary files": (_says(TMPDIR="/nope"), ANY),
    "a progress file that is none": (_says(MINNET_PROGRESS="/dev/null/x"), ANY),
    "a screen of one column": (_says(COLUMNS="1"), ANY),
}
#: as a shell does it, with the interpreter's own beginning and end
REAL = {
    "explain > /dev/full": 1,
    "explain scale | head -1": 0,
    "explain 2>&-": 0,
    "explain >&-": 0,
    "--help > /dev/full": 1,
    "derivative sin --at 1 > /dev/full": 1,
    "nope > /dev/full 2>&1": 2,
}


def _shell(text: str, status: int) -> str:
    command = f"'{sys.executable}' -m minnet {text}"
    if "|" in text:
        command = f"set -o pipefail; {command}"
    root = str(Path(minnet.__file__).parents[1])
    ended = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": root},
        timeout=child.LONGEST,
    )
    if problem := unclear_output(ended.stdout, ended.stderr):
        return problem
    lines = len(ended.stderr.splitlines())
    if ended.returncode != status or lines > 1 or "Exception ignored" in ended.stderr:
        return f"status {ended.returncode}, {lines} lines: {ended.stderr[-200:]!r}"
    return ""
