"""Attention: every step looks at the others and takes a mean of what it sees."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from minnet.arrays import Floats, random_numbers, whole_number
from minnet.layers.base import Example, Layer
from minnet.layers.dense import Dense

Mask = NDArray[np.bool_]


class Attention(Layer):
    """Scaled dot-product attention: a dictionary that is looked up softly.

    Each query is compared with every key; the softmax of the scores says how much of each
    value it gets:

        s = q @ k.T / √D,    p = softmax(s) along each row,    out = p @ v

    Each of the three products is undone as in a `Dense` layer, and the softmax as in `Softmax`:

    - ``dv = p.T @ dout`` and ``dp = dout @ v.T``;
    - ``ds = p (dp − Σ_j p_j dp_j)``, the sum over the keys;
    - ``dq = ds @ k / √D`` and ``dk = ds.T @ q / √D``.

    A step that must not be seen has the score −∞, and so no share and no gradient. A query
    that may see nothing at all gets zeros.

    Parameters
    ----------
    causal : bool
        Whether a query sees only the keys up to its own place.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    A query that is far nearer to the second key gets its value:

    >>> import numpy as np
    >>> q, k = np.array([[[0.0, 99.0]]]), np.array([[[99.0, 0.0], [0.0, 99.0]]])
    >>> Attention()(q, k, np.array([[[1.0], [2.0]]]))
    array([[[2.]]])
    """

    settings = ("causal",)
    formulas: ClassVar[dict[str, str]] = {
        "e": "exp(q @ k.T / sqrt(q.shape[-1]))",
        "p": "e / e.sum(-1, keepdims=True)",
        "out": "p @ v",
        "dv": "p.T @ dout",
        "dp": "dout @ v.T",
        "ds": "p * (dp - (p * dp).sum(-1, keepdims=True))",
        "dq": "ds @ k / sqrt(q.shape[-1])",
        "dk": "ds.T @ q / sqrt(q.shape[-1])",
    }

    def __init__(self, causal: bool = False) -> None:
        self.causal = bool(causal)

    def forward(self, q: Floats, k: Floats, v: Floats, mask: Mask | None = None) -> Floats:
        """Return ``p @ v``.

        Parameters
        ----------
        q : array, shape (..., T, D)
            Queries.
        k, v : array, shape (..., S, D) and (..., S, E)
            Keys and values.
        mask : array of bool, optional
            True where a query may see a key; of shape (..., T, S), or one that broadcasts to
            it, such as (..., 1, S) for sequences of several lengths.

        Returns
        -------
        array, shape (..., T, E)
        """
        self._expect(q, k, v, mask)
        self.q, self.k, self.v, self.scale = q, k, v, 1 / math.sqrt(q.shape[-1])
        s = q @ transposed(k)
        s *= self.scale
        if (hidden := self._hidden(s, mask)) is not None:
            s += hidden
        self.p = softmax(s)
        out: Floats = self.p @ v
        return out

    def backward(self, dout: Floats) -> tuple[Floats, Floats, Floats]:  # (..., T, E)
        ds = dout @ transposed(self.v)  # dp, so far
        ds -= np.einsum("...s,...s->...", self.p, ds)[..., None]
        ds *= self.p
        ds *= self.scale
        return ds @ self.k, transposed(ds) @ self.q, transposed(self.p) @ dout

    def _expect(self, q: Any, k: Any, v: Any, mask: Any) -> None:
        for x in (q, k, v):
            self.expect(x, *(["N", *"KLMPQR"][: max(np.ndim(x) - 1, 1)]), "D")
        if (*k.shape[:-2], k.shape[-1]) != (*q.shape[:-2], q.shape[-1]):
            raise ValueError(
                f"{self} expects keys of shape {(*q.shape[:-2], 'S', q.shape[-1])} for queries "
                f"of shape {q.shape}, but got {k.shape}".replace("'", "")
            )
        if v.shape[:-1] != k.shape[:-1]:
            raise ValueError(
                f"{self} expects a value for each key, shape {(*k.shape[:-1], 'E')}, but got "
                f"{v.shape}".replace("'", "")
            )
        if mask is not None:
            expect_mask(self, mask, (*q.shape[:-1], k.shape[-2]))

    def _hidden(self, s: Floats, mask: Mask | None) -> Floats | None:
        """Return what to add to the scores: −∞ where a query must not see a key."""
        seen = mask
        if self.causal:
            past: Mask = np.tri(*s.shape[-2:], dtype=np.bool_)
            seen = past if mask is None else mask & past
        return None if seen is None else np.where(seen, 0, -np.inf).astype(s.dtype)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        shapes = [((2, 3, 4), 5, 2), ((1, 1, 3), 1, 3), ((2, 2, 3, 2), 4, 3), ((4, 2), 3, 5)]
        for shape, S, E in shapes:
            yield cls(), _qkv(rng, shape, S, E)
        one_key = np.arange(4) == np.array([[[2]], [[0]]])
        yield cls(), (*_qkv(rng, (2, 3, 2), 4, 3), one_key)
        some = rng.random((2, 4, 4)) < 0.7
        some[0, 1] = False  # this query sees nothing
        yield cls(causal=True), (*_qkv(rng, (2, 4, 3), 4, 2), some)
        yield cls(), tuple(x.astype(np.float32) for x in _qkv(rng, (2, 3, 4), 3, 2))


class MultiHeadAttention(Layer):
    """Several attentions side by side, each on its own projection of the steps.

    One `Dense` layer makes the queries, keys and values of all heads; each head attends with
    its D / heads features of each; a second `Dense` layer mixes what the heads bring home.
    Splitting and merging only move numbers, so that their gradients are moved back.

    Parameters
    ----------
    features : int
        D.
    heads : int
        Divides D.
    causal : bool
        Whether a step sees only itself and those before it.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> layer = MultiHeadAttention(6, heads=2, causal=True, rng=0)
    >>> layer(np.ones((3, 4, 6))).shape
    (3, 4, 6)
    >>> [(name, W.shape) for name, W in layer.named_parameters().items()]
    [('0.W', (6, 18)), ('0.b', (18,)), ('2.W', (6, 6)), ('2.b', (6,))]
    """

    settings = ("features", "heads", "causal")
    formulas: ClassVar[dict[str, str]] = {
        "q, k, v": "x @ W0 + b0 with the weights of layer 0, split into heads",
        "out": "attention(q, k, v) @ W2 + b2 with the weights of layer 2, heads merged",
        "dx": "what the three layers backwards make of dout, merged where forward splits",
    }

    def __init__(
        self,
        features: int,
        heads: int,
        causal: bool = False,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        features, heads = whole_number("features", features), whole_number("heads", heads)
        if features % heads:
            raise ValueError(f"{features} features cannot be divided among {heads} heads equally")
        self.features, self.heads, self.causal = features, heads, causal
        rng = random_numbers(rng)
        self.layers: tuple[Layer, Layer, Layer] = (
            Dense(features, 3 * features, rng=rng),
            Attention(causal),
            Dense(features, features, rng=rng),
        )

    def forward(self, x: Floats, mask: Mask | None = None) -> Floats:
        """Return the mixed results of all heads.

        Parameters
        ----------
        x : array, shape (N, T, D)
        mask : array of bool, optional
            True where a step may see another; of shape (N, T, T), or one that broadcasts to
            it, such as (N, 1, T) for sequences of several lengths.

        Returns
        -------
        array, shape (N, T, D)
        """
        self.expect(x, "N", "T", self.features)
        project, attend, mix = self.layers
        q, k, v = self._split(project.forward(x), 3)
        every_head = None
        if mask is not None:
            N, T, _ = x.shape
            expect_mask(self, mask, (N, T, T))
            every_head = np.expand_dims(mask, -3) if mask.ndim > 1 else mask
        out: Floats = mix.forward(self._merge(attend.forward(q, k, v, every_head)))
        return out

    def backward(self, dout: Floats) -> Floats:  # (N, T, D) -> (N, T, D)
        project, attend, mix = self.layers
        (dheads,) = self._split(mix.backward(dout), 1)
        dx: Floats = project.backward(self._merge(*attend.backward(dheads)))
        return dx

    def _split(self, x: Floats, parts: int) -> Floats:
        """View (N, T, parts · D) as (parts, N, heads, T, D / heads)."""
        N, T, _ = x.shape
        return x.reshape(N, T, parts, self.heads, -1).transpose(2, 0, 3, 1, 4)

    def _merge(self, *parts: Floats) -> Floats:
        """Undo `_split`."""
        N, _, T, _ = parts[0].shape
        return np.stack([part.swapaxes(1, 2) for part in parts], axis=2).reshape(N, T, -1)

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases = [(4, 2, False, (2, 3)), (3, 1, True, (1, 1)), (6, 2, True, (2, 3))]
        for features, heads, causal, (N, T) in cases:
            layer = cls._randomised(features, heads, causal, rng)
            yield layer, (rng.normal(size=(N, T, features)),)
        lengths = np.arange(3) < np.array([[[3]], [[1]]])
        yield cls._randomised(4, 2, False, rng), (rng.normal(size=(2, 3, 4)), lengths)
        layer = cls._randomised(4, 2, True, rng).astype(np.float32)
        yield layer, (rng.normal(size=(2, 3, 4)).astype(np.float32),)

    @classmethod
    def _randomised(
        cls, features: int, heads: int, causal: bool, rng: np.random.Generator
    ) -> MultiHeadAttention:
        layer = cls(features, heads, causal, rng)
        for name, array in layer.named_parameters().items():
            if name.endswith("b"):
                array += rng.normal(size=array.shape)
        return layer


def transposed(x: Floats) -> Floats:  # (..., T, S) -> (..., S, T)
    """View every matrix of a stack transposed."""
    return x.swapaxes(-1, -2)


def expect_mask(layer: Layer, mask: Any, shape: tuple[int, ...]) -> None:
    """Refuse what is no mask for scores of this shape."""
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        kind = getattr(mask, "dtype", type(mask).__name__)
        raise TypeError(f"{layer} expects a mask of booleans, but got {kind}")
    try:
        np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"{layer} expects a mask that broadcasts to {shape}, but got {mask.shape}"
        ) from None


def softmax(s: Floats) -> Floats:
    """Return ``exp(s) / Σ exp(s)`` of each row, in the place of s; of a row of −∞, zeros."""
    s -= s.max(axis=-1, keepdims=True, initial=np.finfo(s.dtype).min)
    np.exp(s, out=s)
    total = s.sum(axis=-1, keepdims=True)
    s /= np.maximum(total, 1)  # at least the largest counts 1, unless the row is all −∞
    return s


def _qkv(
    rng: np.random.Generator, shape: tuple[int, ...], S: int, E: int
) -> tuple[Floats, Floats, Floats]:
    *batch, T, D = shape
    return (
        rng.normal(size=shape),
        rng.normal(size=(*batch, S, D)),
        rng.normal(size=(*batch, S, E)),
    )
