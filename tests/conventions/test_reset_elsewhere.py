"""Gradients that backward adds to, where the code that sets them to zero is in another file."""

import pytest

from minnet import check

LAYERS = """
import numpy as np


class Mixing:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.dLdW = np.zeros_like(self.W)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dLdW += self.x.T @ dout
        return dout @ self.W.T


class Twice:
    def __init__(self, n_in, n_out):
        self.mixing = Mixing(n_in, n_out)

    def forward(self, x):
        return 2 * self.mixing.forward(x)

    def backward(self, dout):
        return self.mixing.backward(2 * dout)
"""
MODEL = """
class Model:
    def zero_grads(self):
        for layer in self.layers:
            layer.{name}.fill(0.0)
"""


@pytest.mark.parametrize(
    ("name", "verdicts"), [("dLdW", ["pass", "pass"]), ("dLdV", ["fail", "fail"])]
)
def test_what_is_reset_is_known_by_its_name(tmp_path, name, verdicts):
    project = tmp_path / "project"
    for folder in ("layers", "models"):
        (project / folder).mkdir(parents=True)
        (project / folder / "__init__.py").write_text("", encoding="utf-8")
    (project / "layers" / "mixing.py").write_text(LAYERS, encoding="utf-8")
    (project / "models" / "net.py").write_text(MODEL.format(name=name), encoding="utf-8")
    report = check(project / "layers" / "mixing.py")
    assert [result.verdict for result in report.checks] == verdicts
