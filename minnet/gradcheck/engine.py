"""Check one case: the contract first, then the numbers, then what the mistake is."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.contract import Contract, begin, examine, nondeterministic_output
from minnet.gradcheck.diagnosis import diagnose
from minnet.gradcheck.diagnosis.evidence import CaseEvidence, Evidence, measured_in
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.options import Options
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.verdict.claims import Claims
from minnet.gradcheck.verdict.double import InDouble
from minnet.gradcheck.verdict.judge import judge, look_closer
from minnet.gradcheck.verdict.question import Question
from minnet.gradcheck.verdict.screen import Screen, screen_together
from minnet.report.results import CaseResult, GradientResult, Verdict, worst_of

DEFAULTS = Options()


@np.errstate(all="ignore")  # ours: what is not finite is looked at, not printed
def check_case(case: Case, options: Options = DEFAULTS) -> CaseResult:
    """Check one case: the contract first, then the numbers, then what the mistake is.

    Returns
    -------
    CaseResult
    """
    start = time.perf_counter()
    case, rng = case.seeded(options.seed), stream(options.seed)
    contract = begin(case, rng)
    gradients: tuple[GradientResult, ...] = ()
    if contract.stopped is None:
        try:
            gradients = _check_gradients(case, contract, options, rng)
        except CodeError as error:  # it ran at this point before, and now it does not
            contract.stop(describe_crash(error))
    seconds = time.perf_counter() - start
    if contract.stopped is not None:
        return _stopped(case, contract, seconds)
    return CaseResult(
        case=case.description,
        verdict=worst_of(g.verdict for g in gradients),
        gradients=gradients,
        warnings=tuple(contract.warnings),
        notes=tuple(dict.fromkeys(g.note for g in gradients if g.note)),
        seconds=seconds,
    )


def _check_gradients(
    case: Case, contract: Contract, options: Options, rng: np.random.Generator
) -> tuple[GradientResult, ...]:
    """Judge every gradient of a case whose two passes run, and diagnose those that fail."""
    claims = Claims(Probe(case, rng, options.step))
    examine(claims, contract, rng)
    screens = screen_together(claims.probe, claims, contract.dout) if len(contract.dout) else {}
    shared, double = CaseEvidence(claims, options.seed), InDouble(claims)
    gradients = tuple(
        _check_gradient(
            Question(claims.probe, claims, name, contract.dout),
            screens.get(name),
            contract,
            shared,
            double,
            options,
        )
        for name in case.variables
    )
    if not np.array_equal(output_vector(case.run()), claims.probe.base, equal_nan=True):
        contract.stop(nondeterministic_output())
    return gradients


def _check_gradient(
    question: Question,
    screen: Screen | None,
    contract: Contract,
    shared: CaseEvidence,
    double: InDouble,
    options: Options,
) -> GradientResult:
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
        return result
    measured = measured_in(result.elements, result.shape)
    evidence = Evidence(shared, name, dout, measured, contract.raw.get(name), found)
    return replace(result, verdict="fail", diagnosis=diagnose(evidence, hints=options.hints))


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
