"""The demo of a convolutional network, told step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minnet.arrays import Array
from minnet.datasets import load_digits
from minnet.demos import cnn
from minnet.demos.cnn import CAUSES, ENOUGH_DIGITS, STEP, Measured, Point, Remeasured
from minnet.demos.practice_story import practice_story
from minnet.demos.text import block, count, heading, paragraph, span, table, yes
from minnet.demos.training import Trained, train
from minnet.layers import Sequential
from minnet.report.report import Report

#: how many weights of a layer are shown one by one
SHOWN, MOST_KINKS = 4, 12


@dataclass(frozen=True)
class Kept:
    """What the demo has found, for the pictures."""

    point: Point
    found: Measured
    trained: Trained


def story(seed: int = 0, kept: list[Kept] | None = None) -> Iterator[str]:
    """Yield the demo line by line, computing as it goes; `kept` receives what it found."""
    data, held_out = load_digits(seed=seed)
    model = cnn.build(seed)
    cnn.warm_up(model, data, cnn.WARM_UP_STEPS, seed)
    yield "CONVOLUTIONAL NETWORK: how close is close enough?"
    yield from _introduction(model, len(data[0]), len(held_out[0]))
    point, tried = cnn.find_batch(model, data)
    found = cnn.measure(point)
    yield from _fixed_step(found, tried)
    noise = cnn.loss_noise(point, seed)
    found = cnn.explain(point, found, noise)
    yield from _causes(found, noise)
    suspects = found.where(found.cause != "")
    yield from _kinks(point, suspects.where(suspects.cause == "kink"))
    remeasured = cnn.remeasure(point, suspects, seed)
    links = cnn.check_links(point, seed)
    yield from _remeasured(suspects, remeasured, links)
    yield from practice_story(point, found, data, seed)
    trained = train(data, held_out, seed)
    yield from _training(trained)
    yield from _answer(found, suspects, remeasured, links, trained)
    if kept is not None:
        kept.append(Kept(point, found, trained))


def fewest_first(found: Measured, rows: Array) -> Array:
    """Return some rows, those with the fewest digits first."""
    order = np.argsort(found.comparison.digits[rows], kind="stable")
    return np.asarray(rows[order])


def _introduction(model: Sequential, images: int, held_out: int) -> Iterator[str]:
    size = sum(W.size for W in model.named_parameters().values())
    yield from heading("1. The network and the question")
    yield from paragraph(
        f"""The data are 8 x 8 images of handwritten digits: {images} to train on, {held_out}
        held out. The network has {size} weights; its last layer's 10 outputs go into a softmax
        with cross-entropy, the loss:"""
    )
    rows = [(k, repr(layer)) for k, layer in enumerate(model.layers)]
    yield from table(("", "layer"), rows, left=2)
    yield from paragraph(
        """A practitioner who had checked such a network asked: for the fully connected and
        the later conv layers 9 to 13 digits match between analytic and numeric gradient, for
        the first conv layer sometimes 12, sometimes only 3. How close is close enough, and is
        it a bug?"""
    )


def _fixed_step(found: Measured, tried: int) -> Iterator[str]:
    yield from heading("2. The usual check: every weight, one fixed step")
    which = "the first batch of the training data."
    if tried > 1:
        which = f"""batch {tried} of the training data: in those before it no step of a weight
        of the first layer crosses a kink."""
    yield from paragraph(
        f"""Each of the {len(found)} weights is moved to w + h and w - h, h = {STEP:g}, and the
        loss of the whole network on {cnn.BATCH} images taken at both:
        [loss(w + h) - loss(w - h)] / 2h, in float64, after {cnn.WARM_UP_STEPS} steps of
        training. The images are {which}"""
    )
    yield from layer_table(found)
    yield from paragraph(
        """"exactly 0": the gradient is 0 both ways (a pixel that is always blank, a unit that
        never fires); such weights are left out of the columns to the right. The norm ratio is
        ||a - n|| / ||a + n||, the max ratio the greatest |a - n| / max(|a|, |n|). Some weights
        of each layer, those with the fewest digits first and the one with the most last:"""
    )
    yield from weight_table(_some_of_each(found))


def layer_table(found: Measured) -> Iterator[str]:
    """Yield a row for each layer: how many digits match."""
    header = ("layer", "weights", "exactly\n0", "same\nsign", "least", "digits\nmedian", "most",
              "norm\nratio", "max\nratio")  # fmt: skip
    rows = []
    for name in dict.fromkeys(found.layer.tolist()):
        rest = found.where(found.layer == name)
        zero = (rest.analytic == 0) & (rest.numeric == 0)
        some = rest.where(~zero).comparison
        digits = some.digits
        rows.append(
            (name, len(rest), int(zero.sum()), int(some.same_sign.sum()), digits.min(),
             f"{np.median(digits):g}", digits.max(), f"{some.norm_ratio:.1e}",
             f"{some.max_ratio:.1e}")
        )  # fmt: skip
    yield from table(header, rows)


def weight_table(found: Measured) -> Iterator[str]:
    """Yield a row for each weight: analytic, numeric, difference, sign, digits."""
    header = ("layer", "weight", "analytic", "numeric", "difference", "same\nsign",
              "matching\ndigits")  # fmt: skip
    c = found.comparison
    rows = [
        (found.layer[k], weight_name(found, k), f"{c.analytic[k]:.9e}", f"{c.numeric[k]:.9e}",
         f"{c.difference[k]:.0e}", yes(c.same_sign[k]), c.digits[k])
        for k in range(len(found))
    ]  # fmt: skip
    yield from table(header, rows, left=2, indent=0)


def weight_name(found: Measured, row: int) -> str:
    """Return a weight's name and index, ``W[20]``: the index is that of the flattened array."""
    return f"{found.parameter[row].split('.')[1]}[{found.flat[row]}]"


