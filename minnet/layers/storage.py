"""Arrays in a file: written whole, and read back all or not at all."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from os import PathLike
from tokenize import TokenError
from typing import IO

import numpy as np

from minnet.arrays import Floats
from minnet.files import path_of, replace_file


def write_arrays(path: str | PathLike[str], arrays: Mapping[str, Floats]) -> None:
    """Write `arrays` to an ``.npz`` file, under their names.

    An interrupted save leaves an earlier file as it was.
    """
    replace_file(path, lambda file: _savez(file, arrays))


def _savez(file: IO[bytes], arrays: Mapping[str, Floats]) -> None:
    """Write what `numpy.savez` does; a name may be any, also ``file``."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


def read_arrays_into(arrays: Mapping[str, Floats], path: str | PathLike[str]) -> None:
    """Fill `arrays`, in place, with those of the same names in a file; on any error, with none.

    Values are converted to the dtype that each array has.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not a whole ``.npz`` file, its names or shapes are not those of `arrays`, or
        it holds nan.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> W = np.zeros(2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_arrays(Path(folder) / "model.npz", {"W": np.array([1.0, 2.0])})
    ...     read_arrays_into({"W": W}, Path(folder) / "model.npz")
    >>> W
    array([1., 2.])
    """
    stored = _read(path, {name: array.shape for name, array in arrays.items()})
    for name, array in arrays.items():
        array[...] = stored[name]


def _read(path: str | PathLike[str], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Floats]:
    """Return all arrays of an ``.npz`` file by name; none is unpacked that has no place."""
    path = path_of(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.removesuffix(".npy") for entry in archive.namelist()]
            _expect_names(path, set(names), set(shapes))
            return {name: _read_array(path, archive, name, shapes[name]) for name in names}
    except FileNotFoundError:
        raise FileNotFoundError(f"no model file {os.fspath(path)!r}") from None
    except _UNREADABLE as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a readable model file (truncated, or not written by "
            f"save): {' '.join(str(error).split()) or type(error).__name__:.200}"
        ) from None


class _OtherModel(ValueError):
    """The file is whole, and not of this model."""


#: what reading a damaged archive raises
_UNREADABLE = (
    *(OSError, EOFError, AttributeError, TypeError, KeyError, zipfile.BadZipFile, zlib.error),
    *(NotImplementedError, RuntimeError, OverflowError, MemoryError, SyntaxError),
)


def _expect_names(path: str | PathLike[str], stored: set[str], wanted: set[str]) -> None:
    if stored != wanted:
        lacks, more = (
            ", ".join(sorted(names)) or "nothing" for names in (wanted - stored, stored - wanted)
        )
        raise _OtherModel(
            f"{os.fspath(path)!r} belongs to another model: it lacks {lacks} and has {more} besides"
        )


def _read_array(
    path: str | PathLike[str], archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]
) -> Floats:
    """Return one array; its header is believed only where it says what the model has."""
    with archive.open(f"{name}.npy") as entry:
        try:
            version = np.lib.format.read_magic(entry)
            read = {(1, 0): np.lib.format.read_array_header_1_0}
            read[2, 0] = np.lib.format.read_array_header_2_0
            found, _, dtype = read[version](entry)
        except (ValueError, KeyError, TokenError):
            raise EOFError(f"the header of {name} is none") from None
    if found != shape:
        raise _OtherModel(
            f"{os.fspath(path)!r} belongs to another model: {name} has shape {found} in the file "
            f"and {shape} in the model"
        )
    if dtype.kind != "f":
        raise _OtherModel(f"{os.fspath(path)!r}: {name} holds {dtype}, not floats")
    with archive.open(f"{name}.npy") as entry:
        try:
            array: Floats = np.lib.format.read_array(entry, allow_pickle=False)
        except ValueError as error:
            raise EOFError(f"{name}: {error}") from None
    if not np.isfinite(array).all():
        raise _OtherModel(
            f"{os.fspath(path)!r}: {name} holds nan or an infinity: the model that was saved had "
            "diverged; save an earlier one"
        )
    return array
