"""Does each call stand alone? One chain of calls asks it for all of them together.

Most code keeps nothing of the calls before, and shows it by answering the whole chain to the last
bit. Where a bit differs, the questions are put one by one, to find out what it is.
"""

from __future__ import annotations

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, output_vector, split_like
from minnet.gradcheck.contract.findings import Examination, Gradients, copied, other_values
from minnet.gradcheck.contract.history import (
    check_history,
    check_other_instance,
    check_second_backward,
)
from minnet.gradcheck.contract.upstream import SCALED, check_upstream
from minnet.gradcheck.measure.bars import Precision
from minnet.gradcheck.randomness import random_upstream
from minnet.gradcheck.verdict.claims import as_gradients

QUESTIONS = (check_upstream, check_history, check_other_instance, check_second_backward)


def check_calls(asked: Examination) -> None:
    """Is backward linear in dout, whatever was called before, and however often it is called?"""
    asked.contract.remembers = not _nothing_shows(asked)
    for question in QUESTIONS if asked.contract.remembers else ():
        try:
            question(asked)
        except CodeError:
            continue


def _nothing_shows(asked: Examination) -> bool:
    """Return whether a chain of calls says that nothing is wrong; it may fail to say so."""
    case, contract = asked.case, asked.contract
    mutates = any(warning.code.startswith("mutates") for warning in contract.warnings)
    if case.is_random or mutates or contract.gradients:
        return False
    rng = asked.rng.spawn(1)[0]  # what the questions draw one by one stays the same
    values, dout = other_values(case, rng), asked.dout
    if not case.is_loss:
        dout = random_upstream((dout,), rng)
    precision = asked.claims.probe.precision  # measured before: it takes calls as well
    try:
        other, cases = case.another(), case.with_other_integers(rng)
        return all(_answers(asked, there, other, values, dout, precision) for there in cases)
    except CodeError:
        return False


def _answers(
    asked: Examination,
    there: Case,
    other: Case,
    values: Gradients,
    dout: Array,
    precision: Precision,
) -> bool:
    """Return whether calls here (A) and at `values` (B) give what each gives by itself.

    Forward B, backward, forward B for an evaluation, forward A, forward B on another object,
    backward A three times, forward B and backward: A and B are handed the same arrays, with other
    contents, and so are their backward passes.
    """
    case = asked.case
    fresh = there.run(values)
    wanted_output = output_vector(fresh).copy()
    wanted = asked.claimed(fresh, dout)
    there.run(values, restore=False)
    buffers = {name: case.variables[name].copy() for name in case.inputs}
    run = case.run(buffers, as_given=True, restore=False)
    if other is not case:
        other.run(values, restore=False)  # what they share stays
    if not np.array_equal(output_vector(run), asked.claims.probe.base):
        return False
    upstream = split_like(asked.dout, run.outputs)
    if case.is_loss:
        once = _same(asked.claimed(run), asked.given)
    else:
        once = _is_linear(asked, run, dout, precision)
    again = as_gradients(copied(run.backward(upstream)), case.variables)
    if not (once and _same(again, asked.given)):
        return False
    for name, buffer in buffers.items():
        np.copyto(buffer, values[name])
    second = there.run(values | buffers, as_given=True, restore=False)
    for d, new in zip(upstream, split_like(dout, second.outputs), strict=True):
        np.copyto(d, new)
    got = as_gradients(copied(second.backward(upstream)), case.variables)
    return np.array_equal(output_vector(second), wanted_output) and _same(got, wanted)


def _same(one: Gradients, other: Gradients) -> bool:
    return one.keys() == other.keys() and all(map(np.array_equal, one.values(), other.values()))


def _is_linear(asked: Examination, run: Run, other: Array, precision: Precision) -> bool:
    """Return whether two backward passes show that a gradient is linear in dout.

    One for a large dout, and one for a small sum of two. What is added without dout shows as well.
    """
    large = asked.claimed(run, SCALED * other)
    small = asked.claimed(run, (asked.dout + other) / SCALED)
    if not large.keys() == small.keys() == asked.given.keys():
        return False
    for name, gradient in asked.given.items():
        at_other = large[name] / SCALED
        allowed = precision.round_off(np.abs(gradient) + np.abs(at_other))
        if not np.all(np.abs(SCALED * small[name] - gradient - at_other) <= allowed):
            return False
    return True
