"""One number: the terms that made it, each with the numbers that it is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from minnet.records import dataclass
from minnet.tracing.cells import UNSET, Cell
from minnet.tracing.trace import Trace, Value

How = Literal["sum", "product", "maximum", "minimum", "given", "unset", "unknown"]
#: so many terms of a sum inside a term are written out, and so deep
WRITTEN, DEPTH = 3, 4


@dataclass(frozen=True)
class Term:
    """One term: what it is in symbols and in numbers, its value, and the elements it is made of.

    feeds are (number of the value, position in it).
    """

    symbols: str
    numbers: str
    value: float
    feeds: tuple[tuple[int, int], ...] = ()

    @property
    def text(self) -> str:
        """Symbols and numbers as one line; a lone number stands for itself."""
        return f"{self.symbols} = {self.numbers}" if self.numbers else self.symbols


@dataclass(frozen=True)
class Terms:
    """What made one number.

    Attributes
    ----------
    of : str
        ``dW[2,1]``.
    value : float
    how : "sum", "product", "maximum" or "minimum" of its terms; "given", "unset" (nothing has
        been written there yet) or "unknown"
    terms : tuple of Term
    same_as : str
        The element of another value that it was taken over from, as it is; or "".
    """

    of: str
    value: float
    how: How
    terms: tuple[Term, ...] = ()
    same_as: str = ""


def terms_of(trace: Trace, value: Value, flat: int) -> Terms:
    """Return what made one element of a value."""
    number = float(value.data.ravel()[flat])
    name = value.at(flat)
    if value.cells is None:
        return Terms(name, number, "unknown")
    cell = value.cells.ravel()[flat]
    if not isinstance(cell, Cell):
        return Terms(name, number, "unknown")
    if cell.op == UNSET:
        return Terms(name, number, "unset")
    at = trace.place(cell)
    elsewhere = at is not None and (at[0].track != value.track or at[0].track < 0)
    elsewhere = elsewhere and at is not None and at[0] is not value
    same_as = at[0].at(at[1]) if elsewhere and at is not None else ""
    how, terms = Writing(trace, cell).terms()
    return Terms(name, number, how, terms, same_as)


#: a product: what is multiplied, and what that is divided by
Factors = tuple[tuple[Any, ...], tuple[Any, ...]]


class Writing:
    """Takes one number apart, down to numbers that have a name."""

    def __init__(self, trace: Trace, root: Cell) -> None:
        self._trace, self._root = trace, root

    def terms(self) -> tuple[How, tuple[Term, ...]]:
        """Return how the number is made, and of which terms."""
        root = self._root
        if not root.op:
            return "given", ()
        if root.op in ("max", "min"):
            how: How = "maximum" if root.op == "max" else "minimum"
            return how, tuple(self._term(((item,), ())) for item in self._candidates(root.op))
        all_products = list(self._products())
        products = [it for it in all_products if not self._is_nothing(it)] or all_products[:1]
        if len(products) == 1 and len(products[0][0]) + len(products[0][1]) > 1:
            above, below = products[0]
            over = [((1.0,), (item,)) for item in below]
            return "product", tuple(map(self._term, [*(((item,), ()) for item in above), *over]))
        return "sum", tuple(map(self._term, products))

    def _opens(self, item: Any) -> bool:
        """Whether a number is taken apart: it has no name, or that of an earlier state of this."""
        if not isinstance(item, Cell) or not item.op:
            return False
        return item is self._root or item.home is None or self._is_earlier(item)

    def _is_earlier(self, item: Any) -> bool:
        if not isinstance(item, Cell) or item.home is None or self._root.home is None:
            return False
        mine, other = (self._trace.values[h[0]] for h in (self._root.home, item.home))
        same = mine.track >= 0 and mine.track == other.track
        return same and item.home[1] == self._root.home[1]

    def _candidates(self, op: str) -> Iterator[Any]:
        waiting = [self._root]
        while waiting:
            item = waiting.pop()
            if item.op == op and self._opens(item):
                waiting += reversed([it for it in item.args if isinstance(it, Cell)])
                yield from (it for it in item.args if not isinstance(it, Cell))
            else:
                yield item

    def _products(self) -> Iterator[Factors]:
        """Yield the products that the number is the sum of."""
        waiting: list[tuple[Any, Factors]] = [(self._root, ((), ()))]
        while waiting:
            item, (above, below) = waiting.pop()
            if self._opens(item) and item.op in "+-":
                first, second = item.args
                turned = ((-1.0, *above), below) if item.op == "-" else (above, below)
                waiting += [(second, turned), (first, (above, below))]
                continue
            factors, divisors = self._factors(item)
            sums = [f for f in factors if self._opens(f) and f.op in ("+", "-")]
            others = [f for f in factors if f is not (sums[0] if sums else None)]
            if len(sums) == 1 and item is self._root:  # (a + b)·c/N: its terms are a·c/N and b·c/N
                waiting.append((sums[0], ((*above, *others), (*below, *divisors))))
            else:
                yield (*above, *factors), (*below, *divisors)

    def _factors(self, item: Any) -> Factors:
        above, below = list[Any](), list[Any]()
        waiting = [(item, False)]
        while waiting:
            one, under = waiting.pop()
            if self._opens(one) and one.op in ("*", "/"):
                first, second = one.args
                waiting += [(second, under != (one.op == "/")), (first, under)]
            else:
                (below if under else above).append(one)
        return tuple(above), tuple(below)

    def _is_nothing(self, factors: Factors) -> bool:
        """Whether a term is the zero that a sum began with, or a multiple of it."""
        return any(float(it) == 0.0 and self._is_bare(it) for it in factors[0])

    def _is_bare(self, item: Any) -> bool:
        """Whether a number has neither a name nor a history."""
        named = isinstance(item, Cell) and item.home is not None and not self._is_earlier(item)
        return not named and not (isinstance(item, Cell) and item.op)

    # --- words ----------------------------------------------------------------------------

    def _term(self, factors: Factors) -> Term:
        above, below = factors
        sign = math.prod(item for item in above if _is_sign(item))
        above = tuple(item for item in above if not _is_sign(item)) or (1.0,)
        if len(above) > 1:
            above = tuple(item for item in above if isinstance(item, Cell) or item != 1.0) or above
        value = sign * math.prod(map(float, above))
        for item in below:
            value = value / float(item) if float(item) else math.nan
        minus = "−" if sign < 0 else ""
        symbols = minus + _product(self._symbols, above, below)
        written = minus + _product(_as_operand, above, below)
        alone = len(above) + len(below) == 1 and not sign < 0
        return Term(symbols, "" if alone else written, value, tuple(self._feeds(above, below)))

    def _symbols(self, item: Any, depth: int = 0) -> str:
        if not isinstance(item, Cell):
            return figure(item)
        place = None if self._opens(item) else self._trace.place(item)
        if place is not None:
            return place[0].at(place[1]) if not self._is_earlier(item) else self._before(item)
        if not item.op:
            return figure(item.value)
        if depth >= DEPTH:
            return "…"
        if item.op in ("+", "-"):
            return self._nested_sum(item, depth)
        inner = [self._symbols(arg, depth + 1) for arg in item.args]
        if item.op == "*":
            signed = item.args[0] == -1.0 and not isinstance(item.args[0], Cell)
            return f"−{inner[1]}" if signed else "·".join(inner)
        if item.op in ("/", "**", "//", "%"):
            return item.op.join(_bracketed(text) for text in inner)
        if inner[0].startswith("(") and len(inner) == 1 and item.args[0].op in ("+", "-"):
            return f"{item.op}{inner[0]}"
        return f"{item.op}({', '.join(inner)})"

    def _before(self, item: Cell) -> str:
        assert item.home is not None
        return self._trace.values[item.home[0]].at(item.home[1])

    def _nested_sum(self, item: Cell, depth: int) -> str:
        found = [products for products in Writing(self._trace, item)._nested()]
        shown = found if len(found) <= WRITTEN + 1 else found[:WRITTEN]
        texts = [
            ("−" if sign < 0 else "+") + " " + self._symbols(one, depth + 1) for one, sign in shown
        ]
        text = " ".join(texts).removeprefix("+ ")
        rest = f" + … {len(found) - len(shown)} more" if len(shown) < len(found) else ""
        return f"({text}{rest})"

    def _nested(self) -> list[tuple[Any, int]]:
        found, waiting = list[tuple[Any, int]](), [(self._root, 1)]
        while waiting:
            item, sign = waiting.pop()
            inside = isinstance(item, Cell) and (item is self._root or item.home is None)
            if inside and item.op in ("+", "-"):
                waiting += [(item.args[1], -sign if item.op == "-" else sign), (item.args[0], sign)]
            elif isinstance(item, Cell) or item:
                found.append((item, sign))
        return found

    def _feeds(self, above: Any, below: Any) -> Iterator[tuple[int, int]]:
        """Yield the elements with a name that a term is made of."""
        waiting, seen = [*reversed(below), *reversed(above)], set[int]()
        while waiting:
            item = waiting.pop()
            if not isinstance(item, Cell) or id(item) in seen:
                continue
            seen.add(id(item))
            place = None if self._opens(item) else self._trace.place(item)
            if place is not None:
                yield place[0].number, place[1]
            else:
                waiting += reversed(item.args)


def figure(number: Any) -> str:
    """Return a number as it is shown: four digits, a real minus.

    >>> figure(-0.25), figure(-0.0), figure(1234567.0)
    ('−0.25', '0', '1.235e+06')
    """
    return f"{float(number) + 0.0:.4g}".replace("-", "−", 1)


def _is_sign(item: Any) -> bool:
    return not isinstance(item, Cell) and item == -1.0


def _as_operand(item: Any) -> str:
    text = figure(item)
    return f"({text})" if text.startswith("−") else text


def _bracketed(text: str) -> str:
    return f"({text})" if any(sign in text for sign in "·/ ") and text[0] != "(" else text


def _product(write: Any, above: Any, below: Any) -> str:
    text = "·".join(write(item) for item in above)
    return text + "".join("/" + _bracketed(write(item)) for item in below)
