"""One hole: what it is, and how it is read between its markers.

A hole is whole statements of one block. It is read with `ast`, so that nothing depends on how
lines look: half an ``if``, a statement over several lines, a decorator are refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from minnet.assignments.markers import MISTAKE, STUDENT, HoleError, Marker
from minnet.assignments.statements import (
    Function,
    Place,
    blocks,
    code_by_line,
    first_line,
    last_line,
    places,
    returned,
    stored,
    telling_lines,
    used_below,
)

#: a shorter line of a solution says nothing when it is met elsewhere; dw = x.T @ dout has 11
TELLING = 11
_CELL = re.compile(r"\s*#\s*%%")


@dataclass(frozen=True)
class Mistake:
    """A classic mistake that the author states: a statement in place of lines of the solution."""

    code: str
    replacement: str
    line: int
    first: int
    last: int


@dataclass(frozen=True)
class Hole:
    """A hole.

    Attributes
    ----------
    name : str
        The id in its marker, or its place.
    place : str
        The function that it is in: ``Linear.backward``.
    first, last : int
        The lines of its two markers.
    indent : str
        What its statements begin with.
    stub : tuple of str
        What students find instead, without the indent.
    telling : tuple of str
        Lines of the solution, without blanks, that must not be met anywhere else.
    mistakes : tuple of Mistake
        Those stated in it.
    """

    name: str
    place: str
    first: int
    last: int
    indent: str
    stub: tuple[str, ...]
    telling: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


class Program:
    """A program as text and as tree."""

    def __init__(self, source: str, name: str) -> None:
        self.name = name
        self.tree = compiled(source, name)
        self.lines = source.split("\n")
        self.code = code_by_line(source)

    @cached_property
    def places(self) -> dict[int, Place]:
        return places(self.tree)

    def hole(self, group: Sequence[Marker]) -> Hole:
        """Return the hole between the first and the last of these markers."""
        begin, *inner, end = group
        body, owner = self.statements(begin, end)
        self.refuse_what_stays(body, owner, begin, end)
        place = ".".join(part.name for part in self.places[id(owner)])
        return Hole(
            name=begin.id or place or f"line {begin.line}",
            place=place,
            first=begin.line,
            last=end.line,
            indent=" " * begin.column,
            stub=self.stub(body, owner, [m.text for m in inner if m.kind == STUDENT], end.line),
            telling=self.telling(body),
            mistakes=tuple(self.mistake(m, body) for m in inner if m.kind == MISTAKE),
        )

    def hidden(self, begin: Marker, end: Marker) -> tuple[int, int]:
        """Return the lines of a part that only teachers see."""
        self.statements(begin, end)
        return begin.line, end.line

    def statements(self, begin: Marker, end: Marker) -> tuple[list[ast.stmt], ast.AST]:
        """Return the whole statements between two markers, and what they are the body of."""
        for owner, block in blocks(self.tree):  # noqa: B007
            inside = [s for s in block if begin.line < first_line(s) and last_line(s) < end.line]
            if inside and begin.column == end.column == inside[0].col_offset:
                break
        else:
            raise self.error(
                begin.line,
                f"between here and line {end.line} there are no whole statements of one block, "
                "indented as the two markers are",
            )
        covered = {n for s in inside for n in range(first_line(s), last_line(s) + 1)}
        for line in range(begin.line, end.line):
            if line in self.code and line not in covered:
                shown = self.lines[line - 1].strip()
                raise self.error(line, f"{shown!r} belongs to a statement that is not whole here")
        if self.code[inside[0].lineno].startswith("elif"):
            raise self.error(inside[0].lineno, "elif is a part of the if above, which stays")
        return inside, owner

    def refuse_what_stays(
        self, body: Sequence[ast.stmt], owner: ast.AST, begin: Marker, end: Marker
    ) -> None:
        """Refuse a docstring and the border of a cell in a hole."""
        for line in range(begin.line, end.line):
            if _CELL.match(self.lines[line - 1]):
                raise self.error(line, "a cell begins inside a hole")
        if isinstance(owner, Function | ast.ClassDef | ast.Module):
            told = ast.get_docstring(owner, clean=False)
            if told is not None and body[0] is owner.body[0]:
                raise self.error(begin.line, "the docstring stands in the hole; begin below it")

    def stub(
        self, body: Sequence[ast.stmt], owner: ast.AST, given: Sequence[str], end: int
    ) -> tuple[str, ...]:
        """Return what students find: the STUDENT lines, or an exception that says what is due."""
        place = self.places[id(owner)]
        function = next((part for part in reversed(place) if isinstance(part, Function)), None)
        below = [] if function is None else used_below(function, stored(body), end)
        if given:
            self.refuse_missing(set(below), function, body, given)
            return tuple(given)
        if function is None or isinstance(owner, ast.ClassDef):
            raise self.error(
                first_line(body[0]),
                "a hole outside a function would stop the import; say with # STUDENT: code "
                "what students find there",
            )
        names = ", ".join(below or returned(body))
        told = ".".join(part.name for part in place) + (f": {names}" if names else "")
        return (f'raise NotImplementedError("{told}")',)

    def refuse_missing(
        self,
        below: set[str],
        function: ast.AST | None,
        body: Sequence[ast.stmt],
        given: Sequence[str],
    ) -> None:
        """Refuse STUDENT lines that do not set what the code behind the hole uses."""
        line = last_line(body[-1])
        try:
            stub = ast.parse("\n".join(given))
        except SyntaxError as error:
            raise self.error(line, f"the STUDENT lines are not Python: {error.msg}") from None
        if function is None or any(isinstance(node, ast.Raise) for node in ast.walk(stub)):
            return
        arguments = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
        above = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and node.lineno < first_line(body[0])
        ]
        for name in sorted(below - stored([stub, *above]) - arguments):
            raise self.error(line, f"{name} is used below the hole, and no STUDENT line sets it")

    def mistake(self, marker: Marker, body: Sequence[ast.stmt]) -> Mistake:
        """Return a stated mistake; it stands above the statement that it replaces."""
        statements = (s for part in body for s in ast.walk(part) if isinstance(s, ast.stmt))
        below = min((s for s in statements if first_line(s) > marker.line), key=first_line,
                    default=None)  # fmt: skip
        next_code = min((line for line in self.code if line > marker.line), default=0)
        if below is None or first_line(below) != next_code or below.col_offset != marker.column:
            raise self.error(
                marker.line, "a MISTAKE stands above the statement it replaces, indented alike"
            )
        try:
            ast.parse(marker.text)
        except SyntaxError as error:
            raise self.error(marker.line, f"{marker.text!r} is not Python: {error.msg}") from None
        return Mistake(marker.id, marker.text, marker.line, first_line(below), last_line(below))

    def telling(self, body: Sequence[ast.stmt]) -> tuple[str, ...]:
        """Return the lines of code that must not be met elsewhere, without blanks."""
        lines = sorted(telling_lines(body))
        code = (self.code.get(line, "") for line in lines)
        return tuple(dict.fromkeys(text for text in code if len(text) >= TELLING))

    def error(self, line: int, what: str) -> HoleError:
        return HoleError(f"{self.name}, line {line}: {what}")


def compiled(source: str, name: str) -> ast.Module:
    """Return the tree of a program that compiles.

    Raises
    ------
    HoleError
        When it does not, with the line.
    """
    try:
        tree = ast.parse(source)
        compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f", line {line}" if line else ""
        raise HoleError(f"{name}{place}: this does not compile: {error.args[0]}") from None
    return tree
