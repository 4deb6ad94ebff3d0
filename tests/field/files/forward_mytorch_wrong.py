# check: Linear fail forward
# check: Sigmoid fail forward
# check: GELU fail forward
# check: Softmax fail forward
# check: BatchNorm1d fail forward
# check: Conv2d_stride1 fail forward
# check: MeanPool2d fail forward
# check: MaxPool2d fail forward
# check: CrossEntropyLoss fail forward
# check: MSELoss pass forward_not_compared
# ruff: noqa: NPY002
"""The course's classes with a slip in forward, and the backward of that forward."""

import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])


class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))

    def forward(self, A):
        self.A = A
        return A @ self.W.T - self.b.T

    def backward(self, dLdZ):
        self.dLdW, self.dLdb = dLdZ.T @ self.A, -dLdZ.sum(axis=0)[:, None]
        return dLdZ @ self.W


class Sigmoid:
    def forward(self, Z):
        self.A = 1 / (1 + np.exp(Z))
        return self.A

    def backward(self, dLdA):
        return -dLdA * self.A * (1 - self.A)


class GELU:
    def forward(self, Z):
        self.Z = Z
        return 0.5 * Z * (1 + _erf(Z))

    def backward(self, dLdA):
        slope = np.exp(-(self.Z**2)) / np.sqrt(np.pi)
        return dLdA * (0.5 * (1 + _erf(self.Z)) + self.Z * slope)


class Softmax:
    def forward(self, Z):
        e = np.exp(Z)
        self.A = e / e.sum(axis=0, keepdims=True)
        return self.A

    def backward(self, dLdA):
        return self.A * (dLdA - (dLdA * self.A).sum(axis=0, keepdims=True))


class BatchNorm1d:
    """In evaluation it divides by the running variance itself."""

    def __init__(self, num_features, alpha=0.9):
        self.alpha, self.eps = alpha, 1e-8
        self.BW, self.Bb = np.ones((1, num_features)), np.zeros((1, num_features))
        self.dLdBW, self.dLdBb = np.zeros_like(self.BW), np.zeros_like(self.Bb)
        self.running_M, self.running_V = np.zeros_like(self.BW), np.ones_like(self.BW)

    def forward(self, Z, eval=False):
        if eval:
            return self.BW * (Z - self.running_M) / (self.running_V + self.eps) + self.Bb
        self.M, self.V = Z.mean(axis=0, keepdims=True), Z.var(axis=0, keepdims=True)
        self.NZ = (Z - self.M) / np.sqrt(self.V + self.eps)
        self.running_M = self.alpha * self.running_M + (1 - self.alpha) * self.M
        self.running_V = self.alpha * self.running_V + (1 - self.alpha) * self.V
        return self.BW * self.NZ + self.Bb

    def backward(self, dLdBZ):
        self.dLdBW = (dLdBZ * self.NZ).sum(axis=0, keepdims=True)
        self.dLdBb = dLdBZ.sum(axis=0, keepdims=True)
        g = dLdBZ * self.BW
        share = self.NZ * (g * self.NZ).mean(axis=0)
        return (g - g.mean(axis=0) - share) / np.sqrt(self.V + self.eps)


class Conv2d_stride1:
    """The bias is added inside the loop over the input channels."""

    def __init__(self, in_channels, out_channels, kernel_size):
        self.kernel_size = K = kernel_size
        self.W = np.random.normal(0, 1.0, (out_channels, in_channels, K, K))
        self.b = np.zeros(out_channels)

    def forward(self, A):
        self.A, K = A, self.kernel_size
        N, C, H, W = A.shape
        Z = np.zeros((N, len(self.W), H - K + 1, W - K + 1))
        for f in range(len(self.W)):
            for c in range(C):
                for i in range(Z.shape[2]):
                    for j in range(Z.shape[3]):
                        window = A[:, c, i : i + K, j : j + K]
                        Z[:, f, i, j] += (window * self.W[f, c]).sum(axis=(1, 2)) + self.b[f]
        return Z

    def backward(self, dLdZ):
        K, (H, W) = self.kernel_size, dLdZ.shape[2:]
        self.dLdb = self.A.shape[1] * dLdZ.sum(axis=(0, 2, 3))
        self.dLdW, dLdA = np.zeros_like(self.W), np.zeros_like(self.A)
        for k in range(K):
            for m in range(K):
                piece = self.A[:, :, k : k + H, m : m + W]
                self.dLdW[:, :, k, m] = np.einsum("nfij,ncij->fc", dLdZ, piece)
                share = np.einsum("nfij,fc->ncij", dLdZ, self.W[:, :, k, m])
                dLdA[:, :, k : k + H, m : m + W] += share
        return dLdA


class MeanPool2d:
    """Divided by one side of the window, not by its area."""

    def __init__(self, kernel, stride):
        self.kernel, self.stride = kernel, stride

    def forward(self, A):
        self.shape, k, s = A.shape, self.kernel, self.stride
        view = np.lib.stride_tricks.sliding_window_view(A, (k, k), (2, 3))
        return view[:, :, ::s, ::s].sum((4, 5)) / k

    def backward(self, dLdZ):
        k, s = self.kernel, self.stride
        dLdA = np.zeros(self.shape)
        for n, c, i, j in np.ndindex(*dLdZ.shape):
            dLdA[n, c, i * s : i * s + k, j * s : j * s + k] += dLdZ[n, c, i, j] / k
        return dLdA


class MaxPool2d:
    """The stride is an argument that nobody asks."""

    def __init__(self, kernel, stride):
        self.kernel, self.stride = kernel, stride

    def forward(self, A):
        self.A, k = A, self.kernel
        view = np.lib.stride_tricks.sliding_window_view(A, (k, k), (2, 3))
        return view[:, :, ::k, ::k].max((4, 5))

    def backward(self, dLdZ):
        k = self.kernel
        dLdA = np.zeros_like(self.A)
        for n, c, i, j in np.ndindex(*dLdZ.shape):
            window = self.A[n, c, i * k : i * k + k, j * k : j * k + k]
            a, b = np.unravel_index(np.argmax(window), window.shape)
            dLdA[n, c, i * k + a, j * k + b] += dLdZ[n, c, i, j]
        return dLdA


class CrossEntropyLoss:
    """The logarithm was forgotten."""

    def forward(self, A, Y):
        self.A, self.Y = A, Y
        e = np.exp(A - A.max(axis=1, keepdims=True))
        self.softmax = e / e.sum(axis=1, keepdims=True)
        return -(Y * self.softmax).sum() / len(A)

    def backward(self):
        inner = (self.Y * self.softmax).sum(axis=1, keepdims=True)
        dLdA = -self.softmax * (self.Y - inner) / len(self.A)
        return dLdA


class MSELoss:
    """Half of it, as some years had it: another reduction is no mistake."""

    def forward(self, A, Y):
        self.A, self.Y = A, Y
        return np.sum((A - Y) ** 2) / (2 * A.size)

    def backward(self):
        dLdA = (self.A - self.Y) / self.A.size
        return dLdA
