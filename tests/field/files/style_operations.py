# check: Mul pass
# check: Log pass
# check: MatMul pass
# check: Sum pass
# check: ScalarReLU pass
# check: EWiseDiv pass
# check: PowerScalar pass
# check: Transpose pass
# check: Square pass
# check: Tanh pass
"""Operations of autograd libraries: with a context, with a node, with the inputs kept by a call."""

import numpy as np


class Mul:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved_tensors
        return grad * b, grad * a


class Log:
    @staticmethod
    def forward(ctx, a):
        ctx.a = a
        return np.log(a)

    @staticmethod
    def backward(ctx, grad):
        return grad / ctx.a


class MatMul:
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a @ b

    def backward(ctx, grad):
        a, b = ctx.saved
        return grad @ b.T, a.T @ grad


class Sum:
    @staticmethod
    def forward(ctx, a, axis):
        ctx.shape, ctx.axis = a.shape, axis
        return a.sum(axis)

    @staticmethod
    def backward(ctx, grad):
        if ctx.axis is not None:
            grad = np.expand_dims(grad, ctx.axis)
        return np.broadcast_to(grad, ctx.shape)


class ScalarReLU:
    @staticmethod
    def forward(ctx, a: float) -> float:
        ctx.save_for_backward(a)
        return a if a > 0 else 0.0

    @staticmethod
    def backward(ctx, d: float) -> float:
        (a,) = ctx.saved_values
        return d if a > 0 else 0.0


class EWiseDiv:
    def compute(self, a, b):
        return a / b

    def gradient(self, out_grad, node):
        a, b = node.inputs
        return out_grad / b, -out_grad * a / (b * b)


class PowerScalar:
    def __init__(self, scalar: int):
        self.scalar = scalar

    def compute(self, a):
        return a**self.scalar

    def gradient(self, out_grad, node):
        (a,) = node.inputs
        return out_grad * self.scalar * a ** (self.scalar - 1)


class Transpose:
    def __init__(self, axes=None):
        self.axes = axes

    def compute(self, a):
        return np.swapaxes(a, *(self.axes or (-1, -2)))

    def gradient(self, out_grad, node):
        return np.swapaxes(out_grad, *(self.axes or (-1, -2)))


class Variable:
    def __init__(self, data):
        self.data, self.creator = data, None


class Function:
    def __call__(self, *inputs):
        out = Variable(self.forward(*(x.data for x in inputs)))
        out.creator = self
        self.inputs, self.outputs = inputs, (out,)
        return out


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs[0].data * gy


class Tanh(Function):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, gy):
        return (1 - self.outputs[0].data ** 2) * gy
