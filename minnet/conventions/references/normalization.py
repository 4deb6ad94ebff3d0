"""What normalisations give, and what they leave in their running averages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import (
    Reading,
    Readings,
    Reference,
    Seen,
    first_right,
    right,
    slip,
    variant,
    whatever,
)
from minnet.layers import BatchNorm, GroupNorm, LayerNorm

EPS, MOMENTUM = 1e-5, 0.9
_ANOTHER_EPS = "its eps is another, or stands elsewhere"
#: what eps may be where the code does not say it
_USUAL_EPS = (0.0, 1e-8, 1e-6, 1e-5, 1e-3)

Normal = Callable[..., Array]


def normalised(
    x: Array, gamma: Any, beta: Any, axes: tuple[int, ...], eps: float, lost: int = 0
) -> Array:
    """Return γ (x − μ) / σ + β, with the statistics over `axes`."""
    centred = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt(x.var(axes, keepdims=True, ddof=lost) + eps)
    return np.asarray(gamma * centred / deviation + beta)


def mistakes(
    x: Array,
    gamma: Array,
    beta: Array,
    axes: tuple[int, ...],
    eps: float,
    others: Mapping[str, Any],
) -> Readings:
    """Yield what may go wrong in γ (x − μ) / σ + β; `others` are wrong axes by their names."""
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    root = np.sqrt(var + eps)
    xhat = (x - mean) / root
    lost = normalised(x, gamma, beta, axes, eps, lost=1)
    yield slip("the variance is divided by one less than the number of values", lost)
    yield slip("the root of the variance is left out", gamma * xhat / root + beta)
    yield slip("it is not divided by the deviation", gamma * (x - mean) + beta)
    yield slip("the mean is not subtracted", gamma * x / root + beta)
    yield slip("gamma is left out", xhat + beta)
    yield slip("beta is left out", gamma * xhat)
    yield slip("gamma and beta are left out", xhat)
    yield slip("gamma and beta are exchanged", beta * xhat + gamma)
    yield slip("beta is subtracted", gamma * xhat - beta)
    yield slip("gamma multiplies beta too", gamma * (xhat + beta))
    for name, wrong in others.items():
        words = f"the statistics are {name}"
        yield slip(words, normalised(x, gamma, beta, wrong, eps))
    for other in _USUAL_EPS:
        values = normalised(x, gamma, beta, axes, other)
        yield variant(_ANOTHER_EPS, values)
    outside = gamma * (x - mean) / (np.sqrt(var) + eps) + beta
    yield variant(_ANOTHER_EPS, outside)


def batchnorm(x: Array, gamma: Array, beta: Array, eps: float = EPS) -> Readings:
    """x (N, D) or (N, C, H, W), in training."""
    gamma, beta = np.ravel(gamma), np.ravel(beta)
    layer = BatchNorm(len(gamma), eps=eps)
    layer.gamma, layer.beta = gamma, beta
    yield right(layer.forward, x)
    if x.ndim == 2:
        others: dict[str, Any] = {"those of each sample": (1,), "those of the whole array": (0, 1)}
        yield from mistakes(x, gamma, beta, (0,), eps, others)
        return
    g, b = gamma[:, None, None], beta[:, None, None]
    others = {
        "those of each place": (0,),
        "those of each sample": (1, 2, 3),
        "those of each image": (2, 3),
    }
    yield from mistakes(x, g, b, (0, 2, 3), eps, others)
    N, C, H, W = x.shape
    rows = x.reshape(-1, C)
    mixed = normalised(rows, gamma, beta, (0,), eps).reshape(x.shape)
    yield slip("channels are mixed up, which have to become the last axis before reshape", mixed)
    moved = x.transpose(0, 2, 3, 1).reshape(-1, C)
    back = normalised(moved, gamma, beta, (0,), eps).reshape(x.shape)
    yield slip("the axes are not put back in their order", back)


def evaluated(
    x: Array, gamma: Array, beta: Array, mean: Array, var: Array, eps: float = EPS
) -> Readings:
    """The same in test mode."""
    layer = BatchNorm(np.size(gamma), eps=eps).eval()
    layer.gamma, layer.beta = np.ravel(gamma), np.ravel(beta)
    layer.running_mean, layer.running_var = np.ravel(mean), np.ravel(var)
    yield right(layer.forward, x)
    batch = first_right(batchnorm, x, gamma, beta, eps)
    yield slip("the batch's own statistics are used in test mode", batch)
    shape = (-1, *[1] * (x.ndim - 2))
    g, b, m, v = (np.reshape(a, shape) for a in (gamma, beta, mean, var))
    root = np.sqrt(v + eps)
    yield slip("the root of the running variance is left out", g * (x - m) / (v + eps) + b)
    yield slip("gamma and beta are left out", (x - m) / root)
    yield slip("gamma is left out", (x - m) / root + b)
    yield slip("beta is left out", g * (x - m) / root)
    yield slip("the running mean is not subtracted", g * x / root + b)
    yield slip("x is not normalised in test mode", g * x + b)
    yield slip("nothing is done in test mode", x)
    for other in _USUAL_EPS:
        values = g * (x - m) / np.sqrt(v + other) + b
        yield variant(_ANOTHER_EPS, values)
    yield variant(_ANOTHER_EPS, g * (x - m) / (np.sqrt(v) + eps) + b)


def layernorm(x: Array, gamma: Array, beta: Array, eps: float = EPS) -> Readings:
    """x (..., D)."""
    layer = LayerNorm(np.size(gamma), eps=eps)
    layer.gamma, layer.beta = np.ravel(gamma), np.ravel(beta)
    yield right(layer.forward, x)
    others: dict[str, Any] = {"those of the batch": (0,), "those of the whole array": None}
    sample = tuple(range(1, x.ndim))
    of_its_own = len(sample) > 1 and np.all(np.equal(gamma, 1)) and not np.any(beta)
    for other in (eps, *_USUAL_EPS) if of_its_own else ():  # neither says which axes are meant
        values = normalised(x, layer.gamma, layer.beta, sample, other)
        yield variant("it takes the statistics of a whole sample, not of its last axis", values)
    yield from mistakes(x, layer.gamma, layer.beta, (x.ndim - 1,), eps, others)


def groupnorm(x: Array, gamma: Array, beta: Array, groups: int, eps: float = EPS) -> Readings:
    """x (N, C, H, W)."""
    N, C, H, W = x.shape
    layer = GroupNorm(groups, C, eps=eps)
    layer.gamma, layer.beta = np.ravel(gamma), np.ravel(beta)
    yield right(layer.forward, x)
    parts = (N, groups, C // groups, H, W)
    g, b = (np.reshape(a, parts[1:3] + (1, 1)) for a in (gamma, beta))
    others = {
        "those of the whole sample": (1, 2, 3, 4),
        "those of each channel alone": (3, 4),
        "those of the batch": (0, 2, 3, 4),
        "those of the batch, for each channel": (0, 3, 4),
        "those of each place": (1, 2),
        "those of each place in its group": (2,),
        "those of every group's first channels": (1, 3, 4),
    }
    for reading in mistakes(x.reshape(parts), g, b, (2, 3, 4), eps, others):
        yield _reshaped(reading, x.shape)
    if C % (C // groups) == 0:
        swapped = first_right(groupnorm, x, gamma, beta, C // groups, eps)
        yield slip("a group has G channels, where there should be G groups", swapped)
    split = (N, C // groups, groups, H, W)
    g, b = (np.reshape(a, split[1:3] + (1, 1)) for a in (gamma, beta))
    apart = normalised(x.reshape(split), g, b, (1, 3, 4), eps).reshape(x.shape)
    yield slip("a group is made of channels that are not neighbours", apart)
    yield slip("gamma and beta are one number a group", _by_group, x, gamma, beta, groups, eps)


def _by_group(x: Array, gamma: Array, beta: Array, groups: int, eps: float) -> Array:
    N, C, H, W = x.shape
    parts = x.reshape(N, groups, -1)
    g, b = (np.ravel(a)[:groups, None] for a in (gamma, beta))
    return normalised(parts, g, b, (2,), eps).reshape(x.shape)


def _reshaped(reading: Reading, shape: tuple[int, ...]) -> Reading:
    compute = reading.compute
    return Reading(reading.role, reading.words, lambda yours: compute(yours).reshape(shape))


# --- cs231n's settings ------------------------------------------------------------------------


def bn_param(x: Array, gamma: Array, beta: Array, settings: Mapping[str, Any]) -> Readings:
    eps = float(settings.get("eps", EPS))
    if settings.get("mode") == "train":
        return batchnorm(x, gamma, beta, eps)
    averages = settings["running_mean"], settings["running_var"]
    return evaluated(x, gamma, beta, *averages, eps)


def ln_param(x: Array, gamma: Array, beta: Array, settings: Mapping[str, Any]) -> Readings:
    return layernorm(x, gamma, beta, float(settings.get("eps", EPS)))


def gn_param(
    x: Array, gamma: Array, beta: Array, groups: int, settings: Mapping[str, Any]
) -> Readings:
    return groupnorm(x, gamma, beta, groups, float(settings.get("eps", EPS)))


def averages_samples(*shape: int) -> Callable[[np.random.Generator], Iterator[tuple[Any, ...]]]:
    """Return samples in both modes with running averages given; `shape` begins (N, C)."""

    def samples(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
        for mode, momentum in (("train", 0.7), ("train", 0.6), ("test", 0.7), ("test", 0.9)):
            C = shape[1]
            settings = {
                "mode": mode,
                "eps": 0.3 if momentum == 0.7 else 1e-5,
                "momentum": momentum,
                "running_mean": rng.normal(size=C),
                "running_var": rng.uniform(0.5, 2, C),
            }
            gamma, beta = rng.uniform(0.5, 2, C), rng.normal(size=C)
            yield 2 * rng.normal(size=shape) + rng.normal(), gamma, beta, settings

    return samples


def kept(seen: Seen) -> tuple[Array, ...]:
    """Return the running averages that the settings hold after forward, in whatever layout."""
    settings = seen.after[-1]
    return tuple(np.ravel(settings[n]) for n in ("running_mean", "running_var"))


def averages(seen: Seen) -> Readings:
    """Yield the readings of the running averages that forward leaves in its settings."""
    x, settings = seen.given[0], seen.given[-1]
    if not {"momentum", "running_mean", "running_var"} <= set(settings):
        return
    old = np.asarray(settings["running_mean"]), np.asarray(settings["running_var"])
    left = (seen.after[-1][name] for name in ("running_mean", "running_var"))
    if any(np.size(new) != x.shape[1] for new in left):
        yield whatever("its averages have axes of their own, which those that it was given lack")
        return
    if settings["mode"] != "train":
        yield right(old)
        return
    axes = tuple(i for i in range(x.ndim) if i != 1)
    batch = x.mean(axes), x.var(axes)
    share, count = float(settings["momentum"]), x.size // x.shape[1]

    def moved(new: tuple[Array, ...], share: float) -> tuple[Array, ...]:
        return tuple(share * o + (1 - share) * n for o, n in zip(old, new, strict=True))

    unbiased = batch[0], batch[1] * count / (count - 1)
    yield right(moved(batch, share))
    yield right(moved(unbiased, share))
    other_way = "the momentum multiplies the new statistics, not the old averages"
    said = re.search(r"running_mean = momentum \* running_mean", seen.documentation)
    for new in (batch, unbiased):
        values = moved(new, 1 - share)
        yield slip(other_way, values) if said else right(values)
    yield slip("they are not updated in training", old)
    yield slip("they are replaced by the batch's own", batch)
    swapped = batch[0], np.sqrt(batch[1])
    yield slip("the deviation is kept, not the variance", moved(swapped, share))
    summed = tuple(share * o + n for o, n in zip(old, batch, strict=True))
    yield slip("the new statistics are added whole, not in part", summed)


#: what the averages are called
KEPT = ("running mean", "running variance")
AVERAGES = Reference("minnet.BatchNorm", averages, kept, KEPT)
