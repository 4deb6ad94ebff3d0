"""A layer of one's own that forgets a name in `parameters` is told so, in one line."""

import warnings

import numpy as np
import pytest

from minnet import check_layer
from minnet.layers import Layer


class Scale(Layer):
    def __init__(self):
        self._make()
        self.x = self.dx = None

    def _make(self):
        self.gamma = np.full(3, 2.0)

    def forward(self, x):
        self._keep(x)
        return x * self.gamma

    def _keep(self, x):
        self.x = x

    def backward(self, dout):
        self.dgamma = (dout * self.x).sum(axis=0)
        self.dx = dout * self.gamma
        return self.dx


x = np.random.default_rng(0).normal(size=(3,))


def both_passes(layer):
    layer.forward(x[None])
    return layer.backward(np.ones((1, 3)))


def test_a_gradient_of_what_is_not_named_is_a_warning_that_says_what_to_write():
    with pytest.warns(
        UserWarning, match="'gamma' is not among its.*parameters = \\('gamma',\\)"
    ) as w:
        both_passes(Scale())
    assert len(w) == 1  # and nothing is said of x, which forward keeps
    assert w[0].filename == __file__


def test_named_and_kept_arrays_are_no_cause_for_a_warning():
    class Named(Scale):
        parameters = ("gamma",)

    class Kept(Scale):
        buffers = ("gamma",)

    class Grid(Scale):
        def _make(self):
            super()._make()
            self.t = np.linspace(0, 1, 3)

        def backward(self, dout):
            self.dt = 0.1
            return dout * self.gamma

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layer in (Named(), Kept(), Grid()):
            both_passes(layer)


def test_a_wrong_gradient_of_what_is_not_named_is_found():
    class Wrong(Scale):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dgamma = -self.dgamma
            return dx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = check_layer(Wrong(), x[None])
    assert report.gradient("gamma").diagnosis[0].code == "sign"


@pytest.mark.parametrize("attribute", ["parameters", "buffers", "settings"])
def test_a_text_in_the_place_of_a_tuple_is_refused_in_one_line(attribute):
    with pytest.raises(TypeError, match=rf"Bad.{attribute} is the text 'gamma'.*\('gamma',\)"):
        type("Bad", (Layer,), {attribute: "gamma"})
