"""What a signature tells: the names of arguments, and which of them a call has to give."""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from minnet.gradcheck.under_test.source import tree_of
from minnet.records import NamedTuple

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_OPEN = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Signature(NamedTuple):
    """The parameters of a function; `known` is False where Python cannot tell them."""

    parameters: tuple[inspect.Parameter, ...]
    known: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters but ``*args`` and ``**kwargs``."""
        return tuple(p.name for p in self.named)

    @property
    def named(self) -> tuple[inspect.Parameter, ...]:
        """All parameters but ``*args`` and ``**kwargs``."""
        return tuple(p for p in self.parameters if p.kind not in _OPEN)

    @property
    def positional(self) -> tuple[inspect.Parameter, ...] | None:
        """What a call may give by position; None where that is open or unknown."""
        if not self.known or any(
            p.kind is inspect.Parameter.VAR_POSITIONAL for p in self.parameters
        ):
            return None
        return tuple(p for p in self.parameters if p.kind in POSITIONAL)

    @property
    def required(self) -> tuple[str, ...] | None:
        """What a call has to give by position; None where that is open or unknown."""
        if self.positional is None:
            return None
        return tuple(p.name for p in self.positional if not has_default(p))

    @property
    def wanted(self) -> list[str]:
        """What a call has to give by its name: all that has no default."""
        return [p.name for p in self.named if not has_default(p)]

    def accepts(self, count: int) -> bool:
        """Return whether a call with so many positional arguments fits, as far as that shows."""
        if not self.known:
            return True
        try:
            inspect.Signature(self.parameters).bind(*range(count))
        except TypeError:
            return False
        return True

    def argument_names(self, count: int) -> list[str]:
        """Return names for `count` positional arguments: the function's own where it has them.

        >>> signature_of(lambda x, w, *rest: None).argument_names(4)
        ['x', 'w', 'rest0', 'rest1']
        """
        names = [p.name for p in self.parameters if p.kind in POSITIONAL][:count]
        if missing := count - len(names):
            rest = [p.name for p in self.parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
            stem = rest[0] if rest else "x"
            single = missing == 1 and stem not in names
            names += [stem] if single else [f"{stem}{i}" for i in range(missing)]
        return names


def signature_of(function: Any) -> Signature:
    """Return the signature of a function, a bound method, or the constructor of a class.

    One that takes whatever it is given, and hands it on, is that of the base.

    >>> class Dense:
    ...     def __init__(self, n_in, n_out): ...
    >>> class Last(Dense):
    ...     def __init__(self, *args, **named): super().__init__(*args, **named)
    >>> signature_of(Last).required
    ('n_in', 'n_out')
    """
    if isinstance(function, types.FunctionType | type):
        return _known_signature(function)
    own = getattr(function, "__func__", None)
    if isinstance(function, types.MethodType) and isinstance(own, types.FunctionType):
        found = _known_signature(own)
        if found.known and found.parameters and found.parameters[0].kind in POSITIONAL:
            return Signature(found.parameters[1:])
    return _read_signature(function)


@functools.lru_cache(maxsize=64)
def _known_signature(function: Any) -> Signature:
    """Return the signature of a function or a class, of which a check asks again and again."""
    return _read_signature(function)


def _read_signature(function: Any) -> Signature:
    try:
        found = Signature(tuple(inspect.signature(function).parameters.values()))
    except (TypeError, ValueError):
        return Signature((), known=False)
    kinds = [p.kind for p in found.parameters]
    if inspect.isclass(function) and kinds == [_MORE, _MORE_NAMED]:
        base = next((c for c in function.__mro__[1:-1] if "__init__" in vars(c)), None)
        return signature_of(base) if base is not None else found
    return found


def method_signature(owner: Any, name: str) -> Signature:
    """Return the signature of a method as it is called, without `self`.

    >>> class Dense:
    ...     def forward(self, x, training=True): ...
    >>> method_signature(Dense, "forward") == method_signature(Dense(), "forward")
    True
    """
    method = getattr(owner, name, None)
    found = signature_of(method)
    static = isinstance(inspect.getattr_static(owner, name, None), staticmethod)
    if inspect.isclass(owner) and inspect.isfunction(method) and not static:
        return Signature(found.parameters[1:], found.known)
    return found


def attributes_in(function: Callable[..., Any], operation: str) -> set[str]:
    """Return the attributes that the code of a function stores, or loads.

    >>> def forward(self, x): self.kept = x
    >>> attributes_in(forward, "STORE_ATTR")
    {'kept'}
    """
    code = getattr(unwrapped(function), "__code__", None)
    steps = dis.get_instructions(code) if code is not None else ()
    return {step.argval for step in steps if step.opname == operation}


def names_returned(function: Any) -> list[str]:
    """Return what the last ``return`` of a function gives, one thing or several, as they stand.

    >>> def both(x): return x.sum(), 2 * x
    >>> names_returned(both)
    ['x.sum()', '2 * x']
    >>> def loss(x, y=None):
    ...     if y is None: return x
    ...     return x - y, 1
    >>> names_returned(loss)
    ['x - y', '1']
    """
    return [ast.unparse(item) for item in _returned(tree_of(function))]


def gives_a_function(function: Any) -> bool:
    """Return whether the second of two things that a function gives is one that it defines.

    >>> def forward(x):
    ...     def backward(dout): return 2 * dout
    ...     return 2 * x, backward
    >>> gives_a_function(forward), gives_a_function(names_returned)
    (True, False)
    """
    tree = tree_of(function)
    made = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)} if tree else set()
    items = _returned(tree)
    last = items[1] if len(items) == 2 else None
    return isinstance(last, ast.Lambda) or (isinstance(last, ast.Name) and last.id in made)


def _returned(tree: ast.Module | None) -> list[ast.expr]:
    """Return what the last ``return`` of a function gives."""
    if tree is None:
        return []
    inner = {id(n) for f in ast.walk(tree) if _is_inner(f, tree) for n in ast.walk(f)}
    own = (n for n in ast.walk(tree) if id(n) not in inner)
    found = sorted((n for n in own if isinstance(n, ast.Return)), key=lambda n: n.lineno)
    last = found[-1].value if found else None
    items = last.elts if isinstance(last, ast.Tuple) else [last]
    return [item for item in items if item is not None]


def decides(function: Any, name: str) -> bool:
    """Return whether a condition in a function asks for one of its arguments.

    >>> def relu(x, slope): return (x > 0) if slope else x.clip(0)
    >>> decides(relu, "slope"), decides(relu, "x")
    (True, False)
    """
    tree = tree_of(function)
    tests = (n.test for n in ast.walk(tree or ast.Module([], [])) if isinstance(n, _CONDITIONAL))
    return any(isinstance(n, ast.Name) and n.id == name for test in tests for n in ast.walk(test))


_CONDITIONAL = ast.If | ast.IfExp
_MORE, _MORE_NAMED = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD


def _is_inner(node: ast.AST, tree: ast.Module) -> bool:
    return isinstance(node, ast.FunctionDef | ast.Lambda) and node is not tree.body[0]


def has_default(parameter: inspect.Parameter) -> bool:
    """Return whether a call may leave a parameter out."""
    return parameter.default is not inspect.Parameter.empty


def unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the plain function behind a bound method, a partial or a decorator."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    plain: Callable[..., Any] = inspect.unwrap(function)
    return plain
