"""Read what somebody's forward or backward returned, or left behind in an attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Refused
from minnet.gradcheck.under_test.nested import is_written_out, leaves, rebuilt
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.spellings import INPUT_GRADIENTS, gradient_names, is_upstream_name
from minnet.patterns import pattern

#: part of the name of a gradient
_GRADIENT = pattern(r"grad|delta|err(or)?|(?<![a-z])d_?(in|x|a|z|l)", re.I)
#: stands for the cache of a forward that returns none
NO_CACHE = object()


def split_cache(returned: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the outputs and the cache of what a forward function returned.

    The last item of a tuple is the cache.
    """
    if isinstance(returned, tuple) and len(returned) > 1:
        return returned[:-1], returned[-1]
    return (returned,), NO_CACHE


def listed(returned: Any) -> Any:
    """Return what backward returned: of a generator what it yields, of a record what it holds.

    >>> listed(pair for pair in (("dx", 1), ("dW", 2)))
    {'dx': 1, 'dW': 2}
    """
    if isinstance(returned, Iterator):
        returned = list(returned)
    if isinstance(returned, list | tuple) and returned and all(map(_is_named, returned)):
        return dict(returned)
    held = getattr(returned, "__dict__", {})
    if held and not hasattr(returned, "__array__") and all(map(is_upstream_name, held)):
        return dict(held)  # a record of gradients
    return returned


def outputs_in(raw: tuple[Any, ...]) -> dict[str, Array]:
    """Return the outputs among what forward returned, as floating-point arrays by a name each.

    Where there are dicts, lists or floats beside them, integers are no outputs.

    Raises
    ------
    NotImplementedError
        When forward returned None.
    TypeError
        When something in it is no array of numbers.
    """
    if all(isinstance(out, np.ndarray) and out.dtype.kind == "f" for out in raw):
        return {f"out[{i}]": np.array(out) for i, out in enumerate(raw)}  # the usual case, quickly
    found = leaves("out", raw)
    if len(found) == 1 or not any(_is_float(leaf) for leaf in found.values()):
        return {label: as_output(leaf) for label, leaf in found.items()}
    return {label: as_output(leaf) for label, leaf in found.items() if _is_float(leaf)}


def like_outputs(raw: tuple[Any, ...], upstream: Mapping[str, Array]) -> tuple[Any, ...]:
    """Return upstream gradients nested as the outputs of forward are; of integers they are 0."""
    if len(upstream) == len(raw) and all(isinstance(out, np.ndarray) for out in raw):
        return tuple(upstream.values())
    none = {
        label: np.zeros(np.shape(leaf))
        for label, leaf in leaves("out", raw).items()
        if label not in upstream and isinstance(leaf, np.ndarray)
    }
    arrays = {label: np.asarray(value) for label, value in (none | dict(upstream)).items()}
    nested: tuple[Any, ...] = rebuilt("out", raw, arrays)
    return nested


def left_behind(thing: Any, names: Sequence[str] = INPUT_GRADIENTS) -> Any:
    """Return the attribute of `thing` where a pass that returned None left its result."""
    return next((v for n in names if (v := look_up(thing, n)) is not None), None)


def left_by_backward(
    thing: Any, before: Mapping[str, Any], shapes: Sequence[Any], names: Sequence[str] = ()
) -> Any:
    """Return the gradient that a backward without a result has left in an attribute, or None.

    It is under one of the usual names, or of those told, or else the one array that is new since
    `before`, of the shape of the only input, and called a gradient of nothing else that the
    object has.

    >>> class Relu: pass
    >>> relu = Relu()
    >>> relu.gradients = np.ones(3)
    >>> left_by_backward(relu, {}, [(3,)])
    array([1., 1., 1.])
    """
    usual = left_behind(thing, (*INPUT_GRADIENTS, *names))
    if usual is not None or len(shapes) != 1:
        return usual
    left = gradients_left(thing, before)
    new = {name: value for name, value in left.items() if value.shape == shapes[0]}
    said = {name: value for name, value in new.items() if "grad" in name.lower()} or new
    return next(iter(said.values())) if len(said) == 1 else None


def gradients_left(thing: Any, before: Mapping[str, Any]) -> dict[str, Array]:
    """Return the arrays in new attributes that are called a gradient, of nothing that it has.

    >>> class Layer: pass
    >>> layer = Layer()
    >>> layer.W, layer.dW, layer.grad = np.ones(2), np.ones(2), np.ones(3)
    >>> gradients_left(layer, {})
    {'grad': array([1., 1., 1.])}
    """
    held = getattr(thing, "__dict__", {})
    of_others = {gradient for name in held for gradient in gradient_names(name)}
    return {
        name: value
        for name, value in held.items()
        if isinstance(value, np.ndarray) and before.get(name) is not value
        and name not in of_others and _GRADIENT.search(name)
    }  # fmt: skip


def loss_and_rest(returned: Any) -> tuple[Array | None, Any]:
    """Return the loss (or the loss of each sample) in what forward returned, and the rest.

    In a tuple the loss is what comes first where that is a number for each sample (an accuracy
    may follow), then what is a single number, or else what comes first.

    >>> loss_and_rest((np.array([[0.2, 0.8]]), 1.5)), loss_and_rest(None)
    ((array(1.5), array([[0.2, 0.8]])), (None, None))
    """
    if isinstance(returned, tuple) and len(returned) > 1:
        single = [i for i, item in enumerate(returned) if item is not None and np.size(item) == 1]
        of_each = np.ndim(returned[0]) == 1 < np.size(returned[0])
        at = single[0] if single and not of_each else 0
        rest = [*returned[:at], *returned[at + 1 :]]
        return loss_and_rest(returned[at])[0], rest[0] if len(rest) == 1 else tuple(rest)
    return (None if returned is None else as_output(returned)), None


def as_output(out: Any) -> Array:
    """Return an output as an array of floating-point (or complex) numbers.

    Raises
    ------
    NotImplementedError
        When it is None, or another placeholder.
    TypeError
        When it is no array of numbers.
    """
    if out is None or out is NotImplemented or out is ...:
        raise NotImplementedError(f"forward returned {out}")
    array = np.array(out)
    if array.dtype.kind in "biuO":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise Refused(f"forward returned {type(out).__name__}, not an array of numbers")
    return array


def is_float_array(value: Any) -> bool:
    """Return whether `value` is an array of floating-point numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_float(leaf: Any) -> bool:
    if is_written_out(leaf):
        leaf = np.asarray(leaf)
    return isinstance(leaf, np.ndarray | np.generic | float) and np.asarray(leaf).dtype.kind in "fc"


def _is_named(item: Any) -> bool:
    """Return whether this is a pair of a name and what it is the name of."""
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)


def times_each(upstream: Any, derivatives: Any) -> Any:
    """Return local derivatives, of each input by itself, times the upstream gradient."""
    if derivatives is None:
        return None
    if isinstance(derivatives, tuple | list):
        return [times_each(upstream, each) for each in derivatives]
    if isinstance(derivatives, dict):
        return {name: times_each(upstream, each) for name, each in derivatives.items()}
    return upstream * derivatives
