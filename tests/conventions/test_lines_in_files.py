"""Of a file with several things the line is told that is wrong for all of them, and no other."""

import pytest

import minnet

ENGINE = """
import math


class Value:
    def __init__(self, data, children=()):
        self.data, self.grad = data, 0.0
        self._prev, self._backward = set(children), lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, power):
        out = Value(self.data**power, (self,))

        def _backward():
            self.grad += power * self.data ** (power - 1) * out.grad

        out._backward = _backward
        return out

    def __truediv__(self, other):
        return self * other**-1

    def __neg__(self):
        return self * -1

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def _backward():
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            v._backward()
"""
#: operations of a graph whose derivatives are written with operations
FUNCTIONS = """
import numpy as np


class Variable:
    def __init__(self, data):
        self.data, self.grad, self.creator = data, None, None

    def backward(self):
        if self.grad is None:
            self.grad = Variable(np.ones_like(self.data))
        order, seen = [], set()

        def visit(f):
            if f is not None and f not in seen:
                seen.add(f)
                for x in f.inputs:
                    visit(x.creator)
                order.append(f)

        visit(self.creator)
        for f in reversed(order):
            grads = f.backward(f.output.grad)
            for x, g in zip(f.inputs, grads if isinstance(grads, tuple) else (grads,)):
                x.grad = g if x.grad is None else x.grad + g


class Function:
    def __call__(self, *inputs):
        self.inputs = [x if isinstance(x, Variable) else Variable(np.asarray(x)) for x in inputs]
        self.output = Variable(np.asarray(self.forward(*[x.data for x in self.inputs])))
        self.output.creator = self
        return self.output


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


class Mul(Function):
    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        x0, x1 = self.inputs
        return gy * x1, gy * x0


class Neg(Function):
    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


class Sin(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * cos(self.inputs[0])


class Cos(Function):
    def forward(self, x):
        return np.cos(x)

    def backward(self, gy):
        return -gy * sin(self.inputs[0])


def sin(x):
    return Sin()(x)


def cos(x):
    return Cos()(x)


Variable.__add__ = lambda a, b: Add()(a, b)
Variable.__mul__ = lambda a, b: Mul()(a, b)
Variable.__neg__ = lambda a: Neg()(a)
"""


def told(folder, text, old, new):
    """Return what is told first of each thing that is wrong in a file after an edit of it."""
    assert text.count(old) == 1
    path = folder / "engine.py"
    path.write_text(text.replace(old, new), encoding="utf-8")
    report = minnet.check(str(path), hints="fix")
    return {
        result.name: next(g.diagnosis[0] for c in result.cases for g in c.gradients if g.diagnosis)
        for result in report.checks
        if result.verdict == "fail"
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.grad += (1 - t**2) * out.grad", "self.grad += (1 - t) * out.grad"),
        (
            "self.grad += power * self.data ** (power - 1) * out.grad",
            "self.grad = power * self.data ** (power - 1) * out.grad",
        ),
        ("self.grad += other.data * out.grad", "self.grad += other.grad * out.grad"),
        ("other.grad += self.data * out.grad", "other.grad += self.data"),
    ],
)
def test_a_line_of_a_pass_that_forward_defines_is_told_and_cured(tmp_path, old, new):
    found = told(tmp_path, ENGINE, old, new)
    assert found
    # what only uses the wrong operation is told of it too, or of no line
    assert {one.line.text for one in found.values() if one.line} == {new}
    fixes = {one.fix.new for one in found.values() if one.fix}
    assert len(fixes) == 1, fixes


def test_right_code_that_a_wrong_pass_calls_is_not_blamed(tmp_path):
    found = told(tmp_path, FUNCTIONS, "return -gy * sin(", "return gy * sin(")
    assert {"Cos", "cos"} == {*found}
    assert {one.line.text for one in found.values()} == {"return gy * sin(self.inputs[0])"}


def test_the_right_engines_are_right(tmp_path):
    for text in (ENGINE, FUNCTIONS):
        path = tmp_path / "right.py"
        path.write_text(text, encoding="utf-8")
        report = minnet.check(str(path))
        assert report.verdict == "pass" and len(report.checks) > 5


COLUMNS = """
import numpy as np


def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)


def linear_backward(dZ, cache):
    A, W, b = cache
    m = A.shape[1]
    dW = dZ @ A.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return W.T @ dZ, dW, db
"""


def test_a_sum_over_everything_is_cured_in_a_layer_that_divides_by_the_batch_size(tmp_path):
    right, wrong = "np.sum(dZ, axis=1, keepdims=True) / m", "np.sum(dZ) / m"
    (found,) = told(tmp_path, COLUMNS, right, wrong).values()
    assert found.code == "shape" and found.line.text == f"db = {wrong}"
    assert found.fix.new == f"db = {right}"
    report = minnet.check(str(tmp_path / "engine.py"))
    verdicts = {g.wrt: g.verdict for g in report.checks[0].cases[0].gradients}
    assert verdicts == {"A": "pass", "W": "pass", "b": "fail"}
