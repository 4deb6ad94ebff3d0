# check: Value.__add__ fail
# check: Value.__mul__ pass
# check: Value.exp fail
# check: Value.tanh fail
# check: Walker.__add__ pass
# check: Walker.__mul__ pass
# check: Walker.backward fail
"""Numbers that know where they came from, with the slips that are usual there."""

import math


class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self._backward = data, 0.0, lambda: None
        self._prev = parents

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad = out.grad  # forgets what another path has brought
            other.grad = out.grad

        out._backward = back
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = back
        return out

    def exp(self):
        out = Value(math.exp(self.data), (self,))

        def back():
            self.grad += out.data

        out._backward = back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def back():
            self.grad += (1 - t) * out.grad

        out._backward = back
        return out

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build(child)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


class Walker:
    def __init__(self, data, parents=()):
        self.data, self.grad, self._backward = data, 0.0, lambda: None
        self._prev = parents

    def __add__(self, other):
        out = Walker(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = back
        return out

    def __mul__(self, other):
        out = Walker(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = back
        return out

    def backward(self):
        self.grad = 1.0
        waiting = [self]
        while waiting:  # goes through a node once for each path that leads to it
            node = waiting.pop(0)
            node._backward()
            waiting += node._prev
