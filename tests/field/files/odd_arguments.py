# check: Apply pass
# check: ApplyWrong fail
# check: ByFlag pass
# check: ByObject pass
# check: ByName pass
# check: Chain pass
# check: ChainWrong fail
# check: Started pass
# check: Sized pass
"""Constructors that want functions, layers, initializers, or sizes under names of their own."""

import numpy as np


class Apply:
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, x):
        self.x = x
        return self.activation(x)

    def backward(self, grad):
        return grad * self.activation_prime(self.x)


class ApplyWrong(Apply):
    def backward(self, grad):
        return grad * self.activation(self.x)


class ByFlag:
    def __init__(self, function):
        self.function = function

    def forward(self, x):
        self.x = x
        return self.function(x)

    def backward(self, dout):
        return dout * self.function(self.x, derivative=True)


class ByObject:
    def __init__(self, in_units, activation_func):
        self.W = np.random.randn(in_units, in_units)
        self.act = activation_func()

    def forward(self, x):
        self.x, self.z = x, x @ self.W
        return self.act.forward(self.z)

    def backward(self, dout):
        dz = dout * self.act.derivative(self.z)
        self.dW = self.x.T @ dz
        return dz @ self.W.T


class ByName:
    def __init__(self, n_inp, n_outp, nonlinearity):
        self.W = np.random.randn(n_inp, n_outp)
        if nonlinearity not in ("sigmoid", "tanh"):
            raise ValueError(nonlinearity)
        self.nonlinearity = nonlinearity

    def forward(self, x):
        self.x = x
        z = x @ self.W
        self.a = np.tanh(z) if self.nonlinearity == "tanh" else 1 / (1 + np.exp(-z))
        return self.a

    def backward(self, dout):
        slope = 1 - self.a**2 if self.nonlinearity == "tanh" else self.a * (1 - self.a)
        self.dW = self.x.T @ (dout * slope)
        return (dout * slope) @ self.W.T


class Chain:
    def __init__(self, modules):
        self.modules = modules

    def forward(self, x):
        for module in self.modules:
            x = module.forward(x)
        return x

    def backward(self, dout):
        for module in reversed(self.modules):
            dout = module.backward(dout)
        return dout


class ChainWrong(Chain):
    def backward(self, dout):
        for module in self.modules:
            dout = module.backward(dout)
        return dout


class Started:
    def __init__(self, fan_in, fan_out, initializer):
        self.W = initializer((fan_in, fan_out))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class Sized:
    def __init__(self, num_of_nodes, prevDim):
        self.W = np.random.randn(prevDim, num_of_nodes)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T
