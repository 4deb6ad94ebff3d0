"""Model files that are damaged, lie, or belong to another model; and places to save that are none.

A load fails in one line and changes nothing; a save fails in one line and loses nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import random
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import minnet

from .judge import Trial, unclear

#: what a load of a few numbers may need
MOST = 2**24


def trials() -> Iterator[Trial]:
    """Yield every file, and every place."""
    whole = _saved(_model())
    for what, content in [*_texts(), *_headers(), *_members(), *_damaged(whole)]:
        yield Trial(f"load {what}", lambda content=content: _load(content, whole))
    yield from _places()


def _model() -> Any:
    return minnet.Sequential(minnet.Dense(3, 4, rng=0), minnet.BatchNorm(4))


def _saved(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "m.npz")
        return (Path(folder) / "m.npz").read_bytes()


def _load(content: bytes, whole: bytes) -> str:
    """Load a bad file; say what was changed, executed or told badly."""
    model = _model()
    before = {k: v.copy() for k, v in {**model.named_parameters(), **model.named_buffers()}.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.npz"
        path.write_bytes(content)
        tracemalloc.start()
        try:
            model.load(path)
            problem = "" if _saved(model) == whole else "accepted, and other numbers"
        except Exception as error:  # noqa: BLE001
            problem = unclear(error)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        if (Path(folder) / "hole").exists():
            return "it was executed"
    after = {**model.named_parameters(), **model.named_buffers()}
    changed = [k for k in before if not np.array_equal(before[k], after[k])]
    if (
        "accepted" not in problem
        and changed
        and any(not np.isfinite(after[k]).all() for k in changed)
    ):
        return f"half loaded: {changed}"
    if peak > MOST + 20 * len(content):
        return f"took {peak / 2**20:.0f} MB"
    return problem


def _texts() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "a text", b"these are not weights\n"
    yield "a picture", b"\x89PNG\r\n\x1a\n" + bytes(100)
    yield "zeros", bytes(1000)
    yield "a zip of nothing", b"PK\x05\x06" + bytes(18)
    yield "PK", b"PK\x03\x04"
    for value in (_Hole(), {"W": 1}, [1, 2], "x"):
        yield f"a pickle of {type(value).__name__}", pickle.dumps(value)
    single = io.BytesIO()
    np.save(single, np.ones(3))
    yield "one array", single.getvalue()
    held = io.BytesIO()
    np.save(held, np.array([_Hole()], dtype=object), allow_pickle=True)
    yield "one array of objects", held.getvalue()


class _Hole:
    """What leaves a mark where it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, ("hole",)


def _arrays() -> dict[str, Any]:
    model = _model()
    return {**model.named_parameters(), **model.named_buffers()}


def _zip(arrays: dict[str, Any], **options: Any) -> bytes:
    """Return an archive of arrays, or of bytes as they are."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, value in arrays.items():
            content = value
            if not isinstance(value, bytes):
                held = io.BytesIO()
                np.lib.format.write_array(held, np.asanyarray(value), allow_pickle=True)
                content = held.getvalue()
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def _members() -> Iterator[tuple[str, bytes]]:
    """Yield archives that are whole, and of another model or no numbers."""
    right = _arrays()
    for name, array in right.items():
        others: dict[str, Any] = {
            "transposed": array.T[None],
            "longer": np.ones((*array.shape[:-1], array.shape[-1] + 1)),
            "0-d": np.float64(1),
            "nan": np.full(array.shape, np.nan),
            "an infinity": np.full(array.shape, np.inf),
            "integers": np.ones(array.shape, int),
            "complex": np.ones(array.shape, complex),
            "texts": np.full(array.shape, "a"),
            "objects": np.full(array.shape, _Hole(), dtype=object),
            "records": np.zeros(array.shape, dtype=[("a", float)]),
            "dates": np.zeros(array.shape, dtype="M8[s]"),
            "empty": np.zeros((0, *array.shape)),
            "bytes": b"\x93NUMPY\x01\x00",
            "a text": b"hello",
            "nothing": b"",
        }
        for what, other in others.items():
            yield f"{name} is {what}", _zip({**right, name: other})
        yield f"no {name}", _zip({k: v for k, v in right.items() if k != name})
        yield f"{name} renamed", _zip({k + "x" * (k == name): v for k, v in right.items()})
    yield "one more", _zip({**right, "more": np.ones(3)})
    yield "a path", _zip({**right, "../../hole": np.ones(3)})
    bomb = _zip({**right, "bomb": np.zeros(2**23)}, compression=zipfile.ZIP_DEFLATED)
    yield "a bomb beside it", bomb
    big = {**right, "0.W": np.zeros((3, 2**21))}
    yield "a bomb in it", _zip(big, compression=zipfile.ZIP_DEFLATED)


def _headers() -> Iterator[tuple[str, bytes]]:
    """Yield archives in which the header of an array lies, or is none."""
    right = _arrays()
    headers = (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4000000000), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, -4), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4.0), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 'x', }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 4), }",
        "{'descr': '<f8', 'fortran_order': 3, 'shape': (3, 4), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': 'nope', 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': None, 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': '<f8', 'shape': (3, 4), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), 'more': 1}",
        "[1, 2]", "{", "", "__import__('os').mkdir('hole')", "(" * 900, "{'shape': " + "[" * 300,
        "1" * 20000, "\x00" * 60, "{'descr': '<f8'} " * 5,
    )  # fmt: skip
    for text in headers:
        for version in ((1, 0), (2, 0), (3, 0), (9, 9)):
            raw = text.encode("latin-1")
            size = struct.pack("<H" if version == (1, 0) else "<I", len(raw) % 65536)
            content = b"\x93NUMPY" + bytes(version) + size + raw + bytes(96)
            yield f"a header {text!r:.40} of version {version[0]}", _zip({**right, "0.W": content})
    for size in (0, 1, 2**16 - 1):
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", size) + b"{"
        yield f"a header of {size} bytes", _zip({**right, "0.W": content})


def _damaged(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a right file cut off, and with bytes changed; a change may miss what counts."""
    rng = random.Random(0)
    for size in range(0, len(whole), max(len(whole) // 60, 1)):
        yield f"cut to {size} bytes", whole[:size]
    for number in range(120):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        yield f"with changed bytes, {number}", bytes(content)
    for number in range(20):
        start = rng.randrange(len(whole))
        yield f"with a gap, {number}", whole[:start] + whole[start + rng.randint(1, 200) :]


def _places() -> Iterator[Trial]:
    """Yield places to save to and load from that are none."""
    names = [
        "",
        ".",
        "no/m.npz",
        "n" * 300,
        "n" * 255,
        "file/m.npz",
        "x\0y",
        "/",
        "folder",
        "/proc/m",
    ]
    for name in [*names, None, 3, b"\xff", ["m.npz"], object()]:
        for verb in ("save", "load"):
            yield Trial(f"{verb}({name!r:.40})", lambda v=verb, n=name: _place(v, n))


def _place(verb: str, name: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file").touch()
        (Path(folder) / "folder").mkdir()
        path = name
        if isinstance(name, str) and not name.startswith("/") and "\0" not in name and name:
            path = os.path.join(folder, name)
        before = sorted(os.listdir(folder))
        with contextlib.chdir(folder):
            try:
                getattr(_model(), verb)(path)
                return "" if isinstance(name, str) and len(name) == 255 else "accepted"
            except Exception as error:  # noqa: BLE001
                problem = unclear(error)
        left = sorted(os.listdir(folder))
        return problem or ("" if left == before else f"left {left} behind")
