"""Numbers that know what they were computed from.

An array of cells goes through NumPy as an array of numbers does (it is one of objects): slices,
reshapes, loops, ``+=`` and ``@`` pass its cells on, and arithmetic makes new ones. So every
number of a result tells which numbers made it, however the code around them is written.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

Home = tuple[int, int]
#: the operation of what stands in an array that nothing has been written into
UNSET = "unset"


class Cell:
    """A number, and the operation and the operands that it came from.

    Attributes
    ----------
    value : float
    op : str
        "" where nothing is known of how it was made; "+", "-", "*", "/", "**", "max", "min"; or
        the name of a function of one number.
    args : tuple of Cell or float
        The operands.
    home : (int, int), optional
        The first value of the trace that held it, and its place there.

    Examples
    --------
    >>> three = Cell(1.0) + Cell(2.0)
    >>> float(three), three.op, [float(arg) for arg in three.args]
    (3.0, '+', [1.0, 2.0])
    """

    __slots__ = ("args", "home", "op", "value")

    def __init__(self, value: float, op: str = "", args: tuple[Any, ...] = ()) -> None:
        self.value, self.op, self.args = float(value), op, args
        self.home: Home | None = None

    def __float__(self) -> float:
        return self.value

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return repr(self.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> Any:
        return _compared(other, lambda it: self.value == it)

    def __ne__(self, other: object) -> Any:
        return _compared(other, lambda it: self.value != it)

    def __lt__(self, other: Any) -> Any:
        return _compared(other, lambda it: self.value < it)

    def __le__(self, other: Any) -> Any:
        return _compared(other, lambda it: self.value <= it)

    def __gt__(self, other: Any) -> Any:
        return _compared(other, lambda it: self.value > it)

    def __ge__(self, other: Any) -> Any:
        return _compared(other, lambda it: self.value >= it)

    def __neg__(self) -> Cell:
        return Cell(-self.value, "*", (-1.0, self))

    def __pos__(self) -> Cell:
        return self

    def __abs__(self) -> Cell:
        return Cell(abs(self.value), "abs", (self,))

    def conjugate(self) -> Cell:
        """Return the number itself: it is real."""
        return self

    def item(self) -> Cell:
        """Return the number itself."""
        return self

    @property
    def real(self) -> Cell:
        """The number itself."""
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """As of NumPy's numbers: ()."""
        return ()

    ndim, size = 0, 1

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _applied(ufunc, method, *inputs, **options)


def _compared(other: Any, compare: Callable[[float], bool]) -> Any:
    return NotImplemented if isinstance(other, np.ndarray) else compare(float(other))


def _operator(op: str, compute: Callable[[float, float], float]) -> tuple[Any, Any]:
    def forwards(self: Cell, other: Any) -> Any:
        number = _operand(other)
        if number is None:
            return NotImplemented
        return Cell(compute(self.value, float(number)), op, (self, number))

    def backwards(self: Cell, other: Any) -> Any:
        number = _operand(other)
        if number is None:
            return NotImplemented
        return Cell(compute(float(number), self.value), op, (number, self))

    return forwards, backwards


def _operand(other: Any) -> Any:
    if isinstance(other, Cell):
        return other
    if isinstance(other, int | float | np.number | np.bool_):
        return float(other)
    return None


def _safely(function: Callable[..., Any]) -> Callable[..., float]:
    """Return a function as NumPy has it: inf and nan for what Python raises."""

    def compute(*numbers: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(*map(np.float64, numbers)))

    return compute


_OPERATORS: dict[str, tuple[str, Callable[..., Any]]] = {
    "add": ("+", np.add),
    "sub": ("-", np.subtract),
    "mul": ("*", np.multiply),
    "truediv": ("/", np.divide),
    "pow": ("**", np.power),
    "floordiv": ("//", np.floor_divide),
    "mod": ("%", np.mod),
}
for _name, (_op, _compute) in _OPERATORS.items():
    _forwards, _backwards = _operator(_op, _safely(_compute))
    setattr(Cell, f"__{_name}__", _forwards)
    setattr(Cell, f"__r{_name}__", _backwards)

#: functions of one number, by NumPy's names: what NumPy calls for an array of objects
FUNCTIONS = (
    *("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "reciprocal"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arctanh"),
    *("sign", "floor", "ceil", "rint", "trunc"),
)


def _function(name: str) -> Callable[[Any], Cell]:
    compute = _safely(getattr(np, name))

    def of(number: Any) -> Cell:
        return Cell(compute(float(number)), name, (number,))

    return of


def _extreme(op: str, first_wins: Callable[[float, float], bool]) -> Callable[[Any, Any], Cell]:
    def of(a: Any, b: Any) -> Cell:
        x, y = float(a), float(b)
        wins = math.isnan(x) or (not math.isnan(y) and first_wins(x, y))
        return Cell(x if wins else y, op, (a, b))

    return of


