"""The gated recurrent unit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.layers.functions import sigmoid
from minnet.layers.recurrent import Recurrent, over_time, time_first


class GRU(Recurrent):
    """A state of which, at each step, a gate keeps one share and replaces the other.

    With the three blocks of ``x_t Wx + b`` and of ``a_t = h_{t−1} Wh``, in this order:

        r, u = σ(x Wx_r + b_r + a_r), σ(x Wx_u + b_u + a_u)       reset and update gates
        n = tanh(x Wx_n + b_n + r m),    m = a_n + bn             the candidate
        h_t = (1 − u) n + u h_{t−1}

    The reset gate is applied after the matrix, as PyTorch does it, so that one product serves
    all blocks; bn is therefore a bias of its own. Backwards, with ``σ' = σ (1 − σ)`` and
    ``tanh' = 1 − tanh²``, and dz the gradient of what is inside σ, σ and tanh:

    - ``dz_n = dh (1 − u) (1 − n²)``, ``dz_u = dh (h_{t−1} − n) u (1 − u)``,
      ``dz_r = dz_n m r (1 − r)``
    - ``da`` is dz but for its last block, ``dm = dz_n r``;
    - h_{t−1} is used twice: ``dh_{t−1} = dout_{t−1} + dh u + da Whᵀ``;
    - ``dWh = Σ_t h_{t−1}ᵀ da_t``, ``dbn = Σ dm``; dx, dWx, db from dz, as in `RNN`.

    Parameters
    ----------
    features, hidden : int
        D and H: sizes of a step and of the state.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights; b and bn start at 0.

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder–decoder for statistical
    machine translation", EMNLP 2014.

    Examples
    --------
    >>> import numpy as np
    >>> layer = GRU(3, 4, rng=0)
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 5, 4)

    With an initial state, its gradient is returned too:

    >>> _ = layer(np.ones((2, 5, 3)), np.zeros((2, 4)))
    >>> [gradient.shape for gradient in layer.backward(np.ones((2, 5, 4)))]
    [(2, 5, 3), (2, 4)]
    """

    blocks = 3
    parameters: tuple[str, ...] = ("Wx", "Wh", "b", "bn")
    formulas: ClassVar[dict[str, str]] = {
        "z, a": "x[t] @ Wx + b and h[t-1] @ Wh at every step t, where h[-1] is h0, or zeros",
        "r, u": "the sigmoids of the first two blocks of z + a",
        "n": "tanh(zn + r * m) with m = an + bn, where zn and an are the last blocks of z and a",
        "out": "(1 - u) * n + u * h[t-1] at every step t",
        "dh": "dout[t] + dh[t+1] * u[t+1] + da[t+1] @ Wh.T at every step t, from the last",
        "dn": "dh * (1 - u) * (1 - n**2) of what is inside tanh",
        "dz": "the blocks dn * m * r*(1-r), dh * (h[t-1] - n) * u*(1-u), dn",
        "da": "dz but for its last block, dn * r",
        "dx": "dz[t] @ Wx.T at every step t",
        "dh0": "dh * u + da @ Wh.T of the first step",
        "dWx": "the sum of x[t].T @ dz[t] over all steps t",
        "dWh": "the sum of h[t-1].T @ da[t] over all steps t",
        "db": "the sum of dz over all steps and samples",
        "dbn": "the sum of dn * r over all steps and samples",
    }

    def __init__(
        self, features: int, hidden: int, rng: np.random.Generator | int | None = None
    ) -> None:
        super().__init__(features, hidden, rng)
        self.bn = np.zeros(hidden)

    def forward(self, x: Floats, h0: Floats | None = None) -> Floats:  # (N, T, D) -> (N, T, H)
        gates, Wh = self._from_inputs(x), self._blocks_of(self.Wh)  # (T, 3, N, H), (3, H, H)
        (h,) = self._states(gates, h0)
        m = np.empty_like(h[1:])
        for t in range(len(gates)):
            a = h[t] @ Wh
            m[t] = a[2] + self.bn
            gates[t, :2] = sigmoid(gates[t, :2] + a[:2])
            r, u, n = gates[t]
            n[...] = np.tanh(n + r * m[t])
            h[t + 1] = (1 - u) * n + u * h[t]
        self.gates, self.m, self.h = gates, m, h
        return time_first(h[1:])

    def backward(self, dout: Floats) -> Floats | tuple[Floats, ...]:  # (N, T, H)
        gates, m, h, dout = self.gates, self.m, self.h, time_first(dout)
        T, _, N, H = gates.shape
        dz = np.empty((T, N, 3, H), gates.dtype)
        da, dh = np.empty_like(dz), np.zeros_like(h[0])
        for t in reversed(range(T)):
            r, u, n = gates[t]
            dh = dh + dout[t]
            dn = dh * (1 - u) * (1 - n**2)
            dz[t, :, 0] = dn * m[t] * r * (1 - r)
            dz[t, :, 1] = dh * (h[t] - n) * u * (1 - u)
            dz[t, :, 2] = dn
            da[t] = dz[t]
            da[t, :, 2] = dn * r
            dh = dh * u + da[t].reshape(N, 3 * H) @ self.Wh.T
        self.dbn = da[:, :, 2].sum(axis=(0, 1))
        self.dWh = over_time(h[:-1], da.reshape(T, N, 3 * H))
        return self._with_given(self._to_inputs(dz.reshape(T, N, 3 * H)), dh)
