# check: Linear pass forward_pass
# check: Sigmoid pass forward_pass
# check: Tanh pass forward_pass
# check: ReLU pass forward_pass
# check: GELU pass forward_pass
# check: Softmax pass forward_pass
# check: BatchNorm1d pass forward_pass
# check: Conv1d_stride1 pass forward_pass
# check: Conv2d pass forward_pass
# check: MaxPool2d pass forward_pass
# check: MeanPool2d pass forward_pass
# check: MSELoss pass forward_pass
# check: CrossEntropyLoss pass forward_pass
# check: Flatten pass forward_pass
# ruff: noqa: NPY002
"""Classes of the course as one student may hand them in, loops and all."""

import math

import numpy as np


class Linear:
    def __init__(self, in_features, out_features, debug=False):
        self.W = np.zeros((out_features, in_features), dtype="f")
        self.b = np.zeros((out_features, 1), dtype="f")

    def forward(self, A):
        self.A = A
        Z = np.empty((A.shape[0], self.W.shape[0]))
        for n in range(A.shape[0]):
            Z[n] = self.W.dot(A[n]) + self.b[:, 0]
        return Z

    def backward(self, dLdZ):
        self.dLdW = np.dot(dLdZ.T, self.A)
        self.dLdb = np.sum(dLdZ, axis=0).reshape(-1, 1)
        return np.dot(dLdZ, self.W)


class Sigmoid:
    def forward(self, Z):
        self.A = np.exp(Z) / (1 + np.exp(Z))
        return self.A

    def backward(self, dLdA):
        return dLdA * self.A * (1 - self.A)


class Tanh:
    def forward(self, Z):
        up, down = np.exp(Z), np.exp(-Z)
        self.A = (up - down) / (up + down)
        return self.A

    def backward(self, dLdA):
        return dLdA * (1 - np.square(self.A))


class ReLU:
    def forward(self, Z):
        self.A = (Z + np.abs(Z)) / 2
        return self.A

    def backward(self, dLdA):
        return dLdA * (self.A > 0)


class GELU:
    def forward(self, Z):
        self.Z = Z
        self.cdf = np.vectorize(lambda z: 0.5 * math.erfc(-z / math.sqrt(2)))(Z)
        return Z * self.cdf

    def backward(self, dLdA):
        density = np.exp(-0.5 * self.Z**2) / np.sqrt(2 * np.pi)
        return dLdA * (self.cdf + self.Z * density)


class Softmax:
    def forward(self, Z):
        e = np.exp(Z)
        self.A = e / np.sum(e, axis=1).reshape(-1, 1)
        return self.A

    def backward(self, dLdA):
        return self.A * (dLdA - np.sum(dLdA * self.A, axis=1, keepdims=True))


class BatchNorm1d:
    def __init__(self, num_features, alpha=0.9):
        self.alpha, self.eps = alpha, 1e-8
        self.BW, self.Bb = np.ones((1, num_features)), np.zeros((1, num_features))
        self.dLdBW, self.dLdBb = np.zeros_like(self.BW), np.zeros_like(self.Bb)
        self.running_M, self.running_V = np.zeros_like(self.BW), np.ones_like(self.BW)

    def forward(self, Z, eval=False):
        if eval:
            return self.BW * (Z - self.running_M) / np.sqrt(self.running_V + self.eps) + self.Bb
        self.Z, self.N = Z, len(Z)
        self.M = np.mean(Z, axis=0)
        self.V = np.mean((Z - self.M) ** 2, axis=0)
        self.NZ = (Z - self.M) / np.sqrt(self.V + self.eps)
        self.running_M = self.alpha * self.running_M + (1 - self.alpha) * self.M
        self.running_V = self.alpha * self.running_V + (1 - self.alpha) * self.V
        return self.BW * self.NZ + self.Bb

    def backward(self, dLdBZ):
        self.dLdBW = np.sum(dLdBZ * self.NZ, axis=0, keepdims=True)
        self.dLdBb = np.sum(dLdBZ, axis=0, keepdims=True)
        g = dLdBZ * self.BW
        share = self.NZ * np.mean(g * self.NZ, axis=0)
        return (g - np.mean(g, axis=0) - share) / np.sqrt(self.V + self.eps)


class Conv1d_stride1:
    def __init__(self, in_channels, out_channels, kernel_size):
        self.kernel_size = kernel_size
        self.W = np.random.normal(0, 1.0, (out_channels, in_channels, kernel_size))
        self.b = np.zeros(out_channels)

    def forward(self, A):
        self.A = A
        view = np.lib.stride_tricks.sliding_window_view(A, self.kernel_size, axis=2)
        return np.einsum("ncik,fck->nfi", view, self.W) + self.b[:, None]

    def backward(self, dLdZ):
        view = np.lib.stride_tricks.sliding_window_view(self.A, self.kernel_size, axis=2)
        self.dLdW, self.dLdb = np.einsum("nfi,ncik->fck", dLdZ, view), dLdZ.sum(axis=(0, 2))
        dLdA = np.zeros_like(self.A)
        for k in range(self.kernel_size):
            dLdA[:, :, k : k + dLdZ.shape[2]] += np.einsum("nfi,fc->nci", dLdZ, self.W[:, :, k])
        return dLdA


