"""The assignments that come with minnet, and how a new one begins."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path

from minnet.assignments.folder import TOML, Assignment, AssignmentError, read_assignment
from minnet.report.words import did_you_mean

READY = Path(__file__).parent / "ready"
#: what a new assignment begins with, where nothing is said
SMALL = "small"


def ready_made() -> dict[str, Assignment]:
    """Return the assignments that come with minnet, by name.

    >>> "convolution" in ready_made()
    True
    """
    folders = sorted(path.parent for path in READY.glob(f"*/{TOML}"))
    return {folder.name: read_assignment(folder) for folder in folders}


def begin(folder: Path, name: str | None = None) -> Assignment:
    """Make the folder of a new assignment, a copy of one that comes with minnet.

    It gets a secret of its own, so that nobody can tell beforehand at which cases a submission
    will be tried.

    Parameters
    ----------
    folder : Path
        Must not be there, or be empty.
    name : str, optional
        Which to copy; a small one where it is not said.

    Raises
    ------
    AssignmentError
        When there is none of this name, or something is in the folder already.
    """
    known = ready_made()
    if name is not None and name not in known:
        hint = did_you_mean(name, known)
        raise AssignmentError(f"there is no ready-made assignment {name!r}; {hint}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AssignmentError(f"{folder} is there already; name a new folder")
    try:
        shutil.copytree(READY / (name or SMALL), folder, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        _write_secret(folder / TOML)
    except OSError as error:
        raise AssignmentError(f"{folder} cannot be made: {error.strerror}") from None
    return read_assignment(folder)


def _write_secret(path: Path) -> None:
    """Put a fresh secret into an assignment.toml, above its items."""
    line = f'secret = "{secrets.token_hex(16)}"  # never hand this out: it seeds the cases\n'
    text = path.read_text(encoding="utf-8")
    kept = re.sub(r"^secret\s*=.*\n", "", text, flags=re.M)
    head, mark, rest = kept.partition("\n[[item]]")
    path.write_text(f"{head.rstrip()}\n{line}{mark}{rest}", encoding="utf-8", newline="\n")
