# check: Scale pass
# check: Sum pass
# check: SumTwice fail scale
# check: Add pass
# measured: 4
"""Operations whose library gives a gradient the shape of its operand: it may be left smaller."""

import numpy as np


class Tensor:
    def __init__(self, values):
        self.values = np.asarray(values, dtype=float)

    @property
    def shape(self):
        return self.values.shape

    def numpy(self):
        return self.values

    def item(self):
        return self.values.item()

    def expand(self, other):
        values = np.broadcast_to(other.values, np.broadcast_shapes(self.shape, other.shape))
        more = values.ndim - len(self.shape)
        values = values.sum(axis=tuple(range(more)))
        axes = [k for k, n in enumerate(self.shape) if n == 1 != values.shape[k]]
        return Tensor(values.sum(axis=tuple(axes), keepdims=True))


def tensor(values):
    return Tensor(values)


class Context:
    def save_for_backward(self, *values):
        self.saved_values = values


class Function:
    @classmethod
    def apply(cls, *values):
        return cls.forward(Context(), *values)


class Scale(Function):
    @staticmethod
    def forward(ctx, t1: Tensor) -> Tensor:
        return Tensor(3 * t1.values)

    @staticmethod
    def backward(ctx, grad_output: Tensor) -> Tensor:
        return Tensor(3 * grad_output.values)


class Add(Function):
    @staticmethod
    def forward(ctx, t1: Tensor, t2: Tensor) -> Tensor:
        return Tensor(t1.values + t2.values)

    @staticmethod
    def backward(ctx, grad_output: Tensor):
        return grad_output, grad_output


class Sum(Function):
    @staticmethod
    def forward(ctx, a: Tensor, dim: Tensor) -> Tensor:
        ctx.save_for_backward(a.shape, dim)
        return Tensor(a.values.sum(axis=int(dim.item()), keepdims=True))

    @staticmethod
    def backward(ctx, grad_output: Tensor):
        return grad_output, 0.0


class SumTwice(Sum):
    @staticmethod
    def backward(ctx, grad_output: Tensor):
        return Tensor(2 * grad_output.values), 0.0
