"""Correct code for arrays of unusual shapes and kinds, and for whole algorithms."""

from __future__ import annotations

import numpy as np

from corpus.calls import functions, gradient, layer, student
from corpus.entries import Register
from corpus.right_kinks import elementwise

right = Register()


def cs231n_affine(*args):
    m = student("cs231n_dense")
    return functions(m.affine_forward, m.affine_backward, *args)


# -- shapes and kinds of arrays ----------------------------------------------------------------


@right
def batch_of_one(rng):
    return cs231n_affine(rng.normal(size=(1, 4)), rng.normal(size=(4, 3)), rng.normal(size=3))


@right
def batchnorm_of_a_batch_of_two(rng):
    m = student("cs231n_norm")
    args = (rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3), {"mode": "train"})
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@right
def batchnorm_of_a_batch_of_one(rng):
    m = student("cs231n_norm")
    args = (rng.normal(size=(1, 3)), rng.normal(size=3), rng.normal(size=3), {"mode": "train"})
    return functions(m.batchnorm_forward, m.batchnorm_backward, *args)


@right
def one_element(rng):
    return elementwise(np.tanh, lambda x: 1 - np.tanh(x) ** 2, rng.normal(size=(1,)))


@right
def zero_dimensional_input_and_output(rng):
    return elementwise(np.sin, np.cos, np.asarray(rng.normal()))


@right
def zero_dimensional_output(rng):
    return functions(
        lambda x: (np.sum(x**2), x), lambda dout, x: dout * 2 * x, rng.normal(size=(3, 4))
    )


@right
def output_that_is_a_python_float(rng):
    return functions(
        lambda x: (float(np.sum(np.cos(x))), x),
        lambda dout, x: -dout * np.sin(x),
        rng.normal(size=(3, 4)),
    )


@right
def inputs_of_fortran_order(rng):
    x, w = np.asfortranarray(rng.normal(size=(5, 4))), np.asfortranarray(rng.normal(size=(4, 3)))
    return cs231n_affine(x, w, rng.normal(size=3))


@right
def inputs_that_are_strided_views(rng):
    x, w = rng.normal(size=(10, 8))[::2, ::2], rng.normal(size=(3, 4)).T
    return cs231n_affine(x, w, rng.normal(size=6)[::-2])


@right
def inputs_that_are_read_only(rng):
    args = [rng.normal(size=s) for s in ((5, 4), (4, 3), (3,))]
    for a in args:
        a.flags.writeable = False
    return cs231n_affine(*args)


@right
def inputs_that_are_broadcast_views(rng):
    x = np.broadcast_to(rng.normal(size=(1, 4)), (5, 4))
    return cs231n_affine(x, rng.normal(size=(4, 3)), rng.normal(size=3))


@right
def gradients_that_are_broadcast_views(rng):
    return functions(
        lambda x: (x.sum(axis=1), x.shape),
        lambda dout, shape: np.broadcast_to(dout[:, None], shape),
        rng.normal(size=(4, 5)),
    )


@right
def gradients_that_are_transposed_views(rng):
    return functions(
        lambda x, w: (x @ w, (x, w)),
        lambda d, c: ((c[1] @ d.T).T, (d.T @ c[0]).T),
        rng.normal(size=(5, 4)),
        rng.normal(size=(4, 3)),
    )


@right
def one_input_used_twice(rng):
    """The very same array in both places."""
    x = rng.normal(size=(4, 3))
    m = student("tutorial_classes")
    return layer(m.Multiply(), x, x)


@right
def bias_broadcast_over_leading_axes(rng):
    return functions(
        lambda a, b: (a * b, (a, b)),
        lambda d, c: (d * c[1], (d * c[0]).sum(axis=(0, 2), keepdims=True)[0]),
        rng.normal(size=(4, 3, 5)),
        rng.normal(size=(3, 1)),
    )


@right
def outer_product_of_two_vectors(rng):
    return functions(
        lambda a, b: (np.outer(a, b), (a, b)),
        lambda d, c: (d @ c[1], d.T @ c[0]),
        rng.normal(size=4),
        rng.normal(size=6),
    )


@right
def integer_indices_have_no_gradient(rng):
    m = student("cs231n_rnn")
    words = rng.integers(5, size=(3, 4))
    return functions(
        m.word_embedding_forward, m.word_embedding_backward, words, rng.normal(size=(5, 3))
    )


@right
def embedding_with_words_that_do_not_occur(rng):
    m = student("tutorial_classes")
    return layer(m.Embedding(50, 2, rng), np.array([[1, 1, 1]]))


@right
def gather_along_an_axis(rng):
    index = rng.integers(6, size=(4, 3))

    def backward(dout, shape):
        dx = np.zeros(shape)
        for row in range(shape[0]):
            np.add.at(dx[row], index[row], dout[row])
        return dx

    return functions(
        lambda x: (np.take_along_axis(x, index, axis=1), x.shape), backward, rng.normal(size=(4, 6))
    )


