"""What passes between the grader and a submission: numbers, text and plain arrays.

A message is a JSON header and the bytes of its arrays behind it. Nothing is ever unpickled, and
no class of the other side is named: an array is rebuilt from its dtype, shape and bytes, so that
a subclass arrives as a plain array. Every size is bounded before anything is made of it.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

#: lengths of the header and of the arrays
FRAME = struct.Struct("<IQ")
#: most bytes of a header: a thousand nested values, and no bomb
MOST_HEADER = 1 << 20
#: most bytes of all arrays of a message: a gradient of 8 million numbers
MOST_BYTES = 1 << 26
#: most values in one message, and how deep they may be nested
MOST_VALUES, DEEPEST = 10_000, 12
#: most characters of a text: an exception's message is read by people
MOST_TEXT = 2_000
#: the numbers that may cross, by numpy's names
DTYPES = frozenset(
    ["<f2", "<f4", "<f8", "<c8", "<c16", "|b1", "|i1", "|u1"]
    + [f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)]
)
#: integers beyond are nobody's label or size
LARGEST = 1 << 63


class ProtocolError(Exception):
    """A message that breaks the rules; there is no going on after it."""


class Kept:
    """Stands for something that stays in the child, by its number."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class Refused:
    """Stands for something that is no number, text or array: only the name of its type came."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


def pack(value: Any) -> bytes:
    """Return a message, whole.

    >>> split(pack({"x": np.arange(3.0), "n": (1, None, "pad")}))
    {'x': array([0., 1., 2.]), 'n': (1, None, 'pad')}
    """
    parts: list[bytes] = []
    counted = _Count()
    tree = _encode(value, parts, counted, 0)
    header = json.dumps(tree, separators=(",", ":")).encode()
    body = b"".join(parts)
    if len(header) > MOST_HEADER:
        raise ProtocolError("a message of too many values")
    return FRAME.pack(len(header), len(body)) + header + body


def split(message: bytes) -> Any:
    """Return what a whole message says, as `pack` was given it."""
    header, body = sizes(message[: FRAME.size])
    start = FRAME.size + header
    return unpack(message[FRAME.size : start], message[start : start + body])


def sizes(frame: bytes) -> tuple[int, int]:
    """Return how many bytes of header and of arrays follow.

    Raises
    ------
    ProtocolError
        When these are more than may be.
    """
    header, body = FRAME.unpack(frame)
    if header > MOST_HEADER or body > MOST_BYTES:
        raise ProtocolError("a message of more bytes than any answer has")
    return header, body


def unpack(header: bytes, body: bytes) -> Any:
    """Return what a message says.

    Raises
    ------
    ProtocolError
        When it is none.
    """
    try:
        tree = json.loads(header)
        return _decode(tree, _Body(body), _Count(), 0)
    except ProtocolError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise ProtocolError(f"a message that cannot be read ({type(error).__name__})") from None


class _Count:
    """Counts values, up to the most there may be."""

    def __init__(self) -> None:
        self.values = 0

    def one(self, depth: int) -> None:
        self.values += 1
        if self.values > MOST_VALUES or depth > DEEPEST:
            raise ProtocolError("a message of too many values")


class _Body:
    """The bytes of a message's arrays, taken off in their order."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise ProtocolError("a message that lacks numbers")
        self._at += size
        return found


def _encode(value: Any, parts: list[bytes], counted: _Count, depth: int) -> Any:
    counted.one(depth)
    if value is None or type(value) is bool:
        return value
    if type(value) is str:
        return value[:MOST_TEXT]
    if type(value) is int:
        return ["i", value] if abs(value) < LARGEST else ["refused", "int"]
    if type(value) is float:
        return ["f", value.hex()]
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, parts)
    again: Callable[[Any], Any] = lambda item: _encode(item, parts, counted, depth + 1)  # noqa: E731
    if isinstance(value, tuple):
        return ["t", [again(item) for item in tuple.__iter__(value)]]
    if isinstance(value, list):
        return ["l", [again(item) for item in list.__iter__(value)]]
    if isinstance(value, dict):
        items = [(key, item) for key, item in dict.items(value) if type(key) in (str, int)]
        return ["d", [[key, again(item)] for key, item in items]]
    if isinstance(value, Kept):
        return ["kept", value.number]
    return ["refused", value.kind if isinstance(value, Refused) else type(value).__name__[:60]]


def _encode_array(value: Any, parts: list[bytes]) -> Any:
    plain = np.array(np.asarray(value), order="C", subok=False)
    if plain.dtype.kind == "f" and plain.dtype.itemsize > 8:
        plain = plain.astype(np.float64)
    kind = plain.dtype.newbyteorder("<").str
    if kind not in DTYPES:
        return ["refused", f"array of {plain.dtype}"[:60]]
    if plain.nbytes > MOST_BYTES:
        return ["refused", f"array of {plain.nbytes} bytes"]
    parts.append(plain.astype(kind, copy=False).tobytes())
    return ["a", kind, list(plain.shape)]


def _decode(tree: Any, body: _Body, counted: _Count, depth: int) -> Any:
    counted.one(depth)
    if tree is None or isinstance(tree, bool):
        return tree
    if isinstance(tree, str):
        return tree[:MOST_TEXT]
    kind = tree[0]
    if kind == "i" and type(tree[1]) is int and abs(tree[1]) < LARGEST:
        return tree[1]
    if kind == "f":
        return float.fromhex(tree[1])
    if kind == "a":
        return _decode_array(tree[1], tree[2], body)
    if kind in ("t", "l"):
        items = [_decode(item, body, counted, depth + 1) for item in tree[1]]
        return tuple(items) if kind == "t" else items
    if kind == "d":
        if not all(type(key) in (str, int) for key, _ in tree[1]):
            raise ProtocolError("a dict with keys that are none")
        return {key: _decode(item, body, counted, depth + 1) for key, item in tree[1]}
    if kind == "kept" and type(tree[1]) is int and 0 <= tree[1] < LARGEST:
        return Kept(tree[1])
    if kind == "refused":
        return Refused(str(tree[1])[:60])
    raise ProtocolError("a message with a value of no kind")


def _decode_array(kind: Any, shape: Any, body: _Body) -> Any:
    if kind not in DTYPES or type(shape) is not list or len(shape) > 32:
        raise ProtocolError("an array of no known kind")
    if not all(type(n) is int and 0 <= n <= MOST_BYTES for n in shape):
        raise ProtocolError("an array of no possible shape")
    dtype = np.dtype(kind)
    size = math.prod(shape) * dtype.itemsize
    if size > MOST_BYTES:
        raise ProtocolError("an array of too many numbers")
    return np.frombuffer(body.take(size), dtype=dtype).reshape(shape).copy()
