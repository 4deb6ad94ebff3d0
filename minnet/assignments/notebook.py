"""Notebooks from Python files and back, with the standard library alone.

A file is a script in cells (``# %%`` begins one, ``# %% [markdown]`` one of text) or a module,
whose docstring, functions and classes become a cell each. The same file gives the same notebook
to the last character: the ids of cells come from what is in them.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minnet.assignments.markers import comments
from minnet.assignments.statements import first_line, last_line

#: cells with this tag are minnet's own: they are not handed in
TAG = "minnet"
_BORDER = re.compile(r"#\s*%%(?=\s|\[|$)(?P<rest>.*)")
_KINDS = {"markdown": "markdown", "md": "markdown", "raw": "raw"}
_KEY = re.compile(r"\s*(?P<key>[A-Za-z_][\w.-]*)=")


class NotebookError(Exception):
    """Why a file cannot become a notebook or a notebook a file, in one line."""


@dataclass(frozen=True)
class Cell:
    """A cell: ``"code"``, ``"markdown"`` or ``"raw"``, its text, and what is said about it."""

    kind: str
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


def cells(source: str, name: str = "script.py") -> list[Cell]:
    """Return the cells of a script in cells, or of a module.

    Parameters
    ----------
    source : str
        The program.
    name : str
        What errors call it.

    Raises
    ------
    NotebookError
        When it is no Python, or code stands where it would be lost: in a cell of text, or
        before the first cell.

    Examples
    --------
    >>> for cell in cells("# %% [markdown]\\n# # ReLU\\n\\n# %%\\nx = 1\\n"):
    ...     print(cell.kind, repr(cell.source))
    markdown '# ReLU'
    code 'x = 1'
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise NotebookError(
            f"{name}, line {error.lineno}: this does not compile: {error.msg}"
        ) from None
    lines = source.split("\n")
    borders = [
        token.start[0] - 1
        for token in comments(source, name)
        if token.start[1] == 0 and _BORDER.match(token.string)
    ]
    made = _of_script(lines, borders, tree, name) if borders else _of_module(lines, tree)
    return [cell for cell in made if cell.source]


def notebook(parts: Iterable[Cell]) -> str:
    """Return the text of an ``.ipynb`` file.

    >>> json.loads(notebook([Cell("code", "x = 1")]))["cells"][0]["source"]
    ['x = 1']
    """
    seen: dict[str, int] = {}
    made = []
    for cell in parts:
        content = json.dumps([cell.kind, cell.source, dict(cell.metadata)], sort_keys=True)
        seen[content] = seen.get(content, 0) + 1
        digest = hashlib.sha256(f"{seen[content]} {content}".encode()).hexdigest()
        made.append(_as_data(cell, digest[:12]))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    data = {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def script(text: str, name: str = "notebook.ipynb") -> str:
    """Return the program in a notebook: its code cells, without minnet's own.

    What only a notebook understands (``%matplotlib inline``, ``!ls``) becomes a comment.

    Raises
    ------
    NotebookError
        When the text is no notebook.

    Examples
    --------
    >>> print(script(notebook([Cell("code", "%matplotlib inline"), Cell("code", "x = 1")])))
    # %matplotlib inline
    <BLANKLINE>
    <BLANKLINE>
    x = 1
    <BLANKLINE>
    """
    try:
        found = json.loads(text)["cells"]
        code = [
            "".join(cell["source"])
            for cell in found
            if cell["cell_type"] == "code" and TAG not in cell.get("metadata", {}).get("tags", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotebookError(f"{name} is not a notebook") from None
    return "\n\n\n".join(_without_magic(part).strip("\n") for part in code if part.strip()) + "\n"


def hand_in(source: Path | str, target: Path | str) -> None:
    """Write the file to hand in from a saved notebook.

    Parameters
    ----------
    source : Path or str
        The notebook.
    target : Path or str
        The Python file; one that is there is replaced.
    """
    path = Path(source)
    program = script(path.read_text(encoding="utf-8"), path.name)
    Path(target).write_text(program, encoding="utf-8", newline="\n")
    print(f"{target} is written: {program.count(chr(10))} lines from {path.name} as it was saved")


# --- reading ----------------------------------------------------------------------------------


def _of_script(lines: list[str], borders: list[int], tree: ast.Module, name: str) -> Iterator[Cell]:
    told = ast.get_docstring(tree)
    if told:
        yield Cell("markdown", told)
    for statement in tree.body[1 if told else 0 :]:
        if first_line(statement) <= borders[0]:
            raise NotebookError(
                f"{name}, line {first_line(statement)}: code before the first cell; begin one "
                "with # %%"
            )
    for begin, end in zip(borders, [*borders[1:], len(lines)], strict=True):
        match = _BORDER.match(lines[begin])
        kind, metadata = _about(match["rest"] if match else "", f"{name}, line {begin + 1}")
        body = lines[begin + 1 : end]
        if kind == "code":
            yield Cell(kind, "\n".join(body).strip("\n").rstrip(), metadata)
            continue
        for number, line in enumerate(body, begin + 2):
            if line.strip() and not line.startswith("#"):
                raise NotebookError(
                    f"{name}, line {number}: code in a cell of text; begin a cell with # %% above"
                )
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body)
        yield Cell(kind, text.strip("\n"), metadata)


def _about(rest: str, where: str) -> tuple[str, dict[str, Any]]:
    """Return the kind of a cell and its metadata, from what stands behind ``# %%``."""
    kind, metadata = "code", dict[str, Any]()
    bracket = re.search(r"\[(\w+)\]", rest)
    if bracket and bracket[1] in _KINDS:
        kind = _KINDS[bracket[1]]
        rest = rest[: bracket.start()] + rest[bracket.end() :]
    first = _KEY.search(rest)
    title, rest = (rest[: first.start()], rest[first.start() :]) if first else (rest, "")
    if title.strip():
        metadata["title"] = title.strip()
    while rest.strip():
        key = _KEY.match(rest)
        try:
            value, end = json.JSONDecoder().raw_decode(rest, key.end() if key else 0)
        except ValueError:
            key = None
        if key is None:
            raise NotebookError(f"{where}: {rest.strip()!r} is not key=JSON")
        metadata[key["key"]] = value
        rest = rest[end:]
    return kind, metadata


def _of_module(lines: list[str], tree: ast.Module) -> Iterator[Cell]:
    body, told = list(tree.body), ast.get_docstring(tree)
    begin = 0
    if told:
        yield Cell("markdown", told)
        begin = last_line(body.pop(0))
    pending: list[str] = []
    for statement in body:
        end = last_line(statement)
        text = lines[begin:end]
        begin = end
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Cell("code", "\n".join(pending).strip("\n"))
            yield Cell("code", "\n".join(text).strip("\n"))
            pending = []
        else:
            pending += text
    yield Cell("code", "\n".join(pending + lines[begin:]).strip("\n"))


# --- writing ----------------------------------------------------------------------------------


def _as_data(cell: Cell, id: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": id,
        "metadata": dict(cell.metadata),
        "source": cell.source.splitlines(keepends=True),
    }
    return data | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})


def _without_magic(code: str) -> str:
    try:
        ast.parse(code)
    except SyntaxError:
        return re.sub(r"^(\s*)(?=[%!?])", r"\1# ", code, flags=re.M)
    return code
