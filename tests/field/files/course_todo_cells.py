# check: lstm_cell not_implemented
# check: rnn_cell not_implemented
# check: rnn not_implemented
# measured: 0
"""Cells whose backward is as it was handed out: its names are None, and stand in a dict."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    Wf = parameters["Wf"]
    bf = parameters["bf"]
    Wi = parameters["Wi"]
    bi = parameters["bi"]
    Wc = parameters["Wc"]
    bc = parameters["bc"]
    Wo = parameters["Wo"]
    bo = parameters["bo"]
    Wy = parameters["Wy"]
    by = parameters["by"]
    concat = np.concatenate((a_prev, xt))
    ft = sigmoid(Wf @ concat + bf)
    it = sigmoid(Wi @ concat + bi)
    cct = np.tanh(Wc @ concat + bc)
    c_next = ft * c_prev + it * cct
    ot = sigmoid(Wo @ concat + bo)
    a_next = ot * np.tanh(c_next)
    z = Wy @ a_next + by
    e = np.exp(z - z.max(0))
    yt_pred = e / e.sum(axis=0)
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache


def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache
    n_x, m = xt.shape
    n_a, m = a_next.shape
    dot = None
    dcct = None
    dit = None
    dft = None
    dWf = None
    dWi = None
    dbf = None
    da_prev = None
    dc_prev = None
    dxt = None
    gradients = {
        "dxt": dxt,
        "da_prev": da_prev,
        "dc_prev": dc_prev,
        "dWf": dWf,
        "dbf": dbf,
        "dWi": dWi,
    }
    return gradients


def rnn_cell_forward(xt, a_prev, parameters):
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    Wya = parameters["Wya"]
    ba = parameters["ba"]
    by = parameters["by"]
    a_next = np.tanh(Waa @ a_prev + Wax @ xt + ba)
    z = Wya @ a_next + by
    e = np.exp(z - z.max(0))
    yt_pred = e / e.sum(axis=0)
    cache = (a_next, a_prev, xt, parameters)
    return a_next, yt_pred, cache


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    dz = None
    dxt = None
    dWax = None
    da_prev = None
    dWaa = None
    dba = None
    gradients = {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients


def rnn_forward(x, a0, parameters):
    a_next, caches, a = a0, [], []
    for t in range(x.shape[2]):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        a.append(a_next)
        caches.append(cache)
    return np.stack(a, axis=2), np.stack([yt_pred] * len(a), axis=2), (caches, x)


def rnn_backward(da, caches):
    (caches, x) = None
    (a1, a0, x1, parameters) = None
    dx = None
    for t in reversed(range(None)):
        gradients = None
        dxt = gradients["dxt"]
        dx[:, :, t] = None
    return {"dx": dx}
