"""What a check found, as plain frozen data. Text, pages and JSON are made of it elsewhere.

`Results` hold targets (a file, a layer), a target holds checks (a function pair, a class), a
check holds cases, a case holds one result for each gradient, and that the elements of it that
were measured one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from minnet.records import dataclass
from minnet.report.digits import digits_of as digits_of
from minnet.report.digits import matching_digits as matching_digits
from minnet.report.elements import ElementRow as ElementRow
from minnet.report.elements import Elements as Elements
from minnet.report.elements import furthest_first as furthest_first
from minnet.report.findings import Factor as Factor
from minnet.report.findings import Finding as Finding
from minnet.report.findings import Fix as Fix
from minnet.report.findings import SourceLine as SourceLine

Verdict = Literal["pass", "fail", "inconclusive", "not_implemented", "error"]
#: by the batch size: of a layer's gradients all or none; a loss leaves it, is a mean, or a sum
Division = Literal["", "divided", "whole", "left", "averaged", "summed"]

#: an error bar above this share of the gradient leaves fewer than three digits verified
VERIFIED = 1e-3
#: notes on a gradient: one that has no element, and one that took fewer runs than others
NOTHING = "nothing to check"
SLOW = "a pass runs very many lines of Python: fewer passes were made"
#: from best to worst
VERDICTS: tuple[Verdict, ...] = ("pass", "inconclusive", "not_implemented", "fail", "error")


def worst_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of several verdicts ("pass" for none).

    >>> worst_of(["pass", "fail", "inconclusive"])
    'fail'
    """
    return max(verdicts, key=VERDICTS.index, default="pass")


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
    finding ("computed in float32"); `convention` says why another gradient is meant to be so.
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
    convention: str = ""

    @property
    def name(self) -> str:
        """What the gradient is called where it stands alone: its variable's name."""
        return self.wrt


@dataclass(frozen=True, kw_only=True)
class LocatedGradient(GradientResult):
    """A gradient's result together with the target, check and case that it belongs to."""

    target: str
    check: str
    case: str

    @property
    def name(self) -> str:
        """The gradient's name among all of a report: ``"conv.w"``."""
        return f"{self.check}.{self.wrt}"


ForwardVerdict = Literal["fail", "not_compared", "pass"]
#: what rules where several of them are found
FORWARD_VERDICTS: tuple[ForwardVerdict, ...] = ("fail", "not_compared", "pass")


@dataclass(frozen=True)
class Forward:
    """What comes of comparing forward with that of a layer of minnet's.

    Attributes
    ----------
    verdict : "pass", "fail" or "not_compared"
    against : str
        "minnet.Conv2D"; empty where the name is not known.
    reason : str
        Why a forward whose name is known was not compared.
    findings : tuple of Finding
        What is wrong.
    """

    verdict: ForwardVerdict = "not_compared"
    against: str = ""
    reason: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CaseResult:
    """The verdict on one case: its gradients, warnings, and what stopped it, if anything did.

    `findings` are diagnoses of the case as a whole (a crash in forward, a non-deterministic
    output) that leave no gradient to judge; warnings do not change the verdict. `code` names the
    functions that backward runs through, as far as that is known, its own first.
    """

    case: str
    verdict: Verdict
    gradients: tuple[GradientResult, ...] = ()
    warnings: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    forward: Forward = Forward()
    division: Division = ""
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """The verdict on one function pair, class or model, over all its cases."""

    name: str
    convention: str
    verdict: Verdict
    cases: tuple[CaseResult, ...] = ()

    @property
    def forward(self) -> Forward:
        """What comes of comparing forward at all cases: a mistake, a doubt, or agreement."""
        known = [case.forward for case in self.cases if case.forward.against]
        return min(known, key=lambda it: FORWARD_VERDICTS.index(it.verdict), default=Forward())


@dataclass(frozen=True)
class Skipped:
    """Something found in a target that was not checked, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class TargetResult:
    """The verdict on one target.

    `error` is the one line that says why it could not be read; `wrong_target`, that it is the
    command line that has to change: there is no such file, module or name. `notes` say what it
    took to run it as it was meant: names of an older Python or NumPy.
    """

    target: str
    verdict: Verdict
    checks: tuple[CheckResult, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    error: str = ""
    wrong_target: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """Everything that a check found, with the simple questions on it.

    Parameters
    ----------
    targets : tuple of TargetResult
        One for each file, module or object that was checked.
    seed : int
        The seed of every random number that was used: the same seed, the same results.
    verdicts_only : bool
        Whether nothing is to be told beside what is right and what is wrong.
    """

    targets: tuple[TargetResult, ...]
    seed: int = 0
    verdicts_only: bool = False

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all targets."""
        return worst_of(target.verdict for target in self.targets)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The checks of all targets, in order."""
        return tuple(check for target in self.targets for check in target.checks)

    @property
    def gradients(self) -> tuple[LocatedGradient, ...]:
        """Every gradient of every case, each with its target, check and case."""
        return tuple(
            LocatedGradient(
                **vars(gradient),
                target=target.target,
                check=check.name,
                case=case.case,
            )
            for target in self.targets
            for check in target.checks
            for case in check.cases
            for gradient in case.gradients
        )
