"""What to look for, in words.

The solution is never written out: minnet is used in coursework.
"""

from __future__ import annotations

from minnet.records import replace
from minnet.report.results import Finding

#: what to look for, by code
HINTS: dict[str, str] = {
    "missing": "return a gradient for every variable, in the order of forward's arguments",
    "zero": "the gradient is made as zeros and never filled, or filled through a mask of zeros",
    "sign": "look for a minus that is missing or one too many, or a difference turned round",
    "transpose": "write the shapes of both factors beside the product, with letters, not numbers: "
    "a square matrix hides an exchanged axis",
    "flip": "an axis is read backwards: look for [::-1], np.flip or a rotated kernel",
    "permuted": "undo the steps of forward in reverse order: a transpose is undone by the inverse "
    "transpose, and reshape never moves an axis",
    "swapped": "the gradients are returned in the order of forward's arguments; look at the return",
    "upstream_ignored": "this is the local derivative alone: what is done with dout?",
    "nonlinear_upstream": "dout may be multiplied and added up, nothing else: look for dout in a "
    "comparison, a function, or a product with itself, or for an array of integers that it is "
    "written into",
    "local_derivative_missing": "differentiate forward by hand at one element: the result is the "
    "factor that dout has to be multiplied by",
    "local_derivative_of_input": "a derivative is often written with the output y (like y*(1 - y)) "
    "or with the input x: check which of the two the formula means, and which the cache holds",
    "wrong_factor": "write the derivative of this one product by hand and compare it factor by "
    "factor, with what the cache holds under each name",
    "jacobian_diagonal": "sum over every output that the element moves: dx[i] is the sum over j of "
    "dout[j] * dy[j]/dx[i], not the term j = i alone",
    "jacobian_transposed": "dx = dout @ J for rows: a matrix is transposed, a kernel turned round, "
    "an angle negative, a spectrum conjugated",
    "truncated_time": "keep the gradient of the state outside the loop, and add it to that of the "
    "output at the step before",
    "wrong_carry": "look at the line that makes the gradient of the state for the step before: it "
    "is that of forward's step, through every path of the state",
    "wrong_axis": "compare the axis (and keepdims) of each sum, mean and product in backward with "
    "that of its twin in forward",
    "extra_term": "look for a term that only one of the two passes has, or that has another factor "
    "there",
    "overwritten": "forward uses the same element several times, and every use adds to its "
    "gradient: look for = where += belongs, or for a sum that is left out",
    "one_sample": "every sample of the batch adds to this gradient: look for = in a loop over the "
    "batch, or for an index like [0]",
    "statistic_constant": "the statistic was computed from the input, so the input moves it too: "
    "draw the graph, and add up what flows back along every arrow that leaves x",
    "weight_decay": "a regularisation term belongs in both passes, with the factor that its "
    "derivative has",
    "region": "the other places are right: what does the code do differently in these?",
    "precision": "look for an array made with another dtype, or an astype",
    "new_random_numbers": "draw once, in forward, and keep what was drawn for backward",
    "accumulates": "start from a new array at each call instead of adding to the old one",
    "stale_cache": "what backward uses has to be kept by the forward pass it belongs to",
}


def with_hint(finding: Finding) -> Finding:
    """Add to a finding what to look for."""
    return replace(finding, hint=finding.hint or HINTS.get(finding.code, ""))
