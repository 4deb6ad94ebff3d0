"""Reader for MNIST and its relatives in their standard IDX files.

An IDX file is a header of big-endian numbers (two zero bytes, a type code, the number of
axes, then the size of each) followed by the values in C order.
"""

from __future__ import annotations

import gzip
import zlib
from math import prod
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minnet.datasets.digits import Split
from minnet.files import path_of

UNSIGNED_BYTE = 8


def load_mnist(folder: str | PathLike[str]) -> tuple[Split, Split]:
    """Read ``train-`` and ``t10k-`` ``images-idx3-ubyte`` and ``labels-idx1-ubyte`` files.

    Each may be gzipped (``.gz``) or not.

    Parameters
    ----------
    folder : path
        Where the four files lie.

    Returns
    -------
    (train_x, train_y), (test_x, test_y)
        Images (N, 1, H, W), float64 between 0 and 1, and labels (N,), int64.

    Raises
    ------
    FileNotFoundError
        The folder, or one of the files, is not there.
    ValueError
        A file is not a whole IDX file of the right kind.

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.

    Examples
    --------
    >>> load_mnist("no-such-folder")
    Traceback (most recent call last):
    FileNotFoundError: no folder 'no-such-folder'; download the four MNIST files into one first
    """
    path = path_of(folder)
    if not path.is_dir():
        raise FileNotFoundError(
            f"no folder {str(path)!r}; download the four MNIST files into one first"
        )
    return _read_part(path, "train"), _read_part(path, "t10k")


def _read_part(folder: Path, part: str) -> Split:
    images = _read_idx(_find(folder, f"{part}-images-idx3-ubyte"), axes=3)
    labels = _read_idx(_find(folder, f"{part}-labels-idx1-ubyte"), axes=1)
    if len(images) != len(labels):
        raise ValueError(
            f"{str(folder)!r}: {part} has {len(images)} images but {len(labels)} labels"
        )
    return images[:, None] / 255, labels.astype(np.int64)


def _find(folder: Path, name: str) -> Path:
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"no file {name} or {name}.gz in {str(folder)!r}")


def _read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes with so many axes."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error}") from None
    header = 4 + 4 * axes
    if len(content) < header or content[:4] != bytes([0, 0, UNSIGNED_BYTE, axes]):
        raise ValueError(f"{str(path)!r} is not an IDX file of unsigned bytes with {axes} axes")
    shape = tuple(np.frombuffer(content[4:header], ">u4").astype(int).tolist())
    if len(content) != header + prod(shape):
        raise ValueError(
            f"{str(path)!r} is damaged: shape {shape} needs {prod(shape)} bytes, "
            f"but {len(content) - header} follow the header"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
