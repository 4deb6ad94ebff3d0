# check: Source pass
# check: Affine pass
# check: Logistic pass
# check: Product pass
# check: Halved pass
# check: MeanSquare pass
"""Nodes of a graph: the constructor is given the nodes before, and no pass an argument."""

import numpy as np


class Vertex:
    def __init__(self, before=()):
        self.before, self.behind = list(before), []
        self.value, self.gradients = None, {}
        for vertex in self.before:
            vertex.behind.append(self)

    def forward(self):
        raise NotImplementedError

    def backward(self):
        raise NotImplementedError

    def _upstream(self):
        return sum(vertex.gradients[self] for vertex in self.behind)


class Source(Vertex):
    def __init__(self):
        super().__init__()

    def forward(self):
        pass

    def backward(self):
        self.gradients = {self: self._upstream()}


class Affine(Vertex):
    def __init__(self, x, w, b):
        super().__init__([x, w, b])

    def forward(self):
        x, w, b = (vertex.value for vertex in self.before)
        self.value = x @ w + b

    def backward(self):
        x, w, b = self.before
        upstream = self._upstream()
        self.gradients = {
            x: upstream @ w.value.T,
            w: x.value.T @ upstream,
            b: upstream.sum(axis=0),
        }


class Logistic(Vertex):
    def __init__(self, vertex):
        super().__init__([vertex])

    def forward(self):
        self.value = 1 / (1 + np.exp(-self.before[0].value))

    def backward(self):
        local = self.value * (1 - self.value)
        self.gradients = {self.before[0]: local * self._upstream()}


class Product(Vertex):
    def __init__(self, *vertices):
        super().__init__(vertices)

    def forward(self):
        a, b = (vertex.value for vertex in self.before)
        self.value = a * b

    def backward(self):
        a, b = self.before
        upstream = self._upstream()
        self.gradients = {a: upstream * b.value, b: upstream * a.value}


class MeanSquare(Vertex):
    def __init__(self, y, a):
        super().__init__([y, a])

    def forward(self):
        y, a = (vertex.value.reshape(-1, 1) for vertex in self.before)
        self.off = y - a
        self.value = np.mean(self.off**2)

    def backward(self):
        y, a = self.before
        share = 2 / len(self.off) * self.off
        self.gradients = {y: share, a: -share}


class Cell:
    def __init__(self, *before):
        self.before, self.out, self.grad = before, None, 0.0


class Halved(Cell):
    def __init__(self, cell):
        super().__init__(cell)

    def forward(self):
        self.out = self.before[0].out / 2

    def backward(self):
        self.before[0].grad = self.before[0].grad + self.grad / 2
