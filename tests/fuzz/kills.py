"""Killed while it writes: every file is the old one or the new one, and nothing lives on."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import minnet
from minnet.cli import main
from minnet.files import write_text

from . import child
from .command_line import RIGHT
from .judge import Trial

#: a file of this size takes a few milliseconds to write
LONG = 200_000
#: how often each kind of writing is killed, and after how many seconds at the latest
SAVES, REPORTS, COMMANDS = 80, 80, 40
SOON, LATE = 0.05, 2.0


def trials() -> Iterator[Trial]:
    """Yield two hundred kills, each at a moment of its own; none where nothing can be forked."""
    if not hasattr(os, "fork"):
        return
    rng = random.Random(0)
    for number in range(SAVES):
        yield Trial(f"save, kill {number}", partial(_save, rng.uniform(0, SOON)))
    report = minnet.check_layer(minnet.Dense(2, 3, rng=0), np.ones((2, 2)))
    writers: list[Callable[[Path], Any]] = [
        lambda path: write_text(path, "new" * LONG),
        lambda path: report.to_html(path),
    ]
    for number in range(REPORTS):
        write = writers[number % len(writers)]
        yield Trial(f"report, kill {number}", partial(_report, write, rng.uniform(0, SOON)))
    lines = (["check", "layers.py", "--json", "o", "--html", "p"],
             ["step", "layers.py:relu", "--json", "o"])  # fmt: skip
    for number in range(COMMANDS):
        line = lines[number % len(lines)]
        yield Trial(f"{line[0]}, kill {number}", partial(_command, line, rng.uniform(0, LATE)))


def _save(after: float) -> str:
    """Kill what saves one model and then the other, over and over."""
    models = [minnet.Dense(200, 100, rng=seed) for seed in (0, 1)]

    def save(folder: Path) -> int:
        while True:
            for model in models:
                model.save(folder / "m.npz")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models[0].save(folder / "m.npz")
        ended = child.run(partial(save, folder), folder, kill_after=after)
        loaded = minnet.Dense(200, 100).load(folder / "m.npz")
        if ended.left or not any(np.array_equal(loaded.W, model.W) for model in models):
            return "neither the old nor the new model"
    return ""


def _report(write: Callable[[Path], Any], after: float) -> str:
    """Kill what writes a report over an old file, over and over."""
    with tempfile.TemporaryDirectory() as name:
        path, old = Path(name) / "o", "old" * LONG
        write(path)
        new = path.read_bytes()

        def again() -> int:
            while True:
                write(path)
                write_text(path, old)

        write_text(path, old)
        child.run(again, path.parent, kill_after=after)
        held = path.read_bytes()
        return "" if held in (old.encode(), new) else f"{len(held)} bytes of neither"


def _command(line: list[str], after: float) -> str:
    """Kill a command; what it should have written is not there, old, or whole."""
    folder = Path(tempfile.mkdtemp(prefix="minnet-fuzz-"))
    try:
        (folder / "layers.py").write_text(RIGHT, encoding="utf-8")
        for name in ("o", "p"):
            (folder / name).write_text("old", encoding="utf-8")
        ended = child.run(lambda: main(line), folder, kill_after=after)
        if ended.left:
            return "a process lives on"
        if (folder / "layers.py").read_text(encoding="utf-8") != RIGHT:
            return "layers.py was changed"
        for name, end in (("o", "}"), ("p", "</html>")):
            held = (folder / name).read_text(encoding="utf-8")
            if held != "old" and not held.rstrip().endswith(end):
                return f"{name} is half written: {held[-60:]!r}"
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)
