"""What runs in the passes of a case: functions, and lines in one case and not in another."""

from __future__ import annotations

import ast
import contextlib
import functools
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.called import called_by, name_of
from minnet.gradcheck.under_test.calling import TRIAL_SEED, AdaptedCase
from minnet.gradcheck.under_test.crash import is_foreign
from minnet.records import dataclass
from minnet.report.results import SourceLine
from minnet.tracing.running import functions_of, inside
from minnet.tracing.source import source_of
from minnet.tracing.tracer import traced

#: a file and a line in it
Line = tuple[str, int]
_Held: TypeAlias = dict[types.CodeType, Mapping[str, Any]]


def only_line(there: Sequence[AdaptedCase], elsewhere: Sequence[AdaptedCase]) -> SourceLine | None:
    """Return the one line of backward that computes something in some cases and in no other.

    Parameters
    ----------
    there, elsewhere : sequences of AdaptedCase
        It runs in every one of the former, and in none of the latter.

    Returns
    -------
    SourceLine or None
        None where there is no such line, or more than one.
    """
    functions = called_by(there[0].code.get("backward"), there[0].thing)
    in_all = set.intersection(*(lines_run(case, functions) for case in there))
    found = in_all.difference(*(lines_run(case, functions) for case in elsewhere))
    sources = [source for function in functions if (source := source_of(function)) is not None]
    telling = {
        (source.file, statement.lineno): source
        for source in sources
        for statement in ast.walk(source.tree)
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Return | ast.Expr)
        and (source.file, statement.lineno) in found
        and not _computes_nothing(statement.value)
    }
    if len(telling) != 1:
        return None
    (((file, number), source),) = telling.items()
    return SourceLine(file, number, source.line(number))


@dataclass(frozen=True, eq=False)
class Functions:
    """The user's functions that ran in a pass, however they were found, and what they held.

    Attributes
    ----------
    functions : list of function
    held : dict
        The local variables of each when it returned, by its code.
    """

    functions: list[types.FunctionType]
    held: Mapping[types.CodeType, Mapping[str, Any]]


def functions_run(case: Case) -> tuple[Functions, Functions]:
    """Return the functions that run in forward and in backward, at ones as upstream gradient."""
    held: tuple[_Held, _Held] = ({}, {})
    with contextlib.suppress(CodeError):
        run = traced(case.run, _noting(held[0]))
        upstream = tuple(np.ones_like(out) for out in run.outputs)
        traced(lambda: run.backward(upstream), _noting(held[1]))
    known = sorted(functions_of([*(held[0] | held[1])]), key=name_of)
    first, second = (Functions([f for f in known if f.__code__ in h], h) for h in held)
    return first, second


def _noting(held: _Held) -> Callable[..., Any]:
    """Return what notes the user's functions that run, and their variables, as by a tracer."""
    users = functools.cache(lambda file: not is_foreign(file))

    def note(frame: types.FrameType, event: str, arg: Any) -> Any:
        if not users(frame.f_code.co_filename):
            return None
        frame.f_trace_lines = False
        if event == "return":
            held[frame.f_code] = dict(frame.f_locals)
        return note

    return note


def lines_run(case: AdaptedCase, functions: Iterable[types.FunctionType]) -> set[Line]:
    """Return the lines of some functions that run in the backward pass of a case."""
    outermost = [function.__code__ for function in functions]
    codes = {*outermost, *(inner for code in outermost for inner in inside(code))}
    lines: set[Line] = set()

    def trace(frame: types.FrameType, event: str, arg: Any) -> Any:
        if frame.f_code not in codes:
            return None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    rng = np.random.default_rng(TRIAL_SEED)
    with contextlib.suppress(CodeError):
        run = case.run()
        upstream = tuple(rng.standard_normal(out.shape).astype(out.dtype) for out in run.outputs)
        traced(lambda: run.backward(upstream), trace)
    return lines


def _computes_nothing(value: ast.expr | None) -> bool:
    """Return whether an expression only names what is there: dx, (dx, dw), None."""
    if isinstance(value, ast.Tuple):
        return all(map(_computes_nothing, value.elts))
    return value is None or isinstance(value, ast.Name | ast.Constant | ast.Attribute)
