# measured: 10
# check: Log pass
# check: Mul pass
# check: Sigmoid fail
# check: log pass
# check: inv pass
# check: relu fail
# check: Number.__add__ pass
# check: Number.__mul__ pass
"""Operations whose context gives one value bare; functions with what multiplies by d beside."""

import math


class Context:
    def __init__(self, no_grad=False):
        self.kept, self.no_grad = None, no_grad

    def save_for_backward(self, *values):
        self.kept = values

    @property
    def saved_values(self):
        return self.kept[0] if len(self.kept) == 1 else self.kept


class Variable:
    pass


class Log:
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return math.log(a)

    @staticmethod
    def backward(ctx, d_output):
        a = ctx.saved_values
        return d_output / a


class Mul:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, d_output):
        a, b = ctx.saved_values
        return d_output * b, d_output * a


class Sigmoid:
    @staticmethod
    def forward(ctx, a):
        out = 1 / (1 + math.exp(-a))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, d_output):
        out = ctx.saved_values
        return d_output * out * out


def log(x):
    return math.log(x)


def log_back(x, d):
    return d / x


def inv(x):
    return 1.0 / x


def inv_back(x, d):
    return -d / x**2


def relu(x):
    return x if x > 0 else 0.0


def relu_back(x, d):
    return d if x < 0 else 0.0


class Many(Variable):
    """Another kind of value, of arrays, that shares the base with the numbers."""

    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0


class Number(Variable):
    def __init__(self, v, parents=()):
        self.data, self.parents, self.grad = float(v), parents, None

    def __add__(self, other):
        return Number(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Number(self.data * other.data, ((self, other.data), (other, self.data)))

    def __neg__(self):
        return Number(-self.data, ((self, -1.0),))

    def backward(self):
        order, given = [], {id(self): 1.0}

        def visit(node):
            if node not in order:
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        for node in reversed(order):
            node.grad = given[id(node)]
            for parent, local in node.parents:
                d = node.grad * local
                if id(parent) in given:
                    given[id(parent)] += d
                else:
                    given[id(parent)] = d
