# measured: 10
# check: Convolve pass
# check: Pick pass
# check: Narrow pass
# check: linear pass
# check: HalfLinear fail
# check: Masked pass
# check: Rectifier pass
# check: HalfRectifier fail
# check: inverse pass
# check: Parameter skipped
# check: Squash pass
# check: OddWindow skipped
# check: Late skipped
# check: Ready skipped
"""Arguments that hold settings by name, weights that forward is given, a seed that is None."""

import numpy as np


class Refused(Exception):
    pass


class Convolve:
    """A product of every window of a row with one kernel."""

    def __init__(self, conv_params):
        self.how = conv_params

    def forward(self, x, weights, bias):
        size, step = self.how["kernel_size"], self.how.get("stride", 1)
        self.x, self.weights = x, weights
        self.starts = range(0, x.shape[1] - size + 1, step)
        self.size = size
        return (
            np.stack([x[:, s : s + size].sum(axis=1) for s in self.starts], 1)
            @ np.ones((len(self.starts), 1))
            * weights.sum()
            + bias.sum()
        )

    def backward(self, dout, x, weights, bias):
        total = np.zeros_like(x)
        for s in self.starts:
            total[:, s : s + self.size] += 1
        parts = sum(x[:, s : s + self.size].sum(axis=1) for s in self.starts)
        dw = np.full(weights.shape, (dout[:, 0] * parts).sum())
        return total * dout * weights.sum(), dw, np.full(bias.shape, dout.sum())


class Pick:
    def __init__(self, config):
        self.rate = config.dropout_rate
        self.width = config.hidden_size

    def forward(self, x):
        self.x = x
        return self.rate * x**2 + self.width

    def backward(self, dout):
        return 2 * self.rate * self.x * dout


class Narrow:
    def __init__(self, layer_params):
        rng = np.random.default_rng(0)
        self.W = rng.standard_normal((layer_params["n_in"], layer_params["n_out"]))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


class linear:
    def forward(self, input, weights, bias):
        return input @ weights + bias.reshape(1, -1)

    def backward(self, out_grad, input, weights, bias):
        return out_grad @ weights.T, input.T @ out_grad, out_grad.sum(axis=0)


class HalfLinear(linear):
    def backward(self, out_grad, input, weights, bias):
        return out_grad @ weights.T, input.T @ out_grad / 2, out_grad.sum(axis=0)


class Masked:
    def __init__(self, rate, seed=None):
        self.rate, self.seed = rate, seed

    def forward(self, x):
        np.random.seed(self.seed)
        self.mask = (np.random.random_sample(x.shape) >= self.rate) / (1 - self.rate)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class Rectifier:
    """Its derivative is handed the upstream gradient: it has kept the input."""

    def __init__(self, shape):
        self.x = np.zeros(shape)

    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def gradient(self, eta):
        eta[self.x < 0] = 0
        return eta


class HalfRectifier(Rectifier):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def gradient(self, eta):
        return 0.5 * eta * (self.x >= 0)


def inverse(x):
    return 1.0 / x


def inverse_back(x, grad):
    return -grad / x**2


class Parameter:
    """Of one that has both, but no functions, nothing is asked."""

    def __init__(self, node):
        self.node = node

    @property
    def grad(self):
        return self.node.grad

    @property
    def value(self):
        return self.node.value

    def forward(self, x):
        return self.node(x)

    def backward(self, dout):
        return self.node.pull(dout)


class OddWindow:
    def __init__(self, units):
        if units % 7:
            raise Refused(f"a multiple of seven is wanted, and not {units}")
        self.units = units

    def forward(self, x):
        return x * self.units

    def backward(self, dout):
        return dout * self.units


class Late:
    """What it is reshaped to is known once it stands behind another layer."""

    def __init__(self):
        self.before = None

    @property
    def input_shape(self):
        return self.before.output_shape if self.before else None

    def connect(self, before):
        self.before = before

    def forward(self, x):
        return x.ravel()

    def backward(self, dout):
        return dout.reshape(*self.input_shape)


class Ready:
    def __init__(self, source=Parameter, name=str):
        self.width = source.width
        self.name = name

    def forward(self, x):
        return x * self.width

    def backward(self, dout):
        return dout * self.width


class Squash:
    """Its derivative may be asked for at a state that somebody else has kept."""

    def forward(self, x):
        self.state = np.tanh(x)
        return self.state

    def backward(self, state=None):
        return 1 - (self.state if state is None else state) ** 2
