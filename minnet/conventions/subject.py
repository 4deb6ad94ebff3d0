"""What a convention hands to the checker: a thing to check, and the cases to check it with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.engine import check_case
from minnet.gradcheck.options import Options
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Finding,
    Skipped,
    TargetResult,
    worst_of,
)

#: how to have something checked that no convention knows
ENABLE = "give cases for it in a function minnet_cases(rng) in the file (minnet check --help)"


#: after so many cases in a row that only raised, the remaining ones would tell nothing new
_IN_VAIN = 3


class Unfit(Exception):
    """Raised while cases are built: there are none after all, and the message says why."""


@dataclass(frozen=True)
class Subject:
    """One thing to check: a function pair, a class, an object.

    Attributes
    ----------
    name : str
        "conv", "Dense".
    convention : str
    build : callable
        ``build(rng)`` yields its cases, the most ordinary first. It runs the user's code.
    """

    name: str
    convention: str
    build: Callable[[np.random.Generator], Iterable[AdaptedCase]]

    def results(self, options: Options) -> Iterator[CaseResult | Skipped]:
        """Check one case after the other; an exception in building them becomes a result."""
        cases = iter(self.build(np.random.default_rng(options.seed)))
        in_vain = 0
        while in_vain < _IN_VAIN:
            try:
                with user_code("constructing it"), Sandbox(options.seed).running():
                    case = next(cases, None)
            except CodeError as error:
                if isinstance(error.original, Unfit):
                    yield Skipped(self.name, str(error.original))
                    return
                yield stopped(describe_crash(error))
                return
            if case is None:
                return
            result = check_case(case, options)
            yield result
            in_vain = in_vain + 1 if result.verdict in ("error", "not_implemented") else 0


def stopped(finding: Finding, case: str = "") -> CaseResult:
    """Return the result of a case that came to no verdict."""
    verdict = "not_implemented" if finding.code == "not_implemented" else "error"
    return CaseResult(case, verdict, findings=(finding,))  # type: ignore[arg-type]


class Gathering:
    """Collects what comes in about one target, and makes the `TargetResult` of it."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.error = ""
        self._cases: dict[tuple[int, str, str], list[CaseResult]] = {}
        self._skipped: list[Skipped] = []

    def add(self, index: int, subject: Subject | Heading, result: CaseResult | Skipped) -> None:
        """Take in the result of a case of the subject at position `index`, or why it has none."""
        if isinstance(result, Skipped):
            self._skipped.append(result)
        else:
            key = (index, subject.name, subject.convention)
            self._cases.setdefault(key, []).append(result)

    def skip(self, skipped: Skipped) -> None:
        """Take in something that is not checked."""
        self._skipped.append(skipped)

    def result(self) -> TargetResult:
        """Return everything that came in."""
        checks = tuple(
            CheckResult(name, convention, worst_of(case.verdict for case in cases), tuple(cases))
            for (_, name, convention), cases in sorted(self._cases.items())
        )
        verdict = "error" if self.error else worst_of(check.verdict for check in checks)
        if not checks and not self.error:
            self.error = "nothing in it could be checked"
            if self._skipped:
                first = self._skipped[0]
                self.error += f"; {first.name}: {first.reason}"
            verdict = "error"
        return TargetResult(self.target, verdict, checks, tuple(self._skipped), self.error)


@dataclass(frozen=True)
class Heading:
    """A subject without its code, as one process tells another of it."""

    name: str
    convention: str
