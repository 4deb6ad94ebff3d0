"""Import a target as its author would run it, and say in one line why that does not work.

A file is found with its package, its neighbours and its parents' folders on the path; helpers
from Python 2 days are provided where they are missing; a module that is not installed is
replaced by one that complains only when it is used.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from minnet.conventions import notebooks, shims
from minnet.conventions.recognise import stand_ins
from minnet.gradcheck.under_test.crash import locate
from minnet.gradcheck.under_test.remedies import remedy
from minnet.report.words import nearest

#: how many missing modules are replaced before giving up
_MOST_STUBS = 30


class TargetError(Exception):
    """A target that cannot be read; the message is the one line for the user."""


class WrongTarget(TargetError):
    """There is no such file, module or name: it is the command line that has to change."""


@dataclass(frozen=True)
class Loaded:
    """An imported target: its module, and the name asked for within it, or ""."""

    module: ModuleType
    name: str


def load(target: str) -> Loaded:
    """Import ``FILE.py``, ``FILE.py:NAME``, ``package.module`` or ``package.module:NAME``.

    Raises
    ------
    TargetError
        In one line, with a remedy.
    """
    place, name = split_target(target)
    if looks_like_file(place):
        return Loaded(_load_file(Path(place)), name)
    return _load_module(place, name)


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


def _load_file(path: Path) -> ModuleType:
    _refuse_what_is_no_source(path)
    if path.suffix == notebooks.SUFFIX:
        return _load_notebook(path)
    source = _read(path)
    path = path.resolve()
    root, package = _package_of(path, source)
    sys.path[:0] = dict.fromkeys([str(root), str(path.parent)])
    sys.path += [str(parent) for parent in path.parents[1:4]]  # last: only for what is missing
    name = f"{package}.{path.stem}" if package else path.stem
    if not package and (name in sys.modules or name in sys.stdlib_module_names):
        name = f"{name}_checked"
    return _import_with_stubs(lambda: _execute(name, path, package), str(path.name))


def _load_notebook(path: Path) -> ModuleType:
    """Run the cells of a notebook, in order, as one module."""
    try:
        cells = notebooks.cells_of(path)
    except (OSError, ValueError) as error:
        raise TargetError(f"{path} cannot be read as a notebook: {error}") from None
    sys.path.insert(0, str(path.resolve().parent))
    return _import_with_stubs(lambda: notebooks.run(path, cells), path.name)


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
        near = [p.name for p in Path().glob("*.py")]
        match = difflib.get_close_matches(f"{place}.py", near, n=1, cutoff=0.6)
        hint = f"did you mean {match[0]}?" if match else "a file is named with its .py"
        raise WrongTarget(f"there is no module {place!r} here; {hint}")
    return Loaded(_import_with_stubs(lambda: importlib.import_module(place), place), name)


def _exists(module: str) -> bool:
    try:
        return module in sys.modules or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _refuse_what_is_no_source(path: Path) -> None:
    if path.is_dir():
        raise WrongTarget(f"{path} is a folder; name a file in it, such as {path / 'layers.py'}")
    if not path.exists():
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


def _package_of(path: Path, source: str) -> tuple[Path, str]:
    """Return the folder to import from and the package that the file belongs to, or ""."""
    root, names = path.parent, list[str]()
    while (root / "__init__.py").exists() and root != root.parent:
        names.insert(0, root.name)
        root = root.parent
    level = _relative_level(source)
    while len(names) < level and root != root.parent:  # a package without __init__.py
        names.insert(0, root.name)
        root = root.parent
    return root, ".".join(names) if all(name.isidentifier() for name in names) else ""


def _relative_level(source: str) -> int:
    """Return how many dots the deepest relative import of a source has."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return 0
    return max((n.level for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)), default=0)


def _execute(name: str, path: Path, package: str) -> ModuleType:
    if package:
        importlib.import_module(package)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TargetError(f"{path} cannot be imported as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _import_with_stubs(importer: Any, label: str) -> ModuleType:
    """Run `importer`; where a module is missing, put a stub in its place and run it again."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    shims.install(stand_ins())
    before = set(sys.modules)
    for _ in range(_MOST_STUBS):
        try:
            module = importer()
        except ModuleNotFoundError as error:
            if not error.name or error.name in sys.modules:
                raise _import_error(error, label) from error
            for name in set(sys.modules) - before:
                if not getattr(sys.modules[name], "__minnet_stub__", False):
                    del sys.modules[name]
            shims.stub(error.name)
        except KeyboardInterrupt:
            raise
        except TargetError:
            raise
        except BaseException as error:  # SystemExit too: a file may not end the checker
            raise _import_error(error, label) from error
        else:
            assert isinstance(module, ModuleType)
            return module
    raise TargetError(f"{label} imports more than {_MOST_STUBS} modules that are not installed")


def _import_error(error: BaseException, label: str) -> TargetError:
    """Return the one line for an exception that a file raised while it was imported."""
    line, _ = locate(error)
    where = f"line {line.number}: {line.text}" if line else ""
    if line and notebooks.SUFFIX in line.file:
        where = f"{line.file.partition(notebooks.SUFFIX)[2].strip()}, {where}"
    elif line and isinstance(error, SyntaxError):
        where = f"{Path(line.file).name}, {where}"
    text = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    hint = remedy(error)
    if isinstance(error, SystemExit):
        text, hint = "it ends the program", "put the call under if __name__ == '__main__':"
    advice = f"; {hint}" if hint else ""
    if not hint and not isinstance(error, SyntaxError):
        advice = "; put what need not run on import under if __name__ == '__main__':"
    place = f" ({where})" if where else ""
    return TargetError(f"{label} cannot be imported: {text}{place}{advice}")
