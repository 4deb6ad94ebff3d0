# check: CCE pass
# check: SigmoidWithLoss pass convention
# check: TimeSoftmaxWithLoss pass
# check: RunningLoss pass
# check: PoissonLoss pass
# check: KLDivergence pass
# check: LeftBehind pass
# check: LeftBehindWrong fail scale
# check: WithAccuracy pass
# check: OneColumn pass
# check: OneColumnWrong fail scale
# check: FocalLoss fail
# check: TokenLoss fail scale
# check: TripletLoss skipped
"""Losses whose targets a name does not tell."""

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class CCE:
    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        picked = y_pred[np.arange(len(y_true)), y_true.argmax(axis=1)]
        return -np.mean(np.log(picked))

    def backward(self):
        return -self.t / self.p / len(self.t)


class SigmoidWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, 1 / (1 + np.exp(-x))
        both = np.c_[1 - self.y, self.y]
        return -np.sum(np.log(both[np.arange(len(t)), t] + 1e-7)) / len(t)

    def backward(self, dout=1):
        return (self.y - self.t) * dout / len(self.t)


class TimeSoftmaxWithLoss:
    def forward(self, xs, ts):
        N, T, V = xs.shape
        self.shape, self.ts = xs.shape, ts.reshape(N * T)
        self.ys = softmax(xs.reshape(N * T, V))
        return -np.log(self.ys[np.arange(N * T), self.ts]).mean()

    def backward(self, dout=1):
        dx = self.ys.copy()
        dx[np.arange(len(dx)), self.ts] -= 1
        return (dx * dout / len(dx)).reshape(self.shape)


class RunningLoss:
    def new_pass(self):
        self.total = 0.0

    def forward(self, y_pred, y_true):
        loss = np.mean((y_pred - y_true) ** 2)
        self.total += loss
        self.off = y_pred - y_true
        return loss

    def backward(self):
        return 2 * self.off / self.off.size


class PoissonLoss:
    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        return np.mean(y_pred - y_true * np.log(y_pred))

    def backward(self):
        return (1 - self.t / self.p) / self.p.size


class KLDivergence:
    def forward(self, q, p):
        self.q, self.p = q, p
        return np.sum(p * np.log(p / q)) / len(p)

    def backward(self):
        return -self.p / self.q / len(self.p)


class FocalLoss:
    """The derivative of the factor (1 - p)**2 is forgotten."""

    def forward(self, y_pred, y_true):
        self.p, self.t = y_pred, y_true
        return -np.sum(y_true * (1 - y_pred) ** 2 * np.log(y_pred)) / len(y_pred)

    def backward(self):
        return -self.t * (1 - self.p) ** 2 / self.p / len(self.p)


class TokenLoss:
    """The loss is a mean over the tokens, its gradient over the sentences."""

    def forward(self, xs, ts):
        N, T, V = xs.shape
        self.shape, self.ts = xs.shape, ts.reshape(N * T)
        self.ys = softmax(xs.reshape(N * T, V))
        return -np.log(self.ys[np.arange(N * T), self.ts]).mean()

    def backward(self):
        dx = self.ys.copy()
        dx[np.arange(len(dx)), self.ts] -= 1
        return (dx / self.shape[0]).reshape(self.shape)


class TripletLoss:
    def forward(self, embeddings, triplets):
        a, p, n = (embeddings[list(column)] for column in zip(*triplets.items(), strict=True))
        self.off = a, p, n
        return np.sum(np.maximum(0, ((a - p) ** 2 - (a - n) ** 2).sum(axis=1) + 1))

    def backward(self):
        return self.off[0]


class Probabilities:
    def forward(self, inputs):
        e = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.output = e / e.sum(axis=1, keepdims=True)


class LeftBehind:
    """Forward keeps the loss and the probabilities; backward is given these as its prediction."""

    def __init__(self):
        self.activation = Probabilities()

    def forward(self, inputs, y_true):
        self.activation.forward(inputs)
        self.output = self.activation.output
        self.loss_value = -np.mean(np.sum(y_true * np.log(self.output), axis=1))

    def backward(self, y_pred, y_true):
        self.dinputs = (y_pred - y_true) / len(y_pred)


class LeftBehindWrong(LeftBehind):
    def backward(self, y_pred, y_true):
        self.dinputs = 2 * (y_pred - y_true) / len(y_pred)


class OneColumn:
    """Each sample's own loss, of one output: of several it would leave out their number."""

    def forward(self, y_pred, y_true):
        if y_pred.ndim == 1:
            y_pred = y_pred.reshape(-1, 1)
        return (y_pred - y_true) ** 2

    def backward(self, y_pred, y_true):
        self.dinputs = 2 * (y_pred - y_true) / len(y_pred)


class OneColumnWrong(OneColumn):
    def backward(self, y_pred, y_true):
        self.dinputs = 4 * (y_pred - y_true) / len(y_pred)


class WithAccuracy:
    """Each sample's own loss, and how many come near, which moves with nothing."""

    def forward(self, input, label):
        self.loss = np.mean(np.abs(input - label), axis=-1)
        self.accuracy = np.mean(np.abs(input - label) < np.std(label) / 250)
        return self.loss, self.accuracy

    def backward(self, input, label):
        self.gradients = np.sign(input - label) / input.shape[1] / len(input)
