"""What the one table of spellings lists is found by every part of the checker."""

import pytest
from agreement import Dense, W, assert_agrees, x

from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.spellings import GRADIENTS, LAYER_PASSES


@pytest.mark.parametrize("form", GRADIENTS)
@pytest.mark.parametrize("name", ["W", "_W"])
def test_a_gradient_is_found_by_every_spelling_of_the_table(form, name):
    class Layer:
        def __init__(self):
            setattr(self, name, W.copy())

        def forward(self, x):
            self.x = x
            return x @ getattr(self, name)

        def backward(self, dout):
            setattr(self, form.format(name), self.x.T @ dout)
            return dout @ getattr(self, name).T

    class ByName(Layer):
        def backward(self, dout):
            self.grads = {form.format("W"): self.x.T @ dout}
            return dout @ getattr(self, name).T

    assert_agrees(LayerCase(Layer(), x), {"x", name})
    assert_agrees(LayerCase(ByName(), x), {"x", name})

    def backward(dout, cache):
        return {form.format("x"): dout @ W.T, form.format("w"): cache.T @ dout}

    assert_agrees(FunctionsCase(lambda x, w: (x @ w, x), backward, (x, W)), {"x", "w"})


@pytest.mark.parametrize("passes", LAYER_PASSES, ids=lambda passes: passes.forward)
def test_the_passes_are_found_by_every_name_of_the_table(passes):
    names = {passes.forward: Dense.forward, passes.backward: Dense.backward}
    layer = type("Named", (), {"__init__": Dense.__init__, **names})()
    assert_agrees(LayerCase(layer, x), {"x", "W", "b"})
    assert passes_of(layer) == passes_of(type(layer)) == passes
    half = type("Half", (), {passes.forward: Dense.forward})()
    assert passes_of(half) is passes_of(type(half)) is None
