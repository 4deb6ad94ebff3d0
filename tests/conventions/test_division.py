"""A division by the batch size in the layers is agreed on by a file, not by a single layer."""

import pytest
from outcomes import verdicts

from minnet.conventions import check

DENSE = """
class {name}:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout {by}
        self.db = dout.sum(axis=0, keepdims=True) {by}
        return dout @ self.W.T
"""
LOSS = """
class MSELoss:
    def forward(self, y_pred, y_true):
        self.off = y_pred - y_true
        return {value}

    def backward(self):
        return {gradient}
"""
BY = "/ len(self.x)"
SUMMED = ("0.5 * np.sum(self.off**2)", "self.off")
AVERAGED = ("0.5 * np.sum(self.off**2) / len(self.off)", "self.off / len(self.off)")
LEFT = ("0.5 * np.sum(self.off**2) / len(self.off)", "self.off")


def layer(name, by=BY):
    return DENSE.format(name=name, by=by)


def loss(kind):
    return LOSS.format(value=kind[0], gradient=kind[1])


def checked(tmp_path, *parts):
    path = tmp_path / "layers.py"
    path.write_text("import numpy as np\n" + "".join(parts), encoding="utf-8")
    report = check(path)
    told = {
        c.name: {warning.code for case in c.cases for warning in case.warnings}
        for c in report.checks
    }
    return verdicts(report), told


@pytest.mark.parametrize(
    "parts",
    [
        (layer("Dense"), layer("Output")),
        (layer("Dense"), loss(LEFT)),
        (layer("Dense"), loss(SUMMED)),
    ],
)
def test_all_layers_divide_and_no_loss_does(tmp_path, parts):
    found, told = checked(tmp_path, *parts)
    assert set(found.values()) == {"pass"}
    assert "convention" in told["Dense"]


def test_a_loss_that_leaves_the_division_out_is_wrong_without_such_layers(tmp_path):
    found, _ = checked(tmp_path, layer("Dense", ""), loss(LEFT))
    assert found == {"Dense": "pass", "MSELoss": "fail"}


@pytest.mark.parametrize("folder", [".", "nn/modules"])
def test_a_loss_by_itself_may_leave_it_to_the_layers_of_another_file(tmp_path, folder):
    assert checked(tmp_path, loss(LEFT))[0] == {"MSELoss": "fail"}
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    other = tmp_path / folder / "linear.py"
    other.write_text("import numpy as np\n" + layer("Dense", ""), encoding="utf-8")
    assert checked(tmp_path, loss(LEFT))[0] == {"MSELoss": "fail"}
    other.write_text("import numpy as np\n" + layer("Dense"), encoding="utf-8")
    found, told = checked(tmp_path, loss(LEFT))
    assert found == {"MSELoss": "pass"} and "convention" in told["MSELoss"]


WHERE = """
import numpy as np
class Dense:
    def backward(self, delta, wrt="w"):
        m = delta.shape[0]
        if wrt == "w":
            return (1 / m) * np.dot(delta.T, self.inputs)
        return np.dot(delta, self.w)
"""


@pytest.mark.parametrize(("by", "verdict"), [("(1 / m) * ", "pass"), ("", "fail")])
def test_layers_of_another_file_that_return_what_they_are_asked_for(tmp_path, by, verdict):
    (tmp_path / "dense.py").write_text(WHERE.replace("(1 / m) * ", by), encoding="utf-8")
    assert checked(tmp_path, loss(LEFT))[0] == {"MSELoss": verdict}


@pytest.mark.parametrize(
    "parts",
    [
        (layer("Dense"),),
        (layer("Dense"), loss(AVERAGED)),
        (layer("Dense"), layer("Output"), loss(AVERAGED)),
        (layer("Dense"), layer("Output", "")),
        (layer("Dense"), layer("Output", ""), loss(LEFT)),
    ],
)
def test_divided_twice_or_in_some_layers_alone_is_wrong(tmp_path, parts):
    found, _ = checked(tmp_path, *parts)
    assert found["Dense"] == "fail"
