"""Which statements may hold a mistake: those that every wrong gradient goes through, and no right.

Each statement that ran is changed in a run of its own, and the gradients that come out otherwise
are those that it reaches.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.diagnosis.traced import PHASES, Handlers, Passes, Phase, TracedCase
from minnet.tracing.changes import Changer
from minnet.tracing.source import Source
from minnet.tracing.taps import Tap, Taps

#: so many of several values are changed one by one: an image has four axes
FEW = 6


@dataclass(frozen=True, eq=False)
class Suspect:
    """One statement of what the user's passes ran, in one of the two.

    Attributes
    ----------
    source : Source
        The function that it is read from; the statement may be that of a function inside.
    statement : ast.stmt
    phase : "forward" or "backward"
        In which pass. Of forward there are only those that reach a gradient and no output.
    reaches : frozenset of str
        The variables whose gradients come out otherwise when its value is changed.
    parts : tuple of frozenset of str
        The same for each thing that was changed in it: all, then one by one where it sets
        several. Empty where there is no value that could be changed. A loop or a condition has
        none: it reaches what the statements in it reach.
    count : int
        How often it ran.
    """

    source: Source
    statement: ast.stmt
    phase: Phase
    reaches: frozenset[str]
    parts: tuple[frozenset[str], ...]
    count: int

    @property
    def ran(self) -> bool:
        """Whether it ran in this case."""
        return self.count > 0

    @property
    def changed(self) -> bool:
        """Whether it has a value that could be changed."""
        return bool(self.parts)

    @property
    def number(self) -> int:
        """The number of its line."""
        return self.statement.lineno

    def explains(self, wrong: Collection[str], right: Collection[str]) -> bool:
        """Return whether one mistake here may make these gradients wrong, and leaves those right.

        >>> import ast
        >>> line = ast.parse("dW = x.T @ dout").body[0]
        >>> here = Suspect(None, line, "backward", frozenset({"W"}), (), 1)
        >>> here.explains({"W"}, {"x", "b"}), here.explains({"W", "b"}, {"x"})
        (True, False)
        """
        found = {self.reaches, *self.parts}
        return any(wrong and part >= set(wrong) and part.isdisjoint(right) for part in found)


def suspects(case: Case, dout: Array) -> tuple[Suspect, ...]:
    """Return every statement that backward runs, and those of forward that serve it alone.

    Parameters
    ----------
    case : Case
    dout : array (m,)
        The upstream gradient, flat.

    Returns
    -------
    tuple of Suspect
        Loops and conditions, then the statements in the order of the source, function by
        function, those that did not run in this case among them. Empty where there is no source
        or a pass raises.
    """
    try:
        return suspects_of(TracedCase(case, dout))
    except CodeError:
        return ()


def suspects_of(traced: TracedCase) -> tuple[Suspect, ...]:
    """Return the suspects of a case that is traced already (see `suspects`).

    Raises
    ------
    CodeError
        When a pass raises as it stands.
    """
    untouched = traced.passes(traced.statements, {}, {})
    found = [s for tap in _of_statements(traced) for s in _suspects_at(traced, tap, untouched)]
    return (*_headers(found), *found)


def _of_statements(traced: TracedCase) -> list[Tap]:
    return [tap for tap in traced.statements.taps if tap.kind != "after"]


def _suspects_at(traced: TracedCase, tap: Tap, untouched: Passes) -> Iterator[Suspect]:
    backward, forward = (traced.counts[phase][tap] for phase in ("backward", "forward"))
    for phase, count in zip(PHASES, (forward, backward), strict=True):
        if not count:
            continue
        parts, outputs = reach(traced, traced.statements, tap, phase, untouched)
        found = frozenset(name for part in parts for name in part)
        if phase == "backward" or (found and not outputs):
            yield Suspect(tap.source, tap.statement, phase, found, parts, count)
    if not backward and not forward:
        yield Suspect(tap.source, tap.statement, "backward", frozenset(), (), 0)


def reach(
    traced: TracedCase,
    taps: Taps,
    tap: Tap,
    phase: Phase,
    untouched: Passes,
    held: Handlers | None = None,
) -> tuple[tuple[frozenset[str], ...], bool]:
    """Return which gradients follow when a statement is changed, and whether outputs do.

    Parameters
    ----------
    traced : TracedCase
    taps : Taps
        Of the case; `tap` is one of them.
    tap : Tap
        At a statement.
    phase : "forward" or "backward"
        The pass in which it is changed.
    untouched : Passes
    held : dict, optional
        Other handlers in backward.

    Returns
    -------
    tuple of (tuple of frozenset of str, bool)
        The gradients for each value that could be changed: several where the statement sets
        several things; none where nothing could be.
    """
    parts: list[frozenset[str]] = []
    outputs = False
    waiting = [Changer()]
    while waiting:
        changer = waiting.pop(0)
        handlers = changing(tap, changer)
        one = (handlers, held or {}) if phase == "forward" else ({}, {**(held or {}), **handlers})
        try:
            found = traced.passes(taps, *one)
        except CodeError:  # another shape or index than it is fits nothing
            found = None
        if changer.changed and found is not None:
            parts.append(moved_claims(untouched, found))
            outputs |= not np.array_equal(untouched.outputs, found.outputs, equal_nan=True)
        if changer.is_first:
            waiting = list(_other_ways(changer, bool(outputs or any(parts))))
    return tuple(parts), outputs


def _other_ways(first: Changer, seen: bool) -> Iterator[Changer]:
    """Yield how else a value may be changed: to the other side, farther, one by one."""
    few = min(first.count, FEW) if first.count > 1 else 0
    if first.whole:
        yield Changer(-1)
        yield from (Changer(way, k) for way in (1, -1) for k in range(few) if not seen)
    elif first.changed:
        yield from (Changer(only=k) for k in range(few))
        if not seen:
            yield Changer(far=True)


def moved_claims(untouched: Passes, found: Passes) -> frozenset[str]:
    """Return the variables whose claimed gradients differ."""
    return frozenset(
        name for name, claim in untouched.claims.items() if not _same(claim, found.claims[name])
    )


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    try:
        return np.array_equal(a, b, equal_nan=True)
    except (TypeError, ValueError):
        return a is b


# --- how the value of a statement is changed ----------------------------------------------


def changing(tap: Tap, changer: Changer) -> Handlers:
    """Return the handlers that change what a statement computes, each time it runs."""
    if tap.kind == "before":
        effects: list[Contents] = []

        def note(handed: Any) -> Any:
            effects.append(Contents(handed))
            return handed

        def change(handed: Any) -> Any:
            effects.pop().change_what_changed(handed, changer)
            return handed

        return {tap.number: note, tap.number + 1: change}
    written, named = _written_later(tap), _names_something(tap.statement)

    def move(value: Any) -> Any:
        # what is written into later has to stay what it is: a view, another name
        view = isinstance(value, np.ndarray) and value.base is not None
        return changer.moved(value, in_place=written and (named or view))

    return {tap.number: move}


def _names_something(statement: ast.stmt) -> bool:
    """Return whether a statement only gives a name to what is there: dx = self.dx."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Name | ast.Attribute | ast.Subscript)


