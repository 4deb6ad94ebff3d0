"""Correct code gathered by asking what would fool a checker that passes all the rest."""

from __future__ import annotations

import threading

import numpy as np

from corpus.calls import functions, gradient, layer, student
from corpus.entries import Register
from corpus.right_kinks import elementwise

right = Register()

# -- randomness and objects that are hard to freeze ----------------------------------------------


@right
def dropout_from_a_generator_in_the_module(rng):
    m = student(
        "cs231n_dense",
        ("import numpy as np\n", "import numpy as np\n\nrng = np.random.default_rng(42)\n"),
        ("np.random.rand(*x.shape) < p", "rng.random(x.shape) < p"),
    )
    param = {"mode": "train", "p": 0.6}
    return functions(m.dropout_forward, m.dropout_backward, rng.normal(size=(5, 6)), param)


@right
def dropout_from_a_generator_in_a_closure(rng):
    own = np.random.default_rng(8)

    def forward(x):
        mask = own.random(x.shape) < 0.7
        return x * mask, mask

    return functions(forward, lambda dout, mask: dout * mask, rng.normal(size=(5, 6)))


@right
def dropout_from_a_generator_among_the_arguments(rng):
    def forward(x, param):
        mask = param["rng"].random(x.shape) < 0.7
        return x * mask, mask

    param = {"rng": np.random.default_rng(2)}
    return functions(forward, lambda dout, mask: dout * mask, rng.normal(size=(5, 6)), param)


class Nested:
    def __init__(self):
        self.parts = [student("tutorial_vectors").Dropout(0.5, 1)]
        self.lock = threading.Lock()

    def forward(self, x):
        with self.lock:
            return np.sin(self.parts[0].forward(x))

    def backward(self, dout):
        inner = self.parts[0]
        return inner.backward(dout * np.cos(self.x_of(inner)))

    def x_of(self, inner):
        return inner.mask * self.x / inner.keep


class Keeping(Nested):
    def forward(self, x):
        self.x = x
        return super().forward(x)


@right
def generator_in_a_list_beside_a_lock(rng):
    return layer(Keeping(), rng.normal(size=(4, 5)))


class Slotted:
    __slots__ = ("W", "dW", "x")

    def __init__(self, rng):
        self.W = rng.normal(size=(4, 3))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


@right
def layer_with_slots(rng):
    return layer(Slotted(rng), rng.normal(size=(5, 4)))


class SharedArray:
    """Two names of one array; the gradient belongs to both."""

    def __init__(self, rng):
        self.W = rng.normal(size=(3, 3)) / 2
        self.dW = None
        self.again = self.W

    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.W)
        return self.h @ self.again

    def backward(self, dout):
        da = dout @ self.again.T * (1 - self.h**2)
        self.dW = self.h.T @ dout + self.x.T @ da
        return da @ self.W.T


@right
def one_parameter_under_two_names(rng):
    return layer(SharedArray(rng), rng.normal(size=(4, 3)))


class Split:
    def forward(self, x):
        self.x = x
        return np.sin(x[:, :2]), np.cos(x[:, 2:])

    def backward(self, da, db):
        return np.concatenate([da * np.cos(self.x[:, :2]), -db * np.sin(self.x[:, 2:])], axis=1)


@right
def layer_with_two_outputs(rng):
    return layer(Split(), rng.normal(size=(3, 5)))


@right
def gradients_in_a_list(rng):
    return functions(
        lambda a, b: (a * b, (a, b)),
        lambda d, c: [d * c[1], d * c[0]],
        rng.normal(size=(3, 4)),
        rng.normal(size=(3, 4)),
    )


# -- numbers -----------------------------------------------------------------------------------


@right
def big_endian_inputs(rng):
    return elementwise(
        np.tanh, lambda x: 1 - np.tanh(x) ** 2, rng.normal(size=(3, 4)).astype(">f8")
    )


@right
def float32_result_of_float64_input(rng):
    x = rng.normal(size=(4, 3))
    return functions(
        lambda x: (np.tanh(x).astype(np.float32), x),
        lambda dout, x: dout * (1 - np.tanh(x) ** 2),
        x,
    )


@right
def fixed_point_found_by_iteration(rng):
    """x = cos(a x) by iteration: until nothing changes any more."""

    def forward(a):
        x = np.ones_like(a)
        for _ in range(200):
            new = np.cos(a * x)
            done = np.abs(new - x).max() < 1e-15
            x = new
            if done:
                break
        return x, (a, x)

    def backward(dout, cache):
        a, x = cache
        return -dout * x * np.sin(a * x) / (1 + a * np.sin(a * x))

    return functions(forward, backward, rng.uniform(0.2, 0.7, size=(3, 3)))


@right
def linear_interpolation_between_many_knots(rng):
    knots = np.linspace(-4, 4, 201)
    heights = rng.normal(size=201)
    slopes = np.diff(heights) / np.diff(knots)
    x = rng.uniform(-4, 4, size=(5, 5))
    return elementwise(
        lambda x: np.interp(x, knots, heights),
        lambda x: slopes[np.searchsorted(knots, x) - 1],
        x,
    )


@right
def waves_of_two_lengths(rng):
    return elementwise(
        lambda x: np.sin(x) + 1e-3 * np.sin(1000 * x),
        lambda x: np.cos(x) + np.cos(1000 * x),
        rng.normal(size=(4, 5)),
    )


@right
def very_fast_sine(rng):
    return elementwise(
        lambda x: np.sin(1e4 * x), lambda x: 1e4 * np.cos(1e4 * x), rng.normal(size=(4, 5))
    )


