"""Run a file as far as it goes: a statement that fails costs only the names that it would make.

A script that stops at a data file that is not here has defined its layers before, and often
behind as well. So each top-level statement runs by itself. What one that failed would have
made is `Absent`, which says why as soon as it is used. The same goes for every other source
file that is imported on the way, but not for what is installed.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import ctypes
import sys
import threading
import time
from collections.abc import Iterator
from importlib.machinery import (
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from minnet.conventions import old_numpy, renamed, shims
from minnet.conventions.isolated.intact import kept_intact
from minnet.conventions.python_2 import parsed
from minnet.gradcheck.case import message_of
from minnet.gradcheck.under_test.crash import is_foreign, is_minnets, locate
from minnet.gradcheck.under_test.remedies import remedy
from minnet.records import dataclass, field

#: how many missing modules a statement may need
_MOST_STUBS = 30
#: which share of the time that is left for importing one statement may take
_SHARE = 0.25
_Import = ast.Import | ast.ImportFrom
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class _TakesTooLong(BaseException):
    """A statement ran out of its share of the time; nothing in the file is to catch this."""


@dataclass
class Tolerant:
    """Runs files, and keeps what failed in them.

    Attributes
    ----------
    seconds : float
        For importing all of them.
    failures, lacking : list of str
        What failed, in words with the line; what failed only for that, or for a missing module.
        Both in the file that `load` was given, if it was.
    notes : dict
        What of old was put in so that it runs, by its file.
    """

    seconds: float
    failures: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _target: str = ""
    _end: float = 0.0
    _again: list[tuple[CodeType, dict[str, Any]]] = field(default_factory=list)
    _stars: list[tuple[dict[str, Any], ast.ImportFrom, str]] = field(default_factory=list)

    @contextlib.contextmanager
    def importing(self) -> Iterator[None]:
        """Import source files that are not installed by this, as long as it lasts."""
        self._end = time.monotonic() + self.seconds
        sys.meta_path.insert(0, self)
        try:
            with shims.lenient():
                yield
                for code, namespace in self._again:  # by now a circle of imports is complete
                    with contextlib.suppress(Exception):
                        _execute(code, namespace)
        finally:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return where a module is, for the import system; None where it is an installed one.

        What a course would have compiled for its package is the stand-in for that.
        """
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            return shims.spec_of_a_courses_own(name)
        if _is_of_another_python(spec):
            return _without_its_init(spec)
        if type(spec.loader) is not SourceFileLoader or not spec.origin:
            return None
        if is_foreign(spec.origin) or is_minnets(spec.origin):
            return None
        spec.loader = _Loader(name, spec.origin, self)
        return spec

    def load(self, name: str, path: Path) -> ModuleType:
        """Run a file as a module of this name, unless its package has run it already."""
        known = sys.modules.get(name)
        if known is not None and Path(getattr(known, "__file__", None) or "") == path:
            return known  # a second run would make its classes anew, and others have the first
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, _Loader(name, str(path), self), origin=str(path))
        module.__file__, module.__package__ = str(path), name.rpartition(".")[0]
        sys.modules[name], self._target = module, str(path)
        self.run(path.read_bytes(), str(path), vars(module))
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], child, module)
        return module

    def run(self, source: bytes | str, file: str, namespace: dict[str, Any]) -> None:
        """Run every top-level statement of a source.

        Raises
        ------
        SyntaxError
        """
        tree, in_python_2 = parsed(source, file, namespace)
        tree, numbers = old_numpy.with_numbers(tree, namespace)
        # annotations are for the reader: what they need may be missing
        flags = __future__.annotations.compiler_flag
        # never run, but Python compiles np.sum otherwise where it sees that np is imported
        imports = _imports(tree) or [ast.Pass()]
        for own, star, failed in self._stars:
            if own is namespace:  # the next cell of a notebook
                self._make_up_for(star, tree, namespace, failed)
        for statement in tree.body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                for alias in statement.names:
                    flags |= getattr(__future__, alias.name).compiler_flag
                continue  # for the compiler alone, and it wants it first in what it compiles
            for part in _parts(statement):
                seen = ast.copy_location(ast.If(ast.Constant(False), imports, []), part)
                tree_of_part = ast.fix_missing_locations(ast.Module([seen, part], []))
                code = compile(tree_of_part, file, "exec", flags, dont_inherit=True)
                failed = self._run_one(part, code, namespace)
                if isinstance(part, ast.ImportFrom) and part.names[0].name == "*":
                    self._stars.append((namespace, part, failed))
                    self._make_up_for(part, tree, namespace, failed)
                elif isinstance(part, ast.Try):
                    self._make_up_for_imports(part, namespace)
        notes = (in_python_2, old_numpy.note_on(tree), numbers, shims.note_on_stand_ins(tree))
        self.notes[file] = tuple(filter(None, notes))

    def _run_one(self, statement: ast.stmt, code: CodeType, namespace: dict[str, Any]) -> str:
        """Run a statement; where it fails, put something absent in the place of what it makes.

        And return why it fails.
        """
        try:
            with self._patience(statement):
                _run_with_stubs(statement, code, namespace)
            return ""
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: a file may not end the checker
            why = _why(error, statement, code.co_filename)
            lacks = isinstance(error, shims.Missing) or isinstance(statement, _Import)
            if self._target in ("", code.co_filename):
                (self.lacking if lacks else self.failures).append(why)
            if isinstance(statement, _Import):
                self._again.append((code, namespace))
            for name in _names_made(statement):
                if name not in namespace:
                    namespace[name] = shims.Absent(_wanted(statement, name), why)
            return why

    def _make_up_for(
        self, part: ast.ImportFrom, tree: ast.Module, namespace: dict[str, Any], failed: str
    ) -> None:
        """Say of names that nothing else gives that they are of a star import that failed."""
        stub = sys.modules.get(part.module or "")
        is_stub = not part.level and getattr(stub, "__minnet_stub__", False)
        if is_stub or failed:
            names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
            own = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
            own |= {n.id for n in names if not isinstance(n.ctx, ast.Load)}  # of a function, too
            used = {n.id for n in names} - own
            made = {name for statement in tree.body for name in _names_made(statement)}
            for name in used - made - {*namespace} - {*vars(builtins)}:
                wanted = f"{part.module}.{name}" if part.module else name
                namespace[name] = (
                    shims.Absent(wanted, failed) if failed else getattr(stub, name, None)
                )

    def _make_up_for_imports(self, tried: ast.Try, namespace: dict[str, Any]) -> None:
        """Say of names that a file tries to import, and does without, that they are not here."""
        imports = (n for inner in tried.body for n in ast.walk(inner) if isinstance(n, _Import))
        for part in (part for node in imports for part in _parts(node)):
            for name in (n for n in _names_made(part) if n not in namespace):
                where = getattr(part, "module", None) or name
                why = f"its import from {where} fails here"
                namespace[name] = shims.Absent(name, why)

    @contextlib.contextmanager
    def _patience(self, statement: ast.stmt) -> Iterator[None]:
        """Stop a statement that takes too much of the time; imports are not to be broken off."""
        if isinstance(statement, _Import | _Definition):
            yield
            return
        left = max(self._end - time.monotonic(), 0.0) * _SHARE
        timer = threading.Timer(left, _stop, (threading.get_ident(),))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _is_of_another_python(spec: ModuleSpec) -> bool:
    """Return whether a module is a compiled file without its source, which this Python refuses."""
    if type(spec.loader) is not SourcelessFileLoader or not spec.origin:
        return False
    with open(spec.origin, "rb") as file:
        return file.read(len(MAGIC_NUMBER)) != MAGIC_NUMBER


