"""What to try after an exception: renamed functions, and the usual misunderstandings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from minnet.gradcheck.case import message_of
from minnet.records import NamedTuple
from minnet.report.words import nearest

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


def remedy(error: BaseException, code: str = "") -> str:
    """Return what to try after an error in a line of `code`, or "".

    >>> remedy(NameError("name 'xrange' is not defined"))
    'write range: xrange is not in Python 3'
    """
    text = message_of(error)
    for row in _REMEDIES:
        found = re.search(row.pattern, text) if isinstance(error, row.kind) else None
        if found is not None:
            said = row.say if isinstance(row.say, str) else row.say(error, found)
            if said and re.search(row.line, code):
                return said
    return ""


class _Remedy(NamedTuple):
    """What to try after exceptions of a kind whose message holds a pattern.

    `say` may be a function of the exception and the match; where it returns "", or the line of
    code does not hold the pattern `line`, the next remedy that fits is taken.
    """

    kind: type[BaseException] | tuple[type[BaseException], ...]
    pattern: str
    say: str | Callable[[Any, re.Match[str]], str]
    line: str = ""


def _install(error: ModuleNotFoundError, found: re.Match[str]) -> str:
    top = (error.name or "").partition(".")[0]
    return f"install {top} for the Python that minnet runs in, or do without it" if top else ""


def _renamed(where: str, prefix: str = "") -> Callable[[Any, re.Match[str]], str]:
    def say(error: BaseException, found: re.Match[str]) -> str:
        old = prefix + found[1]
        return f"write {MODERN[old]}: {old} is not in {where}" if old in MODERN else ""

    return say


def misspelt(error: AttributeError) -> str:
    """Return the attribute that is probably meant by one that no usual object has, or "".

    >>> try: np.zeros(2).flattern()
    ... except AttributeError as error: misspelt(error)
    'flatten'
    """
    name = str(error.name)
    if any(hasattr(kind, name) for kind in (dict, list, str, set, np.ndarray)):
        return ""
    return nearest(name, dir(error.obj), least=_MISSPELT)


def _no_attribute(error: AttributeError, found: re.Match[str]) -> str:
    """Say what else may be meant by an attribute, or when it is set."""
    if near := misspelt(error):
        return f"there is no {error.name}; did you mean {near}?"
    if type(error.obj).__module__ in ("builtins", "numpy"):
        return f"a {type(error.obj).__name__} has no {error.name}: another object is meant here"
    return "the attribute is used before anything has set it; is its name the same in forward?"


def _cut_short(error: BaseException, found: re.Match[str]) -> str:
    """Say what becomes of a slice that reaches past the edge, where two shapes look like that."""
    shapes = re.findall(r"(?<!>)\((\d[\d,]*)\)", message_of(error))
    one, other = ([int(n) for n in s.split(",") if n] for s in (*shapes, "", "")[:2])
    apart = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    if len(one) != len(other) or not apart:
        return ""
    if any(0 in pair for pair in apart):
        return "a slice is empty: it lies past the edge, or is x[p:-p] where p is 0"
    a, b = apart[0]
    return (
        f"one side has {a} where the other has {b}: a slice that reaches past the edge is cut "
        "short; count where the window starts and ends, in the padded array"
    )


_FLOAT_INDEX = (
    "floating-point numbers are used as an index or a count: / gives them, // integers; an array "
    "of positions or labels has to be one of integers"
)
#: how alike two names are, from 0 to 1, of which one is the other misspelt
_MISSPELT = 0.8
_UNKNOWN_NAME = (NameError, AttributeError)
#: the first that fits an exception is told
_REMEDIES = (
    _Remedy(
        SyntaxError,
        r"Missing parentheses in call to",
        "print is a function in Python 3: write print(...)",
    ),
    _Remedy(TabError, r"", "tabs and spaces are mixed in the indentation"),
    _Remedy(ModuleNotFoundError, r"", _install),
    _Remedy(
        ImportError,
        r"partially initialized module",
        "two files import each other: move what both need into a third",
    ),
    _Remedy(
        ImportError,
        r"cannot import name '(\w+)' from '([\w.]+)'",
        lambda error, found: (
            f"there is no {found[1]} in {found[2]}: a misspelling, or another version of it than "
            "the code was written for"
        ),
    ),
    _Remedy(
        ImportError,
        r"relative import",
        "a file that imports from its own package is named from above it: "
        "minnet check package.module",
    ),
    _Remedy(
        ImportError, r"", "what it imports is there and cannot be loaded: install that once more"
    ),
    _Remedy(_UNKNOWN_NAME, r"module 'numpy' has no attribute '(\w+)'", _renamed("NumPy 2", "np.")),
    _Remedy(
        _UNKNOWN_NAME,
        r"(?<!'numpy' has no )(?:name|attribute) '(\w+)'",
        _renamed("Python 3"),
    ),
    _Remedy(
        _UNKNOWN_NAME,
        r"[Uu]se `{1,2}(?:np\.)?([\w.]+)`{1,2} instead",
        lambda error, found: f"write {found[1]} instead",
    ),
    _Remedy(
        _UNKNOWN_NAME,
        r"(?:name|attribute) '\w+_cython'",
        "a compiled helper is missing: python setup.py build_ext --inplace makes it",
    ),
    _Remedy(
        NameError,
        r"name '(\w+)'",
        lambda error, found: (
            f"nothing is called {found[1]} here: a misspelling, or an import that is missing"
        ),
    ),
    _Remedy(
        TypeError,
        r"object cannot be interpreted as an integer|expected a sequence of integers",
        "a float stands where a size belongs: / gives a float in Python 3, // an integer",
    ),
    _Remedy(
        IndexError,
        r"only integers, slices|arrays used as indices must be of integer",
        _FLOAT_INDEX,
    ),
    _Remedy(IndexError, r"`indices` must be an integer array", _FLOAT_INDEX),
    _Remedy(
        TypeError,
        r"indices must be integers|only int indices|pad_width. must be of integral",
        _FLOAT_INDEX,
    ),
    _Remedy(
        TypeError,
        r"Cannot cast (array data|scalar) from dtype\('float\d*'\) to dtype\('u?int",
        _FLOAT_INDEX,
    ),
    _Remedy(
        IndexError,
        r"index -?\d+ is out of bounds for axis (\d+) with size (\d+)",
        lambda error, found: (
            f"axis {found[1]} has the indices 0 to {int(found[2]) - 1}: is the array the one that "
            "you mean, are its axes in this order, and does the loop count along this one?"
        ),
    ),
    _Remedy(
        ValueError,
        r"axis -?\d+ is out of bounds for array of dimension (\d+)",
        lambda error, found: (
            f"the array has {found[1]} axes, counted from 0: was one summed away, or indexed?"
        ),
    ),
    _Remedy(
        ValueError,
        r"truth value of an array",
        "an array stands where one yes or no belongs: np.where chooses element by element, & and | "
        "combine, .any() or .all() sum up",
    ),
    _Remedy(ValueError, r"remapped.*\)->", "a letter of einsum stands for axes of different sizes"),
    _Remedy(
        ValueError,
        r"requested shape",
        "np.pad wants one width, one pair (before, after), or a pair for each axis of the array",
        line=r"\bpad\(",
    ),
    _Remedy(
        ValueError,
        r"could not be broadcast|could not broadcast|non-broadcastable",
        _cut_short,
        line=r"\[[^\]]*(?:[\w)\]]\s*:|:\s*[\w(-])",  # a slice with an end of its own
    ),
    _Remedy(
        ValueError,
        r"matmul|not aligned|mismatch in its core dimension",
        "the inner sizes of a product must agree; write the two shapes below each other",
    ),
    _Remedy(
        ValueError,
        r"could not be broadcast|could not broadcast|non-broadcastable",
        "compare the shapes from the last axis backwards: each pair must be equal, or one is 1",
    ),
    _Remedy(
        ValueError, r"cannot reshape", "the number of elements must stay the same in a reshape"
    ),
    _Remedy(ValueError, r"inhomogeneous", "an array was made of rows of different lengths"),
    _Remedy(
        ValueError,
        r"not enough values to unpack|too many values to unpack",
        "the two sides of the assignment differ in number; is the cache packed in the same order?",
    ),
    _Remedy(
        ValueError,
        r"read-only",
        "the array belongs to the caller and must not be changed; work on a copy",
    ),
    _Remedy(
        TypeError,
        r"NoneType",
        "a value is None, as of a function that returns nothing, or an attribute never set",
    ),
    _Remedy(
        AttributeError,
        r"object has no attribute",
        _no_attribute,
    ),
    _Remedy(KeyError, r"", "the dict has no such key; compare its name with where it was stored"),
    _Remedy(
        TypeError,
        r"Cannot cast ufunc",
        "an integer array cannot take floating-point values in place; start from a float array",
    ),
    _Remedy(
        RecursionError,
        r"during (compilation|ast)",
        "one expression is nested deeper than Python can read: split it into several lines",
    ),
    _Remedy(
        RecursionError,
        r"",
        "calls are nested deeper than Python allows: a function calls itself without end, or goes "
        "through a long chain by calling itself for each link (a loop has no such limit)",
    ),
    _Remedy(
        MemoryError, r"", "it asked for more memory than it is allowed; is a size multiplied twice?"
    ),
    _Remedy(SystemExit, r"", "the code ends the program; remove the call of exit"),
)
