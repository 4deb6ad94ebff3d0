"""Mistakes with axes, shapes, places, names and calls, and with whole statements."""

from __future__ import annotations

import ast
import re

from mutation_places import (
    REDUCTIONS,
    Nodes,
    Place,
    binary,
    call_with,
    called,
    exchanged,
    is_axis,
    is_name,
    is_number,
    nearest,
    number_of,
    operator,
    plus,
    renamed,
    takes_places,
)

# --- axes and shapes ------------------------------------------------------------------------


@operator()
def axis(place: Place) -> Nodes:
    """axis=0 -> axis=1; axis=(0, 2) -> axis=0; the axis dropped."""
    node = place.node
    if isinstance(node, ast.Call) and called(node) in REDUCTIONS:
        rest = [k for k in node.keywords if k.arg != "axis"]
        if len(rest) < len(node.keywords):
            yield call_with(node, keywords=rest)
    if not is_axis(place):
        return
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        yield ast.Tuple(node.elts[:-1], ast.Load())
        yield ast.Tuple(node.elts[1:], ast.Load())
    elif (value := number_of(node)) is not None:
        yield ast.Constant({0: 1, 1: 0, 2: 1, 3: 2}.get(int(value), 0))


@operator()
def keepdims(place: Place) -> Nodes:
    """keepdims=True dropped, or put where there is an axis without it."""
    node = place.node
    if not isinstance(node, ast.Call) or called(node) not in REDUCTIONS:
        return
    rest = [k for k in node.keywords if k.arg != "keepdims"]
    if len(rest) < len(node.keywords):
        yield call_with(node, keywords=rest)
    elif any(k.arg == "axis" for k in rest):
        kept = ast.keyword("keepdims", ast.Constant(True))
        yield call_with(node, keywords=[*rest, kept])


@operator()
def reduction(place: Place) -> Nodes:
    """sum -> mean, mean -> sum, max -> min, var -> std, ..."""
    other = {"sum": "mean", "mean": "sum", "max": "min", "var": "std", "std": "var",
             "argmax": "argmin", "argmin": "argmax", "cumsum": "cumprod"}  # fmt: skip
    node = place.node
    if isinstance(node, ast.Call) and called(node) in other:
        yield renamed(node, other[called(node)])


@operator()
def transpose(place: Place) -> Nodes:
    """a.T -> a, a @ b -> a.T @ b, a @ b.T."""
    node, parent = place.node, place.parent
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call) and called(node) in ("transpose", "swapaxes"):
        of_numpy = isinstance(node.func, ast.Attribute) and is_name(node.func.value, "np")
        if of_numpy and node.args:
            yield node.args[0]
        elif isinstance(node.func, ast.Attribute):
            yield node.func.value
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and place.field != "func":
        product = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult)
        if product or called(parent) in ("dot", "matmul"):
            yield ast.Attribute(node, "T", ast.Load())


@operator()
def shape(place: Place) -> Nodes:
    """reshape(a, b) -> reshape(b, a), transpose(0, 2, 1) -> transpose(2, 0, 1)."""
    node = place.node
    if not isinstance(node, ast.Call) or not takes_places(node) or called(node) == "range":
        return
    for i, argument in enumerate(node.args):
        if isinstance(argument, ast.Tuple):
            for j in range(len(argument.elts) - 1):
                other = ast.Tuple(exchanged(argument.elts, j, j + 1), ast.Load())
                yield call_with(node, [*node.args[:i], other, *node.args[i + 1 :]])
    if called(node) in ("reshape", "transpose") and len(node.args) > 1:
        of_numpy = isinstance(node.func, ast.Attribute) and is_name(node.func.value, "np")
        for j in range(1 if of_numpy else 0, len(node.args) - 1):
            yield call_with(node, exchanged(node.args, j, j + 1))


