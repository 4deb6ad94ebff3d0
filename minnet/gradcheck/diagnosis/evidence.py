"""What a hypothesis about a wrong gradient may ask for.

Everything is computed when it is first asked for, and kept. The numeric side comes from one
measurement, the Jacobian J = ∂output/∂variable of shape (m, n): the gradient for any upstream
gradient w is ``w @ J``. The analytic side has a Jacobian too: one call of backward for each
output gives the rows of A, and what backward does to any w is ``w @ A``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, split_like
from minnet.gradcheck.diagnosis.elsewhere import adds_up, combine, fresh_weight, jittered
from minnet.gradcheck.measure.probe import Jacobian, Probe, gather
from minnet.gradcheck.verdict.claims import Claims, as_gradients
from minnet.gradcheck.verdict.judge import ROUNDING
from minnet.report.results import Finding, GradientResult

#: seconds that measuring a Jacobian may take: at the case's own point, and at a fresh one
JACOBIAN_SECONDS, FRESH_SECONDS = 1.5, 0.4
#: seconds for one backward pass per output
BACKWARD_SECONDS = 0.5
#: seconds for a few more elements of a variable that is not measured in full
LINE_SECONDS = 0.4
#: forward passes that one element takes to measure; often several are measured at a time
RUNS_PER_ELEMENT = 11 / 3


@dataclass(frozen=True, eq=False)
class Evidence:
    """One gradient that is wrong, and the means to ask further.

    Attributes
    ----------
    probe : Probe
        Measures, at the case's own point.
    claims : Claims
        What backward claims there.
    wrt : str
        The variable whose gradient is wrong.
    weight : array (m,)
        The upstream gradient, flat; 1 for a loss.
    result : GradientResult or None
        The verdict, with the elements measured for it.
    raw : anything
        What backward returned for this variable.
    contract : tuple of Finding
        What was found wrong with this gradient before the numbers.
    """

    probe: Probe
    claims: Claims
    wrt: str
    weight: Array
    result: GradientResult | None = None
    raw: Any = None
    contract: tuple[Finding, ...] = ()

    @property
    def case(self) -> Case:
        return self.probe.case

    @property
    def x(self) -> Array:
        """The variable."""
        return self.case.variables[self.wrt]

    @cached_property
    def upstream(self) -> tuple[Array, ...]:
        """The upstream gradient, shaped like the outputs."""
        return split_like(self.weight, self.probe.outputs)

    @cached_property
    def analytic(self) -> Array | None:
        """The gradient that backward claims, float64, shaped like x; None: of another shape."""
        return self.claimed_for(self.weight)

    @property
    def a(self) -> Array:
        """`analytic`, where there is one: hypotheses about numbers are asked only then."""
        assert self.analytic is not None
        return self.analytic

    @cached_property
    def numeric(self) -> Array:
        """The measured gradient, shaped like x; NaN where it was not measured."""
        return self._numeric_and_bar[0]

    @cached_property
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

    def round_off(self, gradient: Array) -> Array:
        """Return the round-off that an analytic gradient of these values may have."""
        finite = np.where(np.isfinite(gradient), gradient, 0.0)
        typical = float(np.sqrt(np.mean(finite**2))) if finite.size else 0.0
        return np.asarray(ROUNDING * self.probe.relative_noise * (np.abs(finite) + typical))

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
        off = np.abs(self.a - prediction)
        fits = off <= bar + self.round_off(prediction) + self.round_off(self.a)
        measured = np.isfinite(bar) & np.isfinite(prediction)
        return bool(measured.any() and fits[measured].all())

    def numeric_for(self, weight: Array) -> tuple[Array, Array] | None:
        """Return the measured gradient for another upstream gradient, and its error bar."""
        J = self.jacobian
        return None if J is None else combine(J, weight, self.x.shape)

    def claimed_for(self, weight: Array) -> Array | None:
        """Return the analytic gradient for another upstream gradient; None where it fails."""
        try:
            return self.claims.at(weight).get(self.wrt)
        except CodeError:
            return None

    def agrees_along(self, claimed: Array, weight: Array) -> bool:
        """Whether `claimed` is the gradient for `weight`, along a random direction.

        For a variable that is too large to be measured element by element.
        """
        direction = self.probe.random_direction(self.wrt)
        found = self.probe.along(self.wrt, direction, weight)
        numeric, bar = gather(found, weight, kinks=True)
        terms = claimed * direction
        size = max(float(np.linalg.norm(terms)), abs(numeric))
        bar += ROUNDING * self.probe.relative_noise * size
        return bool(abs(float(terms.sum()) - numeric) <= bar <= 1e-3 * size)

    def with_lines(self) -> Evidence:
        """Return the evidence with more elements measured: along the axes, by a wrong one."""
        wrong = np.argwhere(self.wrong)
        if self.complete or not len(wrong):
            return self
        per_line = int(LINE_SECONDS / (3 * RUNS_PER_ELEMENT * self._shared.seconds_per_run))
        per_line = min(per_line // max(self.x.ndim, 1), 12)
        chosen = set()
        for axis, size in enumerate(self.x.shape):
            spread = np.unique(np.linspace(0, size - 1, min(size, per_line)).astype(int))
            chosen |= {(*wrong[0][:axis], int(k), *wrong[0][axis + 1 :]) for k in spread}
        flat = [int(np.ravel_multi_index(index, self.x.shape)) for index in chosen]
        numeric, bar = self.numeric.copy(), self.bar.copy()
        for column in self.probe.columns(self.wrt, flat, self.weight):
            value, error = gather(column.slope, self.weight, kinks=True)
            numeric.flat[column.element], bar.flat[column.element] = value, error
        more = replace(self)
        more.__dict__["_numeric_and_bar"] = (numeric, bar)
        return more

    def about(self, name: str) -> Evidence:
        """Return the evidence on another variable of the same case."""
        return Evidence(self.probe, self.claims, name, self.weight)

    @cached_property
    def others(self) -> tuple[str, ...]:
        """The names of the other variables."""
        return tuple(n for n in self.case.variables if n != self.wrt)

    # --- the two Jacobians ----------------------------------------------------------------

    @cached_property
    def jacobian(self) -> Jacobian | None:
        """The measured Jacobian; None where it would take too long."""
        return self._shared.jacobian(self.wrt)

    @cached_property
    def J(self) -> Array | None:
        """The values of the measured Jacobian, (m, n)."""
        return None if self.jacobian is None else self.jacobian.value

    @cached_property
    def J_tolerance(self) -> Array:
        """By how much an entry of A may differ from one of J."""
        assert self.jacobian is not None
        J = self.jacobian
        rows = np.sqrt(np.mean(J.value**2, axis=1, keepdims=True))
        noise = ROUNDING * self.probe.relative_noise
        return np.asarray(J.error_bar + noise * (np.abs(J.value) + rows))

    @cached_property
    def A(self) -> Array | None:
        """The Jacobian that backward claims, (m, n); None where that is too dear or unsound."""
        rows = self._shared.analytic_jacobian(self.weight).get(self.wrt)
        if rows is None or self.analytic is None:
            return None
        return rows if adds_up(rows, self.weight, self.a, self.probe) else None

    # --- the same question elsewhere ------------------------------------------------------

    def fresh(self) -> Evidence | None:
        """Return the same gradient at fresh inputs and a fresh upstream gradient.

        Inputs are multiplied by random factors near 1, equal values by equal ones, so that
        signs, ties and domains survive. Where measuring again would take too long, only the
        upstream gradient is fresh.
        """
        return self._shared.fresh(self)

    def with_batch(self, size: int) -> Evidence | None:
        """Return the same gradient with `size` samples, or None."""
        return self._shared.with_batch(self, size)

    def at(self, case: Case, weight: Array | None = None) -> Evidence:
        """Return the same gradient of another case; by default for a fresh upstream gradient."""
        probe = Probe(case, np.random.default_rng(1))
        if weight is None:
            weight = np.ones(1) if case.is_loss else fresh_weight(probe.outputs)
        return Evidence(probe, Claims(probe), self.wrt, weight)

    # --- helpers --------------------------------------------------------------------------

    @cached_property
    def _numeric_and_bar(self) -> tuple[Array, Array]:
        if self.jacobian is not None:
            return combine(self.jacobian, self.weight, self.x.shape)
        numeric, bar = np.full(self.x.shape, np.nan), np.full(self.x.shape, np.inf)
        if self.result is not None and self.result.elements is not None:
            found = self.result.elements
            place = tuple(found.index.T)
            numeric[place], bar[place] = found.numeric, found.error_bar
        return numeric, bar

    @property
    def _shared(self) -> _Shared:
        return _shared(self.probe, self.claims)


class _Shared:
    """What the gradients of one case have in common."""

    def __init__(self, probe: Probe, claims: Claims) -> None:
        self._probe, self._claims, self._case = probe, claims, probe.case
        self._jacobians: dict[str, Jacobian | None] = {}
        self._rows: dict[str, Array] | None = None
        self._elsewhere: dict[object, tuple[Probe, Claims, Array] | None] = {}

    @cached_property
    def seconds_per_run(self) -> float:
        """The best of several runs: what is affordable must not depend on a busy moment."""
        times = []
        for _ in range(4):
            start = time.perf_counter()
            self._case.run()
            times.append(time.perf_counter() - start)
        return min(times)

    def seconds_to_measure(self, name: str) -> float:
        """About how long the Jacobian of a variable takes."""
        return self._case.variables[name].size * RUNS_PER_ELEMENT * self.seconds_per_run

    def jacobian(self, name: str) -> Jacobian | None:
        if name not in self._jacobians:
            self._jacobians[name] = self._measured(name)
        return self._jacobians[name]

    def _measured(self, name: str) -> Jacobian | None:
        if self.seconds_to_measure(name) > JACOBIAN_SECONDS:
            return None
        try:
            return self._probe.jacobian(name)
        except (ValueError, CodeError):
            return None

    def analytic_jacobian(self, weight: Array) -> dict[str, Array]:
        if self._rows is None:
            self._rows = self._claimed_rows(weight)
        return self._rows

    def _claimed_rows(self, weight: Array) -> dict[str, Array]:
        m, total = self._probe.base.size, sum(x.size for x in self._case.variables.values())
        if m * total > 4_000_000 or m * self.seconds_per_run > BACKWARD_SECONDS:
            return {}
        if self._case.is_loss:
            return {n: g.reshape(1, -1) for n, g in self._claims.at(weight).items()}
        together = self._rows_of(self._backward_again(), m)
        a = self._claims.at(weight)
        if all(n in together and adds_up(together[n], weight, a[n], self._probe) for n in a):
            return together
        return self._rows_of(self._claims.at, m)  # backward minds being called again

    def _backward_again(self) -> Callable[[Array], dict[str, Array]]:
        """Return backward after one and the same forward pass: half the work."""
        run = self._case.run()
        outputs, variables = self._probe.outputs, self._case.variables
        return lambda weight: as_gradients(run.backward(split_like(weight, outputs)), variables)

    def _rows_of(self, claim: Callable[[Array], dict[str, Array]], m: int) -> dict[str, Array]:
        rows: dict[str, list[Array]] = {}
        for k in range(m):
            one_hot = np.zeros(m)
            one_hot[k] = 1.0
            try:
                claimed = claim(one_hot)
            except CodeError:
                return {}
            for name, gradient in claimed.items():
                rows.setdefault(name, []).append(gradient.ravel().copy())
        return {n: np.array(r) for n, r in rows.items() if len(r) == m}

    def fresh(self, evidence: Evidence) -> Evidence | None:
        if evidence.jacobian is None:
            return None
        if self.seconds_to_measure(evidence.wrt) <= FRESH_SECONDS:
            if "fresh" not in self._elsewhere:
                self._elsewhere["fresh"] = self._jittered(evidence)
            if found := self._elsewhere["fresh"]:
                return Evidence(found[0], found[1], evidence.wrt, found[2])
        if self._case.is_loss:
            return None
        weight = fresh_weight(evidence.probe.outputs)
        return Evidence(evidence.probe, evidence.claims, evidence.wrt, weight)

    def _jittered(self, evidence: Evidence) -> tuple[Probe, Claims, Array] | None:
        try:
            there = evidence.at(self._case.with_variables(jittered(self._case.variables)))
        except CodeError:  # outside the domain
            return None
        if there.probe.base.size != evidence.weight.size or not np.isfinite(there.probe.base).all():
            return None
        # what is affordable here is so there: a hypothesis has to have the same means
        there._shared.__dict__["seconds_per_run"] = self.seconds_per_run
        return there.probe, there.claims, there.weight

    def with_batch(self, evidence: Evidence, size: int) -> Evidence | None:
        key = ("batch", size)
        if key not in self._elsewhere:
            case = self._case.with_batch(size)
            try:
                other = None if case is None else evidence.at(case)
            except CodeError:
                other = None
            self._elsewhere[key] = (
                None if other is None else (other.probe, other.claims, other.weight)
            )
        found = self._elsewhere[key]
        if found is None:
            return None
        return Evidence(found[0], found[1], evidence.wrt, found[2])


@lru_cache(maxsize=8)
def _shared(probe: Probe, claims: Claims) -> _Shared:
    return _Shared(probe, claims)
