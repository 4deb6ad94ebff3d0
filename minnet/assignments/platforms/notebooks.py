"""The teacher's notebook for nbgrader and for Otter Assign, from the same solution."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from minnet.assignments.folder import Item
from minnet.assignments.holes import Hole
from minnet.assignments.notebook import Cell, cells, notebook
from minnet.assignments.packing import Packed, text
from minnet.assignments.plan import tasks_of
from minnet.assignments.platforms.source import Source
from minnet.assignments.writers.words import number, shown

_Around = tuple[list[str], list[str]]
Around = Callable[[Hole], _Around]


def files(source: Source) -> dict[str, Packed]:
    """Return both notebooks; they hold the solution."""
    name = str(PurePosixPath(source.assignment.file).with_suffix(".ipynb"))
    return {
        f"nbgrader/{name}": text(notebook(nbgrader(source))),
        f"otter/{name}": text(notebook(otter(source))),
    }


def nbgrader(source: Source) -> Iterator[Cell]:
    """Yield the cells of nbgrader's source notebook: solutions, and tests that give part points."""
    yield Cell("markdown", source.readme.strip())
    own = _Parts(source, lambda hole: (["### BEGIN SOLUTION"], ["### END SOLUTION"]))
    yield from own.others
    for item, functions in own.items:
        for name in functions:
            yield Cell("code", own.cells[name], _nbgrader(name, "solution"))
        arguments = ", ".join([f'"{item.name}"', *functions])
        worth = f"forward={number(item.forward):g}, backward={number(item.backward):g}"
        code = f"from minnet.assignments.in_notebook import points\n\npoints({arguments}, {worth})"
        yield Cell("code", code, _nbgrader(f"test_{item.name}", "test", item))


def otter(source: Source) -> Iterator[Cell]:
    """Yield the cells of Otter Assign's notebook, with a test for forward and each gradient."""
    title = source.assignment.title.replace('"', "'")
    yield Cell("raw", f'# ASSIGNMENT CONFIG\nname: "{title}"\ntests:\n  ok_format: false')
    yield Cell("markdown", source.readme.strip())
    own = _Parts(source, _otter_hole)
    yield from own.others
    variables = {t.item.name: list(t.asked[0].gradients) for t in tasks_of(source.assignment, 0)}
    for item, functions in own.items:
        points = number(item.forward + item.backward)
        yield Cell("raw", f"# BEGIN QUESTION\nname: {_identifier(item.name)}\npoints: {points:g}")
        yield Cell("markdown", f"**{item.name}**, {shown(item.points)} points")
        yield Cell("raw", "# BEGIN SOLUTION")
        yield from (Cell("code", own.cells[name]) for name in functions)
        yield Cell("raw", "# END SOLUTION")
        yield Cell("raw", "# BEGIN TESTS")
        yield from _otter_tests(item, functions, variables[item.name])
        yield Cell("raw", "# END TESTS")
        yield Cell("raw", "# END QUESTION")


class _Parts:
    """The cells of a solution: those of the items' functions, and the others."""

    def __init__(self, source: Source, around: Around) -> None:
        file = source.assignment.file
        program = source.marked.retold(around)
        self.items = [
            (task.item, [f.__name__ for f in dict.fromkeys(task.asked[0].case.code.values())])
            for task in tasks_of(source.assignment, 0)
        ]
        wanted = {name for _, functions in self.items for name in functions}
        self.cells: dict[str, str] = {}
        self.others: list[Cell] = []
        for cell in cells(program, file):
            defined = re.search(r"^def (\w+)", cell.source, re.M)
            if cell.kind == "code" and defined and defined[1] in wanted:
                self.cells[defined[1]] = cell.source
            else:
                self.others.append(cell)


def _nbgrader(name: str, kind: str, item: Item | None = None) -> dict[str, object]:
    """Return the metadata of a cell: a solution, or a test worth an item's points."""
    data: dict[str, object] = {
        "schema_version": 3,
        "grade_id": _identifier(name),
        "grade": kind == "test",
        "solution": kind == "solution",
        "locked": kind == "test",
        "task": False,
    }
    return {"nbgrader": data | ({"points": number(item.points)} if item else {})}


def _otter_hole(hole: Hole) -> _Around:
    """Return what stands around a solution for Otter: what students find comes behind it."""
    quotes = '"""'
    behind = ["# END SOLUTION", f"{quotes} # BEGIN PROMPT", *hole.stub, f"{quotes} # END PROMPT"]
    return ["# BEGIN SOLUTION NO PROMPT"], behind


def _otter_tests(item: Item, functions: list[str], variables: list[str]) -> Iterator[Cell]:
    """Yield a test for forward, and one for each gradient."""
    parts = [("forward", "", item.forward)]
    parts += [(f"gradient_of_{v}", v, item.backward / len(variables)) for v in variables]
    for name, wrt, points in parts:
        if not points:
            continue
        arguments = ", ".join([f'"{item.name}"', *functions])
        yield Cell(
            "code",
            f'""" # BEGIN TEST CONFIG\npoints: {number(points):g}\n""" # END TEST CONFIG\n'
            f"def test_{_identifier(item.name)}_{_identifier(name)}({', '.join(functions)}):\n"
            "    from minnet.assignments.in_notebook import expect\n\n"
            f'    expect({arguments}, wrt="{wrt}")',
        )


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)
