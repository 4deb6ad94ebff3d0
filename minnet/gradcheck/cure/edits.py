"""Small edits of one statement: the mistakes that people make, undone.

Each function yields what might be written in one place instead, the likeliest first. They know
nothing of gradients: an edit is believed only when it was tried and makes every one right.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Place

#: a place, what is at hand there -> what may stand there instead
Rule = Callable[[Place, Scope], Iterator[ast.expr]]

REDUCTIONS = ("sum", "mean", "max", "min", "prod", "std", "var", "argmax", "argmin")
#: functions of NumPy that are taken for one another
TAKEN_FOR = (
    ("sum", "mean"),
    ("max", "min", "sum"),
    ("maximum", "minimum"),
    ("exp", "log", "sqrt", "square", "abs", "sign", "tanh", "sin", "cos", "log1p", "expm1"),
    ("zeros_like", "ones_like", "empty_like"),
    ("zeros", "ones", "empty"),
    ("argmax", "argmin"),
    ("dot", "multiply", "matmul"),
    ("var", "std"),
    ("floor", "ceil", "round"),
    ("greater", "less", "greater_equal", "less_equal"),
    ("hstack", "vstack"),
    ("add", "subtract", "multiply", "divide"),
    ("cumsum", "cumprod"),
    ("sinh", "cosh", "tanh"),
    ("tril", "triu"),
)
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.MatMult, ast.Add, ast.Sub),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mod, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.LtE, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE),
    ast.LtE: (ast.Lt, ast.GtE, ast.Gt),
    ast.Eq: (ast.NotEq, ast.GtE, ast.LtE),
    ast.NotEq: (ast.Eq, ast.Gt),
}
#: exponents that derivatives have
EXPONENTS = (2, -1, 0.5, -0.5, -1.5, -2, 3, -3, 1, 1.5)
#: factors that derivatives have
FACTORS = (2, 0.5)
#: the axes of what courses reduce over
AXES: tuple[Any, ...] = (0, 1, -1, 2, 3, None, *itertools.combinations(range(4), 2))
AXES += tuple(itertools.combinations(range(4), 3))


def constant(value: Any) -> ast.expr:
    """Return a number, or a tuple of them, as it is written."""
    return ast.parse(repr(value), mode="eval").body


def calls(node: ast.AST) -> str:
    """Return the last name of what is called: "sum" of ``np.sum(x)`` and ``x.sum()``."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def sign(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A minus that is missing, or one too many."""
    node = place.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif is_whole(place) or is_argument(place) or (is_operand(place) and _adds(place.parent)):
        yield ast.UnaryOp(ast.USub(), node)


