"""The embedded 8×8 handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np

from minnet.arrays import Array, Floats
from minnet.datasets.splitting import shuffled_split

Split: TypeAlias = tuple[Floats, Array]

GREY_LEVELS = 16


def load_digits(test_fraction: float = 0.2, seed: int = 0) -> tuple[Split, Split]:
    """Return the 1,797 embedded digits, shuffled and split.

    Parameters
    ----------
    test_fraction : float
        Share of the samples held out, between 0 and 1.
    seed : int
        Of the shuffling; the same seed gives the same split.

    Returns
    -------
    (train_x, train_y), (test_x, test_y)
        Images (N, 1, 8, 8), float64 between 0 and 1, and labels (N,), int64.

    References
    ----------
    E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998, doi 10.24432/C50P49, CC BY 4.0.

    Examples
    --------
    >>> (train_x, train_y), (test_x, test_y) = load_digits()
    >>> train_x.shape, test_x.shape
    ((1438, 1, 8, 8), (359, 1, 8, 8))
    """
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        images, labels = file["images"], file["labels"]
    x = images[:, None] / GREY_LEVELS
    y = labels.astype(np.int64)
    train, test = shuffled_split(len(x), test_fraction, seed)
    return (x[train], y[train]), (x[test], y[test])
