"""A walk as data: the schema ``minnet/trace/1``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minnet.steps.pairs import Pair
from minnet.steps.walk import Place, Walk
from minnet.tracing.terms import Terms
from minnet.tracing.trace import Operation, Value

SCHEMA = "minnet/trace/1"


def to_json(walk: Walk, at: Place | None = None) -> str:
    """Return a walk as JSON.

    Parameters
    ----------
    walk : Walk
    at : Place, optional
        A number whose terms are told as well.

    Returns
    -------
    str
        What no number stands for (nan, an infinity) is null.
    """
    return json.dumps(as_data(walk, at), ensure_ascii=False, indent=1)


def as_data(walk: Walk, at: Place | None = None) -> dict[str, Any]:
    """Return a walk as dicts, lists, strings and numbers."""
    names = [value.name for value in walk.trace.values]
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "name": walk.name,
        "case": walk.description,
        "verdict": walk.verdict,
        "values": [_value(value) for value in walk.trace.values],
        "operations": [_operation(op, names) for op in walk.trace.operations],
        "pairs": [_pair(pair) for pair in walk.pairs],
        "formulas": dict(walk.formulas),
    }
    if walk.line is not None:
        found["first_wrong"] = {**asdict(walk.line), "file": Path(walk.line.file).name}
    if walk.message:
        found["message"] = walk.message
    if walk.trace.lost:
        found["not_followed"] = walk.trace.lost
    if walk.passes.crash is not None:
        found["stopped"] = str(walk.passes.crash)
    if at is not None:
        found["terms"] = _terms(walk.terms(at), names)
    return found


def _value(value: Value) -> dict[str, Any]:
    return {
        "name": value.name,
        "shape": list(value.shape),
        "role": value.role,
        "phase": value.phase,
        "line": value.line or None,
        "data": numbers(value.data),
    }


def _operation(operation: Operation, names: list[str]) -> dict[str, Any]:
    return {
        "phase": operation.phase,
        "file": Path(operation.file).name,
        "line": operation.line,
        "text": operation.text,
        "function": operation.function,
        "loop": dict(operation.loop),
        "inputs": [names[number] for number in operation.inputs],
        "outputs": [names[number] for number in operation.outputs],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    found: dict[str, Any] = {"value": pair.value.name, "gradient": pair.gradient.name}
    if pair.expected is not None:
        found["expected"] = numbers(pair.expected)
        found["by"] = "chain rule" if pair.bar is None else "measured"
    if pair.bar is not None:
        found["error_bar"] = numbers(pair.bar)
    if pair.verdict:
        found |= {"verdict": pair.verdict, "codes": list(pair.codes)}
    return found


def _terms(terms: Terms, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"of": terms.of, "value": numbers(terms.value), "how": terms.how}
    if terms.same_as:
        found["same_as"] = terms.same_as
    found["terms"] = [
        {
            "text": term.text,
            "value": numbers(term.value),
            "from": [{"name": names[number], "flat": flat} for number, flat in term.feeds],
        }
        for term in terms.terms
    ]
    return found


def numbers(data: Any) -> Any:
    """Return numbers as JSON has them.

    >>> numbers(np.array([1.0, np.nan]))
    [1.0, None]
    """
    if isinstance(data, Mapping):
        return {key: numbers(item) for key, item in data.items()}
    if isinstance(data, np.ndarray):
        data = data.tolist()
    if isinstance(data, list):
        return [numbers(item) for item in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
