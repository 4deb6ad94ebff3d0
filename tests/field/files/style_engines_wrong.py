# check: Expression.__add__ pass
# check: Expression.__mul__ fail
# check: Expression.square fail scale
# check: Scalar.__add__ fail
# check: Scalar.cos fail sign
# check: difference fail sign
"""Engines that are made and read in their own ways, with a mistake each.

A product passes its own factor on, a square forgets its two, a sum overwrites what came along
another path, a cosine has the wrong sign.
"""

import math

import numpy as np


class Expression:
    def __init__(self, value, *parts):
        self._value, self._parts, self._gradient = value, parts, 0.0
        self._wanted = any(part._wanted for part in parts)

    def __add__(self, other):
        return _Plus(self, other if isinstance(other, Expression) else Expression(np.array(other)))

    def __mul__(self, other):
        return _Times(self, other if isinstance(other, Expression) else Expression(other))

    def square(self):
        return _Square(self)

    def backprop(self, upstream=None):
        if not self._wanted:
            raise ValueError("nothing in this expression wants a gradient")
        upstream = np.ones_like(self._value) if upstream is None else upstream
        self._gradient = self._gradient + upstream
        for part, share in zip(self._parts, self._shares(upstream), strict=True):
            if part._wanted:
                part.backprop(share)

    def _shares(self, upstream):
        return ()


class Weight(Expression):
    def __init__(self, value):
        super().__init__(value)
        self._wanted = True


class _Plus(Expression):
    def __init__(self, a, b):
        super().__init__(a._value + b._value, a, b)

    def _shares(self, upstream):
        return upstream, upstream


class _Times(Expression):
    def __init__(self, a, b):
        super().__init__(a._value * b._value, a, b)

    def _shares(self, upstream):
        a, b = self._parts
        return upstream * a._value, upstream * b._value


class _Square(Expression):
    def __init__(self, a):
        super().__init__(a._value**2, a)

    def _shares(self, upstream):
        return (upstream * self._parts[0]._value,)


class Scalar:
    def __init__(self, number, history=()):
        self.data, self.history, self.derivative = float(number), history, None

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def cos(self):
        return Scalar(math.cos(self.data), ((self, math.sin(self.data)),))

    def backward(self, d_output=None):
        self.derivative = 1.0 if d_output is None else d_output
        for operand, local in self.history:
            operand.backward(local * self.derivative)


def difference(a, b):
    return Scalar(a.data - b.data, ((a, 1.0), (b, 1.0)))
