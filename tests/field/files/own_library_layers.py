# check: Dense pass
# check: Gate pass
# check: Gain pass
# check: Decaying pass
# check: Dropout pass
# check: FeedForward pass
# check: Chosen pass
# check: OnlyBackward skipped
# check: Conv1D pass
# check: OddConv2D pass
# measured: 9
"""Layers of somebody's own library, which a model makes ready and trains."""

import numpy as np


class Layer:
    def __init__(self):
        self.optimizer = None
        self.params = {}

    def forward(self, x):
        pass

    def backward(self, grads, learning_rate):
        pass


class Dense(Layer):
    """The optimizer that a model sets later is handed the layer and its gradients by name."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.params = {"W": np.random.randn(n_in, n_out), "b": np.zeros((1, n_out))}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, grads, learning_rate):
        dW, db = self.x.T @ grads, grads.sum(axis=0, keepdims=True)
        dx = grads @ self.params["W"].T
        self.optimizer.update(self, {"dW": dW, "db": db}, learning_rate)
        return dx


class Gate(Layer):
    """It hands over its parameters and their gradients in two lists."""

    def __init__(self, n):
        super().__init__()
        self.scale, self.shift = np.ones(n), np.zeros(n)

    def forward(self, x):
        self.x = x
        return x * self.scale + self.shift

    def backward(self, grads, learning_rate):
        dscale, dshift = (grads * self.x).sum(axis=0), grads.sum(axis=0)
        dx = grads * self.scale
        self.optimizer.step([self.scale, self.shift], [dscale, dshift])
        return dx


class Gain:
    """What is called opt has methods: it holds no settings."""

    def __init__(self, n, opt=None):
        self.gain, self.dgain, self.opt = np.ones(n), None, opt

    def forward(self, x):
        self.x = x
        return x * self.gain

    def backward(self, dout):
        self.dgain = (dout * self.x).sum(axis=0)
        return dout * self.gain

    def update(self):
        self.opt.update(self.gain, self.dgain)


class Decaying:
    """A penalty's gradient is added in backward, which forward gives nothing of."""

    def __init__(self, n_in, n_out, penalty=0.1):
        self.W, self.penalty = np.random.randn(n_in, n_out), penalty

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout + self.penalty * self.W / np.linalg.norm(self.W)
        return dout @ self.W.T


def in_training(forward):
    def run(self, x, training=False, *args, **kwargs):
        return forward(self, x, training=training, *args, **kwargs)

    return run


class Dropout:
    """Both passes have to be told that this is training."""

    def __init__(self, drop_rate):
        self.drop_rate = drop_rate

    @in_training
    def forward(self, x, training=False):
        if training:
            self.mask = (np.random.rand(*x.shape) >= self.drop_rate) / (1 - self.drop_rate)
            return x * self.mask
        return x

    @in_training
    def backward(self, dout, training=False):
        return dout * self.mask if training else dout


class FeedForward:
    """The docstring alone tells that an input has three axes."""

    def __init__(self, d_model):
        self.W, self.b = np.random.randn(d_model, d_model), np.zeros((1, d_model))
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x):
        """x: N x T x D"""
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW[...] = np.tensordot(self.x, dout, axes=([0, 1], [0, 1])) if dout.ndim == 3 else 0
        self.db[...] = np.sum(dout, axis=(0, 1))
        return dout @ self.W.T


class Base:
    def forward(self, x):
        pass


class OnlyBackward(Base):
    """Its forward has a name that nobody knows, and what it inherits does nothing."""

    def fordrop(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return 2 * self.x * dout


class Chosen:
    """Its parameters are in a dict by names of its own, and so are the gradients."""

    def __init__(self, n_in, n_out):
        self.optimizer = None
        self.params = {"kernel": np.random.randn(n_in, n_out)}

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.params["kernel"])

    def backward(self, dout, learning_rate):
        d = dout * (1 - np.tanh(self.x @ self.params["kernel"]) ** 2)
        dx = d @ self.params["kernel"].T
        grads = {}
        grads["dkernel"] = self.x.T @ d
        self.optimizer.update(self, grads, learning_rate)
        return dx


class Conv1D:
    """The channels are last, in the input and in the weights."""

    def __init__(self, k_size, chan_in, chan_out, stride):
        self.weight = np.ones((chan_out, k_size, chan_in))
        self.size, self.stride = k_size, stride

    def forward(self, x):
        self.x, n = x, (x.shape[1] - self.size) // self.stride + 1
        out = np.zeros((len(x), n, len(self.weight)))
        for i in range(n):
            window = x[:, i * self.stride : i * self.stride + self.size]
            out[:, i] = np.einsum("nkc,fkc->nf", window, self.weight)
        return out

    def backward(self, dout):
        dx, self.dweight = np.zeros_like(self.x), np.zeros_like(self.weight)
        for i in range(dout.shape[1]):
            at = slice(i * self.stride, i * self.stride + self.size)
            self.dweight += np.einsum("nf,nkc->fkc", dout[:, i], self.x[:, at])
            dx[:, at] += np.einsum("nf,fkc->nkc", dout[:, i], self.weight)
        return dx


class OddConv2D:
    """Its constructor refuses windows without a middle."""

    def __init__(self, filters, channels, kernel_size):
        if kernel_size % 2 == 0:
            raise ValueError("an odd kernel is needed")
        self.W = np.random.randn(filters, channels, kernel_size, kernel_size)
        self.k = kernel_size

    def forward(self, x):
        self.x = x
        h, w = x.shape[2] - self.k + 1, x.shape[3] - self.k + 1
        out = np.zeros((len(x), len(self.W), h, w))
        for i in range(self.k):
            for j in range(self.k):
                out += np.einsum("nchw,fc->nfhw", x[:, :, i : i + h, j : j + w], self.W[:, :, i, j])
        return out

    def backward(self, dout):
        self.dW, dx = np.zeros_like(self.W), np.zeros_like(self.x)
        h, w = dout.shape[2:]
        for i in range(self.k):
            for j in range(self.k):
                self.dW[:, :, i, j] = np.einsum(
                    "nchw,nfhw->fc", self.x[:, :, i : i + h, j : j + w], dout
                )
                dx[:, :, i : i + h, j : j + w] += np.einsum(
                    "nfhw,fc->nchw", dout, self.W[:, :, i, j]
                )
        return dx