def _some_of_each(found: Measured) -> Measured:
    chosen: list[int] = []
    for name in dict.fromkeys(found.layer.tolist()):
        rows = np.flatnonzero((found.layer == name) & (found.analytic != 0))
        order = fewest_first(found, rows)
        chosen += [*order[: SHOWN - 1], order[-1]]
    return found.where(np.array(chosen))


def _causes(found: Measured, noise: float) -> Iterator[str]:
    yield from heading("3. What took the digits? Measure that, too")
    yield from paragraph(
        f"""Three things can. The step crosses a kink: a ReLU changes its sign, or a max-pool
        its winner, between w - h and w + h; then the difference mixes two slopes. Round-off:
        the loss carries a noise of {noise:.1e} (measured), which the division by 2h turns into
        {cnn.round_off(noise):.1e} in the slope, whatever the slope is, so that a small gradient
        keeps few digits. A step too long: the loss is curved, and half the step gives a
        difference that fits the next term of the Taylor series. Of the weights with fewer than
        {ENOUGH_DIGITS} digits:"""
    )
    layers = list(dict.fromkeys(found.layer.tolist()))
    rows = []
    for cause in CAUSES:
        mine = found.where(found.cause == cause)
        c = mine.comparison
        spread = span(c.digits.min(), c.digits.max()) if len(mine) else "-"
        size = f"{np.median(np.abs(mine.analytic)):.0e}" if len(mine) else "-"
        off = f"{np.abs(c.difference).max():.0e}" if len(mine) else "-"
        per_layer = (int((mine.layer == layer).sum()) for layer in layers)
        rows.append((cause, *per_layer, spread, size, off))
    header = ("cause", *layers, "digits", "median\n|gradient|", "largest\n|difference|")
    yield from table(header, rows)
    unexplained = int((found.cause == "unexplained").sum())
    yield from paragraph(
        f"""{count(unexplained, "weight").capitalize()} of {len(found)} left unexplained: a
        difference counts as round-off within {cnn.STANDARD_ERRORS:g} standard errors of it,
        as a kink only where one was seen to be crossed."""
    )


