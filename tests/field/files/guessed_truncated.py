# check: Characters pass
# measured: 1
"""A recurrent network that looks back so many steps as it is told."""

import numpy as np


class Characters:
    def __init__(self, words, hidden=6, bptt_truncate=4):
        self.truncate = bptt_truncate
        self.U = 0.5 * np.random.randn(hidden, words)
        self.V = 0.5 * np.random.randn(words, hidden)
        self.W = 0.5 * np.random.randn(hidden, hidden)

    def forward_propagation(self, x):
        s = np.zeros((len(x) + 1, len(self.W)))
        o = np.zeros((len(x), len(self.V)))
        for t, word in enumerate(x):
            s[t] = np.tanh(self.U @ word + self.W @ s[t - 1])
            e = np.exp(self.V @ s[t])
            o[t] = e / e.sum()
        return o, s

    def calculate_loss(self, x, y):
        return -np.sum(y * np.log(self.forward_propagation(x)[0]))

    def bptt(self, x, y):
        return self.backpropagation(x, y)

    def backpropagation(self, x, y):
        o, s = self.forward_propagation(x)
        dU, dV, dW = np.zeros_like(self.U), np.zeros_like(self.V), np.zeros_like(self.W)
        errors = o - y
        for t in range(len(x))[::-1]:
            dV += np.outer(errors[t], s[t])
            delta = self.V.T @ errors[t] * (1 - s[t] ** 2)
            for step in range(max(0, t - self.truncate), t + 1)[::-1]:
                dW += np.outer(delta, s[step - 1])
                dU += np.outer(delta, x[step])
                delta = self.W.T @ delta * (1 - s[step - 1] ** 2)
        return dU, dV, dW
