# check: conv fail wrong_case
# check: conv_columns error wrong_case
# check: Conv fail wrong_case
"""The crop x[p:-p] in three shapes; with p = 0 it is empty, and nothing else is wrong."""

import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, _, H, W), (F, _, HH, WW) = x.shape, w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    h, v = i * stride, j * stride
                    out[n, f, i, j] = np.sum(x_pad[n, :, h : h + HH, v : v + WW] * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, F, H_out, W_out), (_, _, HH, WW) = dout.shape, w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.sum(dout, axis=(0, 2, 3))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    h, v = i * stride, j * stride
                    dw[f] += x_pad[n, :, h : h + HH, v : v + WW] * dout[n, f, i, j]
                    dx_pad[n, :, h : h + HH, v : v + WW] += w[f] * dout[n, f, i, j]
    dx = dx_pad[:, :, pad:-pad, pad:-pad]
    return dx, dw, db


def columns(x, HH, WW, stride):
    N, C, H, W = x.shape
    H_out, W_out = (H - HH) // stride + 1, (W - WW) // stride + 1
    cols = np.zeros((N, C, HH, WW, H_out, W_out))
    for i in range(HH):
        for j in range(WW):
            rows = slice(i, i + stride * H_out, stride)
            cols[:, :, i, j] = x[:, :, rows, j : j + stride * W_out : stride]
    return cols


def without_padding(x, pad):
    return x[:, :, pad:-pad, pad:-pad]


def conv_forward_columns(x, w, b, conv_param):
    pad, stride = conv_param["pad"], conv_param["stride"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = columns(padded, *w.shape[2:], stride)
    out = np.einsum("fcij,ncijhw->nfhw", w, cols) + b[:, None, None]
    return out, (x, w, cols, padded.shape, pad, stride)


def conv_backward_columns(dout, cache):
    x, w, cols, shape, pad, stride = cache
    dcols = np.einsum("fcij,nfhw->ncijhw", w, dout)
    dpadded = np.zeros(shape)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            rows = slice(i, i + stride * dout.shape[2], stride)
            dpadded[:, :, rows, j : j + stride * dout.shape[3] : stride] += dcols[:, :, i, j]
    dx = np.empty_like(x)
    dx[...] = without_padding(dpadded, pad)
    return dx, np.einsum("nfhw,ncijhw->fcij", dout, cols), dout.sum(axis=(0, 2, 3))


class Conv:
    def __init__(self, in_channels, out_channels, kernel_size, padding=0):
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.W = np.random.default_rng(0).normal(size=shape)
        self.padding = padding

    def forward(self, x):
        p = self.padding
        self.padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        self.cols = columns(self.padded, *self.W.shape[2:], 1)
        return np.einsum("fcij,ncijhw->nfhw", self.W, self.cols)

    def backward(self, dout):
        self.dW = np.einsum("nfhw,ncijhw->fcij", dout, self.cols)
        dpadded = np.zeros_like(self.padded)
        H, W = dout.shape[2:]
        for i, j in np.ndindex(*self.W.shape[2:]):
            grown = np.einsum("nfhw,fc->nchw", dout, self.W[:, :, i, j])
            dpadded[:, :, i : i + H, j : j + W] += grown
        return dpadded[:, :, self.padding : -self.padding, self.padding : -self.padding]
