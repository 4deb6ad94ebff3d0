# check: lists pass
# check: lists_wrong fail scale
# check: dicts pass
# check: dicts_wrong fail scale
# check: dict_in_an_attribute pass
# check: dict_in_an_attribute_wrong fail scale
# check: private pass
# check: private_wrong fail scale
# check: holder pass
# check: holder_wrong fail scale
# check: current pass
# check: current_wrong fail scale
# check: getters pass
# check: getters_wrong fail scale
# check: whole_numbers fail
# check: unseen pass not_checked
# check: loss_with_centers pass
# check: loss_with_centers_wrong fail
"""A dense layer whose weight and gradient are kept in every way that people keep them."""

from types import SimpleNamespace

import numpy as np

from minnet import check_layer, check_loss


def normal(*shape):
    return np.random.default_rng(4).normal(size=shape)


class Base:
    def __init__(self, factor=1.0):
        self.factor = factor
        self.keep(normal(4, 3))

    def forward(self, x):
        self.x = x
        return x @ self.weight()

    def backward(self, dout):
        self.found(self.factor * self.x.T @ dout)
        return dout @ self.weight().T


class Lists(Base):
    def keep(self, W):
        self.W, self.dW = [W], [None]

    def weight(self):
        return self.W[0]

    def found(self, dW):
        self.dW[0] = dW


class Dicts(Base):
    def keep(self, W):
        self.weights, self.gradients = {"W": W}, {}

    def weight(self):
        return self.weights["W"]

    def found(self, dW):
        self.gradients["dW"] = dW


class InAnAttribute(Base):
    def keep(self, W):
        self.W, self.dW = {"i": W}, {}

    def weight(self):
        return self.W["i"]

    def found(self, dW):
        self.dW = {"i": dW}


class Private(Base):
    def keep(self, W):
        self.__W = W

    def weight(self):
        return self.__W

    def found(self, dW):
        self.__dW = dW


class Holder(Base):
    def keep(self, W):
        self.store = SimpleNamespace(kernel=W)

    def weight(self):
        return self.store.kernel

    def found(self, dW):
        self.store.grad_kernel = dW


class Current(Base):
    def keep(self, W):
        self._W = W

    def weight(self):
        return self._W

    def found(self, dW):
        self._grad_W_current = dW


class Getters(Base):
    def keep(self, W):
        self.weight = lambda: W

    def found(self, dW):
        self.result = dW

    def parameters(self):
        return [self.weight()]

    def gradients(self):
        return [self.result]


class WholeNumbers(Base):
    def keep(self, W):
        self.W = np.round(3 * W).astype(int)
        self.dW = np.zeros_like(self.W)

    def weight(self):
        return self.W

    def found(self, dW):
        self.dW[...] = dW


class Unseen(Base):
    def keep(self, W):
        self.secret = W

    def weight(self):
        return self.secret

    def found(self, dW):
        pass


class Centers:
    """Half the squared distance to a learned centre of each class."""

    share = 1.0

    def __init__(self):
        self.centers, self.d_centers = normal(3, 2), None

    def forward(self, f, y):
        self.apart, self.y = f - self.centers[y], y
        return 0.5 * float((self.apart**2).sum())

    def backward(self):
        self.d_centers = np.zeros_like(self.centers)
        np.subtract.at(self.d_centers, self.y, self.share * self.apart)
        return self.apart


class CentersWrong(Centers):
    share = 0.5


def checked(layer):
    return check_layer(layer, normal(5, 4))


def call_lists():
    return checked(Lists())


def call_lists_wrong():
    return checked(Lists(2.0))


def call_dicts():
    return checked(Dicts())


def call_dicts_wrong():
    return checked(Dicts(2.0))


def call_dict_in_an_attribute():
    return checked(InAnAttribute())


def call_dict_in_an_attribute_wrong():
    return checked(InAnAttribute(2.0))


def call_private():
    return checked(Private())


def call_private_wrong():
    return checked(Private(2.0))


def call_holder():
    return checked(Holder())


def call_holder_wrong():
    return checked(Holder(2.0))


def call_current():
    return checked(Current())


def call_current_wrong():
    return checked(Current(2.0))


def call_getters():
    return checked(Getters())


def call_getters_wrong():
    return checked(Getters(2.0))


def call_whole_numbers():
    return checked(WholeNumbers())


def call_unseen():
    return checked(Unseen())


def call_loss_with_centers():
    return check_loss(Centers(), normal(5, 2), np.array([0, 1, 1, 2, 1]))


def call_loss_with_centers_wrong():
    return check_loss(CentersWrong(), normal(5, 2), np.array([0, 1, 1, 2, 1]))
