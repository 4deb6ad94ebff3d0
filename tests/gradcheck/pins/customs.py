"""What pins the constants of minnet.gradcheck.diagnosis.customs."""

import numpy as np

from minnet.gradcheck import check_functions
from pins import Pin
from pins.contract import SEEDS


def log_forward(y):
    return np.log(y + 1e-13), y


def log_forward_11(y):
    return np.log(y + 1e-11), y


def log_forward_4(y):
    return np.log(y + 1e-4), y


def log_forward_2(y):
    return np.log(y + 0.01), y


def log_backward(dout, y):
    return dout / y


def said_of(forward, size):
    """Return the warnings on a logarithm that keeps away from zero in one pass only."""
    said = []
    for seed in SEEDS:
        y = size * np.random.default_rng(seed).uniform(0.2, 1.0, (4, 3))
        (case,) = check_functions(forward, log_backward, y, seed=seed).checks[0].cases
        said += [[warning.code for warning in case.warnings] if case.verdict == "pass" else []]
    return said


def an_epsilon_of_1e_13_is_none():
    assert not any(said_of(log_forward, 1e-10))


def one_of_1e_11_is():
    assert all(said == ["convention"] for said in said_of(log_forward_11, 1e-9))


def one_of_1e_4_is():
    assert all(said == ["convention"] for said in said_of(log_forward_4, 1.0))


def one_of_a_hundredth_is_none():
    assert not any(said_of(log_forward_2, 1.0))


PINS = [
    Pin("diagnosis.customs.epsilon", "SMALLEST", an_epsilon_of_1e_13_is_none, one_of_1e_11_is),
    Pin("diagnosis.customs.epsilon", "LARGEST", one_of_1e_4_is, one_of_a_hundredth_is_none),
]
