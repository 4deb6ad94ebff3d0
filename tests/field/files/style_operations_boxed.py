# check: Times pass
# check: Clamp pass
# check: TimesWrong fail
# check: Exponential pass
# check: MeanOf pass
# check: ExponentialWrong fail
# check: Difference pass
# check: DifferenceWrong fail sign
"""Operations on a library's own tensors: arrays come back, or they hold their operands."""

import numpy as np


class Tensor:
    def __init__(self, data, parents=(), made_by=None):
        self.data = np.array(data, dtype=float)
        self.grad = None
        self.parents, self.made_by = parents, made_by

    def __add__(self, other):
        return Tensor(self.data + other.data, (self, other), Plus(self, other))

    def __mul__(self, other):
        return Product(self, other).forward()

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        for node in order:
            node.grad = np.zeros_like(node.data)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            if node.made_by is not None:
                node.made_by.out = node
                node.made_by.backward()


class Plus:
    def __init__(self, a, b):
        self.a, self.b, self.out = a, b, None

    def forward(self):
        self.out = self.a + self.b
        return self.out

    def backward(self):
        self.a.grad += self.out.grad
        self.b.grad += self.out.grad


class Product(Plus):
    def forward(self):
        self.out = Tensor(self.a.data * self.b.data, (self.a, self.b), self)
        return self.out

    def backward(self):
        self.a.grad += self.out.grad * self.b.data
        self.b.grad += self.out.grad * self.a.data


class Exponential:
    def __init__(self, a):
        self.a, self.out = a, None

    def forward(self):
        self.out = Tensor(np.exp(self.a.data), (self.a,), self)
        return self.out

    def backward(self):
        self.a.grad += self.out.grad * self.out.data


class ExponentialWrong(Exponential):
    def forward(self):
        self.out = Tensor(np.exp(self.a.data), (self.a,), self)
        return self.out

    def backward(self):
        self.a.grad += self.out.grad * self.a.data


class MeanOf:
    def __init__(self, a, axis=None):
        self.a, self.axis, self.out = a, axis, None

    def forward(self):
        self.out = Tensor(self.a.data.mean(axis=self.axis), (self.a,), self)
        return self.out

    def backward(self):
        size = self.a.data.size / self.out.data.size
        self.a.grad += np.broadcast_to(self.out.grad / size, self.a.data.shape)


class Difference:
    """Takes whatever it is given, and hands back to each what is its own."""

    def forward(self, *inputs):
        left, right = inputs
        assert isinstance(left, Tensor) and isinstance(right, Tensor)
        self.left, self.right = left, right
        self.out = Tensor(left.data - right.data, (left, right), self)
        return self.out

    def backward(self):
        self.left.grad += self.out.grad
        self.right.grad += -self.out.grad


class DifferenceWrong(Difference):
    def backward(self):
        self.left.grad += self.out.grad
        self.right.grad += self.out.grad


class Context:
    def save_for_backward(self, *tensors):
        assert all(isinstance(t, Tensor) for t in tensors), "only tensors are saved"
        self.saved_tensors = tensors


class Times:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a.data * b.data

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return grad_output * b.data, grad_output * a.data


class TimesWrong:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a.data * b.data

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved_tensors
        return grad_output * a.data, grad_output * b.data


class Clamp:
    @staticmethod
    def forward(ctx, a, min_val, max_val):
        ctx.save_for_backward(a)
        ctx.bounds = min_val, max_val
        return np.clip(a.data, min_val, max_val)

    @staticmethod
    def backward(ctx, grad_output):
        (a,) = ctx.saved_tensors
        low, high = ctx.bounds
        return grad_output * ((a.data >= low) & (a.data <= high))