@operator(untried=True)
def new_axis(place: Place) -> Nodes:
    """a[:, None] -> a[None, :], a[:, None] -> a."""
    node = place.node
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)):
        return
    items = node.slice.elts
    for i, item in enumerate(items):
        if not (isinstance(item, ast.Constant) and item.value is None):
            continue
        yield node.value
        for j in (i - 1, i + 1):
            if 0 <= j < len(items):
                moved = ast.Tuple(exchanged(items, i, j), ast.Load())
                yield ast.Subscript(node.value, moved, node.ctx)


@operator(untried=True)
def einsum(place: Place) -> Nodes:
    """'nd,dm->nm' -> 'dn,dm->nm', 'nd,md->nm', 'nd,dm->mn'."""
    node = place.node
    text = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(text, str) or "->" not in text or called(place.parent) != "einsum":
        return
    for term in re.finditer(r"[a-zA-Z]{2,}", text):
        end = term.end()
        yield ast.Constant(text[: end - 2] + text[end - 1] + text[end - 2] + text[end:])


# --- places ---------------------------------------------------------------------------------


@operator()
def index(place: Place) -> Nodes:
    """a[i] -> a[i - 1], a[i, j] -> a[j, i]; the bounds of a slice by one, or dropped."""
    node, parent = place.node, place.parent
    in_tuple = isinstance(parent, ast.Tuple) and place.field == "elts"
    holder = place.parents[-2] if in_tuple and len(place.parents) > 1 else parent
    indexing = isinstance(holder, ast.Subscript) and (in_tuple or place.field == "slice")
    if indexing and parent is not getattr(holder, "value", None):
        if (value := number_of(node)) is not None:
            yield ast.Constant(value + 1)
        elif isinstance(node, ast.Name) and node.id in place.scope.counts:
            yield plus(node, -1)
    if isinstance(node, ast.Tuple) and place.field == "slice" and isinstance(parent, ast.Subscript):
        for i in range(len(node.elts) - 1):
            yield ast.Tuple(exchanged(node.elts, i, i + 1), node.ctx)
    if isinstance(node, ast.Slice):
        if node.lower is not None:
            yield ast.Slice(plus(node.lower, 1), node.upper, node.step)
            yield ast.Slice(None, node.upper, node.step)
        if node.upper is not None:
            yield ast.Slice(node.lower, plus(node.upper, -1), node.step)
            yield ast.Slice(node.lower, None, node.step)
        if node.step is not None:
            yield ast.Slice(node.lower, node.upper, None)


@operator()
def loop_range(place: Place) -> Nodes:
    """range(n) -> range(n - 1), range(1, n); reversed(a) -> a."""
    node = place.node
    if called(node) == "reversed":
        yield node.args[0]
    if called(node) != "range":
        return
    if len(node.args) == 1:
        yield call_with(node, [plus(node.args[0], -1)])
        yield call_with(node, [ast.Constant(1), node.args[0]])
    else:
        start, stop, *step = node.args
        yield call_with(node, [plus(start, 1 if not step else -1), stop, *step])
        yield call_with(node, [start, plus(stop, -1 if not step else 1), *step])


@operator()
def comparison(place: Place) -> Nodes:
    """a > b -> a < b, a >= b; a == b -> a != b."""
    node = place.node
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    others = {
        ast.Gt: (ast.Lt, ast.GtE), ast.GtE: (ast.Lt, ast.Gt), ast.Lt: (ast.Gt, ast.LtE),
        ast.LtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
        ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    }  # fmt: skip
    for kind in others[type(node.ops[0])]:
        yield ast.Compare(node.left, [kind()], node.comparators)


@operator(untried=True)
def condition(place: Place) -> Nodes:
    """np.where(c, a, b) -> np.where(c, b, a); a if c else b -> b if c else a; if c -> if not c."""
    node = place.node
    if called(node) == "where" and len(node.args) == 3:
        yield call_with(node, exchanged(node.args, 1, 2))
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    if place.field == "test" and isinstance(place.parent, ast.If):
        yield ast.UnaryOp(ast.Not(), node)


# --- names and calls ------------------------------------------------------------------------


