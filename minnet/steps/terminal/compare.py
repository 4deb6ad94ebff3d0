"""Mine and measured, a number at a time: what is wrong, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.report.digits import matching_digits
from minnet.report.words import numbers
from minnet.steps.pairs import ALIKE, Pair
from minnet.steps.walk import Place, Walk
from minnet.tracing.terms import figure
from minnet.tracing.trace import Value

#: what `d` goes through
MODES = ("mine", "measured", "difference", "digits")
#: the same as ALIKE, where the code computes in short floats
ALIKE_SHORT = 1e-4
#: fewer digits than these say little: of what is nearly 0
FEW = 3


@dataclass(frozen=True, eq=False)
class Compared:
    """A gradient beside what it should be, element by element.

    Attributes
    ----------
    pair : Pair
    mine, expected, bar : array
        bar is 0 where the chain rule was followed instead of measuring.
    wrong : array of bool
    """

    pair: Pair
    mine: Array
    expected: Array
    bar: Array
    wrong: Array

    @property
    def worst(self) -> int:
        """Where it is wrong most."""
        away = np.nan_to_num(np.abs(self.mine - self.expected), nan=np.inf)
        return int(np.argmax(np.where(self.wrong, away, -1.0)))

    def shown(self, mode: str) -> Array:
        """Return what a mode shows."""
        if mode == "measured":
            return self.expected
        if mode == "difference":
            return np.asarray(self.mine - self.expected)
        return matching_digits(self.mine, self.expected) if mode == "digits" else self.mine


def compared(walk: Walk, value: Value) -> Compared | None:
    """Return a value beside what it should be; None of what is no gradient or cannot be compared.

    An element is wrong where it is away from what was measured by more than the error bar and
    the rounding; none is where the checker calls the whole gradient right.
    """
    pair = walk.pair_of(value)
    if pair is None or pair.gradient is not value or pair.expected is None:
        return None
    if pair.expected.shape != value.shape or not value.data.size:
        return None
    mine, expected = np.asarray(value.data, float), np.asarray(pair.expected, float)
    bar = np.zeros(mine.shape) if pair.bar is None else np.broadcast_to(pair.bar, mine.shape)
    size = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    alike = ALIKE if value.data.dtype == np.float64 else ALIKE_SHORT
    with np.errstate(invalid="ignore"):
        right = np.abs(mine - expected) <= bar + alike * size
    wrong = ~right & ~np.isnan(expected)
    if pair.verdict in ("pass", "inconclusive"):
        wrong = np.zeros(mine.shape, bool)
    return Compared(pair, mine, expected, bar, wrong)


def told(walk: Walk, place: Place) -> str:
    """Say in one line what a number of a gradient should be; "" of any other number."""
    pair = walk.pair_of(place.value)
    if pair is None or pair.gradient is not place.value or pair.expected is None:
        return ""
    if pair.expected.shape != place.value.shape:
        return (
            f"{place.value.name} has the shape {_shape(place.value.shape)}, and ∂L/∂"
            f"{pair.value.name} has {_shape(pair.expected.shape)}"
        )
    seen = compared(walk, place.value)
    if seen is None:
        return ""
    mine, expected = float(seen.mine.flat[place.flat]), float(seen.expected.flat[place.flat])
    of = f"∂L/∂{_of(pair, place)}"
    if np.isnan(expected):
        return f"{of} was not measured"
    wrong = bool(seen.wrong.flat[place.flat])
    first, second = numbers((mine, expected)) if wrong else ("", figure(expected))
    first, second = first.replace("-", "−"), second.replace("-", "−")
    bar = "" if pair.bar is None else f" ± {float(pair.bar.flat[place.flat]):.0e}"
    how = "measured" if pair.bar is not None else "by the chain rule along forward"
    should_be = f"{of} {how} {second}{bar}"
    if wrong:
        return f"WRONG: mine {first}, {should_be}"
    digits = int(matching_digits(mine, expected))
    if digits < FEW and abs(mine - expected) <= float(seen.bar.flat[place.flat]):
        return f"{should_be}: the same within the error bar"
    return f"{should_be}: {'the same number' if mine == expected else f'{digits} digits the same'}"


def _of(pair: Pair, place: Place) -> str:
    same = pair.value.shape == place.value.shape
    return pair.value.at(place.flat) if same else pair.value.name


def _shape(shape: Any) -> str:
    return "(" + ",".join(map(str, shape)) + ")"


def heading(walk: Walk, value: Value, mode: str) -> tuple[str, Array]:
    """Return what the numbers on the screen are, in words, and the numbers."""
    seen = compared(walk, value)
    if seen is None or mode == "mine":
        plain = "" if mode == "mine" else f"nothing to compare with: no {mode} here"
        return plain, value.data
    how = "measured" if seen.pair.bar is not None else "by the chain rule along forward"
    of = f"∂L/∂{seen.pair.value.name}"
    words = {
        "measured": f"{of} {how}",
        "difference": f"mine − {of} {how}",
        "digits": f"digits the same as {of} {how}",
    }
    return words[mode], seen.shown(mode)
