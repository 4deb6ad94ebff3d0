"""What a convention hands to the checker: a thing to check, and the cases to check it with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from minnet.conventions import division
from minnet.conventions.blame import excuse, lacking
from minnet.conventions.references.comparing import compare, settled
from minnet.conventions.references.reading import Reference
from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.conclude import Checked, conclude
from minnet.gradcheck.engine import checked
from minnet.gradcheck.options import Options
from minnet.gradcheck.own_failure import own_failure
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


def enabling_object(thing: Any, inputs: str = "x") -> str:
    """Return the two lines that have an object checked, or one of a class, for a sentence."""
    name = thing.__name__ if inspect.isclass(thing) else type(thing).__name__
    return (
        f"write in the file: def minnet_cases(rng): yield {name}(...), ({inputs}) "
        "with your arguments and arrays"
    )


def enabling(name: str, arguments: Iterable[str]) -> str:
    """Return the two lines that have a function checked, for a sentence.

    >>> enabling("gru_forward", ["x", "h0"])
    'write in the file: def minnet_cases(rng): yield "gru", (x, h0) with arrays of your shapes'
    """
    stem = name.removesuffix("_forward")
    given = ", ".join(arguments)
    given += "," * (given != "" and "," not in given)  # a tuple of one
    return (
        f'write in the file: def minnet_cases(rng): yield "{stem}", ({given}) '
        "with arrays of your shapes"
    )


def enabling_calls(arguments: Iterable[str]) -> str:
    """Return what has something checked that is called in a way of its own, for a sentence."""
    given = "".join(f"{name}, " for name in arguments)
    return (
        f"write in the file: def minnet_cases(rng): yield (forward, backward), ({given.rstrip()}) "
        "with arrays of your shapes and two functions that call it: forward gives (out, cache), "
        "backward(dout, cache) the gradients"
    )


#: after so many cases in a row that only raised, the remaining ones would tell nothing new
_IN_VAIN = 3


class Unfit(Exception):
    """Raised while cases are built: there are none after all, and the message says why."""


#: what concludes the results of all cases: the first results that came, again
Concluding = Callable[[], tuple[CaseResult, ...]]


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
    layers_divide : bool
        Whether the layers of its course divide by the batch size, and not the loss.
    references : tuple of Reference
        What its forward is compared with, where its name is known.
    forward_only : callable
        ``forward_only(rng)`` yields cases to compare forward at and nothing more.
    building : str
        What raised, where building the cases does.
    """

    name: str
    convention: str
    build: Callable[[np.random.Generator], Iterable[AdaptedCase]]
    layers_divide: bool = False
    references: tuple[Reference, ...] = ()
    forward_only: Callable[[np.random.Generator], Iterable[AdaptedCase]] = lambda rng: ()
    building: str = "constructing it"

    def results(self, options: Options) -> Iterator[CaseResult | Skipped | Concluding]:
        """Check one case after the other; an exception becomes a result, whoever's it is.

        The last to come, where something fails, is what remains to be done with all of them.
        """
        try:
            yield from self._results(options)
        except CodeError as error:
            original = error.original
            why = str(original) if isinstance(original, Unfit) else lacking(original)
            if isinstance(original, MemoryError):  # neither pass has run yet
                why = (
                    "what it makes takes more memory than a check may have; write in the file: "
                    f"def minnet_cases(rng): yield {self.name}(...), (x) with small sizes"
                )
            yield Skipped(self.name, why) if why else stopped(describe_crash(error))
        except Exception as error:
            yield stopped(own_failure(error))

    def _results(self, options: Options) -> Iterator[CaseResult | Skipped | Concluding]:
        with user_code(self.building, as_replaced=False):
            cases = iter(self.build(np.random.default_rng(options.seed)))
        in_vain, failed, found = 0, False, list[Checked]()
        while in_vain < _IN_VAIN:
            with user_code(self.building, as_replaced=False), Sandbox(options.seed).running():
                case = next(cases, None)
            if case is None:
                yield from self._of_forward_alone(options)
                break
            forward = compare(self.references, case, options)
            there, result = checked(case, options)
            if result.verdict == "error" and (why := excuse(case)):
                yield Skipped(self.name, why)
                in_vain += 1
                continue
            found.append((there, replace(result, forward=forward)))
            yield found[-1][1]
            failed = failed or result.verdict in ("fail", "error")
            in_vain = in_vain + 1 if result.verdict in ("error", "not_implemented") else 0
        if failed:
            yield partial(conclude, found, options)

    def _of_forward_alone(self, options: Options) -> Iterator[CaseResult]:
        """Yield what is wrong or doubtful in forward at the cases that only it is run with."""
        try:
            with user_code("forward"), Sandbox(options.seed).running():
                cases = list(self.forward_only(np.random.default_rng(options.seed)))
        except CodeError:
            return
        for case in cases:
            forward = compare(self.references, case, options)
            if forward.against and forward.verdict != "pass":
                yield CaseResult(case.description, "pass", forward=forward)


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

    def add(self, index: int, subject: Subject | Heading, result: CaseResult | Skipped) -> None:
        """Take in the result of a case of the subject at position `index`, or why it has none."""
        if isinstance(result, Skipped):
            self.skip(result, index)
        else:
            key = (index, subject.name, subject.convention)
            self._cases.setdefault(key, []).append(result)
            if subject.layers_divide:
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
        return TargetResult(self.target, verdict, checks, skipped, self.error, self.wrong_target)


def _check_result(name: str, convention: str, cases: tuple[CaseResult, ...]) -> CheckResult:
    return CheckResult(name, convention, worst_of(case.verdict for case in cases), cases)


@dataclass(frozen=True)
class Heading:
    """A subject without its code, as one process tells another of it."""

    name: str
    convention: str
    layers_divide: bool = False
