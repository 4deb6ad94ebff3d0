# measured: 2
# check: Squares pass
# check: Reversed fail
"""A course's losses: forward may be asked for the sum or the mean, backward is of each sample."""

import numpy as np


class Squares:
    def forward(self, y_out, y_truth, reduction="mean"):
        each = (y_out - y_truth) ** 2
        return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](each)

    def backward(self, y_out, y_truth):
        return 2 * (y_out - y_truth)


class Reversed(Squares):
    def backward(self, y_out, y_truth):
        return 2 * (y_truth - y_out)
