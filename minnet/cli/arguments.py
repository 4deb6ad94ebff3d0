"""Kinds of argument that several commands take."""

from __future__ import annotations

import argparse


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
