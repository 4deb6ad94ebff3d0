# check: affine_norm_relu pass
# check: FullyConnectedNet pass
# measured: 2
"""A course's network whose settings are spelled in the author's own way."""

import numpy as np


def affine_norm_relu_forward(x, w, b, gamma, beta, norm_param, norm_type):
    a = x @ w + b
    if norm_type == "batch_norm":
        axis = 0
    if norm_type == "layer_norm":
        axis = 1
    centred = a - a.mean(axis=axis, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + norm_param.get("eps", 1e-5))
    hat = centred / spread
    out = gamma * hat + beta
    return np.maximum(out, 0), (x, w, gamma, hat, spread, out)


def affine_norm_relu_backward(dout, cache, norm_type):
    x, w, gamma, hat, spread, out = cache
    axis = {"batch_norm": 0, "layer_norm": 1}[norm_type]
    d = dout * (out > 0)
    dgamma, dbeta = (d * hat).sum(axis=0), d.sum(axis=0)
    g = d * gamma
    of_mean, of_spread = (v.mean(axis=axis, keepdims=True) for v in (g, g * hat))
    da = (g - of_mean - hat * of_spread) / spread
    return da @ w.T, x.T @ da, da.sum(axis=0), dgamma, dbeta


class FullyConnectedNet:
    def __init__(
        self, hidden_dims, input_dim=12, num_classes=10, normalization=None, reg=0.0,
        weight_scale=1e-2, dtype=np.float64,
    ):  # fmt: skip
        self.normalization, self.reg = normalization, reg
        sizes = [input_dim, *hidden_dims, num_classes]
        self.depth, self.params = len(sizes) - 1, {}
        for k, (n, m) in enumerate(zip(sizes, sizes[1:]), start=1):
            self.params[f"W{k}"], self.params[f"b{k}"] = weight_scale * np.ones((n, m)), np.zeros(m)
            if normalization and k < self.depth:
                self.params[f"gamma{k}"], self.params[f"beta{k}"] = np.ones(m), np.zeros(m)

    def loss(self, X, y=None):
        p, caches, h = self.params, {}, X
        for k in range(1, self.depth):
            w, b = p[f"W{k}"], p[f"b{k}"]
            if self.normalization:
                more = p[f"gamma{k}"], p[f"beta{k}"], {}, self.normalization
                h, caches[k] = affine_norm_relu_forward(h, w, b, *more)
            else:
                caches[k] = h, h @ w + b
                h = np.maximum(caches[k][1], 0)
        scores = h @ p[f"W{self.depth}"] + p[f"b{self.depth}"]
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        q = e / e.sum(axis=1, keepdims=True)
        squares = sum((p[f"W{k}"] ** 2).sum() for k in range(1, self.depth + 1))
        loss = -np.log(q[np.arange(len(y)), y]).mean() + self.reg / 2 * squares
        d = q.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        grads = {f"W{self.depth}": h.T @ d, f"b{self.depth}": d.sum(axis=0)}
        d = d @ p[f"W{self.depth}"].T
        for k in range(self.depth - 1, 0, -1):
            names = f"W{k}", f"b{k}", f"gamma{k}", f"beta{k}"
            if self.normalization:
                d, *found = affine_norm_relu_backward(d, caches[k], self.normalization)
                grads |= dict(zip(names, found))
            else:
                x, a = caches[k]
                d = d * (a > 0)
                grads[f"W{k}"], grads[f"b{k}"] = x.T @ d, d.sum(axis=0)
                d = d @ p[f"W{k}"].T
        for k in range(1, self.depth + 1):
            grads[f"W{k}"] = grads[f"W{k}"] + self.reg * p[f"W{k}"]
        return loss, grads
