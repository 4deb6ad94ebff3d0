"""Notebooks read as modules: their code cells, in order."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from minnet.patterns import pattern

SUFFIX = ".ipynb"
#: what only a notebook understands: magics, the shell, questions
_MAGIC = pattern(r"^(\s*)([%!?]|\w+\?\s*$)")


def cells_of(path: Path) -> list[str]:
    """Return the text of every code cell.

    Raises
    ------
    ValueError
        The file is no notebook.
    """
    import json  # late: most files are no notebooks

    try:
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells = [cell["source"] for cell in found if cell["cell_type"] == "code"]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"it is not in the format of Jupyter ({error})") from None
    return ["".join(source) if isinstance(source, list) else str(source) for source in cells]


def run(
    path: Path, cells: list[str], runner: Callable[[str, str, dict[str, Any]], None]
) -> ModuleType:
    """Run the cells as one module; one that is no Python does not keep the others from running.

    A place in it is told as ``homework.ipynb cell 4``, counted over the code cells from 1.

    Parameters
    ----------
    path : Path
    cells : list of str
    runner : callable
        ``runner(source, file, namespace)`` runs one of them.

    Raises
    ------
    SyntaxError
        That of the first cell, where no cell is Python.
    """
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    wrong: list[SyntaxError] = []
    for number, text in enumerate(cells, start=1):
        name, code = f"{path.name} cell {number}", without_magics(text)
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        try:
            runner(code, name, vars(module))
        except SyntaxError as error:
            wrong.append(error)
    if wrong and len(wrong) == len(cells):
        raise wrong[0]
    return module


def without_magics(text: str) -> str:
    """Return the code of a cell, with a ``pass`` for what only a notebook understands.

    >>> without_magics("%matplotlib inline\\nx = 1")
    'pass\\nx = 1'
    """
    if text.startswith("%%"):
        return "pass"
    lines = ((_MAGIC.match(line), line) for line in text.split("\n"))
    return "\n".join(f"{magic[1]}pass" if magic else line for magic, line in lines)
