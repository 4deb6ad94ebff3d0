"""Notice the gradient of an array that a layer forgot to name among its parameters."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np


def set_and_notice(layer: Any, name: str, value: Any) -> None:
    """Set an attribute, and notice the gradient of what is not named among the parameters."""
    object.__setattr__(layer, name, value)
    if name[:1] == "d" and name[1:] in vars(layer) and name[1:] not in layer.parameters:
        _warn_if_forgotten(layer, name[1:], value)


def _warn_if_forgotten(layer: Any, name: str, gradient: Any) -> None:
    """Warn where an array that the constructor made has a gradient and is no parameter."""
    value, kind = vars(layer)[name], type(layer)
    if not all(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in (value, gradient)):
        return
    if (
        name in _made_once(kind.__mro__)
        and value.shape == gradient.shape
        and name not in layer.buffers
    ):
        warnings.warn(
            f"{kind.__name__} sets self.d{name}, but {name!r} is not among its parameters, so "
            f"that nothing trains it: write parameters = {(*layer.parameters, name)!r}",
            stacklevel=3,
        )


@functools.cache
def _made_once(kinds: tuple[type, ...]) -> frozenset[str]:
    """Return the attributes that a layer's methods set, but for forward, backward and their help.

    `kinds` are the layer's class and those that it derives from.
    """
    import dis

    methods = [
        (name, getattr(f, "__code__", None)) for cls in kinds for name, f in vars(cls).items()
    ]
    found = [(name, code) for name, code in methods if code is not None]
    passes = {"forward", "backward"}
    passes |= {used for name, code in found if name in passes for used in code.co_names}
    early, late = set[str](), set[str]()
    for name, code in found:
        lines = dis.get_instructions(code)
        stored = {line.argval for line in lines if line.opname == "STORE_ATTR"}
        (late if name in passes else early).update(stored)
    return frozenset(early - late)
