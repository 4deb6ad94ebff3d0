"""How many leading digits two numbers share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minnet.arrays import Array

#: the most digits that two float64 numbers can be said to share
MOST_DIGITS = 16


def matching_digits(analytic: Any, numeric: Any) -> Array:
    """Return how many leading digits two numbers share, elementwise, between 0 and 16.

    Parameters
    ----------
    analytic, numeric : float or array
        Two arrays that broadcast together.

    Returns
    -------
    array of int
        ``floor(-log10(|a - n| / max(|a|, |n|)))``; 16 where the two are equal, 0 where one is
        not finite.

    Examples
    --------
    >>> matching_digits([3.14159, 1.0, 2.0], [3.14160, 1.0, -2.0]).tolist()
    [5, 16, 0]
    """
    import numpy as np  # late: a report on what is right needs none of it

    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    with np.errstate(all="ignore"):
        relative = np.abs(a - n) / np.maximum(np.abs(a), np.abs(n))
        digits = np.floor(-np.log10(np.where(a == n, 0.0, relative)))
    return np.asarray(np.clip(np.nan_to_num(digits, nan=0.0), 0, MOST_DIGITS), int)


def digits_of(relative_error: float) -> int:
    """Return how many leading digits two numbers share that differ by `relative_error`.

    >>> digits_of(3e-9), digits_of(0.5), digits_of(0.0), digits_of(math.inf)
    (8, 0, 16, 0)
    """
    if not 0 < relative_error < math.inf:
        return 0 if relative_error else MOST_DIGITS
    return min(max(math.floor(-math.log10(relative_error)), 0), MOST_DIGITS)
