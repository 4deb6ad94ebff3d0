# check: triplet pass
# check: triplet_as_layer pass
# check: wrong_triplet fail sign
# check: divergence pass
# check: wrong_divergence fail
# check: autoencoder pass
# check: wrong_autoencoder fail
# check: penalty pass
# check: wrong_penalty fail scale
# check: contrast pass
"""Losses of one, two, three and four inputs; their backward takes nothing."""

import numpy as np

from minnet import check_layer, check_loss


class Triplet:
    def __init__(self, margin=1.0):
        self.margin = margin

    def forward(self, anchor, positive, negative):
        self.a, self.p, self.n = anchor, positive, negative
        near = ((anchor - positive) ** 2).sum(axis=1)
        far = ((anchor - negative) ** 2).sum(axis=1)
        self.active = (near - far + self.margin > 0)[:, None]
        return float(np.maximum(near - far + self.margin, 0).mean())

    def backward(self):
        scale = 2 * self.active / len(self.a)
        return scale * (self.n - self.p), scale * (self.p - self.a), scale * (self.a - self.n)


class WrongTriplet(Triplet):
    def backward(self):
        da, dp, dn = super().backward()
        return da, dp, -dn


class Divergence:
    """Of a normal distribution from the standard one."""

    def forward(self, mu, logvar):
        self.mu, self.logvar = mu, logvar
        return float(-0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar)))

    def backward(self):
        return {"dmu": self.mu, "dlogvar": 0.5 * (np.exp(self.logvar) - 1)}


class WrongDivergence(Divergence):
    def backward(self):
        return {"dmu": self.mu, "dlogvar": 0.5 * np.exp(self.logvar)}


class Autoencoder(Divergence):
    def forward(self, mu, logvar, reconstruction, x):
        self.difference = reconstruction - x
        return super().forward(mu, logvar) + float((self.difference**2).sum())

    def backward(self):
        dmu, dlogvar = super().backward().values()
        return dmu, dlogvar, 2 * self.difference, None


class WrongAutoencoder(Autoencoder):
    def backward(self):
        dmu, dlogvar, dreconstruction, _ = super().backward()
        return dmu, dlogvar, dreconstruction / 2, None


class Penalty:
    def forward(self, w):
        self.w = w
        return 0.5 * float((w**2).sum())

    def backward(self):
        return self.w


class WrongPenalty(Penalty):
    def backward(self):
        return 2 * self.w


def contrast(first, second, margin=0.5):
    """A function that gives the loss and both gradients."""
    d = first - second
    distance = np.sqrt((d**2).sum(axis=1, keepdims=True))
    gap = np.maximum(distance - margin, 0)
    return float((gap**2).sum()), (2 * gap * d / distance, -2 * gap * d / distance)


rng = np.random.default_rng(5)
A, B, C, D = rng.normal(size=(4, 6, 3))


def call_triplet():
    return check_loss(Triplet(), A, B, C)


def call_triplet_as_layer():
    return check_layer(Triplet(), A, B, C)


def call_wrong_triplet():
    return check_loss(WrongTriplet(), A, B, C)


def call_divergence():
    return check_loss(Divergence(), A, B)


def call_wrong_divergence():
    return check_loss(WrongDivergence(), A, B)


def call_autoencoder():
    return check_loss(Autoencoder(), A, B, C, D)


def call_wrong_autoencoder():
    return check_loss(WrongAutoencoder(), A, B, C, D)


def call_penalty():
    return check_loss(Penalty(), A)


def call_wrong_penalty():
    return check_loss(WrongPenalty(), A)


def call_contrast():
    return check_loss(contrast, A, B)
