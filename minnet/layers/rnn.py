"""The plain recurrent layer."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from minnet.arrays import Floats
from minnet.layers.recurrent import Recurrent, over_time, time_first


class RNN(Recurrent):
    """A state that is made anew at each step from the input and the state before.

        h_t = tanh(z_t),    z_t = x_t Wx + h_{t−1} Wh + b

    The state h_t is used twice: it is an output, and it feeds the next step. Its gradient is
    the sum of what comes back along both ways, so the steps are undone from last to first:

    - ``dh_t = dout_t + dz_{t+1} Whᵀ`` (after the last step, dout alone);
    - ``dz_t = dh_t (1 − h_t²)``, the slope of tanh being 1 − tanh²;
    - every step uses the same weights, so shares add up: ``dWx = Σ_t x_tᵀ dz_t``,
      ``dWh = Σ_t h_{t−1}ᵀ dz_t``, ``db = Σ_t Σ_n dz_t``;
    - ``dx_t = dz_t Wxᵀ``, and ``dh_0 = dz_1 Whᵀ``.

    Parameters
    ----------
    features, hidden : int
        D and H: sizes of a step and of the state.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.

    References
    ----------
    P. J. Werbos, "Backpropagation through time: what it does and how to do it", 1990.

    Examples
    --------
    >>> import numpy as np
    >>> layer = RNN(3, 4, rng=0)
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 5, 4)

    With an initial state, its gradient is returned too:

    >>> _ = layer(np.ones((2, 5, 3)), np.zeros((2, 4)))
    >>> [gradient.shape for gradient in layer.backward(np.ones((2, 5, 4)))]
    [(2, 5, 3), (2, 4)]
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "tanh(x[t] @ Wx + h[t-1] @ Wh + b) at every step t, where h[-1] is h0, or zeros",
        "dz": "(dout[t] + dz[t+1] @ Wh.T) * (1 - out[t]**2) at every step t, from the last",
        "dx": "dz[t] @ Wx.T at every step t",
        "dh0": "dz @ Wh.T of the first step",
        "dWx": "the sum of x[t].T @ dz[t] over all steps t",
        "dWh": "the sum of h[t-1].T @ dz[t] over all steps t",
        "db": "the sum of dz over all steps and samples",
    }

    def forward(self, x: Floats, h0: Floats | None = None) -> Floats:  # (N, T, D) -> (N, T, H)
        z = self._from_inputs(x)
        (h,) = self._states(z, h0)
        for t in range(len(z)):
            h[t + 1] = np.tanh(z[t, 0] + h[t] @ self.Wh)
        self.h = h
        return time_first(h[1:])

    def backward(self, dout: Floats) -> Floats | tuple[Floats, ...]:  # (N, T, H)
        h, dout = self.h, time_first(dout)
        dz, dh = np.empty_like(h[1:]), np.zeros_like(h[0])
        for t in reversed(range(len(dz))):
            dh = dh + dout[t]
            dz[t] = dh * (1 - h[t + 1] ** 2)
            dh = dz[t] @ self.Wh.T
        self.dWh = over_time(h[:-1], dz)
        return self._with_given(self._to_inputs(dz), dh)
