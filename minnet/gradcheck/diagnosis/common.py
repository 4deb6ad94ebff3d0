"""What the hypotheses share: words for a gradient, and the factor between two arrays."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.report.results import Factor

#: a list of indices or values in the evidence is cut to so many
LISTED = 8


def gradient_of(evidence: Evidence) -> str:
    """Return what to call the gradient in a sentence: "dx", or "the gradient of 0.W"."""
    return name_of_gradient(evidence.wrt)


def name_of_gradient(variable: str) -> str:
    """Return what to call the gradient of a variable.

    >>> name_of_gradient("W"), name_of_gradient("0.W")
    ('dW', 'the gradient of 0.W')
    """
    return f"d{variable}" if variable.isidentifier() else f"the gradient of {variable}"


def factor_between(evidence: Evidence, where: Array | None = None) -> Factor | None:
    """Return the constant factor of analytic to numeric on the elements `where`, if there is one.

    The bars dout the elements; every element has to agree with the one factor.
    """
    use = evidence.known if where is None else evidence.known & where
    a, g = evidence.a[use], evidence.numeric[use]
    bar, tolerance = evidence.bar[use], evidence.tolerance[use]
    return factor_of(a, g, bar, tolerance - bar)


def factor_of(a: Array, g: Array, bar: Array, round_off: Array) -> Factor | None:
    """Return c such that |a − c·g| is within the errors on every element, or None."""
    solid = np.abs(g) > 10 * (bar + round_off)
    if not solid.any() or not np.isfinite(a).all():
        return None
    weights = 1 / np.maximum(bar + round_off, 1e-300)[solid]
    weights = weights / weights.max()
    c = float(((weights**2) * a[solid] * g[solid]).sum() / ((weights * g[solid]) ** 2).sum())
    if not np.all(np.abs(a - c * g) <= abs(c) * (bar + round_off) + round_off + np.abs(a) * 1e-13):
        return None
    error = float(np.min(((1 + abs(c)) * (bar + round_off))[solid] / np.abs(g[solid])))
    return Factor(c, error)
