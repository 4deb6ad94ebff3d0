# measured: 1
# check: rnn pass
"""A course's network that learns to write: letters in, a loss out, and gradients in a dict."""

import numpy as np


def step(parameters, a_prev, x):
    a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a_prev + parameters["b"])
    z = parameters["Wya"] @ a + parameters["by"]
    e = np.exp(z - z.max())
    return a, e / e.sum()


def rnn_forward(X, Y, a0, parameters, vocab_size=27):
    x, a, y_hat, loss = {}, {-1: np.copy(a0)}, {}, 0
    for t in range(len(X)):
        x[t] = np.zeros((vocab_size, 1))
        x[t][X[t]] = 1
        a[t], y_hat[t] = step(parameters, a[t - 1], x[t])
        loss -= np.log(y_hat[t][Y[t], 0])
    return loss, (y_hat, a, x)


def rnn_backward(X, Y, parameters, cache):
    y_hat, a, x = cache
    g = {"d" + name: np.zeros_like(value) for name, value in parameters.items()}
    g["da_next"] = np.zeros_like(a[0])
    for t in reversed(range(len(X))):
        dy = np.copy(y_hat[t])
        dy[Y[t]] -= 1
        g["dWya"] += dy @ a[t].T
        g["dby"] += dy
        dz = (parameters["Wya"].T @ dy + g["da_next"]) * (1 - a[t] ** 2)
        g["db"] += dz
        g["dWax"] += dz @ x[t].T
        g["dWaa"] += dz @ a[t - 1].T
        g["da_next"] = parameters["Waa"].T @ dz
    return g, a
