"""Minnet's own layers as functions, to stand in for a solution where everybody can read it.

Each pair is taken over, under the names that the assignment gives them, into the file of a
release that is public; see `public`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.layers import BatchNorm, Conv2D, Dense, LayerNorm, MaxPool2D, ReLU, Sigmoid, Tanh
from minnet.losses import Hinge, SoftmaxCrossEntropy

Settings = Mapping[str, Any]


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    layer = Dense(*w.shape)
    layer.W, layer.b = w, b
    return layer.forward(x.reshape(len(x), -1)), (layer, x.shape)


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    layer, shape = cache
    return layer.backward(dout).reshape(shape), layer.dW, layer.db


def relu_forward(x: Array) -> tuple[Array, Any]:
    layer = ReLU()
    return layer.forward(x), layer


def relu_backward(dout: Array, cache: Any) -> Array:
    return np.asarray(cache.backward(dout))


def sigmoid_forward(x: Array) -> tuple[Array, Any]:
    layer = Sigmoid()
    return layer.forward(x), layer


def sigmoid_backward(dout: Array, cache: Any) -> Array:
    return np.asarray(cache.backward(dout))


def tanh_forward(x: Array) -> tuple[Array, Any]:
    layer = Tanh()
    return layer.forward(x), layer


def tanh_backward(dout: Array, cache: Any) -> Array:
    return np.asarray(cache.backward(dout))


def softmax_loss(x: Array, y: Array) -> tuple[float, Array]:
    loss = SoftmaxCrossEntropy()
    return loss.forward(x, y), loss.backward()


def svm_loss(x: Array, y: Array) -> tuple[float, Array]:
    loss = Hinge()
    return loss.forward(x, y), loss.backward()


def batchnorm_forward(
    x: Array, gamma: Array, beta: Array, bn_param: dict[str, Any]
) -> tuple[Array, Any]:
    D = len(gamma)
    layer = BatchNorm(D, eps=bn_param.get("eps", 1e-5))
    layer.gamma, layer.beta = gamma, beta
    mean, var = bn_param.get("running_mean", np.zeros(D)), bn_param.get("running_var", np.zeros(D))
    if bn_param["mode"] == "test":
        layer.eval()
        layer.running_mean, layer.running_var = mean, var
    else:
        kept = bn_param.get("momentum", 0.9)
        mean, var = kept * mean + (1 - kept) * x.mean(0), kept * var + (1 - kept) * x.var(0)
    bn_param["running_mean"], bn_param["running_var"] = mean, var
    return layer.forward(x), layer


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    return cache.backward(dout), cache.dgamma, cache.dbeta


def layernorm_forward(x: Array, gamma: Array, beta: Array, ln_param: Settings) -> tuple[Array, Any]:
    layer = LayerNorm(len(gamma), eps=ln_param.get("eps", 1e-5))
    layer.gamma, layer.beta = gamma, beta
    return layer.forward(x), layer


def layernorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    return cache.backward(dout), cache.dgamma, cache.dbeta


def dropout_forward(x: Array, dropout_param: Settings) -> tuple[Array, Any]:
    p = dropout_param["p"]
    if "seed" in dropout_param:  # as the course's own code does it: the same mask as there
        np.random.seed(dropout_param["seed"])  # noqa: NPY002
    mask = np.ones(x.shape)
    if dropout_param["mode"] == "train":
        mask = (np.random.rand(*x.shape) < p) / p  # noqa: NPY002
    return x * mask, mask


def dropout_backward(dout: Array, cache: Any) -> Array:
    return np.asarray(dout * cache)


def conv_forward(x: Array, w: Array, b: Array, conv_param: Settings) -> tuple[Array, Any]:
    F, C, HH, WW = w.shape
    layer = Conv2D(C, F, (HH, WW), stride=conv_param["stride"], padding=conv_param["pad"])
    layer.W, layer.b = w, b
    return layer.forward(x), layer


def conv_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    return cache.backward(dout), cache.dW, cache.db


def max_pool_forward(x: Array, pool_param: Settings) -> tuple[Array, Any]:
    size = pool_param["pool_height"], pool_param["pool_width"]
    layer = MaxPool2D(size, pool_param["stride"])
    return layer.forward(x), layer


def max_pool_backward(dout: Array, cache: Any) -> Array:
    return np.asarray(cache.backward(dout))
