"""∂L/∂(every number of forward), by the chain rule along what each number was made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from minnet.tracing.cells import Cell


def _power(cell: Cell) -> tuple[float, float]:
    base, exponent = map(float, cell.args)
    by_base = exponent * base ** (exponent - 1) if exponent else 0.0
    by_exponent = cell.value * math.log(base) if base > 0 else math.nan
    return by_base, by_exponent


def _larger(cell: Cell) -> tuple[float, float]:
    first = float(cell.args[0]) == cell.value
    return float(first), float(not first)


#: the derivatives of an operation by its operands
_SLOPES: dict[str, Any] = {
    "+": lambda cell: (1.0, 1.0),
    "-": lambda cell: (1.0, -1.0),
    "*": lambda cell: (float(cell.args[1]), float(cell.args[0])),
    "/": lambda cell: (1 / float(cell.args[1]), -cell.value / float(cell.args[1])),
    "**": _power,
    "max": _larger,
    "min": _larger,
    "abs": lambda cell: (math.copysign(1.0, float(cell.args[0])),),
    "exp": lambda cell: (cell.value,),
    "expm1": lambda cell: (cell.value + 1,),
    "exp2": lambda cell: (cell.value * math.log(2),),
    "log": lambda cell: (1 / float(cell.args[0]),),
    "log1p": lambda cell: (1 / (1 + float(cell.args[0])),),
    "log2": lambda cell: (1 / (float(cell.args[0]) * math.log(2)),),
    "log10": lambda cell: (1 / (float(cell.args[0]) * math.log(10)),),
    "sqrt": lambda cell: (0.5 / cell.value,),
    "reciprocal": lambda cell: (-(cell.value**2),),
    "tanh": lambda cell: (1 - cell.value**2,),
    "sin": lambda cell: (math.cos(float(cell.args[0])),),
    "cos": lambda cell: (-math.sin(float(cell.args[0])),),
    "sign": lambda cell: (0.0,),
    "floor": lambda cell: (0.0,),
    "ceil": lambda cell: (0.0,),
    "rint": lambda cell: (0.0,),
    "trunc": lambda cell: (0.0,),
}


def adjoints(outputs: Iterable[tuple[Cell, float]]) -> dict[int, float]:
    """Return ∂L/∂(number) for every number that some outputs are made of, by its identity.

    Parameters
    ----------
    outputs : sequence of (Cell, float)
        The outputs of forward, with what L gains by each.

    Returns
    -------
    dict of int to float
        nan behind an operation whose derivative is not known.

    Examples
    --------
    >>> x, y = Cell(2.0), Cell(3.0)
    >>> found = adjoints([(x * y + x, 1.0)])
    >>> found[id(x)], found[id(y)]
    (4.0, 2.0)
    """
    given = list(outputs)
    found: dict[int, float] = {}
    for cell, gain in given:
        found[id(cell)] = found.get(id(cell), 0.0) + gain
    for cell in reversed(list(_in_order(cell for cell, _ in given))):
        gain = found.get(id(cell), 0.0)
        inner = [arg for arg in cell.args if isinstance(arg, Cell)]
        if not inner or not gain:
            continue
        for arg, slope in zip(cell.args, _slopes(cell), strict=True):
            if isinstance(arg, Cell):
                found[id(arg)] = found.get(id(arg), 0.0) + gain * slope
    return found


def _slopes(cell: Cell) -> tuple[float, ...]:
    unknown = (math.nan,) * len(cell.args)
    try:
        slopes: tuple[float, ...] = _SLOPES.get(cell.op, lambda _: unknown)(cell)
    except (ZeroDivisionError, OverflowError, ValueError):
        return unknown
    return slopes


def _in_order(roots: Iterable[Cell]) -> Iterator[Cell]:
    """Yield every number after those that it is made of."""
    done: set[int] = set()
    waiting = [(root, False) for root in roots]
    while waiting:
        cell, ready = waiting.pop()
        if ready:
            yield cell
        elif id(cell) not in done:
            done.add(id(cell))
            waiting.append((cell, True))
            waiting += [(arg, False) for arg in cell.args if isinstance(arg, Cell)]
