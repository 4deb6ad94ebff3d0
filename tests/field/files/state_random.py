# check: kept_mask pass
# check: seed_in_both_passes pass
# check: module_generator pass
# check: generator_state_put_back pass
# check: old_generator pass
# check: second_mask fail new_random_numbers
# check: second_mask_of_two_elements fail new_random_numbers
# check: second_noise fail new_random_numbers
# check: second_choice fail new_random_numbers
"""Layers that draw random numbers: once, and wrongly in backward too."""

import random

import numpy as np

from minnet import check_functions, check_layer

RNG = np.random.default_rng(5)


class Dropout:
    def __init__(self, keep=0.6):
        self.keep = keep

    def forward(self, x):
        self.mask = (np.random.rand(*x.shape) < self.keep) / self.keep  # noqa: NPY002
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class DrawsAgain(Dropout):
    def backward(self, dout):
        return dout * (np.random.rand(*dout.shape) < self.keep) / self.keep  # noqa: NPY002


class Seeded:
    """Makes the mask anew from its own seed, in both passes."""

    seed = 11

    def mask(self, shape):
        return np.random.default_rng(self.seed).random(shape) < 0.5

    def forward(self, x):
        return x * self.mask(x.shape)

    def backward(self, dout):
        return dout * self.mask(dout.shape)


class FromTheModule:
    def forward(self, x):
        self.noise = RNG.normal(size=x.shape)
        return x * (1 + self.noise)

    def backward(self, dout):
        return dout * (1 + self.noise)


class NoiseAgain(FromTheModule):
    def __init__(self):
        self.rng = np.random.default_rng(2)

    def forward(self, x):
        return x * (1 + self.rng.normal(size=x.shape))

    def backward(self, dout):
        return dout * (1 + self.rng.normal(size=dout.shape))


class OldGenerator(FromTheModule):
    """An odd count of normal numbers leaves one of a pair behind."""

    def __init__(self):
        self.rs = np.random.RandomState(1)  # noqa: NPY002

    def forward(self, x):
        self.noise = self.rs.randn(*x.shape)
        return x * (1 + self.noise)


class PutsTheStateBack:
    """Recomputes in backward, with the generator where forward found it."""

    def forward(self, x):
        self.state = np.random.get_state()  # noqa: NPY002
        return x * np.random.rand(*x.shape)  # noqa: NPY002

    def backward(self, dout):
        np.random.set_state(self.state)  # noqa: NPY002
        return dout * np.random.rand(*dout.shape)  # noqa: NPY002


def path_forward(x):
    scale = random.choice([0.5, 2.0, 3.0])
    return scale * x, None


def path_backward(dout, _):
    return random.choice([0.5, 2.0, 3.0]) * dout


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def call_kept_mask():
    return check_layer(Dropout(), normal(4, 5))


def call_seed_in_both_passes():
    return check_layer(Seeded(), normal(4, 5))


def call_module_generator():
    return check_layer(FromTheModule(), normal(3, 2))


def call_generator_state_put_back():
    return check_layer(PutsTheStateBack(), normal(3, 2))


def call_old_generator():
    return check_layer(OldGenerator(), normal(3, 1))


def call_second_mask():
    return check_layer(DrawsAgain(), normal(4, 5))


def call_second_mask_of_two_elements():
    return check_layer(DrawsAgain(), normal(1, 2))


def call_second_noise():
    return check_layer(NoiseAgain(), normal(3, 2))


def call_second_choice():
    return check_functions(path_forward, path_backward, normal(3))