@right
def jump_of_a_million_nearby(rng):
    x = rng.choice([-1e-3, 1e-3], size=(4, 4)) * rng.uniform(1, 2, size=(4, 4))
    return elementwise(lambda x: 1e6 * np.sign(x) + x, np.ones_like, x)


@right
def relu_of_a_steep_affine_map(rng):
    m = student("cs231n_dense")
    w, b = 1e4 * rng.normal(size=(4, 6)), 1e4 * rng.normal(size=6)
    return functions(m.affine_relu_forward, m.affine_relu_backward, rng.normal(size=(5, 4)), w, b)


@right
def power_of_one_and_a_half_at_zero(rng):
    """The slope is continuous, the curvature infinite."""
    x = rng.normal(size=(4, 5)) * (rng.random((4, 5)) > 0.4)
    return elementwise(
        lambda x: np.abs(x) ** 1.5, lambda x: 1.5 * np.sign(x) * np.sqrt(np.abs(x)), x
    )


@right
def x_times_its_absolute_value_at_zero(rng):
    x = rng.normal(size=(4, 5)) * (rng.random((4, 5)) > 0.4)
    return elementwise(lambda x: x * np.abs(x), lambda x: 2 * np.abs(x), x)


@right
def squared_relu_at_zero(rng):
    x = rng.normal(size=(4, 5)) * (rng.random((4, 5)) > 0.4)
    return elementwise(lambda x: np.maximum(x, 0) ** 2, lambda x: 2 * np.maximum(x, 0), x)


@right
def running_maximum_with_ties(rng):
    def forward(x):
        out = np.maximum.accumulate(x, axis=1)
        first = np.zeros(x.shape, dtype=int)
        for t in range(1, x.shape[1]):
            first[:, t] = np.where(x[:, t] > out[:, t - 1], t, first[:, t - 1])
        return out, first

    def backward(dout, first):
        dx = np.zeros_like(dout)
        for row in range(len(dout)):
            np.add.at(dx[row], first[row], dout[row])
        return dx

    return functions(forward, backward, rng.integers(0, 4, size=(3, 6)).astype(float))


@right
def softmax_at_a_low_temperature(rng):
    m = student("tutorial_vectors")

    def forward(x):
        soft = m.Softmax()
        return soft.forward(x / 0.05), soft

    return functions(forward, lambda d, soft: soft.backward(d) / 0.05, rng.normal(size=(3, 5)))


@right
def distances_between_all_points(rng):
    """The distance of a point to itself is 0, where the root has no slope."""

    def forward(x):
        diff = x[:, None] - x[None]
        d = np.sqrt((diff**2).sum(axis=-1))
        return d, (diff, d)

    def backward(dout, cache):
        diff, d = cache
        scaled = np.where(d > 0, dout / np.where(d > 0, d, 1), 0)[..., None] * diff
        return scaled.sum(axis=1) - scaled.sum(axis=0)

    return functions(forward, backward, rng.normal(size=(5, 3)))


@right
def log_determinant_by_cholesky(rng):
    a = rng.normal(size=(4, 4))
    a = a @ a.T + np.eye(4)

    def f(a):
        return float(np.linalg.slogdet(a)[1])

    return gradient(f, lambda a: np.linalg.inv(a).T, a)


@right
def huge_outputs(rng):
    return elementwise(
        lambda x: np.exp(50 * x), lambda x: 50 * np.exp(50 * x), 1 + rng.random((3, 4))
    )


@right
def embedding_of_a_large_vocabulary(rng):
    m = student("cs231n_rnn")
    words = rng.integers(10_000, size=(4, 6))
    return functions(
        m.word_embedding_forward, m.word_embedding_backward, words, rng.normal(size=(10_000, 8))
    )


@right
def mean_of_a_hundred_thousand(rng):
    return functions(
        lambda x: (np.mean(np.tanh(x)), x),
        lambda dout, x: dout * (1 - np.tanh(x) ** 2) / x.size,
        rng.normal(size=(100, 1000)),
    )


@right
def empty_batch(rng):
    return functions(
        lambda x, w: (x @ w, (x, w)),
        lambda d, c: (d @ c[1].T, c[0].T @ d),
        np.zeros((0, 4)),
        rng.normal(size=(4, 3)),
    )


@right
def small_network_on_a_sparse_image(rng):
    """conv, relu, max-pool, affine, with a third of the pixels exactly zero."""
    conv, pool, dense = student("cs231n_fast"), student("cs231n_pool"), student("cs231n_dense")
    pooling = {"pool_height": 2, "pool_width": 2, "stride": 2}

    def forward(x, w1, b1, w2, b2):
        a, c1 = conv.conv_forward_im2col(x, w1, b1, {"stride": 1, "pad": 1})
        r, c2 = dense.relu_forward(a)
        p, c3 = pool.max_pool_forward_naive(r, pooling)
        out, c4 = dense.affine_forward(p, w2, b2)
        return out, (c1, c2, c3, c4)

    def backward(dout, cache):
        c1, c2, c3, c4 = cache
        dp, dw2, db2 = dense.affine_backward(dout, c4)
        dr = pool.max_pool_backward_naive(dp, c3)
        dx, dw1, db1 = conv.conv_backward_im2col(dense.relu_backward(dr, c2), c1)
        return dx, dw1, db1, dw2, db2

    x = rng.normal(size=(2, 1, 6, 6)) * (rng.random((2, 1, 6, 6)) > 0.33)
    w1, w2 = rng.normal(size=(3, 1, 3, 3)), rng.normal(size=(27, 4))
    return functions(forward, backward, x, w1, np.zeros(3), w2, np.zeros(4))
