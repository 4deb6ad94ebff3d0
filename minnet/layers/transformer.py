"""A transformer's block, made of the other layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from minnet.arrays import number_in, random_numbers, whole_number
from minnet.layers.attention import MultiHeadAttention
from minnet.layers.base import Example, Layer
from minnet.layers.containers import Residual, Sequential
from minnet.layers.dense import Dense
from minnet.layers.dropout import Dropout
from minnet.layers.normalization import LayerNorm
from minnet.layers.smooth import GELU


class TransformerBlock(Sequential):
    """Look at the other steps, then think each step over; both on top of what is there.

    Two residual branches, each of which normalises its input first ("pre-norm"):

        x = x + attention(norm(x)),    out = x + W2 gelu(W1 norm(x) + b1) + b2

    There is no backward pass to write: those of the parts, in reverse, are the chain rule.

    Sequences of several lengths need no mask where the block is causal and the padding comes
    last: no step sees what is behind it. (Let the loss ignore the padding: `TokenCrossEntropy`.)

    Parameters
    ----------
    features, heads : int
        D, and among how many heads of the attention it is divided.
    hidden : int, optional
        Size of the hidden layer, by default 4 D.
    causal : bool
        Whether a step sees only itself and those before it.
    dropout : float
        Probability of dropping an element at the end of each branch, in training.
    rng : numpy.random.Generator or int, optional
        Source of the initial weights and of the dropout.

    References
    ----------
    A. Radford et al., "Language models are unsupervised multitask learners", 2019.

    Examples
    --------
    >>> import numpy as np
    >>> block = TransformerBlock(6, heads=2, rng=0)
    >>> block(np.ones((3, 4, 6))).shape
    (3, 4, 6)
    >>> list(block.named_parameters())[:4]
    ['0.0.gamma', '0.0.beta', '0.1.0.W', '0.1.0.b']
    """

    formulas: ClassVar[dict[str, str]] = {
        "y": "x + attention(norm(x)) with the first branch's layers",
        "out": "y + dense(gelu(dense(norm(y)))) with the second branch's layers",
        "dx": "what the branches backwards make of dout, the second first",
    }

    def __init__(
        self,
        features: int,
        heads: int,
        hidden: int | None = None,
        causal: bool = True,
        dropout: float = 0.0,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        rng = random_numbers(rng)
        hidden = 4 * whole_number("features", features) if hidden is None else hidden
        attention = MultiHeadAttention(features, heads, causal, rng)
        first, second = Dense(features, hidden, rng=rng), Dense(hidden, features, rng=rng)
        look: list[Layer] = [LayerNorm(features), attention]
        think: list[Layer] = [LayerNorm(features), first, GELU(), second]
        if number_in("dropout", dropout, 0, 1):
            look.append(Dropout(dropout, rng))
            think.append(Dropout(dropout, rng))
        super().__init__(Residual(*look), Residual(*think))

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        cases = [(4, 2, 5, True, 0.0, (2, 3)), (3, 1, 2, False, 0.0, (1, 1))]
        for features, heads, hidden, causal, dropout, (N, T) in cases:
            layer = cls(features, heads, hidden, causal, dropout, rng)
            yield _randomised(layer, rng), (rng.normal(size=(N, T, features)),)
        layer = cls(2, 1, 3, dropout=0.3, rng=5)
        yield _randomised(layer, rng), (rng.normal(size=(2, 2, 2)),)
        layer = _randomised(cls(2, 1, 3, rng=rng), rng).astype(np.float32)
        yield layer, (rng.normal(size=(1, 3, 2)).astype(np.float32),)


def _randomised(block: TransformerBlock, rng: np.random.Generator) -> TransformerBlock:
    """Move the parameters that start as ones and zeros to where no mistake could hide."""
    for name, array in block.named_parameters().items():
        if not name.endswith("W"):
            array += rng.uniform(0.2, 1, size=array.shape)
    return block
