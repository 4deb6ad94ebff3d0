"""Each convention is recognised from names alone, and its correct code passes."""

from pathlib import Path

import numpy as np
import pytest
from outcomes import FILES, variables, verdicts

from minnet import layers
from minnet.conventions import check, subject
from minnet.report.results import CaseResult

STUDENTS = Path(__file__).parents[1] / "corpus" / "students"


@pytest.mark.parametrize("path", sorted(STUDENTS.glob("*.py")), ids=lambda p: p.stem)
def test_every_correct_student_file_passes(path):
    report = check(path)
    assert report, str(report)
    assert report.checks


def test_layers_that_are_given_their_parameters():
    report = check(FILES / "book_layers.py")
    assert report, str(report)
    assert variables(report, "Affine") == {"x", "W", "b"}
    assert variables(report, "BatchNormalization") == {"x", "gamma", "beta"}
    assert variables(report, "MatMul") == {"x", "W"}
    assert variables(report, "Embedding") == {"W"}
    assert variables(report, "RNN") == {"x", "h_prev", "Wx", "Wh", "b"}
    assert variables(report, "SoftmaxWithLoss") == {"x"}
    assert len(verdicts(report)) == 9


def test_nnfs_with_its_losses():
    report = check(FILES / "nnfs_full.py")
    assert report, str(report)
    assert variables(report, "Layer_Dense") == {"inputs", "weights", "biases"}
    assert variables(report, "Activation_Softmax_Loss_CategoricalCrossentropy") == {"inputs"}
    assert {c.convention for c in report.checks} >= {"nnfs"}
    assert {s.name for s in report.targets[0].skipped} == {"Layer_Input", "Model"}


def test_layers_that_update_themselves():
    report = check(FILES / "updating_layers.py")
    assert report, str(report)
    assert variables(report, "Dense") == {"input", "weights", "bias"}
    assert variables(report, "FCLayer") == {"input_data", "weights", "bias"}
    assert variables(report, "Convolutional") == {"input", "kernels", "biases"}
    assert set(verdicts(report)) == {
        "Activation", "Dense", "FCLayer", "Convolutional", "Reshape", "Sigmoid",
    }  # fmt: skip
    assert not any(case.warnings for c in report.checks for case in c.cases)


def test_a_course_that_divides_by_the_batch_size_in_its_layers_is_told_so():
    report = check(FILES / "linear_models.py")
    found = verdicts(report)
    assert set(found.values()) == {"pass"}
    assert set(found) == {"linear", "softmax_loss_naive", "svm_loss_vectorized"}
    told = {c.name for c in report.checks for case in c.cases if "convention" in codes_of(case)}
    assert told == {"linear"}


def codes_of(case):
    return {warning.code for warning in case.warnings}


def test_networks_with_a_loss_method_and_recurrent_cells():
    report = check(FILES / "networks.py")
    assert report, str(report)
    assert variables(report, "TwoLayerNet") == {"W1", "b1", "W2", "b2"}
    assert variables(report, "GRUCell") == {"x", "h_prev_t", "W", "U"}
    assert set(verdicts(report)) == {"sigmoid", "softmax_loss", "TwoLayerNet", "GRUCell"}
    (skipped,) = report.targets[0].skipped
    assert skipped.name == "RNNCell"
    assert "h, h_prev_l" in skipped.reason


def test_a_regularisation_that_only_the_loss_has_is_found(tmp_path):
    source = (FILES / "networks.py").read_text(encoding="utf-8")
    path = tmp_path / "networks.py"
    path.write_text(source.replace("X.T @ dh + self.reg * W1", "X.T @ dh"), encoding="utf-8")
    report = check(path, only="TwoLayerNet")
    wrong = {g.wrt for g in report.gradients if g.verdict == "fail"}
    assert wrong == {"W1"}
    assert report.gradient("W1").diagnosis[0].code == "weight_decay"


HIDDEN = {
    "the stride is ignored in backward": ("cs231n_conv", "* stride, j * stride", ", j"),
    "a padding of 1 is assumed": ("cs231n_conv", "pad : pad + H, pad", "1 : 1 + H, pad"),
    "windows side by side are assumed": ("cs231n_pool", "+=", "="),
    "the default of eps is assumed": (
        "cs231n_norm",
        "cache = (mode, x_hat, xmu, std, var",
        "cache = (mode, x_hat, xmu, np.sqrt(var + 1e-5), var",
    ),
}


