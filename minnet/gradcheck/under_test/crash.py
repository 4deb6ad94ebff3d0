"""What to say of an exception in the code under test: the line, the shapes in it, a hint."""

from __future__ import annotations

import ast
import linecache
import re
import sysconfig
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from minnet.gradcheck.case import CodeError, Refused, message_of
from minnet.gradcheck.under_test.describe import shape_text
from minnet.gradcheck.under_test.remedies import remedy
from minnet.gradcheck.under_test.unwritten import waits_to_be_written
from minnet.report.results import Finding, SourceLine

_OWN = Path(__file__).resolve().parents[2]
_FOREIGN = tuple(
    str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib")
)


def describe_crash(error: CodeError) -> Finding:
    """Return the finding for an exception of the code under test.

    Parameters
    ----------
    error : CodeError
        As raised by `Case.run` or `Run.backward`.

    Returns
    -------
    Finding
        Code "not_implemented" for a NotImplementedError and for what a template's placeholders
        raise, otherwise "crash". The facts are the
        "exception", the "stage" and, where they are known, the "shapes" of the arrays in the line.

    Examples
    --------
    >>> describe_crash(CodeError("forward", KeyError("stride"))).message
    "forward raised KeyError: 'stride'"
    """
    original = error.original
    facts: dict[str, Any] = {"exception": type(original).__name__, "stage": error.stage}
    line, frame = locate(original)
    if isinstance(original, Refused):
        return Finding("crash", message_of(original), facts | {"exception": "TypeError"})
    if isinstance(original, NotImplementedError):
        said = message_of(original) or f"{error.stage} raises NotImplementedError"
        return Finding("not_implemented", said, facts, line=line)
    if waits_to_be_written(original):
        said = f"{error.stage} is still to be written: a value that this line uses is not there yet"
        return Finding("not_implemented", said, facts, line=line)
    message = f"{error.stage} raised {type(original).__name__}"
    if text := _first_line(original):
        message += f": {text}"
    if line and frame is not None and (shapes := shapes_in(line.text, frame)):
        facts["shapes"] = shapes
        message += "; in that line " + ", ".join(f"{n} {s}" for n, s in shapes.items())
    return Finding(
        "crash", message, facts, line=line, hint=remedy(original, line.text if line else "")
    )


def locate(error: BaseException) -> tuple[SourceLine | None, FrameType | None]:
    """Return the user's own line nearest to where `error` arose, and its frame.

    A layer of minnet's that the user's code calls is not where the mistake is.
    """
    if isinstance(error, SyntaxError) and error.filename:
        text = (error.text or "").strip()
        return SourceLine(error.filename, error.lineno or 0, text), None
    places, trace = [], error.__traceback__
    while trace is not None:
        if not is_foreign(trace.tb_frame.f_code.co_filename):
            places.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    theirs = [place for place in places if not is_minnets(place[0].f_code.co_filename)]
    if not places:
        return None, None
    frame, number = (theirs or places)[-1]
    return line_of(frame, number), frame


def nearest(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the user's own code nearest to a frame, on the way to the checker's."""
    while frame is not None and is_foreign(file := frame.f_code.co_filename):
        frame = None if _is_own(Path(file).resolve()) else frame.f_back
    return frame


def line_of(frame: FrameType, number: int | None = None) -> SourceLine:
    """Return the line at which a frame stands, or another one of its file."""
    file, number = frame.f_code.co_filename, number or frame.f_lineno
    return SourceLine(file, number, linecache.getline(file, number, frame.f_globals).strip())


def shapes_in(text: str, frame: FrameType) -> dict[str, str]:
    """Return the shape of every array, and the Nones, named in a source line.

    Names and attributes are looked up, nothing is computed.
    """
    found: dict[str, str] = {}
    for name in _names(text):
        value = _look_up(name, frame)
        if isinstance(value, np.ndarray):
            found[name] = shape_text(value.shape)
        elif value is None:
            found[name] = "is None"
    return found


def _names(text: str) -> list[str]:
    """Return the variables and dotted attributes that a line reads, in order."""
    source = text.rstrip()
    source += " pass" if source.endswith(":") else ""
    try:
        tree = ast.parse(re.sub(r"^(el)?if |^else|^return ", "", source))
    except SyntaxError:  # part of a statement that spans lines
        pattern = r"(?<![\w.'\"])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
        return list(dict.fromkeys(re.findall(pattern, text)))
    targets = {
        id(t) for node in ast.walk(tree) if isinstance(node, ast.Assign) for t in node.targets
    }
    names = [
        (node.lineno, node.col_offset, ast.unparse(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in targets
    ]
    return list(dict.fromkeys(name for _, _, name in sorted(names)))


def _look_up(name: str, frame: FrameType) -> Any:
    first, *rest = name.split(".")
    missing = object()
    value = frame.f_locals.get(first, missing)
    for part in rest:
        value = getattr(value, "__dict__", {}).get(part, missing)
    return value


def _first_line(error: BaseException) -> str:
    """Return the message of an exception, short enough to read."""
    lines = message_of(error).strip().splitlines()
    text = lines[0].split("`np.")[0] if lines and "was a deprecated alias" in lines[0] else ""
    text = text.rstrip(" .") or (lines[0] if lines else "")
    return text if len(text) <= 200 else text[:197] + "..."


def is_minnets(file: str) -> bool:
    """Return whether a file is one of minnet's, its layers included."""
    return Path(file).resolve().is_relative_to(_OWN)


def is_foreign(file: str) -> bool:
    """Return whether a file is the checker's, Python's or a library's, not the user's."""
    if file.startswith("<frozen") or file.endswith(".pyx"):
        return True
    path = Path(file).resolve()
    return _is_own(path) or str(path).startswith(_FOREIGN)


def _is_own(path: Path) -> bool:
    layers = any(path.is_relative_to(_OWN / room) for room in ("layers", "losses"))
    return path.is_relative_to(_OWN) and not layers