def _kinks(point: Point, found: Measured) -> Iterator[str]:
    yield from heading("4. The kinks, one by one, and the proof")
    if not len(found):
        yield from paragraph("On these images no kink takes a digit from any weight.")
        return
    cures = cnn.cure(point, found)
    yield from paragraph(
        f"""If the kinks are to blame, then nailing the branches down must cure it: let every
        ReLU keep the sign and every max-pool the winner that it has at w ("held"), and repeat
        the very same differences with the very same step. A step too short to reach the kink
        should help, too (h/{cnn.SHORTER}), as far as its greater round-off allows, and so should
        fewer images ({cnn.FEW_IMAGES}), among which a kink so close is rarer:"""
    )
    header = ("layer", "weight", "ReLUs\ncrossed", "max-pools\ncrossed", "difference",
              "digits:\nas it was", "\nheld", f"\nh/{cnn.SHORTER}",
              f"{cnn.FEW_IMAGES}\nimages")  # fmt: skip
    c = found.comparison
    rows = [
        (found.layer[k], weight_name(found, k) + "*" * int(cures.on_kink[k]), found.relu[k],
         found.pool[k],
         f"{c.difference[k]:.0e}", c.digits[k], cures.held.digits[k], cures.shorter.digits[k],
         cures.fewer.digits[k])
        for k in fewest_first(found, np.arange(len(found)))[:MOST_KINKS]
    ]  # fmt: skip
    yield from table(header, rows, left=2, indent=0)
    taken = point.branches()
    relus, windows = (
        sum(units.size for units in layer.values()) for layer in (taken.signs, taken.winners)
    )
    stuck = int(cures.on_kink.sum())
    if stuck:
        yield from paragraph(
            f"""{count(stuck, "weight").capitalize()} of these (marked *) sits exactly on a kink:
            a bias that no image has moved from 0 yet, so that its ReLUs are at 0 wherever the
            image is blank. There is no derivative there, only a slope to either side; backward
            takes one of them, the difference their mean, and neither a shorter step nor fewer
            images can help."""
        )
    least = int(cures.held.digits.min())
    more = f" and in the {len(found) - MOST_KINKS} not shown" if len(found) > MOST_KINKS else ""
    verdict = (
        "It is the check that is wrong here, not the gradient"
        if least > c.digits.max()
        else "But the kinks alone do NOT explain this"
    )
    yield from paragraph(
        f"""On {len(point.x)} images there are {relus} ReLUs and {windows} windows, and one that
        is closer to its kink than the step is enough. {verdict}: with the branches held, {least}
        digits match or more in every row{more}."""
    )


def _remeasured(found: Measured, again: Remeasured, links: Report) -> Iterator[str]:
    yield from heading("5. minnet's own measurement of the same weights")
    yield from paragraph(
        f"""minnet takes each layer alone, at the input and the upstream gradient that it has
        here: a convolution has no kink. Every output gets the step at which its own error bar
        is smallest. All {len(found)} weights of section 3 again, some of them:"""
    )
    header = ("layer", "weight", "fixed h:\ndigits", "cause", "minnet's value", "+- bar",
              "minnet:\ndigits")  # fmt: skip
    rows_of = {cause: np.flatnonzero(found.cause == cause) for cause in CAUSES}
    some = [k for rows in rows_of.values() for k in fewest_first(found, rows)[:SHOWN]]
    rows = [
        (found.layer[k], weight_name(found, k), found.comparison.digits[k], found.cause[k],
         f"{again.comparison.numeric[k]:.10e}", f"{again.error_bar[k]:.0e}",
         again.comparison.digits[k])
        for k in some
    ]  # fmt: skip
    yield from table(header, rows, left=2)
    digits = again.comparison.digits
    least = int(digits.min(initial=16))
    yield from paragraph(
        f"""Over all {len(found)}: at least {least} digits match, the median is
        {np.median(digits):g}; {again.within.sum()} of {len(found)} lie within their error
        bars."""
    )
    few = digits < ENOUGH_DIGITS
    if few.any():
        size = np.abs(found.analytic[few]).max()
        verdict = (
            f"""gradients of {size:.0e} and less, sums whose terms all but cancel, and the error
            bar says that no more digits can be had"""
            if again.within[few].all() and not again.resolved[few].any()
            else "MORE should match there"
        )
        yield from paragraph(
            f"""{count(int(few.sum()), "weight").capitalize()} with fewer than {ENOUGH_DIGITS}:
            {verdict}."""
        )
    yield from paragraph(
        """The upstream gradients were backward's own, so they have to be checked as well: that
        of each layer is the dx of the next. check_model does, with random upstream gradients,
        and then the whole network end to end, here on images with a little noise added: on
        blank paper the values in a max-pool's window tie."""
    )
    yield from block(str(links))


