"""Analytic and numeric derivatives side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.report.results import matching_digits


@dataclass(frozen=True)
class Comparison:
    """Two estimates of the same derivatives: arrays of shape (k,).

    Examples
    --------
    >>> found = Comparison(np.array([1.0, -2.0]), np.array([1.001, 2.0]))
    >>> found.digits.tolist(), found.same_sign.tolist()
    ([3, 0], [True, False])
    """

    analytic: Array
    numeric: Array

    @property
    def difference(self) -> Array:
        """Analytic minus numeric."""
        return np.asarray(self.analytic - self.numeric)

    @property
    def relative_error(self) -> Array:
        """``|a - n| / max(|a|, |n|)``, elementwise; 0 where both are 0."""
        largest = np.maximum(np.abs(self.analytic), np.abs(self.numeric))
        return np.asarray(np.abs(self.difference) / np.where(largest == 0, 1.0, largest))

    @property
    def same_sign(self) -> Array:
        """Whether both point the same way."""
        return np.asarray(np.sign(self.analytic) == np.sign(self.numeric))

    @property
    def digits(self) -> Array:
        """How many leading digits both share, 0 to 16."""
        return matching_digits(self.analytic, self.numeric)

    @property
    def norm_ratio(self) -> float:
        """``||a - n|| / ||a + n||``: one number for a whole gradient."""
        return _ratio(np.linalg.norm(self.difference), np.linalg.norm(self.analytic + self.numeric))

    @property
    def max_ratio(self) -> float:
        """The greatest ``|a - n| / max(|a|, |n|)`` of all elements."""
        return float(self.relative_error.max(initial=0.0))


def _ratio(part: np.floating, whole: np.floating) -> float:
    return float(part / whole) if whole else float(part > 0)
