"""Which suspects are cleared: they hand on what is there, or act only through what is right."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.right_values import RightValues
from minnet.gradcheck.diagnosis.statements import (
    called,
    is_gradient_name,
    is_packing,
    is_read,
    names_in,
    target_names,
    writes,
)
from minnet.gradcheck.diagnosis.suspects import Suspect, reach, written_into
from minnet.gradcheck.diagnosis.traced import TracedCase, is_numbers
from minnet.tracing.taps import Handler, Tap


class Alibis:
    """Tells of the suspects of a case which cannot be guilty, and which compute nothing."""

    def __init__(
        self, traced: TracedCase, suspects: tuple[Suspect, ...], values: RightValues
    ) -> None:
        self._traced, self._suspects, self._values = traced, suspects, values

    def is_cleared(self, suspect: Suspect) -> bool:
        """Return whether a statement acts only through values that are right."""
        tap = self.taps.get(id(suspect.statement))
        if tap is None:
            return False
        if self._is_as_in_forward(suspect):
            return True
        if tap in self._values.taps and isinstance(suspect.statement, ast.Assign):
            return True
        held = {
            t.number: _frozen(v)
            for t, v in self._values.taps.items()
            if t is not tap and not isinstance(t.statement, ast.Expr)  # it may be written into
        }
        parts, outputs = reach(
            self._traced, self._traced.expressions, tap, suspect.phase, self._values.untouched, held
        )
        return bool(parts) and not any(parts)

    def hands_on(self, suspect: Suspect) -> bool:
        """Return whether a statement only hands on what is there, under the name that it has."""
        statement: Any = suspect.statement
        if isinstance(statement, ast.For | ast.While | ast.If | ast.With | ast.Try):
            return True
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Return):
            named = all(map(is_gradient_name, names_in(value)))
            return is_packing(value) and named and not self._something_is_lost(suspect)
        if isinstance(value, ast.Call) and called(value) in self.own_functions:
            return self._is_given_right(suspect, value)
        if isinstance(value, ast.Call) and suspect.phase == "forward":
            return all(map(is_packing, value.args))  # caches.append(cache)
        if not isinstance(statement, ast.Assign) or not is_packing(value) or writes(statement):
            return False
        if isinstance(value, ast.Constant):
            return False
        return suspect.phase == "forward" or all(
            self._values.keeps_its_name(name) for name in target_names(statement)
        )

    def _is_given_right(self, suspect: Suspect, call: ast.Call) -> bool:
        """Return whether the numbers that a call of the user's own function is given are right."""
        recorded = self._traced.recorded["backward"]
        given = [tap for tap in recorded if tap.statement is suspect.statement]
        given = [tap for tap in given if any(tap.node is item for item in call.args)]
        lost = self._something_is_lost(suspect)
        return not lost and all(tap in self._values.taps for tap in given)

    @cached_property
    def own_functions(self) -> set[str]:
        return {tap.function.name for tap in self._traced.statements.taps}

    def _something_is_lost(self, suspect: Suspect) -> bool:
        """Return whether backward computes something and never uses it."""
        function = suspect.source.tree
        read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and is_read(n)}
        given = [a.arg for a in function.args.args if a.arg not in ("self", "cache")]
        return not read.issuperset(given) or any(
            s.ran
            and s.changed
            and not s.reaches
            and s.source is suspect.source
            and isinstance(s.statement, ast.Assign)
            and not read.issuperset(target_names(s.statement))
            for s in self._suspects
        )

    def _is_as_in_forward(self, suspect: Suspect) -> bool:
        """Return whether a statement makes again what forward has by the same names."""
        names = list(target_names(suspect.statement))
        here, there = (self._traced.names[phase] for phase in ("backward", "forward"))
        known = all(here.get(name) and there.get(name) for name in names)
        made_again = isinstance(suspect.statement, ast.Assign) and names and known
        return bool(made_again) and all(self._values.keeps_its_name(name) for name in names)

    def is_in_vain(self, suspect: Suspect) -> bool:
        """Return whether a statement of backward alone writes into something to no effect."""
        statement = suspect.statement
        tap = self.taps.get(id(statement))
        if tap is None or suspect.reaches or not suspect.ran or self._ran_in_forward(tap.function):
            return False
        if isinstance(statement, ast.Expr):
            given = (t for t in self._traced.recorded["backward"] if t.statement is statement)
            return any(given)
        return suspect.changed and writes(statement)

    @property
    def is_a_loop_skipped(self) -> bool:
        """Whether a function of backward ran, and a loop in it that was not entered once."""
        ran = {id(s.source) for s in self._suspects if s.ran}
        return any(
            isinstance(s.statement, ast.For | ast.While) and id(s.source) in ran and not s.ran
            for s in self._suspects
        )

    def _ran_in_forward(self, function: ast.FunctionDef) -> bool:
        return any(tap.function is function for tap in self._traced.counts["forward"])

    def is_buffer(self, suspect: Suspect) -> bool:
        """Return whether a statement makes zeros that are written into later."""
        tap = self.taps.get(id(suspect.statement))
        values = self._traced.recorded["backward"].get(tap, ()) if tap is not None else ()
        if tap is None:
            return False
        names = set(target_names(suspect.statement))
        return (
            bool(values)
            and not any(value.any() for value in values)
            and not names.isdisjoint(written_into(tap.function))
        )

    @cached_property
    def taps(self) -> dict[int, Tap]:
        return {
            id(tap.statement): tap
            for tap in self._traced.expressions.taps
            if tap.is_statement and tap.kind != "after"
        }


def _frozen(values: list[Array]) -> Handler:
    """Return what puts recorded values in the place of those that come."""
    waiting = iter(values)

    def put(value: Any) -> Any:
        if not is_numbers(value):
            return value
        kept = next(waiting, None)
        if (
            kept is None
            or kept.shape != np.shape(value)
            or np.array_equal(kept, value, equal_nan=True)
        ):
            return value
        return kept.copy() if isinstance(value, np.ndarray) else type(value)(kept)

    return put
