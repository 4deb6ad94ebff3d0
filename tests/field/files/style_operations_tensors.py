# check: Neg pass
# check: Add pass
# check: Mul fail
# check: Turn pass
# check: Lower pass convention
"""Operations on tensors of single precision that give a gradient only to what asks for one."""

import numpy as np


class Tensor:
    def __init__(self, data, requires_grad=False, dtype=None):
        self.data = np.array(data, dtype=dtype or np.float32)
        self.requires_grad = requires_grad

    @property
    def shape(self):
        return self.data.shape


class Context:
    def save_for_backward(self, *tensors):
        self.kept = tensors

    def recall(self):
        return self.kept


class Neg:
    @staticmethod
    def forward(ctx: Context, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return Tensor(-a.data, a.requires_grad, a.data.dtype)

    @staticmethod
    def backward(ctx: Context, grad: Tensor):
        (a,) = ctx.recall()
        return (Tensor(-grad.data, dtype=grad.data.dtype) if a.requires_grad else None,)


class Add:
    @staticmethod
    def forward(ctx: Context, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return Tensor(a.data + b.data, a.requires_grad or b.requires_grad, a.data.dtype)

    @staticmethod
    def backward(ctx: Context, grad: Tensor):
        a, b = ctx.recall()
        return grad if a.requires_grad else None, grad if b.requires_grad else None


class Mul:
    @staticmethod
    def forward(ctx: Context, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return Tensor(a.data * b.data, a.requires_grad or b.requires_grad, a.data.dtype)

    @staticmethod
    def backward(ctx: Context, grad: Tensor):
        a, b = ctx.recall()
        da = Tensor(grad.data * a.data, dtype=grad.data.dtype) if a.requires_grad else None
        db = Tensor(grad.data * b.data, dtype=grad.data.dtype) if b.requires_grad else None
        return da, db


class Turn:
    @staticmethod
    def forward(ctx: Context, a: Tensor, dims) -> Tensor:
        ctx.save_for_backward(a)
        ctx.dims = dims
        return Tensor(np.transpose(a.data, dims), a.requires_grad, a.data.dtype)

    @staticmethod
    def backward(ctx: Context, grad: Tensor):
        (a,) = ctx.recall()
        back = np.transpose(grad.data, np.argsort(ctx.dims))
        return (Tensor(back, dtype=grad.data.dtype) if a.requires_grad else None,)


class Lower:
    @staticmethod
    def forward(ctx: Context, a: Tensor) -> Tensor:
        ctx.save_for_backward(a)
        return Tensor(np.tril(a.data), a.requires_grad, a.data.dtype)

    @staticmethod
    def backward(ctx: Context, grad: Tensor):
        (a,) = ctx.recall()
        return (Tensor(np.tril(grad.data)) if a.requires_grad else None,)
