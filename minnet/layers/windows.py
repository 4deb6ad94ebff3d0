"""Windows over images: what convolution and pooling share.

Arrays are (N, C, H, W) in shape, but convolution and pooling lay them out in memory with the
batch last, (C, H, W, N). A window's shift then moves whole runs of numbers, and neither a
matrix product over channels nor the next layer has to rearrange anything. `batch_last` and
`batch_first` change the view, not the memory.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from minnet.arrays import Floats, shown, whole_number
from minnet.layers.base import Layer

Pair: TypeAlias = int | tuple[int, int]


def batch_last(x: Floats) -> Floats:  # (N, C, H, W) -> (C, H, W, N)
    """View images with the batch as the last axis."""
    return x.transpose(1, 2, 3, 0)


def batch_first(x: Floats) -> Floats:  # (C, H, W, N) -> (N, C, H, W)
    """View batch-last images in the usual order."""
    return x.transpose(3, 0, 1, 2)


def window(x: Floats, i: int, j: int, size: tuple[int, int], stride: tuple[int, int]) -> Floats:
    """View the elements that offset (i, j) of a sliding window meets at all its places.

    Parameters
    ----------
    x : array, shape (C, H, W, N)
        Images.
    i, j : int
        Offset within the window.
    size : (int, int)
        How many places there are, down and across.
    stride : (int, int)
        Distance between places.

    Returns
    -------
    array, shape (C, \\*size, N)
    """
    (oh, ow), (sh, sw) = size, stride
    return x[:, i : i + sh * oh : sh, j : j + sw * ow : sw]


def output_size(
    layer: Layer, image: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, int]:
    """Return how many places a window has on an image, down and across.

    Raises
    ------
    ValueError
        The window is larger than the image.
    """
    if kernel[0] > image[0] or kernel[1] > image[1]:
        raise ValueError(
            f"{layer}: the window {kernel} is larger than the (padded) image {image}; "
            "use a smaller window, more padding or a larger image"
        )
    return (image[0] - kernel[0]) // stride[0] + 1, (image[1] - kernel[1]) // stride[1] + 1


def pair(name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """Return `value`, an int or two of them, as (down, across).

    Examples
    --------
    >>> pair("stride", 2)
    (2, 2)
    """
    two = value if isinstance(value, tuple | list) else (value, value)
    if len(two) != 2:
        raise TypeError(f"{name} must be an integer or two of them, not {shown(value)}")
    return whole_number(name, two[0], least), whole_number(name, two[1], least)
