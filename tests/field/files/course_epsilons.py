# check: SoftmaxWithLoss pass convention
# check: BinaryCrossEntropy pass convention
# check: Normalize pass convention
# check: BatchNorm pass convention
# check: hinted_softmax_loss pass convention
# check: standardise pass convention
# check: Guarded pass convention
# check: Cosine fail
# check: LogLoss fail
"""Small numbers against a division by zero: in one pass only, and beside real mistakes."""

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy_error(y, t):
    delta = 1e-7
    return -np.sum(t * np.log(y + delta)) / len(y)


def hinted_softmax_loss(x, y):
    numerical_stabilizer = 1e-10
    probs, N = softmax(x), len(x)
    loss = -np.sum(np.log(probs[np.arange(N), y] + numerical_stabilizer)) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    return loss, dx / N


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return cross_entropy_error(self.y, self.t)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


class BinaryCrossEntropy:
    def __init__(self, eps=1e-8):
        self.eps = eps

    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        return -np.mean(
            y_true * np.log(y_pred + self.eps) + (1 - y_true) * np.log(1 - y_pred + self.eps)
        )

    def backward(self):
        return (self.p - self.t) / (self.p * (1 - self.p)) / self.p.size


class Normalize:
    def forward(self, x):
        self.x, self.norm = x, np.linalg.norm(x, axis=1, keepdims=True)
        return x / (self.norm + 1e-6)

    def backward(self, dout):
        inner = np.sum(dout * self.x, axis=1, keepdims=True)
        return dout / self.norm - self.x * inner / self.norm**3


class BatchNorm:
    def __init__(self, num_features):
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.eps = 1e-5

    def forward(self, x):
        self.mu, self.var = x.mean(axis=0), x.var(axis=0)
        self.xc = x - self.mu
        self.xhat = self.xc / np.sqrt(self.var + self.eps)
        return self.gamma * self.xhat + self.beta

    def backward(self, dout):
        N = len(dout)
        self.dgamma = np.sum(dout * self.xhat, axis=0)
        self.dbeta = np.sum(dout, axis=0)
        dxhat = dout * self.gamma
        std = np.sqrt(self.var)
        xhat = self.xc / std
        inner = np.sum(dxhat * xhat, axis=0)
        return (dxhat - dxhat.mean(axis=0) - xhat * inner / N) / std


class Cosine:
    """An epsilon in forward only, and a square too few."""

    def forward(self, x):
        self.x, self.norm = x, np.linalg.norm(x, axis=1, keepdims=True)
        return x / (self.norm + 1e-6)

    def backward(self, dout):
        inner = np.sum(dout * self.x, axis=1, keepdims=True)
        return dout / self.norm - self.x * inner / self.norm**2


class LogLoss:
    """The small number is added to the gradient, where it keeps nothing finite."""

    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        return -np.sum(y_true * np.log(y_pred))

    def backward(self):
        return -self.t / self.p + 1e-4


def standardise_forward(x):
    eps = 1e-5
    mean, var = x.mean(axis=0), x.var(axis=0)
    return (x - mean) / (np.sqrt(var) + eps), (x, mean, var, eps)


def standardise_backward(dout, cache):
    x, mean, var, eps = cache
    std, N = np.sqrt(var) + eps, len(x)
    centred = x - mean
    dstd = -np.sum(dout * centred / std**2, axis=0)
    dcentred = dout / std + centred * dstd / (std * N)
    return dcentred - dcentred.mean(axis=0)


def over(function):
    return np.vectorize(function)


class Operations:
    """Its functions are found by none of their names."""

    def __init__(self):
        self.apply, self.apply_back = over(guarded_log), over(slope_of_log)


TINY = 1e-6


def guarded_log(x):
    return np.log(abs(x) + TINY)


def slope_of_log(x):
    return 1.0 / x


class Guarded:
    def __init__(self):
        self.operations = Operations()

    def forward(self, x):
        self.x = x
        return self.operations.apply(x)

    def backward(self, dout):
        return dout * self.operations.apply_back(self.x)
