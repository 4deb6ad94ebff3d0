"""The benchmarks' works in minnet. `make(work)` returns a function to be timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from works import (
    ADAM_DECAY,
    ADAM_RATE,
    BATCH,
    BLOCKS,
    CLIP,
    CONVS,
    EPOCHS,
    FEATURES,
    FLOAT,
    HEADS,
    LEARNING_RATE,
    MOMENTUM,
    NAMES,
    OTHERS,
    VOCABULARY,
    cnn_weights,
    epoch_data,
    inputs_of,
    names_data,
    names_weights,
    normal,
)

from minnet import (
    GELU,
    GRU,
    LSTM,
    SGD,
    Adam,
    Attention,
    BatchNorm,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    LayerNorm,
    MaxPool2D,
    MultiHeadAttention,
    PositionalEncoding,
    ReLU,
    RMSNorm,
    Sequential,
    SoftmaxCrossEntropy,
    TokenCrossEntropy,
    TransformerBlock,
    fit,
)
from minnet.layers.windows import batch_first, batch_last
from minnet.losses import Loss
from minnet.optimizers import Optimizer

#: as many share a batch of an epoch; a layer by itself has those of NumPy's matrix products
_threads = 1


def use_threads(threads: int) -> None:
    global _threads
    _threads = threads


def make(work: str) -> Callable[[], Any]:
    if work.startswith("GEMMs of "):
        return bare_products(work.removeprefix("GEMMs of "))
    if work == NAMES or work in EPOCHS:
        return epoch(work)
    if work == "SoftmaxCrossEntropy 64×10":
        return softmax_cross_entropy(work)
    if work in CONVS:
        shapes = CONVS[work]
        layer = Conv2D(shapes.C, shapes.F, shapes.k, padding=shapes.padding, rng=0)
        x = normal(shapes.N, shapes.C, shapes.H, shapes.W)
        # what follows another layer lies in memory as that layer left it
        inputs = [laid_out(x) if shapes.C > 3 else x]
    else:
        inputs = inputs_of(work)
        if not work.startswith("Attention"):
            inputs = [laid_out(x) for x in inputs]
        D = inputs[0].shape[-1]
        kinds = {
            "MaxPool2D": lambda: MaxPool2D(2),
            "ReLU": ReLU,
            "BatchNorm": lambda: BatchNorm(inputs[0].shape[1]),
            "Dense": lambda: Dense(784, 256, rng=0),
            "LayerNorm": lambda: LayerNorm(D),
            "RMSNorm": lambda: RMSNorm(D),
            "GELU": GELU,
            "Embedding": lambda: Embedding(VOCABULARY, 64, rng=0),
            "LSTM": lambda: LSTM(D, D, rng=0),
            "GRU": lambda: GRU(D, D, rng=0),
            "Attention": Attention,
            "MultiHeadAttention": lambda: MultiHeadAttention(D, HEADS, rng=0),
        }
        layer = kinds[work.split()[0]]()
    layer.astype(FLOAT)
    out = layer(*inputs)
    dout = normal(*out.shape, seed=1)
    if not isinstance(layer, Attention):
        dout = laid_out(dout)

    def forward_and_backward() -> None:
        layer.forward(*inputs)
        layer.backward(dout)

    return forward_and_backward


def laid_out(x: np.ndarray) -> np.ndarray:
    """Lay images out as minnet's layers pass them on: batch last."""
    return batch_first(np.ascontiguousarray(batch_last(x))) if x.ndim == 4 else x


def softmax_cross_entropy(work: str) -> Callable[[], Any]:
    x, loss = normal(*OTHERS[work][0]), SoftmaxCrossEntropy()
    labels = np.arange(len(x)) % x.shape[1]

    def forward_and_backward() -> None:
        loss.forward(x, labels)
        loss.backward()

    return forward_and_backward


def bare_products(work: str) -> Callable[[], Any]:
    """Return nothing but the three matrix products: what no NumPy formulation goes below."""
    if work.startswith("Dense"):
        x, W, dout = normal(64, 784), normal(784, 256), normal(64, 256)
        return lambda: (x @ W, x.T @ dout, dout @ W.T)
    shapes = CONVS[work]
    oh, ow = shapes.out_size
    K, L = shapes.C * shapes.k**2, shapes.N * oh * ow
    W, columns, dout = normal(shapes.F, K), normal(K, L), normal(shapes.F, L)
    return lambda: (W @ columns, columns @ dout.T, W.T @ dout)


def cnn(side: int, dtype: type = FLOAT) -> Sequential:
    model = Sequential(
        Conv2D(1, 8, 3, padding=1), ReLU(), MaxPool2D(2),
        Conv2D(8, 16, 3, padding=1), ReLU(), MaxPool2D(2),
        Flatten(), Dense(16 * (side // 4) ** 2, 10),
    )  # fmt: skip
    model.astype(dtype)
    for own, given in zip(model.named_parameters().values(), cnn_weights(side, dtype), strict=True):
        own[...] = given
    return model


def transformer(longest: int, vocabulary: int, dtype: type = FLOAT) -> Sequential:
    model = Sequential(
        Embedding(vocabulary, FEATURES), PositionalEncoding(FEATURES, longest, learned=True),
        *(TransformerBlock(FEATURES, HEADS) for _ in range(BLOCKS)),
        LayerNorm(FEATURES), Dense(FEATURES, vocabulary),
    )  # fmt: skip
    model.astype(dtype)
    weights = names_weights(longest, vocabulary, dtype)
    for own, given in zip(model.named_parameters().values(), weights, strict=True):
        own[...] = given
    return model


def epoch(work: str, dtype: type = FLOAT) -> Callable[[], float]:
    if work == NAMES:
        x, y, vocabulary = names_data()
        model, data = transformer(x.shape[1], vocabulary, dtype), (x, y)
        loss: Loss = TokenCrossEntropy(ignore_index=-1)
        optimizer: Optimizer = Adam(ADAM_RATE, weight_decay=ADAM_DECAY, clip=CLIP)
    else:
        model, data = cnn(EPOCHS[work][1], dtype), epoch_data(work, dtype)
        loss, optimizer = SoftmaxCrossEntropy(), SGD(LEARNING_RATE, momentum=MOMENTUM)

    def run() -> float:
        history = fit(
            *(model, loss, optimizer, data),
            **{"epochs": 1, "batch_size": BATCH, "threads": _threads, "progress": False},
        )
        return history.loss[-1]

    return run
