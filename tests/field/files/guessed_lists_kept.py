"""A network that keeps the list of sizes that it is given, and adds to it.

# check: DeepNet pass
# measured: 1
"""

import numpy as np


class DeepNet:
    def __init__(self, hidden_dims, input_dim=12, num_classes=10, reg=0.0, weight_scale=1e-2):
        self.sizes = hidden_dims
        self.sizes.insert(0, input_dim)
        self.sizes.append(num_classes)
        self.reg, self.params = reg, {}
        for k in range(1, len(self.sizes)):
            shape = self.sizes[k - 1], self.sizes[k]
            self.params[f"W{k}"] = weight_scale * np.random.randn(*shape)
            self.params[f"b{k}"] = np.zeros(shape[1])

    def loss(self, X, y=None):
        depth, given = len(self.sizes) - 1, [X]
        for k in range(1, depth + 1):
            z = given[-1] @ self.params[f"W{k}"] + self.params[f"b{k}"]
            given.append(np.maximum(z, 0) if k < depth else z)
        scores = given[-1]
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        share = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        rows = np.arange(len(X))
        loss = -np.log(share[rows, y]).mean()
        d, grads = share.copy(), {}
        d[rows, y] -= 1
        d /= len(X)
        for k in range(depth, 0, -1):
            W = self.params[f"W{k}"]
            loss += 0.5 * self.reg * np.sum(W * W)
            grads[f"W{k}"] = given[k - 1].T @ d + self.reg * W
            grads[f"b{k}"] = d.sum(axis=0)
            d = (d @ W.T) * (given[k - 1] > 0)
        return loss, grads
