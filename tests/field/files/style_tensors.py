# check: Linear pass
# check: Tanh pass
# check: MSELoss pass
# check: Affine pass
# check: Wrong fail scale
"""Layers on torch tensors."""

import torch


class Linear:
    def __init__(self, in_features, out_features):
        self.weight = torch.empty(out_features, in_features).normal_()
        self.bias = torch.zeros(out_features)
        self.dl_dw, self.dl_db = torch.zeros_like(self.weight), torch.zeros_like(self.bias)

    def forward(self, x):
        self.x = x
        return x.mm(self.weight.t()) + self.bias

    def backward(self, grad):
        self.dl_dw, self.dl_db = grad.t().mm(self.x), grad.sum(0)
        return grad.mm(self.weight)


class Tanh:
    def forward(self, x):
        self.y = torch.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y.pow(2))


class MSELoss:
    def forward(self, prediction, target):
        self.off = prediction - target
        return torch.mean(self.off**2)

    def backward(self):
        return 2 * self.off / torch.numel(self.off)


class Affine:
    @staticmethod
    def forward(x, w, b):
        out = torch.mm(x, w) + b
        return out, (x, w, b)

    @staticmethod
    def backward(dout, cache):
        x, w, b = cache
        return torch.mm(dout, w.t()), torch.mm(x.t(), dout), dout.sum(dim=0)


class Wrong:
    def __init__(self, in_features, out_features):
        self.weight = torch.empty(out_features, in_features).normal_()
        self.grad_weight = torch.zeros_like(self.weight)

    def forward(self, x):
        self.x = x
        return x.mm(self.weight.t())

    def backward(self, grad):
        self.grad_weight = 2 * grad.t().mm(self.x)
        return grad.mm(self.weight)
