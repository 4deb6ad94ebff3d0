"""What a convention hands to the checker: a thing to check, and the cases to check it with."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import Any, TypeGuard

import numpy as np

from minnet.conventions.blame import excuse, lacking
from minnet.conventions.gathering import Heading, stopped
from minnet.conventions.references.comparing import compare
from minnet.conventions.references.reading import Reference
from minnet.gradcheck.case import Case, CodeError, user_code
from minnet.gradcheck.conclude import Checked, conclude
from minnet.gradcheck.engine import checked
from minnet.gradcheck.options import Options
from minnet.gradcheck.own_failure import own_failure
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.crash import describe_crash, locate
from minnet.gradcheck.under_test.sandbox import Sandbox
from minnet.gradcheck.under_test.unwritten import waits_to_be_written
from minnet.records import NamedTuple, replace
from minnet.report.results import CaseResult, Skipped


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


def _is_our_own(error: BaseException) -> TypeGuard[Exception]:
    """Return whether no line of the user's raised it; what cannot be called is theirs all the same.

    As a class with a method that is left to others, or a source that is none.
    """
    theirs = isinstance(error, TypeError | SyntaxError) or waits_to_be_written(error)
    return isinstance(error, Exception) and not theirs and locate(error)[1] is None


#: after so many cases in a row that only raised, the remaining ones would tell nothing new
_IN_VAIN = 3


class Unfit(Exception):
    """Raised while cases are built: there are none after all, and the message says why."""


#: what concludes the results of all cases: the first results that came, again
Concluding = Callable[[], tuple[CaseResult, ...]]


class Subject(NamedTuple):
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

    @property
    def heading(self) -> Heading:
        """The subject without its code."""
        return Heading(self.name, self.convention, self.layers_divide)

    def results(
        self, options: Options, beside: Callable[[], Iterable[Case]] = tuple
    ) -> Iterator[CaseResult | Skipped | Concluding]:
        """Check one case after the other; an exception becomes a result, whoever's it is.

        The last to come, where something fails, is what remains to be done with all of them;
        `beside` gives cases of the other subjects of the file for it.
        """
        try:
            yield from self._results(options, beside)
        except CodeError as error:
            original = error.original
            why = str(original) if isinstance(original, Unfit) else lacking(original)
            if isinstance(original, MemoryError):  # neither pass has run yet
                why = (
                    "what it makes takes more memory than a check may have; write in the file: "
                    f"def minnet_cases(rng): yield {self.name}(...), (x) with small sizes"
                )
            said = own_failure(original) if _is_our_own(original) else describe_crash(error)
            yield Skipped(self.name, why) if why else stopped(said)
        except Exception as error:
            yield stopped(own_failure(error))

    def _results(
        self, options: Options, beside: Callable[[], Iterable[Case]]
    ) -> Iterator[CaseResult | Skipped | Concluding]:
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
            ran_in_vain = result.verdict in ("error", "not_implemented")
            if ran_in_vain and (why := excuse(case)):
                yield Skipped(self.name, why)
                in_vain += 1
                continue
            found.append((there, replace(result, forward=forward)))
            yield found[-1][1]
            failed = failed or result.verdict in ("fail", "error")
            in_vain = in_vain + 1 if ran_in_vain else 0
        if failed:
            yield partial(conclude, found, options, beside)

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


class Beside:
    """The first case of each thing in a file, made when the first one asks for those beside it."""

    def __init__(self, found: Iterable[Subject | Skipped], seed: int) -> None:
        self._subjects, self._seed = [it for it in found if isinstance(it, Subject)], seed

    @cached_property
    def _cases(self) -> list[Case | None]:
        return list(map(self._first_case, self._subjects))

    def _first_case(self, subject: Subject) -> Case | None:
        with contextlib.suppress(Exception), Sandbox(self._seed).running():
            return next(iter(subject.build(np.random.default_rng(self._seed))), None)
        return None  # it cannot be made, as its own check tells

    def but(self, subject: Subject) -> list[Case]:
        """Return the cases of all others."""
        pairs = zip(self._subjects, self._cases, strict=True)
        return [case for other, case in pairs if case is not None and other is not subject]
