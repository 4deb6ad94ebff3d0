# check: forward_prop fail shape
# measured: 1
"""A network of functions whose data are not here: of them it has the number of samples."""

import numpy as np

data = np.loadtxt("train_that_is_not_here.csv", delimiter=",")
m, n = data.shape
X_train, Y_train = data[:, 1:n].T / 255.0, data[:, 0]


def ReLU(Z):
    return np.maximum(Z, 0)


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / sum(np.exp(Z2))
    return Z1, A1, Z2, A2


def one_hot(Y):
    hot = np.zeros((Y.size, Y.max() + 1))
    hot[np.arange(Y.size), Y] = 1
    return hot.T


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1)
    return dW1, db1, dW2, db2


W1, b1, W2, b2 = gradient_descent(X_train, Y_train, 0.10, 500)  # noqa: F821
