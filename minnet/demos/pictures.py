"""The pictures of ``minnet demo --plots DIR``; matplotlib is imported when they are drawn."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minnet.arrays import Array
from minnet.demos import cnn, linear_regression
from minnet.demos.cnn import Measured, Point
from minnet.demos.linear_regression import INITIAL_W, Problem
from minnet.demos.training import Trained
from minnet.derivative import plots as plots_scalar
from minnet.derivative.comparison import compare
from minnet.drawing import training as plots_training
from minnet.drawing.theme import LINES, colour, ink, new_figure, save, themed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = np.logspace(-11, -1, 61)


@dataclass(frozen=True)
class Sweep:
    """One weight's relative error, and the kinks crossed, at each of STEPS."""

    name: str
    error: Array
    kinks: Array


def draw_linear_regression(seed: int, folder: Path) -> Iterator[Path]:
    """Write the pictures of linear regression and yield their paths."""
    problem = linear_regression.make_problem(seed)
    yield _saved(plot_descent(problem), folder / "linear-regression-training.png")
    analytic = float(linear_regression.gradient_at(problem, INITIAL_W)[1])
    loss = plots_scalar.of_element(
        lambda w: linear_regression.loss_at(problem, w), INITIAL_W, (1,), analytic
    )
    loss = replace(loss, text="the loss at w1 = x")
    picture = plots_scalar.plot_derivative(compare(loss, float(INITIAL_W[1])))
    yield _saved(picture, folder / "linear-regression-slope-of-w1.png")


def draw_cnn(point: Point, found: Measured, trained: Trained, folder: Path) -> Iterator[Path]:
    """Write the pictures of the network, and all its weights as a table; yield their paths."""
    yield _saved(
        plots_training.plot_filters(trained.model.named_parameters()["0.W"]), folder / "filters.png"
    )
    image = trained.images[:1].astype(np.float32)
    yield _saved(plot_image(image[0, 0], int(trained.labels[0])), folder / "image.png")
    for position, layer in enumerate(trained.model.layers[:5]):
        image = layer.forward(image)
        if position in (1, 4):
            maps = plots_training.plot_feature_maps(image[0])
            yield _saved(maps, folder / f"feature-maps-{1 + position // 3}.png")
    sweeps = [sweep(point, chosen) for chosen in telling(found)]
    yield _saved(plot_sweeps(sweeps), folder / "error-against-h.png")
    history = trained.history
    picture = plots_training.plot_training(
        {"training": history.loss, "held out": history.validation_loss},
        {"training": history.accuracy, "held out": history.validation_accuracy},
    )
    yield _saved(picture, folder / "training.png")
    picture = plots_training.plot_confusion(trained.labels, trained.predicted)
    yield _saved(picture, folder / "confusion.png")
    yield write_weights(found, folder / "weights.csv")


def telling(found: Measured) -> list[Measured]:
    """Return weights with few digits because of a kink and of round-off, and a healthy one."""
    chosen = []
    for cause in ("kink", "round-off"):
        rows = np.flatnonzero(found.cause == cause)
        if len(rows):
            chosen.append(rows[found.comparison.digits[rows].argmin()])
    healthy = np.flatnonzero((found.layer == found.layer[0]) & (found.kinks == 0))
    chosen.append(healthy[np.abs(found.analytic[healthy]).argmax()])
    return [found.where(np.array([row])) for row in chosen]


def sweep(point: Point, weight: Measured) -> Sweep:
    """Measure one weight with every step of STEPS."""
    where = f"{weight.layer[0]} {weight.parameter[0].split('.')[1]}[{weight.flat[0]}]"
    picks, errors, kinks = weight.picks(), [], []
    for h in STEPS:
        numeric = cnn.loss_slopes(point, picks, float(h))[0]
        errors.append(abs(numeric - weight.analytic[0]) / abs(weight.analytic[0]))
        kinks.append(int(np.add(*cnn.kinks_of(point, picks, float(h)))[0]))
    name = f"{where}, {weight.cause[0] or 'healthy'}"
    return Sweep(name, np.array(errors), np.array(kinks))


def write_weights(found: Measured, path: Path) -> Path:
    """Write every weight's analytic and numeric derivative as a table."""
    c = found.comparison
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["layer", "parameter", "flat index", "analytic", "numeric", "difference", "same sign",
             "matching digits", "ReLUs crossed", "max-pools crossed", "cause"]
        )  # fmt: skip
        columns = (
            found.layer, found.parameter, found.flat, c.analytic, c.numeric, c.difference,
            c.same_sign, c.digits, found.relu, found.pool, found.cause,
        )  # fmt: skip
        table.writerows(zip(*(column.tolist() for column in columns), strict=True))
    return path


@themed
def plot_descent(problem: Problem, *, dark: bool = False) -> Figure:
    """Draw the loss of linear regression against the step of gradient descent."""
    losses = linear_regression.train(problem, INITIAL_W).losses
    figure, axes = new_figure(6, 3.8)
    panel = axes[0, 0]
    panel.plot(np.maximum(losses, 1e-32), color=colour(0, dark))
    panel.set_yscale("log")
    panel.set_xlabel("step of gradient descent")
    panel.set_ylabel("loss")
    panel.set_title("Linear regression: training to convergence")
    panel.grid(True, alpha=0.6)
    return figure


@themed
def plot_image(image: Array, label: int, *, dark: bool = False) -> Figure:
    """Draw one digit."""
    figure, axes = new_figure(3, 3)
    axes[0, 0].imshow(image, cmap="gray_r")
    axes[0, 0].set_title(f"A held-out {label}")
    return figure


@themed
def plot_sweeps(sweeps: list[Sweep], *, dark: bool = False) -> Figure:
    """Draw error against h for a few weights, and how many kinks each step crosses."""
    figure, axes = new_figure(7.2, 6.4, 2, 1)
    top, bottom = axes[:, 0]
    for place, one in enumerate(sweeps):
        style = {"linestyle": LINES[place], "color": colour(place, dark), "label": one.name}
        top.plot(STEPS, np.maximum(one.error, 1e-16), **style)
        bottom.plot(STEPS, one.kinks, drawstyle="steps-mid", **style)
    top.set_yscale("log")
    top.set_ylim(1e-16, 1e2)
    top.set_ylabel("relative error")
    top.set_title("Error of the central difference against the step h")
    top.legend(loc="lower left")
    bottom.set_yscale("symlog", linthresh=1)
    bottom.set_ylim(0)
    bottom.set_ylabel("kinks crossed")
    bottom.set_xlabel("step h")
    bottom.set_title("Kinks between w - h and w + h")
    for panel in (top, bottom):
        _mark_step(panel, dark)
    return figure


def _mark_step(axes: Axes, dark: bool) -> None:
    axes.set_xscale("log")
    axes.set_xlim(STEPS[0], STEPS[-1])
    axes.grid(True, alpha=0.6)
    axes.axvline(cnn.STEP, color=ink(dark), linewidth=1, linestyle="--")
    axes.annotate(f"h = {cnn.STEP:g}", (cnn.STEP, axes.get_ylim()[1]), xytext=(4, -12),
                  textcoords="offset points", fontsize=9, color=ink(dark))  # fmt: skip


def _saved(figure: Figure, path: Path) -> Path:
    save(figure, path)
    return path
