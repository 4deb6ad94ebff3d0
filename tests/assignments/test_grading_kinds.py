"""Functions with loops and settings, losses, lots, and classes of several courses are graded."""

from __future__ import annotations

from pathlib import Path

import pytest
from puppets import assignment_in, lost

from minnet.assignments.folder import AssignmentError
from minnet.assignments.grading import grade

CONV = """
import numpy as np


def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = xp[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, w) + b
    return out, (x, w, b, conv_param)


def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    HH, WW = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (slice(None), slice(None), slice(i * stride, i * stride + HH),
                  slice(j * stride, j * stride + WW))
            dxp[at] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
            dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], xp[at])
    dx = dxp[:, :, pad : pad + H, pad : pad + W]
    db = dout.sum(axis=(0, 2, 3))
    return dx, dw, db


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    out = x
    if mode == "train":
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    dx = dout * mask if dropout_param["mode"] == "train" else dout
    return dx


def softmax_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    dx = p.copy()
    dx[np.arange(len(y)), y] -= 1
    return loss, dx / len(y)
"""
CONV_TOML = """
title = "Convolution"
file = "layers.py"
hints = "full"
secret = "nobody knows"
item = [
  {{ name = "conv", forward = 20, backward = 40 }},
  {{ name = "dropout", forward = 10, backward = 10 }},
  {{ name = "softmax_loss", forward = 10, backward = 10 }},
]
"""
MYTORCH = """
import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))

    def forward(self, A):
        self.A = A
        return A @ self.W.T + self.b.T

    def backward(self, dLdZ):
        self.dLdW = dLdZ.T @ self.A
        self.dLdb = dLdZ.sum(axis=0).reshape(-1, 1)
        return dLdZ @ self.W


class Tanh:
    def forward(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def backward(self, dLdA):
        return dLdA * (1 - self.A**2)


class MSELoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        return np.mean((A - Y) ** 2)

    def backward(self):
        return 2 * (self.A - self.Y) / self.A.size
"""
MYTORCH_TOML = """
title = "MyTorch"
file = "linear.py"
hints = "full"
secret = "nobody knows"
item = [
  {{ name = "Linear", forward = 20, backward = 40 }},
  {{ name = "Tanh", forward = 10, backward = 10 }},
  {{ name = "MSELoss", forward = 10, backward = 10 }},
]
"""
NNFS = """
import numpy as np


class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.1 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues * (self.inputs > 0)
"""
NNFS_TOML = """
title = "NNFS"
file = "net.py"
hints = "full"
item = [
  {{ name = "Layer_Dense", forward = 20, backward = 40 }},
  {{ name = "Activation_ReLU", forward = 20, backward = 20 }},
]
"""
COURSES = {"conv": (CONV, CONV_TOML), "mytorch": (MYTORCH, MYTORCH_TOML), "nnfs": (NNFS, NNFS_TOML)}


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """Make each assignment once: its folder has the file of its name."""
    made = {}
    for name, (source, toml) in COURSES.items():
        folder = tmp_path_factory.mktemp(name) / "assignment"
        made[name] = assignment_in(folder, source, toml)
        made[name].solution.write_text(source, encoding="utf-8")
    return made


def graded(courses, course: str, folder: Path, *edits: tuple[str, str]):
    source = COURSES[course][0]
    for old, new in edits:
        assert source.count(old) >= 1, old
        source = source.replace(old, new)
    file = folder / "handed_in.py"
    file.write_text(source, encoding="utf-8")
    return grade(courses[course], file)


@pytest.mark.parametrize("course", COURSES)
def test_the_solution_gets_every_point(course, courses, tmp_path):
    made = graded(courses, course, tmp_path, ("import numpy as np\n", "import numpy as np  #\n"))
    assert made.score == made.max_score == 100
    assert not made.flags


