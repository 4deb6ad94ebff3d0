"""Check one case: the contract first, then the numbers, then what the mistake is."""

from __future__ import annotations

import time

import numpy as np

from minnet.arrays import same_numbers
from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.contract import Contract, begin, examine, nondeterministic_output
from minnet.gradcheck.diagnosis.customs import excused, said
from minnet.gradcheck.diagnosis.customs.batch import left_to_the_batch
from minnet.gradcheck.diagnosis.evidence import CaseEvidence, Evidence, measured_in
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.options import Options
from minnet.gradcheck.own_failure import own_failure
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.second_point import check_elsewhere
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.under_test.sandbox import generators_put_back
from minnet.gradcheck.verdict.claims import Claims, as_gradients
from minnet.gradcheck.verdict.double import InDouble
from minnet.gradcheck.verdict.judge import judge, look_closer
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import Screen, screen_together
from minnet.memory import keep_freed_memory
from minnet.records import replace
from minnet.report.results import (
    CaseResult,
    Division,
    Finding,
    GradientResult,
    Verdict,
    worst_of,
)

DEFAULTS = Options()
#: the note on a case of integers alone
NOTHING_TO_DIFFERENTIATE = (
    "there is nothing to differentiate: no input holds floating-point numbers for which backward "
    "gives a gradient, and no parameter was found"
)


def check_case(case: Case, options: Options = DEFAULTS) -> CaseResult:
    """Check one case: the contract first, then the numbers, then what the mistake is.

    Returns
    -------
    CaseResult
    """
    return checked(case, options)[1]


@generators_put_back()
@np.errstate(all="ignore")  # ours: what is not finite is looked at, not printed
def checked(case: Case, options: Options = DEFAULTS) -> tuple[Case, CaseResult]:
    """Check one case, as `check_case`; return the case at which the result was found as well.

    That is another one where only other values show what is wrong.
    """
    keep_freed_memory()  # a check makes the same passes again and again
    try:
        result, found = _check_point(case, options)
        if result.verdict == "pass" and (
            told := check_elsewhere(
                case, options, _result_at, found.remembers, found.right_elsewhere
            )
        ):
            return told
    except CodeError as error:  # in a place where the same call has succeeded before
        result = _failed(case, describe_crash(error))
    except Exception as error:
        result = _failed(case, own_failure(error))
    return case, result


def _result_at(case: Case, options: Options) -> CaseResult:
    return _check_point(case, options)[0]


def _check_point(case: Case, options: Options) -> tuple[CaseResult, Contract]:
    """Return what is found at the case's own point, and by the contract alone."""
    start = time.perf_counter()
    case, rng = case.seeded(options.seed), stream(options.seed)
    contract = begin(case, rng)
    gradients: tuple[GradientResult, ...] = ()
    division: Division = ""
    if contract.stopped is None and case.variables:
        try:
            gradients, division = _check_gradients(case, contract, options, rng)
        except CodeError as error:  # it ran at this point before, and now it does not
            contract.stop(describe_crash(error))
    seconds = time.perf_counter() - start
    if contract.stopped is not None:
        return _stopped(case, contract, seconds), contract
    notes = [*case.notes, *(g.note for g in gradients if g.note)]
    result = CaseResult(
        case=case.description,
        verdict=worst_of(g.verdict for g in gradients) if gradients else "inconclusive",
        gradients=gradients,
        warnings=(*contract.warnings, *said(gradients)),
        notes=tuple(dict.fromkeys(notes if gradients else [*notes, NOTHING_TO_DIFFERENTIATE])),
        seconds=seconds,
        division=division,
    )
    return result, contract


def _check_gradients(
    case: Case, contract: Contract, options: Options, rng: np.random.Generator
) -> tuple[tuple[GradientResult, ...], Division]:
    """Judge every gradient of a case whose two passes run, and diagnose those that fail."""
    claims = Claims(Probe(case, rng, options.step, ran=contract.ran))
    claims.keep(contract.dout, as_gradients(contract.raw, case.variables))
    examine(claims, contract, rng)
    if contract.stopped is not None:
        return (), ""
    screens = screen_together(claims.probe, claims, contract.dout) if len(contract.dout) else {}
    shared, double = CaseEvidence(claims, options.seed), InDouble(claims)
    judged = [
        _check_gradient(
            Question(claims.probe, claims, name, contract.dout),
            screens.get(name),
            contract,
            shared,
            double,
            options,
        )
        for name in case.variables
    ]
    if not same_numbers(output_vector(case.run()), claims.probe.base):
        contract.stop(nondeterministic_output(case))
    gradients = tuple(result for result, _ in judged)
    failing = {e.wrt: e for result, e in judged if e is not None and result.verdict == "fail"}
    return gradients, left_to_the_batch(case, failing, gradients)


def _check_gradient(
    question: Question,
    screen: Screen | None,
    contract: Contract,
    shared: CaseEvidence,
    double: InDouble,
    options: Options,
) -> tuple[GradientResult, Evidence | None]:
    """Judge a gradient; where it is not the measured one, there is evidence too."""
    name, dout = question.name, question.dout
    found = tuple(contract.gradients.get(name, ()))
    if name in question.claims.at(dout):
        result = judge(question, options.elements, screen)
        if again := double.judged(question, result, options.elements):
            question, result = again
            shared = CaseEvidence(question.claims, options.seed)
        else:
            result = look_closer(question, result)
    else:
        result = GradientResult(name, tuple(shared.case.variables[name].shape), "fail")
    if result.verdict != "fail" and not found:
        return result, None
    measured = measured_in(result.elements, result.shape)
    evidence = Evidence(shared, name, dout, measured, contract.raw.get(name), found)
    # late: right code needs no custom, and no hypothesis about a mistake
    from minnet.gradcheck.diagnosis.customs.accumulating import as_blamed
    from minnet.gradcheck.diagnosis.customs.known import custom_of

    if convention := custom_of(evidence, result):
        return excused(result, convention), evidence
    from minnet.gradcheck.diagnosis.diagnose import diagnose

    evidence = as_blamed(evidence, result)
    diagnosis = diagnose(evidence, hints=options.hints)
    return replace(result, verdict="fail", diagnosis=diagnosis), evidence


def _failed(case: Case, finding: Finding) -> CaseResult:
    return CaseResult(case.description, "error", findings=(finding,))


def _stopped(case: Case, contract: Contract, seconds: float) -> CaseResult:
    """Say of every gradient why it could not be judged."""
    verdict: Verdict = contract.stopped or "error"
    findings = tuple(contract.findings)
    gradients = tuple(
        GradientResult(name, tuple(x.shape), verdict, diagnosis=findings)
        for name, x in case.variables.items()
    )
    return CaseResult(
        case=case.description,
        verdict=verdict,
        gradients=gradients,
        warnings=tuple(contract.warnings),
        findings=findings,
        seconds=seconds,
    )
