"""What an assignment says of itself: its folder and the ``assignment.toml`` in it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

#: the file that makes a folder an assignment
TOML = "assignment.toml"
#: how much a student may be told, from least to most
HINTS = ("none", "code", "full", "fix")
#: below this NumPy itself does not start: OpenBLAS sets aside 134 to 175 MB of addresses
LEAST_MEMORY_MB = 256
#: points of an item that are for the hard cases, where the assignment does not say
HARD = Fraction(2, 5)


class AssignmentError(Exception):
    """What is wrong with an assignment, in one line."""


@dataclass(frozen=True)
class Item:
    """What points are given for: a function with its backward, a loss, a class.

    Attributes
    ----------
    name : str
        As ``minnet check`` calls it.
    forward, backward : Fraction
        The points for forward's values, and those shared out over the gradients.
    hard : Fraction
        The share of both that the hard cases are worth.
    """

    name: str
    forward: Fraction
    backward: Fraction
    hard: Fraction

    @property
    def points(self) -> Fraction:
        """All points of the item."""
        return self.forward + self.backward


@dataclass(frozen=True)
class Assignment:
    """An assignment, as its ``assignment.toml`` states it.

    Attributes
    ----------
    folder : Path
        Where it is.
    title : str
        What people call it.
    file : str
        The name of the file that is handed in, and of the solution in the folder.
    hints : str
        How much a student is told: ``"none"``, ``"code"``, ``"full"`` or ``"fix"``.
    seconds : float
        The limit for one submission.
    memory_mb : int
        The limit of its memory.
    imports : tuple of str
        The packages that a submission may import besides the standard library.
    items : tuple of Item
        What points are given for.
    secret : str
        What makes the cases of a submission impossible to foresee; ``""`` where there is none.
    """

    folder: Path
    title: str
    file: str
    hints: str
    seconds: float
    memory_mb: int
    imports: tuple[str, ...]
    items: tuple[Item, ...]
    secret: str

    @property
    def solution(self) -> Path:
        """The file of the solution."""
        return self.folder / self.file

    @property
    def points(self) -> Fraction:
        """All points of the assignment."""
        return sum((item.points for item in self.items), Fraction(0))


def read_assignment(folder: Path | str) -> Assignment:
    """Return the assignment of a folder.

    The solution itself need not be there: an autograder does without.

    Parameters
    ----------
    folder : Path or str
        The folder, or the ``assignment.toml`` in it.

    Returns
    -------
    Assignment

    Raises
    ------
    AssignmentError
        One line that says what is wrong, where, and what is accepted.
    """
    folder = Path(folder)
    if folder.name == TOML:
        folder = folder.parent
    path = folder / TOML
    values = _parsed(folder, path)
    complain = _complaints(str(path))
    _refuse_unknown(values, _KEYS, complain)
    for key in ("title", "file"):
        if key not in values:
            complain(f"there is no {key}; write {key} = {_KEYS[key].example}")
    read = {key: kind.read(values.pop(key), key, complain) for key, kind in _KEYS.items()
            if key in values and key != "item"}  # fmt: skip
    return Assignment(
        folder=folder,
        title=read["title"],
        file=read["file"],
        hints=read.get("hints", "code"),
        seconds=read.get("seconds", 60.0),
        memory_mb=read.get("memory_mb", 1024),
        imports=read.get("imports", ("numpy",)),
        items=_items(values.get("item", []), str(path)),
        secret=read.get("secret", ""),
    )


def need_solution(assignment: Assignment) -> Path:
    """Return the file of the solution, which must be there.

    Raises
    ------
    AssignmentError
        When it is not.
    """
    if not assignment.solution.is_file():
        near = difflib.get_close_matches(assignment.file, _names_in(assignment.folder), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AssignmentError(
            f"{assignment.folder / TOML}: file = {_quoted(assignment.file)}, but there is no "
            f"{assignment.file} in {assignment.folder}{hint}"
        )
    return assignment.solution


# --- reading ----------------------------------------------------------------------------------

Complain = Callable[[str], NoReturn]


def _parsed(folder: Path, path: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise AssignmentError(f"there is no folder {folder}; minnet assignment new makes one")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise AssignmentError(
            f"{folder} is no assignment: it has no {TOML}; minnet assignment new makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} cannot be read: {error}") from None
    try:
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=Fraction)
    except ValueError as error:
        raise AssignmentError(f"{path} is not TOML: {error}") from None


def _complaints(where: str) -> Complain:
    def complain(what: str) -> NoReturn:
        raise AssignmentError(f"{where}: {what}")

    return complain


def _items(values: Any, path: str) -> tuple[Item, ...]:
    if isinstance(values, Mapping):
        raise AssignmentError(f"{path}: write [[item]] with two brackets, once for each item")
    if not isinstance(values, list) or not all(isinstance(value, Mapping) for value in values):
        raise AssignmentError(f"{path}: an item is a table: [[item]] and its keys below")
    if not values:
        raise AssignmentError(f"{path}: there is no [[item]], so there are no points to be had")
    items = tuple(_item(value, number, path) for number, value in enumerate(values, 1))
    names = [item.name for item in items]
    for name in names:
        if names.count(name) > 1:
            raise AssignmentError(f"{path}: there are {names.count(name)} items {_quoted(name)}")
    return items


def _item(values: Mapping[str, Any], number: int, path: str) -> Item:
    name = values.get("name")
    said = f"item {number}" + (f" ({name})" if isinstance(name, str) else "")
    complain = _complaints(f"{path}: {said}")
    _refuse_unknown(values, _ITEM_KEYS, complain)
    if name is None:
        complain('it has no name; write name = "conv", as minnet check calls it')
    read = {key: _ITEM_KEYS[key].read(value, key, complain) for key, value in values.items()}
    item = Item(
        read["name"],
        read.get("forward", Fraction(0)),
        read.get("backward", Fraction(0)),
        read.get("hard", HARD),
    )
    if not item.points:
        complain("it has no points; write forward = 10, backward = 20 or both")
    return item


def _refuse_unknown(values: Mapping[str, Any], known: Collection[str], complain: Complain) -> None:
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "there are " + ", ".join(known)
            complain(f"there is no key {_quoted(key)}; {hint}")


# --- the kinds of value -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """How the value of a key is read, and what one looks like."""

    read: Callable[[Any, str, Complain], Any]
    example: str


def _text(value: Any, key: str, complain: Complain) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        complain(f"{key} = {_quoted(value)} is not a line of text; write {_example(key)}")
    return value.strip()


def _file(value: Any, key: str, complain: Complain) -> str:
    name = _text(value, key, complain)
    if name in (".", "..") or any(mark in name for mark in "/\\:"):
        complain(f"{key} = {_quoted(name)} is a path; write the name alone, {_example(key)}")
    if not name.endswith(".py") or not name[:-3].isidentifier():
        complain(f"{key} = {_quoted(name)} is not the name of a Python file; {_example(key)}")
    return name


def _hints(value: Any, key: str, complain: Complain) -> str:
    if value not in HINTS:
        near = difflib.get_close_matches(str(value), HINTS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        complain(f"{key} = {_quoted(value)} is none of {', '.join(HINTS)}{hint}")
    return str(value)


def _seconds(value: Any, key: str, complain: Complain) -> float:
    if not _is_number(value) or value <= 0:
        complain(f"{key} = {_quoted(value)} is not a number of seconds above 0")
    return float(value)


def _memory(value: Any, key: str, complain: Complain) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        complain(f"{key} = {_quoted(value)} is not a whole number of megabytes")
    if value < LEAST_MEMORY_MB:
        complain(f"{key} = {value} is too little: NumPy alone needs {LEAST_MEMORY_MB}")
    return value


def _imports(value: Any, key: str, complain: Complain) -> tuple[str, ...]:
    if not isinstance(value, list):
        complain(f"{key} = {_quoted(value)} is not a list; write {_example(key)}")
    for name in value:
        if not isinstance(name, str) or not name.isidentifier():
            complain(f"{key}: {_quoted(name)} is not the name of a package, as import takes it")
    return tuple(dict.fromkeys(value))


def _points(value: Any, key: str, complain: Complain) -> Fraction:
    if not _is_number(value) or value < 0:
        complain(f"{key} = {_quoted(value)} is not a number of points of 0 or more")
    return Fraction(value)


def _share(value: Any, key: str, complain: Complain) -> Fraction:
    if not _is_number(value) or not 0 <= value <= 1:
        complain(f"{key} = {_quoted(value)} is not a share between 0 and 1")
    return Fraction(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _no_reading(value: Any, key: str, complain: Complain) -> Any:
    """Items are read by `_items`."""
    return value


def _quoted(value: Any) -> str:
    """Return a value as it stands in the file, or nearly so."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(float(value)) if isinstance(value, Fraction) else repr(value)


def _example(key: str) -> str:
    return f"{key} = {(_KEYS | _ITEM_KEYS)[key].example}"


def _names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


_KEYS: dict[str, _Kind] = {
    "title": _Kind(_text, '"Convolution"'),
    "file": _Kind(_file, '"layers.py"'),
    "hints": _Kind(_hints, '"code"'),
    "seconds": _Kind(_seconds, "60"),
    "memory_mb": _Kind(_memory, "1024"),
    "imports": _Kind(_imports, '["numpy"]'),
    "secret": _Kind(_text, '"a line that students do not know"'),
    "item": _Kind(_no_reading, ""),
}
_ITEM_KEYS: dict[str, _Kind] = {
    "name": _Kind(_text, '"conv"'),
    "forward": _Kind(_points, "10"),
    "backward": _Kind(_points, "20"),
    "hard": _Kind(_share, "0.4"),
}