#: course, edits, what is lost without the family, a code
MISTAKES = [
    ("conv", [("dxp[at] +=", "dxp[at] =")], {("conv", "x")}, "overwritten"),
    ("conv", [("dw += ", "dw = ")], {("conv", "w")}, "overwritten"),
    ("conv", [("db = dout.sum(axis=(0, 2, 3))", "db = dout.sum(axis=(0, 2))[:, 0]")],
     {("conv", "b")}, None),
    ("conv", [(", w) + b", ", w[:, :, ::-1, ::-1]) + b")], {("conv", "")}, "forward"),
    ("conv", [("pad : pad + H, pad : pad + W", "pad:-pad, pad:-pad")], {("conv", "x")}, "shape"),
    ("dropout", [("< p) / p", "< p)")], {("dropout", "")}, "forward"),
    ("dropout", [("dout * mask if", "dout * (np.random.rand(*dout.shape) < 0.5) if")],
     {("dropout", "x")}, None),
    ("softmax_loss", [(").mean()\n", ").sum()\n")], {("softmax_loss", "")}, "forward"),
    ("softmax_loss", [("dx / len(y)", "dx")], {("softmax_loss", "x")}, "scale"),
    ("mytorch", [("dLdZ.sum(axis=0)", "dLdZ.mean(axis=0)")], {("Linear", "b")}, "scale"),
    ("mytorch", [("self.dLdW = ", "self.dLdW = getattr(self, 'dLdW', 0) + ")],
     {("Linear", "W")}, "accumulates"),
    ("mytorch", [("        self.dLdb = dLdZ.sum(axis=0).reshape(-1, 1)\n", "")],
     {("Linear", "b")}, "missing"),
    ("mytorch", [("1 - self.A**2", "1 - self.A")], {("Tanh", "Z")}, "wrong_factor"),
    ("mytorch", [("np.mean((A - Y) ** 2)", "np.sum((A - Y) ** 2)")], {("MSELoss", "")}, "forward"),
    ("nnfs", [("self.inputs.T @ dvalues", "self.inputs.T @ dvalues * 2")],
     {("Layer_Dense", "weights")}, "scale"),
    ("nnfs", [("self.inputs > 0", "dvalues > 0")], {("Activation_ReLU", "inputs")}, None),
]  # fmt: skip


@pytest.mark.parametrize("name, edits, items, code", MISTAKES, ids=lambda v: str(v)[:30])
def test_a_mistake_costs_what_it_breaks(name, edits, items, code, courses, tmp_path):
    made = graded(courses, name if name in COURSES else "conv", tmp_path, *edits)
    assert {(item, wrt) for item, wrt, _ in lost(made)} == items
    codes = {c for item in made.items if item.score < item.max_score for c in item.codes}
    assert code is None or code in codes


def test_numbers_drawn_otherwise_are_as_right(courses, tmp_path):
    """The mask is another one, and drawn by rows of a generator of Python's."""
    edit = (
        "mask = (np.random.rand(*x.shape) < p) / p",
        "mask = np.random.binomial(1, p, x.shape[::-1]).T / p",
    )
    made = graded(courses, "conv", tmp_path, edit)
    assert made.score == 100 and not made.flags


def test_a_pad_of_zero_is_a_hard_case(courses, tmp_path):
    edit = ("pad : pad + H, pad : pad + W", "pad:-pad, pad:-pad")
    assert lost(graded(courses, "conv", tmp_path, edit)) == {("conv", "x", "hard")}


def test_a_known_slip_is_named(courses, tmp_path):
    made = graded(courses, "conv", tmp_path, (", w) + b", ", w)"))
    told = [item.message for item in made.items if item.name == "conv" and not item.wrt]
    assert all("the bias is left out" in message for message in told)


def test_points_for_a_forward_of_one_s_own_are_flagged(courses, tmp_path):
    """Another function than tanh, with its own gradient: a person has to look."""
    edits = [("np.tanh(Z)", "Z**2"), ("(1 - self.A**2)", "2 * np.sign(Q) * np.sqrt(self.A)")]
    edits += [("self.A = Z**2", "self.A, self.Z = Z**2, Z"), ("Q", "self.Z")]
    made = graded(courses, "mytorch", tmp_path, *edits[:2], *edits[2:])
    assert lost(made) == {("Tanh", "", "ordinary"), ("Tanh", "", "hard")}
    assert [flag.code for flag in made.flags] == ["own_forward"]


def test_objects_do_not_share_what_they_hold(courses, tmp_path):
    """An array of the class is one for all of its objects, and each case has its own sizes."""
    edits = [
        ("        self.A = A\n", "        Linear.kept = A\n"),
        ("self.A\n        self.dLdb", "Linear.kept\n        self.dLdb"),
    ]
    made = graded(courses, "mytorch", tmp_path, *edits)
    assert made.score == 100  # it is right as long as backward follows its forward


def test_a_layer_that_holds_layers_with_parameters_is_refused_in_words(tmp_path):
    source = (
        MYTORCH
        + """

class Block:
    def __init__(self, in_features, out_features):
        self.linear = Linear(in_features, out_features)

    def forward(self, A):
        return self.linear.forward(A)

    def backward(self, dLdZ):
        return self.linear.backward(dLdZ)
"""
    )
    toml = MYTORCH_TOML.replace('"Linear"', '"Block"')
    assignment = assignment_in(tmp_path / "assignment", source, toml)
    assignment.solution.write_text(source, encoding="utf-8")
    with pytest.raises(AssignmentError, match="layers within Block"):
        grade(assignment, assignment.solution)
