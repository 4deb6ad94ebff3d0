"""An exception of the code under test is told with the user's own line, shapes and a hint."""

import numpy as np
import pytest

from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.under_test.functions import FunctionsCase

x, w = np.ones((4, 3)), np.ones((5, 2))


def crash(forward, *args):
    with pytest.raises(CodeError) as caught:
        FunctionsCase(forward, lambda dout, cache: dout, args).run()
    return describe_crash(caught.value)


def test_the_line_and_the_shapes_in_it():
    def forward(x, w):
        out = x.dot(w) + 1
        return out, None

    finding = crash(forward, x, w)
    assert finding.code == "crash"
    assert finding.evidence["line"]["text"] == "out = x.dot(w) + 1"
    assert finding.evidence["line"]["file"] == __file__
    assert finding.evidence["shapes"] == {"x": "(4,3)", "w": "(5,2)"}
    assert "in that line x (4,3), w (5,2)" in finding.message


def test_an_attribute_that_is_none():
    class Cell:
        cache = None

        def __init__(self):
            self.h = None

        def forward(self, x):
            return x + self.h, None

    finding = crash(Cell().forward, x)
    assert finding.evidence["shapes"] == {"x": "(4,3)", "self.h": "is None"}
    assert "None" in finding.evidence["hint"]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (lambda x: x.astype(np.int), "write int"),  # noqa: NPY001
        (lambda x: np.product(x.shape), "write np.prod"),  # noqa: NPY003, NPY201
        (lambda x: [i for i in xrange(3)], "write range"),  # noqa: F821
        (lambda x: {}.iteritems(), "write items"),
        (lambda x: np.zeros(x.shape[0] / 2), "//"),
        (lambda x: x[x.shape[0] / 2], "//"),
        (lambda x: x.reshape(5, 5), "number of elements"),
        (lambda x: x + np.ones(4), "last axis"),
        (lambda x: {}["cache"], "no such key"),
        (lambda x: undefined_name, "undefined_name"),  # noqa: F821
        (lambda x: exec("from math import sine"), "misspelling"),
        (lambda x: eval("+".join(["x"] * 60_000)), "split it into several lines"),
        (lambda x: (lambda f: f(f))(lambda f: f(f)), "a long chain"),
    ],
)
def test_hints_for_common_and_for_old_fashioned_code(body, hint):
    assert hint in crash(lambda x: body(x), x).evidence["hint"]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (lambda x: np.take(x, x[0]), "integers"),
        (lambda x: np.eye(3)[x[:, 0]], "of positions or labels has to be one of integers"),
        (lambda x: np.take_along_axis(x, x, axis=0), "integers"),
        (lambda x: np.arange(3).__iadd__(0.5), "start from a float array"),
        (lambda x: x[:, 3], "axis 1 has the indices 0 to 2"),
        (lambda x: x.sum(axis=2), "the array has 2 axes"),
        (lambda x: x if x > 0 else 0 * x, "np.where"),
        (lambda x: np.einsum("ij,jk->ik", x, x), "letter of einsum"),
        (lambda x: np.zeros((4, 4))[3:5, 0:2] + np.ones((2, 2)) + x[0:3], "past the edge is cut"),
        (lambda x: np.zeros((4, 4))[0:-0] * np.ones((2, 4)), "a slice is empty"),
        (lambda x: np.zeros((4, 4))[:, [1, 2]] + np.ones((4, 3)) + x, "from the last axis"),
    ],
)
def test_an_index_that_is_no_integer_and_a_slice_that_is_cut_short_are_told_as_such(body, hint):
    assert hint in crash(lambda x: body(x), x).evidence["hint"]


def test_what_is_not_written_yet_is_no_crash():
    def raises(x):
        raise NotImplementedError

    assert crash(raises, x).code == "not_implemented"
    assert crash(lambda x: None, x).code == "not_implemented"


@pytest.mark.parametrize("count", [1, 2])
def test_a_name_that_is_not_there_is_told_of_a_backward_of_some_outputs_alone(count):
    def forward(x):
        return np.tanh(x), np.sin(x), x.sum(), x

    def of_one(da, cache):
        return da * missing(cache)  # noqa: F821

    def of_two(da, db, cache):
        return da * missing(cache) + db  # noqa: F821

    case = FunctionsCase(forward, {1: of_one, 2: of_two}[count], (x,))
    with pytest.raises(CodeError) as raised:
        case.run().backward_of_ones()
    assert "name 'missing' is not defined" in describe_crash(raised.value).message


def test_what_a_backward_of_some_outputs_raises_is_its_own_error_and_not_of_a_call_it_cannot_take():
    def forward(x):
        return np.tanh(x), np.sin(x), x.sum(), x

    def backward(da, db, cache):
        return (da + db) @ np.ones((7, 7))

    case = FunctionsCase(forward, backward, (x,))
    with pytest.raises(CodeError) as raised:
        case.run().backward_of_ones()
    assert "positional" not in describe_crash(raised.value).message
    assert "matmul" in describe_crash(raised.value).message
