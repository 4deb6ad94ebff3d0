"""From an assignment to everything that is handed out: one folder, a part for each platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minnet.assignments.folder import Assignment, AssignmentError
from minnet.assignments.packing import Packed, as_zip, write_folder
from minnet.assignments.platforms import (
    actions,
    autolab,
    classroom50,
    gradescope,
    notebooks,
    prairielearn,
    student,
)
from minnet.assignments.platforms.howto import HOWTO, howto
from minnet.assignments.platforms.source import Source, read_source

_Files = Callable[[Source], dict[str, Packed]]
#: each part of a release, what it is, and how its files are made
PARTS: dict[str, tuple[str, _Files]] = {
    "student": ("what students get", student.files),
    "gradescope.zip": ("upload as it is", gradescope.files),
    "prairielearn": ("copy into the course's repository", prairielearn.files),
    "autolab": ("makefile, tar and problems of the lab", autolab.files),
    "classroom50": ("copy to CLASSROOM/autograders/ASSIGNMENT", classroom50.files),
    "notebooks": ("sources for nbgrader and for Otter Assign", notebooks.files),
    "actions": ("copy into the students' repository", actions.files),
}


@dataclass(frozen=True)
class Made:
    """A part of a release: where it is, and what to do with it, or why it is not there."""

    path: str
    told: str
    there: bool = True


def build(assignment: Assignment, out: Path) -> list[Made]:
    """Make everything to hand out.

    Parameters
    ----------
    assignment : Assignment
    out : Path
        The folder to make; an earlier release in it is replaced.

    Returns
    -------
    list of Made
        A part for each platform. Where an assignment does not fit a platform, it says why.

    Raises
    ------
    AssignmentError, HoleError
        When it cannot be handed out at all.
    """
    source = read_source(assignment)
    _refuse_other_folders(out, assignment)
    made = [(name, *_tree(name, source)) for name in PARTS]
    out.mkdir(parents=True, exist_ok=True)
    parts = list(_written(made, out))
    (out / HOWTO).write_text(
        howto(source, {part.path: part.told for part in parts if not part.there}),
        encoding="utf-8",
        newline="\n",
    )
    return [*parts, Made(HOWTO, "what to do with each")]


def _tree(name: str, source: Source) -> tuple[dict[str, Packed], str]:
    """Return the files of a part, or why there are none."""
    try:
        return PARTS[name][1](source), ""
    except AssignmentError as error:
        if name == "student":
            raise
        return {}, f"left out: {error}"


def _written(made: list[tuple[str, dict[str, Packed], str]], out: Path) -> Iterator[Made]:
    for name, tree, why in made:
        path = out / name
        if path.suffix == ".zip":
            path.unlink(missing_ok=True)
            if tree:
                path.write_bytes(as_zip(tree))
        else:
            write_folder(tree, path)
        yield Made(name, why or PARTS[name][0], there=bool(tree))


def _refuse_other_folders(out: Path, assignment: Assignment) -> None:
    """Refuse to write into a folder that is not a release."""
    if out.resolve() == assignment.folder.resolve():
        raise AssignmentError(f"{out} is the assignment itself; name another folder with --out")
    if out.exists() and not out.is_dir():
        raise AssignmentError(f"{out} is a file; name a folder with --out")
    if out.is_dir() and any(out.iterdir()) and not (out / HOWTO).is_file():
        raise AssignmentError(f"{out} holds other things than a release; name a new folder")
