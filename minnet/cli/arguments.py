"""Kinds of argument that several commands take."""

from __future__ import annotations

import argparse
import math


def natural(text: str) -> int:
    """Return a whole number of 0 or more.

    >>> natural("7")
    7
    """
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return number


def positive(text: str) -> int:
    """Return a whole number of 1 or more.

    >>> positive("2")
    2
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return number


def seconds(text: str) -> float:
    """Return a time of more than 0 seconds.

    >>> seconds("2.5")
    2.5
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return number
