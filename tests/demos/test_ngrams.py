"""The counted models count right, mix fairly, and choose their weights without the held-out."""

from collections import Counter
from math import log

import numpy as np
import pytest

from minnet import Characters, load_names
from minnet.datasets.characters import IGNORED
from minnet.demos.ngrams import WEIGHTS, count

SMALL = ["anna", "bea", "ann", "abe", "bab", "na"]


def by_hand(names, vocabulary, weights):
    """Return p(what comes | what came before), by dictionaries and recursion."""
    seen = [Counter() for _ in weights]
    for name in names:
        marked = "." * len(weights) + name + "."
        for place in range(len(weights), len(marked)):
            for back, counter in enumerate(seen):
                counter[marked[place - back : place], marked[place]] += 1

    def probability(before, comes, back):
        if back < 0:
            return 1 / vocabulary
        context = before[len(before) - back :]
        total = sum(n for (c, _), n in seen[back].items() if c == context)
        lower = probability(before, comes, back - 1)
        return (seen[back][context, comes] + weights[back] * lower) / (total + weights[back])

    return lambda before, comes: probability("." * len(weights) + before, comes, len(weights) - 1)


@pytest.mark.parametrize("longest", [0, 1, 2, 4])
def test_probabilities_and_loss_are_those_counted_by_hand(longest):
    characters = Characters(SMALL)
    *_, model = count(*characters.lines(SMALL), len(characters), longest)
    probability = by_hand(SMALL, len(characters), [level.weight for level in model.levels])
    unseen = ["beanna", "e", "nab"]
    x, y = characters.lines(unseen)
    p = model.probabilities(x)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    losses = []
    for row, name in enumerate(unseen):
        for place, comes in enumerate(name + "."):
            expected = probability(name[:place], comes)
            assert p[row, place, y[row, place]] == pytest.approx(expected, rel=1e-12)
            losses.append(-log(expected))
    assert model.loss(x, y) == pytest.approx(np.mean(losses), rel=1e-12)


def test_a_weight_is_the_one_that_predicts_each_letter_best_from_all_others():
    names = load_names()[0][:60]
    characters = Characters(names)
    x, y = characters.lines(names)
    _, bigram = count(x, y, len(characters), 1)
    chosen = [level.weight for level in bigram.levels]
    places = list(zip(*np.nonzero(y != IGNORED), strict=True))

    def loss_left_out(weight):
        losses = []
        for row, place in places:
            others = y.copy()
            others[row, place] = IGNORED  # this one is not counted
            kept = others != IGNORED
            total = 1 / len(characters)
            following = np.bincount(others[kept], minlength=len(characters))
            p = (following + chosen[0] * total) / (following.sum() + chosen[0])
            same = kept & (x == x[row, place])
            following = np.bincount(others[same], minlength=len(characters))
            p = (following + weight * p) / (following.sum() + weight)
            losses.append(-log(p[y[row, place]]))
        return np.mean(losses)

    assert chosen[1] == min(WEIGHTS, key=loss_left_out)


def test_a_longer_memory_is_better_up_to_a_point_on_names_held_out():
    train, held_out = load_names()
    characters = Characters(train)
    data = characters.lines(held_out)
    losses = [m.loss(*data) for m in count(*characters.lines(train), len(characters), 3)]
    assert losses[0] > losses[1] + 0.3 > losses[2] + 0.5 > losses[3] + 0.6
    assert losses[2] < 2.1  # adding a constant to every count gives 2.102 at best


def test_a_context_never_seen_leans_on_the_shorter_one():
    characters = Characters(SMALL)
    *_, bigram, trigram = count(*characters.lines(SMALL), len(characters), 2)
    x = characters.lines(["ee"])[0]
    np.testing.assert_array_equal(trigram.probabilities(x)[0, 2], bigram.probabilities(x)[0, 2])


def test_a_name_shorter_than_the_memory_is_counted_like_any_other():
    characters = Characters(SMALL)
    *_, model = count(*characters.lines(SMALL), len(characters), 4)
    alone, among = characters.lines(["b"])[0], characters.lines(["b", "beanna"])[0]
    np.testing.assert_array_equal(model.probabilities(alone)[0], model.probabilities(among)[0, :2])
