"""What both passes of minnet's own layers may rely on, so that they need not say it.

Backward is only called after forward, and with an array of the shape of forward's output: one
that broadcasts would give a gradient that is wrong without a word.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.arrays import shown


class NotRunYet(AttributeError, RuntimeError):
    """Something was asked for that only a forward or a backward pass brings into being."""


def guard(cls: type) -> None:
    """Wrap the passes that a class defines; both together cost about a microsecond."""
    own = vars(cls)
    if "forward" in own:
        cls.forward = _noting_shape(own["forward"])  # type: ignore[attr-defined]
    if "backward" in own:
        cls.backward = _expecting_upstream(own["backward"])  # type: ignore[attr-defined]


def _noting_shape(forward: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def run(layer: Any, *inputs: Any, **options: Any) -> Any:
        out = forward(layer, *inputs, **options)
        layer.__dict__["out_shape"] = out.shape
        return out

    return run


def _expecting_upstream(backward: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(backward)
    def run(layer: Any, dout: Any) -> Any:
        shape = layer.__dict__.get("out_shape")
        if getattr(dout, "shape", None) != shape or dout.dtype.kind != "f" or shape is None:
            _refuse(layer, dout, shape)
        return backward(layer, dout)

    return run


def _refuse(layer: Any, dout: Any, shape: tuple[int, ...] | None) -> None:
    if shape is None:
        raise NotRunYet(f"{type(layer).__name__}.backward was called before forward")
    if not isinstance(dout, np.ndarray):
        raise TypeError(
            f"{layer}: backward expects the upstream gradient, a float array of shape {shape}, "
            f"but got {type(dout).__name__}: {shown(dout)}"
        )
    if dout.dtype.kind != "f":
        raise TypeError(
            f"{layer}: backward expects a float array, but got {dout.dtype}; "
            "convert it with dout.astype(float)"
        )
    raise ValueError(
        f"{layer}: the upstream gradient must have the shape of forward's output, {shape}, "
        f"not {dout.shape}"
    )
