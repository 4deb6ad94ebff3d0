# check: Value.__add__ pass
# check: Value.__mul__ pass
# check: Value.__pow__ pass
# check: Value.tanh pass
# check: Value.relu pass
# check: Value.log pass
# check: Value.backward pass
# check: Value.__neg__ pass
# check: Value.__radd__ pass
# check: Value.__sub__ pass
# check: Value.__rsub__ pass
# check: Value.__rmul__ pass
# check: Value.__truediv__ pass
# check: Value.__rtruediv__ pass
# check: Tensor.__add__ pass
# check: Tensor.__mul__ pass
# check: Tensor.__matmul__ pass
# check: Tensor.sum pass
# check: Tensor.exp pass
# check: Tensor.backward pass
"""Numbers that know where they came from, and arrays that do."""

import math

import numpy as np


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = set(_children)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, other):
        assert isinstance(other, (int, float))
        out = Value(self.data**other, (self,))

        def _backward():
            self.grad += other * self.data ** (other - 1) * out.grad

        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def _backward():
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    def relu(self):
        out = Value(0 if self.data < 0 else self.data, (self,))

        def _backward():
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out

    def log(self):
        out = Value(math.log(self.data), (self,))

        def _backward():
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for c in v._prev:
                    build(c)
                topo.append(v)

        build(self)
        self.grad = 1
        for v in reversed(topo):
            v._backward()

    def __neg__(self):
        return self * -1

    def __radd__(self, o):
        return self + o

    def __sub__(self, o):
        return self + (-o)

    def __rsub__(self, o):
        return o + (-self)

    def __rmul__(self, o):
        return self * o

    def __truediv__(self, o):
        return self * o**-1

    def __rtruediv__(self, o):
        return o * self**-1

    def __repr__(self):
        return f"Value({self.data})"


class Tensor:
    def __init__(self, data, requires_grad=False, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.requires_grad, self.parents, self.grad = requires_grad, parents, None

    def _add_up(self, grad):
        while grad.ndim > self.data.ndim:
            grad = grad.sum(axis=0)
        self.grad = grad if self.grad is None else self.grad + grad

    def __add__(self, other):
        return Tensor(self.data + other.data, True, ((self, lambda g: g), (other, lambda g: g)))

    def __mul__(self, other):
        own = (self, lambda g: g * other.data), (other, lambda g: g * self.data)
        return Tensor(self.data * other.data, True, own)

    def __matmul__(self, other):
        own = (self, lambda g: g @ other.data.T), (other, lambda g: self.data.T @ g)
        return Tensor(self.data @ other.data, True, own)

    def sum(self):
        return Tensor(self.data.sum(), True, ((self, lambda g: g * np.ones_like(self.data)),))

    def exp(self):
        out = np.exp(self.data)
        return Tensor(out, True, ((self, lambda g: g * out),))

    def backward(self, grad=None):
        grad = np.ones_like(self.data) if grad is None else grad
        self._add_up(grad)
        for parent, back in self.parents:
            parent.backward(back(grad))
