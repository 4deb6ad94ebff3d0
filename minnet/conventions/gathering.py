"""What comes in about one target, and the result that is made of it.

The process that starts the checks needs this and nothing of the checker.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from minnet.conventions import division
from minnet.conventions.references.settling import settled
from minnet.records import NamedTuple
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Finding,
    Skipped,
    TargetResult,
    worst_of,
)


class Heading(NamedTuple):
    """A subject without its code, as one process tells another of it."""

    name: str
    convention: str
    layers_divide: bool = False


def stopped(finding: Finding, case: str = "") -> CaseResult:
    """Return the result of a case that came to no verdict."""
    verdict = "not_implemented" if finding.code == "not_implemented" else "error"
    return CaseResult(case, verdict, findings=(finding,))  # type: ignore[arg-type]


class Gathering:
    """Collects what comes in about one target, and makes the `TargetResult` of it."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.error = ""
        self.wrong_target = False
        self._cases: dict[tuple[int, str, str], list[CaseResult]] = {}
        self._dividing: set[int] = set()
        self._skipped: list[tuple[int, Skipped]] = []
        self.notes: tuple[str, ...] = ()

    def add(self, index: int, heading: Heading, result: CaseResult | Skipped) -> None:
        """Take in the result of a case of the subject at position `index`, or why it has none."""
        if isinstance(result, Skipped):
            self.skip(result, index)
        else:
            key = (index, heading.name, heading.convention)
            self._cases.setdefault(key, []).append(result)
            if heading.layers_divide:
                self._dividing.add(index)

    def amend(self, index: int, results: Iterable[CaseResult]) -> None:
        """Put what all cases together say in the place of the first results of a subject."""
        ((_, cases),) = ((key, cases) for key, cases in self._cases.items() if key[0] == index)
        found = list(results)
        cases[: len(found)] = found

    def skip(self, skipped: Skipped, index: int = -1) -> None:
        """Take in something that is not checked, because of what it is or what came at `index`.

        What several cases lack is said once.
        """
        if (index, skipped) not in self._skipped:
            self._skipped.append((index, skipped))

    def take(self, other: Gathering) -> None:
        """Take in what came in about another part of the same target."""
        self.error, self.wrong_target = self.error or other.error, other.wrong_target
        self.notes = self.notes or other.notes
        self._cases |= other._cases
        self._dividing |= other._dividing
        self._skipped += other._skipped

    def check_at(self, index: int) -> CheckResult | None:
        """Return what came in about the subject at a position, not yet seen with the others."""
        found = [(key, cases) for key, cases in self._cases.items() if key[0] == index]
        return _check_result(*found[0][0][1:], settled(found[0][1])) if found else None

    def result(self) -> TargetResult:
        """Return everything that came in."""
        skipped = tuple(item for _, item in sorted(self._skipped, key=itemgetter(0)))
        found = sorted(self._cases.items())
        cases = division.settled({key[0]: cases for key, cases in found}, self._dividing)
        checks = tuple(
            _check_result(name, convention, settled(cases[index]))
            for (index, name, convention), _ in found
        )
        verdict = "error" if self.error else worst_of(check.verdict for check in checks)
        if not checks and not self.error:
            self.error = "nothing in it could be checked"
            if len(skipped) == 1:  # of several, each is told by itself
                (only,) = skipped
                self.error += f"; {only.name}: {only.reason}"
            verdict = "error"
        return TargetResult(
            self.target, verdict, checks, skipped, self.error, self.wrong_target, self.notes
        )


def _check_result(name: str, convention: str, cases: tuple[CaseResult, ...]) -> CheckResult:
    return CheckResult(name, convention, worst_of(case.verdict for case in cases), cases)
