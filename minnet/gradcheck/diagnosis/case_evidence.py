"""What the wrong gradients of one case have in common: its Jacobians, and the case elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, split_like
from minnet.gradcheck.diagnosis.elsewhere import jittered, shuffled_integers
from minnet.gradcheck.measure.bars import Jacobian
from minnet.gradcheck.measure.probe import LARGEST_JACOBIAN, Probe
from minnet.gradcheck.randomness import random_upstream, stream
from minnet.gradcheck.under_test.ran import Functions, functions_run
from minnet.gradcheck.verdict.claims import Claims, as_gradients


class CaseEvidence:
    """One case, measured and claimed, as the hypotheses about all its gradients share it.

    Parameters
    ----------
    claims : Claims
        What backward claims; its probe measures.
    seed : int
        The user's.
    origin : CaseEvidence, optional
        Where this case is another one's elsewhere: what is affordable there is so here, since a
        hypothesis has to have the same means to be confirmed.
    """

    def __init__(self, claims: Claims, seed: int, origin: CaseEvidence | None = None) -> None:
        self.claims, self.probe, self.case = claims, claims.probe, claims.probe.case
        self.seed, self._origin = seed, origin
        self._jacobians: dict[str, Jacobian | None] = {}
        self._batches: dict[int, CaseEvidence | None] = {}
        self._rows: dict[str, Array] | None = None

    @cached_property
    def dout(self) -> Array:
        """An upstream gradient other than that of the verdict, flat; 1 for a loss."""
        rng = stream(self.seed, "fresh dout")
        return random_upstream(self.probe.outputs, rng, self.case.is_loss)

    @cached_property
    def ran(self) -> tuple[Functions, Functions]:
        """The user's functions that run in forward and in backward."""
        return functions_run(self.case)

    # --- the two Jacobians ----------------------------------------------------------------

    def jacobian(self, name: str) -> Jacobian | None:
        """Return the measured Jacobian of a variable; None where it takes too many runs."""
        if name not in self._jacobians:
            self._jacobians[name] = self._measured(name) if self.affords(name) else None
        return self._jacobians[name]

    def affords(self, name: str) -> bool:
        """Return whether the Jacobian of a variable may be measured."""
        if self._origin is not None:
            return self._origin.affords(name)
        numbers = self.probe.base.size * self.case.variables[name].size
        return numbers <= LARGEST_JACOBIAN and self.probe.runs_for(name) <= self.probe.runs

    def _measured(self, name: str) -> Jacobian | None:
        try:
            return self.probe.jacobian(name)
        except (ValueError, CodeError):
            return None

    def rows(self, name: str, dout: Array) -> Array | None:
        """Return the Jacobian that backward claims, (m, n), where its rows add up to the claim."""
        if self._rows is None:
            self._rows = self._claimed_rows(dout)
        rows = self._rows.get(name)
        return rows if rows is not None and self._add_up(name, rows, dout) else None

    def _claimed_rows(self, dout: Array) -> dict[str, Array]:
        m, total = self.probe.base.size, sum(x.size for x in self.case.variables.values())
        if m * total > LARGEST_JACOBIAN or m > self.probe.runs:
            return {}
        if self.case.is_loss:
            return {n: g.reshape(1, -1) for n, g in self.claims.at(dout).items()}
        together = self._rows_of(self._backward_again(), m)
        if all(n in together and self._add_up(n, together[n], dout) for n in self.claims.at(dout)):
            return together
        return self._rows_of(self.claims.at, m)  # backward minds being called again

    def _add_up(self, name: str, rows: Array, dout: Array) -> bool:
        """Whether backward is linear: the rows of A, weighted, are the analytic gradient."""
        shape = self.case.variables[name].shape
        size = np.abs(dout) @ np.abs(rows)
        return self.is_claimed(name, dout, (dout @ rows).reshape(shape), size.reshape(shape))

    def is_claimed(self, name: str, dout: Array, total: Array, size: Array) -> bool:
        """Whether backward claims this gradient, a sum of claims whose sizes add up to `size`."""
        apart = np.abs(total - self.claims.at(dout)[name])
        allowed = self.probe.precision.round_off(size)
        # Only what is more than forward's round-off calls for measuring that of backward.
        return bool(
            np.all(apart <= allowed) or np.all(apart <= allowed + self.claims.slack(name, dout))
        )

    def _backward_again(self) -> Callable[[Array], dict[str, Array]]:
        """Return backward after one and the same forward pass: half the work."""
        run = self.case.run()
        outputs, variables = self.probe.outputs, self.case.variables
        return lambda dout: as_gradients(run.backward(split_like(dout, outputs)), variables)

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

    # --- the case elsewhere ---------------------------------------------------------------

    def at(self, case: Case) -> CaseEvidence:
        """Return the evidence on another case.

        Raises
        ------
        CodeError
            When the forward pass raises there.
        """
        rng = stream(self.seed, "directions elsewhere")
        return CaseEvidence(Claims(Probe(case, rng)), self.seed, origin=self)

    @cached_property
    def fresh(self) -> CaseEvidence | None:
        """The case at fresh inputs; None outside the domain."""
        if self.case.at_one_point:
            return None
        inputs = jittered(self.case.variables, stream(self.seed, "fresh inputs"))
        try:
            there = self.at(self.case.with_variables(inputs))
        except CodeError:
            return None
        return there if np.isfinite(there.probe.base).all() else None

    @cached_property
    def shuffled(self) -> CaseEvidence | None:
        """The case with every value in another place, and other integers; None where that fails.

        What is where it is because of a value, a sign or a label is elsewhere there.
        """
        if self.case.at_one_point:
            return None
        rng = stream(self.seed, "shuffled")
        values = {
            name: (rng.permutation(x.ravel()).reshape(x.shape) * rng.uniform(0.8, 1.25)).astype(
                x.dtype
            )
            for name, x in self.case.variables.items()
        }
        integers = self.case.with_integers(partial(shuffled_integers, rng=rng))
        try:
            there = self.at((integers or self.case).with_variables(values))
        except CodeError:
            return None
        return there if np.isfinite(there.probe.base).all() else None

    def with_batch(self, size: int) -> CaseEvidence | None:
        """Return the case with `size` samples, or None."""
        if size not in self._batches:
            case = self.case.with_batch(size)
            try:
                self._batches[size] = None if case is None else self.at(case)
            except CodeError:
                self._batches[size] = None
        return self._batches[size]
