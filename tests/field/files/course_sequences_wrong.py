# measured: 4
# check: rnn_cell fail scale
# check: rnn fail truncated_time
# check: lstm_cell fail
# check: lstm fail
"""The same with mistakes: twice a derivative, a state's gradient that ends, a gate without c."""

import numpy as np

GATES = "fico"


def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def rnn_cell_forward(xt, a_prev, parameters):
    z = parameters["Waa"] @ a_prev + parameters["Wax"] @ xt + parameters["ba"]
    a_next = np.tanh(z)
    yt = softmax(parameters["Wya"] @ a_next + parameters["by"])
    return a_next, yt, (a_next, a_prev, xt, parameters)


def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    dz = da_next * (1 - a_next**2)
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": 2 * dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }


def rnn_forward(x, a0, parameters):
    states, outputs, caches, a = [], [], [], a0
    for t in range(x.shape[2]):
        a, y, cache = rnn_cell_forward(x[:, :, t], a, parameters)
        states.append(a)
        outputs.append(y)
        caches.append(cache)
    return np.stack(states, axis=2), np.stack(outputs, axis=2), (caches, x)


def rnn_backward(da, caches):
    cells, x = caches
    found = {"dx": np.zeros_like(x), "da0": np.zeros_like(da[:, :, 0])}
    for t in reversed(range(x.shape[2])):
        step = rnn_cell_backward(da[:, :, t], cells[t])
        found["dx"][:, :, t] = step["dxt"]
        found["da0"] = step["da_prev"]
        for name in ("dWax", "dWaa", "dba"):
            found[name] = found.get(name, 0) + step[name]
    return found


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    both = np.concatenate([a_prev, xt])
    f, i, c, o = (parameters["W" + g] @ both + parameters["b" + g] for g in GATES)
    f, i, c, o = sigmoid(f), sigmoid(i), np.tanh(c), sigmoid(o)
    c_next = f * c_prev + i * c
    a_next = o * np.tanh(c_next)
    yt = softmax(parameters["Wy"] @ a_next + parameters["by"])
    return a_next, c_next, yt, (both, c_prev, c_next, (f, i, c, o), parameters)


def lstm_cell_backward(da_next, dc_next, cache):
    both, c_prev, c_next, (f, i, c, o), parameters = cache
    dc = dc_next + da_next * o * (1 - np.tanh(c_next) ** 2)
    dz = {
        "f": dc * c_prev * f * (1 - f),
        "i": dc * i * (1 - i),
        "c": dc * i * (1 - c**2),
        "o": da_next * np.tanh(c_next) * o * (1 - o),
    }
    dboth = sum(parameters["W" + g].T @ dz[g] for g in GATES)
    found = {"da_prev": dboth[: len(f)], "dxt": dboth[len(f) :], "dc_prev": dc * f}
    for g in GATES:
        found["dW" + g] = dz[g] @ both.T
        found["db" + g] = dz[g].sum(axis=1, keepdims=True)
    return found


def lstm_forward(x, a0, parameters):
    states, cells, outputs, caches = [], [], [], []
    a, c = a0, np.zeros_like(a0)
    for t in range(x.shape[2]):
        a, c, y, cache = lstm_cell_forward(x[:, :, t], a, c, parameters)
        states.append(a)
        cells.append(c)
        outputs.append(y)
        caches.append(cache)
    return *(np.stack(one, axis=2) for one in (states, outputs, cells)), (caches, x)


def lstm_backward(da, caches):
    cells, x = caches
    found = {"dx": np.zeros_like(x), "da0": np.zeros_like(da[:, :, 0])}
    dc = np.zeros_like(found["da0"])
    for t in reversed(range(x.shape[2])):
        step = lstm_cell_backward(da[:, :, t] + found["da0"], dc, cells[t])
        found["dx"][:, :, t], found["da0"], dc = step["dxt"], step["da_prev"], step["dc_prev"]
        for g in GATES:
            for name in ("dW" + g, "db" + g):
                found[name] = found.get(name, 0) + step[name]
    return found
