"""``minnet step``: what is chosen, what is written, and one clear line for every wrong turn."""

import json
import math

import numpy as np
import pytest

from minnet import Dense, step
from minnet.cli import main
from minnet.layers import MaxPool2D
from minnet.losses import MSE

BATCHNORM = """\
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mu, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = (x - mu) / std
    return gamma * xhat + beta, (x, mu, std, xhat, gamma)


def batchnorm_backward(dout, cache):
    x, mu, std, xhat, gamma = cache
    N = x.shape[0]
    dxhat = dout * gamma
    dvar = np.sum(dxhat * (x - mu), axis=0) * 0.5 / std**3
    dmu = -np.sum(dxhat, axis=0) / std
    dx = dxhat / std + dvar * 2 * (x - mu) / N + dmu / N
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""


@pytest.fixture
def batchnorm(tmp_path):
    file = tmp_path / "bn.py"
    file.write_text(BATCHNORM)
    return file


def run(capsys, *arguments):
    status = main(["step", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_json_is_what_the_design_promises(capsys):
    status, out, _ = run(capsys, "dense", "--json", "-", "--at", "dW[2,1]")
    found = json.loads(out)
    assert status == 0 and found["schema"] == "minnet/trace/1"
    values = {value["name"]: value for value in found["values"]}
    assert {"x", "W", "b", "out", "dout", "dx", "dW", "db"} <= values.keys()
    assert np.array(values["W"]["data"]).shape == tuple(values["W"]["shape"])
    roles = {name: values[name]["role"] for name in ("x", "W", "out", "dout")}
    assert roles == {"x": "input", "W": "parameter", "out": "output", "dout": "upstream"}
    terms = found["terms"]
    assert terms["of"] == "dW[2,1]" and terms["value"] == values["dW"]["data"][2][1]
    assert terms["how"] == "sum"
    assert math.isclose(sum(term["value"] for term in terms["terms"]), terms["value"])
    assert {(pair["value"], pair["gradient"]) for pair in found["pairs"]} >= {
        ("x", "dx"),
        ("W", "dW"),
        ("b", "db"),
        ("out", "dout"),
    }
    lines = [operation["text"] for operation in found["operations"]]
    assert "out = self.x @ self.W" in lines and "self.dW = self.x.T @ rows" in lines


def test_no_number_is_written_that_json_does_not_have(capsys):
    _, out, _ = run(capsys, "conv", "--json", "-")

    def refuse(name):
        raise AssertionError(name)

    assert json.loads(out, parse_constant=refuse)


def test_a_failing_file_begins_at_its_wrong_line(capsys, batchnorm):
    status, out, _ = run(capsys, batchnorm, "--plain")
    assert status == 0
    assert "the line to look at: bn.py:15: dvar =" in out
    assert "not ∂L/∂var: dvar[" in out
    assert "it is ∂L/∂xhat, by the chain rule along forward" in out
    assert "it is ∂L/∂mu" in out and "not ∂L/∂x: dx[" in out


def test_a_right_file_has_no_wrong_line(capsys, tmp_path):
    file = tmp_path / "bn.py"
    file.write_text(BATCHNORM.replace("* 0.5 /", "* -0.5 /"))
    status, out, _ = run(capsys, f"{file}:batchnorm", "--plain")
    assert status == 0 and "not ∂L/" not in out and "line to look at" not in out
    assert "it is ∂L/∂var, by the chain rule along forward" in out
    assert "it is ∂L/∂x, as measured (±" in out


def test_the_demo_is_one_step_of_training(capsys):
    status, out, _ = run(capsys, "--plain")
    assert status == 0
    assert [word for word in ("FORWARD", "BACKWARD", "UPDATE") if word in out.split()] == [
        "FORWARD",
        "BACKWARD",
        "UPDATE",
    ]
    before, after = (json_value(capsys, "demo", name) for name in ("W1", "W1@2"))
    gradient = json_value(capsys, "demo", "dW1")
    assert np.allclose(after, before - 0.1 * gradient, atol=1e-15) and gradient.any()


def json_value(capsys, target, name):
    _, out, _ = run(capsys, target, "--json", "-")
    return next(np.array(v["data"]) for v in json.loads(out)["values"] if v["name"] == name)


def test_a_number_is_told_with_its_terms_its_twin_and_what_was_measured(capsys):
    _, out, _ = run(capsys, "dense", "--plain", "--at", "dx[0,1]")
    lines = out.splitlines()
    assert lines[0].startswith("dx[0,1] = ") and lines[1] == "the sum of 4:"
    assert "dout[0,0]·W[1,0] = " in lines[2]
    assert lines[-2].startswith("∂L/∂x[0,1], measured: ") and " ± " in lines[-2]
    assert lines[-1].startswith("its twin: x[0,1] = ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["dens0"], "did you mean Dense?"),
        (["qqqqq"], "there are LeakyReLU"),
        (["demo", "--at", "nothing[1]"], "there is no value 'nothing[1]' here; there are"),
        (["demo", "--at", "x[9,9]"], "x has the shape (2, 3)"),
        (["demo", "--at", "x"], "choose an element, as x[1,2]"),
        (["dense", "--case", "99"], "Dense has 5 cases: --case takes 1 to 5"),
        (["missing.py"], "missing.py does not exist"),
        (["dense", "--html", "layers.py"], "layers.py is code, and would be overwritten"),
        (["dense", "--json", "no/such/folder/a.json"], "there is no folder"),
        (["--case", "x"], "is not a whole number"),
    ],
)
def test_a_wrong_turn_gets_one_line(capsys, arguments, says):
    status, out, err = run(capsys, *arguments)
    assert status == 2 and out == ""
    assert says in err and err.count("\n") == 1


def test_code_that_stops_is_shown_up_to_there(capsys, tmp_path):
    file = tmp_path / "layers.py"
    file.write_text(
        "def affine_forward(x, w, b):\n"
        "    flat = x.reshape(len(x), -1)\n"
        "    return flat @ w + b, (x, w, b)\n"
        "def affine_backward(dout, cache):\n"
        "    x, w, b = cache\n"
        "    dx = dout @ w.T\n"
        "    return dx.reshape(x.shape), x.T @ dout, dout.sum(axis=0).oops\n"
    )
    status, out, _ = run(capsys, file, "--plain")
    assert status == 0
    assert "  dx (" in out and "here it stopped: backward raised AttributeError" in out


def test_a_layer_of_ones_own_in_a_notebook():
    layer, x = Dense(2, 3, rng=0), np.array([[1.0, 2.0], [3.0, -4.0]])
    kept = dict(vars(layer))
    walk = step(layer, x)
    assert "BACKWARD" in str(walk) and "Dense" in repr(walk)
    assert "x[0,0]·W[0,1]" in walk.number("out[0,1]")
    assert json.loads(walk.to_json("out[0,1]"))["terms"]["how"] == "sum"
    assert vars(layer).keys() == kept.keys() and layer.W is kept["W"]
    assert layer.W.dtype == np.float64
    with pytest.raises(LookupError, match="there is no value"):
        walk.number("nothing")


def test_a_loss_and_a_tie():
    assert "target" in str(step(MSE(), np.array([1.0, 2.0]), np.array([0.5, 2.5])))
    tied = step(MaxPool2D(2), np.ones((1, 1, 2, 2)))
    text = tied.number("out[0,0,0,0]")
    assert text.count("x[0,0,") == 4 and "the largest of 4" in text


def test_what_has_no_backward_is_refused():
    with pytest.raises(TypeError, match="has not both a forward and a backward"):
        step(np.sum, np.ones(2))
