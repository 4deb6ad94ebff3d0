"""For tests: ``assert check_layer(MyLayer(), x)`` fails with the report below the traceback.

pytest loads this by itself where minnet is installed. Below a failed assertion it shows the
reports that the assertion asks and that did not pass, as far as the failing line tells which
they are; and it names parametrised reports by their layer and case.
"""

from __future__ import annotations

import ast
import dis
import linecache
import sys
import traceback
from collections.abc import Generator, Iterator
from types import CodeType, FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from minnet.report.report import Report

#: how pytest begins the names of what it keeps of an assertion's parts
KEPT = "@py_assert"
#: what has names of its own: a variable of the same name outside is not meant
SCOPES = (ast.Lambda, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


def pytest_make_parametrize_id(config: Any, val: object, argname: str) -> str | None:
    """Name a report in the list of tests by what was checked, not by its number."""
    report_class = _report_class()
    if report_class is None or not isinstance(val, report_class):
        return None
    names = [f"{check.name} {case.case}" for check in val.checks for case in check.cases]
    return names[0] if names else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Generator[None, Any, Any]:
    """Add the reports that failed the assertion to what pytest shows."""
    outcome = yield
    if outcome.failed and call.excinfo is not None and call.excinfo.errisinstance(AssertionError):
        for report in refused(call.excinfo.tb):
            outcome.sections.append(("minnet", str(report)))
    return outcome


def refused(trace: TracebackType) -> list[Report]:
    """Return the reports that a failed assertion asked and that did not pass.

    Parameters
    ----------
    trace : traceback
        Of an AssertionError.

    Returns
    -------
    list of Report
        Empty where none can be seen: within ``all(...)``, say, or in a file whose assertions
        pytest does not rewrite.
    """
    report_class = _report_class()
    if report_class is None:
        return []
    *_, (frame, line) = traceback.walk_tb(trace)
    asked = [value for value in _asked(frame, line) if isinstance(value, report_class)]
    return list({id(report): report for report in asked if not report}.values())


def _report_class() -> type[Report] | None:
    """Return the class of reports; None as long as nobody has imported it."""
    module = sys.modules.get("minnet.report.report")
    return None if module is None else module.Report


def _asked(frame: FrameType, line: int) -> Iterator[Any]:
    """Yield what the variables of the failed assertion hold, and what pytest has kept of it."""
    if "__unittest" in frame.f_globals:  # assertTrue(report): what it was given
        yield from list(frame.f_locals.values())
    elif statement := _assertion(frame, line):
        known = {**frame.f_globals, **frame.f_locals}
        names = [*_variables(statement.test), *_kept(frame.f_code, statement)]
        yield from (known[name] for name in names if name in known)


def _assertion(frame: FrameType, line: int) -> ast.Assert | None:
    """Return the assert statement that a frame's line is part of, if it is of one."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or line):
            return node
    return None


def _variables(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _variables(child)


def _kept(code: CodeType, statement: ast.Assert) -> Iterator[str]:
    """Yield the names under which pytest keeps the parts of this assertion, not of another."""
    for instruction in dis.get_instructions(code):
        line = instruction.positions.lineno if instruction.positions else None
        if line is not None and statement.lineno <= line <= (statement.end_lineno or line):
            used = instruction.argval
            for name in used if isinstance(used, tuple) else (used,):
                if isinstance(name, str) and name.startswith(KEPT):
                    yield name