def _broken(tmp_path, name):
    """Write a student's file with a mistake in it, at the last place that reads so."""
    stem, right, wrong = HIDDEN[name]
    before, found, after = (STUDENTS / f"{stem}.py").read_text(encoding="utf-8").rpartition(right)
    assert found
    path = tmp_path / f"{stem}.py"
    path.write_text(before + wrong + after, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", HIDDEN)
def test_a_mistake_that_one_friendly_case_hides_is_found(tmp_path, name):
    report = check(_broken(tmp_path, name))
    assert report.verdict in ("fail", "error")
    found = next(c for c in report.checks if c.verdict != "pass")
    assert "pass" in {case.verdict for case in found.cases}, "the ordinary case shows nothing"


def test_own_examples_are_used(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\n"
        "from minnet import Layer\n"
        "class Power(Layer):\n"
        "    def __init__(self, k): self.k = k\n"
        "    def forward(self, x): self.x = x; return x ** self.k\n"
        "    def backward(self, dout): return dout * 2 * self.x\n"
        "    @classmethod\n"
        "    def examples(cls, rng):\n"
        "        yield cls(2), (rng.standard_normal((2, 3)),)\n"
        "        yield cls(3), (rng.standard_normal((2, 3)),)\n",
        encoding="utf-8",
    )
    report = check(path)
    (found,) = report.checks
    assert found.convention == "minnet"
    assert [case.verdict for case in found.cases] == ["pass", "fail"]


def test_a_file_may_give_its_own_cases(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "import numpy as np\n"
        "def odd_forward(x, w, settings): return x * w * settings['k'], (x, w, settings)\n"
        "def odd_backward(dout, cache):\n"
        "    x, w, s = cache\n"
        "    return dout * w * s['k'], dout * x\n"
        "class Scale:\n"
        "    def __init__(self, mystery): self.W = np.full(3, mystery)\n"
        "    def forward(self, x): self.x = x; return x * self.W\n"
        "    def backward(self, dout): self.dW = (dout * self.x).sum(0); return dout * self.W\n"
        "def lonely_forward(x): return x, None\n"
        "def minnet_cases(rng):\n"
        "    for k in (1, 3):\n"
        "        yield 'odd', (rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), {'k': k})\n"
        "    yield Scale(2.5), rng.normal(size=(4, 3))\n"
        "    x, y = rng.normal(size=3), rng.normal(size=3)\n"
        "    yield lambda x, y: (float((x * y).sum()), y), (x, y)\n",
        encoding="utf-8",
    )
    report = check(path)
    assert verdicts(report) == {"odd": "fail", "Scale": "pass", "<lambda>": "pass"}
    (odd,) = [c for c in report.checks if c.name == "odd"]
    assert [case.verdict for case in odd.cases] == ["pass", "fail"]
    assert [s.name for s in report.targets[0].skipped] == ["lonely_forward"]


def test_what_no_convention_knows_is_skipped_with_a_remedy(tmp_path):
    path = tmp_path / "unknown.py"
    path.write_text(
        "def relu_forward(x): return x * (x > 0), x\n"
        "def relu_backward(dout, x): return dout * (x > 0)\n"
        "def wibble_forward(x, plan): return plan.of(x), None\n"
        "def wibble_backward(dout, cache): return dout\n"
        "class Odd:\n"
        "    def __init__(self, frobnication): self.kept = frobnication.root\n"
        "    def forward(self, x): return x\n"
        "    def backward(self, dout): return dout\n",
        encoding="utf-8",
    )
    report = check(path)
    assert report
    assert verdicts(report) == {"relu": "pass"}
    skipped = {s.name: s.reason for s in report.targets[0].skipped}
    assert set(skipped) == {"wibble", "Odd"}
    assert "minnet_cases" in skipped["wibble"]
    assert "frobnication" in skipped["Odd"]


class Square:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return dout * 2 * self.x


def test_classes_objects_and_modules_are_checked_where_they_are():
    import sys

    assert check(Square)
    assert check(Square())
    assert verdicts(check(sys.modules[__name__])) == {"Square": "pass"}


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(7, 3),
        layers.Conv2D(4, 3, kernel_size=3),
        layers.BatchNorm(4),
        layers.Sequential(layers.Dense(7, 3), layers.ReLU(), layers.Dense(3, 2)),
    ],
    ids=repr,
)
def test_an_object_is_given_inputs_that_fit_its_parameters(layer):
    report = check(layer)
    assert report, str(report)
    assert all(case.gradients for c in report.checks for case in c.cases)


