"""Losses: how wrong a prediction is, as one number, and the slope of that number.

`forward(prediction, target)` returns a float; `backward()` returns its gradient with respect
to the prediction. Each loss is the mean over the batch, unless its docstring says otherwise.
"""

from minnet.losses.base import Loss
from minnet.losses.cross_entropy import BinaryCrossEntropy, SoftmaxCrossEntropy
from minnet.losses.divergence import KLDivergence
from minnet.losses.hinge import Hinge
from minnet.losses.regression import MSE, HalfSquaredError, Huber
from minnet.losses.tokens import TokenCrossEntropy

__all__ = [
    "BinaryCrossEntropy",
    "HalfSquaredError",
    "Hinge",
    "Huber",
    "KLDivergence",
    "Loss",
    "MSE",
    "SoftmaxCrossEntropy",
    "TokenCrossEntropy",
]
