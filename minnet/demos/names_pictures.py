"""The pictures of the demo of names; matplotlib is imported when they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minnet.arrays import Floats
from minnet.datasets import Characters
from minnet.demos.names import Epoch, Names, probabilities_of
from minnet.demos.names_story import ORDERS, Kept
from minnet.drawing.theme import LINES, bare, colour, ink, new_figure, save, themed
from minnet.layers import Attention

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: where a label stands whose line is close to another's
BESIDE = {"4-gram": "bottom", "5-gram": "top"}


def draw_names(found: Kept, folder: Path) -> Iterator[Path]:
    """Write the pictures and yield their paths."""
    names = found.names
    counted = {order: ngram.loss(*names.held_out_data)
               for order, ngram in zip(ORDERS, found.counted, strict=True)}  # fmt: skip
    path = folder / "names-training.png"
    save(plot_training(found.epochs, found.kind, counted), path)
    yield path
    name = telling(names)
    x, _ = names.characters.lines([name])
    path = folder / "names-next-letter.png"
    save(plot_next(probabilities_of(found.model)(x)[0], name, names.characters), path)
    yield path
    looks = [layer.p[0] for _, layer in found.model.walk() if isinstance(layer, Attention)]
    if looks:
        path = folder / "names-attention.png"
        save(plot_attention(looks, name), path)
        yield path


def telling(names: Names) -> str:
    """Return a held-out name: the first of those with the most letters."""
    return max(names.held_out, key=len)


@themed
def plot_training(
    epochs: list[Epoch], kind: str, counted: dict[str, float], *, dark: bool = False
) -> Figure:
    """Draw the losses of training, and those of the counted models as lines across."""
    figure, axes = new_figure(7.4, 4.4)
    panel = axes[0, 0]
    numbers = [epoch.number for epoch in epochs]
    for place, (label, values) in enumerate(
        [("held out", [e.held_out_loss for e in epochs]), ("training", [e.loss for e in epochs])]
    ):
        panel.plot(numbers, values, LINES[place], color=colour(place, dark), marker="o",
                   markersize=4, label=f"{kind}, {label}: {values[-1]:.4g}")  # fmt: skip
    for order, loss in list(counted.items())[1:]:
        panel.axhline(loss, color=ink(dark), linewidth=0.8, linestyle=":")
        panel.annotate(f"{order} {loss:.4g}", (1, loss), xycoords=("axes fraction", "data"),
                       xytext=(4, 0), textcoords="offset points", fontsize=9, color=ink(dark),
                       va=BESIDE.get(order, "center"))  # fmt: skip
    panel.set_title("Loss: network against counting (dotted: held out)")
    panel.set_xlabel("epoch")
    panel.set_ylabel("loss")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.legend(loc="upper right", title="last value")
    return figure


@themed
def plot_next(
    probabilities: Floats, name: str, characters: Characters, *, dark: bool = False
) -> Figure:
    """Draw what a model expects after each letter of a name, and mark what really came.

    Parameters
    ----------
    probabilities : array (T, V)
        Of each character, and the end, to come next; T is one more than the name's letters.
    name : str
        The name.
    characters : Characters
        What the numbers mean.
    """
    shown = np.roll(probabilities, -1, axis=1).T  # the end last
    labels = [*characters.known, "end"]
    figure, axes = new_figure(1.6 + 0.55 * len(shown[0]), 7.2)
    panel = axes[0, 0]
    image = panel.imshow(shown, cmap="cividis", vmin=0, aspect="auto")
    came = [labels.index(letter) for letter in (*name, "end")]
    for edge, width in (("black", 3.5), ("white", 1.5)):  # to be seen on light and on dark
        panel.plot(range(len(came)), came, "o", markersize=11, markerfacecolor="none",
                   markeredgecolor=edge, markeredgewidth=width)  # fmt: skip
    panel.set_xticks(range(len(came)), ["start", *name])
    panel.set_yticks(range(len(labels)), labels)
    panel.set_xlabel("after")
    panel.set_ylabel("comes")
    panel.set_title(f"What follows in {name!r}? (circles: what does)")
    bar = figure.colorbar(image, ax=panel, shrink=0.6, label="probability")
    bar.outline.set_visible(False)
    return figure


@themed
def plot_attention(looks: list[Floats], name: str, *, dark: bool = False) -> Figure:
    """Draw how much each letter of a name looks at each before it, a tile for each head.

    Parameters
    ----------
    looks : list of array (heads, T, T)
        The attention of each block: a row for each letter that looks.
    name : str
        The name; before its letters stands the mark of the start.
    """
    heads = len(looks[0])
    letters = [".", *name]
    figure, axes = new_figure(2.6 * heads + 0.6, 2.9 * len(looks), len(looks), heads)
    for number, block in enumerate(looks):
        for head, panel in enumerate(axes[number]):
            image = panel.imshow(np.where(np.tri(len(letters)), block[head], np.nan),
                                 cmap="cividis", vmin=0, vmax=1)  # fmt: skip
            bare(panel)
            panel.set_xticks(range(len(letters)), letters, fontsize=9)
            panel.set_yticks(range(len(letters)), letters, fontsize=9)
            panel.tick_params(length=0)
            panel.set_title(f"block {number + 1}, head {head + 1}", fontsize=9.5)
    bar = figure.colorbar(image, ax=list(axes.ravel()), shrink=0.6, label="share of the attention")
    bar.outline.set_visible(False)
    figure.suptitle(f"Which letter of {name!r} (row) looks back at which (column)")
    return figure
