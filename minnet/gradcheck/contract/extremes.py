"""Large inputs, and arrays that lie in memory in an unusual way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, message_of, output_vector, split_like
from minnet.gradcheck.contract.complaints import ANYTHING, first_cause
from minnet.gradcheck.contract.findings import Examination, Gradients
from minnet.gradcheck.verdict.claims import as_gradients
from minnet.report.results import Finding
from minnet.report.words import listed

#: inputs this large are legal for anything that is bounded or grows like its input, that is,
#: by no more than GROWTH from 1 to MODERATE
LARGE, MODERATE, GROWTH = 1000.0, 30.0, 300.0


def check_large_inputs(asked: Examination) -> None:
    """Is the output still finite at inputs of 1000, where the function itself is no larger?"""
    case = asked.case
    name = next(iter(case.variables), None)
    if name is None or name not in case.inputs:
        return
    x = case.variables[name]
    largest = float(np.abs(x).max(initial=0.0))
    if not 0 < largest < LARGE:
        return

    def outputs(size: float) -> Run | None:
        try:
            return case.run({name: (x * (size / largest)).astype(x.dtype)})
        except CodeError:
            return None

    one_sided = bool(np.all(x >= 0) or np.all(x <= 0))
    for sign in (1.0, -1.0):
        if (large := outputs(sign * LARGE)) is None:
            continue
        tried = x * (sign * LARGE / largest)
        with contextlib.suppress(CodeError):
            found = _overflow(asked, name, large, tried, may_be_undefined=one_sided and sign < 0)
            if found and not _grows(*(outputs(sign * size) for size in (1.0, MODERATE))):
                asked.contract.warnings.append(_warning(name, *found))
                return


def _grows(small: Run | None, moderate: Run | None) -> bool:
    """Return whether the output grows faster than its input from 1 to MODERATE, or is not there.

    Then overflow is what it should do.
    """
    if small is None or moderate is None:
        return True
    before, grown = np.abs(output_vector(small)), np.abs(output_vector(moderate))
    limit = GROWTH * before.max(initial=0.0)
    return bool(not np.isfinite(grown).all() or grown.max(initial=0.0) > limit)


def _overflow(
    asked: Examination, name: str, large: Run, tried: Array, may_be_undefined: bool
) -> tuple[str, Callable[[], Any]] | None:
    """Return what is not finite at large inputs, the output or else a gradient, and what shows it.

    Where they have signs that the user's own have not, a NaN may be what a logarithm should give.
    """
    case, low, high = asked.case, float(tried.min()), float(tried.max())
    ends = [low, high] if low < 0 < high else [high if high > 0 else low]
    at = f"{name} reaches {listed(f'{end:.4g}' for end in ends)}"
    output = output_vector(large)
    if not np.isfinite(output).all():
        if may_be_undefined and not np.isinf(output).any():
            return None
        what = f"forward is not finite when {at}, though the function itself is moderate there"
        return what, lambda: case.run({name: tried})
    claimed, known = asked.claimed(large), asked.contract.gradients
    bad = [n for n, g in claimed.items() if not np.isfinite(g).all() and n not in known]
    if may_be_undefined:
        bad = [n for n in bad if np.isinf(claimed[n]).any()]
    if not bad:
        return None
    what = f"the gradient of {listed(bad)} is not finite when {at}, though the output is"
    return what, lambda: asked.claimed(large)


def _warning(name: str, what: str, act: Callable[[], Any]) -> Finding:
    cause = first_cause(act)
    message = f"{what}: {cause.in_words if cause else ANYTHING}."
    line = cause.line if cause else None
    facts = {"at": LARGE, "input": name}
    return Finding("overflow", message, facts, line=line)


def check_layout(asked: Examination) -> None:
    """Are read-only and non-contiguous arrays taken like any others, as input and as dout?"""
    case = asked.case
    if not asked.contract.remembers:
        return  # the chain of calls has asked for it
    values = {name: unusual(case.variables[name]) for name in case.inputs}
    with contextlib.suppress(CodeError):
        _, got = _laid_out(asked, values, unusual)  # mostly both together say that all is well
        if all(name in got and asked.same(name, got[name], g) for name, g in asked.given.items()):
            return
    _compare(asked, "the input", values, lambda d: d)
    if not case.is_loss:
        _compare(asked, "dout", {}, unusual)


def _laid_out(
    asked: Examination, values: Gradients, lay_out: Callable[[Array], Array]
) -> tuple[Run, Gradients]:
    """Run both passes with some inputs, and with dout as `lay_out` makes it."""
    run = asked.case.run(values, as_given=True)
    upstream = tuple(lay_out(d) for d in split_like(asked.dout, run.outputs))
    return run, as_gradients(run.backward(upstream), asked.case.variables)


def _compare(
    asked: Examination, what: str, values: Gradients, lay_out: Callable[[Array], Array]
) -> None:
    """Warn if it raises for the unusual arrays, and blame the gradients that change."""
    case, contract = asked.case, asked.contract
    try:
        run, got = _laid_out(asked, values, lay_out)
    except CodeError as error:
        if not any(w.code.startswith("mutates") for w in contract.warnings):
            said = message_of(error.original)
            message = (
                f"It raises {type(error.original).__name__} when {what} is read-only and not "
                f"contiguous{': ' if said else '.'}{said}"
            )
            contract.warnings.append(Finding("crash", message, {"stage": error.stage}))
        return
    for name, gradient in asked.given.items():
        if name not in got or not np.isfinite(gradient).all():
            continue
        same = asked.same(name, got[name], gradient)  # sums in another order round otherwise
        if not same and _gives_the_same(case, run):
            contract.blame(
                [name],
                "unexplained",
                f"The gradient of {{wrt}} depends on how {what} lies in memory: it is another "
                "one when the same values come in a transposed array.",
            )


def _gives_the_same(case: Case, run: Run) -> bool:
    """Return whether forward gives what it usually does: a random mask may be laid out too."""
    usual, now = output_vector(case.run()), output_vector(run)
    return usual.shape == now.shape and bool(np.allclose(usual, now, equal_nan=True))


def unusual(x: Array) -> Array:
    """Return x as a read-only array whose elements lie in another order, with gaps."""
    wide = np.zeros((*x.shape[::-1], 2), x.dtype)
    view = wide[..., 0].T
    view[...] = x
    view.flags.writeable = False
    return view
