"""What other cells of a notebook hold tells what a layer in one of them is meant for."""

import json

import pytest

import minnet

SIGMOID = """
import numpy as np

class Sigmoid:
    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, dout):
        return dout
"""
ENTROPY = """
def cross_entropy_backward(p, y):
    return p - y
"""
AFFINE = """
import numpy as np

class Affine:
    def __init__(self, n_in, n_out):
        self.W, self.dW = np.ones((n_in, n_out)), np.zeros((n_in, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW += self.x.T @ dout
        return dout @ self.W.T
"""
UPDATE = """
def update(layers, rate):
    for layer in layers:
        layer.W -= rate * layer.dW
        layer.dW.fill(0)
"""


@pytest.mark.parametrize(("layer", "more"), [(SIGMOID, ENTROPY), (AFFINE, UPDATE)])
def test_a_convention_that_another_cell_tells(tmp_path, layer, more):
    for name, sources, verdict in (("all", (layer, more), "pass"), ("one", (layer,), "fail")):
        cells = [{"cell_type": "code", "source": source} for source in sources]
        file = tmp_path / f"{name}.ipynb"
        file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
        (target,) = minnet.check(str(file)).targets
        assert [check.verdict for check in target.checks] == [verdict]
