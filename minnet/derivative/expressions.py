"""Expressions in x, as text: read, computed and differentiated, never executed.

The text is parsed with `ast` and only arithmetic, numbers, x and known functions are let
through. The derivative is exact: every node carries its value and its slope (forward-mode
differentiation, by the rules of the school book).
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minnet.derivative.functions import FUNCTIONS, Function, Scalar, named

CONSTANTS = {"pi": math.pi, "e": math.e}
#: longer or deeper than this is no expression that a person wrote
LONGEST_TEXT, DEEPEST = 500, 60
#: a larger whole number is no float
LARGEST = 2**1000

#: a value and its derivative
Dual = tuple[Any, Any]


class ExpressionError(ValueError):
    """The text is no expression in x; the message says where it stops being one."""


def parse(text: str) -> Function:
    """Return the function that an expression in x stands for, with its derivative.

    Parameters
    ----------
    text : str
        Numbers, ``x``, ``pi``, ``e``, ``+ - * / **`` (``^`` is read as ``**``), parentheses,
        ``max(a, b)``, ``min(a, b)`` and the functions of `FUNCTIONS`. For example
        ``"x**2 + sin(3*x)"``.

    Returns
    -------
    Function

    Raises
    ------
    ExpressionError
        When the text holds anything else.

    Examples
    --------
    >>> f = parse("x**2 + 3*x")
    >>> float(f(2.0)), float(f.derivative(2.0))
    (10.0, 7.0)
    >>> parse("__import__('os')")
    Traceback (most recent call last):
    minnet.derivative.expressions.ExpressionError: '__import__' is not a function ...
    """
    tree = _checked_tree(text)

    def call(x: Any) -> Any:
        return _value(tree, x) + 0 * x  # a constant takes the shape of x

    def derivative(x: Any) -> Any:
        return _dual(tree, x)[1] + 0 * x

    return Function(text.strip(), text.strip(), call, derivative, tuple(_switches(tree)))


def number(text: str) -> float:
    """Return the number that a constant expression stands for: ``"pi/2"``, ``"-1e-3"``.

    Raises
    ------
    ExpressionError
        When the text is no number, or depends on x.

    Examples
    --------
    >>> number("2*pi") == 2 * np.pi
    True
    """
    try:
        return float(text)
    except ValueError:
        pass
    tree = _checked_tree(text)
    if any(isinstance(node, ast.Name) and node.id == "x" for node in ast.walk(tree)):
        raise ExpressionError(f"{text!r} is not a number: it depends on x")
    with np.errstate(all="ignore"):
        return float(_value(tree, 0.0))


def _checked_tree(text: str) -> ast.expr:
    if not text.strip():
        raise ExpressionError("the expression is empty")
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(f"the expression is longer than {LONGEST_TEXT} characters")
    try:
        return _tree(text)
    except ExpressionError as error:
        meant = _meant(text)
        hint = f"; did you mean {meant}?" if meant else ""
        raise ExpressionError(f"{error}{hint}") from None


def _tree(text: str) -> ast.expr:
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = error.offset if isinstance(error, SyntaxError) else None
        place = f" (at character {offset})" if offset else ": it ends too early" * (offset == 0)
        raise ExpressionError(f"{text!r} is not an expression in x{place}") from None
    _check(tree, text, DEEPEST)
    return tree


#: how mathematics is written by hand, and what that is here
_BY_HAND = (
    (r"²", "**2"),
    (r"³", "**3"),
    (r"[·×]", "*"),
    (r"[−–]", "-"),
    (r"\|([^|]+)\|", r"abs(\1)"),
    (r"(?<=\d),(?=\d)", "."),
    (r"\b([A-Za-z]\w*) +(\w+)", r"\1(\2)"),
    (r"(?<![\w.])(\d+\.?\d*) *(?=[A-Za-z(])", r"\1*"),
    (r"(\)|\bx) *(?=[\w(])", r"\1*"),
)


def _meant(text: str) -> str:
    """Return the expression that was meant, with a * and parentheses where they are left out."""
    written = text.strip()
    for by_hand, here in _BY_HAND:
        written = re.sub(by_hand, here, written)
    try:
        _tree(written)
    except ExpressionError:
        return ""
    return written


def _check(node: ast.expr, text: str, depth: int) -> None:
    """Let through only what `_dual` knows."""
    if depth == 0:
        raise ExpressionError(f"the expression is nested deeper than {DEEPEST}")
    for part in _parts(node, text):
        _check(part, text, depth - 1)


def _parts(node: ast.expr, text: str) -> tuple[ast.expr, ...]:
    """Return what a node is made of; refuse it where it is none that an expression may have."""
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            if isinstance(value, int) and abs(value) > LARGEST:
                raise ExpressionError(f"a number in {text!r} is too large")
            return ()
        case ast.Name(id=name):
            if name != "x" and name not in CONSTANTS:
                call = " (a function needs parentheses)" if named(name) else ""
                raise ExpressionError(f"{name!r} is not known{call}: the variable is called x")
            return ()
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return (operand,)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _RULES:
            return left, right
        case ast.Call(func=ast.Name(id="max" | "min"), args=[left, right], keywords=[]):
            return left, right
        case ast.Call(func=ast.Name(id="max" | "min" as name)):
            raise ExpressionError(f"{name} takes two arguments, such as {name}(x, 0)")
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
            if named(name) is None:
                known = ", ".join(FUNCTIONS)
                raise ExpressionError(
                    f"{name!r} is not a function that minnet knows; it knows {known}"
                )
            return (argument,)
    raise ExpressionError(
        f"{ast.get_source_segment(text, node) or text!r} may not be in an expression: "
        "only numbers, x, pi, e, + - * / **, parentheses, max, min and known functions may"
    )


def _value(node: ast.expr, x: Any) -> Any:
    return _dual(node, x, slope=False)[0]


def _dual(node: ast.expr, x: Any, slope: bool = True) -> Dual:
    """Return the value of a node and its slope (0 where slopes are not asked for)."""
    match node:
        case ast.Constant(value=value):
            return float(value), 0.0  # type: ignore[arg-type]
        case ast.Name(id="x"):
            return x, 1.0
        case ast.Name(id=name):
            return CONSTANTS[name], 0.0
        case ast.UnaryOp(op=op, operand=operand):
            value, change = _dual(operand, x, slope)
            return (-value, -change) if isinstance(op, ast.USub) else (value, change)
        case ast.Call(func=ast.Name(id=name), args=[left, right]):
            return _larger(
                _dual(left, x, slope), _dual(right, x, slope), -1 if name == "min" else 1
            )
        case ast.BinOp(left=left, op=op, right=right):
            return _RULES[type(op)](_dual(left, x, slope), _dual(right, x, slope), slope)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            function = named(name)
            assert function is not None and function.derivative is not None
            value, change = _dual(argument, x, slope)
            return function(value), function.derivative(value) * change if slope else 0.0
    raise AssertionError(f"{node} passed the check")


def _add(a: Dual, b: Dual, slope: bool) -> Dual:
    return a[0] + b[0], a[1] + b[1]


def _subtract(a: Dual, b: Dual, slope: bool) -> Dual:
    return a[0] - b[0], a[1] - b[1]


def _multiply(a: Dual, b: Dual, slope: bool) -> Dual:
    return a[0] * b[0], a[1] * b[0] + a[0] * b[1] if slope else 0.0


def _divide(a: Dual, b: Dual, slope: bool) -> Dual:
    quotient = np.divide(a[0], b[0])
    return quotient, np.divide(a[1] - quotient * b[1], b[0]) if slope else 0.0


def _larger(a: Dual, b: Dual, sign: int) -> Dual:
    """Return the larger of two (the smaller, with sign -1); in a tie, the mean of their slopes."""
    first: Any = np.sign(sign * np.real(a[0] - b[0])) / 2 + 0.5
    larger: Any = np.where(first >= 0.5, a[0], b[0])
    return larger[()], first * a[1] + (1 - first) * b[1]


def _power(a: Dual, b: Dual, slope: bool) -> Dual:
    value = np.power(_floating(a[0]), b[0])
    if not slope:
        return value, 0.0
    change = b[0] * np.power(_floating(a[0]), b[0] - 1) * a[1] if np.any(a[1]) else 0.0
    if np.any(b[1]):
        change = change + value * np.log(a[0]) * b[1]
    return value, change


def _floating(x: Any) -> Any:
    return np.asarray(x) + 0.0


_RULES: dict[type[ast.operator], Callable[[Dual, Dual, bool], Dual]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: _multiply,
    ast.Div: _divide,
    ast.Pow: _power,
}


def _switches(tree: ast.expr) -> Iterator[Scalar]:
    """Yield what passes through zero where the expression has a kink."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 2:
            yield lambda x, n=node: _value(n.args[0], x) - _value(n.args[1], x)  # type: ignore[misc]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            function = named(node.func.id)
            for switch in function.switches if function else ():
                yield lambda x, a=node.args[0], s=switch: s(_value(a, x))  # type: ignore[misc]