@operator()
def name(place: Place) -> Nodes:
    """a -> another name of the same kind."""
    node = place.node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and place.field != "func":
        for other in place.scope.others(node.id, node.lineno):
            yield ast.Name(other, ast.Load())


@operator()
def attribute(place: Place) -> Nodes:
    """self.a -> self.b."""
    node, known = place.node, place.scope.attributes
    load = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    if load and is_name(node.value, "self") and node.attr in known:
        for other in nearest(node.attr, known):
            yield ast.Attribute(node.value, other, ast.Load())


_FUNCTIONS = {
    "exp": ("log", "expm1"), "log": ("exp",), "sqrt": ("square",), "square": ("sqrt",),
    "maximum": ("minimum",), "minimum": ("maximum",), "sin": ("cos",), "cos": ("sin",),
    "tanh": ("sinh", "arctan"), "cosh": ("sinh",), "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",), "abs": ("sign",), "sign": ("abs",), "zeros": ("ones",),
    "ones": ("zeros",), "hstack": ("vstack",), "repeat": ("tile",), "tile": ("repeat",),
    "outer": ("inner",), "sigmoid": ("tanh",), "logical_and": ("logical_or",),
}  # fmt: skip


@operator(untried=True)
def function(place: Place) -> Nodes:
    """exp -> log, sqrt -> square, maximum -> minimum, zeros -> ones, ..."""
    node = place.node
    if isinstance(node, ast.Call):
        for other in _FUNCTIONS.get(called(node), ()):
            yield renamed(node, other)


@operator()
def arguments_swapped(place: Place) -> Nodes:
    """f(a, b) -> f(b, a)."""
    node = place.node
    if isinstance(node, ast.Call) and len(node.args) > 1 and not takes_places(node):
        numbers = is_number(node.args[1]) and called(node) in REDUCTIONS
        if not numbers and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
            yield call_with(node, exchanged(node.args, 0, 1))


@operator(untried=True)
def helper_argument(place: Place) -> Nodes:
    """helper(a, b, k=c) -> helper(b, b, k=c), helper(a, a, k=c), helper(a, b); 2 * a for one."""
    node = place.node
    if not isinstance(node, ast.Call) or called(node) not in place.scope.helpers:
        return
    count = len(node.args)
    for i in range(count):
        if count > 1:
            other = node.args[(i + 1) % count]
            yield call_with(node, [*node.args[:i], other, *node.args[i + 1 :]])
    if count == 1 and not isinstance(node.args[0], ast.Starred):
        yield call_with(node, [binary(ast.Constant(2), ast.Mult(), node.args[0])])
    for keyword in node.keywords:
        yield call_with(node, keywords=[k for k in node.keywords if k is not keyword])


@operator(untried=True)
def call_dropped(place: Place) -> Nodes:
    """f(a) -> a for a function of numbers; a.copy() -> a."""
    node = place.node
    if not isinstance(node, ast.Call) or place.counts:
        return
    of_numpy = isinstance(node.func, ast.Attribute) and is_name(node.func.value, "np")
    if of_numpy and called(node) in ("exp", "log", "sqrt", "tanh", "abs", "sign", "square", "flip"):
        yield node.args[0]
    elif not node.args and called(node) in ("copy", "conj") and not of_numpy:
        yield node.func.value  # type: ignore[attr-defined]


# --- statements -----------------------------------------------------------------------------


@operator()
def augmentation(place: Place) -> Nodes:
    """a += b -> a = b, a -= b; a = b -> a += b; a *= b -> a /= b."""
    node = place.node
    if isinstance(node, ast.AugAssign):
        others = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        if type(node.op) in others:
            yield ast.AugAssign(node.target, others[type(node.op)](), node.value)
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        before = isinstance(target, ast.Name) and place.scope.first[target.id] < node.lineno
        if before or isinstance(target, ast.Subscript):
            yield ast.AugAssign(target, ast.Add(), node.value)


@operator(untried=True)
def deletion(place: Place) -> Nodes:
    """The statement -> pass."""
    if isinstance(place.node, ast.Assign | ast.AugAssign | ast.Expr):
        yield ast.Pass()
