"""The elements of a gradient that were measured one by one.

They come from another process, and most are never looked at: NumPy, which takes longer to import
than it takes to say that a layer is right, is imported where an array is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from minnet.records import dataclass, field
from minnet.report.digits import matching_digits

if TYPE_CHECKING:
    from minnet.arrays import Array

#: digits, of the largest, to which two distances are compared: round-off breaks no ties
TIED = 6

#: an array as its dtype, shape and bytes
_Packed: TypeAlias = "tuple[str, tuple[int, ...], bytes]"


def furthest_first(off: Array) -> Array:
    """Return the positions of some distances, the largest first; those that tie by place.

    >>> import numpy as np
    >>> furthest_first(np.array([1.0, 2.0, 2.0 + 1e-12]))
    array([1, 2, 0])
    """
    import numpy as np

    size = float(off[np.isfinite(off)].max(initial=0.0)) or 1.0
    return np.argsort(-np.round(off / size, TIED), kind="stable")


@dataclass(frozen=True)
class ElementRow:
    """One element of a gradient, claimed and measured."""

    index: tuple[int, ...]
    analytic: float
    numeric: float
    error_bar: float
    difference: float
    same_sign: bool
    matching_digits: int
    at_kink: bool
    wrong: bool


@dataclass(frozen=True)
class Elements:
    """The elements of one gradient that were measured one by one.

    index is (k, ndim) of ints; analytic, numeric and error_bar are (k,) float64;
    at_kink and wrong are (k,) bool. At a kink, numeric is the middle of the two one-sided
    slopes and error_bar half their distance. reach is how large each derivative might have
    been, to tell a true zero from one that is too small to see.
    """

    index: Array
    analytic: Array
    numeric: Array
    error_bar: Array
    at_kink: Array
    wrong: Array
    reach: Array = field(default_factory=lambda: _array("float", (0,)))

    def __getstate__(self) -> dict[str, _Packed]:
        """Pack the arrays, to be unpacked where one of them is asked for."""
        packed: dict[str, _Packed] | None = vars(self).get("packed")
        return packed or {
            name: (array.dtype.str, array.shape, array.tobytes())
            for name, array in vars(self).items()
        }

    def __setstate__(self, packed: dict[str, _Packed]) -> None:
        vars(self)["packed"] = packed

    if not TYPE_CHECKING:  # or any name would do

        def __getattr__(self, name: str) -> Any:
            packed = vars(self).pop("packed", None)
            if packed is None:
                raise AttributeError(f"Elements have no {name}")
            vars(self).update({column: _array(*parts) for column, parts in packed.items()})
            return getattr(self, name)

    def __len__(self) -> int:
        return len(self.analytic)

    def __iter__(self) -> Iterator[ElementRow]:
        return self.rows(slice(None))

    def __getitem__(self, position: int) -> ElementRow:
        return next(self.rows([range(len(self))[position]]))

    def rows(self, positions: Array | list[int] | slice) -> Iterator[ElementRow]:
        """Yield the elements at some positions."""
        chosen = tuple(v[positions] for v in (self.analytic, self.numeric))
        columns = (
            self.index[positions], *chosen, self.error_bar[positions], matching_digits(*chosen),
            self.at_kink[positions], self.wrong[positions],
        )  # fmt: skip
        for index, analytic, numeric, bar, digits, at_kink, wrong in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield ElementRow(
                index=tuple(index),
                analytic=analytic,
                numeric=numeric,
                error_bar=bar,
                difference=analytic - numeric,
                same_sign=_same_sign(analytic, numeric),
                matching_digits=digits,
                at_kink=at_kink,
                wrong=wrong,
            )

    def foremost(self, count: int) -> Array:
        """Return the positions of all, or of `count` where there are more: the wrong ones first."""
        order = (~self.wrong).argsort(kind="stable")
        if len(self) <= count:
            order.sort()
        return order[:count]

    def furthest(self, count: int) -> Array:
        """Return the positions of the wrong elements that are furthest off; ties by place."""
        import numpy as np

        wrong = np.flatnonzero(self.wrong)
        with np.errstate(invalid="ignore"):
            off = np.nan_to_num(np.abs(self.analytic - self.numeric), nan=np.inf)
        return wrong[furthest_first(off[wrong])[:count]]

    @classmethod
    def empty(cls, ndim: int) -> Elements:
        """Return those of an array of so many axes, of which none was measured."""
        none, no = _array("float", (0,)), _array("bool", (0,))
        return cls(_array("int", (0, ndim)), none, none, none, no, no)


def _array(dtype: str, shape: tuple[int, ...], data: bytes = b"") -> Array:
    import numpy as np

    return np.ndarray(shape, dtype, bytearray(data))


def _same_sign(one: float, other: float) -> bool:
    return (one > 0 and other > 0) or (one < 0 and other < 0) or one == other == 0