def operator(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another operator between the same two."""
    node = place.node
    if isinstance(node, ast.BinOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant):
            yield ast.BinOp(node.left, ast.Pow(), node.right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for comparison in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [comparison()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield node.operand


def number(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another constant."""
    node, value = place.node, _value(place.node)
    if isinstance(value, bool) and not _is_option(place):
        yield constant(not value)
    elif isinstance(value, int | float) and not _is_axis(place):
        if isinstance(node, ast.Constant) and _is_signed(place):
            return  # with its minus it is one number
        near = (value + 1, value - 1, 2 * value, value / 2, -value, 0, 1, 2, 0.5, 3)
        others: dict[Any, None] = dict.fromkeys(EXPONENTS if _is_exponent(place) else ())
        others.update(dict.fromkeys(near))
        for other in others:
            if other != value and not (isinstance(value, int) and is_index(place) and other % 1):
                yield constant(int(other) if other == int(other) else other)
    if isinstance(node, ast.Constant) and value is None and is_index(place):
        return


def axis(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another axis, or other axes; or kept dimensions."""
    node = place.node
    if _is_axis(place):
        now = ast.dump(node)
        for other in AXES:
            if ast.dump(constant(other)) != now:
                yield constant(other)
    if calls(node) in REDUCTIONS:
        yield from _options(node)
    if isinstance(node, ast.Call) and all(isinstance(_value(a), int) for a in node.args[-2:]):
        yield from _permuted_arguments(node)
    if isinstance(node, ast.Tuple) and len(node.elts) > 2 and _all_counts(node.elts):
        for order in itertools.permutations(node.elts):
            if list(order) != node.elts:
                yield ast.Tuple(list(order), ast.Load())


def name(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another variable."""
    if isinstance(getattr(place.node, "ctx", None), ast.Load):
        for other in scope.like(place.node):
            yield other.node


def function(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another function of the same arguments."""
    node = place.node
    called = calls(node)
    for group in TAKEN_FOR:
        for other in group if called in group else ():
            if other != called and isinstance(node.func, ast.Attribute):
                changed = ast.Attribute(node.func.value, other, ast.Load())
                yield ast.Call(changed, node.args, node.keywords)
    if called == "where" and len(node.args) == 3:
        first, one, two = node.args
        yield ast.Call(node.func, [first, two, one], node.keywords)
    elif isinstance(node, ast.Call) and len(node.args) in (2, 3, 4):
        for i, j in itertools.combinations(range(len(node.args)), 2):
            args = list(node.args)
            args[i], args[j] = args[j], args[i]
            yield ast.Call(node.func, args, node.keywords)
    if called == "range":
        yield ast.Call(ast.Name("reversed", ast.Load()), [node], [])


def transpose(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Axes exchanged, or factors of a product of matrices."""
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call) and calls(node) in ("transpose", "swapaxes"):
        yield node.func.value if isinstance(node.func, ast.Attribute) else node.args[0]
    elif (known := scope.get(node)) is not None and len(known.shape) == 2:
        if not _is_attribute_base(place):
            yield ast.Attribute(node, "T", ast.Load())
    elif calls(node) == "dot" or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
        yield ast.Attribute(node, "T", ast.Load())


def drop(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Without a factor, a term, a function, an index, an option."""
    node = place.node
    if isinstance(node, ast.BinOp):
        yield node.left
        if not isinstance(node.op, ast.Sub | ast.Pow):
            yield node.right
        if isinstance(node.op, ast.Sub):
            yield ast.UnaryOp(ast.USub(), node.right)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value, scope):
            yield node.func.value
        elif node.args:
            yield node.args[0]
        for k in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, node.keywords[:k] + node.keywords[k + 1 :])
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value


def index(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another part of an array: a bound off by one, axes mixed up."""
    node = place.node
    if isinstance(node, ast.Slice):
        lower, upper, step = node.lower, node.upper, node.step
        for bound in _bounds(lower, scope):
            yield ast.Slice(bound, upper, step)
        for bound in _bounds(upper, scope):
            yield ast.Slice(lower, bound, step)
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


def scale(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A constant factor that is missing, or a divisor: 2, the batch size."""
    node = place.node
    if not _takes_factors(place):
        return
    for value in FACTORS:
        yield ast.BinOp(constant(value), ast.Mult(), node)
    for other in sorted(scope.numbers, key=lambda it: it.derived):
        yield ast.BinOp(node, ast.Div(), other.node)
        yield ast.BinOp(node, ast.Mult(), other.node)


def factor(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A factor that is missing, or a divisor."""
    node = place.node
    if not _takes_factors(place):
        return
    for other in scope.arrays:
        yield ast.BinOp(node, ast.Mult(), other.node)
        yield ast.BinOp(node, ast.Div(), other.node)


def slope(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """The slope of an activation that is missing, made of what is at hand; or a spare one."""
    node = place.node
    if not is_whole(place):
        return
    for other in scope.arrays:
        for text in SLOPES if len(other.shape) > 1 else ():
            made = ast.parse(text.replace("y", other.text), mode="eval").body
            yield ast.BinOp(node, ast.Mult(), made)


SLOPES = ("(1 - y**2)", "(y * (1 - y))", "(y > 0)", "(1 - y)", "(1 + y)", "y**2", "np.exp(y)")
SLOPES += ("(1 / np.sqrt(y))", "np.sign(y)", "np.cos(y)", "(y != 0)", "(y < 0)")


def power(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A power of what stands there, or one of two."""
    node = place.node
    if not _takes_powers(place, scope):
        return
    for exponent in EXPONENTS:
        if exponent != 1:
            yield ast.BinOp(node, ast.Pow(), constant(exponent))
    yield ast.BinOp(constant(1), ast.Sub(), node)


def term(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A term that is missing."""
    node = place.node
    if not (is_whole(place) or is_argument(place) or (is_operand(place) and _adds(place.parent))):
        return
    for other in (*scope.arrays, *(n for n in scope.numbers if not n.derived)):
        yield ast.BinOp(node, ast.Add(), other.node)
        yield ast.BinOp(node, ast.Sub(), other.node)


def regroup(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Parentheses set in another way, or a function's."""
    node = place.node
    if isinstance(node, ast.BinOp):
        yield from _rotated(node)
        yield from _into_call(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.BinOp):
        inner = node.operand
        yield ast.BinOp(ast.UnaryOp(node.op, inner.left), inner.op, inner.right)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.BinOp):
        inner = node.args[0]
        for kept, moved in ((inner.left, inner.right), (inner.right, inner.left)):
            call = ast.Call(node.func, [kept, *node.args[1:]], node.keywords)
            yield ast.BinOp(call, inner.op, moved)


def reduce(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A sum that is missing."""
    node = place.node
    if not (is_whole(place) or is_argument(place) or is_operand(place)) or calls(node):
        return
    if _value(node) is not None or is_index(place):
        return
    for over in AXES[:4]:
        for kept in (False, True):
            keywords = [ast.keyword("axis", constant(over))]
            keywords += [ast.keyword("keepdims", constant(True))] * kept
            yield ast.Call(ast.Attribute(node, "sum", ast.Load()), [], keywords)


def invert(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A mask turned round."""
    if (known := scope.get(place.node)) is not None and known.kind == "array":
        yield ast.BinOp(constant(1), ast.Sub(), place.node)
        yield ast.UnaryOp(ast.Invert(), place.node)


def wrap(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A function that is missing."""
    node = place.node
    if is_index(place) or isinstance(node, ast.Tuple | ast.Constant) or not _is_value(place):
        return
    for function in WRAPS:
        yield ast.Call(ast.parse(f"np.{function}", mode="eval").body, [node], [])


#: functions that are forgotten
WRAPS = ("exp", "sqrt", "log", "square", "tanh", "abs", "sign")


def letters(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Other letters for the axes of an einsum."""
    node = place.node
    if not (calls(place.parent) == "einsum" and isinstance(_value(node), str)):
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


#: in the order in which they are tried
RULES: tuple[tuple[str, Rule], ...] = (
    ("sign", sign),
    ("operator", operator),
    ("transpose", transpose),
    ("letters", letters),
    ("number", number),
    ("function", function),
    ("axis", axis),
    ("name", name),
    ("drop", drop),
    ("index", index),
    ("scale", scale),
    ("factor", factor),
    ("regroup", regroup),
    ("invert", invert),
    ("reduce", reduce),
    ("term", term),
    ("power", power),
    ("wrap", wrap),
    ("slope", slope),
    ("reshape", reshape),
)


# --- where a place is ---------------------------------------------------------------------


def is_whole(place: Place) -> bool:
    """Whether this is all that a statement computes, or one of the things that it returns."""
    return place.above is None or (
        place.above.above is None
        and isinstance(place.parent, ast.Tuple)
        and isinstance(place.statement, ast.Return | ast.Assign)
    )


def is_operand(place: Place) -> bool:
    """Whether it is one of the two sides of an operator."""
    return isinstance(place.parent, ast.BinOp)


def is_argument(place: Place) -> bool:
    """Whether it is what a function is given."""
    return isinstance(place.parent, ast.Call) and place.field == "args"


def is_index(place: Place | None) -> bool:
    """Whether it is inside the brackets of a subscript."""
    while place is not None:
        if isinstance(place.parent, ast.Subscript):
            return place.field == "slice"
        if not isinstance(place.parent, ast.Tuple | ast.Slice | ast.UnaryOp):
            return False
        place = place.above
    return False


def _adds(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def _is_attribute_base(place: Place) -> bool:
    return isinstance(place.parent, ast.Attribute) or not isinstance(
        getattr(place.node, "ctx", ast.Load()), ast.Load
    )


def _is_exponent(place: Place) -> bool:
    parent = place.parent
    if isinstance(parent, ast.UnaryOp) and place.above is not None:
        return _is_exponent(place.above)
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.Pow) and place.field == "right"
    return calls(parent) == "power"


def _is_signed(place: Place) -> bool:
    return isinstance(place.parent, ast.UnaryOp) and isinstance(place.parent.op, ast.USub)


def _is_axis(place: Place) -> bool:
    parent = place.parent
    if isinstance(parent, ast.keyword):
        return parent.arg in ("axis", "axes")
    if calls(parent) not in (*REDUCTIONS, "concatenate", "stack", "expand_dims", "take", "repeat"):
        return False
    method = isinstance(parent.func, ast.Attribute) and calls(parent) in REDUCTIONS
    first = 0 if method and len(parent.args) == 1 else 1
    value = _value(place.node)
    return place.field == "args" and (place.index or 0) >= first and isinstance(value, int)


def _is_option(place: Place) -> bool:
    return isinstance(place.parent, ast.keyword) and place.parent.arg != "keepdims"


def _takes_factors(place: Place) -> bool:
    """Whether a factor here is not the same as one further up."""
    if isinstance(place.statement, ast.For | ast.While | ast.If) or is_index(place):
        return False
    node = place.node
    if isinstance(node, ast.Tuple | ast.Slice | ast.Compare) or isinstance(_value(node), bool):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    if is_whole(place):
        return True
    if is_argument(place):
        return calls(place.parent) not in ("zeros", "zeros_like", "range", "reshape")
    return is_operand(place) and not isinstance(place.parent.op, ast.Mult | ast.Div)


def _takes_powers(place: Place, scope: Scope) -> bool:
    if is_index(place) or _is_exponent(place) or _is_attribute_base(place):
        return False
    node = place.node
    known = scope.get(node)
    if known is not None:
        return known.kind != "other" and not _is_axis(place)
    return isinstance(node, ast.BinOp) and _adds(node) and is_operand(place)


def _is_value(place: Place) -> bool:
    """Whether it is an operand, an argument, or all that is computed."""
    return is_whole(place) or is_operand(place) or is_argument(place)


def _is_module(node: ast.expr, scope: Scope) -> bool:
    return isinstance(node, ast.Name) and scope.get(node) is None and node.id in ("np", "numpy")


def _value(node: ast.AST) -> Any:
    """Return a constant's value, its sign included; None for everything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand)
        return -inner if isinstance(inner, int | float) else None
    return node.value if isinstance(node, ast.Constant) else None


def _all_counts(nodes: list[ast.expr]) -> bool:
    return all(isinstance(_value(node), int) for node in nodes)


# --- making them --------------------------------------------------------------------------


def _options(node: ast.Call) -> Iterator[ast.expr]:
    """Yield a reduction with other options."""
    given = {keyword.arg for keyword in node.keywords}
    method = isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name)
    if "keepdims" not in given:
        more = ast.keyword("keepdims", constant(True))
        yield ast.Call(node.func, node.args, [*node.keywords, more])
    if "axis" not in given and len(node.args) < 2 and not (method and node.args):
        for over in AXES:
            if over is not None:
                more = ast.keyword("axis", constant(over))
                yield ast.Call(node.func, node.args, [*node.keywords, more])


def _permuted_arguments(node: ast.Call) -> Iterator[ast.expr]:
    """Yield a call with its last arguments, all whole numbers, in another order."""
    numbers = [a for a in node.args if isinstance(_value(a), int)]
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
    if isinstance(_value(bound), int):
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


def _rotated(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield (a + b) * c for a + b * c, and the other way round."""
    if isinstance(node.right, ast.BinOp):
        inner = node.right
        yield ast.BinOp(ast.BinOp(node.left, node.op, inner.left), inner.op, inner.right)
    if isinstance(node.left, ast.BinOp):
        inner = node.left
        yield ast.BinOp(inner.left, inner.op, ast.BinOp(inner.right, node.op, node.right))


def _into_call(node: ast.BinOp) -> Iterator[ast.expr]:
    """Yield f(a + b) for f(a) + b."""
    for call, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(call, ast.Call) and call.args:
            inside = ast.BinOp(call.args[0], node.op, other)
            yield ast.Call(call.func, [inside, *call.args[1:]], call.keywords)
        elif isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            inside = ast.BinOp(call.func.value, node.op, other)
            changed = ast.Attribute(inside, call.func.attr, ast.Load())
            yield ast.Call(changed, call.args, call.keywords)
