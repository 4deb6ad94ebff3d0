# check: Linear pass
# check: LinearWrong fail
# check: Boxed pass
# check: Accumulating pass convention
# check: Rectifier pass
# check: tanh pass convention
# check: sigmoid fail scale
"""Layers on tensors of single precision, whose parameters come in pairs with their gradients."""

import torch
from torch import FloatTensor


class Linear:
    def __init__(self, in_dim, out_dim):
        self.weight = FloatTensor(out_dim, in_dim).normal_()
        self.shift = FloatTensor(out_dim).zero_()
        self.got_weight = torch.empty(out_dim, in_dim).zero_()
        self.got_shift = torch.empty(out_dim).zero_()

    def forward(self, x):
        self.x = x
        return x.mm(self.weight.t()) + self.shift

    def backward(self, grad):
        self.got_weight = grad.t().mm(self.x)
        self.got_shift = grad.sum(0)
        return grad.mm(self.weight)

    def param(self):
        return [(self.weight, self.got_weight), (self.shift, self.got_shift)]


class LinearWrong(Linear):
    def backward(self, grad):
        self.got_weight = grad.t().mm(self.x)
        self.got_shift = grad.sum(1)[: len(self.shift)]
        return grad.mm(self.weight)


class Pair:
    def __init__(self, value):
        self.value = value
        self.grad = FloatTensor(value.shape).zero_()


class Boxed:
    def __init__(self, in_dim, out_dim):
        self.w = Pair(FloatTensor(out_dim, in_dim).normal_())

    def forward(self, x):
        self.x = x
        return x.mm(self.w.value.t())

    def backward(self, grad):
        self.w.grad = grad.t().mm(self.x)
        return grad.mm(self.w.value)

    def param(self):
        return [self.w]


class Accumulating(Linear):
    def backward(self, *grads):
        self.got_weight += grads[0].t().mm(self.x)
        self.got_shift += grads[0].sum(0)
        return grads[0].mm(self.weight)

    def zero_grad(self):
        self.got_weight.zero_()
        self.got_shift.zero_()


class Rectifier:
    def forward(self, *inputs):
        self.x = inputs[0].clone()
        return self.x.clamp(min=0)

    def backward(self, *grads):
        return (self.x > 0).float() * grads[0]

    def param(self):
        return []


def tanh_forward(x):
    out = torch.tanh(x)
    return out, out


def tanh_backward(dout, cache):
    return dout * (1 - cache.float() ** 2)


def sigmoid_forward(x):
    out = torch.sigmoid(x)
    return out, out


def sigmoid_backward(dout, cache):
    return 2 * dout * cache * (1 - cache)