def test_something_that_cannot_be_checked_is_refused_in_one_line():
    report = check(np.sin, 3, test_own_examples_are_used)
    assert report.verdict == "error"
    assert all(t.error and "\n" not in t.error for t in report.targets)


def test_minnets_own_layers_and_losses_pass():
    report = check()
    assert report, str(report)
    assert {"Conv2D", "MaxPool2D", "SoftmaxCrossEntropy"} <= set(verdicts(report))


def test_only_restricts_by_name_or_pattern():
    assert set(verdicts(check(STUDENTS / "cs231n_dense.py", only="affine*"))) == {
        "affine",
        "affine_relu",
    }
    report = check(STUDENTS / "cs231n_dense.py", only="conv")
    assert "conv" in report.targets[0].error


def test_a_division_by_the_samples_of_one_of_two_parameters_is_named_after_the_batch(tmp_path):
    file = tmp_path / "week4.py"
    file.write_text(
        "import numpy as np\n"
        "def linear_forward(A, W, b):\n"
        "    return W @ A + b, (A, W, b)\n"
        "def linear_backward(dZ, cache):\n"
        "    A, W, b = cache\n"
        "    return W.T @ dZ, dZ @ A.T / A.shape[1], np.sum(dZ, axis=1, keepdims=True)\n",
        encoding="utf-8",
    )
    wrong = [g for g in check(file).gradients if g.verdict == "fail"]
    assert {g.wrt for g in wrong} == {"W"}
    assert all(g.diagnosis[0].code == "scale" for g in wrong)
    columns = [1 / g.diagnosis[0].factor.value for g in wrong]
    assert columns == pytest.approx([round(count) for count in columns], rel=1e-4)
    assert not any("features" in g.diagnosis[0].message for g in wrong)


def test_attention_is_given_a_width_that_its_heads_divide(tmp_path):
    """Two heads of three features: a scale of sqrt(1), or one head, would hide mistakes."""
    file = tmp_path / "attention.py"
    file.write_text(
        "import numpy as np\n"
        "class SelfAttention:\n"
        "    def __init__(self, d_model, num_heads):\n"
        "        assert d_model % num_heads == 0\n"
        "        self.h, self.W = num_heads, np.random.randn(d_model, d_model)\n"
        "    def forward(self, x):\n"
        "        self.x, (B, T, D) = x, x.shape\n"
        "        assert 1 < self.h < D\n"
        "        return (x @ self.W).reshape(B, T, self.h, D // self.h) / np.sqrt(D // self.h)\n"
        "    def backward(self, d):\n"
        "        d = d.reshape(self.x.shape)  # the division by the root is missing\n"
        "        self.dW = np.einsum('btd,bte->de', self.x, d)\n"
        "        return d @ self.W.T\n",
        encoding="utf-8",
    )
    wrong = check(file).gradients
    assert {(g.wrt, g.diagnosis[0].code) for g in wrong} == {("x", "scale"), ("W", "scale")}
    assert wrong[0].diagnosis[0].evidence["factor"] == pytest.approx(3**0.5)


RANDOM = """
import numpy as np
class Dropout:
    def __init__(self, rate, rng):
        self.mix, self.also = np.random.randn(5, 5), rng.normal(size=5)
    def forward(self, x):
        self.mask = np.random.rand(*x.shape) > 0.4
        return (x * self.mask) @ self.mix + self.also
    def backward(self, dout): return (dout @ self.mix.T) * self.mask
"""


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others(monkeypatch):
    namespace = {}
    exec(RANDOM, namespace)
    layers = []

    def remember(case, options):
        run = case.seeded(options.seed).run()  # as the engine does
        layer = case._layer
        layers.append((run.outputs[0], layer.mask, layer.mix, layer.also))
        return case, CaseResult("", "pass")

    monkeypatch.setattr(subject, "checked", remember)
    for seed in (0, 0, 1):
        check(namespace["Dropout"], seed=seed)
    first, again, other = layers
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, different)
