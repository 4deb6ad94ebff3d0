"""Which gradients of a case are right, asked again and again while its code is edited."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import cached_property
from types import FrameType
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, output_vector, split_like
from minnet.gradcheck.diagnosis.naming import batch_size
from minnet.gradcheck.measure.bars import Sums, gather
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.randomness import random_upstream, stream
from minnet.gradcheck.verdict.claims import as_array, as_gradients
from minnet.gradcheck.verdict.screen import DIRECTIONS, compare
from minnet.records import dataclass
from minnet.report.results import Verdict
from minnet.tracing.tracer import TooLong, at_most, traced

#: an edited pass may run so many times the lines of the original, and so many more
LONGER, MORE = 10, 2000
#: what is further off than this share is not rounding in any format
FAR = 0.1
#: what is the same factor along several directions
SAME = 1e-6
#: a gradient of more elements, or that takes more lines of Python, is not measured as a whole
LARGE, DEAR = 400, 1_000_000


@dataclass(frozen=True, eq=False)
class Measured:
    """The derivative of a case along one direction of one variable."""

    direction: Array
    sums: Sums

    def is_far(self, claimed: float) -> bool:
        """Whether a derivative is so far from the measured one that no closer look is needed."""
        numeric, bar = float(self.sums.value[0]), float(self.sums.error_bar[0])
        return abs(claimed - numeric) > bar + FAR * max(abs(claimed), abs(numeric))


class Trial:
    """A case with its gradients measured along random directions, for one upstream gradient.

    Parameters
    ----------
    case : Case
    seed : int
    purpose : str
        Makes the upstream gradient and the directions others than for another purpose.
    divided : set of str
        The variables whose gradients are to be divided by the batch size, as its author divides.

    Raises
    ------
    CodeError
        When the forward pass raises.
    """

    def __init__(
        self, case: Case, seed: int, purpose: str = "", divided: frozenset[str] = frozenset()
    ) -> None:
        rng = stream(seed, f"trial {purpose}")
        self.of, self.case, self.guarded = case, case.seeded(seed), False
        self.probe = Probe(self.case, rng)
        self.lines = lines_of(self.case)
        self.divided, self._times = divided, dict.fromkeys(divided, batch_size(case) or 1)
        self.dout = random_upstream(self.probe.outputs, rng, case.is_loss)
        self.measured = self._measure()
        self.accepted: tuple[Verdict, ...] = ("pass",)
        self._numeric: dict[str, tuple[Array, Array] | None] = {}

    def _measure(self) -> dict[str, list[Measured]]:
        found, probe = {}, self.probe
        for name in self.case.variables:
            directions = [probe.random_direction(name) for _ in range(DIRECTIONS)]
            found[name] = [(d, probe.along(name, d, self.dout)) for d in directions]
        if not self.case.is_loss:
            for _, slope in (one for many in found.values() for one in many):
                self.dout = np.where(slope.at_kink, 0.0, self.dout)
        return {
            name: [Measured(d, gather(slope, self.dout)) for d, slope in many]
            for name, many in found.items()
        }

    def gradients(self) -> Mapping[str, Array] | None:
        """Return what backward gives now; None where a pass raises or forward is another."""
        found = self.everything()
        if found is None or not np.array_equal(found.pop(""), self.probe.base, equal_nan=True):
            return None
        return as_gradients(found, self.case.variables)

    def everything(self) -> dict[str, Array] | None:
        """Return what the passes give now: every gradient, and the outputs as ""; None: raised."""
        try:
            run, raw = self.passes()
        except (Exception, TooLong):  # edited code may return what no adapter expects
            return None
        found = {name: as_array(value) for name, value in raw.items() if value is not None}
        return found | {"": output_vector(run)}

    def passes(self) -> tuple[Any, dict[str, Any]]:
        """Run forward and backward; return the run and what backward gives."""
        if self.guarded:
            with at_most(LONGER * self.lines + MORE):
                return self._passes()
        return self._passes()

    def _passes(self) -> tuple[Any, dict[str, Any]]:
        run = self.case.run()
        return run, run.backward(split_like(self.dout, self.probe.outputs))

    @cached_property
    def known_right(self) -> frozenset[str]:
        """The variables whose gradient is right before any edit; none where a pass raises."""
        gradients = self.gradients() or {}
        return frozenset(n for n, g in gradients.items() if self._is_right(n, g))

    def lost(self, right: frozenset[str], after: Mapping[str, Array] | None) -> frozenset[str]:
        """Return which of the right gradients are right no longer in what the passes give."""
        gradients = as_gradients(dict(after or {}), self.case.variables)
        return frozenset(
            n for n in right if n not in gradients or not self._is_right(n, gradients[n])
        )

    @cached_property
    def wrong(self) -> frozenset[str]:
        """The variables whose gradient is not right before any edit."""
        return frozenset(self.case.variables) - self.known_right

    def can_tell(self, name: str) -> bool:
        """Whether a gradient is anything but zero, as far as it was measured."""
        return all(abs(one.sums.value) > one.sums.error_bar for one in self.measured[name])

    def factor(self, name: str) -> float:
        """Return how many times the right one a gradient is, as it stands; NaN for no number."""
        gradient = (self.gradients() or {}).get(name)
        if gradient is None or not self.can_tell(name):
            return np.nan
        terms = [float((gradient * one.direction).sum()) for one in self.measured[name]]
        factors = [
            t / float(one.sums.value[0]) for t, one in zip(terms, self.measured[name], strict=True)
        ]
        return factors[0] if np.allclose(factors, factors[0], rtol=SAME) else np.nan

    def numeric(self, name: str) -> tuple[Array, Array] | None:
        """Return a gradient measured element by element, and its bar; None where that is dear."""
        x = self.case.variables[name]
        if name not in self._numeric:
            dear = self.probe.runs_for(name) * max(self.lines, 1) > DEAR or x.size > LARGE
            self._numeric[name] = None if dear else self._measured_whole(name)
        return self._numeric[name]

    def _measured_whole(self, name: str) -> tuple[Array, Array]:
        shape = self.case.variables[name].shape
        numeric, bar = np.full(shape, np.nan), np.full(shape, np.inf)
        everything = range(numeric.size)
        for members, sums in self.probe.elements(name, everything, self.dout):
            numeric.flat[members], bar.flat[members] = sums.value, sums.error_bar
        return numeric, bar

    def cured(self, wrong: frozenset[str], right: frozenset[str]) -> frozenset[str]:
        """Return which of the wrong gradients are right now; none if one is lost that was right."""
        gradients = self.gradients() or {}
        now = frozenset(n for n in wrong if n in gradients and self._is_right(n, gradients[n]))
        kept = now and all(n in gradients and self._is_right(n, gradients[n]) for n in right)
        return now if kept else frozenset()

    def _is_right(self, name: str, gradient: Array) -> bool:
        precision = self.probe.precision
        for one in self.measured[name]:
            terms = gradient * self._times.get(name, 1) * one.direction
            if one.is_far(float(terms.sum())):
                return False
            if compare(precision, terms, one.sums).verdict not in self.accepted:
                return False
        return True


def lines_of(case: Case) -> int:
    """Return how many lines of Python the two passes of a case run."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    def passes() -> None:
        run = case.run()
        run.backward_of_ones()

    with contextlib.suppress(CodeError):
        traced(passes, trace)
    return count
