"""The arrays that a forward pass keeps for its backward pass, by what the user calls them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.inside import leaves_of
from minnet.gradcheck.under_test.nested import arrays_in
from minnet.gradcheck.under_test.signatures import unpacked


def kept_by(
    backward: Callable[..., Any] | None, memory: Any, roots: Sequence[Any]
) -> dict[str, Array]:
    """Return what is in a cache, under the names that backward gives it, and in the objects."""
    names = unpacked(backward)
    found: dict[str, Array] = {}
    if isinstance(memory, tuple | list) and len(memory) == len(names):
        for name, item in zip(names, memory, strict=True):
            found |= arrays_in(name, item)
    else:
        found = arrays_in("cache", memory)
    held = [leaf for root in roots for leaf in leaves_of(root)]
    found |= {
        f"self.{leaf.path[0]}" + "".join(f"[{part!r}]" for part in leaf.path[1:]): leaf.value
        for leaf in held
        if isinstance(leaf.value, np.ndarray)
    }
    return {name: np.array(array) for name, array in found.items()}
