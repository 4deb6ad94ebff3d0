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

from minnet.gradcheck.case import CodeError, message_of
from minnet.gradcheck.under_test.describe import shape_text
from minnet.report.results import Finding, SourceLine

#: names that NumPy or Python 3 no longer has, and what to write now
MODERN = {
    "np.int": "int", "np.float": "float", "np.bool": "bool", "np.object": "object",
    "np.complex": "complex", "np.str": "str", "np.long": "int", "np.unicode": "str",
    "np.product": "np.prod", "np.cumproduct": "np.cumprod", "np.alltrue": "np.all",
    "np.sometrue": "np.any", "np.Inf": "np.inf", "np.NaN": "np.nan", "np.infty": "np.inf",
    "np.float_": "np.float64", "np.int_": "np.int64", "np.in1d": "np.isin",
    "np.trapz": "np.trapezoid",
    "np.row_stack": "np.vstack", "np.asscalar": "array.item()", "np.msort": "np.sort",
    "xrange": "range", "raw_input": "input", "unicode": "str", "long": "int",
    "reduce": "functools.reduce", "iteritems": "items", "itervalues": "values",
    "iterkeys": "keys", "has_key": "the operator in", "basestring": "str", "izip": "zip",
}  # fmt: skip

#: (exception, a pattern in its message, what to try)
_HINTS: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        TypeError,
        r"object cannot be interpreted as an integer|expected a sequence of integers",
        "a float stands where a size belongs: / gives a float in Python 3, // an integer",
    ),
    (
        IndexError,
        r"only integers, slices|arrays used as indices must be of integer",
        "a float is used as an index: / gives a float in Python 3, // an integer",
    ),
    (
        TypeError,
        r"slice indices must be integers",
        "a float is used as an index: / gives a float in Python 3, // an integer",
    ),
    (
        ValueError,
        r"matmul|not aligned|mismatch in its core dimension",
        "the inner sizes of a product must agree; write the two shapes below each other",
    ),
    (
        ValueError,
        r"could not be broadcast|could not broadcast|non-broadcastable",
        "compare the shapes from the last axis backwards: each pair must be equal, or one is 1",
    ),
    (ValueError, r"cannot reshape", "the number of elements must stay the same in a reshape"),
    (ValueError, r"inhomogeneous", "an array was made of rows of different lengths"),
    (
        ValueError,
        r"not enough values to unpack|too many values to unpack",
        "the two sides of the assignment differ in number; is the cache packed in the same order?",
    ),
    (
        ValueError,
        r"read-only",
        "the array belongs to the caller and must not be changed; work on a copy",
    ),
    (
        TypeError,
        r"NoneType",
        "a value is None: a function that returns nothing, or an attribute that forward never set",
    ),
    (
        AttributeError,
        r"object has no attribute",
        "the attribute is used before anything has set it; is its name the same in forward?",
    ),
    (KeyError, r"", "the dict has no such key; compare its name with where it was stored"),
    (
        TypeError,
        r"Cannot cast ufunc|Cannot cast",
        "an integer array cannot take floating-point values in place; start from a float array",
    ),
    (
        RecursionError,
        r"",
        "the function calls itself without end",
    ),
    (MemoryError, r"", "it asked for more memory than it is allowed; is a size multiplied twice?"),
    (SystemExit, r"", "the code ends the program; remove the call of exit"),
)

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
        Code "not_implemented" for a NotImplementedError, otherwise "crash". The facts are the
        "exception", the "stage" and, where they are known, the "shapes" of the arrays in the line.

    Examples
    --------
    >>> describe_crash(CodeError("forward", KeyError("stride"))).message
    "forward raised KeyError: 'stride'"
    """
    original = error.original
    facts: dict[str, Any] = {"exception": type(original).__name__, "stage": error.stage}
    line, frame = locate(original)
    if isinstance(original, NotImplementedError):
        said = message_of(original) or f"{error.stage} raises NotImplementedError"
        return Finding("not_implemented", said, facts, line=line)
    message = f"{error.stage} raised {type(original).__name__}"
    if text := _first_line(original):
        message += f": {text}"
    if line and frame is not None and (shapes := shapes_in(line.text, frame)):
        facts["shapes"] = shapes
        message += "; in that line " + ", ".join(f"{n} {s}" for n, s in shapes.items())
    return Finding("crash", message, facts, line=line, hint=modern_hint(original))


def locate(error: BaseException) -> tuple[SourceLine | None, FrameType | None]:
    """Return the user's own line nearest to where `error` arose, and its frame."""
    if isinstance(error, SyntaxError) and error.filename:
        text = (error.text or "").strip()
        return SourceLine(error.filename, error.lineno or 0, text), None
    found = None
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not _is_foreign(name):
            found = (trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next
    if found is None:
        return None, None
    frame, number = found
    file = frame.f_code.co_filename
    text = linecache.getline(file, number, frame.f_globals).strip()
    return SourceLine(file, number, text), frame


def modern_hint(error: BaseException) -> str:
    """Return what to try, or "".

    >>> modern_hint(NameError("name 'xrange' is not defined"))
    'write range: xrange is not in Python 3'
    """
    text = message_of(error)
    if isinstance(error, SyntaxError) and "Missing parentheses in call to" in text:
        return "print is a function in Python 3: write print(...)"
    if isinstance(error, SyntaxError) and isinstance(error, TabError):
        return "tabs and spaces are mixed in the indentation"
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        return f"install {top} for the Python that minnet runs in, or do without it"
    if isinstance(error, NameError | AttributeError):
        named = re.search(r"module 'numpy' has no attribute '(\w+)'", text)
        missing = f"np.{named[1]}" if named else ""
        if not named and (named := re.search(r"(?:name|attribute) '(\w+)'", text)):
            missing = named[1]
        numpy_hint = re.search(r"[Uu]se `{1,2}(?:np\.)?([\w.]+)`{1,2} instead", text)
        if missing in MODERN:
            where = "NumPy 2" if missing.startswith("np.") else "Python 3"
            return f"write {MODERN[missing]}: {missing} is not in {where}"
        if numpy_hint:
            return f"write {numpy_hint[1]} instead"
        if missing.endswith("_cython"):
            return "a compiled helper is missing: python setup.py build_ext --inplace makes it"
        if isinstance(error, NameError) and missing:
            return f"nothing is called {missing} here: a misspelling, or an import that is missing"
    for kind, pattern, hint in _HINTS:
        if isinstance(error, kind) and re.search(pattern, text):
            return hint
    return ""


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


def _is_foreign(file: str) -> bool:
    """Return whether a file is the checker's, Python's or a library's, not the user's."""
    if file.startswith("<frozen"):
        return True
    path = Path(file).resolve()
    own = path.is_relative_to(_OWN) and not path.is_relative_to(_OWN / "layers")
    return (own and path.name != "losses.py") or str(path).startswith(_FOREIGN)
