# check: Parsecs pass
# check: Energy pass
# check: ParsecsWrong fail
# check: EnergyWrong fail
# check: WeightsWrong fail
# check: NoSamples pass
# check: NoFeatures pass
"""Numbers whose squares overflow, and no numbers at all."""

import numpy as np

from minnet import check_functions, check_gradient

rng = np.random.default_rng(8)


def affine(x, w, factor=1.0):
    return check_functions(
        lambda x, w: (x @ w, (x, w)),
        lambda dout, cache: (dout @ cache[1].T, factor * cache[0].T @ dout),
        x,
        w,
    )


def call_Parsecs():
    return affine(3e190 * rng.normal(size=(4, 3)), rng.normal(size=(3, 2)))


def call_ParsecsWrong():
    return affine(3e190 * rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), 0.5)


def call_WeightsWrong():
    return affine(rng.normal(size=(4, 3)), 1e160 * rng.normal(size=(3, 2)), 1.01)


def energy(factor):
    x = rng.normal(size=7)
    return check_gradient(lambda x: 1e200 * np.sum(x**2) / 2, lambda x: factor * 1e200 * x, x)


def call_Energy():
    return energy(1.0)


def call_EnergyWrong():
    return energy(2.0)


def call_NoSamples():
    return affine(np.zeros((0, 3)), rng.normal(size=(3, 2)))


def call_NoFeatures():
    x = np.zeros((5, 0))
    return check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, x)
