"""Import a target as its author would run it, and say in one line why that does not work.

A file is found with its package, its neighbours and its parents' folders on the path; helpers
from Python 2 days are provided where they are missing; a module that is not installed, and what
a statement that fails would have made, complain only when they are used (`tolerant`).
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from minnet.conventions import notebooks, packages, shims
from minnet.conventions.decorated import look_behind
from minnet.conventions.isolated.limits import time_limit
from minnet.conventions.recognise import stand_ins
from minnet.conventions.tolerant import Tolerant
from minnet.files import path_of
from minnet.gradcheck.under_test.crash import locate
from minnet.gradcheck.under_test.remedies import remedy
from minnet.records import NamedTuple
from minnet.report.results import SourceLine
from minnet.report.words import nearest


class TargetError(Exception):
    """A target that cannot be read; the message is the one line for the user."""


class WrongTarget(TargetError):
    """There is no such file, module or name: it is the command line that has to change."""


class Loaded(NamedTuple):
    """An imported target.

    Attributes
    ----------
    module : module
    name : str
        What is asked for within it, or "".
    failures, lacking : tuple of str
        What in its file could not be run, and why; what could not for want of something else.
    notes : tuple of str
        What of an older Python or NumPy it is written with.
    """

    module: ModuleType
    name: str
    failures: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def load(target: str) -> Loaded:
    """Import ``FILE.py``, ``FILE.py:NAME``, ``package.module`` or ``package.module:NAME``.

    Raises
    ------
    TargetError
        In one line, with a remedy.
    """
    place, name = split_target(target)
    try:
        path_of(place)
    except (OSError, TypeError) as error:
        raise WrongTarget(str(error)) from None
    found = _load_file(Path(place), name) if looks_like_file(place) else _load_module(place, name)
    look_behind(found.module)
    return found


def split_target(target: str) -> tuple[str, str]:
    """Return the place and the name within it.

    >>> split_target("layers.py::affine"), split_target("C:\\\\hw\\\\layers.py")
    (('layers.py', 'affine'), ('C:\\\\hw\\\\layers.py', ''))
    """
    place, colon, name = target.replace("::", ":").rpartition(":")
    if colon and name.replace(".", "").isidentifier() and len(place) > 1:
        return place, name
    return target, ""


def looks_like_file(place: str) -> bool:
    """Return whether a target means a file: by its suffix, a separator, or because it exists."""
    separators = {"/", os.sep, os.altsep or "/"}
    return (
        place.endswith((".py", ".ipynb"))
        or any(s in place for s in separators)
        or (Path(place).exists() and not place.isidentifier())
    )


def not_found(wanted: str, known: list[str], where: str) -> WrongTarget:
    """Return the error for a name that is not there, with the nearest ones that are."""
    near = nearest(wanted, known)
    hint = f"; did you mean {near}?" if near else ""
    if not near and known:
        hint = f"; it has {', '.join(known[:8])}{', …' if len(known) > 8 else ''}"
    return WrongTarget(f"{where} has no {wanted!r}{hint}")


def _load_file(path: Path, name: str) -> Loaded:
    _refuse_what_is_no_source(path)
    label, path = path.name, path.resolve()
    if path.suffix == notebooks.SUFFIX:
        return _load_notebook(path, name)
    root, folders = packages.package_of(path, _read(path))
    sys.path[:0] = dict.fromkeys([str(root), str(path.parent)])
    above = (str(folder) for folder in path.parents[1:4] if not packages.hides_itself(folder))
    sys.path += above  # last: only for what is missing
    alone = path.stem
    taken = alone in sys.modules or alone in sys.stdlib_module_names
    if taken or path.with_suffix("").is_dir():  # its neighbours mean the other one
        alone += "_checked"

    def importer(tolerant: Tolerant) -> ModuleType:
        package = packages.import_package(root, folders)
        whole = f"{package}.{path.stem}" if package else alone
        held = sys.modules.get(whole)
        if held is not None and getattr(held, "__file__", "") == str(path):
            return held  # its package imports it, and what it registers is registered once
        return tolerant.load(whole, path)

    return _imported(importer, label, name)


def _load_notebook(path: Path, name: str) -> Loaded:
    """Run the cells of a notebook, in order, as one module."""
    try:
        cells = notebooks.cells_of(path)
    except (OSError, ValueError) as error:
        raise TargetError(f"{path} cannot be read as a notebook: {error}") from None
    sys.path.insert(0, str(path.parent))
    return _imported(lambda tolerant: notebooks.run(path, cells, tolerant.run), path.name, name)


def _load_module(place: str, name: str) -> Loaded:
    parts = place.split(".")
    if not all(part.isidentifier() for part in parts):
        raise WrongTarget(
            f"{place!r} is neither a file nor a module: give FILE.py, FILE.py:NAME or "
            "package.module:NAME"
        )
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    if not name and len(parts) > 1 and not _exists(place) and _exists(".".join(parts[:-1])):
        place, name = ".".join(parts[:-1]), parts[-1]  # package.module.NAME is understood too
    if not _exists(place):
        import difflib  # late: most names are right

        near = [p.name for p in Path().glob("*.py")]
        match = difflib.get_close_matches(f"{place}.py", near, n=1, cutoff=0.6)
        hint = f"did you mean {match[0]}?" if match else "a file is named with its .py"
        raise WrongTarget(f"there is no module {place!r} here; {hint}")
    return _imported(lambda tolerant: importlib.import_module(place), place, name)


def _exists(module: str) -> bool:
    try:
        return module in sys.modules or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _refuse_what_is_no_source(path: Path) -> None:
    if path.is_dir():
        raise WrongTarget(f"{path} is a folder; name a file in it, such as {path / 'layers.py'}")
    if not path.exists():
        import difflib

        near = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        match = difflib.get_close_matches(path.name, near, n=1, cutoff=0.5)
        hint = f"did you mean {path.with_name(match[0])}?" if match else "check the path"
        raise WrongTarget(f"{path} does not exist; {hint}")
    if path.suffix not in (".py", notebooks.SUFFIX):
        raise WrongTarget(f"{path} is neither a Python file (.py) nor a notebook (.ipynb)")


def _read(path: Path) -> str:
    try:
        source = importlib.util.decode_source(path.read_bytes())
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, SyntaxError) as error:
        raise TargetError(f"{path} is not text in UTF-8: {error}; save it as UTF-8") from None
    if not source.strip():
        raise TargetError(f"{path} is empty")
    return source


def _imported(importer: Callable[[Tolerant], ModuleType], label: str, name: str) -> Loaded:
    """Return what `importer` imports, and what failed in it."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    shims.install(stand_ins())
    tolerant = Tolerant(time_limit())
    try:
        with tolerant.importing():
            module = importer(tolerant)
    except (KeyboardInterrupt, TargetError):
        raise
    except BaseException as error:  # SystemExit too: a file may not end the checker
        raise _import_error(error, label) from error
    notes = tuple(_notes_on(str(getattr(module, "__file__", "")), tolerant.notes))
    return Loaded(module, name, tuple(tolerant.failures), tuple(tolerant.lacking), notes)


