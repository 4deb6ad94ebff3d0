"""What the contract stage finds, and the small tools that its questions share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, Run, split_like
from minnet.gradcheck.verdict.claims import as_array, as_gradients
from minnet.report.results import Finding, Verdict

#: two results of one computation differ by less than this, relative to their size
SAME = 1e-9

Gradients = dict[str, Array]


@dataclass
class Contract:
    """What was found before the numbers.

    Attributes
    ----------
    stopped : Verdict or None
        The verdict on the whole case where no gradient can be judged.
    findings : list of Finding
        Why it stopped.
    warnings : list of Finding
        Faults that leave the gradients as they are.
    gradients : dict of str to list of Finding
        Faults of single gradients; each of them is a failure.
    suspicions : dict of str to list of Finding
        What would explain a gradient that the numbers show to be wrong.
    raw : dict of str to anything
        What backward returned for `weight`.
    weight : array (m,)
        The upstream gradient, flat.
    floor : dict of str to float
        Gradients below this are zero but for round-off.
    """

    stopped: Verdict | None = None
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    gradients: dict[str, list[Finding]] = field(default_factory=dict)
    suspicions: dict[str, list[Finding]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    weight: Array = field(default_factory=lambda: np.zeros(0))
    floor: dict[str, float] = field(default_factory=dict)

    def stop(self, finding: Finding) -> None:
        """Note what leaves no gradient to judge."""
        verdicts: dict[str, Verdict] = {"not_implemented": "not_implemented", "crash": "error"}
        self.stopped = verdicts.get(finding.code, "fail")
        self.findings.append(finding)

    def blame(self, names: Iterable[str], code: str, message: str, **facts: Any) -> None:
        """Add the finding to each of the named gradients."""
        for name in names:
            found = Finding(code, message.replace("{wrt}", name), facts)
            self.gradients.setdefault(name, []).append(found)


def claimer(case: Case) -> Callable[[Array], Gradients]:
    def claim(weight: Array) -> Gradients:
        return gradients_of(case, case.run(), weight)

    return claim


def gradients_of(case: Case, run: Run, weight: Array) -> Gradients:
    """Return the gradients that backward gives after `run` for the flat upstream `weight`."""
    return as_gradients(copied(run.backward(split_like(weight, run.outputs))), case.variables)


def copied(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {n: None if value is None else as_array(value).copy() for n, value in raw.items()}


def other_values(case: Case, rng: np.random.Generator) -> Gradients:
    """Return quite other values out of the same domain: shuffled, and a little stretched."""
    return {
        name: (rng.permutation(x.ravel()).reshape(x.shape) * rng.uniform(0.7, 1.3, x.shape)).astype(
            x.dtype
        )
        for name, x in case.variables.items()
    }


def close(a: Array, b: Array, share: float = SAME, floor: float = 0.0) -> bool:
    limit = share * float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))) + floor
    return bool(np.array_equal(a, b, equal_nan=True) or np.all(np.abs(a - b) <= limit))


def same_raw(a: Any, b: Any) -> bool:
    if b is None or np.shape(a) != np.shape(b):
        return False
    kinds = {np.asarray(a).dtype.kind, np.asarray(b).dtype.kind}
    return "O" in kinds or bool(np.array_equal(a, b, equal_nan=kinds <= set("fc")))


def distance(a: Array, b: Array) -> float:
    """Return the largest difference between two arrays."""
    return float(np.abs(a - b).max(initial=0.0))
