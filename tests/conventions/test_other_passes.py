"""Classes whose passes have other names, and classes that have only one."""

import importlib.util

import numpy as np
import pytest
from outcomes import FILES, variables, verdicts

from minnet.conventions import check
from minnet.gradcheck import check_layer, check_loss, check_model


def test_passes_may_have_longer_names_and_a_base_class_too(tmp_path):
    file = tmp_path / "tutorial.py"
    file.write_text(
        "import numpy as np\n"
        "class Layer:\n"
        "    def forward_propagation(self, input): raise NotImplementedError\n"
        "    def backward_propagation(self, output_error, learning_rate): pass\n"
        "class FCLayer(Layer):\n"
        "    def __init__(self, input_size, output_size):\n"
        "        self.weights = np.random.rand(input_size, output_size) - 0.5\n"
        "    def forward_propagation(self, input):\n"
        "        self.input = input\n"
        "        return self.input @ self.weights\n"
        "    def backward_propagation(self, output_error, learning_rate):\n"
        "        input_error = output_error @ self.weights.T\n"
        "        self.weights -= learning_rate * (self.input.T @ output_error)\n"
        "        return input_error\n",
        encoding="utf-8",
    )
    report = check(file)
    assert report
    assert {gradient.name for gradient in report.gradients} == {"FCLayer.input", "FCLayer.weights"}


@pytest.fixture(scope="module")
def fprop_layers():
    spec = importlib.util.spec_from_file_location("fprop_layers", FILES / "fprop_layers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_course_with_other_names_for_the_passes_is_one_file_and_a_row_of_the_table():
    report = check(FILES / "fprop_layers.py")
    assert report, str(report)
    assert {c.convention for c in report.checks} == {"fprop"}
    assert variables(report, "Linear") == {"x", "W", "b"}
    assert variables(report, "Scaled") == {"x", "gamma"}
    assert variables(report, "MSE") == {"y_pred"}


def test_such_a_class_and_its_objects_are_checked_where_they_are(fprop_layers):
    before = {cls: set(vars(cls)) for cls in (fprop_layers.Linear, fprop_layers.Stack)}
    linear, stack, loss = fprop_layers.Linear(4, 3), fprop_layers.Stack(), fprop_layers.MSE()
    x, y = np.random.default_rng(0).standard_normal((2, 5, 4))
    reports = [check(fprop_layers), check(fprop_layers.Linear), check(linear), check(loss)]
    reports += [
        check_layer(stack, x),
        check_loss(loss, x, y),
        check_model(stack, loss, x, y[:, :2]),
    ]
    for report in reports:
        assert report, str(report)
        assert {c.convention for c in report.checks} == {"fprop"}
    assert {g.wrt for g in reports[4].gradients} == {
        "x", "layers.0.W", "layers.0.b", "layers.2.W", "layers.2.b",
    }  # fmt: skip
    caches = {"__slotnames__"}  # which copying an object leaves in any class
    assert before == {cls: set(vars(cls)) - caches for cls in before}, "a class is never changed"


def test_mistakes_in_a_bprop_are_found_on_their_line(tmp_path):
    source = (FILES / "fprop_layers.py").read_text(encoding="utf-8")
    path = tmp_path / "layers.py"
    path.write_text(source.replace("1 - self.y**2", "1 - self.y"), encoding="utf-8")
    wrong = [g for g in check(path, only="Tanh").gradients if g.verdict == "fail"]
    assert {g.name for g in wrong} == {"Tanh.x"}
    assert wrong[0].diagnosis[0].evidence["line"]["text"] == "return dout * (1 - self.y)"


def test_a_callable_with_a_backward_is_a_layer_as_a_class_and_as_an_object(tmp_path):
    source = (
        "import numpy as np\n"
        "class Square:\n"
        "    def __call__(self, x):\n"
        "        self.x = x\n"
        "        return x**2\n"
        "    def backward(self, dout): return 2 * self.x * dout\n"
    )
    path = tmp_path / "callable.py"
    path.write_text(source, encoding="utf-8")
    namespace = {}
    exec(source, namespace)
    for target in (path, namespace["Square"], namespace["Square"]()):
        assert verdicts(check(target)) == {"Square": "pass"}


def test_a_class_with_one_pass_is_skipped_and_one_with_none_passed_over(tmp_path):
    path = tmp_path / "half.py"
    path.write_text(
        "class OnlyForward:\n"
        "    def forward(self, x): return x\n"
        "class OnlyBackward:\n"
        "    def backward(self, dout): return dout\n"
        "class Functor:\n"
        "    def __call__(self, x): return x\n"
        "class Whole(OnlyForward, OnlyBackward): pass\n",
        encoding="utf-8",
    )
    report = check(path)
    assert verdicts(report) == {"Whole": "pass"}
    half = "; if another method is that, add a line to the class: "
    assert {s.name: s.reason for s in report.targets[0].skipped} == {
        "OnlyForward": f"it has a forward but no backward{half}backward = its_name",
        "OnlyBackward": f"it has a backward but no forward{half}forward = its_name",
    }
    (target,) = check(type("Half", (), {"backward": lambda self, dout: dout})).targets
    assert target.error == "the class Half has not both a forward and a backward"
