"""A character model of first names: trained, compared with counting, and asked to write some.

Networks and counted models answer the same question: given the letters so far, how probable is
each letter to be next? A function from letters, (N, T) numbers, to probabilities, (N, T, V),
stands for either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array, Floats
from minnet.datasets import Characters, load_names
from minnet.datasets.characters import IGNORED, MARK
from minnet.demos.ngrams import NGram, count
from minnet.gradcheck.models import check_model
from minnet.layers import (
    GRU,
    LSTM,
    RNN,
    Dense,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    PositionalEncoding,
    Sequential,
    Softmax,
    TransformerBlock,
)
from minnet.losses import TokenCrossEntropy
from minnet.optimizers import Adam
from minnet.report.report import Report
from minnet.schedules import WarmupCosine
from minnet.training import evaluate, fit

Pair = tuple[Array, Array]
Model = Callable[[Array], Floats]

MODELS = ("transformer", "rnn", "lstm", "gru")
#: the counted models look back at 0, 1, ... so many letters
LOOK_BACK = 4
#: places in a name, the one of the mark before it included
LONGEST = 14
EPOCHS, BATCH_SIZE = 15, 64
RATE, DECAY, CLIP, DROPOUT = 8e-3, 0.1, 1.0, 0.1
#: the share of all steps that warm up
WARMUP = 0.05
#: so many names are looked at when the gradients are checked
CHECKED = 3


@dataclass(frozen=True)
class Names:
    """The names to learn from and those held out, and both as pairs (x, y) of numbers."""

    characters: Characters
    train: list[str]
    held_out: list[str]
    data: Pair
    held_out_data: Pair


@dataclass(frozen=True)
class Epoch:
    """An epoch of training: the rate of its last step, its mean loss, and the loss after it."""

    number: int
    rate: float
    loss: float
    held_out_loss: float
    seconds: float


@dataclass(frozen=True)
class Written:
    """A name that a model wrote, and where it also is: "train", "held out" or nowhere, ""."""

    name: str
    known: str


def load(seed: int) -> Names:
    """Return the embedded names, split by the seed."""
    train, held_out = load_names(seed=seed)
    characters = Characters(train)
    return Names(characters, train, held_out, characters.lines(train), characters.lines(held_out))


def build(kind: str, vocabulary: int, seed: int) -> Sequential:
    """Return a network, one of MODELS, from (N, T) numbers to (N, T, vocabulary) scores."""
    rng = np.random.default_rng(seed)
    if kind == "transformer":
        letters = Embedding(vocabulary, 64, rng=rng)
        letters.W *= 32**0.5  # to the size of the waves that tell the places
        return Sequential(
            letters,
            PositionalEncoding(64, LONGEST, learned=True),
            TransformerBlock(64, heads=4, dropout=DROPOUT, rng=rng),
            TransformerBlock(64, heads=4, dropout=DROPOUT, rng=rng),
            LayerNorm(64),
            Dense(64, vocabulary, rng=rng),
        )
    recurrent = {"rnn": RNN, "lstm": LSTM, "gru": GRU}[kind]
    return Sequential(
        Embedding(vocabulary, 48, rng=rng),
        recurrent(48, 128, rng=rng),
        Dropout(DROPOUT, rng=rng),
        Dense(128, vocabulary, rng=rng),
    )


def counted(names: Names) -> list[NGram]:
    """Return the counted models, which look back at 0, 1, ..., LOOK_BACK letters."""
    return list(count(*names.data, len(names.characters), LOOK_BACK))


def check(model: Layer, names: Names, seed: int) -> Report:
    """Check every backward pass of the network on a few of the names, in float64."""
    x, y = names.characters.lines(names.train[:CHECKED])
    return check_model(model, TokenCrossEntropy(ignore_index=IGNORED), x, y, seed=seed)


def train(model: Layer, names: Names, seed: int) -> Iterator[Epoch]:
    """Train the network in float32, an epoch at a time."""
    model.astype(np.float32)
    optimizer = Adam(schedule(names), weight_decay=DECAY, clip=CLIP)
    for epoch in range(EPOCHS):
        record = fit(
            model, TokenCrossEntropy(ignore_index=IGNORED), optimizer, names.data, epochs=1,
            batch_size=BATCH_SIZE, validation=names.held_out_data, seed=seed + epoch,
            progress=False,
        )  # fmt: skip
        (loss,), (held_out,), (seconds,) = record.loss, record.validation_loss, record.seconds
        yield Epoch(1 + epoch, optimizer.rate, loss, held_out, seconds)


def schedule(names: Names) -> WarmupCosine:
    """Return the learning rates of all steps."""
    steps = EPOCHS * -(-len(names.train) // BATCH_SIZE)
    return WarmupCosine(RATE, steps, warmup=int(WARMUP * steps))


def held_out_loss(model: Layer, names: Names) -> float:
    """Return the mean loss for each letter, and each end, of the held-out names."""
    model.eval()
    return evaluate(model, TokenCrossEntropy(ignore_index=IGNORED), names.held_out_data)[0]


def probabilities_of(model: Layer) -> Model:
    """Return the network, in evaluation mode, as a function from letters to probabilities."""
    model.eval()
    return lambda x: Softmax().forward(model.forward(x))


def write(model: Model, names: Names, n: int, seed: int) -> list[Written]:
    """Let a model write `n` names, each letter drawn with the probability that it is given."""
    rng = np.random.default_rng(seed)
    x = np.full((n, 1), MARK)
    ended = np.zeros(n, bool)
    while x.shape[1] < LONGEST and not ended.all():
        upto = model(x)[:, -1].cumsum(axis=1)  # (n, V)
        drawn = rng.random((n, 1)) * upto[:, -1:]
        letter = np.where(ended, MARK, (upto > drawn).argmax(axis=1))
        ended |= letter == MARK
        x = np.concatenate([x, letter[:, None]], axis=1)
    seen = dict.fromkeys(names.held_out, "held out") | dict.fromkeys(names.train, "train")
    return [Written(name, seen.get(name, "")) for name in map(names.characters.decode, x)]
