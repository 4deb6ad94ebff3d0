"""A case agrees when its claimed gradients are the central differences of its forward."""

import numpy as np
import pytest

from minnet.gradcheck.case import Case

rng = np.random.default_rng(0)
x = rng.standard_normal((4, 3))
W, b = rng.standard_normal((3, 5)), rng.standard_normal(5)


def assert_agrees(case: Case, expected: set[str]) -> None:
    """Assert that the case has these variables and that every claim is the central difference."""
    assert set(case.variables) == expected
    run = case.run()
    upstream = tuple(np.random.default_rng(1).standard_normal(o.shape) for o in run.outputs)
    if case.is_loss:
        upstream = (np.ones(()),)
    claimed = run.backward(upstream)
    for name, value in case.variables.items():
        direction = np.random.default_rng(2).standard_normal(value.shape)
        h = 1e-6
        plus = case.run({name: value + h * direction}).outputs
        minus = case.run({name: value - h * direction}).outputs
        pairs = zip(upstream, plus, minus, strict=True)
        slope = sum(float((u * (p - m)).sum()) for u, p, m in pairs) / (2 * h)
        assert np.shape(claimed[name]) == value.shape, name
        assert float((claimed[name] * direction).sum()) == pytest.approx(slope, rel=1e-6), name


class Dense:
    def __init__(self):
        self.W, self.b = W.copy(), b.copy()

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T
