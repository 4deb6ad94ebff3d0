"""Models that only count: how often does each character follow the last few?

A bigram looks back at one character, a trigram at two, an n-gram at n - 1. With N_c how often
the character c followed a context in the training texts, N the sum of all N_c, and p' the
estimate of the model that looks back one character less,

    p(c) = (N_c + weight * p'(c)) / (N + weight)

so that a context that was seen often speaks for itself, and a rare one leans on the shorter
one (in the end on 1/V, all V characters alike). The weight of each length of context is the
one of WEIGHTS with the least loss on the training texts themselves, each character predicted
from the counts of all the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array, Floats
from minnet.datasets.characters import IGNORED, MARK

WEIGHTS = tuple(2.0**power for power in range(-2, 8))


@dataclass(frozen=True)
class Level:
    """What followed each context of one length: `contexts` (U,), sorted, `counts` (U, V)."""

    contexts: Array
    counts: Floats
    weight: float

    def following(self, contexts: Array) -> Floats:
        """Return the counts of what followed, (..., V); zeros for a context never seen."""
        place = np.searchsorted(self.contexts, contexts).clip(max=len(self.contexts) - 1)
        seen = self.contexts[place] == contexts
        return np.asarray(self.counts[place] * seen[..., None])


@dataclass(frozen=True)
class NGram:
    """A counted model of V characters; `levels` look back at 0, 1, 2, ... of them."""

    vocabulary: int
    levels: tuple[Level, ...]

    def probabilities(self, x: Array) -> Floats:
        """Return the probability of each character to come next, (N, T, V), for x (N, T)."""
        p = np.full((*x.shape, self.vocabulary), 1 / self.vocabulary)
        for length, level in enumerate(self.levels):
            following = level.following(contexts_of(x, length, self.vocabulary))
            total = following.sum(axis=-1, keepdims=True)
            p = (following + level.weight * p) / (total + level.weight)
        return p

    def loss(self, x: Array, y: Array) -> float:
        """Return the mean of -log(probability) over the characters of y that are there."""
        p, kept = self.probabilities(x), y != IGNORED
        return float(-np.log(p[kept, y[kept]]).mean())


def count(x: Array, y: Array, vocabulary: int, longest: int) -> Iterator[NGram]:
    """Yield the models that look back at 0, 1, ..., `longest` characters.

    Examples
    --------
    >>> from minnet.datasets import Characters
    >>> characters = Characters("ab")
    >>> x, y = characters.lines(["ab", "aab", "aaab"])
    >>> _, bigram = count(x, y, len(characters), 1)
    >>> bigram.levels[1].counts[1]  # what follows an a: never the end, 3 times an a or a b
    array([0., 3., 3.])
    """
    kept = y != IGNORED
    target = y[kept]
    levels: list[Level] = []
    lower = np.full(len(target), 1 / vocabulary)
    for length in range(longest + 1):
        here = contexts_of(x, length, vocabulary)[kept]
        contexts, place = np.unique(here, return_inverse=True)
        counts = np.zeros((len(contexts), vocabulary))
        np.add.at(counts, (place, target), 1.0)
        same, all_of_them = counts[place, target] - 1, counts[place].sum(axis=1) - 1
        estimates = [(same + w * lower) / (all_of_them + w) for w in WEIGHTS]
        best = int(np.argmin([-np.log(p).mean() for p in estimates]))
        lower = estimates[best]
        levels.append(Level(contexts, counts, WEIGHTS[best]))
        yield NGram(vocabulary, tuple(levels))


def contexts_of(x: Array, length: int, vocabulary: int) -> Array:
    """Return a number for the last `length` characters up to each place of x, (N, T).

    What lies before the beginning counts as the mark.
    """
    number = np.zeros_like(x)
    for back in range(length):
        earlier = np.full_like(x, MARK)
        earlier[:, back:] = x[:, : max(x.shape[1] - back, 0)]
        number = number * vocabulary + earlier
    return number
