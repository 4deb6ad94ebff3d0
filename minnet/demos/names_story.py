"""The demo of a character model of first names, told step by step."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from minnet.demos import names as demo
from minnet.demos.names import Epoch, Model, Names, Written
from minnet.demos.ngrams import NGram
from minnet.demos.text import block, count, heading, listed, paragraph, table
from minnet.layers import Layer, Sequential

#: how many names of each model are shown, in so many columns, and how many are counted
SHOWN, COLUMNS, WRITTEN = 20, 5, 1000
#: the counted models, by how far they look back
ORDERS = ("letters alone", "bigram", "trigram", "4-gram", "5-gram")
ROLES = {
    "Embedding": "a vector of its own for each letter",
    "PositionalEncoding": "adds another for each place in a name",
    "TransformerBlock": "attention to earlier places, then two layers",
    "RNN": "carries a state along from letter to letter",
    "LSTM": "carries a state along; gates choose its parts",
    "GRU": "carries a state along; gates choose its parts",
    "LayerNorm": "brings every vector to the same size",
    "Dropout": "in training, forgets a part at random",
    "Dense": "a score for each letter, and for the end",
}


@dataclass(frozen=True)
class Kept:
    """What the demo has found, for the pictures."""

    names: Names
    counted: list[NGram]
    kind: str
    model: Sequential
    epochs: list[Epoch]


def story(
    seed: int = 0, kind: str = "transformer", kept: list[Kept] | None = None
) -> Iterator[str]:
    """Yield the demo line by line, computing as it goes; `kept` receives what it found."""
    names = demo.load(seed)
    counted = demo.counted(names)
    model = demo.build(kind, len(names.characters), seed)
    yield f"NAMES: which letter comes next? ({kind})"
    yield from _data(names)
    yield from _counting(names, counted)
    yield from _network(model)
    yield from _check(model, names, seed)
    epochs = yield from _training(model, names, seed)
    yield from _comparison(model, names, counted, kind)
    yield from _writing(model, names, counted, kind, seed)
    if kept is not None:
        kept.append(Kept(names, counted, kind, model, epochs))


def _data(names: Names) -> Iterator[str]:
    yield from heading("1. The data and the question")
    yield from paragraph(
        f"""The data are {len(names.train) + len(names.held_out):,} first names, all different:
        {len(names.train):,} to learn from, {len(names.held_out)} held out. The question is
        always the same: given the letters so far, which one is next? Every name asks it once for
        each of its letters and once for its end; a dot stands for start and end:"""
    )
    marked = "." + names.train[0] + "."
    yield from table(
        ("so far", "next"), [(marked[:k], marked[k]) for k in range(1, len(marked))], left=2
    )
    questions, held_out = (int((y >= 0).sum()) for _, y in (names.data, names.held_out_data))
    answers = len(names.characters)
    yield from paragraph(
        f"""That makes {questions:,} questions to learn from and {held_out:,} held out. A model
        answers with a probability for each of {answers - 1} letters and for the end. Its loss is
        the mean of -log(probability of what really came next). A model that knows nothing holds
        all {answers} answers equally likely, and has the loss log({answers}) =
        {math.log(answers):.4f}. The other way round, a model is as unsure as if exp(loss) answers
        were equally likely."""
    )


def _counting(names: Names, counted: list[NGram]) -> Iterator[str]:
    yield from heading("2. Counting")
    yield from paragraph(
        """A bigram model has counted what follows each letter, a trigram what follows each two,
        and so on. Few sightings prove little, and so the counts are mixed with what the model
        that looks back one letter less expects, as if that had been seen "weight" times. The
        weights are chosen on the names to learn from alone: each letter of those is predicted
        from the counts of all the others."""
    )
    rows = []
    for back, (order, model) in enumerate(zip(ORDERS, counted, strict=True)):
        level = model.levels[-1]
        own, held_out = (model.loss(*data) for data in (names.data, names.held_out_data))
        rows.append((order, back, f"{len(level.contexts):,}", f"{level.weight:g}",
                     f"{own:.4f}", f"{held_out:.4f}"))  # fmt: skip
    header = ("model", "letters\nback", "contexts\nseen", "weight", "loss on names\ncounted",
              "held-out\nloss")  # fmt: skip
    yield from table(header, rows)
    yield from paragraph(
        """The loss on the names that were counted falls and falls: a long memory knows them by
        heart. What counts is the loss on names held out."""
    )


def _network(model: Sequential) -> Iterator[str]:
    yield from heading("3. The network")
    rows = []
    for k, layer in enumerate(model.layers):
        name = type(layer).__name__
        rows.append((k, name, ROLES[name], f"{weights_of(layer):,}"))
    yield from paragraph(
        f"""It has {weights_of(model):,} weights, drawn at random. A name goes in whole, and a
        score for every next letter comes out at every place; no place sees what follows it."""
    )
    yield from table(("", "layer", "what it does", "weights"), rows, left=3)


def _check(model: Sequential, names: Names, seed: int) -> Iterator[str]:
    yield from heading("4. Before training: are the gradients right?")
    yield from paragraph(
        f"""A network whose gradients are wrong often learns something all the same, only less,
        and nobody notices. So each layer's backward pass is measured first, alone, on what
        really reaches it from {count(demo.CHECKED, "name")}; then the loss; then the whole
        network, end to end."""
    )
    yield from block(str(demo.check(model, names, seed)))


def _training(model: Sequential, names: Names, seed: int) -> Generator[str, None, list[Epoch]]:
    yield from heading("5. Training")
    rates = demo.schedule(names)
    yield from paragraph(
        f"""{rates.steps:,} steps of AdamW in float32, each on {demo.BATCH_SIZE} names. The
        learning rate rises to {rates.peak:g} over the first {rates.warmup} steps and then falls
        along half a cosine; gradients whose norm is above {demo.CLIP:g} are scaled down to
        that. The loss is the mean over an epoch, dropout and all; the held-out loss is taken
        after it."""
    )
    yield ""
    yield "  epoch  learning rate    loss  held-out loss"
    yield "  -----  -------------  ------  -------------"
    epochs = []
    for epoch in demo.train(model, names, seed):
        epochs.append(epoch)
        yield (
            f"  {epoch.number:>5}  {epoch.rate:>13.5f}  {epoch.loss:>6.4f}"
            f"  {epoch.held_out_loss:>13.4f}"
        )
    seconds = sum(epoch.seconds for epoch in epochs)
    yield from paragraph(f"The training took {seconds:.1f} s.")
    return epochs


def _comparison(model: Sequential, names: Names, counted: list[NGram], kind: str) -> Iterator[str]:
    yield from heading("6. Network against counting")
    losses = {"nothing known": math.log(len(names.characters))}
    for order, ngram in zip(ORDERS, counted, strict=True):
        losses[order] = ngram.loss(*names.held_out_data)
    own = losses[kind] = demo.held_out_loss(model, names)
    rows = [(name, f"{loss:.4f}", f"{math.exp(loss):.2f}") for name, loss in losses.items()]
    yield from table(("model", "held-out\nloss", "as unsure\nas among"), rows)
    better = [name for name in ORDERS[1:] if losses[name] > own]
    worse = [name for name in losses if losses[name] < own]
    verdict = f"better than the {listed(better)}" if better else "NOT better than any that counts"
    but = f", but NOT better than the {listed(worse)}" if better and worse else ""
    below = (
        f"{abs(losses[name] - own):.4f} {'below' if losses[name] > own else 'ABOVE'} the {name}"
        for name in ("bigram", "trigram")
    )
    yield from paragraph(
        f"""The {kind} is {verdict}{but}, on names that it has not seen: its loss is
        {" and ".join(below)}."""
    )


def _writing(
    model: Sequential, names: Names, counted: list[NGram], kind: str, seed: int
) -> Iterator[str]:
    yield from heading("7. Names that they write")
    yield from paragraph(
        f"""A model can write: draw a letter with the probabilities that it gives, append it, and
        ask again, until the end is drawn or {demo.LONGEST - 1} letters are there. Here are the
        first {SHOWN} of {WRITTEN:,} by each, all with the same luck: * marks a name to learn
        from, + one held out, and the others are new."""
    )
    writers: dict[str, Model] = {
        "bigram": counted[1].probabilities,
        "trigram": counted[2].probabilities,
        kind: demo.probabilities_of(model),
    }
    rows: list[tuple[str, int, int, int, int]] = []
    for name, writer in writers.items():
        written = demo.write(writer, names, WRITTEN, seed)
        yield from paragraph(f"the {name}:")
        yield ""
        yield from _in_columns(written[:SHOWN])
        known = list({w.name: w.known for w in written}.values())
        kinds = known.count("train"), known.count("held out"), known.count("")
        rows.append((name, len(known), *kinds))
    yield from paragraph(f"All {WRITTEN:,}, each name counted once:")
    yield from table(("model", "different\nnames", "to learn\nfrom *", "held out +", "new"), rows)
    if found := rows[-1][3]:
        yield from paragraph(
            f"""The {count(found, "name")} held out, which the {kind} was never shown, are real
            all the same."""
        )


def weights_of(layer: Layer) -> int:
    """Return how many numbers a layer, or a network, learns."""
    return sum(W.size for W in layer.named_parameters().values())


def _in_columns(written: list[Written]) -> Iterator[str]:
    marks = {"train": "*", "held out": "+", "": ""}
    cells = [f"{w.name or '(none)'}{marks[w.known]}" for w in written]
    for first in range(0, len(cells), COLUMNS):
        yield "    " + "".join(f"{cell:<15}" for cell in cells[first : first + COLUMNS]).rstrip()
