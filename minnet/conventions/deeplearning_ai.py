"""The function pairs of deeplearning.ai's course: ``A_prev``, ``hparameters``, NHWC images.

Features lie along axis 0 and samples along axis 1 where there are two axes. The course divides
dW and db by the number of samples m and takes the loss's 1/m out of dA instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from minnet.arrays import Array
from minnet.conventions.convention import Convention
from minnet.conventions.cs231n import UNARY
from minnet.conventions.samples import Rng, Sample, Samples, normal

_FIRST = ("A_prev", "A", "Z")
#: the sizes of x, a, y and the batch, and how many steps a sequence has
_RECURRENT = ((3, 5, 2, 4, 3), (4, 3, 2, 1, 2))


def is_function(names: Sequence[str]) -> bool:
    """Return whether a forward function with these parameters is in this convention.

    >>> is_function(["A_prev", "W", "b", "hparameters"]), is_function(["x", "w", "b"])
    (True, False)
    """
    if not names:
        return False
    in_a_dict = not {"parameters", "params"}.isdisjoint(names) and not {"w", "W"} & {*names}
    recurrent = names[0] in ("x", "xt", "X") and in_a_dict
    return recurrent or names[0] in _FIRST or "hparameters" in names


def linear(rng: Rng) -> Iterator[Sample]:
    """A (D, m), W (M, D), b (M, 1)."""
    for D, m, M in [(4, 5, 3), (3, 6, 2), (2, 1, 4)]:
        sizes = {
            "the batch size": float(m),
            "the number of features": float(D),
            "the number of outputs per sample": float(M),
            "the size of the last axis of the output": math.nan,  # which is the batch, once more
        }
        args = normal(rng, D, m), normal(rng, M, D), normal(rng, M, 1)
        yield Sample(args, (), quantities=sizes)


def activation(rng: Rng) -> Iterator[Sample]:
    yield Sample((normal(rng, 4, 5),), ())


def conv(rng: Rng) -> Iterator[Sample]:
    """A_prev (m, H, W, C), W (f, f, C, F), b (1, 1, 1, F)."""
    for (m, H, W, C), f, F, stride, pad in [
        ((2, 5, 4, 3), 3, 2, 1, 1),
        ((2, 7, 5, 2), 3, 3, 2, 1),
        ((1, 4, 5, 2), 2, 3, 1, 0),
    ]:
        weights = normal(rng, f, f, C, F), normal(rng, 1, 1, 1, F)
        yield Sample((normal(rng, m, H, W, C), *weights, {"stride": stride, "pad": pad}))


def rnn_cell(rng: Rng) -> Iterator[Sample]:
    """x (X, m), a (A, m), and Wax, Waa, Wya, ba, by in a dict."""
    for X, A, Y, m, _ in _RECURRENT:
        yield Sample((normal(rng, X, m), normal(rng, A, m), _of_rnn(rng, X, A, Y)))


def rnn(rng: Rng) -> Iterator[Sample]:
    """x (X, m, T) and the first a (A, m)."""
    for X, A, Y, m, T in _RECURRENT:
        yield Sample((normal(rng, X, m, T), normal(rng, A, m), _of_rnn(rng, X, A, Y)))


def _of_rnn(rng: Rng, X: int, A: int, Y: int) -> dict[str, Array]:
    shapes = {"Wax": (A, X), "Waa": (A, A), "Wya": (Y, A), "ba": (A, 1), "by": (Y, 1)}
    return {name: normal(rng, *shape) for name, shape in shapes.items()}


def rnn_of_text(rng: Rng) -> Iterator[Sample]:
    """X and Y (T,): letters, and those that follow; the first a (A, 1); how many letters."""
    for V, A, T in ((6, 5, 4), (4, 3, 2)):
        shapes = {"Wax": (A, V), "Waa": (A, A), "Wya": (V, A), "b": (A, 1), "by": (V, 1)}
        weights = {name: normal(rng, *shape) for name, shape in shapes.items()}
        letters = rng.integers(V, size=T), rng.integers(V, size=T)
        yield Sample((*letters, normal(rng, A, 1), weights, V))


def lstm_cell(rng: Rng) -> Iterator[Sample]:
    """x (X, m), a and c (A, m), and the weights of the gates f, i, c, o on [a, x] in a dict."""
    for X, A, Y, m, _ in _RECURRENT:
        states = normal(rng, A, m), normal(rng, A, m)
        yield Sample((normal(rng, X, m), *states, _of_lstm(rng, X, A, Y)))


def lstm(rng: Rng) -> Iterator[Sample]:
    """x (X, m, T) and the first a (A, m)."""
    for X, A, Y, m, T in _RECURRENT:
        yield Sample((normal(rng, X, m, T), normal(rng, A, m), _of_lstm(rng, X, A, Y)))


def _of_lstm(rng: Rng, X: int, A: int, Y: int) -> dict[str, Array]:
    weights = {f"W{gate}": normal(rng, A, A + X) for gate in "fico"}
    biases = {f"b{gate}": normal(rng, A, 1) for gate in "fico"}
    return {**weights, **biases, "Wy": normal(rng, Y, A), "by": normal(rng, Y, 1)}


def pool(rng: Rng) -> Iterator[Sample]:
    for (m, H, W, C), f, stride in [((2, 4, 6, 3), 2, 2), ((1, 5, 7, 2), 3, 1)]:
        yield Sample((normal(rng, m, H, W, C), {"f": f, "stride": stride}))


PAIRS: dict[str, Samples | tuple[Samples, ...]] = {
    "linear": linear,
    "relu": activation,
    "sigmoid": activation,
    "conv": conv,
    "pool": pool,
    "rnn_cell": rnn_cell,
    "rnn": (rnn, rnn_of_text),
    "lstm_cell": lstm_cell,
    "lstm": lstm,
}

#: reported as "any": only its functions are told by their names, its classes are anybody's
CONVENTION = Convention(
    "any",
    layers_divide=True,
    is_function=is_function,
    pairs=PAIRS,
    bare_forwards=UNARY,
    argument_names=frozenset(["A_prev", "A", "Z", "W", "b", "hparameters"]),
)
