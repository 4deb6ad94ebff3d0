# measured: 11
# check: Concat pass
# check: MaxPool2d pass
# check: Swap pass
# check: MatVec pass
# check: MaskedFill pass
# check: BatchNormFunction pass
# check: SquareConv pass
# check: Mean pass
# check: BroadcastTo pass
# check: Permute pass
# check: Repeat fail
"""Operations with settings among their operands, lists of operands, and shapes of their own."""

import numpy as np


class Concat:
    @staticmethod
    def forward(ctx, tensors, axis):
        ctx.sizes, ctx.axis = [t.shape[axis] for t in tensors], axis
        return np.concatenate(tensors, axis=axis)

    @staticmethod
    def backward(ctx, grad):
        ends = np.cumsum(ctx.sizes)[:-1]
        return np.split(grad, ends, axis=ctx.axis), None


class MaxPool2d:
    @staticmethod
    def forward(ctx, x, kernel_size):
        N, C, H, W = x.shape
        k = kernel_size
        tiles = x.reshape(N, C, H // k, k, W // k, k)
        out = tiles.max(axis=(3, 5))
        ctx.save_for_backward(tiles == out[:, :, :, None, :, None])
        return out

    @staticmethod
    def backward(ctx, grad):
        (mask,) = ctx.saved_tensors
        N, C, h, k, w, _ = mask.shape
        return (mask * grad[:, :, :, None, :, None]).reshape(N, C, h * k, w * k), None


class Swap:
    @staticmethod
    def forward(ctx, a, dim0, dim1):
        ctx.dims = dim0, dim1
        return np.swapaxes(a, dim0, dim1)

    @staticmethod
    def backward(ctx, grad):
        return np.swapaxes(grad, *ctx.dims), None, None


class MatVec:
    @staticmethod
    def forward(ctx, a, v):
        if v.ndim != 1:
            raise RuntimeError("the second tensor must be a vector")
        ctx.save_for_backward(a, v)
        return a @ v

    @staticmethod
    def backward(ctx, grad):
        a, v = ctx.saved_tensors
        return np.outer(grad, v), a.T @ grad


class MaskedFill:
    @staticmethod
    def forward(ctx, a, mask, value):
        out = a.copy()
        out[mask] = value
        ctx.mask = mask
        return out

    @staticmethod
    def backward(ctx, grad):
        return np.where(ctx.mask, 0, grad), None, None


class BatchNormFunction:
    @staticmethod
    def forward(ctx, input, gamma, beta, eps=1e-5):
        centred = input - input.mean(axis=0)
        std = np.sqrt(input.var(axis=0) + eps)
        ctx.kept = centred / std, std, gamma
        return gamma * centred / std + beta

    @staticmethod
    def backward(ctx, grad):
        xhat, std, gamma = ctx.kept
        dxhat = grad * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
        return dx, (grad * xhat).sum(axis=0), grad.sum(axis=0)


class SquareConv:
    @staticmethod
    def forward(ctx, x, weight, stride, padding):
        if x.shape[2] != x.shape[3] or weight.shape[2] != weight.shape[3]:
            raise ValueError("images and kernels are square here")
        k = weight.shape[2]
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))
        windows = windows[:, :, ::stride, ::stride]
        ctx.kept = windows, weight, padded.shape, stride, padding
        return np.einsum("nchwij,fcij->nfhw", windows, weight)

    @staticmethod
    def backward(ctx, grad):
        windows, weight, shape, stride, padding = ctx.kept
        k, dx = weight.shape[2], np.zeros(shape)
        for i in range(grad.shape[2]):
            for j in range(grad.shape[3]):
                at = np.s_[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
                dx[at] += np.einsum("nf,fcij->ncij", grad[:, :, i, j], weight)
        inner = np.s_[:, :, padding : shape[2] - padding, padding : shape[3] - padding]
        return dx[inner], np.einsum("nchwij,nfhw->fcij", windows, grad), None, None


class Mean:
    @staticmethod
    def forward(ctx, a, axis=None):
        if axis is None:
            raise ValueError("this library takes the mean over one axis")
        ctx.axis, ctx.size = axis, a.shape[axis]
        return a.mean(axis=axis)

    @staticmethod
    def backward(ctx, grad):
        return np.repeat(np.expand_dims(grad, ctx.axis), ctx.size, axis=ctx.axis) / ctx.size


class BroadcastTo:
    @staticmethod
    def forward(ctx, a, shape):
        assert len(a.shape) == len(shape), "as many axes as before"
        ctx.axes = tuple(i for i, n in enumerate(a.shape) if n != shape[i])
        return np.broadcast_to(a, shape)

    @staticmethod
    def backward(ctx, grad):
        return grad.sum(axis=ctx.axes, keepdims=True), None


class Permute:
    def __init__(self, axes=None):
        self.axes = axes

    def __call__(self, a):
        return self.compute(a)

    def compute(self, a):
        assert len(self.axes) == len(a.shape)
        return np.transpose(a, self.axes)

    def gradient(self, out_grad, node):
        return np.transpose(out_grad, np.argsort(self.axes))


class Repeat:
    @staticmethod
    def forward(ctx, a, repeats):
        ctx.repeats = repeats
        return np.tile(a, (repeats, 1))

    @staticmethod
    def backward(ctx, grad):
        return np.split(grad, ctx.repeats, axis=0)[0], None
