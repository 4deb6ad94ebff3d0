"""Small edits of what is done with whole arrays: axes, indices, shapes."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Place
from minnet.gradcheck.cure.where import (
    REDUCTIONS,
    adds,
    all_counts,
    calls,
    constant,
    is_argument,
    is_attribute_base,
    is_axis,
    is_index,
    is_operand,
    is_whole,
    takes_factors,
    value_of,
)

#: the axes of what courses reduce over
AXES: tuple[Any, ...] = (0, 1, -1, 2, 3, None, *itertools.combinations(range(4), 2))
AXES += tuple(itertools.combinations(range(4), 3))
AXES += tuple(pair for pair in itertools.combinations(range(6), 2) if pair not in AXES)


def axis(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another axis, or other axes; or kept dimensions."""
    node = place.node
    if is_axis(place):
        now = ast.dump(node)
        for other in AXES:
            if ast.dump(constant(other)) != now:
                yield constant(other)
    if calls(node) in REDUCTIONS:
        yield from _options(node)
    if isinstance(node, ast.Call) and all(isinstance(value_of(a), int) for a in node.args[-2:]):
        yield from _permuted_arguments(node)
    if isinstance(node, ast.Tuple) and len(node.elts) > 2 and all_counts(node.elts):
        for order in itertools.permutations(node.elts):
            if list(order) != node.elts:
                yield ast.Tuple(list(order), ast.Load())


