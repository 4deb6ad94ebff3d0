"""What must hold before the numbers mean anything: the contract of forward and backward.

Each `_…` function asks one question of the code and returns findings. Everything found is
reported, not only the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minnet.gradcheck.case import Array, Case, CodeError, Run, output_vector, split_like
from minnet.gradcheck.crash import describe_crash
from minnet.gradcheck.results import Finding, Verdict
from minnet.gradcheck.verdict import as_gradients

#: two results of one computation differ by less than this, relative to their size
SAME = 1e-9
#: a residual above the first share of the gradient is no round-off in any dtype; one above the
#: second is, in float64, if the gradient turns out to be wrong
NONLINEAR, SLIGHTLY_NONLINEAR = 5e-2, 1e-9
#: what is below this share of the outputs' size is round-off of a gradient that is zero
ROUND_OFF = 1e-12
#: inputs this large are legal for anything that is bounded or grows like its input
LARGE = 1000.0
#: arrays that a layer may change: averages it keeps in a dict of the caller
KEPT_AVERAGES = ("running", "moving", "ema")

Gradients = dict[str, Array]


@dataclass
class Contract:
    """What was found before the numbers.

    Attributes
    ----------
    stopped : Verdict or None
        The verdict on the whole case where no gradient can be judged.
    findings : list of Finding
        Why it stopped.
    warnings : list of Finding
        Faults that leave the gradients as they are.
    gradients : dict of str to list of Finding
        Faults of single gradients; each of them is a failure.
    suspicions : dict of str to list of Finding
        What would explain a gradient that the numbers show to be wrong.
    raw : dict of str to anything
        What backward returned for `weight`.
    weight : array (m,)
        The upstream gradient, flat.
    floor : dict of str to float
        Gradients below this are zero but for round-off.
    """

    stopped: Verdict | None = None
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    gradients: dict[str, list[Finding]] = field(default_factory=dict)
    suspicions: dict[str, list[Finding]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    weight: Array = field(default_factory=lambda: np.zeros(0))
    floor: dict[str, float] = field(default_factory=dict)

    def blame(
        self, names: Iterator[str] | list[str], code: str, message: str, **facts: Any
    ) -> None:
        """Add the finding to each of the named gradients."""
        for name in names:
            found = Finding(code, message.replace("{wrt}", name), facts)
            self.gradients.setdefault(name, []).append(found)


def examine(case: Case, rng: np.random.Generator) -> Contract:
    """Put the questions of the contract to `case`.

    Returns
    -------
    Contract
    """
    contract = Contract()
    first = _forward(case, contract)
    if first is None:
        return contract
    contract.weight = random_upstream(first.outputs, rng, case.is_loss)
    could_be = ROUND_OFF * float(np.abs(contract.weight * output_vector(first)).sum())
    for name, x in case.variables.items():
        contract.floor[name] = could_be / float(np.abs(x).mean() or 1.0) if x.size else 0.0
    if not _backward(case, contract):
        return contract
    _shapes(case, contract)
    given = as_gradients(contract.raw, case.variables)
    _finite(contract, given)
    for question in (_upstream, _history, _other_instance, _large_inputs, _layout):
        try:
            question(case, contract, given, rng)
        except CodeError:
            continue  # the ordinary call went well; what raised here is not what was asked
    return contract


def random_upstream(
    outputs: tuple[Array, ...], rng: np.random.Generator, is_loss: bool = False
) -> Array:
    """Return a random upstream gradient for `outputs`, flat; never ones, which hide mistakes.

    The values lie between 0.5 and 1.5, of either sign, and are exact in the outputs' dtype.
    """
    sizes = [np.size(out) for out in outputs]
    if is_loss:
        return np.ones(sum(sizes))
    pieces = [
        (rng.choice([-1.0, 1.0], size) * rng.uniform(0.5, 1.5, size)).astype(out.dtype)
        for out, size in zip(outputs, sizes, strict=True)
    ]
    return np.concatenate(pieces, dtype=np.float64)


# --- can it run at all --------------------------------------------------------------------


def _forward(case: Case, contract: Contract) -> Run | None:
    """Run forward twice: does it run, is the output finite, is it the same?"""
    try:
        first = case.run()
        _mutations(case, contract, first, "forward")
        vector = output_vector(first).copy()
        again = output_vector(case.run())
    except CodeError as error:
        return _stop(contract, describe_crash(error))
    if vector.size == 0:
        return _stop(
            contract,
            Finding("crash", "forward returned an empty output; it should return an array.", {}),
        )
    if vector.shape != again.shape or not np.array_equal(vector, again, equal_nan=True):
        message = (
            "Two equal calls of forward gave different outputs, although the random generators "
            "and the layer's own state were put back in between. Take random numbers from one "
            "generator that the layer keeps (or from np.random), and use nothing like the time."
        )
        return _stop(contract, Finding("nondeterministic", message, {"pass": "forward"}))
    bad = ~np.isfinite(vector)
    if bad.any() and all(np.isfinite(x).all() for x in case.variables.values()):
        where = np.argwhere(bad)[0].tolist()
        message = (
            f"forward returns {int(bad.sum())} NaN or infinite value(s) of {bad.size} for finite "
            "inputs. Look for a division by zero, a log of zero, or an exp that overflows."
        )
        return _stop(contract, Finding("non_finite", message, {"first": where, "pass": "forward"}))
    return first


def _backward(case: Case, contract: Contract) -> bool:
    """Run backward: does it run, does it return anything, is it the same twice?"""
    try:
        run = case.run()
        upstream = split_like(contract.weight, run.outputs)
        kept = tuple(d.copy() for d in upstream)
        contract.raw = _copied(run.backward(upstream))
        _mutations(case, contract, run, "backward")
        if any(not np.array_equal(a, b) for a, b in zip(upstream, kept, strict=True)):
            _warn(
                contract,
                "mutates_upstream",
                "backward changes the upstream gradient dout that it was given",
                "dout",
            )
        again = _copied(case.run().backward(split_like(contract.weight, run.outputs)))
    except CodeError as error:
        _stop(contract, describe_crash(error))
        return False
    if all(value is None for value in contract.raw.values()):
        message = "backward returns no gradient: it looks as if it is still to be written."
        _stop(contract, Finding("not_implemented", message, {"pass": "backward"}))
        return False
    for name, value in contract.raw.items():
        if value is None:
            contract.blame(
                [name],
                "missing",
                "There is no gradient for {wrt}: backward gives the others but not this one.",
            )
        elif not _same_raw(value, again.get(name)):
            contract.blame(
                [name],
                "nondeterministic",
                "Two equal calls of backward gave different gradients for {wrt}, although "
                "forward gave the same output.",
            )
    return True


def _stop(contract: Contract, finding: Finding) -> None:
    contract.stopped = {"not_implemented": "not_implemented", "crash": "error"}.get(
        finding.code, "fail"
    )  # type: ignore[assignment]
    contract.findings.append(finding)
    return None


# --- what it returns ----------------------------------------------------------------------


def _shapes(case: Case, contract: Contract) -> None:
    for name, x in case.variables.items():
        value = contract.raw.get(name)
        if value is None:
            continue
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            contract.blame(
                [name],
                "shape",
                f"The gradient of {{wrt}} is not an array of numbers but {type(value).__name__} "
                f"(dtype {array.dtype}); it should be an array of shape {x.shape}.",
            )
        elif array.shape != x.shape:
            why = shape_mistake(array.shape, x.shape, case.quantities)
            contract.blame(
                [name],
                "shape",
                f"The gradient of {{wrt}} has shape {array.shape}, but {{wrt}} has shape "
                f"{x.shape}: {why}.",
                returned=list(array.shape),
                expected=list(x.shape),
                mistake=why,
            )


def shape_mistake(
    returned: tuple[int, ...], expected: tuple[int, ...], quantities: Mapping[str, float]
) -> str:
    """Say in words how a gradient of shape `returned` differs from its variable's `expected`.

    >>> shape_mistake((3, 2), (2, 3), {})
    'it is transposed'
    >>> shape_mistake((1, 3), (3,), {})
    'an axis of length 1 is left over (keepdims=True?)'
    >>> shape_mistake((5, 3), (3,), {"the batch size": 5})
    'it is not summed over the batch'
    """
    squeezed = tuple(n for n in returned if n != 1)
    if returned == ():
        return "it is a single number: everything was summed"
    if len(returned) > 1 and returned == expected[::-1]:
        return "it is transposed"
    if squeezed == tuple(n for n in expected if n != 1):
        if len(returned) > len(expected):
            return "an axis of length 1 is left over (keepdims=True?)"
        if len(returned) < len(expected):
            return "an axis of length 1 is missing (keepdims=True would keep it)"
        return "its axes of length 1 are in other places"
    if sorted(returned) == sorted(expected):
        return "its axes are in another order"
    if len(returned) > len(expected) and returned[len(returned) - len(expected) :] == expected:
        extra = returned[: len(returned) - len(expected)]
        batch = len(extra) == 1 and extra[0] == quantities.get("the batch size")
        return f"it is not summed over {'the batch' if batch else f'the leading axes {extra}'}"
    if int(np.prod(returned)) == int(np.prod(expected)):
        return "it is flattened" if len(returned) == 1 else "it is reshaped"
    if len(returned) > len(expected):
        return "it is not summed over every axis that is missing in the variable"
    if len(returned) < len(expected):
        return "it is summed over too many axes"
    return "the two do not belong together"


def _finite(contract: Contract, given: Gradients) -> None:
    for name, gradient in given.items():
        bad = ~np.isfinite(gradient)
        if bad.any():
            contract.blame(
                [name],
                "non_finite",
                f"The gradient of {{wrt}} holds {int(bad.sum())} NaN or infinite value(s) of "
                f"{bad.size}, the first at index {tuple(np.argwhere(bad)[0].tolist())}.",
                count=int(bad.sum()),
                first=np.argwhere(bad)[0].tolist(),
            )


def _mutations(case: Case, contract: Contract, run: Run, stage: str) -> None:
    """Warn of arrays that belong to the caller and were changed."""
    originals = case.originals()
    for name, handed in run.handed.items():
        original = originals.get(name)
        if original is None or any(part in name for part in KEPT_AVERAGES):
            continue
        if handed.shape == original.shape and np.array_equal(handed, original, equal_nan=True):
            continue
        if name in case.inputs:
            _warn(contract, "mutates_input", f"{stage} changes its input {name}", name)
        else:
            _warn(contract, "mutates_parameter", f"{stage} changes the parameter {name}", name)


def _warn(contract: Contract, code: str, what: str, name: str) -> None:
    if all(w.code != code or w.evidence.get("array") != name for w in contract.warnings):
        message = f"{what}, which belongs to the caller. Work on a copy ({name}.copy())."
        contract.warnings.append(Finding(code, message, {"array": name}))


# --- linear in the upstream gradient ------------------------------------------------------


def _upstream(case: Case, contract: Contract, given: Gradients, rng: np.random.Generator) -> None:
    """Is backward linear in dout, and zero for dout = 0? Does it look at dout at all?"""
    if case.is_loss:
        return
    one = contract.weight
    other = random_upstream((one,), rng)
    claim = _claimer(case)
    at_other, at_zero = claim(other), claim(0 * one)
    at_sum, at_large, at_small = claim(one + other), claim(1024 * one), claim(one / 1024)
    for name, gradient in given.items():
        scaled = (at_other, at_zero, at_sum, at_large, at_small)
        if not all(name in g and np.isfinite(g[name]).all() for g in (given, *scaled)):
            continue
        zero, floor = at_zero[name], contract.floor[name]
        if not _far(at_other[name], gradient, 0.0) and not _far(zero, gradient, 0.0):
            if np.abs(gradient).max(initial=0.0) > floor:
                contract.blame([name], "upstream_ignored", UPSTREAM_IGNORED)
            continue
        size = float(np.abs(gradient).max(initial=0.0) + np.abs(at_other[name]).max(initial=0.0))
        residual = max(
            _distance(at_sum[name], gradient + at_other[name] - zero),
            _distance(at_large[name] / 1024, gradient + (1 / 1024 - 1) * zero),
            _distance(at_small[name] * 1024, gradient + 1023 * zero),
            float(np.abs(zero).max(initial=0.0)),
        )
        if residual > NONLINEAR * size + floor:
            _nonlinear(contract.gradients, name, zero, residual)
        elif residual > SLIGHTLY_NONLINEAR * size + floor:
            _nonlinear(contract.suspicions, name, zero, residual)


UPSTREAM_IGNORED = (
    "The gradient of {wrt} is the same whatever dout is: by the chain rule it must be multiplied "
    "by the upstream gradient."
)


def _nonlinear(where: dict[str, list[Finding]], name: str, at_zero: Array, residual: float) -> None:
    offset = float(np.abs(at_zero).max(initial=0.0))
    if offset >= 0.1 * residual:
        message = (
            f"With dout = 0 the gradient of {name} should be 0, but it reaches {offset:.3g}: "
            "something is added that does not come from dout."
        )
    else:
        message = (
            f"The gradient of {name} is not linear in dout: doubling dout does not double it, or "
            "the gradients for two douts do not add up. dout may only be multiplied and summed."
        )
    found = Finding("nonlinear_upstream", message, {"at_zero": offset, "residual": residual})
    where.setdefault(name, []).append(found)


def _far(a: Array, b: Array, limit: float) -> bool:
    return not bool(np.all(np.abs(a - b) <= limit))


def _distance(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max(initial=0.0))


# --- independent of what was called before ------------------------------------------------


def _history(case: Case, contract: Contract, given: Gradients, rng: np.random.Generator) -> None:
    """Does a second forward and backward on the same object give the second gradient?"""
    runs, gradients = [], []
    for k in range(3):
        run = case.run(restore=k == 0)
        runs.append(output_vector(run).copy())
        upstream = split_like(contract.weight, run.outputs)
        gradients.append(as_gradients(_copied(run.backward(upstream)), case.variables))
    if all(np.array_equal(runs[0], out) for out in runs[1:]):
        for name, gradient in given.items():
            if not all(name in g for g in gradients):
                continue
            first, second, third = (g[name] for g in gradients)
            if _close(second, first, floor=contract.floor[name]):
                continue
            if _close(second - first, third - second) and _close(second - first, gradient):
                contract.blame(
                    [name],
                    "accumulates",
                    "The gradient of {wrt} grows at each call of backward: it is added to that "
                    "of the call before. backward must overwrite it (= where += stands).",
                )
            else:
                _blame_stale(contract, name, "an earlier call")
    _second_input(case, contract, given, rng)


def _second_input(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Forward A, backward, forward B, backward on one object: is it the gradient at B?"""
    values = _other_values(case, rng)
    fresh = case.run(values)
    wanted_output = output_vector(fresh).copy()
    upstream = split_like(contract.weight, fresh.outputs)
    wanted = as_gradients(_copied(fresh.backward(upstream)), case.variables)
    before = case.run()
    first_output = output_vector(before).copy()
    before.backward(split_like(contract.weight, before.outputs))
    second = case.run(values, restore=False)
    output = output_vector(second).copy()
    got = as_gradients(
        _copied(second.backward(split_like(contract.weight, second.outputs))), case.variables
    )
    same_output = np.array_equal(output, wanted_output)
    repeated = np.array_equal(output, first_output) and not same_output
    for name in given:
        if _already(contract, name, "accumulates") or not (name in got and name in wanted):
            continue
        if repeated or (
            same_output and not _close(got[name], wanted[name], floor=contract.floor[name])
        ):
            _blame_stale(contract, name, "the forward pass before")


