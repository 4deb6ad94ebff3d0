"""From characters to numbers and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minnet.arrays import LARGEST, Array, shown, whole_number

MARK = 0  # stands before a text and after it
IGNORED = -1  # the target where there is nothing to predict


class Characters:
    """The characters that a model knows, numbered from 1; 0 is the mark of start and end.

    A character model predicts each character from those before it. So its input ``x`` and its
    target ``y`` are the same text, one place apart, and both are (N, T) integers:

    ====  =  =  =  =  ==
    x     0  a  n  n  a
    y     a  n  n  a  0
    ====  =  =  =  =  ==

    Where texts of a batch are shorter than the longest, the rest of ``x`` is the mark, and
    that of ``y`` is -1: hand ``ignore_index=-1`` to the loss.

    Parameters
    ----------
    texts : str or iterable of str
        Where the characters are taken from.

    Attributes
    ----------
    known : str
        The characters, sorted; the number of the first is 1.

    Examples
    --------
    >>> characters = Characters(["anna", "bea"])
    >>> characters.known, len(characters)
    ('aben', 5)
    >>> characters.encode("bean")
    array([2, 3, 1, 4])
    >>> characters.decode([2, 3, 1, 4])
    'bean'
    """

    def __init__(self, texts: str | Iterable[str]) -> None:
        self.known = "".join(sorted(set("".join(_texts("Characters", texts)))))
        if not self.known:
            raise ValueError("there is no character in the texts")
        self._numbers = {character: 1 + k for k, character in enumerate(self.known)}

    def __len__(self) -> int:
        """Return how many numbers there are: the vocabulary's size, the mark included."""
        return 1 + len(self.known)

    def encode(self, text: str) -> Array:
        """Return the number of each character, (T,).

        Raises
        ------
        ValueError
            A character is not known.
        """
        (text,) = _texts("encode", [text])
        try:
            return np.array([self._numbers[character] for character in text], np.int64)
        except KeyError as error:
            (unknown,) = error.args
            raise ValueError(
                f"{unknown!r}, at position {text.index(unknown)}, is none of the "
                f"{len(self.known)} known characters {self.known!r}"
            ) from None

    def decode(self, numbers: Iterable[int]) -> str:
        """Return the text of some numbers; marks, and what is ignored, are left out."""
        found = [whole_number("what decode takes", n, least=-LARGEST) for n in _all(numbers)]
        wrong = [number for number in found if not IGNORED <= number < len(self)]
        if wrong:
            raise ValueError(f"{wrong[0]} stands for no character; 1 to {len(self) - 1} do")
        return "".join(self.known[n - 1] for n in found if n not in (MARK, IGNORED))

    def lines(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Return ``x`` and ``y`` of texts that begin and end, such as names: one a row.

        Examples
        --------
        >>> x, y = Characters("aben").lines(["anna", "bea"])
        >>> x
        array([[0, 1, 4, 4, 1],
               [0, 2, 3, 1, 0]])
        >>> y
        array([[ 1,  4,  4,  1,  0],
               [ 2,  3,  1,  0, -1]])
        """
        found = _texts("lines", texts)
        if isinstance(texts, str) or not found:
            raise ValueError(
                f"lines takes a list of texts, such as ['anna', 'bea'], not {shown(texts)}"
            )
        rows = [self.encode(text) for text in found]
        x = np.full((len(rows), 1 + max(map(len, rows))), MARK, np.int64)
        y = np.full(x.shape, IGNORED, np.int64)
        for n, row in enumerate(rows):
            x[n, 1 : 1 + len(row)] = row
            y[n, : len(row)] = row
            y[n, len(row)] = MARK
        return x, y

    def windows(self, text: str, length: int) -> tuple[Array, Array]:
        """Return ``x`` and ``y`` of a running text, cut into rows of `length` characters.

        Examples
        --------
        >>> x, y = Characters("aben").windows("bananabean", 4)
        >>> x
        array([[2, 1, 4, 1],
               [4, 1, 2, 3],
               [1, 0, 0, 0]])
        >>> y
        array([[ 1,  4,  1,  4],
               [ 1,  2,  3,  1],
               [ 4, -1, -1, -1]])
        """
        length = whole_number("length, of a window,", length)
        numbers = self.encode(text)
        if len(numbers) < 2:
            raise ValueError(f"windows needs a text of at least 2 characters, not {text!r}")
        pairs = len(numbers) - 1
        x = np.full((-(-pairs // length), length), MARK, np.int64)
        y = np.full(x.shape, IGNORED, np.int64)
        x.flat[:pairs], y.flat[:pairs] = numbers[:-1], numbers[1:]
        return x, y

    def __repr__(self) -> str:
        return f"Characters({self.known!r})"


def _all(values: Any) -> list[Any]:
    """Return what can be gone through as a list."""
    if not isinstance(values, Iterable):
        raise TypeError(f"expected several of them, in a list, not {shown(values)}")
    return list(values)


def _texts(what: str, values: Any) -> list[str]:
    """Return a text, or several, as a list of texts, or say what is none."""
    found = _all(values)
    wrong = [value for value in found if not isinstance(value, str)]
    if wrong:
        raise TypeError(f"{what} takes text, but got {type(wrong[0]).__name__}: {shown(wrong[0])}")
    return found
