# measured: 19
# check: Add pass
# check: Times pass
# check: Root pass
# check: Power pass
# check: MeanOver pass
# check: Pick fail
# check: exp pass
# check: add_scaled pass
# check: shift_scalar pass
# check: stack pass
# check: _leaky pass
# check: product fail
# check: drop pass
"""An engine whose values are asked by a method, whose gradients are values, and its operations.

Operations are classes that know their operands, functions of the values, and functions kept from
others beside the backward pass that goes with them.
"""

import numpy as np


class Node:
    def __init__(self, data, parents=(), rule=None):
        if isinstance(data, Node):
            raise ValueError("a node holds an array")
        self._data = np.array(data, dtype=float)
        self.parents, self.rule = parents, rule
        self.grad = None

    def value(self):
        return self._data

    @property
    def shape(self):
        return self.value().shape

    def floats(self):
        """A copy of the numbers, that no gradient comes back from."""
        return Node(self.value().astype(float))

    def __add__(self, other):
        return Add().forward(self, other if isinstance(other, Node) else Node(other))

    __radd__ = __add__

    def __mul__(self, other):
        if not isinstance(other, Node):
            return Node(self.value() * other, (self,), lambda up: (up * other,))
        return Times().forward(self, other)

    __rmul__ = __mul__

    def __neg__(self):
        return self * -1.0

    def backward(self, outGrad=None):
        outGrad = Node(np.ones(self.shape)) if outGrad is None else outGrad
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        waiting = {id(self): [outGrad]}
        for node in reversed(order):
            up = sum(waiting[id(node)][1:], waiting[id(node)][0])
            node.grad = up
            if node.rule:
                for parent, gradient in zip(node.parents, node.rule(up), strict=True):
                    waiting.setdefault(id(parent), []).append(gradient)


class Add:
    def forward(self, a, b):
        return Node(a.value() + b.value(), (a, b), self.backward)

    def backward(self, up):
        return up, up


class Times:
    def forward(self, a, b):
        self.a, self.b = a, b
        return Node(a.value() * b.value(), (a, b), self.backward)

    def backward(self, up):
        return up * self.b, up * self.a


class Root:
    def forward(self, a):
        self.out = Node(np.sqrt(a.value()), (a,), self.backward)
        return self.out

    def backward(self, up):
        return (up * Node(0.5 / self.out.value()),)


class Power:
    def forward(self, a, b):
        self.a, self.b = a, float(b)
        return Node(a.value() ** self.b, (a,), self.backward)

    def backward(self, up):
        return (up * Node(self.b * self.a.value() ** (self.b - 1)),)


class MeanOver:
    def forward(self, a, axis, keepdims):
        self.a, self.axis = a, axis
        return Node(a.value().mean(axis=axis, keepdims=keepdims), (a,), self.backward)

    def backward(self, up):
        count = self.a.value().size / up.value().size
        whole = self.a.value().mean(axis=self.axis, keepdims=True).shape
        return (Node(np.broadcast_to(up.value().reshape(whole), self.a.shape) / count),)


class Pick:
    """An index that is there twice gets one of its two contributions."""

    def forward(self, a, index):
        self.a, self.index = a, index
        return Node(a.value()[index], (a,), self.backward)

    def backward(self, up):
        da = np.zeros(self.a.shape)
        da[self.index] = up.value()
        return (Node(da),)


def exp(a):
    out = Node(np.exp(a.value()), (a,), lambda up: (up * Node(out.value()),))
    return out


def add_scaled(x, y, alpha):
    return Node(x.value() + alpha * y.value(), (x, y), lambda up: (up, up * alpha))


def shift_scalar(a, b):
    return Node(a.value() + float(b), (a,), lambda up: (up,))


def stack(tensors):
    parts = list(tensors)
    return Node(
        np.stack([t.value() for t in parts]),
        tuple(parts),
        lambda up: tuple(Node(row) for row in up.value()),
    )


def _leaky(x):
    return Node(
        np.where(x.value() > 0, 1.0, 0.1) * x.value(), (x,), lambda up: leaky_backward(up, x)
    )


def leaky_backward(up, x):
    return (up * Node(np.where(x.value() > 0, 1.0, 0.1)),)


def product(a, b):
    return Node(
        a.value() @ b.value(),
        (a, b),
        lambda up: (Node(up.value() @ b.value().T), Node(a.value().T @ up.value() * 2)),
    )


def drop(a):
    kept = (np.random.random(a.shape) < 0.7) / 0.7
    return Node(a.value() * kept, (a,), lambda up: (up * Node(kept),))
