"""Functions of one variable that minnet knows by name, with their true derivatives.

Each computes with floats, arrays and complex numbers (for the complex step), without overflow
where the function itself does not overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Scalar = Callable[[Any], Any]
LN_2, LN_10 = math.log(2), math.log(10)


@dataclass(frozen=True)
class Function:
    """A function with what is known of it.

    `text` is its formula. `derivative` is the true derivative; None where it is not known. A
    function has a kink (or a jump) where one of its `switches` passes through zero.
    """

    name: str
    text: str
    call: Scalar
    derivative: Scalar | None = None
    switches: tuple[Scalar, ...] = ()

    def __call__(self, x: Any) -> Any:
        return self.call(x)


def _sigmoid(x: Any) -> Any:
    small = np.exp(-_abs(x))
    return np.where(np.real(x) >= 0, 1.0, small)[()] / (1 + small)


def _softplus(x: Any) -> Any:
    return _relu(x) + np.log1p(np.exp(-_abs(x)))


def _abs(x: Any) -> Any:
    return np.where(np.real(x) < 0, -x, x)[()]


def _relu(x: Any) -> Any:
    return np.where(np.real(x) > 0, x, 0.0 * np.real(x))[()]


def _leaky(x: Any) -> Any:
    return np.where(np.real(x) > 0, x, 0.01 * x)[()]


def _elu(x: Any) -> Any:
    return np.where(np.real(x) > 0, x, np.expm1(-_relu(-x)))[()]


def _relu6(x: Any) -> Any:
    return _relu(x) - _relu(x - 6)


def _sign(x: Any) -> Any:
    return np.sign(np.real(x)) + 0 * x


def _whole(rounded: Scalar) -> Scalar:
    return lambda x: rounded(np.real(x)) + 0 * x


def _gelu(x: Any) -> Any:
    if np.iscomplexobj(x):
        raise TypeError("erf is not known for complex numbers here")
    return x * _normal(x)


def _erf(x: Any) -> Any:
    if np.iscomplexobj(x):
        raise TypeError("erf is not known for complex numbers here")
    return np.vectorize(math.erf, otypes=[float])(x)[()]


def _normal(x: Any) -> Any:
    """The cumulative distribution of the normal, accurate in the left tail too."""
    return np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)), otypes=[float])(x)[()]


def _density(x: Any) -> Any:
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _softsign(x: Any) -> Any:
    return x / (1 + _abs(x))


def _silu(x: Any) -> Any:
    return x * _sigmoid(x)


def _mish(x: Any) -> Any:
    return x * np.tanh(_softplus(x))


def _d_sigmoid(x: Any) -> Any:
    return _sigmoid(x) * _sigmoid(-x)


def _d_mish(x: Any) -> Any:
    t = np.tanh(_softplus(x))
    return t + x * (1 - t * t) * _sigmoid(x)


def _sech2(x: Any) -> Any:
    small = np.exp(-2 * _abs(x))
    return 4 * small / (1 + small) ** 2


def _step_at(edge: float, low: float = 0.0, high: float = 1.0) -> Scalar:
    """Return the slope of a function that is bent at `edge`; at the edge, the mean of the two."""
    return lambda x: np.where(x > edge, high, np.where(x < edge, low, (low + high) / 2))[()]


def _identity(x: Any) -> Any:
    return x


def _d_relu6(x: Any) -> Any:
    return _step_at(0)(x) - _step_at(6)(x)


def _known() -> dict[str, Function]:
    at_zero: tuple[Scalar, ...] = (_identity,)
    six: Scalar = lambda x: x - 6  # noqa: E731
    at_whole: tuple[Scalar, ...] = (lambda x: np.sin(np.pi * x),)
    at_half: tuple[Scalar, ...] = (lambda x: np.cos(np.pi * x),)
    # fmt: off
    rows: list[tuple[str, str, Scalar, Scalar, tuple[Scalar, ...]]] = [
        ("identity", "x", _identity, lambda x: 1.0 + 0 * x, ()),
        ("square", "x²", lambda x: x * x, lambda x: 2 * x, ()),
        ("cube", "x³", lambda x: x * x * x, lambda x: 3 * x * x, ()),
        ("sqrt", "√x", np.sqrt, lambda x: 0.5 / np.sqrt(x), ()),
        ("reciprocal", "1/x", lambda x: 1 / x, lambda x: -1 / (x * x), ()),
        ("exp", "eˣ", np.exp, np.exp, ()),
        ("expm1", "eˣ − 1", np.expm1, np.exp, ()),
        ("log", "ln x", np.log, lambda x: np.where(x > 0, 1 / x, np.nan)[()], ()),
        ("log1p", "ln(1 + x)", np.log1p, lambda x: np.where(x > -1, 1 / (1 + x), np.nan)[()], ()),
        ("log2", "log₂ x", np.log2, lambda x: np.where(x > 0, 1 / (x * LN_2), np.nan)[()], ()),
        ("log10", "log₁₀ x", np.log10, lambda x: np.where(x > 0, 1 / (x * LN_10), np.nan)[()], ()),
        ("sin", "sin x", np.sin, np.cos, ()),
        ("cos", "cos x", np.cos, lambda x: -np.sin(x), ()),
        ("tan", "tan x", np.tan, lambda x: 1 + np.tan(x) ** 2, ()),
        ("sinh", "sinh x", np.sinh, np.cosh, ()),
        ("cosh", "cosh x", np.cosh, np.sinh, ()),
        ("arcsin", "arcsin x", np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), ()),
        ("arccos", "arccos x", np.arccos, lambda x: -1 / np.sqrt(1 - x * x), ()),
        ("arctan", "arctan x", np.arctan, lambda x: 1 / (1 + x * x), ()),
        ("erf", "erf x", _erf, lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x), ()),
        ("sigmoid", "1 / (1 + e⁻ˣ)", _sigmoid, _d_sigmoid, ()),
        ("tanh", "tanh x", np.tanh, _sech2, ()),
        ("softplus", "ln(1 + eˣ)", _softplus, _sigmoid, ()),
        ("softsign", "x / (1 + |x|)", _softsign, lambda x: (1 + _abs(x)) ** -2.0, ()),
        ("silu", "x · sigmoid(x)", _silu, lambda x: _sigmoid(x) + x * _d_sigmoid(x), ()),
        ("gelu", "x · Φ(x)", _gelu, lambda x: _normal(x) + x * _density(x), ()),
        ("mish", "x · tanh(softplus(x))", _mish, _d_mish, ()),
        ("elu", "x if x > 0 else eˣ − 1", _elu, lambda x: np.exp(-_relu(-x)), ()),
        ("relu", "max(x, 0)", _relu, _step_at(0), at_zero),
        ("leaky_relu", "x if x > 0 else 0.01 x", _leaky, _step_at(0, 0.01), at_zero),
        ("relu6", "min(max(x, 0), 6)", _relu6, _d_relu6, (_identity, six)),
        ("abs", "|x|", _abs, _step_at(0, -1.0), at_zero),
        ("sign", "−1, 0 or 1", _sign, lambda x: 0.0 * x, at_zero),
        ("floor", "⌊x⌋", _whole(np.floor), lambda x: 0.0 * x, at_whole),
        ("ceil", "⌈x⌉", _whole(np.ceil), lambda x: 0.0 * x, at_whole),
        ("round", "x to the nearest integer", _whole(np.round), lambda x: 0.0 * x, at_half),
    ]
    # fmt: on
    return {row[0]: Function(*row) for row in rows}


#: every function that minnet knows by name
FUNCTIONS: Mapping[str, Function] = _known()
#: other names for some of them
ALIASES: Mapping[str, str] = {
    "ln": "log",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "swish": "silu",
    "logistic": "sigmoid",
    "lrelu": "leaky_relu",
    "leakyrelu": "leaky_relu",
    "leaky": "leaky_relu",
    "linear": "identity",
    "inv": "reciprocal",
}


def named(name: str) -> Function | None:
    """Return the function of this name, however it is spelled, or None.

    >>> named("Leaky ReLU").name
    'leaky_relu'
    """
    name = name.strip().lower().replace(" ", "_").replace("-", "_")
    return FUNCTIONS.get(ALIASES.get(name, name))
