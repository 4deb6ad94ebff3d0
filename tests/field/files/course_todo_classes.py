# check: Linear not_implemented
# check: ReLU not_implemented
# check: Sigmoid not_implemented
# check: Softmax not_implemented
# check: Tanh not_implemented
# check: MSELoss not_implemented
# check: BatchNorm1d not_implemented
"""The templates of an assignment in classes, as they are handed out."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.W = None  # TODO
        self.b = None  # TODO

    def forward(self, A):
        self.A = None  # TODO
        self.N = None  # TODO store the batch size of input
        self.Ones = np.ones((self.N, 1))
        Z = None  # TODO
        return Z

    def backward(self, dLdZ):
        dLdA = None  # TODO
        self.dLdW = None  # TODO
        self.dLdb = None  # TODO
        return NotImplemented


class ReLU:
    def forward(self, Z):
        self.A = None
        return NotImplemented

    def backward(self, dLdA):
        dAdZ = None
        dLdZ = None
        return NotImplemented


class Sigmoid:
    def forward(self, Z):
        raise NotImplemented

    def backward(self, dLdA):
        raise NotImplemented


class Softmax:
    def forward(self, Z):
        e = np.exp(Z - Z.max(axis=1, keepdims=True))
        self.A = e / e.sum(axis=1, keepdims=True)
        return self.A

    def backward(self, dLdA):
        N = None  # TODO
        C = None  # TODO
        dLdZ = np.zeros((N, C))
        for i in range(N):
            J = np.zeros((C, C))
            dLdZ[i, :] = dLdA[i] @ J
        return dLdZ


class Tanh:
    def forward(self, Z):
        self.A = ...
        return self.A

    def backward(self, dLdA):
        return dLdA * ...


class MSELoss:
    def forward(self, A, Y):
        self.A = A
        self.Y = Y
        self.N = None  # TODO
        self.C = None  # TODO
        se = None  # TODO
        sse = None  # TODO
        mse = sse / (2 * self.N * self.C)
        return mse

    def backward(self):
        dLdA = None
        return dLdA


class BatchNorm1d:
    def __init__(self, num_features, alpha=0.9):
        self.alpha = alpha
        self.eps = 1e-8
        self.BW = np.ones((1, num_features))
        self.Bb = np.zeros((1, num_features))
        self.dLdBW = np.zeros((1, num_features))
        self.dLdBb = np.zeros((1, num_features))
        self.running_M = np.zeros((1, num_features))
        self.running_V = np.ones((1, num_features))

    def forward(self, Z, eval=False):
        self.Z = Z
        self.N = None  # TODO
        self.M = None  # TODO
        self.V = None  # TODO
        if eval == False:
            self.NZ = None  # TODO
            self.BZ = None  # TODO
            self.running_M = None  # TODO
            self.running_V = None  # TODO
        else:
            self.NZ = None
            self.BZ = None
        return self.BZ

    def backward(self, dLdBZ):
        self.dLdBW = None
        self.dLdBb = None
        dLdNZ = None
        dLdV = None
        return None
