# check: SoftmaxPassing pass convention
# check: SoftmaxCommented pass convention
# check: SoftmaxUnsaid fail local_derivative_missing
# check: CrossEntropyLoss pass forward_not_compared
# check: SoftmaxCrossEntropy fail forward
# check: CaptionNetwork pass
"""A softmax whose derivative is taken in a loss that is not here, as its author says; columns."""

import numpy as np


class SoftmaxPassing:
    """The gradient of the softmax is calculated in the loss, so that backward hands it on."""

    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, grad):
        return grad


class SoftmaxCommented(SoftmaxPassing):
    def backward(self, grad):
        # combined with the cross entropy
        return grad


class SoftmaxUnsaid(SoftmaxPassing):
    def backward(self, grad):
        """Compute the gradient of the loss with respect to x from that with respect to out."""
        return grad


class CrossEntropyLoss:
    """A softmax and its cross-entropy for logits and targets of (classes, samples)."""

    def forward(self, logits, Y):
        e = np.exp(logits - logits.max(axis=0))
        self.P, self.Y = e / e.sum(axis=0), Y
        return -np.sum(Y * np.log(self.P)) / logits.shape[1]

    def backward(self):
        return (self.P - self.Y) / self.P.shape[1]


class SoftmaxCrossEntropy(CrossEntropyLoss):
    """Of rows, but for its softmax."""

    def forward(self, logits, Y):
        e = np.exp(logits - logits.max(axis=0))
        self.P, self.Y = e / e.sum(axis=0), Y
        return -np.sum(Y * np.log(self.P)) / logits.shape[0]

    def backward(self):
        return (self.P - self.Y) / self.P.shape[0]


class CaptionNetwork:
    def __init__(self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128):
        words = len(word_to_idx)
        self.skipped = word_to_idx["<NULL>"]
        self.params = {
            "W_in": np.random.randn(input_dim, hidden_dim) / 100,
            "W_words": np.random.randn(words, hidden_dim) / 100,
            "W_out": np.random.randn(hidden_dim, words) / 100,
        }

    def loss(self, features, captions):
        before, after = captions[:, :-1], captions[:, 1:]
        told = (after != self.skipped)[..., None]
        first = features @ self.params["W_in"]
        h = first[:, None] + self.params["W_words"][before]
        scores = h @ self.params["W_out"]
        e = np.exp(scores - scores.max(axis=2, keepdims=True))
        p, right = e / e.sum(axis=2, keepdims=True), np.eye(scores.shape[2])[after]
        loss = -np.sum(told * right * np.log(p)) / len(features)
        d_scores = told * (p - right) / len(features)
        d_h = d_scores @ self.params["W_out"].T
        d_words = np.zeros_like(self.params["W_words"])
        np.add.at(d_words, before, d_h)
        grads = {
            "W_in": features.T @ d_h.sum(axis=1),
            "W_words": d_words,
            "W_out": np.einsum("nth,ntv->hv", h, d_scores),
        }
        return loss, grads