def _notes_on(file: str, notes: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield what is noted on a file, or on the cells of a notebook, with their numbers."""
    yield from notes.get(file, ())
    notebook = f"{Path(file).name} "
    for name, said in notes.items():
        if name.startswith(f"{notebook}cell "):
            yield from (f"{name.removeprefix(notebook)}: {one}" for one in said)


def _import_error(error: BaseException, label: str) -> TargetError:
    """Return the one line for an exception because of which there is no module."""
    line, _ = locate(error)
    where = f" ({_place(line)})" if line else ""
    text = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    hint = remedy(error)
    return TargetError(f"{label} cannot be imported: {text}{where}" + (f"; {hint}" if hint else ""))


def _place(line: SourceLine) -> str:
    """Return the name of a line's file, or its cell, with its number and text."""
    name = Path(line.file).name
    if notebooks.SUFFIX in line.file:
        name = line.file.partition(notebooks.SUFFIX)[2].strip()
    return f"{name}, line {line.number}: {line.text}"


def from_beside(module: ModuleType, names: Collection[str]) -> dict[str, Any]:
    """Return functions that a file beside a module's defines, and no other there does.

    A file that does more than define things is not run unasked.

    Parameters
    ----------
    module : module
    names : collection of str
        Of the functions that are looked for.
    """
    file = Path(getattr(module, "__file__", None) or "")
    if not names or not file.is_file():
        return {}
    wanted = re.compile(rf"^def ({'|'.join(map(re.escape, names))})\(", re.MULTILINE)
    homes: dict[str, list[Path]] = {}
    sources = {f: f.read_text("utf-8", "replace") for f in sorted(file.parent.glob("*.py"))}
    for other, source in sources.items():
        for name in set(wanted.findall(source)) if other != file else ():
            homes.setdefault(name, []).append(other)
    found: dict[str, Any] = {}
    tolerant = Tolerant(time_limit())
    with tolerant.importing(), contextlib.suppress(Exception):
        for name, paths in homes.items():
            if len(paths) == 1 and _only_defines(sources[paths[0]]):
                package = f"{module.__package__}." if module.__package__ else ""
                home = importlib.import_module(package + paths[0].stem)
                found[name] = getattr(home, name)
    return {name: value for name, value in found.items() if inspect.isfunction(value)}


#: what may stand at the top level of a file that only defines things
_DEFINING = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign,
    ast.AnnAssign,
)  # fmt: skip


def _only_defines(source: str) -> bool:
    """Return whether the top level of a source defines, imports and assigns, and does no more.

    >>> _only_defines("import numpy as np\\ndef f(x): return x"), _only_defines("train()")
    (True, False)
    """

    def is_quiet(node: ast.stmt) -> bool:
        if isinstance(node, ast.If):
            return "__name__" in ast.unparse(node.test)
        return isinstance(node, _DEFINING) or isinstance(getattr(node, "value", None), ast.Constant)

    return all(map(is_quiet, ast.parse(source).body))
