"""Convolution, resampling and pooling as students of CMU 11-785 hand them in. Correct."""

import numpy as np


class Conv1d_stride1:
    def __init__(self, in_channels, out_channels, kernel_size):
        self.kernel_size = kernel_size
        self.W = np.random.default_rng(1).normal(size=(out_channels, in_channels, kernel_size))
        self.b = np.zeros(out_channels)
        self.dLdW = np.zeros(self.W.shape)
        self.dLdb = np.zeros(self.b.shape)

    def forward(self, A):
        """A (N, C0, L) -> Z (N, C1, L - K + 1)."""
        self.A = A
        L_out = A.shape[2] - self.kernel_size + 1
        Z = np.zeros((A.shape[0], self.W.shape[0], L_out))
        for i in range(L_out):
            Z[:, :, i] = np.tensordot(A[:, :, i : i + self.kernel_size], self.W, ([1, 2], [1, 2]))
        return Z + self.b[None, :, None]

    def backward(self, dLdZ):
        L_out = dLdZ.shape[2]
        self.dLdb = dLdZ.sum(axis=(0, 2))
        self.dLdW = np.zeros(self.W.shape)
        for k in range(self.kernel_size):
            self.dLdW[:, :, k] = np.tensordot(dLdZ, self.A[:, :, k : k + L_out], ([0, 2], [0, 2]))
        pad = self.kernel_size - 1
        dLdZ_pad = np.pad(dLdZ, ((0, 0), (0, 0), (pad, pad)))
        W_flipped = self.W[:, :, ::-1]
        dLdA = np.zeros(self.A.shape)
        for i in range(self.A.shape[2]):
            window = dLdZ_pad[:, :, i : i + self.kernel_size]
            dLdA[:, :, i] = np.tensordot(window, W_flipped, ([1, 2], [0, 2]))
        return dLdA


class Conv2d_stride1:
    def __init__(self, in_channels, out_channels, kernel_size):
        self.kernel_size = K = kernel_size
        self.W = np.random.default_rng(2).normal(size=(out_channels, in_channels, K, K))
        self.b = np.zeros(out_channels)
        self.dLdW = np.zeros(self.W.shape)
        self.dLdb = np.zeros(self.b.shape)

    def forward(self, A):
        self.A = A
        K = self.kernel_size
        H_out, W_out = A.shape[2] - K + 1, A.shape[3] - K + 1
        Z = np.zeros((A.shape[0], self.W.shape[0], H_out, W_out))
        for i in range(H_out):
            for j in range(W_out):
                window = A[:, :, i : i + K, j : j + K]
                Z[:, :, i, j] = np.tensordot(window, self.W, ([1, 2, 3], [1, 2, 3])) + self.b
        return Z

    def backward(self, dLdZ):
        K = self.kernel_size
        self.dLdW = np.zeros(self.W.shape)
        dLdA = np.zeros(self.A.shape)
        self.dLdb = np.sum(dLdZ, axis=(0, 2, 3))
        for i in range(dLdZ.shape[2]):
            for j in range(dLdZ.shape[3]):
                window = self.A[:, :, i : i + K, j : j + K]
                delta = dLdZ[:, :, i, j]
                self.dLdW += np.tensordot(delta, window, ([0], [0]))
                dLdA[:, :, i : i + K, j : j + K] += np.tensordot(delta, self.W, ([1], [0]))
        return dLdA


class Downsample2d:
    def __init__(self, downsampling_factor):
        self.downsampling_factor = downsampling_factor

    def forward(self, A):
        self.input_shape = A.shape
        k = self.downsampling_factor
        return A[:, :, ::k, ::k]

    def backward(self, dLdZ):
        k = self.downsampling_factor
        dLdA = np.zeros(self.input_shape)
        dLdA[:, :, ::k, ::k] = dLdZ
        return dLdA


class MeanPool2d_stride1:
    def __init__(self, kernel):
        self.kernel = kernel

    def forward(self, A):
        self.input_shape = A.shape
        k = self.kernel
        H_out, W_out = A.shape[2] - k + 1, A.shape[3] - k + 1
        Z = np.zeros((A.shape[0], A.shape[1], H_out, W_out))
        for i in range(H_out):
            for j in range(W_out):
                Z[:, :, i, j] = A[:, :, i : i + k, j : j + k].mean(axis=(2, 3))
        return Z

    def backward(self, dLdZ):
        k = self.kernel
        dLdA = np.zeros(self.input_shape)
        for i in range(dLdZ.shape[2]):
            for j in range(dLdZ.shape[3]):
                dLdA[:, :, i : i + k, j : j + k] += dLdZ[:, :, i : i + 1, j : j + 1] / k**2
        return dLdA
