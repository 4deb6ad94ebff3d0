"""How far a learner is: a small file that anyone can read and delete."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from minnet.files import write_text

#: names another file to keep the progress in
VARIABLE = "MINNET_PROGRESS"


@dataclass
class Progress:
    """How far a learner is with one tutorial.

    Attributes
    ----------
    cell : int
        How many cells have been gone through in the terminal.
    read : bool
        Whether it was once gone through to its end.
    right : list of str
        The exercises that were found right.
    """

    cell: int = 0
    read: bool = False
    right: list[str] = field(default_factory=list)


def progress_file() -> Path:
    """Return where the progress is kept."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return user_folder() / "progress.json"


def user_folder() -> Path:
    """Return the folder for what minnet keeps of a user, as the platform has it."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "minnet"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "minnet"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "minnet"


def load(path: Path) -> dict[str, Progress]:
    """Return the progress by tutorial; a file that is not there or not understood is none.

    >>> load(Path("there is no such file"))
    {}
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {name: _read(said) for name, said in data.items() if isinstance(said, Mapping)}
    except (OSError, ValueError, AttributeError):
        return {}


def save(path: Path, name: str, progress: Progress) -> str:
    """Keep the progress with one tutorial; return why that is not possible, or ""."""
    known = load(path) | {name: progress}
    data = {name: asdict(known[name]) for name in sorted(known)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(data, indent=1) + "\n")
    except OSError as error:
        return f"your progress cannot be kept in {path}: {error.strerror}"
    return ""


def _read(said: Mapping[str, Any]) -> Progress:
    cell, right = said.get("cell"), said.get("right")
    return Progress(
        cell if isinstance(cell, int) and cell > 0 else 0,
        said.get("read") is True,
        [name for name in right if isinstance(name, str)] if isinstance(right, list) else [],
    )
