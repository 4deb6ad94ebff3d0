"""From a solution to what students are given: holes where the solution stood.

A hole is whole statements of one block between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` (see
`markers` for the grammar). It is read with `tokenize` and `ast`, so that nothing depends on how
lines look, and all that could hand out a solution by accident is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from minnet.assignments.hole import Hole, Mistake, Program, compiled
from minnet.assignments.markers import (
    BEGIN,
    END,
    END_TEACHER,
    MISTAKE,
    STUDENT,
    TEACHER,
    HoleError,
    Marker,
    left_over,
    markers,
)

__all__ = ["Hole", "HoleError", "Marked", "Mistake", "read_holes"]


@dataclass(frozen=True)
class Marked:
    """A solution file and its holes.

    Examples
    --------
    >>> marked = read_holes('''def double(x):
    ...     # BEGIN SOLUTION
    ...     # MISTAKE scale: y = 3 * x
    ...     y = x + x
    ...     # END SOLUTION
    ...     return y
    ... ''')
    >>> print(marked.student())
    def double(x):
        # --- your code: double ---
        raise NotImplementedError("double: y")
        # --- end of your code ---
        return y
    >>> "y = 3 * x" in marked.with_mistake(marked.holes[0].mistakes[0])
    True
    """

    name: str
    source: str
    holes: tuple[Hole, ...]
    hidden: tuple[tuple[int, int], ...]

    def student(self) -> str:
        """Return what students are given.

        Raises
        ------
        HoleError
            When it does not compile, or still tells something of a solution.
        """
        text = _replaced(
            self.source,
            [(hole.first, hole.last, _filled(hole)) for hole in self.holes]
            + [(first, last, []) for first, last in self.hidden],
        )
        compiled(text, f"{self.name} without its solution")
        for line in left_over(text):
            shown = text.splitlines()[line - 1].strip()
            raise HoleError(
                f"{self.name}: {shown!r} looks like a marker, and students would see it"
            )
        for told in self.leaks(text):
            raise HoleError(f"{self.name}: students would still see {told}")
        return text

    def without(self, hole: Hole) -> str:
        """Return the solution with one of its holes empty."""
        return _replaced(self.source, [(hole.first, hole.last, _filled(hole))])

    def with_mistake(self, mistake: Mistake) -> str:
        """Return the solution with one of its stated mistakes in it."""
        line = self.source.split("\n")[mistake.first - 1]
        indent = line[: len(line) - len(line.lstrip())]
        return _replaced(
            self.source, [(mistake.first, mistake.last, [indent + mistake.replacement])]
        )

    def retold(self, around: Callable[[Hole], tuple[list[str], list[str]]]) -> str:
        """Return the solution with another tool's markers in place of minnet's own.

        Parameters
        ----------
        around : callable
            ``around(hole)`` returns the lines before its solution, and those behind.
        """
        lines = self.source.split("\n")
        spans = []
        for hole in self.holes:
            before, behind = around(hole)
            own = {marker.line for marker in markers(self.source, self.name)}
            kept = [lines[n - 1] for n in range(hole.first + 1, hole.last) if n not in own]
            spans.append(
                (hole.first, hole.last, [*_indented(before, hole), *kept, *_indented(behind, hole)])
            )
        return _replaced(self.source, spans)

    def leaks(self, text: str) -> list[str]:
        """Return which lines of the solution are met in a text, and from which hole they are.

        >>> body = "    # BEGIN SOLUTION", "    return x @ x.T + 1", "    # END SOLUTION"
        >>> read_holes("\\n".join(["def f(x):", *body])).leaks("hint:   x@x.T   return x @ x.T+1")
        ["'returnx@x.T+1' of the hole f"]
        """
        squeezed = "".join(text.split())
        return [
            f"{line!r} of the hole {hole.name}"
            for hole in self.holes
            for line in hole.telling
            if line in squeezed
        ]


def read_holes(source: str, name: str = "solution.py") -> Marked:
    """Read the holes of a solution.

    Parameters
    ----------
    source : str
        The program: a module, or a script in cells (``# %%``).
    name : str
        What errors call it.

    Returns
    -------
    Marked

    Raises
    ------
    HoleError
        When a marker is none, has no partner, or does not stand around whole statements.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    found = markers(source, name)
    program = Program(source, name)
    holes = [program.hole(group) for group in _groups(found, name, BEGIN, END)]
    hidden = [
        program.hidden(group[0], group[-1]) for group in _groups(found, name, TEACHER, END_TEACHER)
    ]
    return Marked(name, source, tuple(_named_apart(holes)), tuple(hidden))


def _groups(found: Sequence[Marker], name: str, begin: str, end: str) -> Iterator[list[Marker]]:
    """Yield the markers of each hole, or of each part that only teachers see, from begin to end."""
    other = {BEGIN: TEACHER, TEACHER: BEGIN}
    group: list[Marker] = []
    for marker in found:
        where = f"{name}, line {marker.line}"
        if marker.kind == begin:
            if group:
                raise HoleError(f"{where}: the one begun in line {group[0].line} has no end yet")
            group = [marker]
        elif marker.kind == end:
            if not group:
                raise HoleError(f"{where}: this ends what has not begun")
            if marker.id and marker.id != group[0].id:
                raise HoleError(
                    f"{where}: {marker.id!r} does not end {group[0].id or 'this hole'!r}"
                )
            yield [*group, marker]
            group = []
        elif group and marker.kind == other[begin]:
            raise HoleError(f"{where}: this stands in what began in line {group[0].line}")
        elif group:
            group.append(marker)
        elif begin == BEGIN and marker.kind in (MISTAKE, STUDENT):
            raise HoleError(f"{where}: {marker.kind.upper()} stands outside a hole")
    if group:
        raise HoleError(f"{name}, line {group[0].line}: what begins here has no end")


def _filled(hole: Hole) -> list[str]:
    """Return the lines of an empty hole; its borders stay, so that versions can be compared."""
    border = f"# --- your code: {hole.name} ---"
    return _indented([border, *hole.stub, "# --- end of your code ---"], hole)


def _indented(lines: Sequence[str], hole: Hole) -> list[str]:
    return [(hole.indent + line).rstrip() for line in lines]


def _replaced(source: str, spans: Sequence[tuple[int, int, list[str]]]) -> str:
    """Return a text with other lines in place of some: (first, last, the new ones)."""
    lines = source.split("\n")
    for first, last, new in sorted(spans, reverse=True):
        lines[first - 1 : last] = new
    return "\n".join(lines)


def _named_apart(holes: Sequence[Hole]) -> Iterator[Hole]:
    """Yield the holes; a second one of a name gets a number."""
    seen: dict[str, int] = {}
    for hole in holes:
        seen[hole.name] = seen.get(hole.name, 0) + 1
        number = seen[hole.name]
        yield hole if number == 1 else replace(hole, name=f"{hole.name} ({number})")
