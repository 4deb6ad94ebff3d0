"""Does each call stand alone? One chain of calls asks it for all of them together.

Most code keeps nothing of the calls before, and shows it by answering the whole chain to the last
bit. Where a bit differs, the questions are put one by one, to find out what it is.
"""

from __future__ import annotations

import contextlib

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, output_vector, split_like
from minnet.gradcheck.contract.findings import Examination, Gradients, other_values
from minnet.gradcheck.contract.history import (
    check_history,
    check_other_instance,
    check_second_backward,
)
from minnet.gradcheck.contract.upstream import SCALED, check_upstream
from minnet.gradcheck.randomness import random_upstream
from minnet.gradcheck.verdict.claims import as_gradients

QUESTIONS = (check_upstream, check_history, check_other_instance, check_second_backward)


def check_calls(asked: Examination) -> None:
    """Is backward linear in dout, whatever was called before, and however often it is called?"""
    bits = asked.rng.bit_generator
    before = bits.state
    with contextlib.suppress(CodeError):
        asked.contract.remembers = not _nothing_shows(asked)
    if not asked.contract.remembers:
        return
    bits.state = before
    for question in QUESTIONS:
        with contextlib.suppress(CodeError):
            question(asked)


def _nothing_shows(asked: Examination) -> bool:
    """Return whether a chain of calls says that nothing is wrong; it may fail to say so.

    What is drawn for it is what the questions draw one by one.
    """
    case, contract, rng = asked.case, asked.contract, asked.rng
    mutates = any(warning.code.startswith("mutates") for warning in contract.warnings)
    if case.is_random or mutates or contract.gradients:
        return False
    linear = None if case.is_loss else _Linear(asked, random_upstream((asked.dout,), rng))
    values, dout = other_values(case, rng), asked.dout
    if not case.is_loss:
        dout = random_upstream((dout,), rng)
    cases, other = case.with_other_integers(rng), case.another()
    if other is not case:
        other_values(case, rng)
    return all(_answers(asked, there, other, values, dout, linear) for there in cases)


def _answers(
    asked: Examination,
    there: Case,
    other: Case,
    values: Gradients,
    dout: Array,
    linear: _Linear | None,
) -> bool:
    """Return whether calls here (A) and at `values` (B) give what each gives by itself.

    Forward B, backward, forward B for an evaluation, forward A, forward B on another object,
    backward A three times, forward B and backward: A and B are handed the same arrays, with other
    contents, and so are their backward passes.
    """
    case = asked.case
    fresh = there.run(values)
    wanted_output = output_vector(fresh).copy()
    if wanted_output.shape != asked.dout.shape:
        return False
    wanted = asked.claimed(fresh, dout)
    there.run(values, restore=False)
    buffers = {name: case.variables[name].copy() for name in case.inputs}
    run = case.run(buffers, as_given=True, restore=False)
    if other is not case:
        other.run(values, restore=False)  # what they share stays
    if not np.array_equal(output_vector(run), asked.claims.probe.base):
        return False
    upstream = split_like(asked.dout, run.outputs)
    once = linear.holds(run) if linear else _same(asked.claimed(run), asked.given)
    again = as_gradients(run.backward(upstream), case.variables)
    if not (once and _same(again, asked.given)):
        return False
    for name, buffer in buffers.items():
        np.copyto(buffer, values[name])
    second = there.run(values | buffers, as_given=True, restore=False)
    for d, new in zip(upstream, split_like(dout, second.outputs), strict=True):
        np.copyto(d, new)
    got = as_gradients(second.backward(upstream), case.variables)
    return np.array_equal(output_vector(second), wanted_output) and _same(got, wanted)


def _same(one: Gradients, other: Gradients) -> bool:
    return one.keys() == other.keys() and all(map(np.array_equal, one.values(), other.values()))


class _Linear:
    """Two backward passes that show whether a gradient is linear in dout.

    One is for a large dout, one for a small sum of two. What is added without dout shows as well.
    """

    def __init__(self, asked: Examination, other: Array) -> None:
        self._asked, self._other = asked, other
        self._precision = asked.claims.probe.precision  # before the chain: it takes calls as well

    def holds(self, run: Run) -> bool:
        asked = self._asked
        large = asked.claimed(run, SCALED * self._other)
        small = asked.claimed(run, (asked.dout + self._other) / SCALED)
        if not large.keys() == small.keys() == asked.given.keys():
            return False
        for name, gradient in asked.given.items():
            at_other = large[name] / SCALED
            allowed = self._precision.round_off(np.abs(gradient) + np.abs(at_other))
            if not np.all(np.abs(SCALED * small[name] - gradient - at_other) <= allowed):
                return False
        return True
