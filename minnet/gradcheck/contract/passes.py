"""Do the two passes run, and do they return what they should?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from minnet.arrays import same_numbers
from minnet.gradcheck.case import Case, CodeError, Run, output_vector, split_like
from minnet.gradcheck.contract.complaints import ANYTHING, first_cause
from minnet.gradcheck.contract.findings import Contract, Gradients, arrays_of, same_raw
from minnet.gradcheck.measure.effort import with_effort
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.under_test.plan import upstream_names
from minnet.gradcheck.under_test.spellings import is_kept_average
from minnet.gradcheck.under_test.unwritten import (
    forgets_to_return,
    is_template,
    leaves_gradients_empty,
    returns_something,
)
from minnet.gradcheck.under_test.writers import line_that_changes, line_that_changes_upstream
from minnet.gradcheck.verdict.claims import lacks_leading_axes
from minnet.report.results import Finding, SourceLine
from minnet.report.words import listed

NO_RETURN = "backward computes, and gives nothing back: its return is missing."
NONE_FOUND = (
    "backward runs, and no gradient was found: what it returns is None, and it leaves none under a "
    "name that is known."
)
COMPLEX = (
    "forward returns complex numbers. Only real functions are checked: return the real and the "
    "imaginary part as two outputs."
)


def run_forward(case: Case, contract: Contract) -> Run | None:
    """Run forward twice: does it run, is the output finite, is it the same? Return the second."""
    try:
        first, _ = contract.ran = with_effort(case.run)
        _mutations(case, contract, first, "forward")
        if not first.outputs:
            contract.stop(Finding("crash", "forward returns an empty tuple: no output at all."))
            return None
        vector = output_vector(first)
        if vector.dtype.kind == "c":
            contract.stop(Finding("crash", COMPLEX))
            return None
        second = case.run()
        again = output_vector(second)
    except CodeError as error:
        contract.stop(describe_crash(error))
        return None
    if vector.shape != again.shape or not same_numbers(vector, again):
        contract.stop(nondeterministic_output(case))
        return None
    if is_template(case.code.get("forward")):
        message = "forward only returns what its template starts from: it is still to be written."
        contract.stop(Finding("not_implemented", message, {"pass": "forward"}))
        return None
    bad = ~np.isfinite(vector)
    if finding := _given_no_numbers(case, bool(bad.any())):
        contract.stop(finding, "inconclusive")
        return None
    if bad.any():
        where = np.argwhere(bad)[0].tolist()
        cause = first_cause(case.run)
        message = (
            f"forward returns {int(bad.sum())} NaN or infinite value(s) of {bad.size} for finite "
            f"inputs: {cause.in_words if cause else ANYTHING}."
        )
        facts, line = {"first": where, "pass": "forward"}, cause.line if cause else None
        contract.stop(Finding("non_finite", message, facts, line=line))
        return None
    return second


def _given_no_numbers(case: Case, spoils_output: bool) -> Finding | None:
    """Return the finding that there is no derivative here, through no fault of the two passes."""
    for name, x in case.variables.items():
        bad = ~np.isfinite(x) if spoils_output else np.isnan(x)
        if bad.any():
            first = np.argwhere(bad)[0].tolist()
            place = f", the first at index {tuple(first)}" if first else ""
            message = (
                f"{name} was given with {int(bad.sum())} NaN or infinite value(s) of {bad.size}"
                f"{place}. There is no gradient to measure there: check it with finite numbers."
            )
            return Finding("non_finite", message, {"array": name, "first": first})
    return None


def nondeterministic_output(case: Case) -> Finding:
    """Return the finding that two equal calls of forward gave different outputs."""
    from minnet.gradcheck.under_test.ran import functions_run  # late: few forwards differ

    forward, _ = functions_run(case)
    empty = any({"empty", "empty_like"} & {*f.__code__.co_names} for f in forward.functions)
    message = (
        "Two equal calls of forward gave different outputs, although the random generators "
        "and the layer's own state were put back in between. Take random numbers from one "
        "generator that the layer keeps (or from np.random), and use nothing like the time"
        + (
            "; fill all that np.empty makes, which holds what was in memory before (np.zeros "
            "holds zeros)."
            if empty
            else "."
        )
    )
    return Finding("nondeterministic", message, {"pass": "forward"})


def run_backward(case: Case, run: Run, contract: Contract) -> bool:
    """Run backward after `run`: does it run, and does it return anything?"""
    try:
        upstream = split_like(contract.dout, run.outputs)
        kept = tuple(d.copy() for d in upstream)
        contract.raw = arrays_of(run.backward(upstream))
        _mutations(case, contract, run, "backward")
        for k, (given, copy) in enumerate(zip(upstream, kept, strict=True)):
            if not np.array_equal(given, copy):
                name = upstream_names(case, len(upstream))[k]
                what = f"backward changes the upstream gradient {name} that it was given"
                line = line_that_changes_upstream(case, contract.dout, k)
                _warn(contract, "mutates_upstream", what, name, line)
    except CodeError as error:
        contract.stop(describe_crash(error))
        return False
    missing = all(value is None for value in contract.raw.values())
    if case.variables and missing and forgets_to_return(case.code.get("backward")):
        contract.stop(Finding("missing", NO_RETURN))
        return False
    if case.variables and missing and returns_something(case.code.get("backward")):
        contract.stop(Finding("missing", NONE_FOUND), "inconclusive")
        return False
    if case.variables and (missing or _are_still_empty(case, contract)):
        message = "backward returns no gradient: it looks as if it is still to be written."
        contract.stop(Finding("not_implemented", message, {"pass": "backward"}))
        return False
    for name, value in contract.raw.items():
        if value is None and not _follows(case, run, name):
            contract.raw[name] = np.zeros_like(case.variables[name])  # none is as good as zeros
        elif value is None:
            contract.blame(
                [name],
                "missing",
                "There is no gradient for {wrt}: backward gives the others but not this one.",
            )
    return True


def check_same_twice(case: Case, contract: Contract) -> None:
    """Are the gradients of two equal calls the same?"""
    try:
        run = case.run()
        again = arrays_of(run.backward(split_like(contract.dout, run.outputs)))
    except CodeError as error:
        contract.stop(describe_crash(error))
        return
    for name, value in contract.raw.items():
        other = again.get(name)
        nothing = value is None or (other is None and not np.any(value))
        if not nothing and not same_raw(value, other):
            message = (
                f"Two equal calls of backward gave different gradients for {name}, although "
                "forward gave the same output."
            )
            found = Finding("nondeterministic", message)
            contract.gradients.setdefault(name, []).insert(0, found)  # what else is wrong is less


def _follows(case: Case, run: Run, name: str) -> bool:
    """Return whether the output is another one where a variable is."""
    try:
        other = case.run({name: 1.1 * case.variables[name] + 0.1})
    except CodeError:
        return True
    return not np.array_equal(output_vector(run), output_vector(other), equal_nan=True)


def _are_still_empty(case: Case, contract: Contract) -> bool:
    """Return whether all gradients are the zeros that a template makes to be filled."""
    nothing = all(value is None or not np.any(value) for value in contract.raw.values())
    return nothing and leaves_gradients_empty(case.code.get("backward"))


def check_unclaimed(case: Case, contract: Contract) -> None:
    """Say which arrays of the object no gradient is claimed for, though the output follows them."""
    if not case.unclaimed:
        return
    names = listed([f"self.{name}" for name in case.unclaimed])
    it = "it" if len(case.unclaimed) == 1 else "them"
    message = (
        f"Not checked: {names}. The output depends on {it}, and no gradient was found for {it}. A "
        "constant needs none; a parameter that is to be trained does."
    )
    contract.warnings.append(
        Finding("not_checked", message, {"arrays": list(case.unclaimed)}, about=case.unclaimed)
    )


def check_shapes(case: Case, contract: Contract) -> None:
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
        elif name not in case.batched and lacks_leading_axes(array.shape, x.shape):
            message = (
                f"The gradient of {name} has shape {array.shape}, but {name} has shape {x.shape}. "
                "An update broadcasts it, and so it was measured in that shape; where one is kept "
                "beside the other, two shapes for one thing make mistakes."
            )
            contract.warnings.append(Finding("shape", message, about=(name,)))
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
    if returned == ():
        return "it is a single number: everything was summed"
    if int(np.prod(returned)) == int(np.prod(expected)):
        return _rearranged(returned, expected)
    extra = len(returned) - len(expected)
    if extra > 0 and returned[extra:] == expected:
        batch = returned[:extra] == (quantities.get("the batch size"),)
        axes = "the batch" if batch else f"the leading axes {returned[:extra]}"
        return f"it is not summed over {axes}"
    if extra > 0:
        return "it is not summed over every axis that is missing in the variable"
    return "it is summed over too many axes" if extra < 0 else "the two do not belong together"


def _rearranged(returned: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Say how two shapes differ that have equally many elements."""
    if len(returned) > 1 and returned == expected[::-1]:
        return "it is transposed"
    if [n for n in returned if n != 1] == [n for n in expected if n != 1]:
        if len(returned) > len(expected):
            return "an axis of length 1 is left over (keepdims=True?)"
        if len(returned) < len(expected):
            return "an axis of length 1 is missing"
        return "its axes of length 1 are in other places"
    if sorted(returned) == sorted(expected):
        return "its axes are in another order"
    return "it is flattened" if len(returned) == 1 else "it is reshaped"


