"""Branches: which side of every ReLU and which corner of every max-pool a network is on.

A network of convolutions, ReLU and max-pool is smooth as long as every ReLU keeps its sign and
every window its winner. Where a step changes one of them it crosses a kink, and a difference
across a kink is no derivative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.layers import Layer, MaxPool2D, ReLU, Sequential


@dataclass(frozen=True)
class Branches:
    """The branch of every unit, by the layer's position in the network.

    signs : whether a ReLU's input is positive, of its shape.
    winners : which value of a max-pool's window is the largest; -1 where none is positive.
    """

    signs: dict[int, Array]
    winners: dict[int, Array]


def branches(model: Sequential, x: Array) -> Branches:
    """Return the branches that a network of 2x2 max-pools takes at `x`."""
    found = Branches({}, {})
    for position, layer in enumerate(model.layers):
        inside, x = x, layer.forward(x)
        if isinstance(layer, ReLU):
            found.signs[position] = inside > 0
        elif isinstance(layer, MaxPool2D):
            found.winners[position] = np.where(x > 0, _winner(inside), -1)
    return found


def crossed(before: Branches, after: Branches) -> tuple[int, int]:
    """Count the ReLUs that changed sign, and the windows that changed their winner.

    A window with nothing positive in it, before or after, counts with its ReLUs only.
    """
    relu = sum(int((before.signs[k] != after.signs[k]).sum()) for k in before.signs)
    pool = 0
    for k, winner in before.winners.items():
        other = after.winners[k]
        pool += int(((winner != other) & (winner >= 0) & (other >= 0)).sum())
    return relu, pool


def held(model: Sequential, found: Branches) -> Sequential:
    """Return the network with its branches nailed down: smooth, and sharing its parameters."""
    layers: list[Layer] = []
    for position, layer in enumerate(model.layers):
        if position in found.signs:
            layers.append(_HeldReLU(found.signs[position]))
        elif position in found.winners:
            layers.append(_HeldPool(found.winners[position]))
        else:
            layers.append(layer)
    return Sequential(*layers)


class _HeldReLU(Layer):
    def __init__(self, sign: Array) -> None:
        self.sign = sign

    def forward(self, x: Array) -> Array:
        return np.asarray(x * self.sign)


class _HeldPool(Layer):
    def __init__(self, winner: Array) -> None:
        self.winner = np.maximum(winner, 0)[..., None]

    def forward(self, x: Array) -> Array:
        return np.take_along_axis(_corners(x), self.winner, axis=-1)[..., 0]


def _winner(x: Array) -> Array:  # (N, C, H, W) -> (N, C, H/2, W/2)
    """Return the place of the largest value in each 2x2 window, 0 to 3 in reading order."""
    left, right = x[..., 0::2], x[..., 1::2]
    in_right, rows = right > left, np.maximum(left, right)
    in_bottom = rows[:, :, 1::2] > rows[:, :, 0::2]
    return np.where(in_bottom, 2 + in_right[:, :, 1::2], in_right[:, :, 0::2])


def _corners(x: Array) -> Array:  # (N, C, H, W) -> (N, C, H/2, W/2, 4)
    corners = [x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return np.stack(corners, axis=-1)
