"""Long short-term memory."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.layers.functions import sigmoid
from minnet.layers.recurrent import Recurrent, over_time, time_first


class LSTM(Recurrent):
    """A state with a memory cell c, which gates write to, wipe and read.

    The four blocks of ``z_t = x_t Wx + h_{t−1} Wh + b`` are, in this order, the input, forget
    and output gates and the candidate (PyTorch has the last two the other way round):

        i, f, o = σ(z_i), σ(z_f), σ(z_o),    g = tanh(z_g)
        c_t = f c_{t−1} + i g,               h_t = o tanh(c_t)

    Both states feed the next step, so both collect gradients from two sides. Backwards, with
    ``σ' = σ (1 − σ)`` and ``tanh' = 1 − tanh²``:

    - ``dh_t = dout_t + dz_{t+1} Whᵀ``
    - ``dc_t = dc_{t+1} f_{t+1} + dh_t o (1 − tanh(c_t)²)``
    - ``dz_i = dc g i (1 − i)``, ``dz_f = dc c_{t−1} f (1 − f)``,
      ``dz_o = dh tanh(c) o (1 − o)``, ``dz_g = dc i (1 − g²)``
    - dx, dWx, dWh, db from dz, as in `RNN`; ``dc_0 = dc_1 f_1``.

    Parameters
    ----------
    features, hidden : int
        D and H: sizes of a step and of the states.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights. The forget gate's b starts at 1, so that a new cell
        remembers; the rest of b at 0.

    References
    ----------
    S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997. F. Gers, J. Schmidhuber,
    F. Cummins, "Learning to forget", 2000. R. Jozefowicz, W. Zaremba, I. Sutskever, "An
    empirical exploration of recurrent network architectures", 2015 (the forget gate's b).

    Examples
    --------
    >>> import numpy as np
    >>> layer = LSTM(3, 4, rng=0)
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 5, 4)

    To go on where a sequence ended, begin with its last states:

    >>> layer(np.ones((2, 1, 3)), layer.h[-1], layer.c[-1]).shape
    (2, 1, 4)

    With initial states h0 and c0, their gradients are returned too:

    >>> _ = layer(np.ones((2, 5, 3)), np.zeros((2, 4)), np.zeros((2, 4)))
    >>> [gradient.shape for gradient in layer.backward(np.ones((2, 5, 4)))]
    [(2, 5, 3), (2, 4), (2, 4)]
    """

    blocks, states = 4, 2
    formulas: ClassVar[dict[str, str]] = {
        "z": "x[t] @ Wx + h[t-1] @ Wh + b at every step t, where h[-1] is h0, or zeros",
        "i, f, o, g": "sigmoid, sigmoid, sigmoid and tanh of the four blocks of z",
        "c": "f * c[t-1] + i * g at every step t, where c[-1] is c0, or zeros",
        "out": "o * tanh(c[t]) at every step t",
        "dh": "dout[t] + dz[t+1] @ Wh.T at every step t, from the last",
        "dc": "dc[t+1] * f[t+1] + dh * o * (1 - tanh(c[t])**2) at every step t, from the last",
        "dz": "the blocks dc*g * i*(1-i), dc*c[t-1] * f*(1-f), dh*tanh(c) * o*(1-o) and"
        " dc*i * (1-g**2)",
        "dx": "dz[t] @ Wx.T at every step t",
        "dh0": "dz @ Wh.T of the first step",
        "dc0": "dc * f of the first step",
        "dWx": "the sum of x[t].T @ dz[t] over all steps t",
        "dWh": "the sum of h[t-1].T @ dz[t] over all steps t",
        "db": "the sum of dz over all steps and samples",
    }

    def __init__(
        self, features: int, hidden: int, rng: np.random.Generator | int | None = None
    ) -> None:
        super().__init__(features, hidden, rng)
        self.b[hidden : 2 * hidden] = 1

    def forward(  # (N, T, D) -> (N, T, H)
        self, x: Floats, h0: Floats | None = None, c0: Floats | None = None
    ) -> Floats:
        gates, Wh = self._from_inputs(x), self._blocks_of(self.Wh)  # (T, 4, N, H), (4, H, H)
        h, c = self._states(gates, h0, c0)
        for t in range(len(gates)):
            gates[t] += h[t] @ Wh
            gates[t, :3] = sigmoid(gates[t, :3])
            gates[t, 3] = np.tanh(gates[t, 3])
            i, f, o, g = gates[t]
            c[t + 1] = f * c[t] + i * g
            h[t + 1] = o * np.tanh(c[t + 1])
        self.gates, self.h, self.c = gates, h, c
        return time_first(h[1:])

    def backward(self, dout: Floats) -> Floats | tuple[Floats, ...]:  # (N, T, H)
        gates, h, c, dout = self.gates, self.h, self.c, time_first(dout)
        T, _, N, H = gates.shape
        dz: Floats = np.empty((T, N, 4, H), gates.dtype)
        dh, dc = np.zeros_like(h[0]), np.zeros_like(c[0])
        for t in reversed(range(T)):
            i, f, o, g = gates[t]
            tanh_c = np.tanh(c[t + 1])
            dh = dh + dout[t]
            dc = dc + dh * o * (1 - tanh_c**2)
            dz[t, :, 0] = dc * g * i * (1 - i)
            dz[t, :, 1] = dc * c[t] * f * (1 - f)
            dz[t, :, 2] = dh * tanh_c * o * (1 - o)
            dz[t, :, 3] = dc * i * (1 - g**2)
            dh = dz[t].reshape(N, 4 * H) @ self.Wh.T
            dc = dc * f
        dz = dz.reshape(T, N, 4 * H)
        self.dWh = over_time(h[:-1], dz)
        return self._with_given(self._to_inputs(dz), dh, dc)
