# check: Node.__add__ pass
# check: Node.__mul__ pass
# check: Node.square pass
# check: Node.relu fail
# measured: 7
"""A graph that is built first and computed when it is asked for."""

import numpy as np


class Node:
    def __init__(self, *of):
        self.of, self.value, self.gradient = of, None, 0

    def eval(self):
        raise NotImplementedError

    def back_propogate(self):
        if self.value is None:
            raise RuntimeError("call eval() first")
        order = []

        def visit(node):
            if node not in order:
                for part in node.of:
                    visit(part)
                order.append(node)

        visit(self)
        self.gradient = np.ones_like(self.value)
        for node in reversed(order):
            node.hand_on()

    def __add__(self, other):
        return Sum(self, other if isinstance(other, Node) else Value(other))

    def __mul__(self, other):
        return Product(self, other if isinstance(other, Node) else Value(other))

    def __neg__(self):
        return Product(self, Value(-1.0))

    def square(self):
        return Product(self, self)

    def relu(self):
        return Relu(self)

    def sum(self):
        return Total(self)


class Value(Node):
    def __init__(self, value):
        super().__init__()
        self.value = np.asarray(value)

    def eval(self):
        return self.value

    def hand_on(self):
        pass


class Sum(Node):
    def eval(self):
        self.value = self.of[0].eval() + self.of[1].eval()
        return self.value

    def hand_on(self):
        for part in self.of:
            part.gradient = part.gradient + self.gradient


class Product(Node):
    def eval(self):
        self.value = self.of[0].eval() * self.of[1].eval()
        return self.value

    def hand_on(self):
        a, b = self.of
        from_b, from_a = self.gradient * b.value, self.gradient * a.value
        a.gradient = a.gradient + from_b
        b.gradient = b.gradient + from_a


class Relu(Node):
    def eval(self):
        self.value = np.maximum(self.of[0].eval(), 0)
        return self.value

    def hand_on(self):
        self.of[0].gradient = self.of[0].gradient + self.gradient


class Total(Node):
    def eval(self):
        self.value = self.of[0].eval().sum()
        return self.value

    def hand_on(self):
        self.of[0].gradient = self.of[0].gradient + self.gradient * np.ones(self.of[0].value.shape)
