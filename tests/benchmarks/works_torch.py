"""The benchmarks' works in PyTorch, eager, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from works import (
    ADAM_DECAY,
    ADAM_RATE,
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
    batches,
    cnn_weights,
    epoch_data,
    inputs_of,
    names_data,
    names_weights,
    normal,
)


def use_threads(threads: int) -> None:
    torch.set_num_threads(threads)


def make(work: str) -> Callable[[], Any]:
    if work == NAMES:
        return names_epoch()
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
    if work == NAMES:
        return names_epoch(dtype)
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


class Block(nn.Module):
    """A causal transformer block that normalises first, as `minnet.TransformerBlock` is."""

    def __init__(self, features: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.project = nn.LayerNorm(features), nn.Linear(features, 3 * features)
        self.mix = nn.Linear(features, features)
        self.think = nn.Sequential(
            nn.LayerNorm(features), nn.Linear(features, 4 * features), nn.GELU(),
            nn.Linear(4 * features, features),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        N, T, D = x.shape
        parts = self.project(self.first(x)).view(N, T, 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        seen = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.mix(seen.transpose(1, 2).reshape(N, T, D))
        return x + self.think(x)


class Transformer(nn.Module):
    def __init__(self, longest: int, vocabulary: int, dtype: type = FLOAT) -> None:
        super().__init__()
        self.letters = nn.Embedding(vocabulary, FEATURES)
        self.places = nn.Embedding(longest, FEATURES)
        self.blocks = nn.Sequential(*(Block(FEATURES, HEADS) for _ in range(BLOCKS)))
        self.norm, self.scores = nn.LayerNorm(FEATURES), nn.Linear(FEATURES, vocabulary)
        self.to(torch.float64 if dtype is np.float64 else torch.float32)
        turned = {id(m.weight) for m in self.modules() if isinstance(m, nn.Linear)}
        weights = names_weights(longest, vocabulary, dtype)
        with torch.no_grad():
            for own, given in zip(self.parameters(), weights, strict=True):
                own.copy_(torch.from_numpy(given.T if id(own) in turned else given))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scores(self.norm(self.blocks(self.letters(x) + self.places.weight)))


def names_epoch(dtype: type = FLOAT) -> Callable[[], float]:
    letters, following, vocabulary = names_data()
    x, y = torch.from_numpy(letters), torch.from_numpy(following)
    model = Transformer(x.shape[1], vocabulary, dtype)
    loss_function = nn.CrossEntropyLoss(ignore_index=-1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=ADAM_RATE, weight_decay=ADAM_DECAY)

    def run() -> float:
        total, count = 0.0, 0
        for rows in batches(len(x)):
            optimizer.zero_grad()
            scores, targets = model(x[rows]).flatten(0, 1), y[rows].flatten()
            loss = loss_function(scores, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            kept = int((targets >= 0).sum())
            total += loss.item() * kept
            count += kept
        return total / count

    return run
