"""Check one case: the contract first, then the numbers, then what the mistake is."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from minnet.gradcheck.case import Case, CodeError, output_vector
from minnet.gradcheck.contract import Contract, examine, nondeterministic_output
from minnet.gradcheck.diagnosis import diagnose
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.options import Options
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.verdict.claims import Claims
from minnet.gradcheck.verdict.judge import Agreement, judge, screen_together
from minnet.report.results import CaseResult, GradientResult, Verdict, worst_of

#: keeps the checker's random numbers apart from the user's own default_rng(seed)
STREAM = 0x6D696E6E
DEFAULTS = Options()


@np.errstate(all="ignore")  # ours: what is not finite is looked at, not printed
def check_case(case: Case, options: Options = DEFAULTS) -> CaseResult:
    """Check one case: the contract first, then the numbers, then what the mistake is.

    Returns
    -------
    CaseResult
    """
    start = time.perf_counter()
    rng = np.random.default_rng([options.seed, STREAM])
    contract = examine(case, rng)
    if contract.stopped is not None:
        return _stopped(case, contract, time.perf_counter() - start)
    try:
        probe = Probe(case, rng, options.step)
        claims = Claims(probe)
        screens = screen_together(probe, claims, contract.weight) if probe.base.size else {}
        gradients = tuple(
            _check_gradient(probe, claims, contract, name, options, screens.get(name))
            for name in case.variables
        )
        if not np.array_equal(output_vector(case.run()), probe.base, equal_nan=True):
            contract.stop(nondeterministic_output())
    except CodeError as error:  # it ran at this point before, and now it does not
        contract.stop(describe_crash(error))
    if contract.stopped is not None:
        return _stopped(case, contract, time.perf_counter() - start)
    return CaseResult(
        case=case.description,
        verdict=worst_of(g.verdict for g in gradients),
        gradients=gradients,
        warnings=tuple(contract.warnings),
        notes=tuple(dict.fromkeys(g.note for g in gradients if g.note)),
        seconds=time.perf_counter() - start,
    )


def _check_gradient(
    probe: Probe,
    claims: Claims,
    contract: Contract,
    name: str,
    options: Options,
    screen: list[Agreement] | None,
) -> GradientResult:
    found = tuple(contract.gradients.get(name, ()))
    if name in claims.at(contract.weight):
        result = judge(probe, name, claims, contract.weight, options.elements, screen)
    else:
        result = GradientResult(name, tuple(probe.case.variables[name].shape), "fail")
    if result.verdict != "fail" and not found:
        return result
    found += tuple(contract.suspicions.get(name, ()))
    evidence = Evidence(
        probe=probe,
        claims=claims,
        wrt=name,
        weight=contract.weight,
        result=result,
        raw=contract.raw.get(name),
        contract=found,
    )
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
