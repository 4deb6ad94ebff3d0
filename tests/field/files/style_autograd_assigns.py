# check: Number.__add__ pass
# check: Number.__mul__ pass
# check: Number.tanh fail overwritten
# check: Number.relu pass
"""An operation that assigns its operand's gradient, and so forgets what another path has brought.

Alone it is right: that shows only where the operand is used elsewhere too.
"""

import math


class Number:
    def __init__(self, data, parents=()):
        self.data, self.grad, self._backward = data, 0.0, lambda: None
        self._parents = parents

    def __add__(self, other):
        out = Number(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = back
        return out

    def __mul__(self, other):
        out = Number(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Number(t, (self,))

        def back():
            self.grad = (1 - t * t) * out.grad

        out._backward = back
        return out

    def relu(self):
        out = Number(max(self.data, 0.0), (self,))

        def back():
            self.grad += (out.data > 0) * out.grad

        out._backward = back
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node._parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node._backward()
