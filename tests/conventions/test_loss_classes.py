"""Losses among a file's own cases, with examples, and found by their names."""

import pytest
from outcomes import variables

from minnet.conventions import check
from minnet.gradcheck import check_cases

LOSS = (
    "import numpy as np\n"
    "class Error:\n"
    "    def forward(self, FIRST, SECOND):\n"
    "        self.p, self.t = PREDICTION, TARGET\n"
    "        return float(((self.p - 2 * self.t) ** 2 * self.p).sum())\n"
    "    def backward(self):\n"
    "        e = self.p - 2 * self.t\n"
    "        return 2 * e * self.p + e**2\n"
)


def loss_file(folder, first, second, prediction, more=""):
    """Write a file with a loss whose forward calls its arguments so."""
    target = second if prediction == first else first
    source = LOSS.replace("FIRST", first).replace("SECOND", second)
    source = source.replace("PREDICTION", prediction).replace("TARGET", target)
    path = folder / "loss.py"
    path.write_text(source + more, encoding="utf-8")
    return path


@pytest.mark.parametrize("first, second", [("y_pred", "y_true"), ("y_true", "y_pred")])
def test_a_loss_among_the_cases_of_a_file_is_given_its_arguments_in_order(tmp_path, first, second):
    more = (
        "def minnet_cases(rng):\n"
        f"    values = dict(y_pred=rng.normal(size=(3, 4)), y_true=rng.normal(size=(3, 1)))\n"
        f"    yield Error(), (values['{first}'], values['{second}'])\n"
    )
    report = check(loss_file(tmp_path, first, second, "y_pred", more))
    assert report, str(report)
    (gradient,) = report.gradients
    assert (gradient.wrt, gradient.shape) == ("y_pred", (3, 4))


@pytest.mark.parametrize("first, second", [("y_pred", "y_true"), ("y_true", "y_pred")])
def test_a_loss_with_examples_of_its_own_is_given_them_in_order(first, second):
    namespace = {}
    source = LOSS.replace("FIRST", first).replace("SECOND", second)
    exec(source.replace("PREDICTION", "y_pred").replace("TARGET", "y_true"), namespace)

    def examples(cls, rng):
        values = {"y_pred": rng.normal(size=(3, 4)), "y_true": rng.normal(size=(3, 1))}
        yield cls(), (values[first], values[second])

    cls = type("WithExamples", (namespace["Error"],), {"examples": classmethod(examples)})
    for report in (*check_cases(cls), check(cls)):
        assert report, str(report)
        assert [(g.wrt, g.shape) for g in report.gradients] == [("y_pred", (3, 4))]


@pytest.mark.parametrize(
    "first, second, prediction",
    [("Y", "T", "Y"), ("y", "d", "y"), ("t", "x", "x"), ("y", "t", "y"), ("t", "y", "y")]
    + [("labels", "logits", "logits"), ("A", "Y", "A")],
)
def test_names_say_which_argument_of_a_loss_is_made_the_prediction(
    tmp_path, first, second, prediction
):
    report = check(loss_file(tmp_path, first, second, prediction))
    assert report, str(report)
    assert {g.wrt for g in report.gradients} == {prediction}


def test_a_layer_with_an_input_called_y_is_no_loss(tmp_path):
    path = tmp_path / "gates.py"
    path.write_text(
        "class MulLayer:\n"
        "    def forward(self, x, y):\n"
        "        self.x, self.y = x, y\n"
        "        return x * y\n"
        "    def backward(self, dout): return dout * self.y, dout * self.x\n",
        encoding="utf-8",
    )
    report = check(path)
    assert report, str(report)
    assert variables(report, "MulLayer") == {"x", "y"}
