"""Correct code with state, randomness, odd shapes, views, and arrays of unusual kinds."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, layer, student
from corpus.entries import Register

right = Register()


# -- state and randomness ----------------------------------------------------------------------


class RunningMean:
    """Batch normalisation without scale; keeps running statistics."""

    def __init__(self, n, training=True):
        self.mean, self.var = np.zeros(n), np.ones(n)
        self.training = training

    def forward(self, x):
        if self.training:
            m, v = x.mean(axis=0), x.var(axis=0)
            self.mean = 0.9 * self.mean + 0.1 * m
            self.var = 0.9 * self.var + 0.1 * v
        else:
            m, v = self.mean, self.var
        self.s = np.sqrt(v + 1e-5)
        self.y = (x - m) / self.s
        return self.y

    def backward(self, dout):
        if not self.training:
            return dout / self.s
        return (dout - dout.mean(axis=0) - self.y * (dout * self.y).mean(axis=0)) / self.s


@right
def running_statistics_in_training(rng):
    return layer(RunningMean(4), rng.normal(size=(6, 4)))


@right
def running_statistics_in_evaluation(rng):
    norm = RunningMean(4, training=False)
    norm.mean, norm.var = rng.normal(size=4), rng.uniform(0.5, 2, size=4)
    return layer(norm, rng.normal(size=(6, 4)))


class InPlaceRunningMean(RunningMean):
    def forward(self, x):
        if not self.training:
            return super().forward(x)
        self.mean *= 0.9
        self.mean += 0.1 * x.mean(axis=0)
        self.s = np.sqrt(x.var(axis=0) + 1e-5)
        self.y = (x - x.mean(axis=0)) / self.s
        return self.y


@right
def running_statistics_updated_in_place(rng):
    return layer(InPlaceRunningMean(4), rng.normal(size=(6, 4)))


@right
def dropout_with_its_own_generator(rng):
    return layer(student("tutorial_vectors").Dropout(0.5, 11), rng.normal(size=(6, 6)))


@right
def dropout_in_evaluation(rng):
    drop = student("tutorial_vectors").Dropout(0.5, 11)
    drop.training = False
    return layer(drop, rng.normal(size=(6, 6)))


@right
def dropout_that_drops_everything(rng):
    return layer(student("tutorial_vectors").Dropout(0.0001, 1), rng.normal(size=(3, 3)))


@right
def dropout_from_the_global_generator(rng):
    def forward(x):
        mask = (np.random.rand(*x.shape) < 0.7) / 0.7  # noqa: NPY002
        return x * mask, mask

    return functions(forward, lambda dout, mask: dout * mask, rng.normal(size=(5, 5)))


@right
def dropout_from_pythons_generator(rng):
    import random

    def forward(x):
        mask = np.array([random.random() < 0.7 for _ in range(x.size)]).reshape(x.shape) / 0.7
        return x * mask, mask

    return functions(forward, lambda dout, mask: dout * mask, rng.normal(size=(4, 5)))


class LegacyNoise:
    """Multiplicative noise from a RandomState of its own."""

    def __init__(self):
        self.state = np.random.RandomState(3)  # noqa: NPY002

    def forward(self, x):
        self.noise = 1 + 0.3 * self.state.randn(*x.shape)
        return x * self.noise

    def backward(self, dout):
        return dout * self.noise


@right
def noise_from_an_own_random_state(rng):
    return layer(LegacyNoise(), rng.normal(size=(4, 5)))


class BufferReusing:
    """Writes its outputs and gradients into the same arrays each time."""

    def __init__(self, shape):
        self.out, self.slope = np.empty(shape), np.empty(shape)

    def forward(self, x):
        np.tanh(x, out=self.out)
        return self.out

    def backward(self, dout):
        np.multiply(self.out, self.out, out=self.slope)
        np.subtract(1, self.slope, out=self.slope)
        return dout * self.slope


@right
def layer_that_reuses_its_buffers(rng):
    return layer(BufferReusing((4, 5)), rng.normal(size=(4, 5)))


class GradientBuffer:
    def __init__(self, n, m, rng):
        self.W = rng.normal(size=(n, m))
        self.dW = np.zeros((n, m))
        self._dx = None

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        np.dot(self.x.T, dout, out=self.dW)
        self._dx = dout @ self.W.T
        return self._dx


@right
def gradients_written_into_place(rng):
    return layer(GradientBuffer(4, 3, rng), rng.normal(size=(5, 4)))


class ViewOfCache:
    def forward(self, x):
        self.cache = np.exp(x)
        return self.cache[:, ::-1]

    def backward(self, dout):
        return dout[:, ::-1] * self.cache


@right
def layer_that_returns_a_view_of_its_cache(rng):
    return layer(ViewOfCache(), rng.normal(size=(4, 5)))


@right
def identity_that_returns_its_input(rng):
    return functions(lambda x: (x, None), lambda dout, cache: dout, rng.normal(size=(4, 3)))


@right
def reshape_that_returns_a_view_of_its_input(rng):
    return functions(
        lambda x: (x.reshape(4, -1), x.shape),
        lambda dout, shape: dout.reshape(shape),
        rng.normal(size=(4, 2, 3)),
    )


class InPlaceOnOwnCopy:
    def forward(self, x):
        self.y = x.copy()
        self.y *= self.y
        self.x = x
        return self.y

    def backward(self, dout):
        dx = dout.copy()
        dx *= 2
        dx *= self.x
        return dx


@right
def layer_that_works_in_place_on_its_own_copy(rng):
    return layer(InPlaceOnOwnCopy(), rng.normal(size=(4, 3)))


class Stack:
    """Forward pushes its cache, backward looks at the top."""

    def __init__(self):
        self.caches = []

    def forward(self, x):
        self.caches.append(np.cos(x))
        return np.sin(x)

    def backward(self, dout):
        return dout * self.caches[-1]


@right
def layer_with_a_stack_of_caches(rng):
    return layer(Stack(), rng.normal(size=(4, 3)))


class WarmCounter:
    """A counter of calls that changes nothing."""

    calls = 0

    def forward(self, x):
        type(self).calls += 1
        self.x = x
        return x**3

    def backward(self, dout):
        return 3 * self.x**2 * dout


@right
def layer_that_counts_its_calls(rng):
    return layer(WarmCounter(), rng.normal(size=(4, 3)))
