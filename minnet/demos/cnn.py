"""A convolutional network on the embedded digits, and how far its gradient can be measured.

The whole network is differentiated numerically at one fixed step, weight by weight, as most
gradient checks do. Where few digits match, the cause is measured: kinks that the step crossed,
round-off in the loss, a step too long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from minnet.arrays import Array
from minnet.demos.comparison import Comparison
from minnet.demos.kinks import Branches, branches, crossed, held
from minnet.gradcheck.measure.noise import noise_floor
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.models import check_model
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from minnet.losses import SoftmaxCrossEntropy
from minnet.optimizers import SGD
from minnet.report.report import Report

Labelled = tuple[Array, Array]
Picks = Mapping[str, Array]  # flat indices of elements, by the name of the parameter

STEP = 3e-5
BATCH = 32
WARM_UP_STEPS = 20
MOST_BATCHES = 16
ENOUGH_DIGITS, FEW_DIGITS = 9, 4
#: a step that crosses nothing but what the point itself lies on
SHORTEST = 1e-13
#: what cures a kink: a step so many times shorter, or so few images
SHORTER, FEW_IMAGES = 100, 2
#: a difference within so many standard errors of the round-off is put down to it
STANDARD_ERRORS = 5.0
LAYERS = {"0": "conv 1", "3": "conv 2", "7": "dense"}
CAUSES = ("kink", "round-off", "long step", "unexplained")


def build(seed: int) -> Sequential:
    """Return conv-ReLU-pool, conv-ReLU-pool, dense; the softmax is part of the loss."""
    rng = np.random.default_rng(seed)
    return Sequential(
        Conv2D(1, 8, 3, padding=1, rng=rng),
        ReLU(),
        MaxPool2D(2),
        Conv2D(8, 24, 3, padding=1, rng=rng),
        ReLU(),
        MaxPool2D(2),
        Flatten(),
        Dense(96, 10, rng=rng),
    )


def warm_up(model: Sequential, data: Labelled, steps: int, seed: int) -> None:
    """Train a few steps, so that the network is no longer at its special starting point."""
    rng, loss, optimizer = np.random.default_rng(seed), SoftmaxCrossEntropy(), SGD(lr=0.05)
    x, y = data
    for _ in range(steps):
        rows = rng.integers(0, len(x), BATCH)
        loss.forward(model.forward(x[rows]), y[rows])
        model.backward(loss.backward())
        optimizer.step(model)


@dataclass(frozen=True)
class Point:
    """A network, a batch and its loss: where the gradient is taken."""

    model: Sequential
    x: Array
    y: Array

    def loss(self) -> float:
        """Return the loss at the parameters as they are now."""
        return SoftmaxCrossEntropy().forward(self.model.forward(self.x), self.y)

    def gradients(self) -> dict[str, Array]:
        """Return what backward claims, flat, by the name of the parameter."""
        loss = SoftmaxCrossEntropy()
        loss.forward(self.model.forward(self.x), self.y)
        self.model.backward(loss.backward())
        found = self.model.named_gradients()
        return {name: np.array(g).ravel() for name, g in found.items() if g is not None}

    def branches(self) -> Branches:
        """Return the branch of every ReLU and max-pool."""
        return branches(self.model, self.x)

    def from_layer(self, position: int) -> Point:
        """Return the network from a layer on, at the input which that layer has here.

        No weight of that layer or a later one changes what the layers before it compute.
        """
        x = self.x
        for layer in self.model.layers[:position]:
            x = layer.forward(x)
        return Point(Sequential(*self.model.layers[position:]), x, self.y)

    def everything(self) -> dict[str, Array]:
        """Return the flat indices of every element of every parameter."""
        return {name: np.arange(W.size) for name, W in self.model.named_parameters().items()}


@dataclass(frozen=True)
class Measured:
    """Weights of a network, a row each: arrays of shape (k,).

    `relu` and `pool` count the kinks that the step from w - h to w + h crossed; `cause` says
    why fewer than ENOUGH_DIGITS match, and is empty where enough do.
    """

    parameter: Array
    flat: Array
    analytic: Array
    numeric: Array
    relu: Array
    pool: Array
    cause: Array

    def __len__(self) -> int:
        return len(self.flat)

    @property
    def layer(self) -> Array:
        """The name of each weight's layer."""
        return np.array([LAYERS[name.split(".")[0]] for name in self.parameter])

    @property
    def comparison(self) -> Comparison:
        """Analytic and numeric side by side."""
        return Comparison(self.analytic, self.numeric)

    @property
    def kinks(self) -> Array:
        """How many kinks each step crossed."""
        return np.asarray(self.relu + self.pool)

    def where(self, chosen: Array) -> Measured:
        """Return some of the rows: a mask, or positions in the order wanted."""
        return Measured(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def picks(self) -> dict[str, Array]:
        """Return the elements by parameter, in the order of the rows.

        Raises
        ------
        ValueError
            When the rows of a parameter do not stand together: what is measured of the picks
            would be in another order than the rows.
        """
        names = dict.fromkeys(self.parameter.tolist())
        if np.count_nonzero(self.parameter[1:] != self.parameter[:-1]) + 1 > max(len(names), 1):
            raise ValueError("the rows of a parameter must stand together")
        return {name: self.flat[self.parameter == name] for name in names}


def moved(model: Sequential, picks: Picks, h: float) -> Iterator[tuple[str, int, float]]:
    """Move each element to w + h, then to w - h, and yield (parameter, index, sign) at each."""
    parameters = model.named_parameters()
    for name, flat in picks.items():
        W = parameters[name].reshape(-1)
        for element in flat.tolist():
            kept = W[element]
            try:
                for sign in (1.0, -1.0):
                    W[element] = kept + sign * h
                    yield name, element, sign
            finally:
                W[element] = kept


def loss_slopes(point: Point, picks: Picks, h: float) -> Array:
    """Return the central difference of the loss for each element, in the order of `picks`."""
    parts = [
        slopes(point.model, point.from_layer(position_of(name)).loss, {name: flat}, h)
        for name, flat in picks.items()
    ]
    return np.concatenate([np.zeros(0), *parts])


def slopes(model: Sequential, value: Callable[[], float], picks: Picks, h: float) -> Array:
    """Return the central difference of `value()` for each element, in the order of `picks`."""
    signed = [sign * value() for _, _, sign in moved(model, picks, h)]
    return np.asarray(np.array(signed).reshape(-1, 2).sum(axis=1) / (2 * h))


def kinks_of(point: Point, picks: Picks, h: float) -> tuple[Array, Array]:
    """Return how many ReLUs and how many max-pools change branch between w - h and w + h."""
    counts = []
    for name, flat in picks.items():
        rest = point.from_layer(position_of(name))
        for _, _, sign in moved(point.model, {name: flat}, h):
            if sign > 0:
                above = rest.branches()
            else:
                counts.append(crossed(above, rest.branches()))
    found = np.array(counts, int).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def position_of(name: str) -> int:
    """Return the position of the layer that a parameter belongs to.

    >>> position_of("3.W")
    3
    """
    return int(name.split(".")[0])


def find_batch(model: Sequential, data: Labelled, h: float = STEP) -> tuple[Point, int]:
    """Return the first batch on which a kink takes digits from a weight of the first layer.

    A kink beside the weight, that is, not one that it sits on.

    Returns
    -------
    Point
        The last batch looked at, if there is none.
    int
        How many batches were looked at.
    """
    x, y = data
    starts = range(0, len(x) - BATCH + 1, BATCH)[:MOST_BATCHES]
    for tried, first in enumerate(starts, start=1):  # noqa: B007
        point = Point(model, x[first : first + BATCH], y[first : first + BATCH])
        first_layer = {name: f for name, f in point.everything().items() if name[0] == "0"}
        found = measure(point, first_layer, h)
        suspects = found.where((found.kinks > 0) & (found.comparison.digits <= FEW_DIGITS))
        if not on_kink(point, suspects).all():
            break
    return point, tried


def measure(point: Point, picks: Picks | None = None, h: float = STEP) -> Measured:
    """Differentiate the loss through the whole network at one step, and count kinks."""
    picks = point.everything() if picks is None else picks
    claimed = point.gradients()
    relu, pool = kinks_of(point, picks, h)
    return Measured(
        parameter=np.repeat(list(picks), [len(flat) for flat in picks.values()]),
        flat=np.concatenate(list(picks.values())),
        analytic=np.concatenate([claimed[name][flat] for name, flat in picks.items()]),
        numeric=loss_slopes(point, picks, h),
        relu=relu,
        pool=pool,
        cause=np.full(len(relu), "", dtype="<U11"),
    )


def on_kink(point: Point, found: Measured) -> Array:
    """Return which weights sit exactly on a kink: the shortest of steps still crosses it."""
    return np.asarray(np.add(*kinks_of(point, found.picks(), SHORTEST)) > 0)


def loss_noise(point: Point, seed: int = 0) -> float:
    """Return the standard deviation of the round-off in the loss, measured."""
    rng, parameters = np.random.default_rng(seed), point.model.named_parameters()
    start = {name: W.copy() for name, W in parameters.items()}

    def along(direction: dict[str, Array]) -> Callable[[float], Array]:
        def line(t: float) -> Array:
            for name, W in parameters.items():
                W[...] = start[name] + t * direction[name]
            return np.array([point.loss()])

        return line

    base, found = np.array([point.loss()]), []
    for _ in range(8):
        direction = {name: rng.normal(size=W.shape) for name, W in start.items()}
        found.append(noise_floor(along(direction), base, 1.0)[0])
    for name, W in parameters.items():
        W[...] = start[name]
    return float(np.median(found))


def round_off(noise: float, h: float = STEP) -> float:
    """Return the standard error that noise in the loss leaves in a central difference."""
    return noise / (2**0.5 * h)


def explain(point: Point, found: Measured, noise: float, h: float = STEP) -> Measured:
    """Say of each weight with few matching digits what took them.

    Round-off, if the difference is no larger than it; else a kink, if the step crossed one;
    else a step too long, if half the step says that the next term of the Taylor series is what
    is missing.
    """
    few = found.comparison.digits < ENOUGH_DIGITS
    off = np.abs(found.comparison.difference)
    cause = np.where(few, "unexplained", "").astype("<U11")
    cause[few & (found.kinks > 0)] = "kink"
    cause[few & (off <= STANDARD_ERRORS * round_off(noise, h))] = "round-off"
    rest = np.flatnonzero(cause == "unexplained")
    half = loss_slopes(point, found.where(rest).picks(), h / 2)
    next_term = 4 / 3 * (found.numeric[rest] - half)
    left = np.abs(found.numeric[rest] - next_term - found.analytic[rest])
    cause[rest[left <= 4 * STANDARD_ERRORS * round_off(noise, h)]] = "long step"
    return replace(found, cause=cause)


@dataclass(frozen=True)
class Cures:
    """The same weights measured without the kinks: each way, how well it then agrees."""

    held: Comparison
    shorter: Comparison
    fewer: Comparison
    on_kink: Array


def cure(point: Point, found: Measured, h: float = STEP) -> Cures:
    """Repeat the differences with every branch nailed down, a shorter step, or fewer images."""
    picks = found.picks()
    smooth = Point(held(point.model, point.branches()), point.x, point.y)
    few = Point(point.model, point.x[:FEW_IMAGES], point.y[:FEW_IMAGES])
    claimed = few.gradients()
    fewer = np.concatenate([claimed[name][flat] for name, flat in picks.items()])
    return Cures(
        Comparison(found.analytic, loss_slopes(smooth, picks, h)),
        Comparison(found.analytic, loss_slopes(point, picks, h / SHORTER)),
        Comparison(fewer, loss_slopes(few, picks, h)),
        on_kink(point, found),
    )


def check_links(point: Point, seed: int = 0, images: int = 4) -> Report:
    """Check every layer of the network, and all together, away from exact ties."""
    rng = np.random.default_rng(seed)
    x = point.x[:images]
    x = x + 0.01 * rng.normal(size=x.shape)
    return check_model(point.model, SoftmaxCrossEntropy(), x, point.y[:images], seed=seed)


@dataclass(frozen=True)
class Remeasured:
    """What minnet measures of the same weights: values and error bars, (k,)."""

    comparison: Comparison
    error_bar: Array

    @property
    def within(self) -> Array:
        """Whether analytic and numeric differ by no more than the error bar."""
        return np.asarray(np.abs(self.comparison.difference) <= self.error_bar)

    @property
    def resolved(self) -> Array:
        """Whether the error bar is small enough for ENOUGH_DIGITS."""
        return np.asarray(self.error_bar <= 10.0**-ENOUGH_DIGITS * np.abs(self.comparison.analytic))


def remeasure(point: Point, found: Measured, seed: int = 0) -> Remeasured:
    """Measure weights the checker's way: each layer alone, at its own input and upstream.

    A convolution or a dense layer alone has no kink, and each of its outputs gets a step of
    its own.
    """
    rng, inputs, upstream = np.random.default_rng(seed), [point.x], {}
    for layer in point.model.layers:
        inputs.append(layer.forward(inputs[-1]))
    loss = SoftmaxCrossEntropy()
    loss.forward(inputs[-1], point.y)
    dout = loss.backward()
    for position, layer in reversed(list(enumerate(point.model.layers))):
        upstream[position], dout = dout, layer.backward(dout)
    value, bar = np.zeros(len(found)), np.zeros(len(found))
    for name, flat in found.picks().items():
        position, own = position_of(name), name.split(".")[1]
        probe = Probe(LayerCase(point.model.layers[position], (inputs[position],)), rng)
        weight = upstream[position].ravel()
        for members, sums in probe.elements(own, flat, weight):
            for element, v, b in zip(members, sums.value, sums.error_bar, strict=True):
                row = (found.parameter == name) & (found.flat == element)
                value[row], bar[row] = v, b
    return Remeasured(Comparison(found.analytic, value), bar)
