# check: CrossEntropy pass convention
# check: CrossEntropyUnsaid fail
"""A cross-entropy on probabilities whose docstring says that its gradient is that of the logits."""

import numpy as np


class CrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.sum(y_true * np.log(y_pred)) / len(y_pred)

    def backward(self):
        """Return the gradient with respect to the logits, in front of the softmax."""
        return (self.y_pred - self.y_true) / len(self.y_pred)


class CrossEntropyUnsaid(CrossEntropy):
    def backward(self):
        return (self.y_pred - self.y_true) / len(self.y_pred)
