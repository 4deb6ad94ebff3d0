"""What to try after an exception: renamed functions, and the usual misunderstandings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minnet.gradcheck.case import message_of

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


def remedy(error: BaseException) -> str:
    """Return what to try, or "".

    >>> remedy(NameError("name 'xrange' is not defined"))
    'write range: xrange is not in Python 3'
    """
    text = message_of(error)
    for row in _REMEDIES:
        found = re.search(row.pattern, text) if isinstance(error, row.kind) else None
        if found is not None:
            said = row.say if isinstance(row.say, str) else row.say(error, found)
            if said:
                return said
    return ""


@dataclass(frozen=True)
class _Remedy:
    """What to try after exceptions of a kind whose message holds a pattern.

    `say` may be a function of the exception and the match; where it returns "", the next
    remedy that fits is taken.
    """

    kind: type[BaseException] | tuple[type[BaseException], ...]
    pattern: str
    say: str | Callable[[Any, re.Match[str]], str]


def _install(error: ModuleNotFoundError, found: re.Match[str]) -> str:
    top = (error.name or "").partition(".")[0]
    return f"install {top} for the Python that minnet runs in, or do without it" if top else ""


def _renamed(where: str, prefix: str = "") -> Callable[[Any, re.Match[str]], str]:
    def say(error: BaseException, found: re.Match[str]) -> str:
        old = prefix + found[1]
        return f"write {MODERN[old]}: {old} is not in {where}" if old in MODERN else ""

    return say


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
        "a float is used as an index: / gives a float in Python 3, // an integer",
    ),
    _Remedy(
        TypeError,
        r"slice indices must be integers",
        "a float is used as an index: / gives a float in Python 3, // an integer",
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
        "a value is None: a function that returns nothing, or an attribute that forward never set",
    ),
    _Remedy(
        AttributeError,
        r"object has no attribute",
        "the attribute is used before anything has set it; is its name the same in forward?",
    ),
    _Remedy(KeyError, r"", "the dict has no such key; compare its name with where it was stored"),
    _Remedy(
        TypeError,
        r"Cannot cast ufunc|Cannot cast",
        "an integer array cannot take floating-point values in place; start from a float array",
    ),
    _Remedy(RecursionError, r"", "the function calls itself without end"),
    _Remedy(
        MemoryError, r"", "it asked for more memory than it is allowed; is a size multiplied twice?"
    ),
    _Remedy(SystemExit, r"", "the code ends the program; remove the call of exit"),
)
