# check: naiveSoftmaxLossAndGradient pass
# check: negSamplingLossAndGradient pass
# check: skipgram pass
# check: forward_backward_prop pass
# check: lossFun pass
# check: Network pass
"""A loss and all of its gradients worked out in one go; a network with backprop(x, y)."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_grad(s):
    return s * (1 - s)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def naiveSoftmaxLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset):
    y = softmax(outsideVectors @ centerWordVec)
    loss = -np.log(y[outsideWordIdx])
    d = y.copy()
    d[outsideWordIdx] -= 1
    return loss, outsideVectors.T @ d, np.outer(d, centerWordVec)


def getNegativeSamples(o, dataset, K):
    idx = [None] * K
    for k in range(K):
        n = dataset.sampleTokenIdx()
        while n == o:
            n = dataset.sampleTokenIdx()
        idx[k] = n
    return idx


def negSamplingLossAndGradient(centerWordVec, outsideWordIdx, outsideVectors, dataset, K=10):
    neg = getNegativeSamples(outsideWordIdx, dataset, K)
    u = outsideVectors
    gc = np.zeros_like(centerWordVec)
    go = np.zeros_like(u)
    s = sigmoid(u[outsideWordIdx] @ centerWordVec)
    loss = -np.log(s)
    gc += (s - 1) * u[outsideWordIdx]
    go[outsideWordIdx] += (s - 1) * centerWordVec
    for k in neg:
        s = sigmoid(-u[k] @ centerWordVec)
        loss -= np.log(s)
        gc += (1 - s) * u[k]
        go[k] += (1 - s) * centerWordVec
    return loss, gc, go


def skipgram(
    currentCenterWord,
    windowSize,
    outsideWords,
    word2Ind,
    centerWordVectors,
    outsideVectors,
    dataset,
    word2vecLossAndGradient=naiveSoftmaxLossAndGradient,
):
    loss = 0.0
    gi = np.zeros(centerWordVectors.shape)
    go = np.zeros(outsideVectors.shape)
    i = word2Ind[currentCenterWord]
    for w in outsideWords:
        l, a, b = word2vecLossAndGradient(
            centerWordVectors[i], word2Ind[w], outsideVectors, dataset
        )
        loss += l
        gi[i] += a
        go += b
    return loss, gi, go


def forward_backward_prop(X, labels, params, dimensions):
    ofs = 0
    Dx, H, Dy = dimensions
    W1 = params[ofs : ofs + Dx * H].reshape(Dx, H)
    ofs += Dx * H
    b1 = params[ofs : ofs + H].reshape(1, H)
    ofs += H
    W2 = params[ofs : ofs + H * Dy].reshape(H, Dy)
    ofs += H * Dy
    b2 = params[ofs:].reshape(1, Dy)
    h = sigmoid(X @ W1 + b1)
    y = softmax(h @ W2 + b2)
    cost = -np.sum(labels * np.log(y))
    d = y - labels
    gW2 = h.T @ d
    gb2 = d.sum(0)
    dz = (d @ W2.T) * sigmoid_grad(h)
    gW1 = X.T @ dz
    gb1 = dz.sum(0)
    return cost, np.concatenate([gW1.ravel(), gb1.ravel(), gW2.ravel(), gb2.ravel()])


hidden_size = 100
vocab_size = 30
Wxh = np.random.randn(hidden_size, vocab_size) * 0.01
Whh = np.random.randn(hidden_size, hidden_size) * 0.01
Why = np.random.randn(vocab_size, hidden_size) * 0.01
bh = np.zeros((hidden_size, 1))
by = np.zeros((vocab_size, 1))


def lossFun(inputs, targets, hprev):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        ys[t] = Why @ hs[t] + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += dhraw @ xs[t].T
        dWhh += dhraw @ hs[t - 1].T
        dhnext = Whh.T @ dhraw
    for d in [dWxh, dWhh, dWhy, dbh, dby]:
        np.clip(d, -5, 5, out=d)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        nb = [np.zeros(b.shape) for b in self.biases]
        nw = [np.zeros(w.shape) for w in self.weights]
        a = x
        acts = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = w @ a + b
            zs.append(z)
            a = sigmoid(z)
            acts.append(a)
        delta = self.cost_derivative(acts[-1], y) * sigmoid_grad(sigmoid(zs[-1]))
        nb[-1] = delta
        nw[-1] = delta @ acts[-2].T
        for l in range(2, self.num_layers):
            delta = (self.weights[-l + 1].T @ delta) * sigmoid_grad(sigmoid(zs[-l]))
            nb[-l] = delta
            nw[-l] = delta @ acts[-l - 1].T
        return nb, nw

    def cost_derivative(self, a, y):
        return a - y
