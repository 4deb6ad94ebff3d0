# check: Expression.__add__ pass
# check: Expression.__mul__ pass
# check: Expression.__radd__ pass
# check: Expression.__neg__ pass
# check: Expression.__matmul__ pass
# check: Expression.exp pass
# check: Expression.total pass
# check: Expression.reshape pass
# check: Expression.backprop pass
# check: Scalar.__add__ pass
# check: Scalar.__mul__ pass
# check: Scalar.__rmul__ pass
# check: Scalar.sin pass
# check: Scalar.backward pass
# check: Rows.__add__ pass
# check: Rows.__mul__ pass
# check: Rows.backwards pass
# check: softened pass
# check: product_of pass
"""Engines whose values are made, asked and read in their own ways: all of them right.

An expression is made by its constructor, and only a `Weight` wants a gradient; a `Scalar` calls
its gradient a derivative; `Rows` are nested lists, and know no broadcasting.
"""

import math

import numpy as np


class Expression:
    def __init__(self, value, *parts):
        self._value, self._parts, self._gradient = value, parts, None
        self._wanted = any(part._wanted for part in parts)

    def __add__(self, other):
        return _Plus(self, other if isinstance(other, Expression) else Expression(np.array(other)))

    def __radd__(self, other):
        return self + other

    def __mul__(self, other):
        return _Times(self, other)

    def __matmul__(self, other):
        return _Product(self, other)

    def __neg__(self):
        return _Minus(self)

    def exp(self):
        return _Exp(self)

    def total(self):
        return _Total(self)

    def reshape(self, shape):
        return _Reshaped(self, shape)

    def depth(self):
        return 1 + max((part.depth() for part in self._parts), default=0)

    def _order(self, seen):
        if self not in seen:
            for part in self._parts:
                part._order(seen)
            seen.append(self)
        return seen

    def _take(self, gradient):
        if self._wanted:
            for axis in range(gradient.ndim - self._value.ndim):
                gradient = gradient.sum(axis=axis)
            self._gradient = gradient if self._gradient is None else self._gradient + gradient

    def backprop(self):
        if not self._wanted:
            raise ValueError("nothing in this expression wants a gradient")
        self._gradient = np.ones_like(self._value)
        for node in reversed(self._order([])):
            if node._parts and node._wanted:
                node._pass_on(node._gradient)


class Weight(Expression):
    def __init__(self, value):
        super().__init__(value)
        self._wanted = True


class _Plus(Expression):
    def __init__(self, a, b):
        super().__init__(a._value + b._value, a, b)

    def _pass_on(self, upstream):
        for part in self._parts:
            part._take(upstream)


class _Times(Expression):
    def __init__(self, a, b):
        super().__init__(a._value * b._value, a, b)

    def _pass_on(self, upstream):
        a, b = self._parts
        a._take(upstream * b._value)
        b._take(upstream * a._value)


class _Product(Expression):
    def __init__(self, a, b):
        super().__init__(a._value @ b._value, a, b)

    def _pass_on(self, upstream):
        a, b = self._parts
        a._take(upstream @ b._value.T)
        b._take(a._value.T @ upstream)


class _Minus(Expression):
    def __init__(self, a):
        super().__init__(-a._value, a)

    def _pass_on(self, upstream):
        self._parts[0]._take(-upstream)


class _Exp(Expression):
    def __init__(self, a):
        super().__init__(np.exp(a._value), a)

    def _pass_on(self, upstream):
        self._parts[0]._take(upstream * self._value)


class _Total(Expression):
    def __init__(self, a):
        super().__init__(a._value.sum(), a)

    def _pass_on(self, upstream):
        self._parts[0]._take(upstream * np.ones_like(self._parts[0]._value))


class _Reshaped(Expression):
    def __init__(self, a, shape):
        super().__init__(a._value.reshape(shape), a)

    def _pass_on(self, upstream):
        self._parts[0]._take(upstream.reshape(self._parts[0]._value.shape))


class Scalar:
    def __init__(self, number, history=()):
        self.data, self.history, self.derivative = float(number), history, None

    def __add__(self, other):
        return Scalar(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data * other.data, ((self, other.data), (other, self.data)))

    def __rmul__(self, other):
        return self * other

    def sin(self):
        return Scalar(math.sin(self.data), ((self, math.cos(self.data)),))

    def backward(self, d_output=None):
        d_output = 1.0 if d_output is None else d_output
        self.derivative = d_output + (self.derivative or 0.0)
        for operand, local in self.history:
            operand.backward(local * d_output)


class Rows:
    def __init__(self, data, parents=(), rule=None):
        self.data, self.parents, self.rule = data, parents, rule
        self.grad = [[0.0 for _ in row] for row in data]

    def _each(self, other, what):
        pairs = (zip(r, s, strict=True) for r, s in zip(self.data, other.data, strict=True))
        return [[what(a, b) for a, b in row] for row in pairs]

    def __add__(self, other):
        data = self._each(other, lambda a, b: a + b)
        return Rows(data, (self, other), lambda g, a, b: (g, g))

    def __mul__(self, other):
        data = self._each(other, lambda a, b: a * b)
        return Rows(data, (self, other), lambda g, a, b: (g * b, g * a))

    def _share(self, upstream):
        for i, row in enumerate(upstream):
            for j, g in enumerate(row):
                self.grad[i][j] += g
        if self.rule is None:
            return
        a, b = self.parents
        shares = ([[0.0] * len(row) for row in self.data] for _ in range(2))
        left, right = shares
        for i, row in enumerate(upstream):
            for j, g in enumerate(row):
                left[i][j], right[i][j] = self.rule(g, a.data[i][j], b.data[i][j])
        a._share(left)
        b._share(right)

    def backwards(self):
        self._share([[1.0 for _ in row] for row in self.data])


def softened(x):
    return x.sin() * 0.5 + x


def product_of(a, b):
    out = Scalar(a.data * b.data, ((a, b.data), (b, a.data)))
    return out
