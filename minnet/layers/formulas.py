"""What a layer or a loss computes, a line each: one source for its documentation and the tests."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any, ClassVar


class WithFormulas:
    """A class whose `formulas` are shown at the end of its documentation.

    Examples
    --------
    >>> class Double(WithFormulas):
    ...     '''Twice the input.'''
    ...     formulas = {"out": "2 * x", "dx": "2 * dout"}
    >>> print(Double.__doc__)
    Twice the input.
    <BLANKLINE>
    Formulas
    --------
    out = 2 * x
    dx = 2 * dout
    """

    formulas: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A class that inherits its formulas may compute something else than they say. Python
        # drops all documentation under -OO.
        if cls.__doc__ and "formulas" in vars(cls):
            lines = [f"{name} = {formula}" for name, formula in cls.formulas.items()]
            cls.__doc__ = "\n".join([cleandoc(cls.__doc__), "", "Formulas", "--------", *lines])
