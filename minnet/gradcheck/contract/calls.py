"""Does each call stand alone? One chain of calls asks it, and what else it can, all together.

Most code keeps nothing of the calls before, and shows it by answering in the chain as it does by
itself. Where it does not, the questions are put one by one, to find out what it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, output_vector, split_like
from minnet.gradcheck.contract.extremes import unusual
from minnet.gradcheck.contract.findings import Examination, Gradients, other_values
from minnet.gradcheck.contract.history import (
    check_history,
    check_other_instance,
    check_second_backward,
)
from minnet.gradcheck.contract.passes import check_same_twice
from minnet.gradcheck.contract.upstream import SCALED, check_upstream
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.randomness import random_upstream
from minnet.gradcheck.second_point import unfriendly
from minnet.gradcheck.verdict.claims import as_gradients
from minnet.gradcheck.verdict.screen import agree_at_a_glance
from minnet.records import dataclass

QUESTIONS = (check_upstream, check_history, check_other_instance, check_second_backward)


def check_calls(asked: Examination) -> None:
    """Is backward the same twice, linear in dout, and what it is whatever was called before?"""
    bits = asked.rng.bit_generator
    before = bits.state
    with contextlib.suppress(CodeError):
        asked.contract.remembers = not _nothing_shows(asked)
    if not asked.contract.remembers:
        return
    asked.contract.right_elsewhere = False
    bits.state = before
    check_same_twice(asked.case, asked.contract)
    for question in QUESTIONS:
        with contextlib.suppress(CodeError):
            question(asked)


def _nothing_shows(asked: Examination) -> bool:
    """Return whether a chain of calls says that nothing is wrong; it may fail to say so."""
    case, contract, rng = asked.case, asked.contract, asked.rng
    mutates = any(warning.code.startswith("mutates") for warning in contract.warnings)
    if case.is_random or mutates or contract.gradients:
        return False
    douts = (asked.dout, asked.dout)
    if not case.is_loss:
        turned = random_upstream((asked.dout,), rng)
        douts = SCALED * turned, (asked.dout + turned) / SCALED
        asked.claims.probe.precision  # noqa: B018  before the chain: it takes calls as well
    values = other_values(case, rng)
    cases, other = case.with_other_integers(rng), case.another()
    theirs = {} if other is case else other_values(case, rng)
    contract.right_elsewhere = asked.claims.probe.step is None
    chains = (_Chain(asked, there, values, other, theirs, douts) for there in cases)
    return all(chain.answers() for chain in chains)


@dataclass(frozen=True, eq=False)
class _Chain:
    """Calls at the case's own point (A), between calls at quite other `values` (B).

    B is a case of its own, `there`: it may have other integers. `other` is the case on another
    object, with values of `theirs`; or the case itself. `douts` are upstream gradients for A: a
    large one, and a small sum of that and the usual one; for a loss, the usual one.
    """

    asked: Examination
    there: Case
    values: Gradients
    other: Case
    theirs: Gradients
    douts: tuple[Array, Array]

    def answers(self) -> bool:
        """Return whether A gives what it should, in all that is asked of it.

        Forward and backward B, forward A, forward on another object, backward A twice: B and A are
        handed the same arrays, with other contents, and so are their backward passes. Then forward
        passes close to B, as for an evaluation, and forward and backward A with arrays that lie in
        memory in an unusual way. With those close to it, B is a second point as well.
        """
        asked, case = self.asked, self.asked.case
        # its own draws: what is measured later is not to depend on what is seen at a glance
        (rng,) = asked.rng.spawn(1)
        buffers = {name: case.variables[name].copy("K") for name in case.inputs}
        values = {n: x if x.all() else unfriendly(x, rng) for n, x in self.values.items()}
        _fill(buffers, values)
        first = self.there.run(values | buffers, as_given=True)
        beside = Probe(self.there.with_variables(values), rng, glance=True, ran=(first, False))
        if beside.base.shape != asked.dout.shape:
            return False
        dout = random_upstream(first.outputs, rng, case.is_loss)
        upstream = split_like(dout, first.outputs)
        elsewhere = as_gradients(first.backward(upstream), case.variables)
        _fill(buffers, case.variables)
        second = case.run(buffers, as_given=True, restore=False)
        if self.other is not case:
            self.other.run(self.theirs, restore=False)  # what they share stays
        if not np.array_equal(output_vector(second), asked.claims.probe.base):
            return False
        if not _same(self._backward(second, upstream, asked.dout), asked.given):
            return False
        large = self._backward(second, upstream, self.douts[0])
        asked.contract.right_elsewhere &= agree_at_a_glance(beside, elsewhere, dout)
        small = self._laid_out(self.douts[1])
        return small is not None and self._add_up(large, small)

    def _backward(self, run: Run, upstream: tuple[Array, ...], dout: Array) -> Gradients:
        """Return the gradients for `dout`, handed over in the arrays `upstream`."""
        for array, content in zip(upstream, split_like(dout, run.outputs), strict=True):
            np.copyto(array, content)
        return as_gradients(run.backward(upstream), self.asked.case.variables)

    def _laid_out(self, dout: Array) -> Gradients | None:
        """Return the gradients for `dout`, with all arrays laid out in an unusual way.

        None, where forward gives something else then by more than round-off.
        """
        case, probe = self.asked.case, self.asked.claims.probe
        inputs = {name: unusual(case.variables[name]) for name in case.inputs}
        run = case.run(inputs, as_given=True, restore=False)
        apart = np.abs(output_vector(run) - probe.base)
        upstream = tuple(map(unusual, split_like(dout, run.outputs)))
        gradients = as_gradients(run.backward(upstream), case.variables)
        if apart.any() and not np.all(apart <= probe.precision.round_off(probe.base)):
            return None
        return gradients

    def _add_up(self, large: Gradients, small: Gradients) -> bool:
        """Return whether the gradients for a large dout, and a small sum of two, are linear.

        They come from other calls and layouts too, and no two mistakes hide each other: what a
        call leaves behind, or an array that is read in another order, adds numbers of its own. For
        every element and up to round-off, they would have to be what is not linear for dout times
        1024 and over 1024. What is added without dout shows as well. A loss is given no dout.
        """
        asked, given = self.asked, self.asked.given
        if not large.keys() == small.keys() == given.keys():
            return False
        if asked.case.is_loss:
            both = (large, small)
            return all(asked.same(n, other[n], g) for n, g in given.items() for other in both)
        for name, gradient in given.items():
            at_other = large[name] / SCALED
            allowed = asked.claims.probe.precision.round_off(np.abs(gradient) + np.abs(at_other))
            if not np.all(np.abs(SCALED * small[name] - gradient - at_other) <= allowed):
                return False
        return True


def _fill(buffers: Gradients, values: Mapping[str, Array]) -> None:
    for name, buffer in buffers.items():
        np.copyto(buffer, values[name])


def _same(one: Gradients, other: Gradients) -> bool:
    return one.keys() == other.keys() and all(map(np.array_equal, one.values(), other.values()))
