# check: Swap error
# check: Negate pass
# measured: 1
"""Operations that call one another: one of them with too many arguments, for arrays alone.

Of a single number Swap is right, which says nothing of it.
"""

import numpy as np


class TensorOp:
    def __call__(self, *inputs):
        out = Tensor(self.compute(*(one.data for one in inputs)))
        out.op, out.inputs = self, inputs
        return out


class Tensor:
    op, inputs = None, ()

    def __init__(self, data):
        self.data = np.asarray(data)

    @property
    def ndim(self):
        return self.data.ndim

    @property
    def shape(self):
        return self.data.shape


class Swap(TensorOp):
    def compute(self, a):
        return a.swapaxes(a.ndim - 2, a.ndim - 1) if a.ndim > 1 else a

    def gradient(self, out_grad, node):
        if out_grad.ndim > 1:
            return swap(out_grad, out_grad.ndim - 2, out_grad.ndim - 1)
        return out_grad


def swap(a):
    return Swap()(a)


class Negate(TensorOp):
    def compute(self, a):
        return -a

    def gradient(self, out_grad, node):
        return negate(out_grad)


def negate(a):
    return Negate()(a)
