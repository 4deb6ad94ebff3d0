"""Arrays as small pictures: how to lay one out in a plane, and how to make a PNG of it."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from minnet.arrays import Array

#: blue for negative, white for zero, red for positive: told apart with any colour vision
DIVERGING = np.array(
    [(5, 48, 97), (67, 147, 195), (247, 247, 247), (214, 96, 77), (103, 0, 31)], float
)
NOT_MEASURED, BETWEEN = (128, 128, 128, 70), (128, 128, 128, 255)


def spread(index: Array, values: Array, shape: tuple[int, ...]) -> Array:
    """Return the values of single elements as an array of `shape`, nan where there is none.

    Parameters
    ----------
    index : array (k, ndim) of int
        Where each value belongs.
    values : array (k,)
    shape : tuple of int

    Examples
    --------
    >>> spread(np.array([[0, 1]]), np.array([5.0]), (1, 3))
    array([[nan,  5., nan]])
    """
    full = np.full(shape, np.nan)
    full[tuple(index.T)] = values
    return full


def largest_of(values: Array) -> float:
    """Return the largest absolute value that is finite; 0 where there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def in_plane(array: Array, zoom: int = 1) -> Array:
    """Lay an array of any number of axes out in a plane.

    One axis becomes a row. The last two axes of three or four become tiles: filters in rows,
    channels in columns, as for a convolution's W (F, C, H, W). Between tiles lies inf.

    Parameters
    ----------
    array : array
        Of any shape; axes beyond four are joined into the first.
    zoom : int
        Repeat every element so often along the last two axes: the gap between two tiles, one
        wide, then looks thin.

    Returns
    -------
    array
        With two axes.

    Examples
    --------
    >>> in_plane(np.zeros((2, 3, 5, 5))).shape
    (11, 17)
    """
    array = np.asarray(array, float)
    if array.ndim < 2:
        array = array.reshape(1, -1)
    array = array.repeat(zoom, axis=-2).repeat(zoom, axis=-1)
    if array.ndim == 2:
        return array
    rows, columns, height, width = (-1, *array.shape[-3:])
    tiles = array.reshape(rows, columns, height, width)
    rows = tiles.shape[0]
    plane = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.inf)
    for r in range(rows):
        for c in range(columns):
            top, left = r * (height + 1), c * (width + 1)
            plane[top : top + height, left : left + width] = tiles[r, c]
    return plane


def colours(plane: Array, largest: float) -> Array:
    """Return the colours of a plane as (H, W, 4) bytes; nan is faint, inf is grey."""
    place = np.clip(np.where(np.isfinite(plane), plane, 0.0) / (largest or 1.0), -1, 1) * 2 + 2
    low = np.minimum(place.astype(int), len(DIVERGING) - 2)
    part = (place - low)[..., None]
    rgb = DIVERGING[low] * (1 - part) + DIVERGING[low + 1] * part
    rgba = np.concatenate([rgb, np.full((*plane.shape, 1), 255.0)], axis=-1)
    rgba[np.isnan(plane)] = NOT_MEASURED
    rgba[np.isinf(plane)] = BETWEEN
    return rgba.round().astype(np.uint8)


def data_uri(pixels: Array) -> str:
    """Return (H, W, 4) bytes as a PNG in a data URI.

    Source: W3C, Portable Network Graphics, sections 5 and 11 (signature, IHDR, IDAT, IEND).
    """
    height, width = pixels.shape[:2]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    png += chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
