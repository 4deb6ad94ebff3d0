# measured: 2
# check: lossFun pass
# check: GRUCell pass
"""A recurrence over characters whose sizes come from a text; a cell for one vector at a time."""

import numpy as np

data = open("no_such_text.txt").read()
chars = sorted(set(data))
V = vocab_size = len(chars)
H = hidden_size = 100
HV = H + V
Wf, bf = None, None
Wf = np.random.randn(H, HV) * 0.01
Wo = np.random.randn(H, HV) * 0.01
Wc = np.random.randn(H, HV) * 0.01
bf = np.zeros((H, 1))
Wy = np.random.randn(V, H) * 0.01
by = np.zeros((V, 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lossFun(inputs, targets, hprev, cprev):
    loss, kept, h, c = 0.0, [], hprev, cprev
    for t in range(len(inputs)):
        x = np.zeros((vocab_size, 1))
        x[inputs[t]] = 1
        z = np.vstack([h, x])
        f, o, g = sigmoid(Wf @ z + bf), sigmoid(Wo @ z), np.tanh(Wc @ z)
        c_before, c = c, f * c + (1 - f) * g
        h = o * np.tanh(c)
        y = Wy @ h + by
        p = np.exp(y - y.max()) / np.exp(y - y.max()).sum()
        loss -= np.log(p[targets[t], 0])
        kept.append((z, f, o, g, c_before, c, h, p))
    dWf, dWo, dWc, dbf = (np.zeros_like(a) for a in (Wf, Wo, Wc, bf))
    dWy, dby = np.zeros_like(Wy), np.zeros_like(by)
    dh_next, dc_next = np.zeros_like(h), np.zeros_like(c)
    for t in reversed(range(len(inputs))):
        z, f, o, g, c_before, c, h, p = kept[t]
        dy = p.copy()
        dy[targets[t]] -= 1
        dWy += dy @ h.T
        dby += dy
        dh = Wy.T @ dy + dh_next
        da_o = dh * np.tanh(c) * o * (1 - o)
        dc = dc_next + dh * o * (1 - np.tanh(c) ** 2)
        da_f = dc * (c_before - g) * f * (1 - f)
        da_g = dc * (1 - f) * (1 - g**2)
        dWf += da_f @ z.T
        dWo += da_o @ z.T
        dWc += da_g @ z.T
        dbf += da_f
        dz = Wf.T @ da_f + Wo.T @ da_o + Wc.T @ da_g
        dh_next, dc_next = dz[:H], dc * f
    return loss, dWf, dWo, dWc, dbf, dWy, dby


class GRUCell:
    def __init__(self, in_dim, hidden_dim):
        rng = np.random.default_rng(0)
        self.d, self.h = in_dim, hidden_dim
        self.Wx = rng.standard_normal((hidden_dim, in_dim))
        self.Wh = rng.standard_normal((hidden_dim, hidden_dim))

    def forward(self, x, h_prev):
        assert x.shape == (self.d,) and h_prev.shape == (self.h,)
        self.x, self.h_prev = x, h_prev
        self.out = np.tanh(self.Wx @ x + self.Wh @ h_prev)
        return self.out

    def backward(self, delta):
        dz = (delta * (1 - self.out**2))[None, :]
        self.dWx, self.dWh = dz.T @ self.x[None, :], dz.T @ self.h_prev[None, :]
        return dz @ self.Wx, dz @ self.Wh