def _training(trained: Trained) -> Iterator[str]:
    yield from heading("7. Train it")
    history = trained.history
    last = len(history.loss)
    shown = [k for k in range(1, last + 1) if k in (1, 2, 5, 10) or k % 5 == 0 or k == last]
    rows = [
        (k, f"{history.loss[k - 1]:.4f}", f"{history.accuracy[k - 1]:.2%}",
         f"{history.validation_accuracy[k - 1]:.2%}")
        for k in shown
    ]  # fmt: skip
    yield from table(("epoch", "loss", "accuracy", "held-out"), rows, left=0)
    accuracy = trained.accuracy
    goal = "the 97 % asked for" if accuracy >= 0.97 else "BELOW the 97 % asked for"
    yield from paragraph(
        f"""{trained.optimizer} in float32, batches of {trained.batch_size}: after {last} epochs
        and {trained.seconds:.1f} s, {trained.right} of {trained.total} held-out digits are
        right, {accuracy:.1%}: {goal}."""
    )


def _answer(
    found: Measured, suspects: Measured, again: Remeasured, links: Report, trained: Trained
) -> Iterator[str]:
    yield from heading("8. The answer")
    kink, rest = suspects.where(suspects.cause == "kink"), suspects.where(suspects.cause != "kink")
    unexplained = int((suspects.cause == "unexplained").sum())
    least = int(again.comparison.digits.min(initial=16))
    if unexplained or not again.within.all() or not links:
        yield from paragraph(
            f"""{count(unexplained, "weight").capitalize()} without an explanation, and minnet's
            measurement agrees to {least} digits, and check_model's verdict is {links.verdict}:
            look there before trusting this gradient."""
        )
        return
    yield from paragraph("Is it a bug? Not here.")
    if len(kink):
        digits, first = kink.comparison.digits, int((kink.layer == "conv 1").sum())
        yield from paragraph(
            f"""The few digits are a kink's doing: for {count(len(kink), "weight")} of
            {len(found)}, {first} of them in the first layer, the step crossed one, and
            {span(digits.min(), digits.max())} matching digits were left. Which
            weights these are depends on the images, hence "sometimes". A weight of the first
            layer moves every later activation, and so has the most kinks within its reach; one
            of the last layer has none."""
        )
    low = rest.comparison.digits.min(initial=ENOUGH_DIGITS)
    yield from paragraph(
        f"""The others with fewer than {ENOUGH_DIGITS} digits ({len(rest)}, down to {low} digits)
        have small gradients beside the round-off of the loss, or a step too long for their
        curvature. A shorter h makes the one worse, a longer h the other."""
    )
    yield from paragraph(
        f"""How close is close enough? As close as the numeric gradient is sure of itself, which
        differs from weight to weight: no single number of digits will do. Compare with an error
        bar instead. Measured so, the same weights agree to {least} digits and more, and a
        mistake larger than the bar shows. If all you have is a fixed step: look at the weights
        that stand out, shorten h, and take other images. A bug stays; a kink goes away
        (section 4)."""
    )
    yield from paragraph(
        f"""And the network with these gradients learns: {trained.accuracy:.1%} on digits that it
        has never seen."""
    )