class Conv2d_stride1:
    def __init__(self, in_channels, out_channels, kernel_size):
        self.kernel_size = K = kernel_size
        self.W = np.random.normal(0, 1.0, (out_channels, in_channels, K, K))
        self.b = np.zeros(out_channels)

    def forward(self, A):
        self.A = A
        view = np.lib.stride_tricks.sliding_window_view(A, self.W.shape[2:], axis=(2, 3))
        return np.einsum("ncijkl,fckl->nfij", view, self.W) + self.b[:, None, None]

    def backward(self, dLdZ):
        K = self.kernel_size
        view = np.lib.stride_tricks.sliding_window_view(self.A, (K, K), axis=(2, 3))
        self.dLdW = np.einsum("nfij,ncijkl->fckl", dLdZ, view)
        self.dLdb = dLdZ.sum(axis=(0, 2, 3))
        dLdA, (H, W) = np.zeros_like(self.A), dLdZ.shape[2:]
        for k in range(K):
            for m in range(K):
                share = np.einsum("nfij,fc->ncij", dLdZ, self.W[:, :, k, m])
                dLdA[:, :, k : k + H, m : m + W] += share
        return dLdA


class Downsample2d:
    def __init__(self, downsampling_factor):
        self.downsampling_factor = downsampling_factor

    def forward(self, A):
        self.shape = A.shape
        return A[:, :, :: self.downsampling_factor, :: self.downsampling_factor]

    def backward(self, dLdZ):
        dLdA = np.zeros(self.shape)
        dLdA[:, :, :: self.downsampling_factor, :: self.downsampling_factor] = dLdZ
        return dLdA


class Conv2d:
    def __init__(self, in_channels, out_channels, kernel_size, stride, padding=0):
        self.stride, self.pad = stride, padding
        self.conv2d_stride1 = Conv2d_stride1(in_channels, out_channels, kernel_size)
        self.downsample2d = Downsample2d(stride)

    def forward(self, A):
        p = self.pad
        A = np.pad(A, ((0, 0), (0, 0), (p, p), (p, p)))
        return self.downsample2d.forward(self.conv2d_stride1.forward(A))

    def backward(self, dLdZ):
        dLdA = self.conv2d_stride1.backward(self.downsample2d.backward(dLdZ))
        p, (H, W) = self.pad, dLdA.shape[2:]
        return dLdA[:, :, p : H - p, p : W - p]


class MaxPool2d:
    def __init__(self, kernel, stride):
        self.kernel, self.stride = kernel, stride

    def forward(self, A):
        self.A, k, s = A, self.kernel, self.stride
        N, C, H, W = A.shape
        Z = np.zeros((N, C, (H - k) // s + 1, (W - k) // s + 1))
        for i in range(Z.shape[2]):
            for j in range(Z.shape[3]):
                Z[:, :, i, j] = np.max(A[:, :, i * s : i * s + k, j * s : j * s + k], axis=(2, 3))
        return Z

    def backward(self, dLdZ):
        k, s = self.kernel, self.stride
        dLdA = np.zeros_like(self.A)
        for n, c, i, j in np.ndindex(*dLdZ.shape):
            window = self.A[n, c, i * s : i * s + k, j * s : j * s + k]
            a, b = np.unravel_index(np.argmax(window), window.shape)
            dLdA[n, c, i * s + a, j * s + b] += dLdZ[n, c, i, j]
        return dLdA


class MeanPool2d:
    def __init__(self, kernel, stride):
        self.kernel, self.stride = kernel, stride

    def forward(self, A):
        self.shape, k, s = A.shape, self.kernel, self.stride
        view = np.lib.stride_tricks.sliding_window_view(A, (k, k), (2, 3))
        return view[:, :, ::s, ::s].mean((4, 5))

    def backward(self, dLdZ):
        k, s = self.kernel, self.stride
        dLdA = np.zeros(self.shape)
        for n, c, i, j in np.ndindex(*dLdZ.shape):
            dLdA[n, c, i * s : i * s + k, j * s : j * s + k] += dLdZ[n, c, i, j] / k**2
        return dLdA


class Flatten:
    def forward(self, A):
        self.shape = A.shape
        return A.reshape(A.shape[0], -1)

    def backward(self, dLdZ):
        return dLdZ.reshape(self.shape)


class MSELoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        N, C = A.shape
        return np.ones((1, N)) @ ((A - Y) * (A - Y)) @ np.ones((C, 1)) / (N * C)

    def backward(self):
        dLdA = 2 * (self.A - self.Y) / self.A.size
        return dLdA


class CrossEntropyLoss:
    def forward(self, A, Y):
        self.A, self.Y = A, Y
        e = np.exp(A)
        self.softmax = e / e.sum(axis=1, keepdims=True)
        return (-Y * np.log(self.softmax)).sum() / len(A)

    def backward(self):
        dLdA = (self.softmax - self.Y) / len(self.A)
        return dLdA
