"""Point at the user's own line, and say in words what to look for there.

The solution is never written out: minnet is used in coursework.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.spellings import INPUT_GRADIENTS, gradient_names
from minnet.report.results import Finding, SourceLine

#: what to look for, by code
HINTS: dict[str, str] = {
    "missing": "return a gradient for every variable, in the order of forward's arguments",
    "zero": "the gradient is made as zeros and never filled, or filled through a mask of zeros",
    "sign": "look for a minus that is missing or one too many, or a difference turned round",
    "transpose": "write the shapes of both factors beside the product, with letters, not numbers: "
    "a square matrix hides an exchanged axis",
    "flip": "an axis is read backwards: look for [::-1], np.flip or a rotated kernel",
    "permuted": "undo the steps of forward in reverse order: a transpose is undone by the inverse "
    "transpose, and reshape never moves an axis",
    "swapped": "the gradients are returned in the order of forward's arguments; look at the return",
    "upstream_ignored": "this is the local derivative alone: what is done with dout?",
    "nonlinear_upstream": "dout may be multiplied and added up, nothing else: look for dout in a "
    "comparison, a function, or a product with itself",
    "local_derivative_missing": "differentiate forward by hand at one element: the result is the "
    "factor that dout has to be multiplied by",
    "local_derivative_of_input": "a derivative is often written with the output y (like y*(1 - y)) "
    "or with the input x: check which of the two the formula means, and which the cache holds",
    "wrong_factor": "write the derivative of this one product by hand and compare it factor by "
    "factor, with what the cache holds under each name",
    "jacobian_diagonal": "sum over every output that the element moves: dx[i] is the sum over j of "
    "dout[j] * dy[j]/dx[i], not the term j = i alone",
    "jacobian_transposed": "dx = dout @ J for rows: a matrix is transposed, a kernel turned round, "
    "an angle negative, a spectrum conjugated",
    "truncated_time": "keep the gradient of the state outside the loop, and add it to that of the "
    "output at the step before",
    "wrong_carry": "look at the line that makes the gradient of the state for the step before: it "
    "is that of forward's step, through every path of the state",
    "wrong_axis": "compare the axis (and keepdims) of each sum, mean and product in backward with "
    "that of its twin in forward",
    "extra_term": "look for a term that only one of the two passes has, or that has another factor "
    "there",
    "overwritten": "forward uses the same element several times, and every use adds to its "
    "gradient; an assignment keeps the last one only",
    "one_sample": "every sample of the batch adds to this gradient: look for = in a loop over the "
    "batch, or for an index like [0]",
    "statistic_constant": "the statistic was computed from the input, so the input moves it too: "
    "draw the graph, and add up what flows back along every arrow that leaves x",
    "weight_decay": "a regularisation term belongs in both passes, with the factor that its "
    "derivative has",
    "region": "the other places are right: what does the code do differently in these?",
    "precision": "look for an array made with another dtype, or an astype",
    "new_random_numbers": "draw once, in forward, and keep what was drawn for backward",
    "accumulates": "start from a new array at each call instead of adding to the old one",
    "stale_cache": "what backward uses has to be kept by the forward pass it belongs to",
}
#: what a statement that holds this mistake may look like; the first that matches is shown
LOOKS = {
    "transpose": r"\.T\b|transpose|swapaxes|@|dot|einsum|matmul",
    "flip": r"::\s*-1|flip|rot90",
    "permuted": r"reshape|transpose|swapaxes|ravel|order=",
    "sign": r"-",
    "scale": r"/|mean|\b\d|\*",
    "zero": r"zeros",
    "one_sample": r"\[\s*-?\d+",
    "weight_decay": r"\+",
    "precision": r"float32|float16|dtype|astype|half|single",
    "region": r"\[|where|<|>|clip",
    "upstream_ignored": r"=",
}


def with_hint(finding: Finding, case: Case, wrt: str) -> Finding:
    """Add to a finding the line that most likely holds the mistake, and what to look for."""
    line = finding.line
    if line is None and finding.code not in ("crash", "not_implemented"):
        line = likely_line(case, wrt, finding.code)
    return replace(finding, line=line, hint=finding.hint or HINTS.get(finding.code, ""))


def likely_line(case: Case, wrt: str, code: str) -> SourceLine | None:
    """Return the line of backward that most likely holds the mistake.

    Parameters
    ----------
    case : Case
        Its ``code["backward"]`` is looked at.
    wrt : str
        The variable whose gradient is wrong.
    code : str
        The diagnosis.

    Returns
    -------
    SourceLine or None
        None where there is no source, or nothing to choose by.
    """
    source = _source(case.code.get("backward"))
    if source is None:
        return None
    places = list(_statements_for(source, case, wrt))
    if not places:
        return None
    if code not in ("local_derivative_missing", "missing", "zero"):
        places = [p for p in places if not _computes_nothing(p.node)] or places
    chosen = _overwriting(places) if code in ("overwritten", "one_sample") else None
    if code in ("swapped", "missing"):
        chosen = next((p for p in reversed(places) if isinstance(p.node, ast.Return)), None)
    if chosen is None and code in LOOKS:
        chosen = next((p for p in places if re.search(LOOKS[code], source.text(p.node))), None)
    if chosen is None and code == "one_sample":  # a loop that runs too short
        chosen = next((_Place(p.loops[0], ()) for p in places if p.loops), None)
    if chosen is None:
        chosen = next(
            (p for p in reversed(places) if not isinstance(p.node, ast.Return)), places[-1]
        )
    text = source.text(chosen.node).splitlines()[0].strip()
    return SourceLine(source.file, source.first + chosen.node.lineno - 1, text)


def _computes_nothing(statement: ast.stmt) -> bool:
    """Return whether a statement only gives a name to what is there: dx = dout, dx = None."""
    return isinstance(statement, ast.Assign) and isinstance(
        statement.value, ast.Name | ast.Constant
    )


# --- the user's source --------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    file: str
    first: int
    code: str
    function: ast.FunctionDef

    def text(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.code, node) or ""


@dataclass(frozen=True)
class _Place:
    """A statement that computes the gradient, and the loops it stands in, outermost first."""

    node: ast.stmt
    loops: tuple[ast.stmt, ...]


def _source(function: Callable[..., Any] | None) -> _Source | None:
    if function is None:
        return None
    try:
        lines, first = inspect.getsourcelines(function)
        file = inspect.getsourcefile(function) or ""
        code = textwrap.dedent("".join(lines))
        tree = ast.parse(code)
    except (OSError, TypeError, SyntaxError):
        return None
    body = tree.body[0] if tree.body else None
    if not isinstance(body, ast.FunctionDef):
        return None
    return _Source(file, first, code, body)


def _statements_for(source: _Source, case: Case, wrt: str) -> Iterator[_Place]:
    """Yield the statements that compute the gradient of `wrt`, in the order of the source."""
    names = _names_of_gradient(source, case, wrt)
    for statement, loops in _walk(source.function.body, ()):
        if isinstance(statement, ast.Return):
            if statement.value is not None:
                yield _Place(statement, loops)
        elif any(_target(target) in names for target in _targets(statement)):
            yield _Place(statement, loops)


def _walk(
    body: list[ast.stmt], loops: tuple[ast.stmt, ...]
) -> Iterator[tuple[ast.stmt, tuple[ast.stmt, ...]]]:
    for statement in body:
        yield statement, loops
        inner = (*loops, statement) if isinstance(statement, ast.For | ast.While) else loops
        for field in ("body", "orelse"):
            yield from _walk(getattr(statement, field, []), inner)


def _names_of_gradient(source: _Source, case: Case, wrt: str) -> set[str]:
    """Return the names under which the gradient of `wrt` may be computed in the source."""
    short = wrt.rsplit(".", 1)[-1].removeprefix("input ")
    names = {*gradient_names(short), *gradient_names(f"{short}s")}
    keys = {repr(key) for key in (short, *gradient_names(short))}
    names |= {f"self.{name}" for name in names} | keys
    inputs = [name for name in case.variables if not _is_attribute(source, name)]
    if wrt in inputs:
        place = inputs.index(wrt)
        for node in ast.walk(source.function):
            if isinstance(node, ast.Return) and node.value is not None:
                value = node.value
                items = value.elts if isinstance(value, ast.Tuple) else [value]
                if place < len(items):
                    names.add(_target(_inner(items[place])))
    if wrt in case.inputs:
        names |= {f"self.{name}" for name in INPUT_GRADIENTS}
    related = {f"{name}_{tail}" for name in names for tail in ("pad", "padded", "flat", "p")}
    names |= related | {f"{name}pad" for name in names}
    return (names | _cut_from(source, names)) - {"", "self"}


def _cut_from(source: _Source, names: set[str]) -> set[str]:
    """Return the arrays that one of `names` is a mere part or view of: dxp in dx = dxp[1:-1]."""
    given = {argument.arg for argument in source.function.args.args}
    found = set()
    for statement, _ in _walk(source.function.body, ()):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Subscript):
            root = _inner(statement.value)
            if isinstance(root, ast.Name) and root.id not in given:
                found |= {root.id for t in _targets(statement) if _target(t) in names}
    return found


def _is_attribute(source: _Source, name: str) -> bool:
    return any(f"self.{spelled}" in source.code for spelled in (name, *gradient_names(name)))


def _inner(node: ast.expr) -> ast.expr:
    """Return what a chain of methods and indices is applied to: dx in dx.reshape(n)[0]."""
    while True:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return node


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        found: list[ast.expr] = []
        for target in statement.targets:
            found += target.elts if isinstance(target, ast.Tuple) else [target]
        return found
    if isinstance(statement, ast.AugAssign):
        return [statement.target]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return statement.value.args[:1]  # np.add.at(dx, ...), np.put_along_axis(dx, ...)
    return []


def _target(node: ast.expr) -> str:
    """Return the name that a target assigns to: dW, self.dW, or 'W' in grads['W']."""
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return repr(node.slice.value)
        return _target(node.value)
    if isinstance(node, ast.Attribute):
        return f"{_target(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _overwriting(places: list[_Place]) -> _Place | None:
    """Return the assignment, deepest in loops, that replaces where it should add."""
    plain = [p for p in places if isinstance(p.node, ast.Assign) and p.loops]
    return max(plain, key=lambda p: len(p.loops), default=None)