def _written_later(tap: Tap) -> bool:
    """Return whether what a statement names is written into anywhere in its function."""
    if isinstance(tap.statement, ast.AugAssign):  # its value has no other name
        return False
    targets = getattr(tap.statement, "targets", [getattr(tap.statement, "target", None)])
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return not names.isdisjoint(written_into(tap.function))


def written_into(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield _root_of(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from map(_root_of, [node.value.func, *node.value.args])
        if isinstance(node, ast.keyword) and node.arg == "out":
            yield _root_of(node.value)


def _root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


class Contents:
    """What some objects hold, to see what a call has changed in it."""

    def __init__(self, objects: Iterable[Any]) -> None:
        self._known = {
            id(value): (value, value.copy() if isinstance(value, np.ndarray) else None)
            for _, _, value in _places(objects)
        }

    def change_what_changed(self, objects: Iterable[Any], changer: Changer) -> None:
        """Move what is not as it was: arrays where they changed, and what is new."""
        same: list[Array] = []
        moved = False
        for holder, key, value in list(_places(objects)):
            _, before = self._known.get(id(value), (None, None))
            if before is not None and before.shape == value.shape:
                other = (value != before) & ~((value != value) & (before != before))
                if other.any():
                    value[other], moved = changer.moved(value.copy())[other], True
                elif value.flags.writeable:
                    same.append(value)
            elif id(value) not in self._known and holder is not None:
                holder[key], moved = changer.moved(value), True
        if same and not moved:  # what out= names may hold the right numbers from another run
            changer.moved(same[-1], in_place=True)


def _places(objects: Iterable[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what objects are and hold: (where it may be replaced, by which key, the value)."""
    for thing in objects:
        held = thing if isinstance(thing, list | dict) else getattr(thing, "__dict__", None)
        if isinstance(thing, np.ndarray):
            yield None, None, thing
        elif isinstance(held, list):
            yield from ((held, k, value) for k, value in enumerate(held))
        elif isinstance(held, dict):
            yield from ((held, key, value) for key, value in held.items())


# --- loops and conditions -----------------------------------------------------------------


def _headers(found: list[Suspect]) -> Iterator[Suspect]:
    """Yield the loops and conditions around suspects: they reach what is in them."""
    by_phase = {(s.phase, id(s.statement)): s for s in found}
    for source in dict.fromkeys(s.source for s in found):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.For | ast.While | ast.If | ast.With | ast.Try):
                for phase in PHASES:
                    keys = [(phase, id(child)) for child in ast.walk(node)]
                    inner = [by_phase[key] for key in keys if key in by_phase]
                    if inner:
                        reaches = frozenset(name for s in inner for name in s.reaches)
                        count = max(s.count for s in inner)
                        yield Suspect(source, node, phase, reaches, (), count)
