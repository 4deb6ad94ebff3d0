"""Losses that count the words of a corpus, draw wrong ones by it, and own a vector for each.

# check: SampledWords pass
# check: LastWordOnly fail
# measured: 2
"""

import numpy as np


class SampledWords:
    def __init__(self, W, corpus, drawn=3):
        counts = np.bincount(corpus)
        self.share = counts / counts.sum()
        self.drawn = drawn
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, h, target):
        (W,) = self.params
        words = [target]
        words += [np.random.choice(len(W), len(target), p=self.share) for _ in range(self.drawn)]
        self.cache = h, words
        loss = 0.0
        for number, word in enumerate(words):
            score = np.sum(W[word] * h, axis=1)
            loss = self.taken_in(loss, np.logaddexp(0, score if number else -score).mean())
        return loss

    def taken_in(self, loss, one):
        return loss + one

    def backward(self, dout=1):
        (W,), (dW,) = self.params, self.grads
        h, words = self.cache
        dW[...] = 0
        dh = np.zeros_like(h)
        for number, word in enumerate(words):
            score = np.sum(W[word] * h, axis=1, keepdims=True)
            share = 1 / (1 + np.exp(-score))
            dscore = dout * (share - (number == 0)) / len(h)
            np.add.at(dW, word, dscore * h)
            dh += dscore * W[word]
        return dh


class LastWordOnly(SampledWords):
    def taken_in(self, loss, one):
        return one  # which forgets those before
