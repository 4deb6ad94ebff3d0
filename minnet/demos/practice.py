"""What the literature recommends for a gradient check, each recommendation with a number.

The list is that of the course notes of Stanford's CS231n, "Gradient checks"; here each item is
tried with and without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np

from minnet.arrays import Array
from minnet.demos import cnn
from minnet.demos.cnn import Labelled, Picks, Point
from minnet.demos.comparison import Comparison
from minnet.layers import Dropout, Sequential

#: elements drawn from each parameter
SAMPLE = 24
BATCH_SIZES = (2, 32, 256)
PRECISIONS = (("float64", 3e-5), ("float32", 3e-5), ("float32", 1e-2))
DECAYS = (0.0, 0.1, 10.0)


@dataclass(frozen=True)
class Digits:
    """Least and median digits of a comparison, elements that are exactly 0 left out."""

    least: int
    median: float
    norm_ratio: float
    few: int
    total: int


def digits_of(comparison: Comparison) -> Digits:
    """Sum a comparison up."""
    some = (comparison.analytic != 0) | (comparison.numeric != 0)
    digits = comparison.digits[some]
    few = int((digits < cnn.ENOUGH_DIGITS).sum())
    least = int(digits.min(initial=16))
    return Digits(least, float(np.median(digits)), comparison.norm_ratio, few, len(digits))


def draw(point: Point, rng: np.random.Generator, size: int = SAMPLE) -> dict[str, Array]:
    """Draw elements of every parameter, up to `size` from each."""
    return {
        name: np.sort(rng.choice(W.size, min(size, W.size), replace=False))
        for name, W in point.model.named_parameters().items()
    }


@dataclass(frozen=True)
class Precision:
    """The check in one floating-point format."""

    dtype: str
    step: float
    digits: Digits


def precision(point: Point, picks: Picks, seed: int) -> list[Precision]:
    """Check the same weights in float64 and in float32."""
    rows = []
    for dtype, h in PRECISIONS:
        copy = copied(point, seed)
        copy.model.astype(dtype)
        copy = Point(copy.model, copy.x.astype(dtype), copy.y)
        rows.append(Precision(dtype, h, digits_of(checked(copy, picks, h))))
    return rows


@dataclass(frozen=True)
class BatchSize:
    """The first layer checked with so many images: how many of its weights cross a kink."""

    images: int
    weights: int
    crossing: int
    fewest: int
    few: int


def batch_sizes(model: Sequential, data: Labelled) -> list[BatchSize]:
    """Check the first layer with few and with many images."""
    rows = []
    for images in BATCH_SIZES:
        point = Point(model, data[0][-images:], data[1][-images:])
        first = {name: flat for name, flat in point.everything().items() if name[0] == "0"}
        found = cnn.measure(point, first)
        digits = digits_of(found.comparison)
        crossing = int((found.kinks > 0).sum())
        few = int((found.comparison.digits <= cnn.FEW_DIGITS).sum())
        rows.append(BatchSize(images, len(found), crossing, digits.least, few))
    return rows


@dataclass(frozen=True)
class Steps:
    """The first layer's biases checked after so many steps of training."""

    steps: int
    on_kink: int
    units: int
    bias: Digits


def training_steps(point: Point, data: Labelled, seed: int) -> list[Steps]:
    """Check the biases of the first layer at the start and a few steps later."""
    rows = []
    for steps in (0, cnn.WARM_UP_STEPS):
        model = cnn.build(seed)
        cnn.warm_up(model, data, steps, seed)
        there = Point(model, point.x, point.y)
        before = model.layers[0].forward(there.x)
        bias = checked(there, {"0.b": there.everything()["0.b"]}, cnn.STEP)
        rows.append(Steps(steps, int((before == 0).sum()), before.size, digits_of(bias)))
    return rows


@dataclass(frozen=True)
class Decay:
    """The check of the first kernels with a weight decay: right, and with its kernels flipped."""

    strength: float
    right: float
    flipped: float


def weight_decay(point: Point, seed: int) -> list[Decay]:
    """Show how a strong penalty hides a mistake in the gradient of the data loss."""
    picks = {"0.W": point.everything()["0.W"]}
    copy = copied(point, seed)
    W = copy.model.named_parameters()["0.W"]
    data_gradient = copy.gradients()["0.W"].reshape(W.shape)
    rows = []
    for strength in DECAYS:

        def value(strength: float = strength) -> float:
            return copy.loss() + 0.5 * strength * float(np.sum(W**2))

        numeric = cnn.slopes(copy.model, value, picks, cnn.STEP)
        both = [
            Comparison((gradient + strength * W).ravel(), numeric).norm_ratio
            for gradient in (data_gradient, data_gradient[:, :, ::-1, ::-1])
        ]
        rows.append(Decay(strength, *both))
    return rows


@dataclass(frozen=True)
class Frozen:
    """The check of a network with dropout, its masks drawn anew or frozen."""

    free: Digits
    frozen: Digits


def dropout(point: Point, picks: Picks, seed: int) -> Frozen:
    """Check a network with dropout, without and with restoring its generator."""
    copy = copied(point, seed)
    layers = copy.model.layers
    layer = Dropout(0.5, rng=seed)
    model = Sequential(*layers[:-1], layer, layers[-1])
    there = Point(model, copy.x, copy.y)
    renamed = {name.replace("7.", "8."): flat for name, flat in picks.items()}
    state = layer.rng.bit_generator.state

    def value() -> float:
        layer.rng.bit_generator.state = state
        return there.loss()

    def rerun(value: Callable[[], float]) -> Digits:
        layer.rng.bit_generator.state = state
        claimed = there.gradients()
        analytic = np.concatenate([claimed[name][flat] for name, flat in renamed.items()])
        return digits_of(Comparison(analytic, cnn.slopes(model, value, renamed, cnn.STEP)))

    return Frozen(rerun(there.loss), rerun(value))


@dataclass(frozen=True)
class Sampling:
    """What a random sample of the weights says beside all of them."""

    everything: Digits
    sample: Digits
    without_bias: float
    misses_filter: float


def sampling(found: cnn.Measured, picks: Picks) -> Sampling:
    """Compare a sample of each parameter with all of it.

    `without_bias` is the chance that as many weights drawn from the network as a whole hold
    none of the first layer's biases; `misses_filter` that SAMPLE elements drawn from the first
    kernels hold none of one filter, if that alone were wrong.
    """
    chosen = np.zeros(len(found), bool)
    for name, flat in picks.items():
        chosen |= (found.parameter == name) & np.isin(found.flat, flat)
    biases = int((found.parameter == "0.b").sum())
    kernels = int((found.parameter == "0.W").sum())
    drawn = int(chosen.sum())
    return Sampling(
        digits_of(found.comparison),
        digits_of(found.where(chosen).comparison),
        comb(len(found) - biases, drawn) / comb(len(found), drawn),
        comb(kernels - kernels // biases, SAMPLE) / comb(kernels, SAMPLE),
    )


def checked(point: Point, picks: Picks, h: float) -> Comparison:
    """Compare backward with central differences for some elements."""
    claimed = point.gradients()
    analytic = np.concatenate([claimed[name][flat] for name, flat in picks.items()])
    return Comparison(analytic.astype(np.float64), cnn.loss_slopes(point, picks, h))


def copied(point: Point, seed: int) -> Point:
    """Return the point with a network of its own, of the same parameters."""
    model = cnn.build(seed)
    source = point.model.named_parameters()
    for name, W in model.named_parameters().items():
        W[...] = source[name]
    return Point(model, point.x, point.y)