def _other_instance(
    case: Case, contract: Contract, given: Gradients, rng: np.random.Generator
) -> None:
    """Forward on this object, forward on another, backward on this: is the cache shared?"""
    run = case.run()
    case.another().run(_other_values(case, rng))
    upstream = split_like(contract.weight, run.outputs)
    got = as_gradients(_copied(run.backward(upstream)), case.variables)
    for name, gradient in given.items():
        if name in got and not _close(got[name], gradient, floor=contract.floor[name]):
            _blame_stale(contract, name, "another forward pass, made in between")


def _blame_stale(contract: Contract, name: str, whose: str) -> None:
    if not _already(contract, name, "stale_cache"):
        contract.blame(
            [name],
            "stale_cache",
            f"The gradient of {{wrt}} is computed with values of {whose}: what forward keeps "
            "for backward is not renewed, or is shared (a global, or an attribute of the class).",
        )


def _already(contract: Contract, name: str, code: str) -> bool:
    return any(finding.code == code for finding in contract.gradients.get(name, ()))


# --- large inputs and unusual arrays ------------------------------------------------------


def _large_inputs(
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
    raw = large.backward(split_like(contract.weight, large.outputs))
    gradients = as_gradients(_copied(raw), case.variables)
    bad = [n for n, g in gradients.items() if not np.isfinite(g).all()]
    if bad:
        message = (
            f"the gradient of {', '.join(bad)} is not finite when {name} reaches {LARGE:g}, "
            "though the output is. Look for a division by a number that underflows to 0."
        )
        contract.warnings.append(Finding("overflow", message, {"at": LARGE, "input": name}))
    return bool(bad)


def _layout(case: Case, contract: Contract, given: Gradients, rng: np.random.Generator) -> None:
    """Are read-only and non-contiguous inputs taken like any others?"""
    inputs = [name for name in case.variables if name in case.inputs]
    values = {name: _unusual(case.variables[name]) for name in inputs}
    try:
        run = case.run(values, as_given=True)
        raw = run.backward(split_like(contract.weight, run.outputs))
        got = as_gradients(_copied(raw), case.variables)
    except CodeError as error:
        if not any(w.code.startswith("mutates") for w in contract.warnings):
            message = (
                f"It raises for an input that is read-only and not contiguous: {error.original}"
            )
            contract.warnings.append(Finding("crash", message, {"stage": error.stage}))
        return
    for name, gradient in given.items():
        if (
            name in got
            and np.isfinite(gradient).all()
            and not _close(got[name], gradient, 1e-6, contract.floor[name])
        ):
            contract.blame(
                [name],
                "unexplained",
                "The gradient of {wrt} depends on how the input lies in memory: it is another "
                "one when the same values come in a transposed array.",
            )


def _unusual(x: Array) -> Array:
    """Return x as a read-only array whose elements lie in another order, with gaps."""
    wide = np.zeros((*x.shape[::-1], 2), x.dtype)
    view = wide[..., 0].T
    view[...] = x
    view.flags.writeable = False
    return view


# --- helpers ------------------------------------------------------------------------------


def _claimer(case: Case) -> Callable[[Array], Gradients]:
    def claim(weight: Array) -> Gradients:
        run = case.run()
        raw = run.backward(split_like(weight, run.outputs))
        return as_gradients(_copied(raw), case.variables)

    return claim


def _copied(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {n: None if value is None else np.array(value) for n, value in raw.items()}


def _other_values(case: Case, rng: np.random.Generator) -> Gradients:
    """Return quite other values out of the same domain: shuffled, and a little stretched."""
    return {
        name: (rng.permutation(x.ravel()).reshape(x.shape) * rng.uniform(0.7, 1.3, x.shape)).astype(
            x.dtype
        )
        for name, x in case.variables.items()
    }


def _close(a: Array, b: Array, share: float = SAME, floor: float = 0.0) -> bool:
    limit = share * float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))) + floor
    return bool(np.array_equal(a, b, equal_nan=True) or np.all(np.abs(a - b) <= limit))


def _same_raw(a: Any, b: Any) -> bool:
    return b is not None and np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=True)
