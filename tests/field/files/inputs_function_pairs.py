# check: by_name pass
# check: wrong_by_name fail scale
# check: parameters_in_a_dict pass
# check: wrong_parameters_in_a_dict fail scale
# check: flat_gradients pass
# check: wrong_flat_gradients fail
# check: layers_in_a_list pass
# check: wrong_layers_in_a_list fail
# check: settings_stay_settings pass
"""Pairs of functions whose parameters and gradients come in dicts and lists."""

import numpy as np

from minnet import check_functions


def dense_forward(x, w, b):
    return x @ w + b, (x, w)


def dense_backward(dout, cache):
    x, w = cache
    return {"dw": x.T @ dout, "db": dout.sum(axis=0), "dx": dout @ w.T}


def dense_backward_mean(dout, cache):
    found = dense_backward(dout, cache)
    found["db"] = dout.mean(axis=0)
    return found


def with_dict_forward(x, params):
    return dense_forward(x, params["W"], params["b"])


def with_dict_backward(dout, cache):
    found = dense_backward(dout, cache)
    return found["dx"], {"W": found["dw"], "b": found["db"]}


def with_dict_backward_twice(dout, cache):
    dx, grads = with_dict_backward(dout, cache)
    return dx, {"W": 2 * grads["W"], "b": grads["b"]}


def flat_backward(dout, cache):
    found = dense_backward(dout, cache)
    return found["dx"], found["dw"], found["db"]


def flat_backward_first(dout, cache):
    dx, dw, _ = flat_backward(dout, cache)
    return dx, dw, dout[0]


def deep_forward(x, weights):
    inputs = []
    for W in weights:
        inputs.append(x)
        x = np.tanh(x @ W)
    return x, (inputs, weights)


def deep_backward(dout, cache):
    grads = []
    for x, W in reversed(list(zip(*cache, strict=True))):
        dout = dout * (1 - np.tanh(x @ W) ** 2)
        grads.insert(0, x.T @ dout)
        dout = dout @ W.T
    return dout, grads


def deep_backward_reversed(dout, cache):
    dx, grads = deep_backward(dout, cache)
    return dx, grads[::-1]


def scaled_forward(x, settings):
    return x * settings["scales"] ** settings["power"], (x, settings)


def scaled_backward(dout, cache):
    x, settings = cache
    return dout * settings["scales"] ** settings["power"]


rng = np.random.default_rng(8)
X, W, B = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
PARAMS = {"W": W, "b": B}
WEIGHTS = [rng.normal(size=(4, 4)) for _ in range(3)]


def call_by_name():
    return check_functions(dense_forward, dense_backward, X, W, B)


def call_wrong_by_name():
    return check_functions(dense_forward, dense_backward_mean, X, W, B)


def call_parameters_in_a_dict():
    return check_functions(with_dict_forward, with_dict_backward, X, PARAMS)


def call_wrong_parameters_in_a_dict():
    return check_functions(with_dict_forward, with_dict_backward_twice, X, PARAMS)


def call_flat_gradients():
    return check_functions(with_dict_forward, flat_backward, X, PARAMS)


def call_wrong_flat_gradients():
    return check_functions(with_dict_forward, flat_backward_first, X, PARAMS)


def call_layers_in_a_list():
    return check_functions(deep_forward, deep_backward, X, WEIGHTS)


def call_wrong_layers_in_a_list():
    return check_functions(deep_forward, deep_backward_reversed, X, WEIGHTS)


def call_settings_stay_settings():
    settings = {"scales": np.array([0.5, 1.5, 2.0, 0.1]), "power": 2}
    return check_functions(scaled_forward, scaled_backward, X, settings)
