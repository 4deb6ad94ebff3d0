"""A derivative by every method as strict JSON."""

from __future__ import annotations

import json
import math
from typing import Any

from minnet.derivative.advice import Advice
from minnet.derivative.compared import Comparison
from minnet.version import __version__


def to_json(found: Comparison, advice: Advice, claim: float | None = None) -> str:
    """Return strict JSON text; a NaN or an infinity is written as null.

    Examples
    --------
    >>> from minnet.derivative.advice import advise
    >>> from minnet.derivative.comparison import compare
    >>> from minnet.derivative.functions import FUNCTIONS
    >>> found = compare(FUNCTIONS["square"], 3.0)
    >>> data = json.loads(to_json(found, advise(found)))
    >>> data["verdict"], data["derivative"], [row["method"] for row in data["methods"]][:2]
    ('pass', 6.0, ['forward', 'backward'])
    """
    estimate = found.estimate
    data = {
        "minnet": __version__,
        "function": found.function.text,
        "x": found.x,
        "value": found.value,
        "derivative": found.reference,
        "exact": found.exact,
        "at_kink": found.at_kink,
        "slopes": list(found.slopes),
        "adaptive": {
            "value": estimate.value, "error_bar": estimate.error_bar, "step": estimate.step
        },
        "methods": [
            {
                "method": row.method,
                "formula": row.formula,
                "step": row.step,
                "value": row.value,
                "absolute_error": row.absolute_error,
                "relative_error": row.relative_error,
            }
            for row in found.rows
        ],
        "claim": claim,
        "verdict": advice.verdict,
        "reason": advice.reason,
        "warnings": [{"code": w.code, "message": w.message} for w in advice.warnings],
    }  # fmt: skip
    return json.dumps(_strict(data), indent=1, allow_nan=False, ensure_ascii=False)


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strict(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
