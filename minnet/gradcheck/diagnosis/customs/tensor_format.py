"""A library that computes in single precision unless it is told otherwise."""

from __future__ import annotations

import ast

import numpy as np

from minnet.gradcheck.case import Case
from minnet.gradcheck.diagnosis.customs.neighbours import file_of, tree_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.measure.bars import ROUNDING, rounding
from minnet.report.results import GradientResult

OF_TENSORS = (
    "The gradient of {wrt} is right to the 7 digits of float32, the format that the library's own "
    "tensors have unless they are told otherwise: a convention."
)
OF_THE_FILE = (
    "The gradient of {wrt} is right to the 7 digits of float32, the format in which this file "
    "makes arrays in forward passes, too: a convention."
)
_FLOAT32 = ("f", "f4", "float32")


def in_the_format_of_tensors(evidence: Evidence, result: GradientResult) -> str:
    """Off by what float32 rounds, where that is the library's format."""
    return in_its_format(evidence)


def in_its_format(evidence: Evidence) -> str:
    """Return by which format a gradient is right that rounds so, in words: a sum may be exacter."""
    if evidence.contract or evidence.analytic is None:
        return ""
    a, known = evidence.a, evidence.known
    size, lost = float(np.abs(a).max(initial=0.0)), ROUNDING * rounding(np.float32)
    apart = np.abs(a - evidence.numeric)[known]
    if not known.any() or np.any(apart > lost * size + evidence.bar[known]):
        return ""
    if evidence.case.in_tensors:
        return OF_TENSORS
    return OF_THE_FILE if _is_in_float32(evidence.case) else ""


def _is_in_float32(case: Case) -> bool:
    """Return whether the file of a case asks for float32 in backward, and in forward passes."""
    file = file_of(case.code.get("backward"))
    functions = [] if file is None else ast.walk(tree_of(file))
    asking = {f.name for f in functions if isinstance(f, ast.FunctionDef) and _asks(f)}
    own = getattr(case.code.get("backward"), "__name__", "")
    return own in asking and any("forward" in name for name in asking)


def _asks(function: ast.FunctionDef) -> bool:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    given = [kw.value for call in calls for kw in call.keywords if kw.arg == "dtype"]
    cast = [call for call in calls if getattr(call.func, "attr", "") == "astype"]
    given += [argument for call in cast for argument in call.args[:1]]
    return any(_name_of(value) in _FLOAT32 for value in given)


def _name_of(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    return value.attr if isinstance(value, ast.Attribute) else ""
