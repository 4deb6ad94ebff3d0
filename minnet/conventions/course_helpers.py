"""What deeplearning.ai's courses hand out beside their notebooks, which are often kept alone.

The few functions of ``dnn_utils``, ``planar_utils`` and their kin that both passes are written
with, by what the courses say that they compute; what plots or reads data is not among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.patterns import pattern

_KEEPING = pattern(r"dnn(_app)?_utils\w*")
_OF_NETWORKS = pattern(r"(init|reg)_utils\w*")
_PLAIN = pattern(r"(planar|gc|opt|rnn)_utils\w*")


def contents_of(name: str) -> dict[str, Any]:
    """Return what stands in for a module of this name where it is missing; {} for any other.

    >>> sorted(contents_of("dnn_utils_v2"))
    ['relu', 'relu_backward', 'sigmoid', 'sigmoid_backward']
    >>> contents_of("utils")
    {}
    """
    last = name.rpartition(".")[2]
    known = ((_KEEPING, _WITH_CACHE), (_OF_NETWORKS, _WITH_NETWORK), (_PLAIN, _ALONE))
    return next((contents for names, contents in known if names.fullmatch(last)), {})


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def relu(x: Any) -> Any:
    """Return what is positive, and 0 else."""
    return np.maximum(0, x)


def softmax(x: Array) -> Any:
    """Return probabilities down each column."""
    e = np.exp(x - np.max(x))
    return e / e.sum(axis=0)


def compute_cost(a3: Array, Y: Array) -> Any:
    """Return the mean of the cross-entropies of a yes or no; the samples are columns."""
    return np.nansum(-np.log(a3) * Y - np.log(1 - a3) * (1 - Y)) / Y.shape[1]


def forward_propagation(X: Array, parameters: dict[str, Array]) -> tuple[Any, tuple[Any, ...]]:
    """Return what a network of three layers says, and z, a, W and b of each."""
    a: Any = X
    cache: tuple[Any, ...] = ()
    for layer, activation in ((1, relu), (2, relu), (3, sigmoid)):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        z = W @ a + b
        a = activation(z)
        cache += (z, a, W, b)
    return a, cache


def sigmoid_kept(Z: Array) -> tuple[Any, Array]:
    """Return the sigmoid and what its backward needs."""
    return sigmoid(Z), Z


def relu_kept(Z: Array) -> tuple[Any, Array]:
    """Return the positive part and what its backward needs."""
    return relu(Z), Z


def sigmoid_backward(dA: Array, cache: Array) -> Any:
    """Return dA times the slope of the sigmoid."""
    s = sigmoid(cache)
    return dA * s * (1 - s)


def relu_backward(dA: Array, cache: Array) -> Any:
    """Return dA where the input was positive."""
    return np.where(cache > 0, dA, 0)


_ALONE = {"sigmoid": sigmoid, "relu": relu, "softmax": softmax, "compute_cost": compute_cost}
_WITH_NETWORK = {**_ALONE, "forward_propagation": forward_propagation}
_WITH_CACHE = {
    "sigmoid": sigmoid_kept,
    "relu": relu_kept,
    "sigmoid_backward": sigmoid_backward,
    "relu_backward": relu_backward,
}
