"""The benchmarks' works in PyTorch, eager, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from works import (
    CONVS,
    EPOCHS,
    FLOAT,
    HEADS,
    LEARNING_RATE,
    MOMENTUM,
    OTHERS,
    VOCABULARY,
    batches,
    cnn_weights,
    epoch_data,
    inputs_of,
    normal,
)


def make(work: str) -> Callable[[], Any]:
    if work in EPOCHS:
        return epoch(work)
    if work == "SoftmaxCrossEntropy 64×10":
        x = torch.tensor(normal(*OTHERS[work][0]), requires_grad=True)
        labels = torch.arange(len(x)) % x.shape[1]
        return lambda: torch.autograd.grad(nn.functional.cross_entropy(x, labels), x)
    if work in CONVS:
        shapes = CONVS[work]
        layer: nn.Module = nn.Conv2d(shapes.C, shapes.F, shapes.k, padding=shapes.padding)
        inputs = [torch.tensor(normal(shapes.N, shapes.C, shapes.H, shapes.W))]
    else:
        inputs = [torch.tensor(x) for x in inputs_of(work)]
        x, D = inputs[0], inputs[0].shape[-1]
        kinds = {
            "MaxPool2D": lambda: nn.MaxPool2d(2),
            "ReLU": nn.ReLU,
            "BatchNorm": lambda: (nn.BatchNorm2d if x.ndim == 4 else nn.BatchNorm1d)(x.shape[1]),
            "Dense": lambda: nn.Linear(784, 256),
            "LayerNorm": lambda: nn.LayerNorm(D),
            "RMSNorm": lambda: nn.RMSNorm(D),
            "GELU": nn.GELU,
            "Embedding": lambda: nn.Embedding(VOCABULARY, 64),
            "LSTM": lambda: First(nn.LSTM(D, D, batch_first=True)),
            "GRU": lambda: First(nn.GRU(D, D, batch_first=True)),
            "Attention": ScaledDotProduct,
            "MultiHeadAttention": lambda: SelfAttention(D),
        }
        layer = kinds[work.split()[0]]()
    floats = [x.requires_grad_() for x in inputs if x.is_floating_point()]
    dout = torch.tensor(normal(*layer(*inputs).shape, seed=1))
    wanted = (*floats, *layer.parameters())
    return lambda: torch.autograd.grad(layer(*inputs), wanted, dout)


class First(nn.Module):
    """The outputs of a recurrent layer, without its last state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0]


class ScaledDotProduct(nn.Module):
    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return nn.functional.scaled_dot_product_attention(q, k, v)


class SelfAttention(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(features, HEADS, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x, x, x, need_weights=False)[0]


def cnn(side: int, dtype: type = FLOAT) -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * (side // 4) ** 2, 10),
    )  # fmt: skip
    model.to(torch.float64 if dtype is np.float64 else torch.float32)
    with torch.no_grad():
        for own, given in zip(model.parameters(), cnn_weights(side, dtype), strict=True):
            own.copy_(torch.from_numpy(given.T if given.ndim == 2 else given))
    return model


def epoch(work: str, dtype: type = FLOAT) -> Callable[[], float]:
    images, labels = epoch_data(work, dtype)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    model = cnn(EPOCHS[work][1], dtype)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    def run() -> float:
        total = 0.0
        for rows in batches(len(x)):
            optimizer.zero_grad()
            loss = loss_function(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return total / len(x)

    return run