def _without_its_init(spec: ModuleSpec) -> ModuleSpec | None:
    """Return a package as if its ``__init__`` were not there; None for a module."""
    if spec.submodule_search_locations is None:
        return None
    package = ModuleSpec(spec.name, None)
    package.submodule_search_locations = list(spec.submodule_search_locations)
    return package


class _Loader(SourceFileLoader):
    """Imports a source file in the tolerant way."""

    def __init__(self, name: str, path: str, tolerant: Tolerant) -> None:
        super().__init__(name, path)
        self._tolerant = tolerant

    def exec_module(self, module: ModuleType) -> None:
        """Run the file."""
        self._tolerant.run(self.get_data(self.path), self.path, vars(module))


def _stop(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(_TakesTooLong)
    )


def _parts(statement: ast.stmt) -> list[ast.stmt]:
    """Return an import of several things as several imports, so that one may fail alone."""
    if not isinstance(statement, _Import) or len(statement.names) == 1:
        return [statement]
    parts: list[ast.stmt] = []
    for alias in statement.names:
        part = (
            ast.Import([alias])
            if isinstance(statement, ast.Import)
            else ast.ImportFrom(statement.module, [alias], statement.level)
        )
        parts.append(ast.copy_location(part, statement))
    return parts


def _run_with_stubs(statement: ast.stmt, code: CodeType, namespace: dict[str, Any]) -> None:
    """Run a statement; where a module is missing, put a stub in its place and run it again.

    Unless the module is here, under another name, or its twin.
    """
    for _ in range(_MOST_STUBS):
        try:
            _execute(code, namespace)
        except shims.Missing:
            raise
        except ModuleNotFoundError as error:
            if not error.name or error.name in sys.modules:
                raise
            if not renamed.place(error.name, statement, code.co_filename):
                shims.stub(error.name)
        except ImportError:
            if not renamed.place_twin(statement, str(namespace.get("__package__") or "")):
                raise
        else:
            return
    _execute(code, namespace)


