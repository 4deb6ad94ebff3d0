"""Arrays as small pictures: their colours, how to lay one out in a plane, and a PNG of it."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array

#: blue for negative, white for zero, red for positive: told apart with any colour vision
DIVERGING = np.array(
    [(5, 48, 97), (67, 147, 195), (247, 247, 247), (214, 96, 77), (103, 0, 31)], float
)
NOT_MEASURED, BETWEEN = (128, 128, 128, 70), (128, 128, 128, 0)
#: what a number that is none looks like, and the marks of a wrong element and of one at a kink
NOT_A_NUMBER, WRONG, KINK = (255, 221, 0, 255), (27, 31, 36, 255), (136, 34, 85, 255)
#: cells smaller than this, in pixels a side, are too small for a mark
SMALLEST_MARKED = 4


def largest_of(values: Array) -> float:
    """Return the largest absolute value that is finite; 0 where there is none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def colours(values: Array, largest: float) -> Array:
    """Return the colours of signed numbers as (..., 4) bytes.

    What is beyond `largest`, as an infinity is, is fully blue or red; nan is yellow.

    Examples
    --------
    >>> colours(np.array([-np.inf, 0.0, 2.0, np.nan]), 2.0).tolist()
    [[5, 48, 97, 255], [247, 247, 247, 255], [103, 0, 31, 255], [255, 221, 0, 255]]
    """
    values = np.asarray(values, float)
    with np.errstate(over="ignore"):
        share = np.clip(values / (largest or 1.0), -1, 1)
    place = np.nan_to_num(share) * 2 + 2
    low = np.minimum(place.astype(int), len(DIVERGING) - 2)
    part = (place - low)[..., None]
    rgb = DIVERGING[low] * (1 - part) + DIVERGING[low + 1] * part
    rgba = np.concatenate([rgb, np.full((*values.shape, 1), 255.0)], axis=-1)
    rgba[np.isnan(values)] = NOT_A_NUMBER
    return np.asarray(rgba.round(), np.uint8)


def spread(index: Array, cells: Array, shape: tuple[int, ...]) -> Array:
    """Return the colours of single elements as those of a whole array, grey where there is none.

    Parameters
    ----------
    index : array (k, ndim) of int
        Where each element belongs.
    cells : array (k, 4) of uint8
    shape : tuple of int

    Returns
    -------
    array (*shape, 4) of uint8
    """
    full = np.full((*shape, 4), NOT_MEASURED, np.uint8)
    full[tuple(index.T)] = cells
    return full


def marked(cells: Array, zoom: int, wrong: Array | None = None, kink: Array | None = None) -> Array:
    """Return cells as squares of `zoom` pixels a side, those of wrong elements outlined.

    Parameters
    ----------
    cells : array (*shape, 4) of uint8
    zoom : int
    wrong, kink : array (*shape) of bool, optional
        What gets an outline, and what gets a dot; neither where the squares are too small.

    Returns
    -------
    array (*shape, zoom, zoom, 4) of uint8
    """
    squares = cells[..., None, None, :].repeat(zoom, axis=-3).repeat(zoom, axis=-2)
    if zoom < SMALLEST_MARKED:
        return squares
    thick, middle = max(1, zoom // 14), slice(zoom * 3 // 8, max(zoom * 5 // 8, zoom * 3 // 8 + 1))
    outline = np.ones((zoom, zoom), bool)
    outline[thick:-thick, thick:-thick] = False
    dot = np.zeros((zoom, zoom), bool)
    dot[middle, middle] = True
    for which, mark, colour in ((wrong, outline, WRONG), (kink, dot, KINK)):
        if which is not None:
            squares[which[..., None, None] & mark] = colour
    return squares


@dataclass(frozen=True)
class Layout:
    """Where the elements of an array lie in a plane of cells.

    One axis becomes a row. The last two axes of three and more become tiles, with a gap between
    them: filters in rows and channels in columns, as for a convolution's W (F, C, H, W); three
    axes make a row of tiles, and those beyond four are joined into the rows.

    Attributes
    ----------
    tiles : tuple of int
        How many rows and columns of tiles.
    tile : tuple of int
        The height and width of one, in elements.
    """

    tiles: tuple[int, int]
    tile: tuple[int, int]

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Layout:
        """Return the layout of an array of this shape.

        >>> Layout.of((2, 3, 5, 4)), Layout.of((7,))
        (Layout(tiles=(2, 3), tile=(5, 4)), Layout(tiles=(1, 1), tile=(1, 7)))
        """
        *before, height, width = (1, 1, *shape) if len(shape) < 2 else shape
        *rows, columns = before or [1]
        return cls((int(np.prod(rows, dtype=int)), columns), (height, width))

    def size(self, zoom: int, gap: int) -> tuple[int, int]:
        """Return the height and width of the picture in pixels, with gaps of so many."""
        (rows, columns), (height, width) = self.tiles, self.tile
        return (
            max(rows * (height * zoom + gap) - gap, 0),
            max(columns * (width * zoom + gap) - gap, 0),
        )

    def zoom(self, pixels: int, largest: int) -> int:
        """Return how large a cell may be for the picture to be so many pixels a side, or fewer."""
        (rows, columns), (height, width) = self.tiles, self.tile
        most = max(rows * height, columns * width, 1)
        return int(np.clip((pixels - max(rows, columns)) // most, 1, largest))

    def middles(self, zoom: int, gap: int) -> tuple[Array, Array]:
        """Return how far down and across the middle of each element lies, in C order."""
        (rows, columns), (height, width) = self.tiles, self.tile
        r, c, i, j = np.indices((rows, columns, height, width))
        down, across = r * (height * zoom + gap) + i * zoom, c * (width * zoom + gap) + j * zoom
        return down.ravel() + zoom / 2 - 0.5, across.ravel() + zoom / 2 - 0.5

    def draw(self, squares: Array, gap: int) -> Array:
        """Return squares (*shape, zoom, zoom, 4) as one picture (H, W, 4)."""
        (rows, columns), (height, width) = self.tiles, self.tile
        zoom = squares.shape[-2]
        cells = squares.reshape(rows, columns, height, width, zoom, zoom, 4)
        blocks = cells.transpose(0, 2, 4, 1, 3, 5, 6)
        framed = np.empty((rows, height * zoom + gap, columns, width * zoom + gap, 4), np.uint8)
        framed[...] = BETWEEN
        tiles = blocks.reshape(rows, height * zoom, columns, width * zoom, 4)
        framed[:, : height * zoom, :, : width * zoom] = tiles
        tall, wide = self.size(zoom, gap)
        return framed.reshape(rows * (height * zoom + gap), -1, 4)[:tall, :wide]


def data_uri(pixels: Array) -> str:
    """Return (H, W, 4) bytes as a PNG in a data URI.

    Source: W3C, Portable Network Graphics, sections 5, 9 and 11 (signature, filters, chunks).
    """
    height, width = pixels.shape[:2]
    rows = np.full(
        (height, 1 + 4 * width), 2, np.uint8
    )  # each row as what it adds to the one above
    rows[:, 1:] = np.diff(pixels.reshape(height, -1), axis=0, prepend=np.uint8(0))

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    png += chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
