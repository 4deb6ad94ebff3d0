"""A case whose passes run with taps: its statements, and what follows when one is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, output_vector, split_like
from minnet.gradcheck.under_test.crash import is_foreign
from minnet.tracing.running import sources_that_run
from minnet.tracing.taps import Handler, Tap, Taps

Phase = Literal["forward", "backward"]
PHASES: tuple[Phase, Phase] = ("forward", "backward")
Handlers = Mapping[int, Handler]
#: a pass may go through so many times as many taps as it does untouched before it is ended
LONGER = 4


@dataclass(frozen=True, eq=False)
class Passes:
    """What both passes gave: all outputs as one vector, and what backward claims, as it is."""

    outputs: Array
    claims: dict[str, Any]


class TracedCase:
    """One case at one upstream gradient, its passes run with taps in them.

    Parameters
    ----------
    case : Case
    dout : array (m,)
        The upstream gradient, flat.

    Raises
    ------
    CodeError
        When a pass raises as it stands.
    """

    def __init__(self, case: Case, dout: Array) -> None:
        self.case, self.dout = case, dout
        own = {f.__code__.co_filename for f in case.code.values() if hasattr(f, "__code__")}
        self._sources = sources_that_run(
            self.untapped, lambda file: file in own or not _is_foreign(file)
        )
        self._most: dict[int, int] = {}

    def untapped(self) -> Passes:
        """Run both passes as they are."""
        run = self.case.run()
        outputs = output_vector(run)
        return Passes(outputs, run.backward(split_like(self.dout, run.outputs)))

    @cached_property
    def statements(self) -> Taps:
        """The taps at whole statements."""
        return Taps(self._sources)

    @cached_property
    def expressions(self) -> Taps:
        """The taps at statements and at every expression in them."""
        return Taps(self._sources, expressions=True)

    @cached_property
    def counts(self) -> Mapping[Phase, Counter[Tap]]:
        """How often each tap of a statement was gone through, in each pass."""
        counts: dict[Phase, Counter[Tap]] = {"forward": Counter(), "backward": Counter()}

        def counting(phase: Phase, tap: Tap) -> Handler:
            def count(value: Any) -> Any:
                counts[phase][tap] += 1
                return value

            return count

        taps = self.statements
        self.passes(
            taps,
            {tap.number: counting("forward", tap) for tap in taps.taps},
            {tap.number: counting("backward", tap) for tap in taps.taps},
        )
        return counts

    def passes(self, taps: Taps, forward: Handlers, backward: Handlers) -> Passes:
        """Run both passes, each with handlers of its own.

        Raises
        ------
        CodeError
            When a pass raises, or does not come to an end.
        """
        most = self._limit(taps)
        with taps.handled(forward, most):
            run = self.case.run()
            outputs = output_vector(run)
        if outputs.size != self.dout.size:
            raise CodeError("forward", ValueError("the output is of another size"))
        with taps.handled(backward, most):
            return Passes(outputs, run.backward(split_like(self.dout, run.outputs)))

    def _limit(self, taps: Taps) -> int:
        if id(taps) not in self._most:
            with taps.handled({}):
                self.untapped()
                self._most[id(taps)] = LONGER * taps.passed
        return self._most[id(taps)]


@lru_cache(maxsize=256)
def _is_foreign(file: str) -> bool:
    return is_foreign(file)