_larger, _smaller = _extreme("max", operator.ge), _extreme("min", operator.le)
#: what takes the place of NumPy's functions, so that what was not the largest is kept as well
INSTEAD: dict[Any, Any] = {
    np.maximum: np.frompyfunc(_larger, 2, 1, identity=None),
    np.minimum: np.frompyfunc(_smaller, 2, 1, identity=None),
    np.square: np.frompyfunc(lambda x: x * x, 1, 1),
    np.absolute: np.frompyfunc(abs, 1, 1),
}
INSTEAD[np.fmax], INSTEAD[np.fmin] = INSTEAD[np.maximum], INSTEAD[np.minimum]
_umath = getattr(np, "_core", None) or np.core  # as NumPy 1 has it
INSTEAD[_umath.umath.clip] = np.frompyfunc(lambda x, a, b: _smaller(_larger(x, a), b), 3, 1)
for _name in FUNCTIONS:
    setattr(Cell, _name, _function(_name))
    INSTEAD[getattr(np, _name)] = np.frompyfunc(_function(_name), 1, 1)


class CellArray(np.ndarray):
    """An array of cells; code that asks is told that it holds floats."""

    @property
    def dtype(self) -> Any:
        """float64: what code that makes an array like this one should make."""
        return np.dtype(np.float64)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _applied(ufunc, method, *inputs, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        try:
            return super().__array_function__(function, types, args, options)
        except (TypeError, AttributeError):  # a function for numbers only
            plain = {name: numbers_within(value) for name, value in options.items()}
            return cells(function(*map(numbers_within, args), **plain))

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """Return the cells where floats are asked for: they stay what they are."""
        if np.dtype(dtype).kind in "fO":
            return self.copy()
        return numbers(self).astype(dtype, *args, **options)


def _applied(ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """Apply one of NumPy's functions to cells."""
    out = options.pop("out", None)
    if out is not None and all(map(holds_objects, out)):
        options["out"] = tuple(_bare(it) for it in out)
    given = [_bare(it) for it in inputs]
    try:
        result = getattr(INSTEAD.get(ufunc, ufunc), method)(*given, **options)
    except (TypeError, AttributeError):  # for numbers only: how they were made is lost
        given = [numbers(it) for it in given]
        result = getattr(ufunc, method)(*given, **options)
    if out is not None:
        for array, new in zip(out, result if len(out) > 1 else (result,), strict=True):
            if not holds_objects(array):
                array[...] = numbers(new)
        return out[0] if len(out) == 1 else out
    return tuple(map(cells, result)) if isinstance(result, tuple) else cells(result)


def _bare(value: Any) -> Any:
    """Return what NumPy handles by itself: an array of objects."""
    if isinstance(value, Cell):
        found = np.empty((), object)
        found[()] = value
        return found
    return value.view(np.ndarray) if isinstance(value, CellArray) else value


def is_cells(value: Any) -> bool:
    """Return whether a value is made of cells."""
    return isinstance(value, Cell) or holds_objects(value)


def holds_objects(value: Any) -> bool:
    """Return whether a value is an array of objects."""
    return isinstance(value, np.ndarray) and bool(_bare(value).dtype == object)


def cells(value: Any) -> Any:
    """Return a value with its floating-point numbers as cells; what has none, as it is.

    >>> type(cells(np.zeros(2))[0]).__name__, cells(3)
    ('Cell', 3)
    """
    if isinstance(value, np.ndarray):
        if holds_objects(value):
            return value if isinstance(value, CellArray) else value.view(CellArray)
        if _bare(value).dtype.kind == "f":
            found = np.empty(value.shape, object)
            found.ravel()[:] = [Cell(float(number)) for number in value.ravel()]
            return found.view(CellArray)
        return _bare(value)
    return Cell(float(value)) if isinstance(value, np.floating) else value


def filled(value: Any) -> Any:
    """Return a value as cells, also where it holds other numbers, or nothing yet."""
    found = cells(value)
    if isinstance(found, CellArray):
        flat = found.view(np.ndarray).reshape(-1)
        strange = [k for k, item in enumerate(flat) if not isinstance(item, Cell)]
        if strange:
            found = found.copy()
            flat = found.view(np.ndarray).reshape(-1)
            for k in strange:
                flat[k] = Cell(math.nan, UNSET) if flat[k] is None else Cell(float(flat[k]))
    return found


def unset(value: Any) -> Any:
    """Return an array of floats that nothing has been written into, as cells."""
    if not (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
        return value
    return filled(np.full(value.shape, None))


def numbers_within(value: Any) -> Any:
    """Return a value, or the items of a list or a tuple, with cells as numbers."""
    if isinstance(value, tuple | list):
        return type(value)(map(numbers_within, value))
    return numbers(value)


def numbers(value: Any) -> Any:
    """Return a value with its cells as floating-point numbers; what has none, as it is.

    >>> numbers(cells(np.arange(2.0)))
    array([0., 1.])
    """
    if isinstance(value, Cell):
        return np.float64(value.value)
    if holds_objects(value):
        bare = value.view(np.ndarray)
        try:
            return bare.astype(np.float64)
        except (TypeError, ValueError):
            return bare
    return value
