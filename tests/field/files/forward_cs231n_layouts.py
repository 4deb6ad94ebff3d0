# check: batchnorm pass
# check: conv error crash
# measured: 1
"""Running averages with an axis of their own, and images that have to be as high as wide."""

import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros((1, D)))
    running_var = bn_param.get("running_var", np.zeros((1, D)))
    if mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * x_hat + beta, None
    mean, var = x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    return gamma * x_hat + beta, (x_hat, gamma, np.sqrt(var + eps))


def batchnorm_backward(dout, cache):
    x_hat, gamma, std = cache
    dx_hat = dout * gamma
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def conv_forward(x, w, b, conv_param):
    """
    - x: Input data of shape (N, C, H, W)
    - w: Filter weights of shape (F, C, HH, WW)
    - b: Biases, of shape (F,)
    """
    pad, stride = conv_param["pad"], conv_param["stride"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = 1 + (H + 2 * pad - HH) // stride
    out = np.zeros((N, F, size, size))
    for i, top in enumerate(range(0, H + 2 * pad - HH + 1, stride)):
        for j, left in enumerate(range(0, W + 2 * pad - WW + 1, stride)):
            window = padded[:, :, top : top + HH, left : left + WW]
            out[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w, padded, conv_param)


def conv_backward(dout, cache):
    x, w, padded, conv_param = cache
    pad, stride = conv_param["pad"], conv_param["stride"]
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    HH, WW = w.shape[2:]
    H, W = x.shape[2:]
    for i, top in enumerate(range(0, H + 2 * pad - HH + 1, stride)):
        for j, left in enumerate(range(0, W + 2 * pad - WW + 1, stride)):
            window = padded[:, :, top : top + HH, left : left + WW]
            dw += np.tensordot(dout[:, :, i, j], window, axes=(0, 0))
            dpadded[:, :, top : top + HH, left : left + WW] += np.tensordot(
                dout[:, :, i, j], w, axes=(1, 0)
            )
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(axis=(0, 2, 3))
