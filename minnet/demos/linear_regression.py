"""Linear regression with one neuron: its gradient by hand, by difference, and by layers.

Features x1 to x5, and x0 = 1, which carries the bias w0. The prediction is ``yhat = X @ w``,
the loss ``1/2 sum (yhat - y)^2`` and its gradient ``X.T @ (yhat - y)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.datasets import linear_data
from minnet.demos.comparison import Comparison
from minnet.gradcheck.checks import check_layer
from minnet.layers import Dense, Layer
from minnet.losses import HalfSquaredError
from minnet.report.report import Report

INITIAL_W = np.array([0.1, -0.2, 0.3, -0.4, 0.5, -0.6])
SAMPLES = 12
STEP = 1e-4  # the e of [loss(w + e) - loss(w - e)] / 2e
LEARNING_RATE = 0.01
MOST_STEPS = 200_000


@dataclass(frozen=True)
class Problem:
    """The data: x (N, 6) with x0 = 1, y (N,), and the weights (6,) that made y of x."""

    x: Array
    y: Array
    true_w: Array


@dataclass(frozen=True)
class Descent:
    """One step of gradient descent with every value kept."""

    w: Array
    yhat: Array
    error: Array
    loss: float
    gradient: Array
    move: Array
    w_after: Array
    loss_after: float


@dataclass(frozen=True)
class Layered:
    """The same gradient through `Dense` and `HalfSquaredError`, in the order w0 ... w5."""

    loss: float
    comparison: Comparison
    report: Report


@dataclass(frozen=True)
class Trained:
    """Where gradient descent ended, and the loss before every step."""

    w: Array
    losses: Array
    converged: bool


@dataclass(frozen=True)
class Mistake:
    """A wrong gradient: how it was coded, its table, and what the checker says of it."""

    name: str
    code: str
    comparison: Comparison
    report: Report


def make_problem(seed: int = 0) -> Problem:
    """Return features of two decimals, so that a reader can follow the sums by hand."""
    x, _, true_w = linear_data(SAMPLES, ones=True, rng=seed)
    x = x.round(2)
    return Problem(x, (x @ true_w).round(3), true_w)


def loss_at(problem: Problem, w: Array) -> float:
    """Return ``1/2 sum (yhat - y)^2``."""
    return float(0.5 * np.sum((problem.x @ w - problem.y) ** 2))


def gradient_at(problem: Problem, w: Array) -> Array:
    """Return ``X.T @ (yhat - y)``: every sample's error times its features, summed."""
    return np.asarray(problem.x.T @ (problem.x @ w - problem.y))


def descend(problem: Problem, w: Array) -> Descent:
    """Make one step of gradient descent and keep every value of it."""
    yhat = problem.x @ w
    error = yhat - problem.y
    gradient = problem.x.T @ error
    move = -LEARNING_RATE * gradient
    after = w + move
    loss, loss_after = loss_at(problem, w), loss_at(problem, after)
    return Descent(w, yhat, error, loss, gradient, move, after, loss_after)


def slopes(loss: Callable[[Array], float], w: Array, e: float = STEP) -> Array:
    """Return ``[loss(w + e) - loss(w - e)] / 2e`` for each weight in turn.

    Examples
    --------
    >>> slopes(lambda w: float(w @ w), np.array([1.0, -2.0]), e=0.5)
    array([ 2., -4.])
    """
    found = np.zeros(len(w))
    for k in range(len(w)):
        up, down = w.copy(), w.copy()
        up[k] += e
        down[k] -= e
        found[k] = (loss(up) - loss(down)) / (2 * e)
    return found


def compare(problem: Problem, w: Array) -> Comparison:
    """Return the gradient by formula and by differences."""
    return Comparison(gradient_at(problem, w), slopes(lambda w: loss_at(problem, w), w))


def through_layers(problem: Problem, w: Array) -> Layered:
    """Compute the same with a `Dense` layer, whose ``b`` is w0, and a loss."""
    layer, loss = Dense(5, 1), HalfSquaredError()
    features, target = problem.x[:, 1:], problem.y[:, None]

    def value(w: Array) -> float:
        layer.b, layer.W = w[:1].copy(), w[1:, None].copy()
        return loss(layer(features), target)

    numeric = slopes(value, w)
    at_w = value(w)
    layer.backward(loss.backward())
    analytic = np.concatenate([layer.db, layer.dW[:, 0]])
    return Layered(at_w, Comparison(analytic, numeric), check_layer(layer, features))


def train(problem: Problem, w: Array) -> Trained:
    """Descend until rounding stops it, or MOST_STEPS.

    The learning rate is 1 / (largest eigenvalue of X.T @ X): twice that would diverge.
    """
    lr = 1.0 / float(np.linalg.eigvalsh(problem.x.T @ problem.x)[-1])
    losses = [loss_at(problem, w)]
    for _ in range(MOST_STEPS):
        move = lr * gradient_at(problem, w)
        w = w - move
        losses.append(loss_at(problem, w))
        if np.abs(move).max() < 1e-15 * np.abs(w).max():
            return Trained(w, np.array(losses), True)
    return Trained(w, np.array(losses), False)


class Neuron(Layer):
    """One linear neuron, ``yhat = x @ w``."""

    parameters = ("w",)

    def __init__(self, w: Array) -> None:
        self.w = w

    def forward(self, x: Array) -> Array:  # (N, 6) -> (N,)
        self.x = x
        return x @ self.w

    def backward(self, dout: Array) -> Array:  # (N,) -> (N, 6)
        self.dw = self.x.T @ dout
        return dout[:, None] * self.w


class DoubledNeuron(Neuron):
    """A mistake: the 2 of the square is kept, although the 1/2 of the loss has cancelled it."""

    def backward(self, dout: Array) -> Array:
        self.dw = 2 * self.x.T @ dout
        return dout[:, None] * self.w


class ForgetfulNeuron(Neuron):
    """A mistake: the samples' contributions are not added up, the last one overwrites all."""

    def backward(self, dout: Array) -> Array:
        for n in range(len(dout)):
            self.dw = self.x[n] * dout[n]
        return dout[:, None] * self.w


def make_mistakes(problem: Problem, w: Array) -> list[Mistake]:
    """Return the two mistakes, each with its table and the checker's report."""
    numeric = compare(problem, w).numeric
    found = []
    for kind, name, code in (
        (DoubledNeuron, "the factor 2", "dw = 2 * X.T @ (yhat - y)"),
        (ForgetfulNeuron, "the forgotten sum", "for n in range(N): dw = X[n] * (yhat - y)[n]"),
    ):
        neuron = kind(w.copy())
        neuron.backward(neuron.forward(problem.x) - problem.y)
        report = check_layer(kind(w.copy()), problem.x)
        found.append(Mistake(name, code, Comparison(neuron.dw, numeric), report))
    return found
