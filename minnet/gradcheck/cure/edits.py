"""Small edits of a formula: the mistakes that people make, undone.

Each function yields what might be written in one place instead, the likeliest first. They know
nothing of gradients: an edit is believed only when it was tried and makes every one right.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Place
from minnet.gradcheck.cure.where import (
    adds,
    calls,
    constant,
    is_argument,
    is_axis,
    is_exponent,
    is_index,
    is_module,
    is_operand,
    is_option,
    is_signed,
    is_value,
    is_whole,
    takes_factors,
    takes_powers,
    value_of,
)

#: functions of NumPy that are taken for one another
TAKEN_FOR = (
    ("sum", "mean"),
    ("max", "min", "sum"),
    ("maximum", "minimum"),
    ("exp", "log", "sqrt", "square", "abs", "sign", "tanh", "sin", "cos", "log1p", "expm1"),
    ("tanh", "arctan", "sinh", "cosh"),
    ("zeros_like", "ones_like"),
    ("zeros", "ones"),
    ("argmax", "argmin"),
    ("dot", "multiply", "matmul"),
    ("inner", "outer", "dot"),
    ("tile", "repeat"),
    ("var", "std"),
    ("floor", "ceil", "round"),
    ("greater", "less", "greater_equal", "less_equal"),
    ("hstack", "vstack"),
    ("add", "subtract", "multiply", "divide"),
    ("cumsum", "cumprod"),
    ("tril", "triu"),
)
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.MatMult),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mod, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
#: those that are seldom taken for one another
UNLIKE: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Mult,),
    ast.Sub: (ast.Mult,),
    ast.Mult: (ast.Add, ast.Sub),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE),
    ast.GtE: (ast.Gt, ast.LtE, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt, ast.GtE),
    ast.LtE: (ast.Lt, ast.GtE, ast.Gt),
    ast.Eq: (ast.NotEq, ast.GtE, ast.LtE),
    ast.NotEq: (ast.Eq, ast.Gt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
#: exponents that derivatives have
EXPONENTS = (2, -1, 0.5, -0.5, -1.5, -2, 3, -3, 1, 1.5)
#: factors that derivatives have
FACTORS = (2, 0.5)


def sign(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A minus that is missing, or one too many."""
    node = place.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif is_whole(place) or is_argument(place) or (is_operand(place) and adds(place.parent)):
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
    node, value = place.node, value_of(place.node)
    if isinstance(value, bool) and not is_option(place):
        yield constant(not value)
    elif isinstance(value, int | float) and not is_axis(place):
        if isinstance(node, ast.Constant) and is_signed(place):
            return  # with its minus it is one number
        if not abs(value) < 2**53:  # from there on, one more makes no difference
            return
        near = (value + 1, value - 1, 2 * value, value / 2, -value, 0, 1, 2, 0.5, 3)
        others: dict[Any, None] = dict.fromkeys(EXPONENTS if is_exponent(place) else ())
        others.update(dict.fromkeys(near))
        for other in others:
            if other != value and not (isinstance(value, int) and is_index(place) and other % 1):
                yield constant(int(other) if other == int(other) else other)
    if isinstance(node, ast.Constant) and value is None and is_index(place):
        return


