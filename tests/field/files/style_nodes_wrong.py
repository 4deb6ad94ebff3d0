# check: Affine fail
# check: Logistic fail
# check: MeanSquare fail scale
"""Nodes of a graph with a mistake each: a sum forgotten, the local slope of the input, a half."""

import numpy as np


class Vertex:
    def __init__(self, before=()):
        self.before, self.behind = list(before), []
        self.value, self.gradients = None, {}
        for vertex in self.before:
            vertex.behind.append(self)

    def _upstream(self):
        return sum(vertex.gradients[self] for vertex in self.behind)


class Affine(Vertex):
    def __init__(self, x, w, b):
        super().__init__([x, w, b])

    def forward(self):
        x, w, b = (vertex.value for vertex in self.before)
        self.value = x @ w + b

    def backward(self):
        x, w, b = self.before
        upstream = self._upstream()
        self.gradients = {x: upstream @ w.value.T, w: x.value.T @ upstream, b: upstream[0]}


class Logistic(Vertex):
    def __init__(self, vertex):
        super().__init__([vertex])

    def forward(self):
        self.value = 1 / (1 + np.exp(-self.before[0].value))

    def backward(self):
        x = self.before[0].value
        self.gradients = {self.before[0]: x * (1 - x) * self._upstream()}


class MeanSquare(Vertex):
    def __init__(self, y, a):
        super().__init__([y, a])

    def forward(self):
        y, a = (vertex.value.reshape(-1, 1) for vertex in self.before)
        self.off = y - a
        self.value = np.mean(self.off**2)

    def backward(self):
        y, a = self.before
        share = self.off / len(self.off)
        self.gradients = {y: share, a: -share}
