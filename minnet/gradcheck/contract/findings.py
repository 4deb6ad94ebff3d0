"""What the contract stage finds, and the small tools that its questions share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array, same_numbers
from minnet.gradcheck.case import Case, Run, split_like
from minnet.gradcheck.measure.groups import MANY
from minnet.gradcheck.verdict.claims import Claims, as_array, as_gradients
from minnet.records import dataclass, field
from minnet.report.results import Finding, SourceLine, Verdict

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
    raw : dict of str to anything
        What backward returned for `dout`.
    dout : array (m,)
        The upstream gradient, flat.
    ran : tuple of Run and bool, or None
        The first forward pass, and whether it is slow.
    remembers : bool
        Whether a call may leave something behind that the next one depends on.
    right_elsewhere : bool
        Whether the gradients were seen to be right at quite other values.
    """

    stopped: Verdict | None = None
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    gradients: dict[str, list[Finding]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    dout: Array = field(default_factory=lambda: np.zeros(0))
    ran: tuple[Run, bool] | None = None
    remembers: bool = True
    right_elsewhere: bool = False

    def stop(self, finding: Finding, verdict: Verdict | None = None) -> None:
        """Note what leaves no gradient to judge."""
        verdicts: dict[str, Verdict] = {"not_implemented": "not_implemented", "crash": "error"}
        self.stopped = verdict or verdicts.get(finding.code, "fail")
        self.findings.append(finding)

    def blame(
        self,
        names: Iterable[str],
        code: str,
        message: str,
        line: SourceLine | None = None,
        **facts: Any,
    ) -> None:
        """Add the finding to each of the named gradients."""
        for name in names:
            found = Finding(code, message.replace("{wrt}", name), facts, line=line)
            self.gradients.setdefault(name, []).append(found)


@dataclass(frozen=True, eq=False)
class Examination:
    """What a question of the contract is put to: both passes have run once, and gave `given`."""

    claims: Claims
    contract: Contract
    given: Gradients
    rng: np.random.Generator

    @property
    def case(self) -> Case:
        return self.claims.probe.case

    @property
    def dout(self) -> Array:
        """The upstream gradient, flat."""
        return self.contract.dout

    def claimed(self, run: Run, dout: Array | None = None) -> Gradients:
        """Return the gradients that backward gives after `run`, by default for `self.dout`."""
        upstream = split_like(self.dout if dout is None else dout, run.outputs)
        return as_gradients(run.backward(upstream), self.case.variables)

    def same(self, name: str, one: Array, other: Array) -> bool:
        """Return whether two gradients of a variable are the same, but for round-off."""
        if same_numbers(one, other):
            return True
        apart, precision = np.abs(one - other), self.claims.probe.precision
        allowed = np.maximum(precision.round_off(one), precision.round_off(other))
        # Only what is more than forward's round-off calls for measuring that of backward.
        return bool(np.all(apart <= allowed) or np.all(apart <= self.claims.slack(name, self.dout)))


def arrays_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {n: None if value is None else as_array(value) for n, value in raw.items()}


def other_values(case: Case, rng: np.random.Generator) -> Gradients:
    """Return quite other values out of the same domain: shuffled, and a little stretched."""
    return {
        name: (_shuffled(x.ravel(), rng).reshape(x.shape) * rng.uniform(0.7, 1.3, x.shape)).astype(
            x.dtype
        )
        for name, x in case.variables.items()
    }


def _shuffled(x: Array, rng: np.random.Generator) -> Array:
    """Return the numbers of a vector in other places; many, which takes long, turned round."""
    return rng.permutation(x) if x.size <= MANY else np.roll(x, rng.integers(1, x.size))


def same_raw(a: Any, b: Any) -> bool:
    if b is None or np.shape(a) != np.shape(b):
        return False
    kinds = {np.asarray(a).dtype.kind, np.asarray(b).dtype.kind}
    if "O" in kinds or np.array_equal(a, b):
        return True
    return kinds <= set("fc") and bool(np.array_equal(a, b, equal_nan=True))
