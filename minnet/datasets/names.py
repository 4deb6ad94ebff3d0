"""The embedded first names."""

from __future__ import annotations

from pathlib import Path

from minnet.datasets.splitting import shuffled_split


def load_names(test_fraction: float = 0.1, seed: int = 0) -> tuple[list[str], list[str]]:
    """Return the 5,163 embedded first names, shuffled and split.

    All differ, and are in lower case, a to z. `Characters` turns them into arrays.

    Parameters
    ----------
    test_fraction : float
        Share of the names held out, between 0 and 1.
    seed : int
        Of the shuffling; the same seed gives the same split.

    Returns
    -------
    train, test : list of str

    References
    ----------
    U.S. Census Bureau, "Frequently Occurring Surnames and First Names", 1990 Census: the
    female and the male list together. In the public domain.

    Examples
    --------
    >>> train, test = load_names()
    >>> len(train), len(test)
    (4647, 516)
    >>> train[:4]
    ['tiffani', 'jennine', 'dovie', 'arthur']
    """
    names = Path(__file__).with_name("names.txt").read_text(encoding="utf-8").split()
    rows, held_out = shuffled_split(len(names), test_fraction, seed)
    return [names[row] for row in rows], [names[row] for row in held_out]
