"""What convolutions and poolings give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Readings, right, slip
from minnet.layers import AvgPool2D, Conv1D, Conv2D, MaxPool2D

_NO_SPACE = ((0, 0), (0, 0))


def conv_param(x: Array, w: Array, b: Array, settings: Mapping[str, Any]) -> Readings:
    return conv(x, w, b, int(settings["stride"]), int(settings["pad"]))


def conv(x: Array, w: Array, b: Array | None, stride: int, pad: int) -> Readings:
    """x (N, C, H, W) or (N, C, L), w (F, C, ...), b (F,)."""
    sides = list(zip(x.shape[2:], w.shape[2:], strict=True))
    if any((size + 2 * pad - kernel) % stride for size, kernel in sides):
        return  # some drop what is left over, some pad it
    F, C = w.shape[:2]
    shift = np.zeros(F) if b is None else np.ravel(b)
    space = (slice(None), slice(None))

    def convolved(x: Array, w: Array, b: Array = shift, s: int = stride, p: int = pad) -> Array:
        layer = (Conv1D if x.ndim == 3 else Conv2D)(w.shape[1], F, w.shape[2:][0], s, p)
        layer.W, layer.b = np.ascontiguousarray(w), b
        return layer.forward(np.ascontiguousarray(x))

    def padded(**how: Any) -> Array:
        return np.pad(x, (*_NO_SPACE, *[(pad, pad)] * len(sides)), **how)

    yield right(lambda: convolved(x, w))
    if b is not None:
        yield slip("the bias is left out", lambda: convolved(x, w, 0 * shift))
        yield slip("the bias is added for each input channel", lambda: convolved(x, w, C * shift))
        area = C * int(np.prod(w.shape[2:]))
        yield slip("the bias is added for each weight", lambda: convolved(x, w, area * shift))
    flipped = w[(*space, *[slice(None, None, -1)] * len(sides))]
    yield slip("the kernel is flipped", lambda: convolved(x, flipped))
    if len(sides) == 2:
        turned = w.swapaxes(2, 3)
        yield slip("the kernel's two sides are exchanged", lambda: convolved(x, turned))
    yield slip("only the first channel counts", lambda: convolved(x[:, :1], w[:, :1]))
    yield slip("only the last channel counts", lambda: convolved(x[:, -1:], w[:, -1:]))
    every = lambda s: slice(None, None, s)  # noqa: E731
    dense = lambda: convolved(x, w, s=1)  # noqa: E731
    yield slip("the stride is not used", dense)
    yield slip("the stride is used for the height alone", lambda: dense()[:, :, every(stride)])
    yield slip("the stride is used for the width alone", lambda: dense()[..., every(stride)])
    yield slip("the padding is not used", lambda: convolved(x, w, p=0))
    for fixed in (0, 1, 2):
        words = f"the padding is {fixed}, whatever pad says"
        yield slip(
            words, lambda fixed=fixed: _beginning(convolved(x, w, p=fixed), sides, stride, pad)
        )
    for words, mode in (("the border is repeated", "edge"), ("the image is mirrored", "reflect")):
        yield slip(
            f"{words} where zeros belong", lambda mode=mode: convolved(padded(mode=mode), w, p=0)
        )
    ones = lambda: convolved(padded(constant_values=1), w, p=0)  # noqa: E731
    yield slip("the padding is ones where zeros belong", ones)
    for words, one_side in (("end", (0, 2 * pad)), ("beginning", (2 * pad, 0))):
        at = (*_NO_SPACE, *[one_side] * len(sides))
        yield slip(
            f"all the padding stands at the {words}", lambda at=at: convolved(np.pad(x, at), w, p=0)
        )
    weights = int(np.prod(w.shape[1:]))
    yield slip("it is the mean, not the sum", lambda: convolved(x, w / weights))


def _beginning(out: Array, sides: list[tuple[int, int]], stride: int, pad: int) -> Array:
    """Return as much of an output as there are places when the padding is `pad`."""
    places = [(size + 2 * pad - kernel) // stride + 1 for size, kernel in sides]
    return out[(slice(None), slice(None), *map(slice, places))]


def max_pool(x: Array, height: int, width: int, stride: int) -> Readings:
    """x (N, C, H, W)."""
    if _leaves_over(x, height, width, stride):
        return
    pooled = _pooling(MaxPool2D, x)
    yield right(lambda: pooled(height, width, stride))
    yield slip("it is the mean, not the maximum", lambda: _mean(x, height, width, stride))
    yield slip("it is the minimum", lambda: -_pooling(MaxPool2D, -x)(height, width, stride))
    yield slip("it is never below 0", lambda: np.maximum(pooled(height, width, stride), 0))
    absolute = _pooling(MaxPool2D, np.abs(x))
    yield slip("it is the largest absolute value", lambda: absolute(height, width, stride))
    yield from _wrong_windows(pooled, height, width, stride)


def avg_pool(x: Array, height: int, width: int, stride: int) -> Readings:
    """x (N, C, H, W)."""
    if _leaves_over(x, height, width, stride):
        return
    pooled = _pooling(AvgPool2D, x)
    yield right(lambda: pooled(height, width, stride))
    sums = lambda: pooled(height, width, stride) * height * width  # noqa: E731
    yield slip("it is the sum, not the mean", sums)
    yield slip("the sum is divided by one side of the window", lambda: sums() / height)
    maximum = _pooling(MaxPool2D, x)
    yield slip("it is the maximum, not the mean", lambda: maximum(height, width, stride))
    yield from _wrong_windows(pooled, height, width, stride)


def _wrong_windows(pooled: Any, height: int, width: int, stride: int) -> Readings:
    yield slip("the window's two sides are exchanged", lambda: pooled(width, height, stride))
    yield slip("the stride is not used", lambda: pooled(height, width, 1))
    yield slip("the stride is the window's size", lambda: pooled(height, width, (height, width)))
    smaller = lambda: pooled(max(height - 1, 1), max(width - 1, 1), stride)  # noqa: E731
    yield slip("the window lacks its last row and column", smaller)
    yield slip("the window lacks its last row", lambda: pooled(max(height - 1, 1), width, stride))
    yield slip(
        "the window lacks its last column", lambda: pooled(height, max(width - 1, 1), stride)
    )
    turned = lambda: pooled(height, width, stride).swapaxes(2, 3)  # noqa: E731
    yield slip("height and width of the output are exchanged", turned)


def _pooling(kind: Any, x: Array) -> Any:
    return lambda height, width, stride: kind((height, width), stride).forward(x)


def _mean(x: Array, height: int, width: int, stride: int) -> Array:
    return np.asarray(_pooling(AvgPool2D, x)(height, width, stride))


def _leaves_over(x: Array, height: int, width: int, stride: int) -> bool:
    return bool((x.shape[2] - height) % stride or (x.shape[3] - width) % stride)


def pool_param(stage: Any) -> Any:
    """Return a stage of pooling as one that takes cs231n's settings."""
    names = ("pool_height", "pool_width", "stride")
    return lambda x, settings: stage(x, *(int(settings[name]) for name in names))
