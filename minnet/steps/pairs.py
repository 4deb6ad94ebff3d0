"""Which gradient belongs to which value, and what it should be: measured, or by the chain rule."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.spellings import gradient_names
from minnet.report.results import CaseResult
from minnet.steps.measured import Measured
from minnet.steps.run import Passes
from minnet.tracing.adjoint import adjoints
from minnet.tracing.cells import Cell
from minnet.tracing.trace import Trace, Value, name_apart

#: two gradients are the same if they differ by less than this share of the larger
ALIKE = 1e-8


@dataclass(frozen=True, eq=False)
class Pair:
    """A value and its gradient: ``x`` and ``dx``, ``out`` and ``dout``.

    Attributes
    ----------
    value, gradient : Value
    expected : array, optional
        ∂L/∂(the value), in the gradient's shape; None of a gradient of a wrong shape.
    bar : array, optional
        The error bars of what was measured; None where the chain rule was followed instead.
    verdict : str
        That of the checker on this gradient; "" of what it does not judge.
    codes : tuple of str
    """

    value: Value
    gradient: Value
    expected: Array | None = None
    bar: Array | None = None
    verdict: str = ""
    codes: tuple[str, ...] = ()

    @property
    def difference(self) -> Array | None:
        """What the gradient is too large by; None where no number belongs to one of the other."""
        if self.expected is None or self.expected.shape != self.gradient.shape:
            return None
        return np.asarray(self.gradient.data - self.expected)


def pairs_of(
    passes: Passes, result: CaseResult | None, measured: Mapping[str, Measured]
) -> list[Pair]:
    """Return the pairs of a trace.

    Parameters
    ----------
    passes : Passes
    result : CaseResult, optional
        What the checker says of the same case.
    measured : dict of str to (array, array)
        The gradient of every variable, measured for the upstream gradient of the trace, and its
        error bars.
    """
    trace = passes.trace
    found = list(_claimed(passes, result, measured))
    taken = {pair.gradient.number for pair in found} | {pair.value.number for pair in found}
    for upstream, name in zip(_of_role(trace, "upstream"), _outputs(trace), strict=False):
        if name.shape == upstream.shape:
            found.append(Pair(name, upstream))
            taken.add(upstream.number)
    wrong = any(pair.verdict == "fail" for pair in found)
    found += _inner(passes, taken, wrong)
    return found


def _claimed(
    passes: Passes, result: CaseResult | None, measured: Mapping[str, Measured]
) -> Iterator[Pair]:
    trace, results = passes.trace, {g.wrt: g for g in result.gradients} if result else {}
    for name, claim in passes.claims.items():
        value, gradient = trace.find(name), _holder(trace, name, claim)
        if value is None or gradient is None:
            continue
        if gradient.written.endswith("()"):  # a helper returned it
            gradient.written = f"d{name}"
            name_apart(trace.values)
        trace.aliases.setdefault(f"d{name}", gradient)
        judged = results.get(name)
        expected, bar = measured.get(name, (None, None))
        codes = tuple(finding.code for finding in judged.diagnosis) if judged else ()
        yield Pair(value, gradient, expected, bar, judged.verdict if judged else "", codes)


def _holder(trace: Trace, name: str, claim: Any) -> Value | None:
    """Return the value that is what backward gives for a variable, by its name if several are."""
    array = np.asarray(claim) if claim is not None else None
    if array is None or array.dtype.kind != "f":
        return None
    same = [
        value
        for value in reversed(trace.values)
        if (value.phase or value.role == "upstream")
        and value.shape == array.shape
        and np.array_equal(value.data, array, equal_nan=True)
    ]
    named = gradient_names(name)
    return next((v for v in same if v.name in named), next(iter(same), None))


def _of_role(trace: Trace, role: str) -> list[Value]:
    return [value for value in trace.values if value.role == role]


def _outputs(trace: Trace) -> list[Value]:
    return [value for value in trace.values if value.role == "output"]


def _inner(passes: Passes, taken: set[int], wrong: bool) -> Iterator[Pair]:
    """Yield the values of backward that are, or by their name should be, ∂L/∂(one of forward).

    Where everything is right, a name alone means nothing: there is no pair that differs.
    """
    expected = list(_by_chain_rule(passes))
    backward = [v for v in passes.trace.values if v.phase == "backward" and v.number not in taken]
    for gradient in backward:
        if gradient.data.dtype.kind != "f" or not gradient.data.size:
            continue
        named = [p for p in expected if gradient.written in gradient_names(p[0].name)]
        fitting = [p for p in [*named, *expected] if _alike(gradient.data, p[1])]
        if fitting:
            value, should_be = fitting[0]
            yield Pair(value, gradient, should_be.reshape(gradient.shape))
        elif wrong and named and "@" not in gradient.name:
            value, should_be = named[-1]
            if should_be.shape == gradient.shape:
                yield Pair(value, gradient, should_be)


def _by_chain_rule(passes: Passes) -> Iterator[tuple[Value, Array]]:
    """Yield the values of forward with ∂L/∂(each)."""
    trace, outputs = passes.trace, list[tuple[Cell, float]]()
    upstream = passes.upstream or tuple(np.ones(out.shape) for out in passes.outputs)
    for value, dout in zip(_outputs(trace), upstream, strict=False):
        if value.cells is None or value.shape != dout.shape:
            return
        outputs += zip(value.cells.flat, map(float, dout.flat), strict=True)
    if not outputs or not all(isinstance(cell, Cell) for cell, _ in outputs):
        return
    found = adjoints(outputs)
    for value in trace.values:
        if value.phase in ("", "forward") and value.role != "upstream" and value.cells is not None:
            gains = [found.get(id(cell), 0.0) for cell in value.cells.flat]
            array = np.array(gains, float).reshape(value.shape)
            if array.any() and not any(map(math.isnan, gains)):
                yield value, array


def _alike(a: Array, b: Array) -> bool:
    if a.size != b.size:
        return False
    size = max(float(np.abs(a).max()), float(np.abs(b).max()))
    return bool(size) and bool(np.all(np.abs(a.ravel() - b.ravel()) <= ALIKE * size))
