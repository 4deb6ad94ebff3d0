"""What a check found, as plain frozen data. Text, pages and JSON are made of it elsewhere.

A `Report` holds targets (a file, a layer), a target holds checks (a function pair, a class),
a check holds cases, a case holds one result for each gradient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array

Verdict = Literal["pass", "fail", "inconclusive", "not_implemented", "error"]

#: two numbers that are equal but for their own rounding differ by less than this share
ROUNDED = 1e-12
#: digits, of the largest, to which two distances are compared: round-off breaks no ties
TIED = 6
#: from best to worst
VERDICTS: tuple[Verdict, ...] = ("pass", "inconclusive", "not_implemented", "fail", "error")


def worst_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of several verdicts ("pass" for none).

    >>> worst_of(["pass", "fail", "inconclusive"])
    'fail'
    """
    return max(verdicts, key=VERDICTS.index, default="pass")


@dataclass(frozen=True)
class SourceLine:
    """One line of the user's own code."""

    file: str
    number: int
    text: str


@dataclass(frozen=True)
class Factor:
    """A constant factor: analytic = value × numeric, where ``value ± error`` fits every element."""

    value: float
    error: float = 0.0

    def near(self, other: float, slack: float = 0.0) -> bool:
        """Return whether the factor may be `other`."""
        return abs(self.value - other) <= self.error + slack + ROUNDED * abs(other)


@dataclass(frozen=True)
class Finding:
    """A diagnosis or a warning: its code, the sentence for the user, and what it rests on.

    Attributes
    ----------
    code, message : str
    facts : dict
        The numbers behind the sentence, JSON-able; for the reader, nothing is decided by them.
    line : SourceLine, optional
        The user's own line that it is about.
    hint : str
        What to try.
    where : str
        Which elements are wrong, in words.
    factor : Factor, optional
        How many times the right gradient it is.
    about : tuple
        What the finding is about: axes, a variable, a rule. It has to be the same where the
        finding is confirmed, or told only once.
    """

    code: str
    message: str
    facts: dict[str, Any] = field(default_factory=dict)
    line: SourceLine | None = None
    hint: str = ""
    where: str = ""
    factor: Factor | None = None
    about: tuple[Any, ...] = ()

    @property
    def evidence(self) -> dict[str, Any]:
        """Everything beside code and message as one dict, as JSON has it."""
        found = dict(self.facts)
        if self.factor is not None:
            found["factor"] = self.factor.value
        if self.where:
            found["where"] = self.where
        if self.line is not None:
            found["line"] = asdict(self.line)
        if self.hint:
            found["hint"] = self.hint
        return found


def furthest_first(off: Array) -> Array:
    """Return the positions of some distances, the largest first; those that tie by place.

    >>> furthest_first(np.array([1.0, 2.0, 2.0 + 1e-12]))
    array([1, 2, 0])
    """
    size = float(off[np.isfinite(off)].max(initial=0.0)) or 1.0
    return np.argsort(-np.round(off / size, TIED), kind="stable")


@dataclass(frozen=True)
class Elements:
    """The elements of one gradient that were measured one by one.

    index is (k, ndim) of ints; analytic, numeric and error_bar are (k,) float64;
    at_kink and wrong are (k,) bool. At a kink, numeric is the middle of the two one-sided
    slopes and error_bar half their distance. reach is how large each derivative might have
    been, to tell a true zero from one that is too small to see.
    """

    index: Array
    analytic: Array
    numeric: Array
    error_bar: Array
    at_kink: Array
    wrong: Array
    reach: Array = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.analytic)

    def furthest(self, count: int) -> Array:
        """Return the positions of the wrong elements that are furthest off; ties by place."""
        wrong = np.flatnonzero(self.wrong)
        with np.errstate(invalid="ignore"):
            off = np.nan_to_num(np.abs(self.analytic - self.numeric), nan=np.inf)
        return wrong[furthest_first(off[wrong])[:count]]

    @classmethod
    def empty(cls, ndim: int) -> Elements:
        none, no = np.zeros(0), np.zeros(0, bool)
        return cls(np.zeros((0, ndim), int), none, none, none, no, no)


@dataclass(frozen=True)
class Worst:
    """The element whose analytic and numeric values are furthest apart."""

    index: tuple[int, ...]
    analytic: float
    numeric: float
    error_bar: float


@dataclass(frozen=True)
class GradientResult:
    """The verdict on one gradient of one case.

    relative_error and error_bar are relative to the norm of the gradient; digits is how many
    leading digits analytic and numeric share. `note` is a remark for the user that is no
    finding ("computed in float32").
    """

    wrt: str
    shape: tuple[int, ...]
    verdict: Verdict
    relative_error: float = float("nan")
    error_bar: float = float("nan")
    digits: int = 0
    elements_checked: int = 0
    elements_wrong: int = 0
    at_kink: int = 0
    worst: Worst | None = None
    diagnosis: tuple[Finding, ...] = ()
    elements: Elements | None = None
    note: str = ""


@dataclass(frozen=True)
class CaseResult:
    """The verdict on one case: its gradients, warnings, and what stopped it, if anything did.

    `findings` are diagnoses of the case as a whole (a crash in forward, a non-deterministic
    output) that leave no gradient to judge; warnings do not change the verdict.
    """

    case: str
    verdict: Verdict
    gradients: tuple[GradientResult, ...] = ()
    warnings: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class CheckResult:
    """The verdict on one function pair, class or model, over all its cases."""

    name: str
    convention: str
    verdict: Verdict
    cases: tuple[CaseResult, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """Something found in a target that was not checked, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class TargetResult:
    """The verdict on one target; `error` is the one line that says why it could not be read."""

    target: str
    verdict: Verdict
    checks: tuple[CheckResult, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    error: str = ""
