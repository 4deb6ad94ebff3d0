"""The line that most likely holds a mistake is found whatever a gradient is called."""

import importlib.util

import numpy as np
import pytest

from minnet.gradcheck.diagnosis.hints import likely_line
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.spellings import GRADIENTS, INPUT_GRADIENTS

LAYER = """
import numpy as np


class Layer:
    def __init__(self):
        self.W, self.b = np.ones((3, 2)), np.ones(2)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.{db} = dout.sum(axis=0)
        self.{dW} = 2 * self.x.T @ dout
        self.{dx} = dout @ self.W.T
"""


def case_of(folder, **names):
    path = folder / "layer.py"
    path.write_text(LAYER.format(**names), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("layer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return LayerCase(module.Layer(), np.ones((4, 3)))


@pytest.mark.parametrize("form", GRADIENTS)
def test_the_line_of_a_parameters_gradient(tmp_path, form):
    case = case_of(tmp_path, dW=form.format("W"), db=form.format("b"), dx="dx")
    assert likely_line(case, "W", "unexplained").text.startswith(f"self.{form.format('W')} =")
    assert likely_line(case, "b", "unexplained").text.startswith(f"self.{form.format('b')} =")


@pytest.mark.parametrize("name", INPUT_GRADIENTS)
def test_the_line_of_the_inputs_gradient(tmp_path, name):
    case = case_of(tmp_path, dW="dW", db="db", dx=name)
    assert likely_line(case, "x", "unexplained").text.startswith(f"self.{name} =")
    assert likely_line(case, "W", "unexplained").text.startswith("self.dW =")


def test_no_line_is_shown_for_a_gradient_that_is_nowhere(tmp_path):
    case = case_of(tmp_path, dW="dW", db="sums", dx="dinputs")
    assert likely_line(case, "b", "missing") is None
