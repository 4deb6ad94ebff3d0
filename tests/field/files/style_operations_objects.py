# check: Sum pass
# check: Spread pass
# check: Turned pass
# check: SumWrong fail scale
# check: TurnedWrong fail
# measured: 5
"""Operations that are objects, made by ``apply`` for each use, and told an axis or a shape."""

import numpy as np


class Function:
    def __init__(self, *tensors):
        self.parents = tensors
        self.saved = []

    def keep(self, *values):
        self.saved.extend(values)

    @classmethod
    def apply(cls, *tensors, **settings):
        made = cls(*tensors)
        return made.forward(*[t.item for t in tensors], **settings)


class Sum(Function):
    def forward(self, a, axis, keepdims):
        self.shape = a.shape
        return np.sum(a, axis, keepdims=keepdims)

    def backward(self, grad):
        return np.broadcast_to(grad, self.shape)


class Spread(Function):
    def forward(self, a, shape):
        self.shape = a.shape
        return np.reshape(a, shape)

    def backward(self, grad):
        return np.reshape(grad, self.shape)


class Turned(Function):
    def forward(self, a, order):
        self.keep(order)
        return np.transpose(a, order)

    def backward(self, grad):
        return np.transpose(grad, np.argsort(self.saved[0]))


class SumWrong(Function):
    def forward(self, a, axis, keepdims):
        self.shape = a.shape
        return np.sum(a, axis, keepdims=keepdims)

    def backward(self, grad):
        return np.broadcast_to(2 * grad, self.shape)


class TurnedWrong(Function):
    def forward(self, a, order):
        self.shape = a.shape
        return np.transpose(a, order)

    def backward(self, grad):
        return np.reshape(grad, self.shape)
