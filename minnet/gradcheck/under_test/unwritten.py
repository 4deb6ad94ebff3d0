"""Tell a template that waits to be written from code that fails.

A template's placeholder (``out = None``, ``Z = ...``, ``return NotImplemented``) is used by the
lines around it, and some of these raise. A template may also run: it returns the zeros that it
starts from, behind a ``pass``.
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import re
import textwrap
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

from minnet.gradcheck.case import message_of
from minnet.gradcheck.under_test.source import tree_of
from minnet.patterns import pattern

#: what stands where code is to be written
_PLACEHOLDERS = (None, NotImplemented, Ellipsis)
#: what the lines that come with a template call
_GIVEN = frozenset(
    ["zeros", "zeros_like", "ones", "ones_like", "empty", "empty_like", "astype", "get", "seed"]
    + ["items", "keys", "values", "len", "range", "enumerate", "isinstance", "ValueError", "copy"]
    + ["format", "print", "super", "__init__", "dict", "list", "NotImplementedError"]
)
#: what a template calls to make the arrays that are to be filled
_STARTS = ("zeros", "zeros_like", "empty", "empty_like")
#: what a condition on the shape of an input is about
_SHAPE = pattern(r"\b(ndim|shape)\b")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def waits_to_be_written(error: BaseException) -> bool:
    """Return whether an exception came of a placeholder that a template leaves.

    That is a local variable or an attribute that the passes give no other value, or the result
    of a function of which only the template is there.
    """
    if isinstance(error, NotImplementedError):
        return not _refuses_a_shape(error)
    if isinstance(error, AssertionError):
        return re.match(r"\s*assert\s*\(?\s*(False|0)\b", _failing_line(error)) is not None
    if isinstance(error, TypeError) and "must derive from BaseException" in message_of(error):
        return "raise NotImplemented" in _failing_line(error)
    if isinstance(error, TypeError) and "NotImplementedType" in message_of(error):
        return True
    if not isinstance(error, TypeError | AttributeError | ValueError | IndexError):
        return False
    trace = error.__traceback__
    while trace is not None:
        if _uses_placeholder(trace.tb_frame, trace.tb_lineno):
            return True
        trace = trace.tb_next
    return False


def is_template(function: Callable[..., Any] | None) -> bool:
    """Return whether a function is as a template leaves it: a ``pass``, and nothing computed."""
    tree = _tree_of(function)
    return (
        tree is not None
        and not any(map(_computes, _behind(tree.body)))  # the first statement mostly does
        and _has_pass(tree)
        and all(_is_start(value, tree) for value in _returned(tree)[:1])
    )


def is_left_to_others(function: Callable[..., Any]) -> bool:
    """Return whether a method is there to be written by a subclass: it raises, or does nothing."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or getattr(function, "__isabstractmethod__", False):
        return True
    if not {"NotImplementedError", "NotImplemented"}.isdisjoint(code.co_names):
        return True
    given = [c for c in code.co_consts if c is not None and not isinstance(c, str)]
    computes = any(i.opname.startswith(("BINARY", "UNARY")) for i in dis.get_instructions(code))
    return not (given or code.co_names or computes or len(code.co_code) > 16)


def gives_nothing(function: Callable[..., Any]) -> bool:
    """Return whether a function is written, and gives nothing back: it leaves what it finds."""
    tree = _tree_of(function)
    return tree is not None and not _returned(tree) and not is_left_to_others(function)


def forgets_to_return(function: Callable[..., Any] | None) -> bool:
    """Return whether a function is written, returns nothing, and leaves nothing anywhere else."""
    tree = _tree_of(function)
    return (
        tree is not None
        and any(map(_computes, _behind(tree.body)))
        and not _returned(tree)
        and not _stores(tree)
        and not _hands_on(tree)
    )


def leaves_it_elsewhere(function: Callable[..., Any] | None) -> bool:
    """Return whether a function returns nothing, and sets attributes or elements of arrays."""
    tree = _tree_of(function)
    return tree is not None and not _returned(tree) and _stores(tree)


def _stores(tree: _Function) -> bool:
    places = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute | ast.Subscript))
    return any(isinstance(n.ctx, ast.Store) for n in places)


def hands_on(function: Callable[..., Any] | None) -> bool:
    """Return whether a function returns nothing, and has others of the same kind do what it does.

    >>> def backward(self, dout):
    ...     for layer in self.layers[::-1]:
    ...         dout = layer.backward(dout)
    >>> hands_on(backward)
    True
    """
    tree = _tree_of(function)
    return tree is not None and not _returned(tree) and _hands_on(tree)


