# check: Times pass
# check: Tanh pass
# check: Quotient fail swapped
# check: Squared pass
# check: Weighted pass
# check: Cubed fail scale
# check: Chosen skipped
"""Operations of two more kinds: told again what forward was given, or with a context of their own.

The context gives one saved value bare and several as a tuple, and keeps nothing unless a gradient
is required. A class method hands what it is given to the method that computes.
"""

import numpy as np


class Times:
    @staticmethod
    def forward(x, y):
        return x * y

    @staticmethod
    def backward(g, x, y, z):
        return g * y, g * x


class Tanh:
    def forward(x):
        return np.tanh(x)

    def backward(g, x, z):
        return [g * (1 - z**2)]


class Quotient:
    @staticmethod
    def forward(x, y):
        return x / y

    @staticmethod
    def backward(g, x, y, z):
        return -g * z / y, g / y


class Context:
    def __init__(self, requires_grad_=False):
        self.wanted, self.kept = requires_grad_, ()

    def save_for_backward(self, *values):
        if self.wanted:
            self.kept = values

    @property
    def saved(self):
        if not self.wanted:
            raise ValueError("nothing was kept")
        return self.kept if len(self.kept) > 1 else self.kept[0]


class Operation:
    @classmethod
    def forward(cls, ctx, *values):
        return cls._forward(ctx, *values)

    @classmethod
    def backward(cls, ctx, dout):
        raise NotImplementedError


class Squared(Operation):
    @classmethod
    def _forward(cls, ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @classmethod
    def backward(cls, ctx, dout):
        return 2 * ctx.saved * dout


class Weighted(Operation):
    @classmethod
    def _forward(cls, ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w + x

    @classmethod
    def backward(cls, ctx, dout):
        x, w = ctx.saved
        return (w + 1) * dout, x * dout


class Cubed(Operation):
    @classmethod
    def _forward(cls, ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @classmethod
    def backward(cls, ctx, dout):
        return 2 * ctx.saved**2 * dout


class Chosen(Operation):
    @classmethod
    def _forward(cls, ctx, x, y):
        raise KeyError("it wants the name of a mode")

    @classmethod
    def backward(cls, ctx, dout):
        return dout, dout
