"""Large inputs, and arrays that lie in memory in an unusual way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, Run, message_of, output_vector, split_like
from minnet.gradcheck.contract.findings import Contract, Gradients, close, copied, gradients_of
from minnet.gradcheck.verdict.claims import as_gradients
from minnet.report.results import Finding

#: inputs this large are legal for anything that is bounded or grows like its input
LARGE = 1000.0


def check_large_inputs(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Is the output still finite at inputs of 1000, where the function itself is no larger?"""
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

    for sign in (1.0, -1.0):
        small, moderate, large = (outputs(sign * size) for size in (1.0, 30.0, LARGE))
        if small is None or moderate is None or large is None:
            continue
        before, grown = np.abs(output_vector(small)), np.abs(output_vector(moderate))
        if not np.isfinite(grown).all() or grown.max(initial=0.0) > 300 * before.max(initial=0.0):
            continue  # it grows faster than its input: overflow is what it should do
        if _overflows(case, contract, name, large):
            return


def _overflows(case: Case, contract: Contract, name: str, large: Run) -> bool:
    """Warn if the output, or else a gradient, is not finite at large inputs."""
    if not np.isfinite(output_vector(large)).all():
        message = (
            f"forward is not finite when {name} reaches {LARGE:g}, though the function itself is "
            "moderate there. Subtract the maximum before exp, or use log1p / logaddexp."
        )
        contract.warnings.append(Finding("overflow", message, {"at": LARGE, "input": name}))
        return True
    gradients = gradients_of(case, large, contract.weight)
    bad = [n for n, g in gradients.items() if not np.isfinite(g).all()]
    if bad:
        message = (
            f"the gradient of {', '.join(bad)} is not finite when {name} reaches {LARGE:g}, "
            "though the output is. Look for a division by a number that underflows to 0."
        )
        contract.warnings.append(Finding("overflow", message, {"at": LARGE, "input": name}))
    return bool(bad)


def check_layout(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Are read-only and non-contiguous arrays taken like any others, as input and as dout?"""
    inputs = [name for name in case.variables if name in case.inputs]
    values = {name: _unusual(case.variables[name]) for name in inputs}
    _compare(case, contract, given, "the input", values, lambda d: d)
    if not case.is_loss:
        _compare(case, contract, given, "dout", {}, _unusual)


def _compare(
    case: Case,
    contract: Contract,
    given: Gradients,
    what: str,
    values: Gradients,
    lay_out: Callable[[Array], Array],
) -> None:
    """Warn if it raises for the unusual arrays, and blame the gradients that change."""
    try:
        run = case.run(values, as_given=True)
        upstream = tuple(lay_out(d) for d in split_like(contract.weight, run.outputs))
        got = as_gradients(copied(run.backward(upstream)), case.variables)
    except CodeError as error:
        if not any(w.code.startswith("mutates") for w in contract.warnings):
            message = (
                f"It raises when {what} is read-only and not contiguous: "
                f"{message_of(error.original)}"
            )
            contract.warnings.append(Finding("crash", message, {"stage": error.stage}))
        return
    for name, gradient in given.items():
        double = getattr(contract.raw[name], "dtype", None) == np.float64
        share = 1e-6 if double else 1e-3  # sums in another order round otherwise
        if (
            name in got
            and np.isfinite(gradient).all()
            and not close(got[name], gradient, share, contract.floor[name])
        ):
            contract.blame(
                [name],
                "unexplained",
                f"The gradient of {{wrt}} depends on how {what} lies in memory: it is another "
                "one when the same values come in a transposed array.",
            )


def _unusual(x: Array) -> Array:
    """Return x as a read-only array whose elements lie in another order, with gaps."""
    wide = np.zeros((*x.shape[::-1], 2), x.dtype)
    view = wide[..., 0].T
    view[...] = x
    view.flags.writeable = False
    return view
