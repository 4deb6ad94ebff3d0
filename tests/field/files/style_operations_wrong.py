# check: Mul fail swapped
# check: Pow fail wrong_factor
# check: MatMul fail transpose
# check: Sigmoid fail
# check: EWiseDiv fail sign
# check: Square fail scale
"""Operations of autograd libraries with a slip each."""

import numpy as np


class Mul:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved_tensors
        return grad * a, grad * b


class Pow:
    @staticmethod
    def forward(ctx, a, n):
        ctx.a, ctx.n = a, n
        return a**n

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.n * ctx.a**ctx.n


class MatMul:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved_values
        return grad @ b, a @ grad


class Sigmoid:
    @staticmethod
    def forward(ctx, a: float) -> float:
        ctx.save_for_backward(a)
        return float(1 / (1 + np.exp(-a)))

    @staticmethod
    def backward(ctx, d: float) -> float:
        (a,) = ctx.saved_values
        return d * a * (1 - a)


class EWiseDiv:
    def compute(self, a, b):
        return a / b

    def gradient(self, out_grad, node):
        a, b = node.inputs
        return out_grad / b, out_grad * a / (b * b)


class Variable:
    def __init__(self, data):
        self.data, self.creator = data, None


class Function:
    def __call__(self, *inputs):
        out = Variable(self.forward(*(x.data for x in inputs)))
        out.creator = self
        self.inputs = inputs
        return out


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return self.inputs[0].data * gy
