"""The mistakes of the mutation benchmark (`tests/benchmarks/lines.py`) are the ones they say."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "benchmarks"))

from lines import Worker, in_turn
from lines_report import outcome
from lines_subjects import ROOT, Subject, backwards
from lines_worker import fixed, standing
from mutation_places import OPERATORS
from mutations import mutations

FUNCTION = """\
import numpy as np


def helper(a, b, scale=1):
    return a * b * scale


class Layer:
    def backward(self, dout, x, W, eps, mask, stride):
        N, D = x.shape
        dx = np.zeros_like(x)
        dW = self.x + self.y + self.x_hat
        {}
        return dx
"""
LINE = 13

#: of each operator, a line and all that it makes of it
MADE = {
    "arithmetic": ("dx = dout * W", ["dx = dout / W", "dx = dout + W"]),
    "sign": ("dx = dout - W", ["dx = -(dout - W)"]),
    "constant": ("dx = 1 - dout", ["dx = 2 - dout", "dx = 0 - dout"]),
    "exponent": ("dx = W ** 3", ["dx = W ** 4", "dx = W ** 2", "dx = W ** (-3)"]),
    "factor or term dropped": ("dx = dout * W", ["dx = dout", "dx = W"]),
    "regrouped": ("dx = dout * (W - x)", ["dx = dout * W - x"]),
    "operands swapped": ("dx = dout @ W", ["dx = W @ dout"]),
    "epsilon": ("dx = np.sqrt(W + eps)", ["dx = np.sqrt(W) + eps", "dx = np.sqrt(W)"]),
    "wrapped": ("dx = dout * W", ["dx = np.abs(dout * W)"]),
    "divided by batch": ("dx = dout * W", ["dx = dout * W / len(dout)"]),
    "decay added": ("dW = x.T @ dout", ["dW = x.T @ dout + 0.1 * W"]),
    "axis": ("dW = x.sum(axis=0)", ["dW = x.sum()", "dW = x.sum(axis=1)"]),
    "keepdims": ("dW = x.sum(axis=0, keepdims=True)", ["dW = x.sum(axis=0)"]),
    "reduction": ("dW = np.sum(x)", ["dW = np.mean(x)"]),
    "transpose": ("dx = dout @ W.T", ["dx = dout.T @ W.T", "dx = dout @ W"]),
    "shape": ("dx = x.reshape(N, D)", ["dx = x.reshape(D, N)"]),
    "new axis": ("dx = x[:, None]", ["dx = x", "dx = x[None, :]"]),
    "einsum": ("dx = np.einsum('nd,d->n', x, W)", ["dx = np.einsum('dn,d->n', x, W)"]),
    "index": (
        "dx = x[1:N]",
        ["dx = x[2:N]", "dx = x[:N]", "dx = x[1:N - 1]", "dx = x[1:]"],
    ),
    "loop range": ("dx = list(range(N))", ["dx = list(range(N - 1))", "dx = list(range(1, N))"]),
    "comparison": ("dx = dout * (x > 0)", ["dx = dout * (x < 0)", "dx = dout * (x >= 0)"]),
    "condition": ("dx = np.where(mask, dout, 0)", ["dx = np.where(mask, 0, dout)"]),
    "name": ("dx = N * 1", ["dx = D * 1"]),
    "attribute": ("dx = self.x_hat", ["dx = self.x", "dx = self.y"]),
    "function": ("dx = np.exp(x)", ["dx = np.log(x)", "dx = np.expm1(x)"]),
    "arguments swapped": ("dx = np.dot(x, W)", ["dx = np.dot(W, x)"]),
    "helper argument": (
        "dx = helper(x, W, scale=2)",
        ["dx = helper(W, W, scale=2)", "dx = helper(x, x, scale=2)", "dx = helper(x, W)"],
    ),
    "call dropped": ("dx = dout.copy()", ["dx = dout"]),
    "augmentation": ("dx += dout", ["dx -= dout", "dx = dout"]),
    "deletion": ("dx += dout", ["pass"]),
}


def made(line, source=FUNCTION, number=LINE):
    """Return what every operator makes of one line, and check that it is put there."""
    source = source.replace("{}", line)
    found = {}
    for mutation in mutations(source, [number]):
        assert mutation.old == line
        lines = mutation.applied(source).split("\n")
        assert lines[number - 1].strip() == mutation.new
        found.setdefault(mutation.operator, []).append(mutation.new)
    return found


def parsed(lines):
    return sorted(ast.dump(ast.parse(line)) for line in lines)


@pytest.mark.parametrize("operator", MADE)
def test_an_operator_makes_the_mistake_it_says_and_no_other(operator):
    line, wanted = MADE[operator]
    assert parsed(made(line)[operator]) == parsed(wanted)


def test_every_operator_is_shown_here():
    assert set(MADE) == set(OPERATORS)


@pytest.mark.parametrize("file", ["cs231n_norm", "cs231n_fast", "tutorial_losses", "nnfs_layers"])
def test_all_other_lines_stay_byte_for_byte(file):
    source = (ROOT / f"tests/corpus/students/{file}.py").read_text(encoding="utf-8")
    old = source.splitlines(keepends=True)
    for mutation in mutations(source, range(len(old))):
        new = mutation.applied(source).splitlines(keepends=True)
        changed = [n for n, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b]
        assert changed and set(changed) <= set(range(mutation.first, mutation.last + 1))
        compile("".join(new), file, "exec")


def test_a_statement_of_several_lines_keeps_its_length():
    line = "dx = np.sum(  # µ\n            x * W,\n            axis=0,\n        )"
    source = FUNCTION.replace("{}", line)
    found = list(mutations(source, [LINE + 1]))
    assert {(m.first, m.last) for m in found} == {(LINE, LINE + 3)}
    for mutation in found:
        assert mutation.applied(source).splitlines()[LINE + 3] == "        return dx"


def test_what_is_the_loss_beside_a_gradient_is_left_alone():
    source = "def loss(x, y):\n    return x * y, y * 2\n"
    found = {mutation.new for mutation in mutations(source, [2], beside_loss=[2])}
    assert "return x * y, y * 3" in found
    assert all(new.startswith("return x * y, ") for new in found)


def test_backward_is_what_only_the_backward_pass_runs():
    dense = Subject("tests/corpus/students/cs231n_dense.py", "softmax_loss", "sweep")
    (loss,) = backwards(dense)
    text = dense.source.splitlines()
    mutable = {text[n - 1].strip() for n in loss.lines}
    assert "dx /= N" in mutable and "return loss, dx" in mutable
    assert not any(line.startswith(("loss =", "shifted =", "N =")) for line in mutable)
    conv = Subject("tests/corpus/students/cs231n_conv.py", "conv", "sweep")
    assert [b.function for b in backwards(conv)] == ["conv_backward_naive"]


def test_a_central_difference_tells_a_mistake_from_another_way_to_write_it():
    relu = Subject("tests/corpus/students/cs231n_dense.py", "relu", "sweep")
    (backward,) = backwards(relu)
    assert standing(relu, relu.source) == "harmless"
    found = {m.new: standing(relu, m.applied(relu.source)) for m in backward.mutations()}
    assert found["dx = dout * (x < 0)"] == "broken"
    assert found["dx = dout * (x >= 0)"] == "harmless"
    assert found["dx = dout"] == "broken"
    assert found["pass"] == "crash"


def test_an_endless_loop_ends_at_the_limit_and_the_next_request_is_answered():
    worker, relu = Worker(seconds=3), ["tests/corpus/students/cs231n_dense.py", "relu", "sweep"]
    source = Subject(*relu).source
    ask = {"do": "count", "subject": relu}
    assert worker.ask(ask | {"source": source + "\nwhile True: pass\n"}) == {"standing": "time"}
    worker.seconds = 120
    assert worker.ask(ask | {"source": source}) == {"standing": "harmless"}
    worker.close()
    assert not Path(worker.folder.name).exists()


def test_a_fix_is_applied_at_its_line_with_its_margin_or_not_at_all():
    source = "def f(x):\n    a = 1\n    return -x\n"
    assert fixed(source, 3, "return -x", "return x") == "def f(x):\n    a = 1\n    return x\n"
    assert fixed(source, 2, "return -x", "return x") == ""


@pytest.mark.parametrize(
    "said, expected",
    [([5, 6], "exact"), ([], "none"), ([5, 9], "mixed"), ([9], "wrong"), ([0], "wrong")],
)
def test_a_line_is_exact_where_all_that_is_told_is_of_the_statement(said, expected):
    row = {"standing": "broken", "verdict": "fail", "operator": "sign", "first": 5, "last": 6}
    assert outcome(row | {"said": said}) == expected


def test_where_a_statement_was_deleted_the_lines_around_it_are_as_good():
    row = {"standing": "broken", "verdict": "fail", "operator": "deletion", "first": 5, "last": 5}
    assert outcome(row | {"said": [7], "neighbours": [3, 7]}) == "exact"
    assert outcome(row | {"said": [8], "neighbours": [3, 7]}) == "wrong"


def test_any_first_part_of_a_sample_has_of_everything():
    assert list(in_turn([[1, 2, 3], [4], [5, 6]])) == [1, 4, 5, 2, 6, 3]
