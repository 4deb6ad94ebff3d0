"""How else the arrays of a function may lie: samples in columns, channels last, weights turned.

The tables of the courses give each function's arguments in one layout. Where its docstring says
another, or its passes refuse that one, the others are tried in an order.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Sample
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.returned import is_float_array
from minnet.gradcheck.under_test.unwritten import waits_to_be_written
from minnet.records import replace

#: gives the sample in another layout; None where it has none
Layout = Callable[[Sample], Sample | None]
#: gives the case of a sample
CaseOf = Callable[[Sample], AdaptedCase]

FITS, WRONG_SHAPES, NO_BACKWARD, REFUSED = range(4)


def as_given(sample: Sample) -> Sample:
    """Return the sample in the layout of its table."""
    return sample


def chosen_layout(sample: Sample, case_of: CaseOf, docstring: str, names: Sequence[str]) -> Layout:
    """Return the layout that a function is written for, as far as that shows.

    That is the one its docstring says, if it runs, unless only in the table's every gradient has
    its shape; else that of the table, if forward and backward take it, or the docstring says that
    too; else the first for which both run and every gradient has its shape.

    Parameters
    ----------
    sample : Sample
        To try, in the layout of the table.
    case_of : callable
    docstring : str
    names : sequence of str
        Of the arguments.
    """
    said = shapes_in(docstring, names)
    agree = agrees(said, names, sample)
    first = fit(case_of(sample))
    if first < NO_BACKWARD and agree:
        return as_given
    tried = [(layout, other) for layout in LAYOUTS if (other := layout(sample)) is not None]
    for layout, other in tried if not agree else ():
        as_said = fit(case_of(other)) if agrees(said, names, other) else REFUSED
        if as_said == FITS or (as_said == WRONG_SHAPES and first != FITS):
            return layout
    if first < NO_BACKWARD or (said and agree):  # that another happens to run says nothing
        return as_given
    return next((layout for layout, other in tried if fit(case_of(other)) == FITS), as_given)


def fit(case: AdaptedCase) -> int:
    """Return how well a case fits its code: whether both passes run, and the gradients' shapes.

    Code that waits to be written fits whatever it is given.
    """
    stage = REFUSED
    try:
        run = case.run()
        stage = NO_BACKWARD
        claimed = run.backward_of_ones()
    except CodeError as error:
        return FITS if waits_to_be_written(error.original) else stage
    right = (
        (array := np.asarray(claimed[name])).dtype != object and array.shape == x.shape
        for name, x in case.variables.items()
    )
    return FITS if all(right) else WRONG_SHAPES


def answers_with_a_list(case: LayerCase) -> bool:
    """Return whether backward gives a list where forward was given one array."""
    try:
        run = case.run()
        run.backward_of_ones()
    except CodeError:
        return False
    return isinstance(run.answer, list) and len(run.answer) > 1 and not case.parameters


def is_mistaken(case: LayerCase, sure: bool) -> bool:
    """Return whether an input gets a gradient of another shape that may not be meant so at all.

    Where forward only widens what it is given, to the shape of an array of its own, or takes a
    batch of one alone, its taking that is no sign that it is meant for it.
    """
    return fit(case) == WRONG_SHAPES and (not sure or is_widened(case))


def is_widened(case: LayerCase) -> bool:
    """Return whether the input was broadcast against an array of the layer."""
    with contextlib.suppress(ValueError, IndexError):
        x, out = case.variables[case.inputs[0]].shape, case.run().outputs[0].shape
        return x != out and np.broadcast_shapes(x, out) == out
    return False


def inputs_fit(case: LayerCase) -> bool:
    """Return whether backward gives every input a gradient of its own shape."""
    claimed = gradients_of(case)
    if claimed is None:
        return False
    inputs = [name for name in case.variables if name not in case.parameters]
    return all(np.shape(claimed[name]) == case.variables[name].shape for name in inputs)


def gradients_of(case: AdaptedCase) -> dict[str, Any] | None:
    """Return what backward gives, or None where the two passes do not run."""
    with contextlib.suppress(CodeError):
        return case.run().backward_of_ones()
    return None


# --- the layouts --------------------------------------------------------------------------


def _layout(
    of_data: Callable[[Array], Array | None] = lambda x: x,
    of_weights: Callable[[Array], Array | None] = lambda w: w,
    of_vectors: Callable[[Array, Array], Array | None] = lambda v, x: v,
    samples: Literal["first", "last", "one"] = "first",
) -> Layout:
    """Return a layout by what it makes of the data, of weights, and of vectors beside x.

    `samples` says where the data then have their samples: along their first or last axis, or
    that there is only one, without an axis.
    """

    def layout(sample: Sample) -> Sample | None:
        data = [i for i in (*sample.batched, 0) if _is_float(sample.args[i])]
        args, x = list(sample.args), sample.args[0]
        for i, value in enumerate(args):
            if not _is_float(value):
                continue
            if i in data:
                args[i] = of_data(value)
            else:
                args[i] = of_vectors(value, x) if _is_vector(value) else of_weights(value)
            if args[i] is None:
                return None
        same = (np.shape(a) == np.shape(b) for a, b in zip(args, sample.args, strict=True))
        if all(same):
            return None
        turned = replace(sample, args=tuple(args), as_in_table=False)
        if samples == "first":
            return turned
        sizes = {"the batch size": float(len(x)), "the number of features": float(x.shape[-1])}
        return replace(turned, batched=(), quantities=sizes if samples == "last" else {})

    return layout


def _is_float(value: Any) -> bool:
    return bool(is_float_array(value) and value.ndim > 0)


def _is_vector(value: Array) -> bool:
    alone = value.ndim == 1 or len(value) == 1 or value.shape[1:] == (1,)
    return alone and value.size == max(value.shape)


def _turned(w: Array) -> Array | None:
    return np.ascontiguousarray(w.T) if w.ndim == 2 else None


def _flat(v: Array, x: Array) -> Array:
    return v.ravel()


def _column(v: Array, x: Array) -> Array:
    return v.reshape(-1, 1)


def _row(v: Array, x: Array) -> Array:
    return v.reshape(1, -1)


def _per_channel(v: Array, x: Array) -> Array | None:
    return v.reshape(1, -1, 1, 1) if x.ndim == 4 else None


def _last(v: Array, x: Array) -> Array | None:
    return v.reshape(1, 1, 1, -1) if x.ndim == 4 else None


def _moved(order: tuple[int, ...]) -> Callable[[Array], Array | None]:
    return lambda w: np.ascontiguousarray(w.transpose(order)) if w.ndim == 4 else None


_NHWC, _HWCF, _FHWC = _moved((0, 2, 3, 1)), _moved((2, 3, 1, 0)), _moved((0, 2, 3, 1))

#: in the order in which they are tried
LAYOUTS: tuple[Layout, ...] = (
    _layout(of_vectors=_flat),
    _layout(of_weights=_turned),
    _layout(_turned, _turned, _column, samples="last"),
    _layout(_turned, lambda w: w, _column, samples="last"),
    _layout(of_vectors=_row),
    _layout(of_weights=_turned, of_vectors=_row),
    _layout(of_weights=_turned, of_vectors=_column),
    _layout(of_vectors=_per_channel),
    _layout(_NHWC, _HWCF),
    _layout(_NHWC, _HWCF, _last),
    _layout(_NHWC, _FHWC),
    _layout(lambda x: x[0], samples="one"),
)


# --- what a docstring says ------------------------------------------------------------------


def shapes_in(docstring: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the shapes that a docstring gives for arguments, as they stand there.

    >>> shapes_in('''
    ...     x: input, of shape (N, D)
    ...     w -- weights, shape (M, D)
    ... ''', ["x", "w"])
    {'x': ('N', 'D'), 'w': ('M', 'D')}
    >>> shapes_in("x: N x T x D", ["x"])
    {'x': ('N', 'T', 'D')}
    """
    found: dict[str, tuple[str, ...]] = {}
    for line in docstring.splitlines():
        match = re.match(r"\W*(\w+)\s*(?:\(|:|--?|=|of\b)(.*)", line)
        if match is None or match[1] not in names or match[1] in found:
            continue
        if shape := re.search(r"\(([\w\s,.*+/-]+)\)", line[match.end(1) :]):
            sizes = tuple(part.strip() for part in shape[1].split(","))
            if "," in shape[1]:
                found[match[1]] = sizes if sizes[-1] else sizes[:-1]
        elif product := re.search(r"\w+( [x×] \w+)+", line[match.end(1) :]):
            found[match[1]] = tuple(re.split(" [x×] ", product[0]))
    return found


