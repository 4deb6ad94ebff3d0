"""Arrays in a file: written whole, and read back all or not at all."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from minnet.arrays import Floats


def write_arrays(path: str | PathLike[str], arrays: Mapping[str, Floats]) -> None:
    """Write `arrays` to an ``.npz`` file, under their names.

    The file is written beside its destination and moved there when complete, so that an
    interrupted save leaves an earlier file as it was.
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def read_arrays_into(arrays: Mapping[str, Floats], path: str | PathLike[str]) -> None:
    """Fill `arrays`, in place, with those of the same names in a file; on any error, with none.

    Values are converted to the dtype that each array has.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not a whole ``.npz`` file, or its names or shapes are not those of `arrays`.

    Examples
    --------
    >>> import tempfile
    >>> W = np.zeros(2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_arrays(Path(folder) / "model.npz", {"W": np.array([1.0, 2.0])})
    ...     read_arrays_into({"W": W}, Path(folder) / "model.npz")
    >>> W
    array([1., 2.])
    """
    stored = _read(path)
    if stored.keys() != arrays.keys():
        missing, extra = (
            sorted(arrays.keys() - stored.keys()),
            sorted(stored.keys() - arrays.keys()),
        )
        raise ValueError(
            f"{os.fspath(path)!r} belongs to another model: "
            f"it lacks {', '.join(missing) or 'nothing'} and has {', '.join(extra) or 'nothing'} "
            "besides"
        )
    for name, array in arrays.items():
        if stored[name].shape != array.shape:
            raise ValueError(
                f"{os.fspath(path)!r} belongs to another model: {name} has shape "
                f"{stored[name].shape} in the file and {array.shape} in the model"
            )
        if stored[name].dtype.kind != "f":
            raise ValueError(f"{os.fspath(path)!r}: {name} holds {stored[name].dtype}, not floats")
    for name, array in arrays.items():
        array[...] = stored[name]


def _read(path: str | PathLike[str]) -> dict[str, Floats]:
    """Return all arrays of an ``.npz`` file by name."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise FileNotFoundError(f"no model file {os.fspath(path)!r}") from None
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a readable model file (truncated, or not written by "
            f"save): {error}"
        ) from None
