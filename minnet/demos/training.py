"""Training the demo's network on the embedded digits."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields

import numpy as np

from minnet.arrays import Array
from minnet.demos import cnn
from minnet.demos.cnn import Labelled
from minnet.layers import Sequential
from minnet.losses import SoftmaxCrossEntropy
from minnet.optimizers import Adam
from minnet.training import History, fit

BATCH_SIZE = 32
#: epochs and learning rates: long steps first, short ones to settle down
SCHEDULE = ((15, 4e-3), (6, 4e-4))


@dataclass(frozen=True)
class Trained:
    """A trained network, the record of its training, and what it makes of the held-out digits."""

    model: Sequential
    history: History
    seconds: float
    images: Array
    labels: Array
    predicted: Array
    batch_size: int = BATCH_SIZE

    @property
    def right(self) -> int:
        """How many held-out digits are recognised."""
        return int((self.predicted == self.labels).sum())

    @property
    def total(self) -> int:
        """How many held-out digits there are."""
        return len(self.labels)

    @property
    def accuracy(self) -> float:
        """The share of held-out digits that are recognised."""
        return self.right / self.total

    @property
    def optimizer(self) -> str:
        """How it was trained, in words."""
        rates = ", then ".join(f"lr {lr:g} for {epochs} epochs" for epochs, lr in SCHEDULE)
        return f"Adam ({rates})"


def train(data: Labelled, held_out: Labelled, seed: int = 0) -> Trained:
    """Train a new network in float32."""
    start = time.perf_counter()
    model = cnn.build(seed).astype(np.float32)
    optimizer, whole = Adam(), History()
    for phase, (epochs, lr) in enumerate(SCHEDULE):
        optimizer.lr = lr
        part = fit(
            model, SoftmaxCrossEntropy(), optimizer, data, epochs=epochs, batch_size=BATCH_SIZE,
            validation=held_out, seed=seed + phase, progress=False,
        )  # fmt: skip
        for field in fields(History):
            getattr(whole, field.name).extend(getattr(part, field.name))
    seconds = time.perf_counter() - start
    images, labels = held_out
    predicted = model.forward(images.astype(np.float32)).argmax(axis=1)
    return Trained(model, whole, seconds, images, labels, predicted)