def _execute(code: CodeType, namespace: dict[str, Any]) -> None:
    with kept_intact():  # the next lines are minnet's again
        exec(code, namespace)


def _why(error: BaseException, statement: ast.stmt, file: str) -> str:
    """Return in one sentence what failed, where, and what to try."""
    if isinstance(error, shims.Missing):
        return error.why
    if isinstance(error, ImportError) and isinstance(statement, ast.ImportFrom):
        where = "." * statement.level + (statement.module or "")
        return f"{where} has no {statement.names[0].name}"
    line, _ = locate(error)
    number, text = (line.number, line.text) if line else (statement.lineno, "")
    place = Path(line.file if line else file).name
    said = f"{type(error).__name__}: {message_of(error)}".strip(": ").partition("\n")[0]
    hint = remedy(error)
    if isinstance(error, SystemExit):
        said, hint = "it ends the program", "put the call under if __name__ == '__main__':"
    elif isinstance(error, _TakesTooLong):
        said = "it was stopped, since it takes too long"
        hint = "put what trains under if __name__ == '__main__':"
    elif isinstance(error, FileNotFoundError) and error.filename:
        hint = f"put {Path(str(error.filename)).name} where the file looks for it"
    return f"{place}, line {number}: {text}: {said}" + (f"; {hint}" if hint else "")


def _imports(tree: ast.Module) -> list[ast.stmt]:
    """Return the imports at the top level of a file, also those under a condition."""
    found: list[ast.stmt] = []
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, _Import) and getattr(node, "module", "") != "__future__":
            found.append(node)
        elif not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
    return found


def _names_made(statement: ast.stmt) -> list[str]:
    """Return the names that a top-level statement binds, in order."""
    if isinstance(statement, _Definition):
        return [statement.name]
    if isinstance(statement, _Import):
        alias = statement.names[0]
        name = alias.asname or alias.name
        return [] if name == "*" else [name if alias.asname else name.partition(".")[0]]
    found: list[str] = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        elif isinstance(node, _Definition | _Import):
            found += _names_made(node)
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
    return found


def _wanted(statement: ast.stmt, name: str) -> str:
    """Return what somebody looked for under a name: ``np`` is numpy."""
    return statement.names[0].name if isinstance(statement, _Import) else name
