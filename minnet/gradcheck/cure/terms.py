"""The term that a gradient lacks, looked up by its value among what was at hand.

Of a statement whose value is a gradient, up to its shape, it is known by how much it is off:
that is a number for each element, and a product of a few arrays either is all of them or is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.cure.scope import Scope

#: so many arrays are combined at most, the last computed first
MOST = 14
#: a factor is believed to be a constant if it is one to so many digits
CONSTANT = 1e-6

#: (how it is written, its value)
Written = tuple[str, Array]


def terms_for(missing: Array, bar: Array, values: Mapping[str, Any], scope: Scope) -> Iterator[str]:
    """Yield expressions whose value is `missing` within its bar, simple ones first.

    Parameters
    ----------
    missing, bar : array
        What is to be added, and how well each element is known.
    values : dict of str to anything
        The local variables.
    scope : Scope
        The same by what can be written.
    """
    arrays = list(_arrays(values, scope))[-MOST:]
    for text, value in itertools.chain(
        _simple(arrays, missing.shape), _products(arrays, missing.shape)
    ):
        factor = _factor(value, missing, bar)
        if factor is not None and (written := _times(text, factor, values)) is not None:
            yield written


def _arrays(values: Mapping[str, Any], scope: Scope) -> Iterator[Written]:
    for named in scope.arrays:
        value = _value(named.text, values)
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and value.size:
            yield named.text, np.asarray(value, dtype=float)


def _value(text: str, values: Mapping[str, Any]) -> Any:
    """Return what an expression of names, attributes and keys stands for."""
    try:
        return eval(text, {"__builtins__": {}}, dict(values))  # noqa: S307 - made by `Scope`
    except Exception:
        return None


def _simple(arrays: Sequence[Written], shape: tuple[int, ...]) -> Iterator[Written]:
    for text, value in arrays:
        yield from _spread(text, value, shape)


def _products(arrays: Sequence[Written], shape: tuple[int, ...]) -> Iterator[Written]:
    """Yield products of two, sums of them, and these times a third."""
    sums: list[Written] = []
    slopes = [(f"(1 - {name}**2)", 1 - value**2) for name, value in arrays]
    slopes += [(f"{name} * (1 - {name})", value * (1 - value)) for name, value in arrays]
    for (one, a), (other, b) in itertools.combinations_with_replacement(arrays, 2):
        product = _multiplied(a, b)
        if product is not None:
            yield from _spread(f"{one} * {other}", product, shape)
            for axes in _axes(product.ndim):
                total = product.sum(axis=axes, keepdims=True)
                sums.append((f"np.sum({one} * {other}, axis={axes}, keepdims=True)", total))
            for third, c in (*arrays, *slopes):
                triple = _multiplied(product, c)
                if triple is not None and triple.shape == shape:
                    yield f"{one} * {other} * {third}", triple
        yield from _matrix_products(one, a, other, b, shape)
    for text, value in arrays:
        sums += [
            (f"np.sum({text}, axis={axes}, keepdims=True)", value.sum(axis=axes, keepdims=True))
            for axes in _axes(value.ndim)
        ]
    for text, value in sums:
        yield from _spread(text, value, shape)
    for (one, a), (other, b) in itertools.product(arrays, sums):
        product = _multiplied(a, b)
        if product is not None and product.shape == shape:
            yield f"{one} * {other}", product


def _matrix_products(
    one: str, a: Array, other: str, b: Array, shape: tuple[int, ...]
) -> Iterator[Written]:
    if a.ndim != 2 or b.ndim != 2:
        return
    for (left, x), (right, y) in itertools.permutations(((one, a), (other, b))):
        for p, q in itertools.product((False, True), repeat=2):
            first, second = (x.T if p else x), (y.T if q else y)
            if first.shape[1] == second.shape[0] and (len(first), second.shape[1]) == shape:
                yield f"{left}{'.T' * p} @ {right}{'.T' * q}", first @ second


def _axes(ndim: int) -> Iterator[Any]:
    if ndim:
        yield from range(ndim)
        if ndim == 4:
            yield (0, 2, 3)
        yield None


def _multiplied(a: Array, b: Array) -> Array | None:
    try:
        return np.asarray(a * b)
    except ValueError:
        return None


def _spread(text: str, value: Array, shape: tuple[int, ...]) -> Iterator[Written]:
    """Yield a value that has a shape, or can be broadcast to it."""
    if value.shape == shape:
        yield text, value
        return
    try:
        yield text, np.broadcast_to(value, shape)
    except ValueError:
        return


def _factor(value: Array, missing: Array, bar: Array) -> float | None:
    """Return c where ``missing = c·value``, as far as it is known."""
    known = np.isfinite(bar)
    if not np.isfinite(value).all() or not known.any():
        return None
    k = int(np.argmax(np.where(known, np.abs(value), -1.0)))
    largest = float(value.flat[k])
    if not largest:
        return None
    factor = float(missing.flat[k]) / largest
    error = float(bar.flat[k]) / abs(largest)
    allowed = bar + error * np.abs(value)
    fits = np.abs(missing - factor * value)[known] <= allowed[known]
    return factor if fits.all() and factor else None


def _times(text: str, factor: float, values: Mapping[str, Any]) -> str | None:
    """Return an expression times a factor that can be written: 1, 2, ½, the size of an axis."""
    sign, size = ("-" if factor < 0 else ""), abs(factor)
    product = f"({text})" if "@" in text else text
    for known, written in ((1.0, product), (2.0, f"2 * {product}"), (0.5, f"0.5 * {product}")):
        if abs(size - known) <= CONSTANT * known:
            return f"{sign}({written})" if sign else written
    for name, count in _counts(values):
        ways = ((1 / count, "{} / {}"), (count, "{} * {}"), (2 / count, "2 * {} / {}"))
        for known, form in ways:
            if abs(size - known) <= CONSTANT * known:
                return f"{sign}({form.format(product, name)})"
    return None


def _counts(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the sizes that a gradient may be divided by."""
    for name, value in values.items():
        if isinstance(value, int | np.integer) and not isinstance(value, bool) and value > 1:
            yield name, float(value)
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            for axis, size in enumerate(value.shape):
                if size > 1:
                    yield f"{name}.shape[{axis}]", float(size)
