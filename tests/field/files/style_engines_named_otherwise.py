# check: Wrapped.__add__ pass
# check: Wrapped.__mul__ pass
# check: Wrapped.__pow__ fail
# check: Wrapped.backward pass
# check: Wrapped.log pass
# measured: 5
"""An engine whose values keep their number under a name of their own."""

import math


class Wrapped:
    def __init__(self, number, children=()):
        self.unwrap = number
        self.grad = 0
        self._backward = lambda: None
        self._children = set(children)

    def __add__(self, other):
        other = other if isinstance(other, Wrapped) else Wrapped(other)
        out = Wrapped(self.unwrap + other.unwrap, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Wrapped) else Wrapped(other)
        out = Wrapped(self.unwrap * other.unwrap, (self, other))

        def _backward():
            self.grad += other.unwrap * out.grad
            other.grad += self.unwrap * out.grad

        out._backward = _backward
        return out

    def __pow__(self, n):
        out = Wrapped(self.unwrap**n, (self,))

        def _backward():
            self.grad += n * self.unwrap**n * out.grad

        out._backward = _backward
        return out

    def log(self):
        kept = max(self.unwrap, 1e-7)
        out = Wrapped(math.log(kept), (self,))

        def _backward():
            self.grad += out.grad / kept

        out._backward = _backward
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node._children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            node._backward()
