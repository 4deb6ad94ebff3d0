# check: Built pass
# check: BuiltWrong fail
# check: Behind pass
# check: BehindWrong fail
# check: Compiled pass
# check: CompiledWrong fail
# check: Initialised pass
# check: ChannelsLast pass
# check: Shaped pass
# check: Handed skipped
"""Layers whose parameters are made by another method than their constructor."""

import numpy as np


class Built:
    def __init__(self, units):
        self.units = units
        self.W = None
        self.b = None

    def build(self, input_shape):
        self.W = np.random.randn(input_shape[-1], self.units)
        self.b = np.zeros(self.units)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(0)
        return dout @ self.W.T


class BuiltWrong(Built):
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.mean(0)
        return dout @ self.W.T


class Behind:
    """Told how many neurons the layer before it has."""

    def __init__(self, neurons):
        self.neurons, self.W, self.b = neurons, None, None

    def init_params(self, previous_layer_neurons):
        self.W = np.random.randn(previous_layer_neurons, self.neurons)
        self.b = np.zeros((1, self.neurons))

    def forward(self, x):
        self.x = x
        return np.matmul(x, self.W) + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(0, keepdims=True)
        return dout @ self.W.T


class BehindWrong(Behind):
    def backward(self, dout):
        self.dW = 2 * self.x.T @ dout
        self.db = dout.sum(0)
        return dout @ self.W.T


class Compiled:
    """The size comes with the shape of a sample; the weights by a method of its own."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.ready = False

    def compile(self, input_shape):
        self.input_shape = input_shape
        self.ready = True
        self.__make_weights("normal")

    def __make_weights(self, how):
        if how == "normal":
            self.weights = np.random.randn(self.nodes, self.input_shape[0])

    def forward(self, x):
        self.x = x
        return x @ self.weights.T

    def backward(self, grad):
        self.dweights = grad.T @ self.x
        return grad @ self.weights


class CompiledWrong(Compiled):
    def backward(self, grad):
        self.dweights = grad.T @ self.x
        return -grad @ self.weights


class Initialised:
    """Starts with an array of another shape, which forward refuses."""

    def __init__(self, n_out):
        self.n_out = n_out
        self.W = np.zeros(1)

    def initialize(self, input_shape):
        samples, features = input_shape
        self.W = np.random.randn(features, self.n_out)

    def forward(self, x):
        self.x = x
        return x.dot(self.W)

    def backward(self, dout):
        self.dW = self.x.T.dot(dout)
        return dout.dot(self.W.T)


class ChannelsLast:
    """A 1x1 convolution whose images have their channels last."""

    def __init__(self, maps_out):
        self.maps_out = maps_out

    def setup(self, input_shape):
        n, height, width, channels = input_shape
        assert height == 5 and width == 4
        self.W = np.random.randn(channels, self.maps_out)

    def forward(self, x):
        assert x.ndim == 4
        self.x = x
        return np.einsum("nhwc,cf->nhwf", x, self.W)

    def backward(self, dout):
        self.dW = np.einsum("nhwc,nhwf->cf", self.x, dout)
        return np.einsum("nhwf,cf->nhwc", dout, self.W)


class Shaped:
    """Is told both shapes, for a single sample."""

    def __init__(self, shape_in, shape_out):
        self.shape_in = shape_in
        self.w = np.random.randn(*shape_out, *shape_in)

    def forward(self, x):
        assert x.shape == self.shape_in
        self.x = x
        return self.w @ x

    def backward(self, grad_y):
        self.grad_w = np.outer(grad_y, self.x)
        return self.w.T @ grad_y


class Handed:
    """What it needs cannot be made up."""

    def __init__(self, units):
        self.units = units
        self.session = None

    def build(self, session):
        self.session = session

    def forward(self, x):
        return self.session.run(x)

    def backward(self, dout):
        return self.session.gradient(dout)
