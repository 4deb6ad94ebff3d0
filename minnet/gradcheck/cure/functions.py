"""The user's own functions that backward runs, and what each had at hand."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import sys
import types
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from minnet.gradcheck.case import CodeError
from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import bodies_of
from minnet.gradcheck.cure.trial import Trial
from minnet.tracing.source import Source, source_of


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
    """

    source: Source
    tree: ast.FunctionDef
    values: dict[str, Any]
    scope: Scope
    ran: frozenset[int]

    def has_run(self, statement: ast.stmt) -> bool:
        """Whether a statement ran; of a compound one its first line is enough."""
        last = statement.lineno
        if not bodies_of(statement):
            last = statement.end_lineno or last
        return not self.ran.isdisjoint(range(statement.lineno, last + 1))


def editable(trial: Trial) -> list[Editable]:
    """Return the user's functions that the passes run, backward itself first."""
    passes = list(_defined(trial.case.code))
    codes = {function.__code__: function for function in _around(passes)}
    with _Watching(codes) as seen, contextlib.suppress(CodeError):
        trial.passes()
    found = []
    first = [trial.case.code.get("backward"), *passes]
    for code in sorted(seen.values, key=lambda it: codes[it] not in first):
        if (source := source_of(codes[code])) is not None:
            values, ran = seen.values[code], frozenset(seen.lines[code])
            tree = copy.deepcopy(source.tree)
            found.append(Editable(source, tree, values, Scope(values), ran))
    return found


def _defined(code: dict[str, Any]) -> Iterator[types.FunctionType]:
    for function in code.values():
        function = inspect.unwrap(getattr(function, "__func__", function))
        if isinstance(function, types.FunctionType):
            yield function


def _around(functions: list[types.FunctionType]) -> Iterator[types.FunctionType]:
    """Yield the functions and methods of the files that some functions stand in."""
    files = {function.__code__.co_filename for function in functions}
    yield from functions
    seen: set[int] = set()
    for function in functions:
        if id(function.__globals__) in seen:
            continue
        seen.add(id(function.__globals__))
        for value in list(function.__globals__.values()):
            members = list(vars(value).values()) if inspect.isclass(value) else [value]
            for member in members:
                member = getattr(member, "__func__", getattr(member, "fget", member))
                inner = inspect.unwrap(member) if callable(member) else None
                if isinstance(inner, types.FunctionType) and inner.__code__.co_filename in files:
                    yield inner


class _Watching:
    """Notes which lines of some functions run in the block, and the local variables at the end."""

    def __init__(self, codes: Container[types.CodeType]) -> None:
        self._codes = codes
        self.values: dict[types.CodeType, dict[str, Any]] = {}
        self.lines: dict[types.CodeType, set[int]] = {}

    def __enter__(self) -> _Watching:
        self._before = sys.gettrace()
        sys.settrace(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _note(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if code not in self._codes:
            return None
        if event == "line":
            self.lines.setdefault(code, set()).add(frame.f_lineno)
        elif event == "return":
            self.values[code] = dict(frame.f_locals)
            self.lines.setdefault(code, set())
        return self._note