def check_finite(case: Case, contract: Contract, given: Gradients) -> None:
    if all(np.isfinite(gradient).all() for gradient in given.values()):
        return

    def again() -> None:
        run = case.run()
        run.backward(split_like(contract.dout, run.outputs))

    cause = first_cause(again)
    why = f": {cause.in_words}" if cause else ""
    for name, gradient in given.items():
        bad = ~np.isfinite(gradient)
        if bad.any():
            contract.blame(
                [name],
                "non_finite",
                f"The gradient of {{wrt}} holds {int(bad.sum())} NaN or infinite value(s) of "
                f"{bad.size}, the first at index {tuple(np.argwhere(bad)[0].tolist())}{why}.",
                line=cause.line if cause else None,
                count=int(bad.sum()),
                first=np.argwhere(bad)[0].tolist(),
            )


def _mutations(case: Case, contract: Contract, run: Run, stage: str) -> None:
    """Warn of arrays that belong to the caller and were changed."""
    originals = case.originals()
    for name, handed in run.handed.items():
        original = originals.get(name)
        if original is None or is_kept_average(name):
            continue
        if same_raw(handed, original):
            continue
        parameter = name in case.variables and name not in case.inputs
        what = f"{stage} changes {'the parameter' if parameter else 'its input'} {name}"
        code = "mutates_parameter" if parameter else "mutates_input"
        if all((w.code, w.about) != (code, (name,)) for w in contract.warnings):
            dout = contract.dout if stage == "backward" else None
            _warn(contract, code, what, name, line_that_changes(case, name, dout))


def _warn(contract: Contract, code: str, what: str, name: str, line: SourceLine | None) -> None:
    whose = (
        "an update alone should change" if code == "mutates_parameter" else "belongs to the caller"
    )
    message = f"{what}, which {whose}. Work on a copy ({name}.copy())."
    found = Finding(code, message, {"array": name}, line=line, about=(name,))
    contract.warnings.append(found)
