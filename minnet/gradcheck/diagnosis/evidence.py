"""What a hypothesis about a wrong gradient may ask for.

Everything is computed when it is first asked for, and kept. The numeric side comes from one
measurement, the Jacobian J = ∂output/∂variable of shape (m, n): the gradient for any upstream
gradient w is ``w @ J``. The analytic side has a Jacobian too: one call of backward for each
output gives the rows of A, and what backward does to any w is ``w @ A``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, split_like
from minnet.gradcheck.diagnosis.case_evidence import CaseEvidence
from minnet.gradcheck.measure.bars import Jacobian, Precision, gather, norm
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.randomness import random_upstream, stream
from minnet.gradcheck.verdict.claims import Claims
from minnet.records import dataclass, replace
from minnet.report.results import Elements, Finding

__all__ = ["CaseEvidence", "Evidence"]

#: elements measured along each axis, where a variable is not measured in full
PER_LINE = 12
#: along a direction, an error bar above this share of the gradient tells nothing
TELLING = 1e-3


@dataclass(frozen=True, eq=False)
class Evidence:
    """One gradient that is wrong, and the means to ask further.

    Attributes
    ----------
    shared : CaseEvidence
        What the gradients of one case have in common.
    wrt : str
        The variable whose gradient is wrong.
    dout : array (m,)
        The upstream gradient, flat; 1 for a loss.
    measured : (array, array) or None
        The gradient as measured element by element for the verdict, and its error bar; NaN and
        infinite where it was not. Used where the Jacobian takes too many runs.
    raw : anything
        What backward returned for this variable.
    contract : tuple of Finding
        What was found wrong with this gradient before the numbers.
    times : float
        What backward claims is looked at divided by so much.
    """

    shared: CaseEvidence
    wrt: str
    dout: Array
    measured: tuple[Array, Array] | None = None
    raw: Any = None
    contract: tuple[Finding, ...] = ()
    times: float = 1.0

    @property
    def probe(self) -> Probe:
        """Measures, at the case's own point."""
        return self.shared.probe

    @property
    def claims(self) -> Claims:
        """What backward claims there."""
        return self.shared.claims

    @property
    def case(self) -> Case:
        return self.shared.case

    @property
    def precision(self) -> Precision:
        """The round-off of the forward pass."""
        return self.probe.precision

    @property
    def x(self) -> Array:
        """The variable."""
        return self.case.variables[self.wrt]

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the random numbers for one purpose, by the user's seed."""
        return stream(self.shared.seed, purpose)

    @cached_property
    def upstream(self) -> tuple[Array, ...]:
        """The upstream gradient, shaped like the outputs."""
        return split_like(self.dout, self.probe.outputs)

    @cached_property
    def analytic(self) -> Array | None:
        """The gradient that backward claims, float64, shaped like x; None: of another shape."""
        return self.claimed_for(self.dout)

    @property
    def a(self) -> Array:
        """`analytic`, where there is one: hypotheses about numbers are asked only then."""
        assert self.analytic is not None
        return self.analytic

    @property
    def numeric(self) -> Array:
        """The measured gradient, shaped like x; NaN where it was not measured."""
        return self._numeric_and_bar[0]

    @property
    def bar(self) -> Array:
        """The error bar of `numeric`; infinite where it was not measured."""
        return self._numeric_and_bar[1]

    @cached_property
    def known(self) -> Array:
        """Which elements were measured, shaped like x."""
        return np.isfinite(self.bar) & np.isfinite(self.numeric)

    @property
    def complete(self) -> bool:
        """Whether every element was measured."""
        return bool(self.known.all())

    @cached_property
    def tolerance(self) -> Array:
        """By how much analytic may differ from numeric: the bar and the round-off of both."""
        return self.bar + self.round_off(self.numeric)

    @cached_property
    def wrong(self) -> Array:
        """Which elements are wrong, shaped like x; those not measured are not."""
        return np.asarray(self.known & ~(np.abs(self.a - self.numeric) <= self.tolerance))

    @cached_property
    def nothing(self) -> Array:
        """Which elements are zero but for round-off, measured and claimed; shaped like x."""
        small = np.abs([self.a, self.numeric]) <= self.tolerance
        return np.asarray(small.all(axis=0))

    def round_off(self, gradient: Array) -> Array:
        """Return the round-off that an analytic gradient of these values may have."""
        return self.precision.round_off(gradient)

    def same(self, one: Array, other: Array, bar: Array | float = 0.0) -> Array:
        """Return where two gradients are equal, but for `bar` and the round-off of both."""
        allowed = bar + self.round_off(one) + self.round_off(other)
        return np.asarray(np.abs(one - other) <= allowed)

    def agrees(self, prediction: Array, bar: Array | None = None) -> bool:
        """Whether backward returns `prediction` (± `bar`), on every element measured.

        Parameters
        ----------
        prediction : array like x
            What it would return, were the hypothesis true.
        bar : array like x, optional
            The error of the prediction; by default the error bar of `numeric`.
        """
        bar = self.bar if bar is None else bar
        measured = np.isfinite(bar) & np.isfinite(prediction)
        return bool(measured.any() and self.same(self.a, prediction, bar)[measured].all())

    def numeric_for(self, dout: Array) -> tuple[Array, Array] | None:
        """Return the measured gradient for another upstream gradient, and its error bar."""
        if self.jacobian is None:
            return None
        value, bar = self.jacobian.gradient(dout)
        return value.reshape(self.x.shape), bar.reshape(self.x.shape)

    def claimed_for(self, dout: Array) -> Array | None:
        """Return the analytic gradient for another upstream gradient; None where it fails."""
        try:
            claimed = self.claims.at(dout).get(self.wrt)
        except CodeError:
            return None
        return claimed if claimed is None or self.times == 1 else claimed / self.times

    def agrees_along(self, claimed: Array, dout: Array) -> bool:
        """Whether `claimed` is the gradient for `dout`, along a random direction.

        For a variable that is too large to be measured element by element.
        """
        direction = self.probe.random_direction(self.wrt)
        found = gather(self.probe.along(self.wrt, direction, dout), dout)
        terms = claimed * direction
        numeric = float(found.value[0])
        size = max(norm(terms), abs(numeric))
        bar = float(found.error_bar[0]) + self.precision.round_off_of_sum(terms)
        return bool(abs(float(terms.sum()) - numeric) <= bar <= TELLING * size)

    def with_lines(self) -> Evidence:
        """Return the evidence with more elements measured: along the axes, by a wrong one."""
        wrong = np.argwhere(self.wrong)
        if self.complete or not len(wrong):
            return self
        chosen = set()
        for axis, size in enumerate(self.x.shape):
            spread = np.unique(np.linspace(0, size - 1, min(size, PER_LINE)).astype(int))
            chosen |= {(*wrong[0][:axis], int(k), *wrong[0][axis + 1 :]) for k in spread}
        flat = [int(np.ravel_multi_index(index, self.x.shape)) for index in sorted(chosen)]
        numeric, bar = self.numeric.copy(), self.bar.copy()
        for members, sums in self.probe.elements(self.wrt, flat, self.dout):
            numeric.flat[members], bar.flat[members] = sums.value, sums.error_bar
        return replace(self, measured=(numeric, bar))

    def about(self, name: str) -> Evidence:
        """Return the evidence on another variable of the same case."""
        return Evidence(self.shared, name, self.dout)

    @cached_property
    def others(self) -> tuple[str, ...]:
        """The names of the other variables."""
        return tuple(n for n in self.case.variables if n != self.wrt)

    # --- the two Jacobians ----------------------------------------------------------------

    @cached_property
    def jacobian(self) -> Jacobian | None:
        """The measured Jacobian; None where it would take too many runs."""
        return self.shared.jacobian(self.wrt)

    @cached_property
    def J(self) -> Array | None:
        """The values of the measured Jacobian, (m, n)."""
        return None if self.jacobian is None else self.jacobian.value

    @cached_property
    def J_tolerance(self) -> Array:
        """By how much an entry of A may differ from one of J."""
        assert self.jacobian is not None
        return self.jacobian.error_bar + self.precision.round_off(self.jacobian.value, axis=1)

    @cached_property
    def live(self) -> Array:
        """Which entries of J are not zero: which outputs each element moves, (m, n)."""
        assert self.jacobian is not None
        return np.abs(self.jacobian.value) > self.J_tolerance

    @cached_property
    def A(self) -> Array | None:
        """The Jacobian that backward claims, (m, n); None where that is too dear or unsound."""
        rows = None if self.analytic is None else self.shared.rows(self.wrt, self.dout)
        return rows if rows is None or self.times == 1 else rows / self.times

    # --- the same question elsewhere ------------------------------------------------------

    def fresh(self) -> Evidence | None:
        """Return the same gradient at fresh inputs and a fresh upstream gradient.

        Inputs are multiplied by random factors near 1, equal values by equal ones, so that
        signs, ties and domains survive. Outside the domain, only the upstream gradient is fresh.
        """
        if self.jacobian is None:
            return None
        there = self.shared.fresh
        if there is not None and there.probe.base.size == self.dout.size:
            return self._in(there)
        if self.case.is_loss:
            return None
        return self._in(self.shared, self.fresh_dout("fresh dout, same inputs"))

    def shuffled(self) -> Evidence | None:
        """Return the same gradient with every value in another place, or None."""
        there = None if self.jacobian is None else self.shared.shuffled
        return None if there is None else self._in(there)

    def with_batch(self, size: int) -> Evidence | None:
        """Return the same gradient with `size` samples, or None."""
        there = self.shared.with_batch(size)
        return None if there is None else self._in(there)

    def at(self, case: Case, dout: Array | None = None) -> Evidence:
        """Return the same gradient of another case; by default for a fresh upstream gradient.

        Raises
        ------
        CodeError
            When the forward pass raises there.
        """
        return self._in(self.shared.at(case), dout)

    def fresh_dout(self, purpose: str) -> Array:
        """Return another upstream gradient, without zeros, flat."""
        return random_upstream(self.probe.outputs, self.stream(purpose))

    def divided_by(self, factor: float) -> Evidence:
        """Return the same gradient with what backward claims divided by a factor."""
        return replace(self, times=self.times * factor)

    # --- helpers --------------------------------------------------------------------------

    def _in(self, there: CaseEvidence, dout: Array | None = None) -> Evidence:
        return Evidence(there, self.wrt, there.dout if dout is None else dout, times=self.times)

    @cached_property
    def _numeric_and_bar(self) -> tuple[Array, Array]:
        nothing = np.full(self.x.shape, np.nan), np.full(self.x.shape, np.inf)
        return self.numeric_for(self.dout) or self.measured or nothing


def measured_in(elements: Elements | None, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the measured gradient and its error bar; NaN, infinite where it was not measured."""
    numeric, bar = np.full(shape, np.nan), np.full(shape, np.inf)
    if elements is not None:
        one = np.zeros(len(elements), int)  # of a single number there is one place
        flat = np.ravel_multi_index(tuple(elements.index.T), shape) if shape else one
        numeric.flat[flat], bar.flat[flat] = elements.numeric, elements.error_bar
    return numeric, bar
