"""What fully connected layers and embeddings give."""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references.reading import Compute, Readings, right, slip
from minnet.layers import Dense, Embedding


def dense(x: Array, w: Array, b: Array | None) -> Readings:
    """x (N, D) or (N, T, D), w (D, M), b (M,)."""
    layer = Dense(w.shape[0], w.shape[1], bias=b is not None)
    layer.W = w
    if b is None:
        yield right(layer.forward, x)
        return
    layer.b = b = np.ravel(b)
    product = x @ w
    yield right(layer.forward, x)
    yield slip("the bias is left out", product)
    yield slip("the bias is subtracted", product - b)
    yield slip("the bias is added twice", product + 2 * b)
    yield slip("the input is multiplied by the bias", product * b)
    yield slip("the sum is divided by the number of inputs", product / len(w) + b)
    yield slip("the output is divided by the batch size", product / len(x) + b)


def affine(x: Array, w: Array, b: Array) -> Readings:
    """x (N, d1, ..., dk), flattened to rows."""
    rows = x.reshape(len(x), -1)
    yield from dense(rows, w, b)
    columns = x.reshape(len(x), -1, order="F")
    yield slip("the axes of x are flattened in another order", columns @ w + b)
    yield slip("the output is transposed", (rows @ w + b).T)


def embedding(x: Array, W: Array) -> Readings:
    """x integers of any shape, W (V, D)."""
    layer = Embedding(*W.shape)
    layer.W = W
    yield right(layer.forward, x)
    yield slip("the token before is looked up", W[x - 1])
    yield slip("the sequence is reversed", W[x][:, ::-1])


def temporal_affine(x: Array, w: Array, b: Array) -> Readings:
    """x (N, T, D), w (D, M), b (M,)."""
    yield from dense(x, w, b)
    N, T, D = x.shape
    turned = x.swapaxes(0, 1).reshape(N * T, D)
    yield slip("samples and steps are mixed up", (turned @ w + b).reshape(N, T, -1))


def of_object(x: Array, W: Array, b: Array | None) -> Readings:
    """Yield the readings of a layer with W (D, M) or (M, D), and samples in rows or in columns."""
    for w in (W, W.T):
        if x.shape[-1] == len(w):
            yield from dense(x, w, b)
        elif x.ndim > 2 and x.size == len(x) * len(w):
            yield from affine(x, w, np.zeros(w.shape[1]) if b is None else b)
        if x.ndim == 2 and len(x) == len(w):
            yield from (r._replace(compute=_turned(r.compute)) for r in dense(x.T, w, b))


def _turned(compute: Compute) -> Compute:
    return lambda yours: np.asarray(compute(yours)).T
