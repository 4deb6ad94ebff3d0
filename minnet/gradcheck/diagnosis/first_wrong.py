"""The first wrong line of a backward pass: the one statement that can hold the mistake.

A statement is a suspect where all wrong gradients go through it and no right one does. It is
cleared where it acts only through values that are right: values of backward that are the measured
gradient of something in forward, or something that forward computed. A line is named where one
suspect is left.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.diagnosis.alibis import Alibis
from minnet.gradcheck.diagnosis.common import name_of_gradient
from minnet.gradcheck.diagnosis.interventions import Cure, Interventions
from minnet.gradcheck.diagnosis.meanings import ForwardValue, Meaning, Meanings
from minnet.gradcheck.diagnosis.right_values import Measured, RightValues, equal
from minnet.gradcheck.diagnosis.statements import (
    called,
    conditions_around,
    is_packing_return,
    reduces,
    several,
)
from minnet.gradcheck.diagnosis.suspects import Suspect, changing, suspects_of
from minnet.gradcheck.diagnosis.traced import TracedCase
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.under_test.spellings import gradient_names
from minnet.report.results import SourceLine
from minnet.tracing.changes import Changer
from minnet.tracing.taps import Handler, Tap


@dataclass(frozen=True, eq=False)
class FirstWrong:
    """The line that holds the mistake, and what was established about it.

    Attributes
    ----------
    line : SourceLine
    sentence : str
        In words and numbers.
    suspect : Suspect
        The statement.
    """

    line: SourceLine
    sentence: str
    suspect: Suspect


def first_wrong(
    case: Case, dout: Array, wrong: Measured, right: Mapping[str, Array], seed: int = 0
) -> FirstWrong | None:
    """Return the first wrong line of backward, or None where that cannot be told.

    Parameters
    ----------
    case : Case
    dout : array (m,)
        The upstream gradient, flat.
    wrong : dict of str to (array, array)
        The measured gradients and their error bars of the variables whose claimed gradient is
        wrong; an element that was not measured has an infinite bar.
    right : dict of str to array
        The claimed gradients that are right.
    seed : int

    Returns
    -------
    FirstWrong or None
    """
    try:
        return _Search(TracedCase(case, dout), wrong, right, seed).found()
    except CodeError:
        return None


def meaning(
    case: Case, dout: Array, value: Array, called_here: str = "", seed: int = 0
) -> Meaning | None:
    """Return which value of forward some numbers are the gradient of, or None.

    Parameters
    ----------
    case : Case
    dout : array (m,)
        The upstream gradient, flat.
    value : array
        The numbers, as a statement of backward should have them.
    called_here : str
        What backward calls them, to choose between several.
    seed : int

    Returns
    -------
    Meaning or None
        None where they are the gradient of nothing that could be measured.
    """
    try:
        found = Meanings(TracedCase(case, dout), stream(seed, "meaning")).of(value)
    except CodeError:
        return None
    found.sort(key=lambda v: (called_here not in gradient_names(v.name), not v.name))
    return found[0].meaning if found else None


class _Search:
    """Narrows the suspects down."""

    def __init__(
        self, traced: TracedCase, wrong: Measured, right: Mapping[str, Array], seed: int
    ) -> None:
        self._traced, self._wrong, self._right = traced, wrong, right
        self._meanings = Meanings(traced, stream(seed, "first wrong line"))
        self._suspects = suspects_of(traced)
        self._values = RightValues(traced, self._meanings, wrong, right)
        self._alibis = Alibis(traced, self._suspects, self._values)

    def found(self) -> FirstWrong | None:
        left = [s for s in self._suspects if s.ran and s.explains(self._wrong, self._right)]
        left = [s for s in self._decided(left) if not self._alibis.is_buffer(s)]
        if any(map(self._alibis.is_in_vain, self._suspects)) or self._alibis.is_a_loop_skipped:
            return None
        if len(left) > 1:
            left = self._decided([s for s in left if not self._alibis.is_cleared(s)])
        if len(left) > 1:
            left = self._decided([s for s in left if self._cure(s).answer != "cannot"])
        for tap in self._known_wrong if len(left) > 1 else ():
            left = [s for s in left if self._moves(s, tap)] or left
        if len(left) > 1:
            left = self._at_or_before(left)
        if len(left) != 1 or not self._can_be(left[0]):
            return None
        return self._told(self._too_short_around(left[0]) or left[0])

    def _too_short_around(self, suspect: Suspect) -> Suspect | None:
        """Return the loop around a statement that makes all right when it is of another length."""
        for header in self._suspects:
            loop = header.statement
            if isinstance(loop, ast.For) and any(n is suspect.statement for n in ast.walk(loop)):
                taps = (t for t in self._traced.expressions.taps if t.node is loop.iter)
                if any(self._interventions.cures_by_length(tap) for tap in taps):
                    return header
        return None

    def _can_be(self, suspect: Suspect) -> bool:
        """Return whether nothing speaks against it that the mistake is here."""
        tap = self._alibis.taps.get(id(suspect.statement))
        answer = self._cure(suspect).answer
        value = getattr(suspect.statement, "value", None)
        if isinstance(value, ast.Call) and called(value) in self._alibis.own_functions:
            return suspect.count == 1
        if not all(
            map(
                self._is_asked_in_forward, conditions_around(suspect.statement, suspect.source.tree)
            )
        ):
            return False
        if tap is None or tap.kind != "value" or suspect.phase == "forward":
            return True
        if tap not in self._traced.recorded["backward"] and not several(suspect.statement):
            return answer == "cures"  # a size: another one has to make all right
        return answer != "cannot"

    def _at_or_before(self, left: list[Suspect]) -> list[Suspect]:
        """Return those at or before which the fault is: all is right with the right value there."""
        if any(is_packing_return(s.statement) for s in left):
            return left  # or something was left out where it is handed back
        known = [s for s in left if self._should_be(s)]
        found = []
        for suspect in known:
            tap = self._alibis.taps[id(suspect.statement)]
            others = [other for other in left if other is not suspect]
            if not any(self._moves(o, tap) or _calls(o, tap.function.name) for o in others):
                found.append(suspect)
        return found or left

    @cached_property
    def _known_wrong(self) -> list[Tap]:
        """Values of backward that are called after a value of forward, and are not its gradient.

        A name may stand for a part of the gradient at first: the last that is read counts.
        """
        last: dict[str, Tap] = {}
        for tap, values in self._traced.recorded["backward"].items():
            if tap.name and len(values) == 1:
                last[tap.name] = tap
        return [tap for tap in last.values() if self._is_known_wrong(tap)]

    def _is_known_wrong(self, tap: Tap) -> bool:
        value = self._traced.recorded["backward"][tap][0]
        meant = [
            v
            for v in self._meanings.values
            if v.value.shape == value.shape and tap.name in gradient_names(v.name)
        ]
        return (
            bool(meant)
            and all(self._meanings.differs(v, value) for v in meant)
            and any(self._cures_as(tap, v) for v in meant)
        )

    def _cures_as(self, tap: Tap, v: ForwardValue) -> bool:
        """Return whether the measured gradient of a value, put in this place, makes all right."""
        gradient = self._meanings.gradient(v)
        if gradient is None:
            return False
        return self._interventions.cured(self._interventions.with_values(tap, [gradient[0]]))

    def _should_be(self, suspect: Suspect) -> ForwardValue | None:
        """Return what a statement's value should be the gradient of: a value inside forward.

        That of a variable itself says nothing: what is done to it later may leave it as it is.
        """
        cure = self._cure(suspect)
        if cure.answer == "cannot" or (cure.only_one and len(cure.values) != 1):
            return None
        if cure.only_one:
            final = any(equal(cure.values[0], g) for g, _ in self._wrong.values())
            return None if final else next(iter(self._meanings.of(cure.values[0])), None)
        tap = self._alibis.taps.get(id(suspect.statement))
        values = self._traced.recorded["backward"].get(tap, ()) if tap is not None else ()
        if len(values) != 1 or tap is None:
            return None
        shape = values[0].shape
        free = (v for v in self._meanings.values if v.value.shape == shape)
        free = (v for v in free if not self._values.has_meaning(v) and not self._is_variable(v))
        return next((v for v in free if self._cures_as(tap, v)), None)

    def _is_variable(self, v: ForwardValue) -> bool:
        return any(not self._meanings.differs(v, g) for g, _ in self._same_size(v))

    def _same_size(self, v: ForwardValue) -> list[tuple[Array, Array]]:
        return [measured for measured in self._wrong.values() if measured[0].size == v.value.size]

    def _moves(self, suspect: Suspect, there: Tap) -> bool:
        """Return whether a value of backward follows a statement, or is its own."""
        tap = self._alibis.taps.get(id(suspect.statement))
        if tap is None or tap is there:
            return True
        before = self._traced.recorded["backward"].get(there)
        for changer in (Changer(), Changer(far=True), Changer(-1)):
            seen: list[Array] = []
            look = {there.number: _noting(seen)}
            handlers = changing(tap, changer)
            backward = {**handlers, **look} if suspect.phase == "backward" else look
            forward = handlers if suspect.phase == "forward" else {}
            try:
                self._traced.passes(self._traced.expressions, forward, backward)
            except CodeError:
                continue
            if before is None or len(seen) != len(before):
                return True
            if not all(map(_identical, seen, before)):
                return True
        return False

    def _cure(self, suspect: Suspect) -> Cure:
        if suspect not in self._cures:
            self._cures[suspect] = self._looked_for(suspect)
        return self._cures[suspect]

    @cached_property
    def _cures(self) -> dict[Suspect, Cure]:
        return {}

    def _looked_for(self, suspect: Suspect) -> Cure:
        tap = self._alibis.taps.get(id(suspect.statement))
        if tap is None or suspect.phase == "forward" or tap.kind != "value":
            return Cure("unknown")
        if not isinstance(suspect.statement, ast.Assign | ast.Return | ast.AugAssign):
            return Cure("unknown")
        values = self._traced.recorded["backward"].get(tap)
        if values is None:
            sizes = isinstance(suspect.statement, ast.Assign) and all(tap.names)
            return self._interventions.cure_by_size(tap) if sizes else Cure("unknown")
        cure = self._interventions.cure(tap, values)
        # where it goes may be wrong as well, and how it is added
        places = isinstance(suspect.statement, ast.AugAssign) or "" in tap.names
        # and so may the shape, where nothing is added up
        largest = max(gradient.size for gradient, _ in self._wrong.values())
        places |= max(value.size for value in values) < largest and not reduces(suspect.statement)
        return Cure("unknown") if places and cure.answer == "cannot" else cure

    @cached_property
    def _interventions(self) -> Interventions:
        return Interventions(self._traced, self._wrong)

    def _decided(self, left: list[Suspect]) -> list[Suspect]:
        """Return those that compute something, or where none does those that hand something on."""
        return [s for s in left if not self._alibis.hands_on(s)] or left

    def _told(self, suspect: Suspect) -> FirstWrong:
        source, number = suspect.source, suspect.number
        line = SourceLine(source.file, number, source.line(number))
        numbers = self._in_numbers(suspect)
        if numbers:
            return FirstWrong(line, f"line {number}: {numbers}", suspect)
        names = " and ".join(name_of_gradient(name) for name in self._wrong)
        verb = "go" if len(self._wrong) > 1 else "goes"
        said = f"of the lines that {names} {verb} through, this alone can be the wrong one"
        return FirstWrong(line, f"line {number}: {said}", suspect)

    def _in_numbers(self, suspect: Suspect) -> str:
        """Say what the value should be, and how far it is off where it is furthest; "" if unknown.

        What a name of the code means is said only where its value, once right, makes all right.
        """
        tap = self._alibis.taps.get(id(suspect.statement))
        values = self._traced.recorded["backward"].get(tap, []) if tap is not None else []
        v = self._should_be(suspect) if len(values) == 1 else None
        cure = self._cure(suspect)
        if tap is None or v is None or v.value.size != values[0].size:
            return ""
        mine = values[0].astype(np.float64).ravel()
        full = cure.values[0].ravel() if cure.only_one else None
        if full is None:
            measured = self._meanings.gradient(v)
            if measured is None:
                return ""
            full = measured[0].ravel()
        k = int(np.argmax(np.abs(mine - full)))
        value, bar = self._meanings.element(v, k)
        if not bar < abs(mine[k] - value):
            return ""
        called_here = tap.name or "its value"
        index = ", ".join(str(n) for n in np.unravel_index(k, np.shape(values[0])))
        place = f" at [{index}]" if mine.size > 1 else ""
        yours = f"yours{place} {mine[k]:.6g}, measured {value:.6g} ± {bar:.1g}"
        return f"{called_here} should be {v.meaning.text}: {yours}"

    def _is_asked_in_forward(self, test: ast.expr) -> bool:
        tested = (
            ast.dump(node.test)
            for tap in self._traced.counts["forward"]
            for node in ast.walk(tap.function)
            if isinstance(node, ast.If | ast.IfExp)
        )
        return ast.dump(test) in tested


def _calls(suspect: Suspect, name: str) -> bool:
    value = getattr(suspect.statement, "value", None)
    return isinstance(value, ast.Call) and called(value) == name


def _noting(seen: list[Array]) -> Handler:
    def note(value: Any) -> Any:
        seen.append(np.array(value))
        return value

    return note


def _identical(a: Any, b: Any) -> bool:
    return np.array_equal(a, b, equal_nan=True)
