"""What dropout gives, whatever its mask: zeros, or the input scaled, and the share of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Reading, Readings, Reference, Seen, right, slip

#: how far the share that is kept may be off: as chance allows for masks of whole rows too
SHARE = 0.15
#: of the input that the share is read off
SIDE = 150
#: a chance below this is none
UNLIKELY = 1e-3
AS_IT_IS = "nothing is dropped"


def samples(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Yield inputs so large that the share is certain, in both modes."""
    for p in (0.7, 0.75, 0.2, 0.25):
        for mode in ("train", "test"):
            settings = {"p": p, "mode": mode, "seed": int(rng.integers(1000))}
            yield rng.normal(size=(SIDE, SIDE)), settings


def readings(seen: Seen) -> Readings:
    """x, dropout_param: p is the probability to keep or to drop, as the documentation says."""
    x, settings = seen.given
    p, mode = float(settings["p"]), settings["mode"]
    if mode == "train":
        yield from in_training(x, p, _meaning(seen.documentation))
    else:
        yield from in_test(x, p)


def in_training(x: Array, p: float, meaning: str) -> Readings:
    """Yield the readings; `meaning` of p is "keep", "drop", or "" where it is not said."""
    for kept, word in ((p, "keep"), (1 - p, "drop")):
        means = meaning in ("", word)
        other = "p is taken as the probability to " + word
        yield _masked(x, kept, 1 / kept, "" if means else other)
        if means:
            yield _masked(x, kept, 1 / kept, "another share is kept than p says", of_share=False)
    for kept in (p, 1 - p):
        yield _masked(x, kept, 1.0, "what is kept is not divided by its share")
        yield _masked(x, kept, 1 / (1 - kept), "what is kept is divided by the share dropped")
        yield _masked(x, kept, kept, "what is kept is multiplied by its share, not divided")
    yield _masked(x, 1.0, 1.0, AS_IT_IS)


def in_test(x: Array, p: float) -> Readings:
    yield right(x)
    scaled = "it scales in test mode, which is done in training already"
    yield slip(scaled, x * p)
    yield slip(scaled, x * (1 - p))
    yield slip(scaled, x / p)
    yield slip(scaled, x / (1 - p))
    for kept in (p, 1 - p):
        for scale in (1.0, 1 / kept):
            yield _masked(x, kept, scale, "it drops in test mode too")


def _masked(x: Array, kept: float, scale: float, mistake: str, of_share: bool = True) -> Reading:
    """Return x under the mask that the output shows, where about a share `kept` is not zero."""

    def compute(yours: tuple[Array, ...]) -> Array:
        mask = yours[0] != 0
        off = abs(float(mask.mean()) - kept)
        another = off > SHARE and x.size >= SIDE**2
        if of_share and (another or (mask.all() and kept**x.size < UNLIKELY)):
            return np.where(mask, 0.0, x * scale)  # another share is kept: no output is this
        return np.where(mask, x * scale, 0.0)

    return Reading("slip" if mistake else "right", mistake, compute, fitted=True)


def _meaning(documentation: str) -> str:
    """Return what the author says that p is the probability of.

    >>> _meaning("p: We keep each neuron output with probability p."), _meaning("p: a number")
    ('keep', '')
    """
    text = " ".join(documentation.lower().split())
    found = {
        word
        for word in ("keep", "drop")
        if re.search(
            rf"\b{word}(ing|s|ped)? (each|a|every|any)?[\w ]*with (a )?probability p\b", text
        )
        or re.search(rf"probability (of|to) {word}", text)
    }
    return found.pop() if len(found) == 1 else ""


FUNCTION = Reference("minnet.Dropout", readings, samples=samples)
