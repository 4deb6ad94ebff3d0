"""What the worker process tells its parent: framed, pickled, and unpickled with care."""

from __future__ import annotations

import io
import pickle
import struct
from typing import IO, Any

_HEADER = struct.Struct("<I")
#: everything that a message may be made of
_ALLOWED = {
    "minnet.report.elements": {"Elements"},
    "minnet.report.findings": {"Factor", "Finding", "Fix", "SourceLine"},
    "minnet.report.results": {
        "CaseResult",
        "CheckResult",
        "Forward",
        "GradientResult",
        "Skipped",
        "TargetResult",
        "Worst",
    },
    "minnet.gradcheck.options": {"Options"},
    "minnet.conventions.gathering": {"Heading"},
    "numpy": {"ndarray", "dtype"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.core.numeric": {"_frombuffer"},
}


def send(stream: IO[bytes], message: tuple[Any, ...]) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=4)
    stream.write(_HEADER.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Any, ...] | None:
    """Return the next message, or None at the end of the stream."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    (size,) = _HEADER.unpack(header)
    data = stream.read(size)
    if len(data) < size:
        return None
    message = _Careful(io.BytesIO(data)).load()
    return message if isinstance(message, tuple) else None


class _Careful(pickle.Unpickler):
    """Makes nothing but results and arrays of what a process with foreign code in it sends."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _ALLOWED.get(module, ()):  # a dotted name, which would lead on, is in none
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a message")