def agrees(said: Mapping[str, tuple[str, ...]], names: Sequence[str], sample: Sample) -> bool:
    """Return whether arguments may have the shapes that are said: the same letter, the same size.

    >>> x, w = np.zeros((4, 5)), np.zeros((5, 3))
    >>> said = {"x": ("N", "D"), "w": ("M", "D")}
    >>> [agrees(said, ["x", "w"], Sample(args)) for args in ((x, w), (x, w.T))]
    [False, True]
    """
    sizes: dict[str, int] = {}
    for letter, size in _sizes(said, dict(zip(names, sample.args, strict=True))):
        if letter is None or sizes.setdefault(letter, size) != size:
            return False
        if letter.isdigit() and int(letter) != size:
            return False
    return True


def _sizes(
    said: Mapping[str, tuple[str, ...]], args: Mapping[str, Any]
) -> Iterator[tuple[str | None, int]]:
    """Yield each letter and the size it stands for; None where an array has other axes."""
    for name, letters in said.items():
        shape = np.shape(args[name])
        if any("." in letter or not letter for letter in letters) or not _is_float(args[name]):
            continue
        if len(letters) != len(shape):
            yield None, 0
            continue
        for letter, size in zip(letters, shape, strict=True):
            if letter.isidentifier() or letter.isdigit():
                yield letter, size
