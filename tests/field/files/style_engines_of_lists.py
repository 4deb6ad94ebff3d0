# check: Grid.__add__ pass
# check: Grid.__mul__ pass
# check: Grid.square pass
# check: Grid.cube fail
# check: total pass
# check: Grid.backward pass
# measured: 6
"""An engine whose values are tables of numbers, lists of lists: none is a single number."""


class Grid:
    def __init__(self, data, children=()):
        self.data, self.children = data, set(children)
        self.grad = [[0 for _ in row] for row in data]
        self._backward = lambda: None

    def filled(self, number):
        return [[number(i, j) for j, _ in enumerate(row)] for i, row in enumerate(self.data)]

    def add_grad(self, number):
        for i, row in enumerate(self.grad):
            for j, _ in enumerate(row):
                row[j] += number(i, j)

    def __add__(self, other):
        out = Grid(self.filled(lambda i, j: self.data[i][j] + other.data[i][j]), (self, other))

        def _backward():
            self.add_grad(lambda i, j: out.grad[i][j])
            other.add_grad(lambda i, j: out.grad[i][j])

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = Grid(self.filled(lambda i, j: self.data[i][j] * other.data[i][j]), (self, other))

        def _backward():
            self.add_grad(lambda i, j: other.data[i][j] * out.grad[i][j])
            other.add_grad(lambda i, j: self.data[i][j] * out.grad[i][j])

        out._backward = _backward
        return out

    def square(self):
        out = Grid(self.filled(lambda i, j: self.data[i][j] ** 2), (self,))
        out._backward = lambda: self.add_grad(lambda i, j: 2 * self.data[i][j] * out.grad[i][j])
        return out

    def cube(self):
        out = Grid(self.filled(lambda i, j: self.data[i][j] ** 3), (self,))
        out._backward = lambda: self.add_grad(
            lambda i, j: 2 * self.data[i][j] ** 2 * out.grad[i][j]
        )
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = self.filled(lambda i, j: 1)
        for node in reversed(order):
            node._backward()


def total(a, b):
    return a * b + a
