"""The codes of the diagnoses, and in one line each what the gradient returned is."""

from __future__ import annotations

#: code -> "the gradient returned is ..."
CODES: dict[str, str] = {
    "not_implemented": "There is no backward pass yet.",
    "missing": "The gradient of this variable alone is absent.",
    "shape": "The gradient has another shape than its variable.",
    "zero": "The gradient is all zeros, and should not be.",
    "sign": "The gradient is the right one times -1.",
    "scale": "The gradient is the right one times a constant.",
    "transpose": "The gradient is the right one with axes exchanged.",
    "flip": "The gradient is the right one reversed along axes.",
    "permuted": "The gradient has the right numbers in the wrong places.",
    "swapped": "The gradient is that of another variable.",
    "upstream_ignored": "The gradient is the same whatever dout is.",
    "nonlinear_upstream": "The gradient is not linear in dout.",
    "local_derivative_missing": "dout is passed on unchanged, or changed only by its shape.",
    "local_derivative_of_input": "The local derivative is evaluated at the wrong point.",
    "overwritten": "Only one of several contributions that should add up is there.",
    "one_sample": "The gradient is that of part of the batch only.",
    "statistic_constant": "What flows through a mean, variance, maximum or norm is missing.",
    "weight_decay": "The gradient is off by a multiple of the variable itself.",
    "region": "The gradient is wrong only in some places.",
    "accumulates": "The gradient grows at each call of backward.",
    "stale_cache": "The gradient is that of another forward pass.",
    "mutates_input": "An input that belongs to the caller is changed.",
    "mutates_upstream": "The upstream gradient, which belongs to the caller, is changed.",
    "mutates_parameter": "A parameter is changed by forward or backward.",
    "nondeterministic": "Two equal calls give different results.",
    "new_random_numbers": "The gradient is that of other random numbers: backward draws its own.",
    "non_finite": "There are NaN or infinite values.",
    "overflow": "forward is not finite at large legal inputs.",
    "precision": "The gradient is right only to the digits of a lower precision.",
    "crash": "The code raised an exception.",
    "unexplained": "The gradient is wrong, in a way that none of the known mistakes explains.",
}
