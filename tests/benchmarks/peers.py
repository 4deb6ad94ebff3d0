"""From-scratch NumPy peers, written anew from their published formulations.

Each is a pair of a convolution and a max-pool, in the way that widely read courses, books and
libraries describe them; everything around them (dense layer, loss, update) is the same plain
NumPy for all. Arrays are NCHW and C-ordered throughout, and float32 stays float32.

- ``fancy-index columns``: index arrays pick all windows at once, `np.add.at` puts gradients
  back, and the pool is a reshape and a max (the cs231n course).
- ``offset-loop columns``: a loop over kernel offsets fills (N, C, kh, kw, oh, ow), which is
  transposed into rows; the pool takes an argmax over such rows (a well-known book).
- ``columns and tensordot``: the same columns, contracted without transposing them first; the
  pool takes an argmax over the window axis (the way of Chainer's NumPy path).
- ``sliding windows``: `sliding_window_view` and `tensordot`, the backward pass as a full
  correlation with the flipped kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from works import EPOCHS, FLOAT, LEARNING_RATE, MOMENTUM, batches, cnn_weights, epoch_data

Array = np.ndarray


class Convolution:
    """3×3 kernels, padding 1, stride 1."""

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b


class FancyIndexConvolution(Convolution):
    def forward(self, x: Array) -> Array:
        N, C, H, W = x.shape
        i0 = np.tile(np.repeat(np.arange(3), 3), C)
        j0 = np.tile(np.arange(3), 3 * C)
        self.i = i0[:, None] + np.repeat(np.arange(H), W)
        self.j = j0[:, None] + np.tile(np.arange(W), H)
        self.k = np.repeat(np.arange(C), 9)[:, None]
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        self.shape = padded.shape
        picked = padded[:, self.k, self.i, self.j]
        self.columns = picked.transpose(1, 2, 0).reshape(9 * C, -1)
        out = self.W.reshape(len(self.W), -1) @ self.columns + self.b[:, None]
        return out.reshape(-1, H, W, N).transpose(3, 0, 1, 2)

    def backward(self, dout: Array) -> Array:
        F, (N, C, _, _) = len(self.W), self.shape
        self.db = dout.sum(axis=(0, 2, 3))
        rows = dout.transpose(1, 2, 3, 0).reshape(F, -1)
        self.dW = (rows @ self.columns.T).reshape(self.W.shape)
        dcolumns = (self.W.reshape(F, -1).T @ rows).reshape(9 * C, -1, N).transpose(2, 0, 1)
        dx = np.zeros(self.shape, dout.dtype)
        np.add.at(dx, (slice(None), self.k, self.i, self.j), dcolumns)
        return dx[:, :, 1:-1, 1:-1]


class ReshapeMaxPool:
    def forward(self, x: Array) -> Array:
        N, C, H, W = x.shape
        self.x = x.reshape(N, C, H // 2, 2, W // 2, 2)
        self.out = self.x.max(axis=3).max(axis=4)
        return self.out

    def backward(self, dout: Array) -> Array:
        mask = self.x == self.out[:, :, :, None, :, None]
        ties = mask.sum(axis=(3, 5), keepdims=True).astype(dout.dtype)
        dx = mask * (dout[:, :, :, None, :, None] / ties)
        N, C, h, _, w, _ = dx.shape
        return dx.reshape(N, C, 2 * h, 2 * w)


def offset_loop_columns(x: Array) -> Array:
    """Copy the nine shifted images into (N, C, 3, 3, H, W)."""
    N, C, H, W = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    columns = np.zeros((N, C, 3, 3, H, W), x.dtype)
    for i in range(3):
        for j in range(3):
            columns[:, :, i, j] = padded[:, :, i : i + H, j : j + W]
    return columns


def offset_loop_images(columns: Array) -> Array:
    """Add (N, C, 3, 3, H, W) back to where the columns came from."""
    N, C, _, _, H, W = columns.shape
    padded = np.zeros((N, C, H + 2, W + 2), columns.dtype)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + H, j : j + W] += columns[:, :, i, j]
    return padded[:, :, 1:-1, 1:-1]


class OffsetLoopConvolution(Convolution):
    def forward(self, x: Array) -> Array:
        N, C, H, W = x.shape
        self.shape = x.shape
        self.rows = offset_loop_columns(x).transpose(0, 4, 5, 1, 2, 3).reshape(N * H * W, -1)
        out = self.rows @ self.W.reshape(len(self.W), -1).T + self.b
        return out.reshape(N, H, W, -1).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        F, (N, C, H, W) = len(self.W), self.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, F)
        self.db = dout.sum(axis=0)
        self.dW = (self.rows.T @ dout).T.reshape(self.W.shape)
        drows = dout @ self.W.reshape(F, -1)
        return offset_loop_images(drows.reshape(N, H, W, C, 3, 3).transpose(0, 3, 4, 5, 1, 2))


class ArgmaxRowsMaxPool:
    def forward(self, x: Array) -> Array:
        N, C, H, W = x.shape
        self.shape = x.shape
        windows = x.reshape(N, C, H // 2, 2, W // 2, 2).transpose(0, 2, 4, 1, 3, 5)
        rows = windows.reshape(-1, 4)
        self.argmax = rows.argmax(axis=1)
        return rows.max(axis=1).reshape(N, H // 2, W // 2, C).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        N, C, H, W = self.shape
        rows = np.zeros((dout.size, 4), dout.dtype)
        rows[np.arange(dout.size), self.argmax] = dout.transpose(0, 2, 3, 1).ravel()
        windows = rows.reshape(N, H // 2, W // 2, C, 2, 2)
        return windows.transpose(0, 3, 1, 4, 2, 5).reshape(self.shape)


class TensordotConvolution(Convolution):
    def forward(self, x: Array) -> Array:
        self.columns = offset_loop_columns(x)
        out = np.tensordot(self.columns, self.W, ((1, 2, 3), (1, 2, 3)))
        out += self.b
        return np.rollaxis(out, 3, 1)

    def backward(self, dout: Array) -> Array:
        self.db = dout.sum(axis=(0, 2, 3))
        self.dW = np.tensordot(dout, self.columns, ((0, 2, 3), (0, 4, 5)))
        dcolumns = np.tensordot(self.W, dout, (0, 1))
        return offset_loop_images(np.rollaxis(dcolumns, 3))


class ArgmaxAxisMaxPool:
    def forward(self, x: Array) -> Array:
        N, C, H, W = x.shape
        windows = x.reshape(N, C, H // 2, 2, W // 2, 2).transpose(0, 1, 3, 5, 2, 4)
        columns = windows.reshape(N, C, 4, H // 2, W // 2)
        self.argmax = columns.argmax(axis=2)[:, :, None]
        return np.take_along_axis(columns, self.argmax, axis=2)[:, :, 0]

    def backward(self, dout: Array) -> Array:
        N, C, h, w = dout.shape
        columns = np.zeros((N, C, 4, h, w), dout.dtype)
        np.put_along_axis(columns, self.argmax, dout[:, :, None], axis=2)
        windows = columns.reshape(N, C, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3)
        return windows.reshape(N, C, 2 * h, 2 * w)


class SlidingWindowConvolution(Convolution):
    def forward(self, x: Array) -> Array:
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        self.windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
        out = np.tensordot(self.windows, self.W, ((1, 4, 5), (1, 2, 3)))
        return (out + self.b).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        self.db = dout.sum(axis=(0, 2, 3))
        self.dW = np.tensordot(dout, self.windows, ((0, 2, 3), (0, 2, 3)))
        padded = np.pad(dout, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
        dx = np.tensordot(windows, self.W[:, :, ::-1, ::-1], ((1, 4, 5), (0, 2, 3)))
        return dx.transpose(0, 3, 1, 2)


PEERS: dict[str, tuple[type[Convolution], type[Any]]] = {
    "fancy-index columns": (FancyIndexConvolution, ReshapeMaxPool),
    "offset-loop columns": (OffsetLoopConvolution, ArgmaxRowsMaxPool),
    "columns and tensordot": (TensordotConvolution, ArgmaxAxisMaxPool),
    "sliding windows": (SlidingWindowConvolution, ReshapeMaxPool),
}


class Network:
    """The small CNN with one peer's convolution and pooling."""

    def __init__(self, peer: str, side: int, dtype: type) -> None:
        W1, b1, W2, b2, self.W, self.b = cnn_weights(side, dtype)
        convolution, pool = PEERS[peer]
        self.convolutions = [convolution(W1, b1), convolution(W2, b2)]
        self.pools = [pool(), pool()]
        self.velocities: list[Array] = [np.zeros_like(p) for p in (W1, b1, W2, b2, self.W, self.b)]

    def step(self, x: Array, labels: Array) -> float:
        """Train on one batch and return its loss."""
        masks = []
        for convolution, pool in zip(self.convolutions, self.pools, strict=True):
            x = convolution.forward(x)
            masks.append(x > 0)
            x = pool.forward(np.maximum(x, 0))
        shape, flat = x.shape, x.reshape(len(x), -1)
        logits = flat @ self.W + self.b
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(p))
        loss = float(-np.log(p[rows, labels]).mean())

        p[rows, labels] -= 1
        p /= len(p)
        gradients = [flat.T @ p, p.sum(axis=0)]
        dout = (p @ self.W.T).reshape(shape)
        for n in (1, 0):
            dout = self.convolutions[n].backward(self.pools[n].backward(dout) * masks[n])
            gradients = [self.convolutions[n].dW, self.convolutions[n].db, *gradients]
        first, second = self.convolutions
        parameters = [first.W, first.b, second.W, second.b, self.W, self.b]
        for parameter, velocity, gradient in zip(
            parameters, self.velocities, gradients, strict=True
        ):
            velocity *= MOMENTUM
            velocity += gradient
            parameter -= LEARNING_RATE * velocity
        return loss


def make(work: str, peer: str = "", dtype: type = FLOAT) -> Callable[[], float]:
    x, y = epoch_data(work, dtype)
    network = Network(peer, EPOCHS[work][1], dtype)

    def run() -> float:
        total = 0.0
        for rows in batches(len(x)):
            total += network.step(x[rows], y[rows]) * len(rows)
        return total / len(x)

    return run
