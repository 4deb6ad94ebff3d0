"""One thread for small matrices, which several threads multiply no faster.

NumPy's OpenBLAS shares a product out among threads that spin while they wait for each other.
For matrices of some hundred rows that gains little where the processor is idle, and where other
programs want it too, it costs ten times the time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

FOLDERS = ("../numpy.libs", ".dylibs")  # where NumPy's wheels keep it: Linux and Windows; macOS
NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_")


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep NumPy's own OpenBLAS to one thread; with any other library, change nothing."""
    found = _threads()
    if found is None:
        yield
        return
    get, put = found
    before = get()
    put(1)
    try:
        yield
    finally:
        put(before)


def _threads() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return OpenBLAS's functions that tell and set the number of threads."""
    home = Path(np.__file__).parent
    for path in (path for folder in FOLDERS for path in (home / folder).glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for name in NAMES:
            get, put = (getattr(library, name.format(verb), None) for verb in ("get", "set"))
            if get is not None and put is not None:
                return get, put
    return None
