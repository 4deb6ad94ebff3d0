"""Put a submission to all cases of an item: what it gives first, then what needs measuring.

Everything is asked before anything is measured, so that looking for the mistake in one function
never takes the time that another one needs to show that it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minnet.assignments.costs import measures_itself
from minnet.assignments.drawing_lots import of_random_outputs
from minnet.assignments.isolation.remote import SubmissionError
from minnet.assignments.isolation.session import Ended, Raised, Session
from minnet.assignments.judging import (
    Outcome,
    is_usable,
    measured,
    of_error,
    of_gradients,
    of_outputs,
    of_unmeasured,
)
from minnet.assignments.mirror import mirrored, with_known_cache
from minnet.assignments.plan import FAMILIES, Asked, Task
from minnet.conventions.references.comparing import compare
from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.options import Options
from minnet.gradcheck.under_test.calling import AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.functions import FunctionsCase

#: cases in which a known slip is looked for
MOST_LOOKED_AT = 3
UNWRITTEN = Outcome("not_implemented", ("not_implemented",), "there is nothing here yet")


@dataclass
class Answer:
    """What a submission gave at one case.

    Attributes
    ----------
    asked : Asked
    forward : Outcome
    gradients : dict of str to Outcome
        Of those that could be judged.
    claimed : dict
        What backward returned for the others.
    case : AdaptedCase, optional
        To measure the others with.
    outputs : tuple of array
        What forward returned.
    measured : tuple of str
        The gradients that were judged by the submission's own forward.
    """

    asked: Asked
    forward: Outcome
    gradients: dict[str, Outcome] = field(default_factory=dict)
    claimed: dict[str, Any] = field(default_factory=dict)
    case: AdaptedCase | None = None
    outputs: tuple[Any, ...] = ()
    measured: tuple[str, ...] = ()

    @property
    def open(self) -> list[str]:
        """The gradients that are not judged yet."""
        return [name for name in self.asked.gradients if name not in self.gradients]

    def settle(self, outcome: Outcome) -> None:
        """Judge all gradients that are not judged yet alike."""
        self.gradients |= dict.fromkeys(self.open, outcome)


class Asking:
    """One item put to a submission.

    Parameters
    ----------
    task : Task
    session : Session
    source : str
        The submission's text, to quote a line of.
    options : Options
    """

    def __init__(self, task: Task, session: Session, source: str, options: Options) -> None:
        self.task, self._session, self._source = task, session, source
        self._options = options
        self.answers: list[Answer] = []

    def ask(self) -> None:
        """Run both passes at every case, and judge what needs no measuring.

        After a case in which the process ended, the others of its family are not tried.
        """
        for family in FAMILIES:
            ended: Outcome | None = None
            for asked in self.task.asked:
                if asked.family != family:
                    continue
                if ended is None:
                    answer, ended = self._answer(asked)
                else:
                    answer = Answer(asked, ended)
                    answer.settle(ended)
                self.answers.append(answer)

    def measure(self) -> None:
        """Measure what is still open, up to the first case of a family that decides it.

        The smallest comes first, since it costs the least. What the mistake is in ordinary cases
        it is taken to be in hard ones: there it is only asked whether the gradient is wrong.
        """
        known: dict[str, Outcome] = {}
        for family in FAMILIES:
            failed: dict[str, Outcome] = {}
            for answer in sorted(self.answers, key=_size):
                if answer.asked.family == family and answer.open:
                    if not failed.keys() >= set(answer.open):
                        self._measure(answer, known)
                    failed |= {n: o for n, o in answer.gradients.items() if o.verdict == "fail"}
            known = failed

    def measures_itself(self) -> bool:
        """Return whether a backward that is right seems to have measured its gradients."""
        first = self.answers[0]
        if first.case is None or not isinstance(first.case, FunctionsCase):
            return False
        if not any(outcome.verdict == "pass" for outcome in first.gradients.values()):
            return False
        try:
            self._session.renew()
            return measures_itself(first.asked, self._session)
        except (CodeError, SubmissionError, NotImplementedError, Raised, Ended):
            return False

    def name_slip(self) -> None:
        """Say which known slip a wrong forward fits, where one fits all that are looked at."""
        wrong = [a for a in self.answers if a.case is not None and a.forward.verdict == "fail"]
        wrong = [a for a in wrong if not a.asked.random]
        try:
            fitting = [self._slips(answer) for answer in wrong[:MOST_LOOKED_AT]]
        except (CodeError, Raised, Ended):
            return
        if len(fitting) > 1 and (common := sorted(set.intersection(*fitting))):
            for answer in wrong:
                message = f"{answer.forward.message}. It fits a known slip: {common[0]}"
                answer.forward = replace(answer.forward, message=message)

    def _slips(self, answer: Answer) -> set[str]:
        assert answer.case is not None
        self._session.renew()
        found = compare(self.task.subject.references, answer.case, self._options)
        return {slip for finding in found.findings for slip in finding.facts.get("slips", ())}

    @property
    def own_forward(self) -> list[str]:
        """The gradients that are right by a forward of the submission's own, which is wrong."""
        return list(
            dict.fromkeys(
                name
                for answer in self.answers
                for name in answer.measured
                if answer.forward.verdict == "fail" and answer.gradients[name].verdict == "pass"
            )
        )

    def outcomes(self, part: str, wrt: str, family: str) -> Iterator[Outcome]:
        """Yield what came of forward or of a gradient at the cases of a family."""
        for answer in self.answers:
            if answer.asked.family == family:
                if part == "forward":
                    yield answer.forward
                elif wrt in answer.gradients:
                    yield answer.gradients[wrt]

    def _answer(self, asked: Asked) -> tuple[Answer, Outcome | None]:
        """Return what came of one case, and if the process ended there, what to say of that."""
        try:
            self._session.renew()
            answer = self._run(asked)
        except (Raised, Ended) as error:
            answer = Answer(asked, Outcome("error", ("crash",), str(error)))
            answer.settle(answer.forward)
            return answer, answer.forward
        if self._session.ended:
            given = (answer.forward, *answer.gradients.values())
            return answer, next((one for one in given if one.verdict == "error"), None)
        return answer, None

    def _run(self, asked: Asked) -> Answer:
        """Run both passes at one case."""
        case = mirrored(asked.case, self._session)
        try:
            run = case.run()
        except CodeError as error:
            answer = Answer(asked, of_error(error, self._source))
            self._backward_alone(answer)
            return answer
        forward = self._forward(case, asked, run.outputs)
        answer = Answer(asked, forward, case=case, outputs=run.outputs)
        self._backward(answer, run)
        if answer.open and forward.verdict == "fail" and not self._is_usable(answer):
            for name in answer.open:
                answer.gradients[name] = of_unmeasured(answer.claimed[name], asked.gradients[name])
        return answer

    def _forward(self, case: AdaptedCase, asked: Asked, outputs: tuple[Any, ...]) -> Outcome:
        if not asked.random:
            return of_outputs(outputs, asked)
        try:
            return of_random_outputs(case, asked.case)
        except CodeError as error:
            return of_error(error, self._source)

    def _backward(self, answer: Answer, run: AdaptedRun) -> None:
        asked = answer.asked
        try:
            given = split(asked.dout, run.outputs)
            answer.claimed = run.backward(given)
            again = run.backward(given)
        except CodeError as error:
            answer.settle(of_error(error, self._source))
            return
        if all(claim is None for claim in answer.claimed.values()):
            answer.settle(UNWRITTEN)
        elif not asked.random:
            answer.gradients = of_gradients(answer.claimed, asked, again)

    def _backward_alone(self, answer: Answer) -> None:
        """Judge a backward whose forward does not run, with the cache of the solution's forward."""
        asked = answer.asked
        outcome = answer.forward
        if not self._session.ended and not asked.random:
            try:
                with user_code("backward"):
                    claimed = with_known_cache(asked.case, asked.dout, self._session)
            except CodeError:
                claimed = None
            if claimed is not None:
                answer.claimed = claimed
                answer.gradients = of_gradients(claimed, asked)
        answer.settle(outcome)

    def _is_usable(self, answer: Answer) -> bool:
        assert answer.case is not None
        try:
            return is_usable(answer.case, answer.asked, answer.outputs)
        except CodeError:
            return False

    def _measure(self, answer: Answer, known: Mapping[str, Outcome]) -> None:
        """Have the checker judge what is open; where it comes to nothing, the solution does."""
        assert answer.case is not None
        asked, claimed = answer.asked, answer.claimed
        options = self._options
        if known.keys() >= set(answer.open):
            options = replace(options, hints="none")
        try:
            self._session.renew()
            found = measured(answer.case, asked, claimed, options)
        except (CodeError, Raised, Ended):
            found = {}
        answer.measured = tuple(answer.open)
        for name in answer.measured:
            outcome = found.get(name)
            if outcome is None or outcome.verdict == "error":
                outcome = of_unmeasured(claimed.get(name), asked.gradients[name])
            elif outcome.verdict == "fail" and not outcome.codes and name in known:
                outcome = known[name]
            answer.gradients[name] = outcome


def _size(answer: Answer) -> int:
    return sum(out.size for out in answer.asked.outputs)


def split(dout: tuple[Any, ...], outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return upstream gradients that fit outputs: those of the case, or others of their shapes."""
    if [d.shape for d in dout] == [out.shape for out in outputs]:
        return dout
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(out.shape) for out in outputs)
