# check: affine pass
# check: linear pass
# check: spatial_groupnorm pass
# check: conv pass
# check: softmax_loss pass
# check: dense skipped
# check: layernorm fail
# check: fc error crash
"""Functions whose arrays lie otherwise than the best-known course has them."""

import numpy as np


def affine_forward(x, w, b):
    """Computes w x + b.

    - x: input, shape (D, N)
    - w: weights, shape (M, D)
    - b: biases, shape (M, 1)
    """
    return w @ x + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return w.T @ dout, dout @ x.T, dout.sum(axis=1, keepdims=True)


def linear_forward(x, weight, bias):
    return x @ weight.T + bias, (x, weight, bias)


def linear_backward(dout, cache):
    x, weight, bias = cache
    return dout @ weight, dout.T @ x, dout.sum(axis=0)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """
    Inputs:
    - x: Input data of shape (N, C, H, W)
    - gamma: Scale parameter, of shape (C,)
    - beta: Shift parameter, of shape (C,)
    - G: Integer number of groups to split into
    """
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    groups = x.reshape(N, G, -1)
    mean, var = groups.mean(axis=2, keepdims=True), groups.var(axis=2, keepdims=True)
    xhat = ((groups - mean) / np.sqrt(var + eps)).reshape(x.shape)
    out = gamma.reshape(1, C, 1, 1) * xhat + beta.reshape(1, C, 1, 1)
    return out, (xhat, gamma, var, G, eps)


def spatial_groupnorm_backward(dout, cache):
    xhat, gamma, var, G, eps = cache
    N, C, H, W = dout.shape
    dgamma, dbeta = (dout * xhat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
    d = (dout * gamma.reshape(1, C, 1, 1)).reshape(N, G, -1)
    h = xhat.reshape(N, G, -1)
    inner = (d * h).mean(axis=2, keepdims=True)
    dx = (d - d.mean(axis=2, keepdims=True) - h * inner) / np.sqrt(var + eps)
    return dx.reshape(dout.shape), dgamma, dbeta


def conv_forward(x, w, b, conv_param):
    """Images have their channels last."""
    stride, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    kh, kw, _, F = w.shape
    N, H, W, _ = xp.shape
    out = np.zeros((N, (H - kh) // stride + 1, (W - kw) // stride + 1, F))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            window = xp[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] = np.tensordot(window, w, 3) + b
    return out, (xp, w, stride, pad)


def conv_backward(dout, cache):
    xp, w, stride, pad = cache
    kh, kw = w.shape[:2]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[1]):
        for j in range(dout.shape[2]):
            rows = slice(i * stride, i * stride + kh)
            columns = slice(j * stride, j * stride + kw)
            dw += np.tensordot(xp[:, rows, columns], dout[:, i, j], ([0], [0]))
            dxp[:, rows, columns] += np.tensordot(dout[:, i, j], w, ([1], [3]))
    dx = dxp[:, pad : dxp.shape[1] - pad, pad : dxp.shape[2] - pad]
    return dx, dw, dout.sum(axis=(0, 1, 2))


def softmax_loss(W, X, y, reg):
    """W is C x D, X is D x N: data are columns."""
    scores = W @ X
    scores -= scores.max(axis=0)
    p = np.exp(scores) / np.exp(scores).sum(axis=0)
    N = X.shape[1]
    loss = -np.log(p[y, np.arange(N)]).mean() + 0.5 * reg * np.sum(W * W)
    p[y, np.arange(N)] -= 1
    return loss, p @ X.T / N + reg * W


def dense_forward(inputs, kernel, offset):
    assert inputs.shape[1] == 784, "images of 28 x 28"
    return inputs @ kernel + offset, (inputs, kernel)


def dense_backward(dout, cache):
    inputs, kernel = cache
    return dout @ kernel.T, inputs.T @ dout, dout.sum(axis=0)


def layernorm_forward(x, gamma, beta, ln_param):
    """x has shape (D, N); the mistake: the mean is not differentiated.

    - x: features in rows, of shape (D, N)
    - gamma: shape (D, 1)
    - beta: shape (D, 1)
    """
    eps = ln_param.get("eps", 1e-5)
    xc = x - x.mean(axis=0)
    std = np.sqrt((xc**2).mean(axis=0) + eps)
    xhat = xc / std
    return gamma * xhat + beta, (xhat, std, gamma)


def layernorm_backward(dout, cache):
    xhat, std, gamma = cache
    d = dout * gamma
    dx = (d - xhat * (d * xhat).mean(axis=0)) / std
    dgamma = (dout * xhat).sum(axis=1, keepdims=True)
    return dx, dgamma, dout.sum(axis=1, keepdims=True)


def fc_forward(x, w, b):
    """A product that fits in no layout."""
    return x * w + b, (x, w, b)


def fc_backward(dout, cache):
    return dout, dout, dout
