"""Arrays as combinations of others, with the error that the combination inherits."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.records import dataclass

#: a combination of k arrays is believed of so many numbers more than k
SPARE = 1
#: the errors of a fit are followed to the values through a matrix of at most so many numbers
LARGEST = 1_000_000


@dataclass(frozen=True)
class Fit:
    """``values ≈ basis @ coefficients``, by least squares.

    coefficients is (k,), and so are its errors; `inverse` (k, n) made them of the n values, whose
    bars are (n,).
    """

    coefficients: Array
    inverse: Array
    bars: Array

    @property
    def errors(self) -> Array:
        """By how much each coefficient may be off."""
        return np.asarray(np.abs(self.inverse) @ self.bars)

    def at(self, basis: Array) -> tuple[Array, Array]:
        """Return what the fit gives at the rows of a basis (p, k), and its error: (p,) each."""
        value = basis @ self.coefficients
        if len(basis) * len(self.bars) > LARGEST:  # a wider error, which takes less memory
            return value, np.abs(basis) @ self.errors
        return value, np.abs(basis @ self.inverse) @ self.bars


def fitted(basis: Array, values: Array, bars: Array) -> Fit | None:
    """Fit values (n,), known within bars, by the columns of a basis (n, k).

    Returns
    -------
    Fit or None
        None where the values are no such combination, or too few to tell.

    Examples
    --------
    >>> n = np.arange(5.0)
    >>> found = fitted(np.stack([np.ones(5), n], axis=1), 3 + 2 * n, np.full(5, 1e-12))
    >>> found.coefficients.round(9)
    array([3., 2.])
    >>> fitted(np.stack([np.ones(5), n], axis=1), n**2, np.full(5, 1e-12)) is None
    True
    """
    known = np.isfinite(bars)
    (_, k), n = basis.shape, int(known.sum())
    if n < k + SPARE or not np.isfinite(basis).all() or np.linalg.matrix_rank(basis[known]) < k:
        return None
    inverse = np.zeros(basis.shape[::-1])
    inverse[:, known] = np.linalg.pinv(basis[known])
    found = Fit(inverse @ np.where(known, values, 0.0), inverse, np.where(known, bars, 0.0))
    value, error = found.at(basis)
    return found if np.all(np.abs(value - values) <= bars + error) else None


def row_factors(J: Array, tolerance: Array, A: Array) -> tuple[Array, Array] | None:
    """Return s such that ``J = s·A``, one factor a row, and its error; None where there is none.

    J, its tolerance and A are (..., n), s and its error (..., 1). A row of zeros has s = 0.
    """
    told = np.where(np.isfinite(tolerance), A, 0.0)
    size = (told**2).sum(axis=-1, keepdims=True)
    size = np.where(size > 0, size, 1.0)
    s = (J * told).sum(axis=-1, keepdims=True) / size
    bars = np.where(told != 0, tolerance, 0.0)
    error = (bars * np.abs(told)).sum(axis=-1, keepdims=True) / size
    fits = np.abs(J - s * A) <= tolerance + error * np.abs(A)
    return (s, error) if fits.all() else None
