"""What a single case hides: one sample, a square, indices that never repeat, a setting of one.

The verdict on a case is about its own sizes and settings. Where the code runs at others too, and
is wrong there, a warning says so: `wrong_case`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.options import Options
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.second_point import (
    is_friendly,
    is_positive_definite,
    looks_right,
    unfriendly,
)
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.records import replace
from minnet.report.results import CaseResult, Finding
from minnet.report.words import listed

Check = Callable[[Case, Options], CaseResult]


def with_variations(
    case: AdaptedCase, result: CaseResult, options: Options, check: Check
) -> CaseResult:
    """Return the result on a case that passed, with a warning for what is wrong in others."""
    warnings = list(result.warnings)
    if result.verdict == "pass" and not case.at_one_point:
        for words, there in variations(case, stream(options.seed, "variations")):
            wrong = _wrong_in(there, options, check)
            if wrong:
                message = (
                    f"Right at what was given, and wrong {words}: the gradient of {listed(wrong)}."
                )
                warnings.append(Finding("wrong_case", message, {"case": there.description}))
    return replace(result, warnings=tuple(warnings))


def _wrong_in(case: Case, options: Options, check: Check) -> list[str]:
    """Return the gradients whose numbers are wrong in a case; none where it does not run."""
    try:
        if looks_right(case, options):
            return []
    except CodeError:  # it is not made for that
        return []
    result = check(case, options)
    return [
        g.wrt
        for g in result.gradients
        if g.verdict == "fail"
        and g.elements_wrong
        and all(found.code != "non_finite" for found in g.diagnosis)  # outside the domain
    ]


def variations(case: AdaptedCase, rng: np.random.Generator) -> Iterator[tuple[str, AdaptedCase]]:
    """Yield cases like this one that are less special, and in words how they differ."""
    for words, there in (
        *_batches(case, rng),
        *_other_indices(case, rng),
        *_less_square(case),
        *_other_values(case, rng),
        *_settings(case, rng),
    ):
        if isinstance(there, AdaptedCase):
            yield words, there


def _batches(case: AdaptedCase, rng: np.random.Generator) -> Iterator[tuple[str, Case | None]]:
    """One sample, or as many as there are features, hides what axis is summed over."""
    for name in case.batched[:1]:
        shape = case.variables[name].shape
        size = shape[0] + 2
        if shape[0] in (1, *shape[1:]) and (there := case.with_batch(size)) is not None:
            moved = {n: _mixed(there.variables[n], rng) for n in case.batched}
            yield f"with {size} samples", there.with_variables(moved)


def _mixed(x: Array, rng: np.random.Generator) -> Array:
    """Return samples that differ from one another, each of the values of the one it was."""
    return unfriendly(rng.permuted(x, axis=-1) if x.ndim > 1 else x, rng)


def _other_indices(
    case: AdaptedCase, rng: np.random.Generator
) -> Iterator[tuple[str, Case | None]]:
    """Indices that never repeat hide = where += belongs, labels of one class the others."""
    for name, value in case.arguments.items():
        if not (isinstance(value, np.ndarray) and value.dtype.kind in "iub" and value.size > 1):
            continue
        if value.dtype.kind == "b":
            mask = np.asarray(rng.random(value.shape) < 0.5)
            mask[..., 0] = True  # nothing is left of an empty row
            yield f"with another {name}", case.with_inputs({name: mask}, tried=False)
            continue
        least = max(int(value.min()) - 1, 0)
        drawn = rng.integers(least, int(value.max()), value.shape, endpoint=True)
        drawn.ravel()[0] = value.max()
        drawn.ravel()[1] = least
        drawn.ravel()[-1] = drawn.ravel()[0]
        shown = np.array2string(drawn.ravel()[:6], separator=", ")
        changed = {name: drawn.astype(value.dtype)}
        yield (
            f"with {name} = {shown}{'…' * (value.size > 6)}",
            case.with_inputs(changed, tried=False),
        )


def _less_square(case: AdaptedCase) -> Iterator[tuple[str, Case | None]]:
    """A square hides which of its two sides is meant."""
    for name in case.inputs:
        x = case.variables[name]
        if x.ndim > 2 and x.shape[-1] == x.shape[-2] > 1:
            there = case.with_inputs({name: np.concatenate([x, x[..., :1]], axis=-1)}, tried=False)
            yield f"with {name} of shape {(*x.shape[:-1], x.shape[-1] + 1)}", there


def _other_values(case: AdaptedCase, rng: np.random.Generator) -> Iterator[tuple[str, Case | None]]:
    """A symmetric matrix hides a transpose, positive numbers hide a sign."""
    for name in case.inputs:
        x = case.variables[name]
        if is_positive_definite(x):
            away = 1 + 0.1 * rng.uniform(-1.0, 1.0, x.shape)
            yield f"where {name} is not symmetric", case.with_inputs({name: x * away}, tried=False)
        elif x.size > 1 and x.ndim and np.allclose(x.sum(axis=-1), 1):
            changed = (x * rng.uniform(0.7, 1.3, x.shape)).astype(x.dtype)
            yield (
                f"where the rows of {name} do not sum to 1",
                case.with_inputs({name: changed}, tried=False),
            )
        elif x.size > 1 and (x > 0).all():
            signs = rng.permutation(np.resize([1.0, -1.0], x.size)).reshape(x.shape)
            changed = (x * signs).astype(x.dtype)
            yield (
                f"where {name} has negative elements",
                case.with_inputs({name: changed}, tried=False),
            )


def _settings(case: AdaptedCase, rng: np.random.Generator) -> Iterator[tuple[str, Case | None]]:
    """A factor of 1, a stride that is the window: other settings tell more."""
    for name, value in case.settings().items():
        for other in _others(value):
            if (there := case.with_setting(name, other)) is not None:
                yield f"with {name} = {other:g}", there
                break
    for name, array in case.made_with().items():
        if is_friendly(array):
            moved = unfriendly(array, rng)
            yield f"with other values of {name}", case.with_setting(name, moved)
    yield "with other running averages", case.with_other_averages(rng)


def _others(value: float | int) -> tuple[float | int, ...]:
    """Return what else a setting may be: near, and not special."""
    if isinstance(value, int):
        return tuple(n for n in (value - 1, value + 1) if n > 0 or value == 0 <= n)
    return (0.7 * value + 0.1,) if value in (-1.0, 0.0, 0.5, 1.0, 2.0) else ()
