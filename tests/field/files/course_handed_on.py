# check: Dense pass
# check: Halved fail scale
# check: Stepped pass
# check: Block pass
# check: Whole pass not_checked
"""Layers that hand each parameter with its gradient to an optimizer, within backward."""

import numpy as np


class Sgd:
    def __init__(self, lr, decay=0.01):
        self.lr, self.decay = lr, decay

    def optim(self, w, dw, decays=False):
        return w - self.lr * (dw + self.decay * w * decays)

    def all(self, layer, gradients):
        for name, gradient in gradients.items():
            setattr(layer, name, getattr(layer, name) - self.lr * gradient)


class Dense:
    def __init__(self, in_node, out_node, optimizer=Sgd(0.1)):
        self.weight, self.b = np.random.randn(in_node, out_node), np.zeros(out_node)
        self.optimizer = optimizer

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.b

    def backward(self, dout):
        dx = dout @ self.weight.T
        self.b = self.optimizer.optim(self.b, dout.sum(axis=0))
        self.weight = self.optimizer.optim(self.weight, self.x.T @ dout, decays=True)
        return dx


class Halved(Dense):
    def __init__(self, in_node, out_node, optimizer=Sgd(0.1)):
        super().__init__(in_node, out_node, optimizer)

    def backward(self, dout):
        dx = dout @ self.weight.T
        self.b = self.optimizer.optim(self.b, dout.sum(axis=0) / 2)
        self.weight = self.optimizer.optim(self.weight, self.x.T @ dout)
        return dx


class Stepped(Dense):
    def __init__(self, in_node, out_node, solver=None):
        super().__init__(in_node, out_node)
        self.solver = solver

    def backward(self, dout):
        dx = dout @ self.weight.T
        self.solver.step(self.b, dout.sum(axis=0))
        self.solver.step(self.weight, self.x.T @ dout)
        return dx


class Block:
    def __init__(self, in_node, out_node, optimizer=Sgd(0.1)):
        self.dense = Dense(in_node, out_node, optimizer)

    def forward(self, x):
        self.x = x
        return np.tanh(self.dense.forward(np.sin(x)))

    def backward(self, dout):
        out = np.tanh(self.dense.x @ self.dense.weight + self.dense.b)
        return self.dense.backward(dout * (1 - out**2)) * np.cos(self.x)


class Whole:
    """What its optimizer is given tells nobody which gradient is whose."""

    def __init__(self, in_node, out_node, optimizer=Sgd(0.1)):
        self.W, self.b = np.random.randn(in_node, out_node), np.zeros(out_node)
        self.optimizer = optimizer

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        dx = dout @ self.W.T
        self.optimizer.all(self, {"W": self.x.T @ dout, "b": dout.sum(axis=0)})
        return dx
