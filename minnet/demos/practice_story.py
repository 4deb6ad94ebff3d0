"""The rules of thumb for gradient checks, told with their numbers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from minnet.demos import practice
from minnet.demos.cnn import ENOUGH_DIGITS, FEW_DIGITS, STEP, Labelled, Measured, Picks, Point
from minnet.demos.practice import Digits
from minnet.demos.text import heading, paragraph, table


def practice_story(point: Point, found: Measured, data: Labelled, seed: int) -> Iterator[str]:
    """Yield one short section for each rule, computing as it goes."""
    yield from heading("6. The practice that the literature asks for, in numbers")
    yield from paragraph(
        """The list is that of the CS231n course notes on gradient checks. Each rule is tried
        with and without."""
    )
    picks = practice.draw(point, np.random.default_rng(seed))
    yield from _sampling(point, found, picks)
    yield from _precision(point, picks, seed)
    yield from _batch_sizes(point, data)
    yield from _steps(point, data, seed)
    yield from _decay(point, seed)
    yield from _dropout(point, picks, seed)


def _sampling(point: Point, found: Measured, picks: Picks) -> Iterator[str]:
    said = practice.sampling(found, picks)
    start = time.perf_counter()
    practice.checked(point, picks, STEP)
    seconds = time.perf_counter() - start
    yield from paragraph(
        f"""A random sample of the elements is enough, if it is drawn from each parameter:
        {practice.SAMPLE} each (or all, where there are fewer) take {seconds:.2f} s."""
    )
    rows = [_row("all", said.everything), _row("sample", said.sample)]
    yield from table(("", "elements", "least", "median", f"below {ENOUGH_DIGITS}"), rows)
    yield from paragraph(
        f"""Drawn from the network as a whole instead, as many would hold no bias of the first
        layer at all with a chance of {said.without_bias:.0%}. And a sample misses one wrong
        filter of the first layer with a chance of {said.misses_filter:.1%}; that is why minnet
        first moves whole tensors along random directions, which no element escapes. (Below,
        the sample is used; elements that are exactly 0 both ways are not counted.)"""
    )


def _row(name: str, digits: Digits) -> tuple[str, int, int, str, int]:
    return name, digits.total, digits.least, f"{digits.median:g}", digits.few


def _precision(point: Point, picks: Picks, seed: int) -> Iterator[str]:
    rows = practice.precision(point, picks, seed)
    yield from paragraph("Use float64. The same weights, the same images:")
    cells = [
        (
            r.dtype,
            f"{r.step:g}",
            r.digits.least,
            f"{r.digits.median:g}",
            f"{r.digits.norm_ratio:.0e}",
        )
        for r in rows
    ]
    yield from table(("", "h", "least", "median", "norm ratio"), cells)
    first, *rest = rows
    lost = first.digits.median - max(row.digits.median for row in rest)
    yield from paragraph(
        f"""float32 costs {lost:g} digits at the median, at whichever of the steps; a looser
        tolerance would hide mistakes as well."""
    )


def _batch_sizes(point: Point, data: Labelled) -> Iterator[str]:
    rows = practice.batch_sizes(point.model, data)
    yield from paragraph(
        f"""Use few data points: fewer images, fewer kinks. The {rows[0].weights} weights of the
        first layer:"""
    )
    header = (
        "images",
        "steps that\ncross a kink",
        "fewest\ndigits",
        f"weights with\n{FEW_DIGITS} or fewer",
    )
    cells = [(row.images, row.crossing, row.fewest, row.few) for row in rows]
    yield from table(header, cells, left=0)


def _steps(point: Point, data: Labelled, seed: int) -> Iterator[str]:
    rows = practice.training_steps(point, data, seed)
    yield from paragraph(
        """Check after a few steps of training, not at the start. There the biases are 0, and
        where the image is blank the first ReLUs sit exactly on their kink, so that the central
        difference takes half of a slope:"""
    )
    header = ("steps", "ReLUs exactly\non the kink", "of", "digits of conv 1's b:\nleast", "median")
    cells = [(r.steps, r.on_kink, r.units, r.bias.least, f"{r.bias.median:g}") for r in rows]
    yield from table(header, cells, left=0)


def _decay(point: Point, seed: int) -> Iterator[str]:
    rows = practice.weight_decay(point, seed)
    yield from paragraph(
        """Check without weight decay first. A strong penalty's gradient, which is right, drowns
        that of the data. The norm ratio of conv 1's W, right and with its kernels flipped (a
        real mistake):"""
    )
    cells = [(f"{r.strength:g}", f"{r.right:.1e}", f"{r.flipped:.1e}") for r in rows]
    yield from table(("decay", "right", "flipped"), cells, left=0)
    fold = rows[0].flipped / rows[-1].flipped
    yield from paragraph(
        f"""With a decay of {rows[-1].strength:g} the mistake looks {fold:.0f} times smaller.
        Check with the decay too, but second: that its own gradient was not forgotten."""
    )


def _dropout(point: Point, picks: Picks, seed: int) -> Iterator[str]:
    found = practice.dropout(point, picks, seed)
    yield from paragraph(
        """Freeze dropout: two losses with different masks differ by far more than a step does.
        The network with Dropout(0.5) before its dense layer:"""
    )
    rows = [
        (name, d.total, d.least, f"{d.median:g}", f"{d.norm_ratio:.0e}")
        for name, d in (("masks drawn anew", found.free), ("masks frozen", found.frozen))
    ]
    yield from table(("", "elements", "least", "median", "norm ratio"), rows)
