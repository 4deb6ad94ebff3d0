"""A case whose passes run with taps: its statements, and what follows when one is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, output_vector, split_like
from minnet.gradcheck.under_test.crash import is_foreign
from minnet.tracing.running import sources_that_run
from minnet.tracing.taps import Handler, Tap, Taps

Phase = Literal["forward", "backward"]
PHASES: tuple[Phase, Phase] = ("forward", "backward")
Handlers = Mapping[int, Handler]
Recorded = Mapping[Phase, Mapping[Tap, list[Array]]]
Names = Mapping[Phase, Mapping[str, list[Any]]]
#: a pass may go through so many times as many taps as it does untouched before it is ended
LONGER = 4
#: what all passes with taps may cost, in taps gone through, and what a pass costs beside them
EFFORT, A_PASS = 1_200_000, 300


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
        self._effort = 0

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

    @cached_property
    def recorded(self) -> Recorded:
        """What each tap saw, copied, at each occurrence, where it is floating-point numbers."""
        return self._all_recorded[0]

    @cached_property
    def names(self) -> Names:
        """The values that each pass had by a name or in an attribute: numbers and arrays."""
        return self._all_recorded[1]

    @cached_property
    def _all_recorded(self) -> tuple[Recorded, Names]:
        seen: dict[Phase, dict[Tap, list[Array]]] = {"forward": {}, "backward": {}}
        names: dict[Phase, dict[str, list[Any]]] = {"forward": {}, "backward": {}}

        def recording(phase: Phase, tap: Tap) -> Handler:
            values = seen[phase].setdefault(tap, [])
            targets = tap.names

            def record(value: Any) -> Any:
                if is_numbers(value):
                    values.append(np.array(value))
                several = isinstance(value, tuple | list) and len(value) == len(targets) > 1
                for name, item in zip(targets, value if several else [value], strict=False):
                    held = names[phase].setdefault(name, [])
                    if isinstance(item, NUMBERS):
                        held.append(np.array(item))
                return value

            return record

        taps = self.expressions
        some = [tap for tap in taps.taps if tap.kind == "value"]
        self.passes(
            taps,
            {tap.number: recording("forward", tap) for tap in some},
            {tap.number: recording("backward", tap) for tap in some},
        )
        few: Recorded = {
            phase: {tap: v for tap, v in values.items() if v} for phase, values in seen.items()
        }
        return few, names

    def passes(self, taps: Taps, forward: Handlers, backward: Handlers) -> Passes:
        """Run both passes, each with handlers of its own.

        Raises
        ------
        CodeError
            When a pass raises, or does not come to an end.
        """
        most = self._limit(taps)
        self._effort += most // LONGER + A_PASS
        with taps.handled(forward, most):
            run = self.case.run()
            outputs = output_vector(run)
        if outputs.size != self.dout.size:
            raise CodeError("forward", ValueError("the output is of another size"))
        with taps.handled(backward, most):
            return Passes(outputs, run.backward(split_like(self.dout, run.outputs)))

    def outputs(self, handlers: Handlers) -> Array:
        """Run forward alone, with handlers at expressions; return its outputs as one vector.

        Raises
        ------
        CodeError
            When it raises.
        """
        self._effort += self._limit(self.expressions) // LONGER + A_PASS
        with self.expressions.handled(handlers):
            return output_vector(self.case.run())

    def affords(self, runs: int) -> bool:
        """Return whether so many more passes with taps at expressions may be made."""
        one = self._limit(self.expressions) // LONGER + A_PASS
        return self._effort + runs * one <= EFFORT

    def _limit(self, taps: Taps) -> int:
        if id(taps) not in self._most:
            with taps.handled({}):
                self.untapped()
                self._most[id(taps)] = LONGER * taps.passed
        return self._most[id(taps)]


NUMBERS = (bool, int, float, np.generic, np.ndarray)


def is_numbers(value: Any) -> bool:
    """Return whether a value is one floating-point number or an array of them."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and value.size > 0
    return isinstance(value, float | np.floating)


@lru_cache(maxsize=256)
def _is_foreign(file: str) -> bool:
    return is_foreign(file)
