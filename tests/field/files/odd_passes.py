# check: Described pass
# check: Affine pass
# check: Logistic pass
# check: Squash pass
# check: Fused pass
# check: FusedWrong fail
# check: Rectify pass
# check: Mirror fail
# check: Halve pass
# check: AffineWrong fail
# check: Layer skipped
"""Passes of other names, and a backward that is handed the input and the output as well."""

import numpy as np


class Layer:
    def fprop(self, inputs):
        raise NotImplementedError()

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        raise NotImplementedError()


class Affine(Layer):
    def __init__(self, input_dim, output_dim):
        self.kernel_matrix = np.random.randn(output_dim, input_dim)
        self.offsets = np.random.randn(output_dim)

    def fprop(self, inputs):
        return inputs @ self.kernel_matrix.T + self.offsets

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return grads_wrt_outputs @ self.kernel_matrix

    def grads_wrt_params(self, inputs, grads_wrt_outputs):
        return [grads_wrt_outputs.T @ inputs, grads_wrt_outputs.sum(0)]

    @property
    def params(self):
        return [self.kernel_matrix, self.offsets]


class AffineWrong(Affine):
    def grads_wrt_params(self, inputs, grads_wrt_outputs):
        return [grads_wrt_outputs.T @ inputs, 2 * grads_wrt_outputs.sum(0)]


class Logistic(Layer):
    def fprop(self, inputs):
        return 1 / (1 + np.exp(-inputs))

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return grads_wrt_outputs * outputs * (1 - outputs)


class Squash(Layer):
    def fprop(self, inputs):
        return np.tanh(inputs)

    def bprop(self, h, igrads):
        return igrads * (1 - h**2)


class Fused:
    """An affine map with its activation; backward gives what arrives at the sum, and the rest."""

    def __init__(self, idim, odim):
        self.V = np.random.randn(idim, odim)
        self.c = np.random.randn(odim)

    def fprop(self, inputs):
        return np.tanh(inputs @ self.V + self.c)

    def bprop(self, h, igrads):
        deltas = igrads * (1 - h**2)
        return deltas, deltas @ self.V.T

    def pgrads(self, inputs, deltas):
        return [inputs.T @ deltas, deltas.sum(0)]

    def get_params(self):
        return [self.V, self.c]


class FusedWrong(Fused):
    def bprop(self, h, igrads):
        deltas = igrads * (1 - h)
        return deltas, deltas @ self.V.T


class Rectify:
    """Keeps its input only if it is told that this is needed."""

    def __init__(self):
        self.kept = {}

    def forward_propagate(self, X, save_cache=False):
        if save_cache:
            self.kept["X"] = X
        return np.maximum(X, 0)

    def back_propagate(self, dA):
        return dA * (self.kept["X"] > 0)


class Mirror:
    """A mistake in the same style."""

    def __init__(self):
        self.kept = {}

    def forward_propagate(self, X, save_cache=False):
        if save_cache:
            self.kept["X"] = X
        return np.abs(X)

    def back_propagate(self, dA):
        return dA * (self.kept["X"] > 0)


class Halve:
    def _forward_step(self, x):
        return 0.5 * x

    def _backward_step(self, grad):
        return 0.5 * grad


class Shy:
    """Is there for objects alone: a class that is asked for it refuses."""

    def __get__(self, thing, owner):
        if thing is None:
            raise AttributeError(f"{owner.__name__} has none")
        return 2.0


class Described:
    factor = Shy()

    def forward_it(self, x):
        return self.factor * x

    def feed(self, x):
        return self.forward_it(x)

    def propagate(self, x):
        return self.forward_it(x)

    def back_propagate(self, dout):
        return self.factor * dout
