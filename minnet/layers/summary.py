"""A model as a table."""

from __future__ import annotations

from minnet.arrays import Floats
from minnet.layers.base import Layer


def summary(model: Layer, x: Floats | None = None) -> str:
    """Return one line per layer: its name, the shape of its output, its parameter count.

    Parameters
    ----------
    model : Layer
        A container or a single layer.
    x : array, optional
        A sample batch, run through the model in evaluation mode to learn the shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet.layers import Dense, ReLU, Sequential
    >>> print(summary(Sequential(Dense(4, 8), ReLU(), Dense(8, 3)), np.ones((1, 4))))
    layer                               output  parameters
    0      Dense(W (4, 8), b (8,))      (1, 8)          40
    1      ReLU()                       (1, 8)           0
    2      Dense(W (8, 3), b (3,))      (1, 3)          27
    total                                               67
    """
    layers = getattr(model, "layers", [model])
    rows = [("layer", "", "" if x is None else "output", "parameters")]
    modes = [(layer, layer.training) for _, layer in model.walk()]
    model.eval()
    try:
        for index, layer in enumerate(layers):
            if x is not None:
                x = layer.forward(x)
            shape = "" if x is None else str(x.shape)
            rows.append((str(index), repr(layer), shape, f"{_count(layer):,}"))
    finally:
        for layer, mode in modes:
            layer.training = mode
    rows.append(("total", "", "", f"{_count(model):,}"))

    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"{index:<{widths[0]}}  {name:<{widths[1]}}  {shape:>{widths[2]}}  {count:>{widths[3]}}"
        for index, name, shape, count in rows
    )


def _count(layer: Layer) -> int:
    return sum(array.size for array in layer.named_parameters().values())