@right
def straight_path_chosen_by_argmax(rng):
    def forward(x, w):
        best = np.argmax(x, axis=1)
        return w[best] * x[np.arange(len(x)), best][:, None], (x, w, best)

    def backward(dout, cache):
        x, w, best = cache
        rows = np.arange(len(x))
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        dx[rows, best] = np.sum(dout * w[best], axis=1)
        np.add.at(dw, best, dout * x[rows, best][:, None])
        return dx, dw

    return functions(forward, backward, rng.normal(size=(5, 4)), rng.normal(size=(4, 3)))


@right
def masked_softmax(rng):
    mask = rng.random((4, 5)) < 0.6
    mask[:, 0] = True

    def forward(x):
        e = np.exp(np.where(mask, x, -np.inf))
        p = e / e.sum(axis=1, keepdims=True)
        return p, p

    def backward(dout, p):
        return p * (dout - (dout * p).sum(axis=1, keepdims=True))

    return functions(forward, backward, rng.normal(size=(4, 5)))


@right
def causal_attention(rng):
    def forward(q, k, v):
        s = q @ k.T / 2
        s[np.triu_indices(4, 1)] = -1e9
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p @ v, (q, k, v, p)

    def backward(dout, cache):
        q, k, v, p = cache
        dp = dout @ v.T
        ds = p * (dp - (dp * p).sum(axis=1, keepdims=True)) / 2
        return ds @ k, ds.T @ q, p.T @ dout

    return functions(forward, backward, *(rng.normal(size=(4, 4)) for _ in range(3)))


@right
def shared_weight_used_three_times(rng):
    def forward(x, w):
        a = np.tanh(x @ w)
        b = np.tanh(a @ w)
        return b @ w, (x, w, a, b)

    def backward(dout, cache):
        x, w, a, b = cache
        dw = b.T @ dout
        db = dout @ w.T * (1 - b**2)
        dw += a.T @ db
        da = db @ w.T * (1 - a**2)
        dw += x.T @ da
        return da @ w.T, dw

    return functions(forward, backward, rng.normal(size=(3, 4)), rng.normal(size=(4, 4)) / 2)


@right
def cumulative_product(rng):
    def forward(x):
        out = np.cumprod(x, axis=1)
        return out, (x, out)

    def backward(dout, cache):
        x, out = cache
        return np.cumsum((dout * out)[:, ::-1], axis=1)[:, ::-1] / x

    return functions(forward, backward, rng.uniform(0.5, 2, size=(3, 5)))


@right
def determinant(rng):
    a = rng.normal(size=(4, 4)) + 3 * np.eye(4)
    return gradient(np.linalg.det, lambda a: np.linalg.det(a) * np.linalg.inv(a).T, a)


@right
def linear_solve(rng):
    def backward(dout, cache):
        a, x = cache
        db = np.linalg.solve(a.T, dout)
        return -np.outer(db, x), db

    a = rng.normal(size=(4, 4)) + 4 * np.eye(4)
    return functions(
        lambda a, b: (np.linalg.solve(a, b), (a, np.linalg.solve(a, b))),
        backward,
        a,
        rng.normal(size=4),
    )


@right
def rosenbrock_in_its_valley(rng):
    f = lambda x: float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))  # noqa: E731

    def slope(x):
        g = np.zeros_like(x)
        g[:-1] = -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
        g[1:] += 200 * (x[1:] - x[:-1] ** 2)
        return g

    return gradient(f, slope, 1 + 0.1 * rng.normal(size=6))


@right
def relu_of_a_hundred_thousand(rng):
    x = rng.normal(size=(100, 1000))
    x[rng.random(x.shape) < 0.05] = 0
    return elementwise(lambda x: np.maximum(x, 0), lambda x: x > 0, x)


@right
def tanh_of_a_hundred_thousand(rng):
    return elementwise(np.tanh, lambda x: 1 - np.tanh(x) ** 2, rng.normal(size=(100, 1000)))


@right
def dense_with_a_hundred_thousand_weights(rng):
    return cs231n_affine(
        rng.normal(size=(3, 400)), rng.normal(size=(400, 250)), rng.normal(size=250)
    )


@right
def complex_modulus(rng):
    """Complex numbers inside, real ones outside."""
    return functions(
        lambda a, b: (np.abs(a + 1j * b), (a, b)),
        lambda d, c: (d * c[0] / np.hypot(*c), d * c[1] / np.hypot(*c)),
        rng.normal(size=(4, 3)),
        rng.normal(size=(4, 3)),
    )


@right
def fourier_magnitudes(rng):
    def forward(x):
        f = np.fft.fft(x, axis=1)
        return np.abs(f) ** 2, f

    def backward(dout, f):
        return 2 * np.real(np.fft.ifft(dout * f, axis=1)) * f.shape[1]

    return functions(forward, backward, rng.normal(size=(3, 8)))
