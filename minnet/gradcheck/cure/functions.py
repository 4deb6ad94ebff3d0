"""The user's own functions that backward runs, and what each had at hand."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import types
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, TypeVar

from minnet.gradcheck.case import Case, CodeError, split_like
from minnet.gradcheck.cure.echoes import expressions_of
from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Edit, bodies_of
from minnet.gradcheck.cure.trial import Trial
from minnet.gradcheck.under_test.crash import is_foreign, is_minnets
from minnet.records import dataclass
from minnet.tracing.running import inside, sources_of
from minnet.tracing.source import Source, exchanged
from minnet.tracing.tracer import traced

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Editable:
    """A function that a pass runs.

    Attributes
    ----------
    source : Source
    tree : ast.FunctionDef
        A copy of its tree, to be edited.
    values : dict of str to anything
        Its local variables when it returned.
    scope : Scope
        What can be written with them.
    ran : frozenset of int
        The lines that ran.
    in_forward : bool
        Whether forward runs it, or defines it.
    ran_in_forward : frozenset of int
        The lines of it that forward runs.
    """

    source: Source
    tree: ast.FunctionDef
    values: dict[str, Any]
    scope: Scope
    ran: frozenset[int]
    in_forward: bool
    ran_in_forward: frozenset[int]

    @contextlib.contextmanager
    def edited(self, edit: Edit) -> Iterator[bool]:
        """Run the block with an edit of the function; gives whether that compiles."""
        with edit.made():
            code = self.source.compiled(self.tree)
        with exchanged({self.source.function: code} if code is not None else {}):
            yield code is not None

    def has_run(self, statement: ast.stmt) -> bool:
        """Whether a statement ran; of a compound one its first line is enough."""
        return not self.ran.isdisjoint(_lines_of(statement))

    def has_run_in_forward(self, statement: ast.stmt) -> bool:
        """Whether forward ran a statement."""
        return not self.ran_in_forward.isdisjoint(_lines_of(statement))


def _lines_of(statement: ast.stmt) -> range:
    last = None if bodies_of(statement) else statement.end_lineno
    return range(statement.lineno, (last or statement.lineno) + 1)


def editable(trial: Trial) -> list[Editable]:
    """Return the user's functions that the passes run, in the order in which they end."""
    own = {code.co_filename for code in map(_code, trial.case.code.values()) if code}
    both, forward, backward = _Watched(own), _Watched(own), _Watched(own)
    with contextlib.suppress(CodeError):
        both.during(trial.passes)
    with contextlib.suppress(CodeError):
        run = forward.during(trial.case.run)
        backward.during(lambda: run.backward(split_like(trial.dout, run.outputs)))
        if not backward.codes:  # one function is both passes
            forward = backward
    found: list[Editable] = []
    for source in {id(s.function.__code__): s for s in sources_of(both.codes)}.values():
        code = source.function.__code__
        values, ran = both.of_all(code)
        tree = copy.deepcopy(source.tree)
        in_forward = id(code) in forward.values
        _, in_it = forward.of_all(code)
        found.append(Editable(source, tree, values, Scope(values), ran, in_forward, in_it))
    forward_computes = expressions_of(one.tree for one in found if one.in_forward)
    for one in found:
        one.scope.forward = {} if one.in_forward else forward_computes
        one.scope.unused = [one.scope.named[n] for n in unread_in(one.tree) if n in one.scope.named]
    return found


def is_own(editable: Editable, case: Case) -> bool:
    """Whether a function is a pass of what a case checks, and not one that others may call."""
    return editable.source.function.__code__ in map(_code, case.code.values())


def unread_in(tree: ast.AST) -> list[str]:
    """Return the names that a function gives to something and never reads."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    return list(dict.fromkeys(node.id for node in names if node.id not in read))


def _code(function: Any) -> types.CodeType | None:
    return getattr(inspect.unwrap(function), "__code__", None)


def _is_library(file: str) -> bool:
    return is_foreign(file) or is_minnets(file)


class _Watched:
    """Which lines of the user's functions run, and their variables at the end.

    By the identity of their codes: those of two files may be equal.
    """

    def __init__(self, own: Collection[str]) -> None:
        # a layer of minnet's that somebody's layer uses is right; its own mistake is looked for
        library = is_foreign if any(map(is_minnets, own)) else _is_library
        self._is_theirs = cache(lambda file: file in own or not library(file))
        self.codes: list[types.CodeType] = []
        self.values: dict[int, dict[str, Any]] = {}
        self.lines: dict[int, set[int]] = {}

    def during(self, call: Callable[[], T]) -> T:
        """Return what a call returns, and note what runs in it."""
        return traced(call, self._note)

    def of_all(self, code: types.CodeType) -> tuple[dict[str, Any], frozenset[int]]:
        """Return variables and lines of some code, and of what is defined inside it."""
        codes = [one for one in (*inside(code), code) if id(one) in self.values]
        values = {name: value for one in codes for name, value in self.values[id(one)].items()}
        return values, frozenset(line for one in codes for line in self.lines[id(one)])

    def _note(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if not self._is_theirs(code.co_filename):
            return None
        if event == "line":
            self.lines.setdefault(id(code), set()).add(frame.f_lineno)
        elif event == "return":
            if id(code) not in self.values:
                self.codes.append(code)
            self.values[id(code)] = dict(frame.f_locals)
            self.lines.setdefault(id(code), set())
        return self._note
