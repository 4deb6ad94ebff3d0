"""Say what the mistake is: hypotheses in order, from simple to complex, each a function.

A hypothesis looks at the `Evidence` and returns a `Finding` or None. It is reported when it
explains every element within the error bars, and again at fresh inputs with a fresh upstream
gradient: a coincidence does not repeat itself.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable

import numpy as np

from minnet.gradcheck.case import CodeError
from minnet.gradcheck.diagnosis import (
    layout,
    mutation,
    places,
    precision,
    products,
    scale,
    scaled,
    shapes,
    statistics,
    structure,
    sums,
    upstream,
)
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.hints import with_hint
from minnet.gradcheck.diagnosis.unexplained import unexplained
from minnet.gradcheck.under_test.plan import upstream_names
from minnet.records import replace
from minnet.report.results import Finding

__all__ = ["HYPOTHESES", "diagnose"]

#: most say one thing or nothing; a region may fit several descriptions
Hypothesis = Callable[[Evidence], Finding | tuple[Finding, ...] | None]

#: what the contract finds and no number can explain better
FIRST = (
    "not_implemented",
    "missing",
    "shape",
    "non_finite",
    "new_random_numbers",
    "nondeterministic",
    "accumulates",
    "stale_cache",
    "crash",
    "unexplained",
)
#: these make backward an affine function of dout, or a rounded one: not linear, and no wonder
AFFINE = ("weight_decay", "precision")
#: from the simplest to the most complex
HYPOTHESES: tuple[Hypothesis, ...] = (
    scale.zero,
    upstream.of_what_forward_leaves_out,
    scale.sign,
    scale.scale,
    statistics.weight_decay,
    precision.precision,
    upstream.upstream_ignored,
    upstream.nonlinear_upstream,
    layout.transpose,
    layout.flip,
    layout.swapped,
    layout.permuted,
    structure.jacobian_diagonal,
    structure.truncated_time,
    statistics.statistic_constant,
    upstream.local_derivative_missing,
    upstream.local_derivative_of_input,
    sums.one_sample,
    mutation.mutated,
    sums.overwritten,
    layout.permuted_upstream,
    layout.transposed_parameter,
    statistics.wrong_share,
    structure.jacobian_transposed,
    scaled.times_a_constant,
    structure.wrong_carry,
    products.wrong_factor,
    layout.misplaced,
    structure.wrong_axis,
    places.region,
    products.extra_term,
    products.wrong_sign_or_mask,
)


def diagnose(evidence: Evidence, *, hints: str = "full") -> tuple[Finding, ...]:
    """Return what explains a wrong gradient, most likely first; never empty.

    Parameters
    ----------
    evidence : Evidence
        Of a gradient that fails.
    hints : "none", "code", "full" or "fix"
        How much will be told; of nothing, nothing is looked for.

    Returns
    -------
    tuple of Finding
    """
    if hints == "none":
        return ()
    told = (with_hint(f) for f in _findings(evidence))
    return tuple(_in_their_words(f, evidence) for f in told)


def _in_their_words(finding: Finding, evidence: Evidence) -> Finding:
    """Call the upstream gradient what the user's backward calls it, where there is one."""
    case, outputs = evidence.case, len(evidence.probe.outputs)
    (name, *others) = upstream_names(case, outputs)
    if others or case.is_loss or "out" in case.variables:  # whose gradient is dout
        return finding
    message, hint = (re.sub(r"\bdout\b", name, text) for text in (finding.message, finding.hint))
    return replace(finding, message=message, hint=hint)


def _findings(evidence: Evidence) -> tuple[Finding, ...]:
    first = tuple(f for f in evidence.contract if f.code in FIRST)
    later = tuple(f for f in evidence.contract if f.code not in FIRST)
    if first:
        return tuple(_with_numbers(evidence, f) for f in first) + later
    found = None
    if evidence.analytic is not None and np.isfinite(evidence.analytic).all():
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _explanation(evidence)
    if found is None:
        return later or (unexplained(evidence),)
    explained = (found.code, "nonlinear_upstream" if found.code in AFFINE else "")
    return (found, *(f for f in later if f.code not in explained))


def _explanation(evidence: Evidence) -> Finding | None:
    """Return the first hypothesis that holds, here and at fresh inputs."""
    if not evidence.wrong.any() and not evidence.case.is_loss:
        # the upstream gradient of the check is exact in float16, and may hide a rounding
        evidence = replace(
            evidence, dout=evidence.fresh_dout("not exact in float16"), measured=None
        )
    if evidence.analytic is None or not evidence.wrong.any():
        return None
    contract = {f.code for f in evidence.contract}
    for hypothesis in HYPOTHESES:
        for found in _asked(hypothesis, evidence):
            if found.code in contract or _confirmed(hypothesis, evidence, found):
                return scale.explain_factor(evidence, found) if found.code == "scale" else found
    return None


def _asked(hypothesis: Hypothesis, evidence: Evidence) -> tuple[Finding, ...]:
    try:
        found = hypothesis(evidence)
    except (CodeError, np.linalg.LinAlgError):  # what it wanted to see is not to be had
        return ()
    return found if isinstance(found, tuple) else () if found is None else (found,)


def _confirmed(hypothesis: Hypothesis, evidence: Evidence, found: Finding) -> bool:
    """Whether the hypothesis says the same at fresh inputs and upstream gradient."""
    fresh = evidence.fresh()
    if fresh is None:  # a factor that one number gave fits that number
        return found.factor is None or int((evidence.known & ~evidence.nothing).sum()) > 1
    if fresh.analytic is None:
        return False
    again = _asked(hypothesis, fresh)
    return any(f.code == found.code and _same(found, f) for f in again)


def _same(found: Finding, again: Finding) -> bool:
    """Whether two findings of one hypothesis are about the same thing, by the same factor."""
    if found.about != again.about:
        return False
    if found.factor is None or again.factor is None:
        return found.factor is again.factor
    return found.factor.near(again.factor.value, again.factor.error)


def _with_numbers(evidence: Evidence, finding: Finding) -> Finding:
    return shapes.shape(evidence, finding) if finding.code == "shape" else finding