def transpose(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Axes exchanged, or factors of a product of matrices."""
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call) and calls(node) in ("transpose", "swapaxes"):
        yield node.func.value if isinstance(node.func, ast.Attribute) else node.args[0]
    elif (known := scope.get(node)) is not None and len(known.shape) == 2:
        if not is_attribute_base(place):
            yield ast.Attribute(node, "T", ast.Load())
    elif calls(node) == "dot" or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
        yield ast.Attribute(node, "T", ast.Load())


def index(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another part of an array: a bound off by one, axes mixed up."""
    node = place.node
    if isinstance(node, ast.Slice):
        lower, upper, step = node.lower, node.upper, node.step
        for bound in _bounds(lower, scope):
            yield ast.Slice(bound, upper, step)
        for bound in _bounds(upper, scope):
            yield ast.Slice(lower, bound, step)
        for size in _counts(scope):
            if lower is None and upper is not None:
                yield ast.Slice(size, None, step)
                yield ast.Slice(size, ast.BinOp(size, ast.Add(), upper), step)
            if lower is not None and upper is None:
                yield ast.Slice(lower, ast.BinOp(lower, ast.Add(), size), step)
        if lower is not None and upper is not None:
            yield ast.Slice(lower, ast.BinOp(lower, ast.Add(), upper), step)
        if step is not None:
            yield ast.Slice(lower, upper, None)
        else:
            yield ast.Slice(lower, upper, constant(-1))
    elif is_index(place) and not isinstance(node, ast.Tuple):
        if isinstance(node, ast.Name | ast.BinOp):
            for op in (ast.Add(), ast.Sub()):
                yield ast.BinOp(node, op, constant(1))
            yield ast.Slice(None, None, None)
    elif isinstance(node, ast.Tuple) and isinstance(place.parent, ast.Subscript):
        for i, j in itertools.combinations(range(len(node.elts)), 2):
            elts = list(node.elts)
            elts[i], elts[j] = elts[j], elts[i]
            yield ast.Tuple(elts, ast.Load())
    if isinstance(node, ast.Subscript) and (ends := _from_the_end(node)) is not None:
        yield ends


def _counts(scope: Scope) -> Iterator[ast.expr]:
    return (n.node for n in scope.numbers if n.kind == "count" and not n.derived)


def reduce(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A sum that is missing."""
    node = place.node
    if not (is_whole(place) or is_argument(place) or is_operand(place)) or calls(node):
        return
    if value_of(node) is not None or is_index(place):
        return
    for over in AXES[:4]:
        for kept in (False, True):
            keywords = [ast.keyword("axis", constant(over))]
            keywords += [ast.keyword("keepdims", constant(True))] * kept
            yield ast.Call(ast.Attribute(node, "sum", ast.Load()), [], keywords)


def invert(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A mask turned round, or one minus a value."""
    known = scope.get(place.node)
    is_array = known is not None and known.kind == "array"
    if is_array or (is_whole(place) and takes_factors(place)) or _is_factor(place):
        yield ast.BinOp(constant(1), ast.Sub(), place.node)
    if is_array:
        yield ast.UnaryOp(ast.Invert(), place.node)


def _is_factor(place: Place) -> bool:
    """Whether it is a product or a sum that is multiplied or divided."""
    return is_operand(place) and isinstance(place.node, ast.BinOp) and not adds(place.parent)


def own(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """An array of its own, where another is only given a second name."""
    node = place.node
    if is_whole(place) and isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        yield ast.Call(ast.Attribute(node, "copy", ast.Load()), [], [])


def backwards(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """An array read from its end."""
    node = place.node
    known = scope.get(node)
    if known is None or known.kind != "array" or is_index(place):
        return
    for axis in range(min(len(known.shape), 3)):
        parts: list[ast.expr] = [ast.Slice(None, None, None) for _ in range(axis)]
        parts.append(ast.Slice(None, None, constant(-1)))
        yield ast.Subscript(node, ast.Tuple(parts, ast.Load()) if axis else parts[0], ast.Load())


def layout(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Axes brought to where they belong before a reshape, or after it."""
    node = place.node
    if calls(node) not in ("reshape", "ravel", "flatten") or not isinstance(
        node.func, ast.Attribute
    ):
        return
    known = scope.get(node.func.value)
    count = len(node.args)
    for order in _orders(len(known.shape) if known else 0):
        moved = ast.Attribute(_transposed(node.func.value, order), node.func.attr, ast.Load())
        yield ast.Call(moved, node.args, node.keywords)
    for order in _orders(count):
        shape = [node.args[k] for k in np.argsort(order)]
        yield _transposed(ast.Call(node.func, shape, node.keywords), order)


def _orders(count: int) -> Iterator[tuple[int, ...]]:
    if 2 <= count <= 4:
        yield from itertools.islice(itertools.permutations(range(count)), 1, None)


def _transposed(node: ast.expr, order: tuple[int, ...]) -> ast.expr:
    axes = [constant(axis) for axis in order]
    return ast.Call(ast.Attribute(node, "transpose", ast.Load()), axes, [])


def letters(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Other letters for the axes of an einsum."""
    node = place.node
    if not (calls(place.parent) == "einsum" and isinstance(value_of(node), str)):
        return
    parts = node.value.replace(" ", "")
    for i, j in itertools.combinations(range(len(parts)), 2):
        if parts[i].isalpha() and parts[j].isalpha() and parts[i] != parts[j]:
            swapped = list(parts)
            swapped[i], swapped[j] = parts[j], parts[i]
            yield ast.Constant("".join(swapped))


def reshape(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another shape for the same numbers."""
    node = place.node
    if is_whole(place) and not isinstance(node, ast.Tuple):
        for other in scope.arrays:
            if len(other.shape) > 1:
                shape = ast.Attribute(other.node, "shape", ast.Load())
                yield ast.Call(ast.Attribute(node, "reshape", ast.Load()), [shape], [])


def _options(node: ast.Call) -> Iterator[ast.expr]:
    """Yield a reduction with other options."""
    given = {keyword.arg for keyword in node.keywords}
    method = isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name)
    over_all = "axis" not in given and len(node.args) < 2 and not (method and node.args)
    axes = [[ast.keyword("axis", constant(a))] for a in AXES if over_all and a is not None]
    kept = [[ast.keyword("keepdims", constant(True))]] if "keepdims" not in given else []
    # a bias in a row or a column, of which nothing of the kind was said
    both = [axis + more for axis in axes[:2] for more in kept]
    for more in (*kept, *axes, *both):
        yield ast.Call(node.func, node.args, [*node.keywords, *more])


def _permuted_arguments(node: ast.Call) -> Iterator[ast.expr]:
    """Yield a call with its last arguments, all whole numbers, in another order."""
    numbers = [a for a in node.args if isinstance(value_of(a), int)]
    first = len(node.args) - len(numbers)
    if 2 <= len(numbers) <= 4 and node.args[first:] == numbers:
        for order in itertools.permutations(numbers):
            if list(order) != numbers:
                yield ast.Call(node.func, [*node.args[:first], *order], node.keywords)


def _bounds(bound: ast.expr | None, scope: Scope) -> Iterator[ast.expr | None]:
    if bound is None:
        yield from (constant(1), constant(-1))
        yield from (named.node for named in scope.numbers if named.kind == "count")
        return
    yield None
    if isinstance(value_of(bound), int):
        return  # other numbers are tried anyway
    for op in (ast.Add(), ast.Sub()):
        yield ast.BinOp(bound, op, constant(1))
    yield ast.UnaryOp(ast.USub(), bound)


def _from_the_end(node: ast.Subscript) -> ast.expr | None:
    """Return ``x[p:x.shape[0] - p]`` for ``x[p:-p]``, on every axis where it is so."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    made: list[ast.expr] = []
    for k, part in enumerate(parts):
        upper = part.upper if isinstance(part, ast.Slice) else None
        if isinstance(upper, ast.UnaryOp) and isinstance(upper.op, ast.USub):
            base = copy.deepcopy(node.value)
            for inner in ast.walk(base):
                if hasattr(inner, "ctx"):
                    inner.ctx = ast.Load()
            shape = ast.Subscript(ast.Attribute(base, "shape", ast.Load()), constant(k), ast.Load())
            bound = ast.BinOp(shape, ast.Sub(), upper.operand)
            assert isinstance(part, ast.Slice)
            made.append(ast.Slice(part.lower, bound, part.step))
        else:
            made.append(part)
    if all(one is other for one, other in zip(made, parts, strict=True)):
        return None
    inside = ast.Tuple(made, ast.Load()) if isinstance(node.slice, ast.Tuple) else made[0]
    return ast.Subscript(node.value, inside, node.ctx)
