"""Layers made of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, shown
from minnet.layers.activations import ReLU, Tanh
from minnet.layers.base import Example, Layer
from minnet.layers.dense import Dense


class Sequential(Layer):
    """One layer after another.

    The chain rule, layer by layer: what `backward` of one layer returns is the upstream
    gradient of the layer before it.

    Parameters
    ----------
    *layers : Layer
        First to last. Parameters get dotted names: ``0.W`` is ``W`` of the first layer.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet.layers import Dense, ReLU
    >>> model = Sequential(Dense(4, 8, rng=0), ReLU(), Dense(8, 3, rng=1))
    >>> model(np.ones((5, 4))).shape
    (5, 3)
    >>> list(model.named_parameters())
    ['0.W', '0.b', '2.W', '2.b']
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "what the last layer makes of what the one before makes ... of x",
        "dx": "what backward of the first layer makes of what that of the second makes ... of dout",
    }

    def __init__(self, *layers: Layer) -> None:
        for index, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"{type(self).__name__} takes layers, but argument {index} is {shown(layer)}"
                )
            if (first := _first_of(layers, layer)) != index:
                raise ValueError(
                    f"{type(self).__name__}: argument {index} is the same layer as argument "
                    f"{first}; a layer remembers one forward pass, so each place needs its own"
                )
        self.layers = list(layers)

    def forward(self, x: Floats) -> Floats:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout: Floats) -> Floats:
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
            if not layer.needs_dx:  # nothing before this layer learns
                break
        return dout

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        inner = Sequential(_random_dense(4, 4, rng), ReLU())
        layer = cls(_random_dense(4, 4, rng), Tanh(), inner, _random_dense(4, 4, rng))
        yield layer, (rng.normal(size=(3, 4)),)
        yield cls(_random_dense(2, 2, rng)), (rng.normal(size=(1, 2)),)
        layer = cls(_random_dense(4, 4, rng), Tanh()).astype(np.float32)
        yield layer, (rng.normal(size=(3, 4)).astype(np.float32),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"


class Residual(Sequential):
    """Add the input to what the layers make of it: ``out = x + f(x)``.

    ``x`` reaches the output along two paths, and gradients of paths add up:
    ``dx = dout + f.backward(dout)``.

    Parameters
    ----------
    *layers : Layer
        The branch ``f``, first to last; its output has the shape of its input.

    References
    ----------
    K. He et al., "Deep residual learning for image recognition", CVPR 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet.layers import Dense
    >>> Residual(Dense(2, 2, init="zeros"))(np.array([[1.0, 2.0]]))
    array([[1., 2.]])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "x + f(x)",
        "dx": "dout + f.backward(dout)",
    }

    def forward(self, x: Floats) -> Floats:
        branch = super().forward(x)
        if branch.shape != x.shape:
            raise ValueError(
                f"{self}: the layers turn shape {x.shape} into {branch.shape}, "
                "but a residual branch has to keep it"
            )
        return x + branch

    def backward(self, dout: Floats) -> Floats:
        return dout + super().backward(dout)


def _random_dense(inputs: int, outputs: int, rng: np.random.Generator) -> Dense:
    layer = Dense(inputs, outputs, rng=rng)
    layer.b = rng.normal(size=outputs)
    return layer


def _first_of(layers: tuple[Layer, ...], layer: Layer) -> int:
    return next(index for index, other in enumerate(layers) if other is layer)
