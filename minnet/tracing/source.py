"""The source of a function: its text, its tree, and the function compiled from an edited tree.

A function object keeps its globals, closure and defaults when its code is exchanged, so an edited
body runs exactly where the original would: whoever holds the function calls the edited one.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import copy
import linecache
import types
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from minnet.records import dataclass

#: the tree of one function, as it stands in its file
FunctionTree = ast.FunctionDef


@dataclass(frozen=True, eq=False)
class Source:
    """Where a function stands: file, lines, tree, and the classes and functions around it.

    Attributes
    ----------
    function : function
        The function itself.
    file : str
    text : str
        The whole file.
    tree : ast.FunctionDef
        Its own part of the tree. It is shared: edit a `copy.deepcopy` of it.
    class_name : str
        The class that it is defined in, or "".
    """

    function: types.FunctionType
    file: str
    text: str
    tree: FunctionTree
    class_name: str = ""

    def segment(self, node: ast.AST) -> str:
        """Return the text of a node, as it is written."""
        return ast.get_source_segment(self.text, node) or ""

    def line(self, number: int) -> str:
        """Return a line of the file by its number, stripped."""
        lines = self.text.splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def compiled(self, tree: FunctionTree) -> types.CodeType | None:
        """Return the code of this function with another body; None where that cannot be.

        Every node has to have its line.

        It refers to what the original refers to: the same globals, and the same closure.
        """
        return _compiled(tree, self.function.__code__, self.class_name, self.file)


def source_of(function: object) -> Source | None:
    """Return the source of a function, or None where there is none or it has changed since.

    >>> import textwrap
    >>> source_of(textwrap.dedent).tree.name, source_of(len)
    ('dedent', None)
    """
    if not isinstance(function, types.FunctionType):
        return None
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    found = _definition(text, code.co_firstlineno, code.co_name) if text else None
    if found is None:
        return None
    tree, class_name = found
    # The file may have been edited after it was imported, and what then is shown is not what ran.
    if code.co_code not in _codes(text).get((code.co_name, code.co_firstlineno), ()):
        return None
    source = Source(function, code.co_filename, text, tree, class_name)
    return source if source.compiled(tree) is not None else None


@contextlib.contextmanager
def exchanged(codes: Mapping[types.FunctionType, types.CodeType]) -> Iterator[None]:
    """Run the block with other code in some functions."""
    before = {function: function.__code__ for function in codes}
    try:
        for function, code in codes.items():
            function.__code__ = code
        yield
    finally:
        for function, code in before.items():
            function.__code__ = code


@lru_cache(maxsize=64)
def _tree(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


@lru_cache(maxsize=64)
def _codes(text: str) -> dict[tuple[str, int], list[bytes]]:
    """Return what every function of a file is compiled to, by its name and first line."""
    found: dict[tuple[str, int], list[bytes]] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            waiting = [compile(text, "", "exec", dont_inherit=True)]
    except (SyntaxError, ValueError):
        return found
    while waiting:
        code = waiting.pop()
        found.setdefault((code.co_name, code.co_firstlineno), []).append(code.co_code)
        waiting += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return found


def _definition(text: str, first: int, name: str) -> tuple[FunctionTree, str] | None:
    """Return the definition that begins at a line, decorators included, and its class."""
    for node, class_name in _all_definitions(text):
        begins = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        if begins == first and node.name == name:
            return node, class_name
    return None


@lru_cache(maxsize=64)
def _all_definitions(text: str) -> tuple[tuple[FunctionTree, str], ...]:
    module = _tree(text)
    return () if module is None else tuple(_definitions(module, ""))


def _definitions(node: ast.AST, class_name: str) -> Iterator[tuple[FunctionTree, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child, class_name
        inner = child.name if isinstance(child, ast.ClassDef) else class_name
        if not isinstance(child, ast.expr):
            yield from _definitions(child, inner)


def _compiled(
    tree: FunctionTree, like: types.CodeType, class_name: str, file: str
) -> types.CodeType | None:
    bare = copy.copy(tree)
    bare.decorator_list = []
    given = [name for name in like.co_freevars if name != "__class__" or not class_name]
    around = ast.parse(f"def around({', '.join(given)}): pass")
    innermost: Any = around.body[0]
    if class_name:  # in a class, names like __W are mangled, and super() knows where it is
        known = [] if class_name in given else ast.parse(f"global {class_name}").body
        innermost.body = [*known, *ast.parse(f"class {class_name}: pass").body]
        innermost = innermost.body[-1]
    innermost.body = [bare]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # annotations are what they are in its file, not in this one
            flags = like.co_flags & __future__.annotations.compiler_flag
            code = compile(around, file, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return None
    found = _code_named(code, tree.name)
    return found if found is not None and found.co_freevars == like.co_freevars else None


def _code_named(code: types.CodeType, name: str) -> types.CodeType | None:
    """Return the first function of this name inside some code, outermost first."""
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    for const in inner:
        if const.co_name == name and const.co_flags & 0x2:  # CO_NEWLOCALS: a function
            return const
    for const in inner:
        if (found := _code_named(const, name)) is not None:
            return found
    return None


def with_constants(code: types.CodeType, held: Mapping[str, Any]) -> types.CodeType:
    """Put things in the place of the texts that stand for them: nothing is written anywhere."""
    consts: list[Any] = []
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            consts.append(with_constants(const, held))
        else:
            consts.append(held.get(const, const) if isinstance(const, str) else const)
    return code.replace(co_consts=tuple(consts))