def name(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another variable."""
    if isinstance(getattr(place.node, "ctx", None), ast.Load):
        for other in scope.like(place.node):
            yield other.node


def another(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A variable of another kind."""
    if isinstance(getattr(place.node, "ctx", None), ast.Load):
        for other in scope.unlike(place.node):
            yield other.node


def unused(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """What was computed and is never read, put to use."""
    if is_index(place) or not is_value(place):
        return
    for other in (
        scope.unused if isinstance(getattr(place.node, "ctx", ast.Load()), ast.Load) else ()
    ):
        if other.kind == "array":
            for op in (ast.Sub, ast.Add, ast.Mult, ast.Div):
                yield ast.BinOp(place.node, op(), other.node)


def function(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Another function of the same arguments."""
    node = place.node
    called = calls(node)
    for group in TAKEN_FOR:
        for other in group if called in group else ():
            if other != called and isinstance(node.func, ast.Attribute):
                changed = ast.Attribute(node.func.value, other, ast.Load())
                yield ast.Call(changed, node.args, node.keywords)
    if isinstance(node, ast.Call) and len(node.args) in (2, 3, 4):
        for i, j in itertools.combinations(range(len(node.args)), 2):
            args = list(node.args)
            args[i], args[j] = args[j], args[i]
            yield ast.Call(node.func, args, node.keywords)
    if calls(place.parent) == "zip" and is_argument(place) and called != "reversed":
        yield ast.Call(ast.Name("reversed", ast.Load()), [node], [])
    if isinstance(place.parent, ast.For) and place.field == "iter" and called != "reversed":
        turned = ast.Name("reversed", ast.Load())
        yield ast.Call(turned, [node], [])
        yield ast.Call(turned, [ast.Call(ast.Name("list", ast.Load()), [node], [])], [])


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
        if isinstance(node.func, ast.Attribute) and not is_module(node.func.value, scope):
            yield node.func.value
        elif node.args:
            yield node.args[0]
        for k in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, node.keywords[:k] + node.keywords[k + 1 :])
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value


def scale(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A constant factor that is missing, or a divisor: 2, the batch size."""
    node = place.node
    if not takes_factors(place):
        return
    for value in FACTORS:
        yield ast.BinOp(constant(value), ast.Mult(), node)
    for other in sorted(scope.numbers, key=lambda it: it.derived):
        yield ast.BinOp(node, ast.Div(), other.node)
        yield ast.BinOp(node, ast.Mult(), other.node)


def factor(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A factor that is missing, or a divisor."""
    node = place.node
    if not takes_factors(place):
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


#: slopes of activations, by their input or their output y
SLOPES = (
    *("(1 - y**2)", "(y * (1 - y))", "(y > 0)", "(1 - y)", "(1 + y)", "y**2", "np.exp(y)"),
    *("(1 / np.sqrt(y))", "np.sign(y)", "np.cos(y)", "(y != 0)", "(y < 0)"),
)


def power(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A power of what stands there, or one of two."""
    node = place.node
    if not takes_powers(place, scope):
        return
    for exponent in EXPONENTS:
        if exponent != 1:
            yield ast.BinOp(node, ast.Pow(), constant(exponent))


def epsilon(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A small number that is missing under a root or in a denominator."""
    node = place.node
    if (known := scope.get(node)) is not None and known.kind == "array":
        for small in scope.numbers:
            if small.kind == "number" and is_operand(place) and isinstance(node.ctx, ast.Load):
                yield ast.BinOp(node, ast.Add(), small.node)


def term(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A term that is missing."""
    node = place.node
    summed = adds(node) or (is_operand(place) and adds(place.parent))
    if not (is_whole(place) or is_argument(place) or summed):
        return
    for other in (*scope.arrays, *(n for n in scope.numbers if not n.derived)):
        yield ast.BinOp(node, ast.Add(), other.node)
        yield ast.BinOp(node, ast.Sub(), other.node)
        yield ast.BinOp(other.node, ast.Sub(), node)


def regroup(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """Parentheses set in another way, or a function's."""
    node = place.node
    if isinstance(node, ast.BinOp):
        once = isinstance(node.right, ast.Constant) and node.right.value == 1
        for other in () if once else UNLIKE.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
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


def wrap(place: Place, scope: Scope) -> Iterator[ast.expr]:
    """A function that is missing."""
    node = place.node
    if is_index(place) or isinstance(node, ast.Tuple | ast.Constant) or not is_value(place):
        return
    if isinstance(place.statement, ast.If | ast.While | ast.For):
        return
    for function in WRAPS:
        yield ast.Call(ast.parse(f"np.{function}", mode="eval").body, [node], [])


#: functions that are forgotten
WRAPS = ("exp", "sqrt", "log", "square", "tanh", "abs", "sign")


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