def _hands_on(tree: _Function) -> bool:
    """Return whether a method calls one of its name, of another object."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Attribute) and called.attr == tree.name for called in calls)


def returns_something(function: Callable[..., Any] | None) -> bool:
    """Return whether a function returns more than a template's placeholders, by its source."""
    tree = _tree_of(function)
    if tree is None:
        return False
    given = [
        max(_assigned(tree, getattr(value, "id", "")), key=lambda v: v.lineno, default=value)
        for value in _returned(tree)
    ]
    return not all(_is_start(value, tree, ()) for value in given)


def leaves_gradients_empty(function: Callable[..., Any] | None) -> bool:
    """Return whether a backward pass, or a loss, has a ``pass`` where its gradients are made."""
    tree = _tree_of(function)
    if tree is None or not _has_pass(tree):
        return False
    gradients = _returned(tree)[1:] or _returned(tree)
    return bool(gradients) and all(_is_start(value, tree) for value in gradients)


# --- what raised --------------------------------------------------------------------------


def _refuses_a_shape(error: BaseException) -> bool:
    """Return whether an exception was raised on the condition that an input has another shape."""
    frame, at = None, 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        at = number - frame.f_code.co_firstlineno + 1
    tree = _parsed("".join(_lines(frame.f_code))) if frame is not None else None
    conditions = (node for node in ast.walk(tree) if isinstance(node, ast.If)) if tree else ()
    return any(
        _SHAPE.search(ast.unparse(node.test)) and node.body[0].lineno <= at <= node.body[-1].lineno
        for node in conditions
    )


def _failing_line(error: BaseException) -> str:
    trace, text = error.__traceback__, ""
    while trace is not None:
        source = _lines(trace.tb_frame.f_code)
        number = trace.tb_lineno - trace.tb_frame.f_code.co_firstlineno
        text = source[number] if 0 <= number < len(source) else text
        trace = trace.tb_next
    return text


def _uses_placeholder(frame: types.FrameType, number: int) -> bool:
    """Return whether the line of a frame uses a value that is still a placeholder."""
    tree = _parsed("".join(_lines(frame.f_code)))
    if tree is None:
        return False
    at = number - frame.f_code.co_firstlineno + 1
    statements = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n is not tree]
    here = [n for n in statements if n.lineno <= at <= (n.end_lineno or n.lineno)]
    if not here:
        return False
    statement = max(here, key=lambda n: n.lineno)
    return any(_is_placeholder(node, frame, tree) for node in _read_by(statement))


def _read_by(statement: ast.stmt) -> Iterator[ast.expr]:
    parts: list[ast.AST] = [statement]
    if isinstance(statement, ast.For):
        parts = [statement.iter]
    elif isinstance(statement, ast.If | ast.While):
        parts = [statement.test]
    for part in parts:
        indices = [n.slice for n in ast.walk(part) if isinstance(n, ast.Subscript)]
        in_indices = {id(node) for index in indices for node in ast.walk(index)}
        for node in ast.walk(part):
            if id(node) in in_indices and isinstance(node, ast.Constant):
                continue  # as in dx[...] = dout
            if isinstance(node, ast.Constant) and node.value is Ellipsis:
                yield node
            if isinstance(node, ast.Assign) and getattr(node.value, "value", 0) is None:
                yield node.value  # as in (a, b) = None
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                yield node


def _is_placeholder(node: ast.expr, frame: types.FrameType, tree: _Function) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        if not any(frame.f_locals.get(node.id, 0) is p for p in _PLACEHOLDERS):
            return False
        own = [v for v in _assigned(tree, node.id) if not _reads(v, node.id)]
        return bool(own) and all(_is_nothing(v, frame) for v in own)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = frame.f_locals.get(node.value.id)
        missing = object()
        value = getattr(owner, "__dict__", {}).get(node.attr, missing)
        if not any(value is p for p in _PLACEHOLDERS):
            return False
        kind: Any = type(owner)
        given = _assigned_by_templates(kind, node.attr)
        return bool(given) and all(_is_nothing(v, frame) for v in given)
    return False


def _is_nothing(value: ast.expr, frame: types.FrameType) -> bool:
    """Return whether an assigned expression is a placeholder, or a call that gives one."""
    if isinstance(value, ast.Constant):
        return any(value.value is p for p in _PLACEHOLDERS)
    if isinstance(value, ast.Name) and value.id == "NotImplemented":
        return True
    if isinstance(value, ast.Call):
        name = _called(value)
        function = frame.f_globals.get(name)
        if function is None and isinstance(value.func, ast.Attribute):
            function = getattr(frame.f_locals.get("self"), name, None)
        return is_template(function) or _returns_nothing(function)
    return False


def _returns_nothing(function: Any) -> bool:
    """Return whether what a function returns first is a placeholder."""
    tree = _tree_of(function)
    return tree is not None and all(_is_start(value, tree, ()) for value in _returned(tree)[:1])


