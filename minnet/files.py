"""Files written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from minnet.arrays import shown

#: what stands beside a file while it is being written; older ones were left by a killed process
_PARTIAL, _FORGOTTEN = ".partial", 3600.0
#: a name may be so long, and the partial one has to be as well
_NAME = 100


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file in UTF-8, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(Path(folder) / "a.txt", "whole")
    ...     (Path(folder) / "a.txt").read_text(encoding="utf-8"), len(os.listdir(folder))
    ('whole', 1)
    """
    replace_file(path, lambda file: file.write(text.encode("utf-8", "replace")))


def path_of(value: object) -> Path:
    """Return what is handed over as the name of a file or a folder, or say that it can be none.

    Raises
    ------
    TypeError, OSError

    Examples
    --------
    >>> path_of(3)
    Traceback (most recent call last):
        ...
    TypeError: a path must be a text or a pathlib.Path, not 3
    """
    if not isinstance(value, str | os.PathLike) or "\0" in str(value):
        raise TypeError(f"a path must be a text or a pathlib.Path, not {shown(value)}")
    path = Path(value)
    try:
        path.exists()
    except OSError as error:  # too long, or no access
        raise OSError(f"{shown(str(path))} cannot be a file name: {error.strerror}") from None
    return path


def replace_file(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its destination, and move it there when it is complete.

    Whoever reads it finds the old content or the new, also when this process is killed. A link
    is followed, and a file that is replaced keeps its mode. What is no plain file (a terminal, a
    pipe, ``/dev/null``) is written into.

    Parameters
    ----------
    path : path
    write : callable
        Called with the file, open for bytes.

    Raises
    ------
    OSError
        It cannot be written; what was there is there still. Its ``filename`` is that of `path`.
    """
    target = Path(os.path.realpath(path_of(path)))
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                write(file)
            return
        _replace(target, write)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _replace(target: Path, write: Callable[[IO[bytes]], object]) -> None:
    _clean_up(target)
    partial = target.with_name(f".{target.name[:_NAME]}.{os.getpid()}{_PARTIAL}")
    try:
        with partial.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            partial.chmod(stat.S_IMODE(target.stat().st_mode))
        partial.replace(target)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _clean_up(target: Path) -> None:
    """Remove what a process that was killed while it wrote this file has left."""
    with contextlib.suppress(OSError):
        for left in target.parent.glob(f".{glob_escape(target.name[:_NAME])}.*{_PARTIAL}"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _FORGOTTEN:
                    left.unlink()


def glob_escape(name: str) -> str:
    """Return a pattern that matches this name alone."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
