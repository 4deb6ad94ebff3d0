"""What is timed, by name, and the numbers that every library gets alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minnet import Characters, load_names

FLOAT = np.float32
BATCH = 64
LEARNING_RATE, MOMENTUM = 0.05, 0.9


@dataclass(frozen=True)
class Conv:
    """A convolution's shapes; `aim` is the ratio to PyTorch that is wanted."""

    N: int
    C: int
    H: int
    W: int
    k: int
    F: int
    padding: int
    aim: float

    @property
    def out_size(self) -> tuple[int, int]:
        return self.H + 2 * self.padding - self.k + 1, self.W + 2 * self.padding - self.k + 1


CONVS = {
    "Conv2D 64×1×28×28 k5 f8": Conv(64, 1, 28, 28, 5, 8, 0, 0.6),
    "Conv2D 64×3×32×32 k3 f32": Conv(64, 3, 32, 32, 3, 32, 1, 1.0),
    "Conv2D 64×1×8×8 k3 f8": Conv(64, 1, 8, 8, 3, 8, 1, 0.35),
    "Conv2D 64×8×4×4 k3 f16": Conv(64, 8, 4, 4, 3, 16, 1, 0.8),
    "Conv2D 64×8×14×14 k3 f16": Conv(64, 8, 14, 14, 3, 16, 1, 1.3),
    "Conv2D 64×32×16×16 k3 f64": Conv(64, 32, 16, 16, 3, 64, 1, 2.0),
}
OTHERS = {  # name: (shape of the input, aim)
    "MaxPool2D 2×2 64×8×28×28": ((64, 8, 28, 28), 0.4),
    "ReLU 64×8×28×28": ((64, 8, 28, 28), 1.3),
    "ReLU 64×16×14×14": ((64, 16, 14, 14), 1.3),
    "BatchNorm 64×8×28×28": ((64, 8, 28, 28), 1.0),
    "BatchNorm 256×128": ((256, 128), 1.0),
    "Dense 784×256": ((64, 784), 0.8),
    "SoftmaxCrossEntropy 64×10": ((64, 10), 1.0),
    "LayerNorm 256×128": ((256, 128), 1.2),
    "LayerNorm 64×32×64": ((64, 32, 64), 1.2),
    "RMSNorm 256×128": ((256, 128), 1.2),
    "GELU 64×32×64": ((64, 32, 64), 2.0),
    "Embedding 64×32 of 1000×64": ((64, 32), 1.0),
    "LSTM 64×32×64": ((64, 32, 64), 1.5),
    "GRU 64×32×64": ((64, 32, 64), 1.5),
    "Attention 16×8 heads ×64×32": ((16, 8, 64, 32), 1.2),
    "MultiHeadAttention 16×64×256, 8 heads": ((16, 64, 256), 1.2),
}
VOCABULARY, HEADS = 1000, 8
EPOCHS = {  # name: (number of images, side, aim)
    "epoch, small CNN, digits 8×8": (1438, 8, 0.55),
    "epoch, small CNN, 10,000 images 28×28": (10_000, 28, 0.75),
}
NAMES, NAMES_AIM = "epoch, transformer, 4,647 names", 1.0
#: that of the demo of names, but for the dropout, whose random numbers no two libraries share
FEATURES, HEADS, BLOCKS = 64, 4, 2
ADAM_RATE, ADAM_DECAY, CLIP = 3e-3, 0.1, 1.0


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Return standard normal numbers of the benchmarks' dtype."""
    return np.random.default_rng(seed).normal(size=shape).astype(FLOAT)


def inputs_of(work: str) -> list[np.ndarray]:
    """Return what forward is given: one of `OTHERS`."""
    shape = OTHERS[work][0]
    if work.startswith("Embedding"):
        return [np.random.default_rng(0).integers(0, VOCABULARY, shape)]
    return [normal(*shape, seed=seed) for seed in range(3 if work.startswith("Attention") else 1)]


def epoch_data(name: str, dtype: type = FLOAT) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 1, side, side) and labels; made up, since only time is measured."""
    n, side, _ = EPOCHS[name]
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, size=n)
    patterns = rng.uniform(size=(10, 1, side, side))
    images = patterns[labels] + 0.3 * rng.normal(size=(n, 1, side, side))
    return images.astype(dtype), labels


def cnn_weights(side: int, dtype: type = FLOAT) -> list[np.ndarray]:
    """Return the initial W and b of both convolutions and of the dense layer (D, 10)."""
    rng = np.random.default_rng(1)
    features = 16 * (side // 4) ** 2
    shapes = [(8, 1, 3, 3), (16, 8, 3, 3), (features, 10)]
    fans = [9, 72, features]
    weights: list[np.ndarray] = []
    for shape, fan in zip(shapes, fans, strict=True):
        bias = shape[1] if len(shape) == 2 else shape[0]
        weights += [rng.normal(size=shape) * (2 / fan) ** 0.5, np.zeros(bias)]
    return [w.astype(dtype) for w in weights]


def names_data() -> tuple[np.ndarray, np.ndarray, int]:
    """Return letters (n, T), the next ones (-1: ignored), and how many letters there are."""
    train, _ = load_names()
    characters = Characters(train)
    return *characters.lines(train), len(characters)


def names_weights(longest: int, vocabulary: int, dtype: type = FLOAT) -> list[np.ndarray]:
    """Return the initial weights of the transformer, in the order of minnet's parameters."""
    rng = np.random.default_rng(2)

    def dense(inputs: int, outputs: int) -> list[np.ndarray]:
        return [rng.normal(size=(inputs, outputs)) * inputs**-0.5, np.zeros(outputs)]

    D = FEATURES
    weights = [rng.normal(size=(vocabulary, D)) * 0.1, rng.normal(size=(longest, D)) * 0.1]
    norm = [np.ones(D), np.zeros(D)]
    for _ in range(BLOCKS):
        weights += [*norm, *dense(D, 3 * D), *dense(D, D)]
        weights += [*norm, *dense(D, 4 * D), *dense(4 * D, D)]
    weights += [*norm, *dense(D, vocabulary)]
    return [w.astype(dtype) for w in weights]


def batches(n: int, seed: int = 0) -> list[np.ndarray]:
    """Return the rows of each batch, in the order in which `minnet.fit` draws them."""
    order = np.random.default_rng(seed).permutation(n)
    return [order[first : first + BATCH] for first in range(0, n, BATCH)]