def _returned(tree: ast.AST) -> list[ast.expr]:
    """Return what the last ``return`` of a function gives back, one after the other."""
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]
    last = max(values, key=lambda value: value.lineno, default=None)
    return list(last.elts) if isinstance(last, ast.Tuple) else [last] if last else []


def _is_start(value: ast.expr, tree: ast.AST, calls: tuple[str, ...] = _STARTS) -> bool:
    """Return whether a value is a placeholder, or one that a template starts from."""
    if isinstance(value, ast.Constant):
        return bool(calls) or any(value.value is p for p in _PLACEHOLDERS)
    if isinstance(value, ast.Dict):
        return bool(calls or value.values) and all(_is_start(v, tree, calls) for v in value.values)
    if isinstance(value, ast.Call):
        return _called(value) in calls
    if isinstance(value, ast.Name):
        given = list(_assigned(tree, value.id))
        own = [v for v in given if not _reads(v, value.id)]
        return value.id == "NotImplemented" or (
            bool(own)
            and all(not isinstance(v, ast.Name) and _is_start(v, tree, calls) for v in own)
        )
    return False


def _assigned(tree: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what a variable or an attribute of this name is given, anywhere in the source."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _given_to(target, node.value, name)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and node.value is not None:
            yield from _given_to(node.target, node.value, name)
        elif isinstance(node, ast.For):
            yield from _given_to(node.target, node.iter, name)


@functools.lru_cache(maxsize=256)
def _assigned_by_templates(cls: Any, name: str) -> tuple[ast.expr, ...]:
    """Return what methods give an attribute; nothing where one that is written forgot to."""
    tree = tree_of(cls)
    body = tree.body[0].body if tree and isinstance(tree.body[0], ast.ClassDef) else []
    methods = [m for m in body if isinstance(m, _Function)]
    passes = [m for m in methods if m.name != "__init__" and list(_assigned(m, name))]
    if not passes or any(_computes(s) for m in passes for s in _behind(m.body)):
        return ()
    return tuple(value for m in methods for value in _assigned(m, name))


def _given_to(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        pairs = [(item, value) for item in target.elts]
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for one, its in pairs:
            yield from _given_to(one, its, name)
    elif isinstance(target, ast.Subscript | ast.Starred):
        yield from _given_to(target.value, value, name)
    elif getattr(target, "id", getattr(target, "attr", None)) == name:
        yield value


def _reads(expression: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(expression))


# --- what stands there --------------------------------------------------------------------


def _has_pass(tree: _Function) -> bool:
    """Return whether there is a ``pass`` that stands for code: in the body, or in a branch."""
    blocks = [tree.body]
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.For | ast.While):
            blocks += [node.body, node.orelse]
    return any(isinstance(s, ast.Pass) for block in blocks for s in block)


def _behind(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If | ast.For | ast.While):
            yield from _behind([*statement.body, *statement.orelse])
        elif not isinstance(statement, ast.Raise | ast.Assert | ast.Pass):
            yield statement


def _computes(statement: ast.stmt) -> bool:
    """Return whether a statement computes something, beyond what comes with a template."""
    if isinstance(statement, ast.AugAssign | ast.FunctionDef | ast.With | ast.Try):
        return True
    for node in ast.walk(statement):
        if isinstance(node, ast.BinOp | ast.ListComp | ast.Lambda):
            return True
        if isinstance(node, ast.Compare) and not _asks_for_a_setting(node):
            return True
        if isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
            return True
        if isinstance(node, ast.Call) and _called(node) not in _GIVEN:
            return True
    return False


def _asks_for_a_setting(node: ast.Compare) -> bool:
    """Return whether this compares with a constant: ``y is None``, ``mode == "train"``."""
    return all(isinstance(value, ast.Constant) for value in node.comparators)


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


# --- source -------------------------------------------------------------------------------


def _tree_of(function: Any) -> _Function | None:
    function = getattr(function, "__func__", function)
    if not isinstance(function, types.FunctionType):
        return None
    return _parsed("".join(_lines(function.__code__, function.__module__)))


@functools.lru_cache(maxsize=256)
def _lines(code: types.CodeType, module: str | None = None) -> tuple[str, ...]:
    """Return the source of a code; with the module of its function, inspect need not search all."""
    cells = tuple(types.CellType() for _ in code.co_freevars)
    bare = types.FunctionType(code, {"__name__": module}, closure=cells)
    try:
        return tuple(inspect.getsourcelines(bare if module else code)[0])
    except (OSError, TypeError):
        return ()


@functools.lru_cache(maxsize=256)
def _parsed(source: str) -> _Function | None:
    try:
        body = ast.parse(textwrap.dedent(source)).body
    except SyntaxError:
        return None
    return body[0] if body and isinstance(body[0], _Function) else None
