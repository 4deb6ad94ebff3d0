"""A walk through forward and backward: the trace, its pairs, and where to begin looking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minnet.report.findings import SourceLine
from minnet.steps.choose import Chosen
from minnet.steps.measured import measured
from minnet.steps.pairs import Pair, pairs_of
from minnet.steps.run import Passes, passes_of
from minnet.tracing.terms import Terms, terms_of
from minnet.tracing.trace import Operation, Trace, Value


@dataclass(frozen=True, eq=False)
class Place:
    """One number: an element of a value."""

    value: Value
    flat: int

    @property
    def name(self) -> str:
        """``dW[2,1]``."""
        return self.value.at(self.flat)


class NoSuchNumber(LookupError):
    """A name or an index that is not there; the message is the one line for the user."""


@dataclass(eq=False)
class Walk:
    """Everything that a step-through shows.

    Attributes
    ----------
    name, description : str
    passes : Passes
    pairs : list of Pair
    verdict : str
        The checker's, on this case.
    message : str
        What is wrong, in the checker's words; "" where nothing is.
    line : SourceLine, optional
        The first wrong line, where it is known.
    case, cases : int
        Which of how many cases, from 1.
    formulas : dict of str to str
        What forward and each gradient compute, where the layer says so.
    notes : tuple of str
    """

    name: str
    description: str
    passes: Passes
    pairs: list[Pair]
    verdict: str = ""
    message: str = ""
    line: SourceLine | None = None
    case: int = 1
    cases: int = 1
    formulas: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def trace(self) -> Trace:
        """What was computed."""
        return self.passes.trace

    def terms(self, place: Place) -> Terms:
        """Return what made one number."""
        return terms_of(self.trace, place.value, place.flat)

    def pair_of(self, value: Value) -> Pair | None:
        """Return the pair that a value belongs to, as the gradient or as what it is of."""
        mine = [p for p in self.pairs if value in (p.gradient, p.value)]
        return next((p for p in mine if p.gradient is value), next(iter(mine), None))

    def twin(self, place: Place) -> Place | None:
        """Return the same number in the other pass: of ``x[1,2]``, ``dx[1,2]``; None if none."""
        pair = self.pair_of(place.value)
        if pair is None or pair.value.data.size != pair.gradient.data.size:
            return None
        if pair.expected is not None and pair.expected.shape != pair.gradient.shape:
            return None  # transposed, for example: the same place is another number
        return Place(pair.gradient if place.value is pair.value else pair.value, place.flat)

    def maker(self, value: Value) -> Operation | None:
        """Return the operation that made a value; None of what was handed over."""
        made = (op for op in self.trace.operations if value.phase and value.number in op.outputs)
        return next(made, None)

    def place(self, text: str) -> Place:
        """Return the number that a text names: ``dW[2,1]``, ``x[-1, 0]``, ``loss``.

        Raises
        ------
        NoSuchNumber
            In one line that says what there is.
        """
        match = re.fullmatch(r"\s*(.+?)\s*(?:\[([-\d\s,]*)\])?\s*", text)
        value = None if match is None else self.trace.find(match[1])
        if match is None or value is None:
            names = ", ".join(v.name for v in self.trace.values if "@" not in v.name)
            raise NoSuchNumber(f"there is no value {text!r} here; there are {names}")
        if match[2] is None:
            if value.data.size != 1:
                example = value.at(value.data.size - 1)
                raise NoSuchNumber(f"{value.name} is an array: choose an element, as {example}")
            return Place(value, 0)
        return Place(value, _flat(value, [int(i) for i in re.findall(r"-?\d+", match[2])]))


def _flat(value: Value, index: list[int]) -> int:
    shape = value.shape
    fits = len(index) == len(shape) and all(
        -size <= i < size for i, size in zip(index, shape, strict=True)
    )
    if not fits:
        last = value.at(value.data.size - 1) if value.data.size else value.name
        raise NoSuchNumber(
            f"{value.name} has the shape {shape}: an element has {len(shape)} whole numbers, "
            f"the last is {last}"
        )
    places = [i % size for i, size in zip(index, shape, strict=True)]
    return int(np.ravel_multi_index(places, shape)) if shape else 0


def walk_of(chosen: Chosen, seed: int = 0) -> Walk:
    """Return the walk through a case."""
    case, result = chosen.case, chosen.result
    case.restore()
    try:
        outputs = case.run().outputs
    except Exception:
        outputs = ()
    rng = np.random.default_rng(seed)
    upstream = tuple(np.ones_like(out) if case.is_loss else _upstream(out, rng) for out in outputs)
    ends = {"forward": _ends("out", len(outputs)), "backward": [f"d{n}" for n in case.inputs]}
    passes = passes_of(case, upstream, ends, "update" if chosen.name == "demo" else "")
    finding = chosen.finding
    formulas: Any = getattr(type(case.thing), "formulas", {})
    return Walk(
        chosen.name,
        chosen.description,
        passes,
        pairs_of(passes, result, measured(case, upstream, seed)),
        result.verdict if result else "",
        finding.message if finding else "",
        finding.line if finding else None,
        chosen.number,
        chosen.count,
        dict(formulas) if isinstance(formulas, Mapping) else {},
        tuple(result.notes) if result else (),
    )


def _upstream(out: Any, rng: np.random.Generator) -> Any:
    """Return an upstream gradient of one decimal and no zeros."""
    drawn = np.round(rng.normal(size=np.shape(out)), 1)
    return np.where(drawn == 0, 0.5, drawn).astype(np.asarray(out).dtype)


def _ends(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}[{i}]" for i in range(count)]
