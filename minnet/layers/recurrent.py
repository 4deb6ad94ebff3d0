"""What the recurrent layers share: weights for the steps and for the state, and time first.

A recurrent layer goes through a sequence (N, T, D) step by step and carries a state (N, H)
along. Each step first takes a linear look at its input and at the state before,

    z_t = x_t Wx + h_{t−1} Wh + b

and goes on from there. The part of z that comes from x is the same product for every step, and
so made for all of them at once; the same holds for dx, dWx, dWh and db once dz of every step
is known. Only the state has to be followed step by step, forwards and then backwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import Floats, random_numbers, whole_number
from minnet.initializers import initialize
from minnet.layers.base import Example, Layer


class Recurrent(Layer):
    """The base of `RNN`, `LSTM` and `GRU`.

    Parameters
    ----------
    features, hidden : int
        D and H: sizes of a step and of the state.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.
    """

    parameters: tuple[str, ...] = ("Wx", "Wh", "b")
    blocks: ClassVar[int] = 1  # of H columns in z: one for each gate
    states: ClassVar[int] = 1  # that are carried along

    def __init__(
        self, features: int, hidden: int, rng: np.random.Generator | int | None = None
    ) -> None:
        columns = self.blocks * whole_number("hidden", hidden)
        rng = random_numbers(rng)
        features = whole_number("features", features)
        self.Wx = initialize("glorot_uniform", (features, columns), features, hidden, rng)
        self.Wh = initialize("glorot_uniform", (hidden, columns), hidden, hidden, rng)
        self.b = np.zeros(columns)

    def _from_inputs(self, x: Floats) -> Floats:  # (N, T, D) -> (T, blocks, N, H)
        """Return ``x Wx + b`` of every step, block by block."""
        self.expect(x, "N", "T", len(self.Wx))
        self.x = time_first(x)
        z: Floats = self.x[:, None] @ self._blocks_of(self.Wx)
        z += self._blocks_of(self.b[None])
        return z

    def _states(self, z: Floats, *initial: Floats | None) -> list[Floats]:  # (T + 1, N, H)
        """Return room for each state after each step; first of all come the initial ones."""
        T, _, N, H = z.shape
        self.given = [state is not None for state in initial]
        room = [np.empty((T + 1, N, H), z.dtype) for _ in initial]
        for states, first in zip(room, initial, strict=True):
            if first is not None:
                self.expect(first, N, H)
            states[0] = 0 if first is None else first
        return room

    def _blocks_of(self, W: Floats) -> Floats:  # (D, blocks · H) -> (blocks, D, H)
        """View a matrix as one matrix for each gate."""
        return W.reshape(len(W), self.blocks, -1).swapaxes(0, 1)

    def _to_inputs(self, dz: Floats) -> Floats:  # (T, N, blocks · H) -> (N, T, D)
        """Store dWx and db, and return dx."""
        self.dWx = over_time(self.x, dz)
        self.db = dz.sum(axis=(0, 1))
        return time_first((dz.reshape(-1, dz.shape[2]) @ self.Wx.T).reshape(self.x.shape))

    def _with_given(self, dx: Floats, *dstates: Floats) -> Floats | tuple[Floats, ...]:
        """Return dx, and beside it the gradients of the initial states that were given."""
        wanted = [d for d, given in zip(dstates, self.given, strict=True) if given]
        return (dx, *wanted) if wanted else dx

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for N, T, D, H, given, dtype in [
            (2, 3, 3, 2, False, np.float64),
            (1, 1, 2, 3, True, np.float64),
            (2, 4, 1, 2, True, np.float64),
            (2, 3, 2, 2, False, np.float32),
        ]:
            layer = cls(D, H, rng=rng).astype(dtype)
            for W in layer.named_parameters().values():
                W[...] = rng.normal(size=W.shape)
            initial = [rng.normal(size=(N, H)) for _ in range(cls.states if given else 0)]
            yield layer, tuple(x.astype(dtype) for x in (rng.normal(size=(N, T, D)), *initial))


def time_first(x: Floats) -> Floats:  # (N, T, D) <-> (T, N, D)
    """View a sequence with time as the first axis, or such a view as it was."""
    return x.swapaxes(0, 1)


def over_time(x: Floats, dz: Floats) -> Floats:  # (T, N, D), (T, N, M) -> (D, M)
    """Return ``Σ_t x[t].T @ dz[t]``, the gradient of a W that every step uses, as one product."""
    return x.reshape(-1, x.shape[2]).T @ dz.reshape(-1, dz.shape[2])
