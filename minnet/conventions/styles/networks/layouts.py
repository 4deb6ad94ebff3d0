"""How the data and the targets of a network lie: its weights' shapes say what forward may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.attempts import attempt
from minnet.conventions.samples import Rng
from minnet.conventions.styles.networks.making import IMAGE, SAMPLES
from minnet.conventions.styles.networks.running import How, Network
from minnet.records import NamedTuple

Shape = tuple[int | None, ...]
#: the data of a network that takes the indices of words or characters
_TOKENS: Shape = ()
#: the kinds of targets, and their shapes beside samples in rows
_TARGETS: tuple[tuple[str, Shape], ...] = (
    ("binary", (None, 1)), ("binary", (None,)), ("one-hot", (None, 3)), ("labels", (None, 3)),
)  # fmt: skip


class Layout(NamedTuple):
    """The shape of the data, where None is the number of samples, and the kind of the targets.

    Attributes
    ----------
    data : tuple
        `_TOKENS` where the data are a list of indices, one for each step, as the targets are.
    output : tuple
    kind : str
    pick : int
        Which of what forward gives is the output.
    """

    data: Shape
    output: Shape
    kind: str
    pick: int = 0

    def how(self, count: int) -> How:
        """Return how a network is run with so many samples."""
        return How(count if self.counts else 1, self.pick)

    @property
    def counts(self) -> bool:
        """Whether there may be any number of samples."""
        return None in self.output

    def samples_in(self, data: Any) -> int:
        """Return how many samples there are in the data."""
        if self.data == _TOKENS:
            return len(data)
        return np.shape(data)[self.data.index(None)] if self.counts else 1

    def drawn(self, rng: Rng, count: int) -> tuple[Any, Any]:
        """Return data, and targets as backward takes them."""
        axis = axis_of_classes(self.output)
        classes = self.output[axis] or 1
        if self.data == _TOKENS:
            steps = rng.integers(classes, size=(2, count)).tolist()
            return steps[0], steps[1]
        data, output = ([n or count for n in shape] for shape in (self.data, self.output))
        x = rng.standard_normal(data)
        if self.kind in ("binary", "flat"):
            target = rng.integers(2, size=output).astype(float)
            return x, target.ravel() if self.kind == "flat" else target
        labels = np.asarray(rng.integers(classes, size=np.delete(output, axis)))
        labels.flat[:1] = classes - 1  # some count the classes by the largest
        if self.kind == "labels":
            return x, labels if labels.ndim else int(labels)
        hot = np.moveaxis(np.eye(classes)[labels], -1, axis)
        return x, hot.ravel() if self.kind == "flat one-hot" else hot


def axis_of_classes(output: Sequence[int | None]) -> int:
    """Return the axis of an output along which the classes lie: the longest but the samples'."""
    sizes = [n or 0 for n in output]
    return sizes.index(max(sizes))


def layouts_of(network: Network, rng: Rng) -> Iterator[Layout]:
    """Yield how data may lie that forward takes, with the kinds of targets there may be."""
    gives_cost = "target" in network.passes.forward.roles.values()
    sizes = [n for shape in network.weights.values() for n in shape[::-1]]
    for size in dict.fromkeys([*sizes, *(n - 1 for n in sizes if n > 1)]):  # a bias may be within
        for data in ((None, size), (size, None), (size, 1), (size,), _TOKENS):
            yield from _of_costs(data) if gives_cost else _of_data(network, data, size, rng)
    if any(len(shape) == 4 for shape in network.weights.values()):
        images = (None, *IMAGE)
        yield from _of_costs(images) if gives_cost else _of_data(network, images, 1, rng)


def _of_data(network: Network, data: Shape, size: int, rng: Rng) -> Iterator[Layout]:
    """Yield the targets that there may be for the outputs that forward gives for such data."""
    tried = rng.standard_normal([n or SAMPLES for n in data])
    arrays: list[Array] = []
    with attempt():  # it takes other data
        steps = [size - 1] * SAMPLES if data == _TOKENS else tried
        given = network.run({}, steps, np.zeros((SAMPLES, 1)), How(SAMPLES)).given
        arrays = [one.array for one in given if one.array is not None]
    for pick, out in enumerate(arrays):
        if 0 < out.ndim < 3 and np.isfinite(out).all():
            yield from _of_output(data, out.shape, pick)


def _of_output(data: Shape, shape: tuple[int, ...], pick: int) -> Iterator[Layout]:
    """Yield the kinds of targets that an output may have: of one number a sample, or several."""
    counts = None in data or data == _TOKENS
    output = tuple(None if counts and n == SAMPLES else n for n in shape)
    several = any((n or 0) > 1 for n in output)
    kinds = ["one-hot", "labels"] if several else ["binary", "flat"]
    kinds += ["flat one-hot"] if not counts and len(output) > 1 else []
    for kind in kinds:
        yield Layout(data, output, kind, pick)


def _of_costs(data: Shape) -> Iterator[Layout]:
    """Yield the targets that a cost may take of such data: it gives no output that would tell."""
    if None in data:
        for kind, shape in _TARGETS:
            yield Layout(data, shape[::-1] if data[0] is not None else shape, kind)
