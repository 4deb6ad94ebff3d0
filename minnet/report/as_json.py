"""Results as strict JSON: the one place where they become dicts with string keys."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from minnet.report.results import (
    CaseResult,
    Finding,
    Forward,
    GradientResult,
    Results,
    TargetResult,
)
from minnet.version import __version__


def to_json(results: Results) -> str:
    """Return strict JSON text; a NaN or an infinity is written as null."""
    return json.dumps(to_dict(results), indent=1, allow_nan=False, ensure_ascii=False)


def to_dict(results: Results) -> dict[str, Any]:
    """Return plain data that JSON can hold as it is."""
    data = {
        "minnet": __version__,
        "verdict": results.verdict,
        "seed": results.seed,
        "targets": [_target_data(target) for target in results.targets],
    }
    return _strict(data)  # type: ignore[no-any-return]


def _target_data(target: TargetResult) -> dict[str, Any]:
    data: dict[str, Any] = {"target": target.target, "verdict": target.verdict}
    if target.error:
        data["error"] = target.error
    data["checks"] = [
        {
            "name": check.name,
            "convention": check.convention,
            "verdict": check.verdict,
            "forward": _forward_data(check.forward),
            "cases": [_case_data(case) for case in check.cases],
        }
        for check in target.checks
    ]
    data["skipped"] = [{"name": s.name, "reason": s.reason} for s in target.skipped]
    if target.notes:
        data["notes"] = list(target.notes)
    return data


def _forward_data(forward: Forward) -> dict[str, Any]:
    data: dict[str, Any] = {"verdict": forward.verdict, "against": forward.against or None}
    if forward.reason:
        data["reason"] = forward.reason
    return data


def _case_data(case: CaseResult) -> dict[str, Any]:
    data: dict[str, Any] = {"case": case.case, "verdict": case.verdict}
    if case.findings:
        data["diagnosis"] = [_finding_data(finding) for finding in case.findings]
    if case.notes:
        data["notes"] = list(case.notes)
    data["warnings"] = [_finding_data(finding) for finding in case.warnings]
    data["gradients"] = [_gradient_data(gradient) for gradient in case.gradients]
    return data


def _gradient_data(gradient: GradientResult) -> dict[str, Any]:
    worst = gradient.worst
    data: dict[str, Any] = {
        "wrt": gradient.wrt,
        "shape": gradient.shape,
        "verdict": gradient.verdict,
        "relative_error": gradient.relative_error,
        "error_bar": gradient.error_bar,
        "digits": gradient.digits,
        "elements_checked": gradient.elements_checked,
        "elements_wrong": gradient.elements_wrong,
        "at_kink": gradient.at_kink,
        "worst": None
        if worst is None
        else {
            "index": worst.index,
            "analytic": worst.analytic,
            "numeric": worst.numeric,
            "error_bar": worst.error_bar,
        },
        "diagnosis": [_finding_data(finding) for finding in gradient.diagnosis],
    }
    if gradient.note:
        data["note"] = gradient.note
    if gradient.convention:
        data["convention"] = gradient.convention.replace("{wrt}", gradient.wrt)
    return data


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "message": finding.message, "evidence": finding.evidence}


def _strict(value: Any) -> Any:
    """Return `value` in the types that strict JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_strict(item) for item in value]
    if hasattr(value, "tolist"):  # an array, or a number of NumPy's
        return _strict(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):  # a lone surrogate (an odd file name) is no legal Unicode text
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)
