"""``dx[p:-p]`` with p = 0: the end is -0, which is 0, and the slice is empty."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence

from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.called import called_by
from minnet.records import dataclass
from minnet.report.results import SourceLine
from minnet.tracing.source import Source, exchanged, source_of

#: a slice of the user's that ends at a negated name, and where it stands
Place = tuple[Source, ast.Slice]


@dataclass(frozen=True)
class EmptySlice:
    """A slice that is empty where its end, a negated name, is 0: its line, its text, the name."""

    line: SourceLine
    text: str
    end: str


def empty_slice(case: Case, is_cured: Callable[[], bool]) -> EmptySlice | None:
    """Return the first of the slices that are empty in a case, because their negated end is 0.

    It is tried: read as reaching to the end, as they are meant, they make the gradient right.

    Parameters
    ----------
    case : Case
        One in which the gradient is wrong.
    is_cured : callable
        Whether it is right there, with the code as it is when this is called.

    Returns
    -------
    EmptySlice or None
        None where that does not cure it.
    """
    functions = called_by(case.code.get("backward"), getattr(case, "thing", None))
    sources = [source for function in functions if (source := source_of(function)) is not None]
    places = [(source, node) for source in sources for node in _from_both_ends(source)]
    lines = {(source.file, node.lineno): None for source, node in places}
    alone = [[(s, n) for s, n in places if (s.file, n.lineno) == line] for line in lines]
    for tried in [*alone, places] if places else []:
        if _with_ends(tried, is_cured):
            source, node = tried[0]
            line = SourceLine(source.file, node.lineno, source.line(node.lineno))
            end = source.segment(node.upper).lstrip("- ") if node.upper else ""
            return EmptySlice(line, source.segment(node), end)
    return None


def _from_both_ends(source: Source) -> Iterator[ast.Slice]:
    """Yield the slices that end at a negated name: p:-p, and :-self.pad."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Slice) and _is_negated(node.upper):
            yield node


def _is_negated(end: ast.expr | None) -> bool:
    if not isinstance(end, ast.UnaryOp) or not isinstance(end.op, ast.USub):
        return False
    return not isinstance(end.operand, ast.Constant)


def _with_ends(places: Sequence[Place], is_cured: Callable[[], bool]) -> bool:
    """Return whether the gradient is right with ``-p or None`` in the place of each end ``-p``."""
    codes = {}
    for source in {id(source): source for source, _ in places}.values():
        at = {(n.lineno, n.col_offset) for found, n in places if found is source}
        code = source.compiled(_ToTheEnd(at).visit(copy.deepcopy(source.tree)))
        if code is None:
            return False
        codes[source.function] = code
    with exchanged(codes):
        return is_cured()


class _ToTheEnd(ast.NodeTransformer):
    """Has slices at some places reach to the end where their negated end is 0."""

    def __init__(self, at: set[tuple[int, int]]) -> None:
        self.at = at

    def visit_Slice(self, node: ast.Slice) -> ast.Slice:
        self.generic_visit(node)
        if (node.lineno, node.col_offset) in self.at and node.upper is not None:
            to_the_end = ast.copy_location(ast.Constant(None), node.upper)
            either = ast.BoolOp(ast.Or(), [node.upper, to_the_end])
            node.upper = ast.copy_location(either, node.upper)
        return node
