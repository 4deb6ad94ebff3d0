"""What is handed to a constructor that wants a function, a layer or an initializer of its kind.

Each answers to every name that such a thing is called by, so that it does not matter which of
them the code uses; and none hides a mistake in what is built of it: the derivative is nowhere 1,
and two layers cannot be exchanged for one another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.spellings import (
    DERIVATIVE_FLAGS,
    DERIVATIVE_METHODS,
    FUNCTION_METHODS,
)

_ABOVE, _BELOW = 1.4, 0.3
#: what makes initial values of an initializer
_MAKES = ("initialize", "init", "initialise", "get", "generate", "sample", "fill", "create")


def bent(x: Any) -> Array:
    """Return x times one of two slopes, by its sign: an activation.

    Its output has the sign of its input, so that the derivative may be asked for at either.
    """
    return np.asarray(x) * slope(x)


def slope(x: Any) -> Array:
    """Return the derivative of `bent`, at an input or at an output."""
    return np.where(np.asarray(x) > 0, _ABOVE, _BELOW)


class Bent:
    """An activation, as a function, as a layer, or as a class to make one of."""

    def __call__(self, *x: Any, **flags: Any) -> Any:
        """Return the function at x, or its derivative if a flag says so; without x itself."""
        if any(flags.get(name) for name in DERIVATIVE_FLAGS):
            return slope(*x)
        return self.forward(*x) if x else self

    def forward(self, x: Any) -> Array:
        """Return the function at x, and keep x."""
        self._kept = np.asarray(x)
        return bent(x)

    def backward(self, upstream: Any) -> Array:
        """Return the gradient at the kept x."""
        return np.asarray(upstream) * slope(self._kept)

    def __getattr__(self, name: str) -> Callable[[Any], Array]:
        if name in FUNCTION_METHODS:
            return bent
        if name in DERIVATIVE_METHODS:
            return slope
        raise AttributeError(name)


class Mixing:
    """A layer that mixes the features of each sample, by a matrix that is no parameter."""

    def __call__(self, x: Any) -> Array:
        """Return the output, as `forward`."""
        return self.forward(x)

    def forward(self, x: Any) -> Array:
        """Return the mixed features."""
        return np.asarray(x @ _matrix(np.shape(x)[-1]))

    def backward(self, upstream: Any) -> Array:
        """Return the gradient of the input."""
        return np.asarray(upstream @ _matrix(np.shape(upstream)[-1]).T)


class Before:
    """The network before a loss, which hands it the gradient; there are no layers in it."""

    layers: tuple[Any, ...] = ()

    def backward(self, upstream: Any) -> None:
        """Take the gradient, which stays where it was."""


class Spread:
    """An initializer: random numbers of whatever shape is asked for, in whatever way."""

    def __call__(self, *shape: Any, **settings: Any) -> Any:
        """Return an array of a shape; without a shape itself, made."""
        sizes = settings.get("shape") or settings.get("size") or shape
        if not sizes:
            return self
        first = sizes[0] if isinstance(sizes, tuple | list) else sizes
        wanted = np.shape(first) if isinstance(first, np.ndarray) else sizes
        wanted = first if isinstance(first, tuple | list) else wanted
        return np.random.default_rng(0).standard_normal(tuple(wanted))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in _MAKES:
            return self
        raise AttributeError(name)


def _matrix(size: int) -> Array:
    return np.random.default_rng(size).standard_normal((size, size))
