"""What convolutions and poolings give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Readings, Stage, right, slip, variant
from minnet.layers import AvgPool2D, Conv1D, Conv2D, MaxPool2D

FLIPPED = "the kernel is flipped"
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

    def convolved(x: Array, w: Array, b: Array = shift, s: int = stride, p: int = pad) -> Array:
        layer: Any = (Conv1D if x.ndim == 3 else Conv2D)(w.shape[1], F, w.shape[2], s, p)
        layer.W, layer.b = np.ascontiguousarray(w), b
        return np.asarray(layer.forward(np.ascontiguousarray(x)))

    def padded(one_side: tuple[int, int], **how: Any) -> Array:
        return convolved(np.pad(x, (*_NO_SPACE, *[one_side] * len(sides)), **how), w, p=0)

    def with_pad(p: int) -> Array:
        return _beginning(convolved(x, w, p=p), sides, stride, pad)

    yield right(convolved, x, w)
    if b is not None:
        yield slip("the bias is left out", convolved, x, w, 0 * shift)
        yield slip("the bias is added for each input channel", convolved, x, w, C * shift)
        area = C * int(np.prod(w.shape[2:]))
        yield slip("the bias is added for each weight", convolved, x, w, area * shift)
    yield slip(FLIPPED, convolved, x, np.flip(w, axis=tuple(range(2, w.ndim))))
    yield slip("the kernel's two sides are exchanged", convolved, x, w.swapaxes(2, -1))
    yield slip("only the first channel counts", convolved, x[:, :1], w[:, :1])
    yield slip("only the last channel counts", convolved, x[:, -1:], w[:, -1:])
    every_place = convolved(x, w, s=1)
    yield slip("the stride is not used", every_place)
    yield slip("the stride is used for the height alone", every_place[:, :, ::stride])
    yield slip("the stride is used for the width alone", every_place[..., ::stride])
    yield slip("the padding is not used", convolved, x, w, shift, stride, 0)
    for fixed in (0, 1, 2):
        yield slip(f"the padding is {fixed}, whatever pad says", with_pad, fixed)
    both = (pad, pad)
    yield slip("the border is repeated where zeros belong", lambda: padded(both, mode="edge"))
    yield slip("the image is mirrored where zeros belong", lambda: padded(both, mode="reflect"))
    yield slip("ones stand where zeros belong", lambda: padded(both, constant_values=1))
    yield slip("all the padding stands at the end", padded, (0, 2 * pad))
    yield slip("all the padding stands at the beginning", padded, (2 * pad, 0))
    yield slip("it is the mean, not the sum", convolved, x, w / np.prod(w.shape[1:]))


def _beginning(out: Array, sides: list[tuple[int, int]], stride: int, pad: int) -> Array:
    """Return as much of an output as there are places when the padding is `pad`."""
    places = [(size + 2 * pad - kernel) // stride + 1 for size, kernel in sides]
    return out[(slice(None), slice(None), *map(slice, places))]


def max_pool(x: Array, height: int, width: int, stride: int) -> Readings:
    """x (N, C, H, W)."""
    if _leaves_over(x, height, width, stride):
        return
    largest = _pooling(MaxPool2D, x)
    at = height, width, stride
    yield right(largest, *at)
    yield slip("it is the mean, not the maximum", _pooling(AvgPool2D, x), *at)
    yield slip("it is the minimum", -_pooling(MaxPool2D, -x)(*at))
    yield slip("it is never below 0", np.maximum(largest(*at), 0))
    yield slip("it is the largest absolute value", _pooling(MaxPool2D, np.abs(x)), *at)
    yield from _wrong_windows(largest, *at)
    yield from _channels_last(MaxPool2D, x, *at)


def avg_pool(x: Array, height: int, width: int, stride: int) -> Readings:
    """x (N, C, H, W)."""
    if _leaves_over(x, height, width, stride):
        return
    mean = _pooling(AvgPool2D, x)
    at = height, width, stride
    yield right(mean, *at)
    yield slip("it is the sum, not the mean", mean(*at) * height * width)
    yield slip("the sum is divided by one side of the window", mean(*at) * width)
    yield slip("it is the maximum, not the mean", _pooling(MaxPool2D, x), *at)
    yield from _wrong_windows(mean, *at)
    yield from _channels_last(AvgPool2D, x, *at)


def _channels_last(
    kind: type[MaxPool2D] | type[AvgPool2D], x: Array, height: int, width: int, stride: int
) -> Readings:
    """Yield what is right where the channels of x lie along its last axis, or its images do."""
    if x.shape[1] >= height and x.shape[2] >= width:
        pooled = _pooling(kind, np.moveaxis(x, -1, 1))(height, width, stride)
        yield variant("the channels lie along the last axis", np.moveaxis(pooled, 1, -1))
    if x.shape[0] >= height and x.shape[1] >= width:
        pooled = _pooling(kind, x.transpose(3, 2, 0, 1))(height, width, stride)
        yield variant("the images lie along the last axis", pooled.transpose(2, 3, 1, 0))


def _wrong_windows(pooled: Pooled, height: int, width: int, stride: int) -> Readings:
    low, narrow = max(height - 1, 1), max(width - 1, 1)
    yield slip("height and width are exchanged", pooled(height, width, stride).swapaxes(2, 3))
    yield slip("the stride is not used", pooled, height, width, 1)
    yield slip("the stride is the window's size", pooled, height, width, (height, width))
    yield slip("the window lacks its last row and column", pooled, low, narrow, stride)
    yield slip("the window lacks its last row", pooled, low, width, stride)
    yield slip("the window lacks its last column", pooled, height, narrow, stride)
    yield slip("the window's two sides are exchanged", pooled, width, height, stride)


Pooled = Callable[..., Array]


def _pooling(kind: type[MaxPool2D] | type[AvgPool2D], x: Array) -> Pooled:
    """Return the function that pools `x` with windows of a height, a width and a stride."""
    return lambda height, width, stride: np.asarray(kind((height, width), stride).forward(x))


def _leaves_over(x: Array, height: int, width: int, stride: int) -> bool:
    return bool((x.shape[2] - height) % stride or (x.shape[3] - width) % stride)


def pool_param(stage: Stage) -> Stage:
    """Return a stage of pooling as one that takes cs231n's settings."""
    names = ("pool_height", "pool_width", "stride")
    return lambda x, settings: stage(x, *(int(settings[name]) for name in names))
