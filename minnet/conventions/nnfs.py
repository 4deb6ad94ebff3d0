"""The classes of the book "Neural Networks from Scratch": ``backward(dvalues)``.

Forward leaves its result in ``.output``, backward in ``.dinputs``, ``.dweights``, ``.dbiases``;
a loss gives one number a sample, and ``calculate`` their mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.convention import Convention
from minnet.gradcheck.under_test.calling import AdaptedRun
from minnet.gradcheck.under_test.losses import LossCase
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.returned import left_behind
from minnet.gradcheck.under_test.signatures import method_signature
from minnet.gradcheck.under_test.spellings import OUTPUTS, OWN_OUTPUTS


def is_class(cls: type) -> bool:
    """Return whether the backward of a class takes `dvalues`.

    >>> class Activation_Linear:
    ...     def forward(self, inputs): ...
    ...     def backward(self, dvalues): ...
    >>> is_class(Activation_Linear)
    True
    """
    passes = passes_of(cls)
    names = () if passes is None else method_signature(cls, passes.backward).names
    return not OWN_OUTPUTS.isdisjoint(names)


class NnfsLossCase(LossCase):
    """A loss of the book: ``backward(dvalues, y_true)`` is given forward's own output.

    Where softmax and loss are one class, that output is the softmax's, in ``.output``.
    """

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        prediction, target = run.arguments.values()
        (variable,) = self.variables
        dvalues = left_behind(self._loss, OUTPUTS)
        its_own = np.shape(dvalues) == np.shape(prediction)
        self._loss.backward(dvalues if its_own else prediction, target)
        return {variable: left_behind(self._loss)}


def _spirals(samples: int = 100, classes: int = 3) -> tuple[Array, Array]:
    """Return points (samples * classes, 2) on as many spiral arms as there are classes."""
    labels = np.repeat(np.arange(classes), samples)
    radius = np.tile(np.linspace(0.0, 1.0, samples), classes)
    angle = 4.0 * (labels + radius)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), labels


def _sine(samples: int = 1000) -> tuple[Array, Array]:
    x = np.linspace(0.0, 1.0, samples)[:, None]
    return x, np.sin(2 * np.pi * x)


CONVENTION = Convention(
    "nnfs",
    is_class=is_class,
    loss_case=NnfsLossCase,
    stand_ins={
        "nnfs": {"init": lambda *_, **__: None},
        "nnfs.datasets": {
            "spiral_data": _spirals,
            "vertical_data": _spirals,
            "sine_data": _sine,
        },
    },
)
