"""Which values of backward are right: the measured gradient of something, or what forward had."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.meanings import ForwardValue, Meanings
from minnet.gradcheck.diagnosis.statements import is_gradient_name, target_names
from minnet.gradcheck.diagnosis.traced import Passes, TracedCase
from minnet.gradcheck.under_test.spellings import gradient_names
from minnet.report.findings import ROUNDED
from minnet.tracing.taps import Tap

Measured = Mapping[str, tuple[Array, Array]]


class RightValues:
    """Tells which values of backward are right, by what is measured and by what forward has.

    Parameters
    ----------
    traced : TracedCase
    meanings : Meanings
    wrong : dict of str to (array, array)
        The measured gradients that backward does not claim, with their error bars.
    right : dict of str to array
        The claimed gradients that are right.
    """

    def __init__(
        self,
        traced: TracedCase,
        meanings: Meanings,
        wrong: Measured,
        right: Mapping[str, Array],
    ) -> None:
        self._traced, self._meanings = traced, meanings
        self._wrong, self._right = wrong, right

    @cached_property
    def taps(self) -> dict[Tap, list[Array]]:
        """The taps of backward whose values are right, with these."""
        recorded = self._traced.recorded["backward"]
        doubtful = self._doubtful
        return {
            tap: values
            for tap, values in recorded.items()
            if (id(tap.function), tap.name) not in doubtful
            and tap not in doubtful
            and all(self._is_right(tap, value, len(values) > 1) for value in values)
        }

    def _is_right(self, tap: Tap, value: Array, often: bool) -> bool:
        """Return whether a value is right in its place, as far as names do not say otherwise."""
        there = self._traced.names["forward"].get(tap.name, ()) if tap.name else ()
        if any(a.size == value.size for a in there):
            return self._is_one_of(tap.name, value)
        means = any(tap.name in gradient_names(name) for name in self._sized(value.size))
        copied = not tap.name or self._copies_forward(tap)
        if value.size > 1 and not means and copied and value.tobytes() in self._forward_bytes:
            return True
        named = [name for name in self._gradients if tap.name in gradient_names(name)]
        if any(self._is_gradient(value, name) for name in named):
            return True
        if often:
            return not means and equal(value, self._traced.dout)
        found = self._matches(value)
        if any(tap.name in gradient_names(v.name) for v in found):
            return True
        if self._is_claimed_wrong(value):
            return False
        if means:  # its name says what it should be, and it is not that
            return False
        return bool(found) or any(self._is_gradient(value, name) for name in self._gradients)

    def _is_gradient(self, value: Array, name: str) -> bool:
        """Return whether these numbers are the gradient of a variable, within its error bar."""
        gradient = self._gradients[name]
        if name not in self._wrong or gradient.size != value.size:
            return equal(value, gradient)
        bar = self._wrong[name][1].ravel()
        near = bar + ROUNDED * float(np.max(np.abs(gradient), initial=0.0))
        return bool(np.all(np.abs(value.ravel() - gradient.ravel()) <= near) and value.any())

    def _is_one_of(self, name: str, value: Array) -> bool:
        """Return whether forward has this value by this name."""
        there = self._traced.names["forward"].get(name, ())
        if len(there) == 1:
            return any(v.shape == value.shape and equal(value, v) for v in there)
        if name not in self._numbers:
            self._numbers[name] = {v.tobytes() for v in there}
        return value.tobytes() in self._numbers[name]

    @cached_property
    def _numbers(self) -> dict[str, set[bytes]]:
        return {}

    @cached_property
    def _gradients(self) -> dict[str, Array]:
        """The right gradients of the variables, claimed or measured."""
        return {**self._right, **{name: gradient for name, (gradient, _) in self._wrong.items()}}

    def _copies_forward(self, tap: Tap) -> bool:
        """Return whether a name of no gradient is given what forward computes by the same text."""
        if is_gradient_name(tap.name):
            return False
        if not tap.is_statement:  # the name is read: what was it given?
            return any(
                t.is_statement and t.name == tap.name and self._copies_forward(t)
                for t in self._traced.recorded["backward"]
            )
        value = getattr(tap.statement, "value", None)
        return value is not None and ast.dump(value) in self._forward_texts

    @cached_property
    def _forward_texts(self) -> set[str]:
        recorded = self._traced.recorded["forward"]
        return {ast.dump(tap.node) for tap in recorded if not tap.is_statement}

    @cached_property
    def _forward_bytes(self) -> set[bytes]:
        """What forward computes without giving it a name."""
        recorded = self._traced.recorded["forward"]
        named = {v.tobytes() for tap, vs in recorded.items() for v in vs if tap.name}
        return {v.tobytes() for vs in recorded.values() for v in vs} - named

    def _matches(self, value: Array) -> list[ForwardValue]:
        key = value.astype(np.float64).tobytes()
        if key not in self._known_matches:
            self._known_matches[key] = self._meanings.of(value)
        return self._known_matches[key]

    @cached_property
    def _known_matches(self) -> dict[bytes, list[ForwardValue]]:
        return {}

    def _sized(self, size: int) -> set[str]:
        return {
            name
            for name, values in self._traced.names["forward"].items()
            if any(v.size == size for v in values)
        }

    def _is_claimed_wrong(self, value: Array) -> bool:
        claims = self.untouched.claims
        return any(equal(value, np.asarray(claims[name])) for name in self._wrong)

    @cached_property
    def _doubtful(self) -> set[Any]:
        """Statements that give back a value that they were given, and the names that they set.

        There something may have been left out: the value is right where it comes from.
        """
        recorded = self._traced.recorded["backward"]
        given: dict[int, list[Tap]] = {}
        for tap in recorded:
            if not tap.is_statement:
                given.setdefault(id(tap.statement), []).append(tap)
        found: set[Any] = set()
        for tap in (tap for tap in recorded if tap.is_statement):
            whole = getattr(tap.statement, "value", None)
            bare = isinstance(whole, ast.Name | ast.Attribute)
            inner = [t for t in given.get(id(tap.statement), ()) if bare or t.node is not whole]
            if any(_same_first(recorded[tap], recorded[t]) for t in inner):
                found |= {tap, *(t for t in given[id(tap.statement)] if t not in inner)}
                found |= {(id(tap.function), name) for name in target_names(tap.statement)}
        return found

    def keeps_its_name(self, name: str) -> bool:
        """Return whether what backward reads by a name is what forward has by that name."""
        here = self._traced.names["backward"].get(name)
        if not here:
            return True  # no numbers
        return all(self._is_one_of(name, value) for value in here)

    def has_meaning(self, v: ForwardValue) -> bool:
        """Return whether a right value of backward is the gradient of this one."""
        return any(v in found for found in self._known_matches.values())

    @cached_property
    def untouched(self) -> Passes:
        return self._traced.untapped()


def _same_first(a: list[Array], b: list[Array]) -> bool:
    return a[0].shape == b[0].shape and equal(a[0], b[0])


def equal(a: Array, b: Array) -> bool:
    """Return whether two arrays hold the same numbers but for round-off, in whatever shape."""
    if a.size != b.size or not a.size or "O" in (a.dtype.kind, b.dtype.kind):
        return False
    if a.dtype.kind != "f" or b.dtype.kind != "f":
        return np.array_equal(a.ravel(), b.ravel())
    a, b = a.ravel(), b.ravel()
    size = float(np.max(np.abs(b), where=np.isfinite(b), initial=0.0))
    return bool(np.all(np.abs(a - b) <= ROUNDED * size)) and bool(np.any(a))
