"""Saving a model's arrays to a file, and reading them back."""

from __future__ import annotations

import os
import zipfile
from os import PathLike
from pathlib import Path

import numpy as np

from minnet.arrays import Floats
from minnet.layers.base import Layer


def save(model: Layer, path: str | PathLike[str]) -> None:
    """Write all parameters and buffers to an ``.npz`` file, under their dotted names.

    The file is written beside its destination and moved there when complete, so that an
    interrupted save leaves an earlier file as it was.

    Examples
    --------
    >>> import tempfile
    >>> from minnet.layers import Dense
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Dense(3, 2, rng=0), Path(folder) / "model.npz")
    ...     _ = Dense(3, 2).load(Path(folder) / "model.npz")
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **_arrays(model))  # type: ignore[arg-type]
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def load(model: Layer, path: str | PathLike[str]) -> None:
    """Fill the model with the arrays in `path`; on any error the model stays as it was.

    Values are converted to the dtype that the model has.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not a whole ``.npz`` file, or its names or shapes are not the model's.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise FileNotFoundError(f"no model file {os.fspath(path)!r}") from None
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a readable model file (truncated, or not written by "
            f"save): {error}"
        ) from None

    own = _arrays(model)
    if stored.keys() != own.keys():
        missing, extra = sorted(own.keys() - stored.keys()), sorted(stored.keys() - own.keys())
        raise ValueError(
            f"{os.fspath(path)!r} belongs to another model: "
            f"it lacks {', '.join(missing) or 'nothing'} and has {', '.join(extra) or 'nothing'} "
            "besides"
        )
    for name, array in own.items():
        if stored[name].shape != array.shape:
            raise ValueError(
                f"{os.fspath(path)!r} belongs to another model: {name} has shape "
                f"{stored[name].shape} in the file and {array.shape} in the model"
            )
        if stored[name].dtype.kind != "f":
            raise ValueError(f"{os.fspath(path)!r}: {name} holds {stored[name].dtype}, not floats")
    for name, array in own.items():
        array[...] = stored[name]


def _arrays(model: Layer) -> dict[str, Floats]:
    return {**model.named_parameters(), **model.named_buffers()}
