"""The linear-regression demo, told step by step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.demos import linear_regression as demo
from minnet.demos.comparison import Comparison
from minnet.demos.linear_regression import INITIAL_W, LEARNING_RATE, STEP, Descent, Problem
from minnet.demos.text import block, heading, paragraph, table, yes

NAMES = [f"w{k}" for k in range(len(INITIAL_W))]


def story(seed: int = 0) -> Iterator[str]:
    """Yield the demo line by line, computing as it goes."""
    problem = demo.make_problem(seed)
    step = demo.descend(problem, INITIAL_W)
    yield "LINEAR REGRESSION: one neuron, and its gradient checked by hand"
    yield from _data(problem)
    yield from _forward(problem, step)
    yield from _gradient(problem, step)
    yield from _step(step)
    yield from _check(problem)
    yield from _layers(problem)
    yield from _training(problem)
    yield from _mistakes(problem)


def comparison_table(found: Comparison, names: list[str]) -> Iterator[str]:
    """Yield the table of a gradient check, a parameter a row."""
    header = ("para-\nmeter", "analytic", "numeric", "difference", "relative\nerror",
              "same\nsign", "matching\ndigits")  # fmt: skip
    rows = [
        (name, f"{a:.11f}", f"{n:.11f}", f"{difference:.1e}", f"{error:.1e}", yes(sign), digits)
        for name, a, n, difference, error, sign, digits in zip(
            names, found.analytic, found.numeric, found.difference, found.relative_error,
            found.same_sign, found.digits, strict=True,
        )
    ]  # fmt: skip
    yield from table(header, rows, indent=0)


def _data(problem: Problem) -> Iterator[str]:
    yield from heading("1. The data and the neuron")
    yield from paragraph(
        f"""There are {len(problem.y)} samples of five features, x1 to x5. A column x0 = 1 in
        front of them carries the bias: its weight w0 is added to every prediction. The neuron
        computes yhat = w0*x0 + w1*x1 + ... + w5*x5, for all samples at once yhat = X @ w. The
        targets y were made with weights that the neuron is not told; it starts from"""
    )
    yield ""
    yield "    w = " + _vector(INITIAL_W)


def _forward(problem: Problem, step: Descent) -> Iterator[str]:
    yield from heading("2. Forward: prediction, error, loss")
    header = ("n", "x0", *NAMES[1:], "y", "yhat", "yhat - y")
    header = tuple(name.replace("w", "x") for name in header)
    rows = [
        (n, f"{x[0]:.0f}", *(f"{v + 0.0:.2f}" for v in x[1:]), f"{y:.3f}", f"{p:.3f}", f"{e:.3f}")
        for n, (x, y, p, e) in enumerate(
            zip(problem.x, problem.y, step.yhat, step.error, strict=True)
        )
    ]
    yield from table(header, rows, indent=0)
    squares = " + ".join(f"{e * e:.3f}" for e in step.error)
    yield from paragraph(f"loss = 1/2 sum (yhat - y)^2 = 1/2 ({squares}) = {step.loss:.6f}")


def _gradient(problem: Problem, step: Descent) -> Iterator[str]:
    yield from heading("3. Backward: the gradient")
    yield from paragraph(
        """Half the square of one error has the slope (yhat - y), the prediction has the slope
        x_k with respect to w_k, and the loss adds the samples up. So the slope of the loss with
        respect to w_k is the sum over the samples of x_k (yhat - y); for all weights at once,
        the gradient is X.T @ (yhat - y). Written out for w1:"""
    )
    terms = (f"({x:.2f})({e:.3f})" for x, e in zip(problem.x[:, 1], step.error, strict=True))
    yield from paragraph(f"dloss/dw1 = {' + '.join(terms)} = {step.gradient[1]:.6f}")
    yield from paragraph("and for w0, where every x is 1, it is the sum of the errors.")


def _step(step: Descent) -> Iterator[str]:
    yield from heading("4. One step of gradient descent")
    yield from paragraph(f"w - lr * gradient, with a learning rate lr = {LEARNING_RATE}:")
    rows = [
        (name, *(f"{value:.6f}" for value in values))
        for name, *values in zip(NAMES, step.w, step.gradient, step.move, step.w_after, strict=True)
    ]
    yield from table(("", "w before", "gradient", "-lr * gradient", "w after"), rows)
    change = "down" if step.loss_after < step.loss else "UP: the step was too long"
    yield from paragraph(f"The loss goes from {step.loss:.6f} to {step.loss_after:.6f}: {change}.")


def _check(problem: Problem) -> Iterator[str]:
    yield from heading("5. Is the gradient right? Measure it")
    up = INITIAL_W + STEP * (np.arange(len(INITIAL_W)) == 1)
    down = INITIAL_W - STEP * (np.arange(len(INITIAL_W)) == 1)
    above, below = demo.loss_at(problem, up), demo.loss_at(problem, down)
    yield from paragraph(
        f"""A gradient is a claim that can be tested without knowing how it was derived: move
        one weight up and down by a little, e = {STEP:g}, and see how the loss changes. For
        w1:"""
    )
    yield ""
    yield f"    loss(w1 + e) = {above:.12f}"
    yield f"    loss(w1 - e) = {below:.12f}"
    yield f"    [loss(w1 + e) - loss(w1 - e)] / 2e = {(above - below) / (2 * STEP):.11f}"
    yield from paragraph("And so for each weight, at the w of the beginning:")
    found = demo.compare(problem, INITIAL_W)
    yield from comparison_table(found, NAMES)
    yield from _verdict(found)


def _verdict(found: Comparison) -> Iterator[str]:
    least = int(found.digits.min())
    right = bool(found.same_sign.all()) and least >= 7
    said = (
        """the formula is right. This loss is a parabola in each weight, for which the central
        difference is exact at any e; what little differs is the round-off of subtracting two
        losses that are equal in most of their digits."""
        if right
        else "something is wrong: a right gradient agrees to 7 digits and more here."
    )
    signs = "All signs agree" if found.same_sign.all() else "Some signs differ"
    yield from paragraph(f"{signs}, and {least} digits match or more: {said}")


def _layers(problem: Problem) -> Iterator[str]:
    yield from heading("6. The same through layers")
    layered = demo.through_layers(problem, INITIAL_W)
    yield from paragraph(
        """Dense(5, 1) computes x @ W + b, where b is our w0 and needs no column of ones, and
        HalfSquaredError is our loss. Their backward passes, chained, give the gradient again:"""
    )
    yield from comparison_table(layered.comparison, ["b", *(f"W{k}" for k in range(1, 6))])
    by_hand = demo.gradient_at(problem, INITIAL_W)
    both = Comparison(by_hand, layered.comparison.analytic)
    apart = np.abs(both.difference) / np.spacing(np.abs(by_hand))
    yield from paragraph(
        f"""The loss by hand and by layers differ by
        {abs(layered.loss - demo.loss_at(problem, INITIAL_W)):.1e}; the two analytic gradients
        share {both.digits.min()} digits or more: they differ by at most {apart.max():.0f} in
        the last place that a float64 has, because sums are added up in another order."""
    )
    yield from paragraph("And this is what minnet's own checker says of that Dense layer:")
    yield from block(str(layered.report))


def _training(problem: Problem) -> Iterator[str]:
    yield from heading("7. Training to convergence")
    trained = demo.train(problem, INITIAL_W)
    last = len(trained.losses) - 1
    shown = sorted({k for k in (0, 1, 10, 100, 1000, 10_000) if k < last} | {last})
    yield from table(("step", "loss"), [(k, f"{trained.losses[k]:.6e}") for k in shown], left=0)
    rows = [
        (name, f"{w:.12f}", f"{true:.1f}", f"{w - true:.1e}")
        for name, w, true in zip(NAMES, trained.w, problem.true_w, strict=True)
    ]
    yield from table(("", "recovered", "true", "difference"), rows)
    off = float(np.abs(trained.w - problem.true_w).max())
    end = "until rounding stopped it" if trained.converged else "and was still moving"
    recovered = "The weights are recovered" if off < 1e-9 else "The weights are NOT recovered yet"
    yield from paragraph(
        f"""Gradient descent took {last} steps, {end}. {recovered}: the largest difference is
        {off:.1e}."""
    )


def _mistakes(problem: Problem) -> Iterator[str]:
    yield from heading("8. What a mistake looks like")
    yield from paragraph(
        """A check is worth something only if it can fail. Here are two mistakes that everybody
        makes once, the table of each, and what minnet's checker says of it."""
    )
    for letter, mistake in zip("ab", demo.make_mistakes(problem, INITIAL_W), strict=True):
        found = mistake.comparison
        yield from paragraph(f"{letter}) {mistake.name}: {mistake.code}")
        yield from comparison_table(found, NAMES)
        yield from paragraph(_reading(found.analytic / found.numeric, found))
        yield from block(str(mistake.report))
    yield from paragraph(
        """The checker's numbers are not those of the tables: it sends a random upstream gradient
        through the neuron instead of this loss's (yhat - y). The mistake is the same."""
    )


def _reading(ratio: Array, found: Comparison) -> str:
    """Say what a failing table shows."""
    most = int(found.digits.max())
    digits = f"at most {most} digits match" if most else "no digit matches"
    signs = int(found.same_sign.sum())
    if np.ptp(ratio) < 1e-6:
        return f"""All {signs} signs agree, but {digits}: analytic / numeric is
            {ratio.mean():.6f} in every row: a constant factor. Training would still work, with
            another learning rate than the one asked for; only a check of the numbers sees it."""
    return f"""{signs} of {len(ratio)} signs agree, {digits}, and analytic / numeric runs from
        {ratio.min():.2f} to {ratio.max():.2f}: no factor explains this."""


def _vector(values: Array) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"
