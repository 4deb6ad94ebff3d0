"""Embeddings: a learned row of numbers for each token, and the same rows as output weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from minnet.arrays import Floats, shown, whole_number
from minnet.initializers import initialize
from minnet.layers.base import Example, Layer
from minnet.layers.containers import Sequential
from minnet.layers.dense import Dense

Integers = NDArray[np.integer[Any]]


class Embedding(Layer):
    """Look up a row of W for each token: ``out[n, t] = W[x[n, t]]``.

    A row of W reaches the output wherever its token occurs, with slope 1, so the upstream
    gradients of all these places add up:

        dW[v] = Σ over all (n, t) with x[n, t] = v of dout[n, t]

    (``dW[x] = dout`` would keep only the last occurrence of a token.) Tokens are integers and
    have no gradient: `backward` returns None.

    Parameters
    ----------
    vocabulary, features : int
        V and D: how many tokens there are, and the size of a row.
    init : str
        Name of the initializer of W, shape (V, D); see `minnet.initializers`.
    rng : numpy.random.Generator or int, optional
        Source of the initial rows.

    Raises
    ------
    ValueError
        From forward: a token is not in 0 … V − 1.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Embedding(5, 2, rng=0)
    >>> layer(np.array([[1, 4, 1]])).shape
    (1, 3, 2)
    >>> layer.backward(np.ones((1, 3, 2)))
    >>> layer.dW
    array([[0., 0.],
           [2., 2.],
           [0., 0.],
           [0., 0.],
           [1., 1.]])
    """

    parameters = ("W",)
    formulas: ClassVar[dict[str, str]] = {
        "out": "W[x]",
        "onehot": "eye(len(W))[x.ravel()]",
        "dW": "onehot.T @ dout.reshape(-1, W.shape[1])",
    }

    def __init__(
        self,
        vocabulary: int,
        features: int,
        init: str = "lecun_normal",
        rng: np.random.Generator | int | None = None,
    ) -> None:
        vocabulary = whole_number("vocabulary", vocabulary)
        features = whole_number("features", features)
        self.W = initialize(init, (vocabulary, features), features, features, rng)
        self.shares: dict[Layer, Floats] = {}  # of dW, from other uses of W: see `Tied`

    def forward(self, x: Integers) -> Floats:  # integers of any shape (N, T) -> (N, T, D)
        self._expect_tokens(x)
        self.x = x
        self.shares.clear()
        return self.W[x]

    def backward(self, dout: Floats) -> None:  # (N, T, D)
        self.dW = np.zeros_like(self.W)
        add_rows(self.dW, self.x.ravel(), dout)
        for share in self.shares.values():
            self.dW += share

    def _expect_tokens(self, x: Any) -> None:
        if not isinstance(x, np.ndarray) or x.dtype.kind not in "iu":
            kind = x.dtype if isinstance(x, np.ndarray) else f"{type(x).__name__}: {shown(x)}"
            raise TypeError(f"{self} expects an array of integers, the tokens, but got {kind}")
        if x.size == 0:
            raise ValueError(f"{self} got an empty input of shape {x.shape}")
        V = len(self.W)
        if x.min() < 0 or x.max() >= V:
            wrong = np.argwhere((x < 0) | (x >= V))[0]
            raise ValueError(
                f"{self}: token {x[tuple(wrong)]} at index {tuple(wrong.tolist())} is out of "
                f"range; the vocabulary has {V} tokens, 0 to {V - 1}"
            )

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for vocabulary, features, shape in [(5, 3, (2, 7)), (4, 2, (1, 1)), (3, 4, (6,))]:
            yield cls(vocabulary, features, rng=rng), (rng.integers(0, vocabulary, shape),)
        yield cls(6, 3, rng=rng), (np.full((2, 4), 2),)
        yield cls(4, 2, rng=rng).astype(np.float32), (rng.integers(0, 4, (3, 2)),)


class Tied(Layer):
    """An output layer that scores each token by an embedding's own rows: ``out = x @ W.T``.

    W is used twice in such a model, at the input by the `Embedding` and at the output here,
    and the gradients of both uses add up. Here ``dx = dout @ W``, and the share of dW is
    ``dout.T @ x``, exactly as in a `Dense` layer whose weights are ``W.T``. This share is left
    with the embedding, whose `backward` comes later and adds it to its own.

    W stays the embedding's: it is listed, counted, saved and updated there, once. This layer
    has no parameters, and a model that contains it has to contain the embedding too, before it.

    Parameters
    ----------
    embedding : Embedding
        The layer whose W, shape (V, D), is shared.

    References
    ----------
    O. Press, L. Wolf, "Using the output embedding to improve language models", EACL 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet.layers import Embedding, Sequential
    >>> embedding = Embedding(5, 3, rng=0)
    >>> model = Sequential(embedding, Tied(embedding))
    >>> model(np.array([[1, 4, 1]])).shape, list(model.named_parameters())
    ((1, 3, 5), ['0.W'])
    """

    formulas: ClassVar[dict[str, str]] = {
        "out": "x @ W.T  # the embedding's W",
        "dx": "dout @ W",
        "dW": "what the embedding gets as an input layer, plus dout.T @ x",
    }

    def __init__(self, embedding: Embedding) -> None:
        if not isinstance(embedding, Embedding):
            raise TypeError(f"Tied shares the W of an Embedding, but got {shown(embedding)}")
        self.embedding = embedding

    def forward(self, x: Floats) -> Floats:  # (N, T, D) -> (N, T, V), or (N, D) -> (N, V)
        V, D = self.embedding.W.shape
        self.expect(x, *(("N", "T", D) if np.ndim(x) == 3 else ("N", D)))
        self.x = x.reshape(-1, D)
        return (self.x @ self.embedding.W.T).reshape(*x.shape[:-1], V)

    def backward(self, dout: Floats) -> Floats:
        V, D = self.embedding.W.shape
        rows = dout.reshape(-1, V)
        self.embedding.shares[self] = rows.T @ self.x
        return (rows @ self.embedding.W).reshape(*dout.shape[:-1], D)

    def __repr__(self) -> str:
        return f"Tied({self.embedding})"

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        for vocabulary, features, shape in [(5, 3, (2, 4)), (3, 2, (1, 1)), (4, 3, (5,))]:
            embedding = Embedding(vocabulary, features, rng=rng)
            dense = Dense(features, features, rng=rng)
            dense.b = rng.normal(size=features)
            model = Sequential(embedding, dense, cls(embedding))
            yield model, (rng.integers(0, vocabulary, shape),)
        embedding = Embedding(4, 3, rng=rng)
        model = Sequential(embedding, cls(embedding)).astype(np.float32)
        yield model, (rng.integers(0, 4, (2, 3)),)


def add_rows(out: Floats, index: Integers, values: Floats) -> None:
    """Add row k of `values` to row ``index[k]`` of `out`, in place; equal indices add up.

    What ``np.add.at(out, index, values)`` does, in a fifth of the time: that function is fast
    only for one index an element, and all the faster the fewer they are, so two neighbouring
    numbers are added as one complex number where a row has an even number of them.
    """
    plain = type(out) is np.ndarray and out.dtype in (np.float32, np.float64)
    dtype = out.dtype if plain else None  # rows of another precision are rounded to that of `out`
    flat, added = out.reshape(-1), np.ascontiguousarray(values, dtype).reshape(-1)
    width = out.shape[1]
    pair = np.dtype(f"c{2 * out.itemsize}") if plain else None
    if pair is not None and width % 2 == 0:
        flat, added, width = flat.view(pair), added.view(pair), width // 2
    starts = index.astype(np.intp)[:, None] * width
    np.add.at(flat, (starts + np.arange(width)).reshape(-1), added)
