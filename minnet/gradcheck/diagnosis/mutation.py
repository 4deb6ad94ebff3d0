"""A gradient that is wrong because an array of the caller was changed on the way."""

from __future__ import annotations

import numpy as np

from minnet.gradcheck.case import output_vector, split_like
from minnet.gradcheck.diagnosis.common import gradient_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.gradcheck.diagnosis.layout import right_with
from minnet.gradcheck.under_test.plan import upstream_names
from minnet.gradcheck.under_test.writers import line_that_changes, line_that_changes_upstream
from minnet.report.results import Finding, SourceLine


def mutated(evidence: Evidence) -> Finding | None:
    """The right one, but for the array as the code left it: dout, an input or a parameter."""
    run = evidence.case.run()
    upstream = split_like(evidence.dout, run.outputs)
    run.backward(upstream)
    left = np.concatenate([piece.ravel() for piece in upstream]).astype(np.float64)
    if left.shape == output_vector(run).shape and not np.array_equal(left, evidence.dout):
        changed = evidence.numeric_for(left)
        if changed is not None and evidence.agrees(*changed):
            before = split_like(evidence.dout, run.outputs)
            k = next(i for i, d in enumerate(upstream) if not np.array_equal(d, before[i]))
            name = upstream_names(evidence.case, len(upstream))[k]
            line = line_that_changes_upstream(evidence.case, evidence.dout, k)
            return _finding(evidence, "mutates_upstream", name, line)
    for name, x in evidence.case.variables.items():
        after = run.handed.get(name)
        if after is None or after.shape != x.shape or np.array_equal(after, x):
            continue
        if np.isfinite(after).all() and right_with(evidence, name, after.copy()):
            inputs = getattr(evidence.case, "inputs", ())
            code = "mutates_input" if name in inputs else "mutates_parameter"
            line = line_that_changes(evidence.case, name, evidence.dout)
            return _finding(evidence, code, name, line)
    return None


def _finding(evidence: Evidence, code: str, array: str, line: SourceLine | None) -> Finding:
    message = (
        f"{gradient_of(evidence)} is computed with {array} after {array} has been changed: it is "
        f"right for the values that the code leaves in {array}, not for those it was given. "
        f"Nothing may be written into {array} on the way."
    )
    return Finding(code, message, {"array": array}, line=line, about=(array,))
