# ---
# title: Fast convolution, and pooling
# question: How does one matrix product do the work of all those loops?
# teaches: a convolution as one matrix product of windows in rows; the winner of a max-pool
# minutes: 35
# ---
# %% [markdown]
# # Fast convolution, and pooling
#
# **How does one matrix product do the work of all those loops?**
#
# The loops of the last tutorial are right, and slow: Python handles one window at a time. For
# one batch of 32 digits and 8 kernels there are 32 · 8 · 36 = 9216 windows times kernels. NumPy
# is fast where it may do *much in one call*, best of all a matrix product. So let us turn the
# convolution into a matrix product.
#
# The idea: **cut every window out, and lay it down as one row of a large matrix.** Then a
# convolution is the layer that you know best, a `Dense` layer: every row times the kernel, plus
# the bias. To keep it short, there is no frame here, and the stride is 1.
#
# Here is an image of 3 by 3, and its four windows of 2 by 2 as rows:
#
#     1 2 3        1 2 4 5     the window at the upper left
#     4 5 6   →    2 3 5 6     at the upper right
#     7 8 9        4 5 7 8     at the lower left
#                  5 6 8 9     at the lower right
#
# The 5 was there once, and now four times. Remember that for backward.
#
# To cut out window by window would be a loop over all windows again. There is a better one,
# over the few *offsets in the window*: what stands at the window's upper left, in all windows
# at once? `1 2 4 5`, the first column: a 2 by 2 piece of the image. At the upper right? `2 3 5
# 6`, a piece one pixel further right. So for a kernel of 3 by 3 there are nine pieces to copy,
# however large the image is.
# %%
import time

import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme


def rows_forward(x, kh, kw):
    """Return all windows as rows: (N, C, H, W) -> (N * oh * ow, C * kh * kw)."""
    N, C, H, W = x.shape
    oh, ow = H - kh + 1, W - kw + 1
    windows = np.zeros((N, oh, ow, C, kh, kw))
    for i, j in np.ndindex(kh, kw):
        piece = x[:, :, i : i + oh, j : j + ow]  # (N, C, oh, ow)
        windows[:, :, :, :, i, j] = piece.transpose(0, 2, 3, 1)  # (N, oh, ow, C)
    return windows.reshape(N * oh * ow, C * kh * kw), (x.shape, kh, kw)


rows, _ = rows_forward(np.arange(1.0, 10.0).reshape(1, 1, 3, 3), 2, 2)
print(rows)
assert rows[3].tolist() == [5, 6, 8, 9]


# %% [markdown]
# Two words on moving axes, since here most mistakes are made.
#
# - `transpose(0, 2, 3, 1)` puts the axes in another order: axis 0 first, then 2, then 3, then
#   what was axis 1. What was x[n, c, p, q] is then at [n, p, q, c]. Each number keeps its
#   neighbours; only the names of the directions change.
# - `reshape` keeps the order of the numbers *as they are read, row by row*, and cuts them into
#   other pieces. From (N, oh, ow, C, kh, kw) to (N * oh * ow, C * kh * kw) it glues the first
#   three axes together and the last three. It can glue *neighbouring* axes only. If axes are
#   not in the right order, then transpose first.
#
# ## Backward: from rows back to the image
#
# Forward *copied* pixels, and nothing else. Tutorial 4 had the rule for copies: **what was
# copied collects the gradients of all its copies.** So backward is forward read from right to
# left:
#
# - undo the `reshape`: cut into the six axes as they were;
# - undo the `transpose`: axes (N, oh, ow, C) become (N, C, oh, ow) again, that is, axis 0 first,
#   then 3, then 1, then 2;
# - where forward took a piece out of the image, add the gradient of the piece to the same
#   place.
#
# For our image of 3 by 3, let the gradient of the four rows be all ones. Then each pixel simply
# counts in how many windows it lies:
#
#     drows         dx
#     1 1 1 1       1 2 1
#     1 1 1 1   →   2 4 2
#     1 1 1 1       1 2 1
#     1 1 1 1
#
# ## Exercise 1
#
# Three lines: `dwindows` from `drows`; in the loop, `dpiece`, the gradient of one piece, of shape
# (N, C, oh, ow); and where it goes.
# %%
def rows_backward(drows, cache):
    """Return the image's gradient: (N * oh * ow, C * kh * kw) -> (N, C, H, W)."""
    (N, C, H, W), kh, kw = cache
    oh, ow = H - kh + 1, W - kw + 1
    dx = np.zeros((N, C, H, W))
    # BEGIN SOLUTION undo_reshape
    # MISTAKE permuted: dwindows = drows.reshape(N, C, oh, ow, kh, kw).transpose(0, 2, 3, 1, 4, 5)
    dwindows = drows.reshape(N, oh, ow, C, kh, kw)
    # END SOLUTION
    for i, j in np.ndindex(kh, kw):
        # BEGIN SOLUTION undo_piece
        # MISTAKE permuted: dpiece = dwindows[:, :, :, :, i, j].reshape(N, C, oh, ow)
        dpiece = dwindows[:, :, :, :, i, j].transpose(0, 3, 1, 2)
        # MISTAKE overwritten: dx[:, :, i : i + oh, j : j + ow] = dpiece
        dx[:, :, i : i + oh, j : j + ow] += dpiece
        # END SOLUTION
    return dx


# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(2, 3, 8, 7))  # with windows of 4 by 2: oh = 5, ow = 6, no two axes alike
rows_report = minnet.check_functions(rows_forward, rows_backward, x, 4, 2)
print(rows_report)

if rows_report:
    counted = rows_backward(np.ones((4, 4)), ((1, 1, 3, 3), 2, 2))
    print(counted[0, 0])
    assert counted[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


# %% [markdown]
# ## The convolution is a Dense layer now
#
# Each kernel, laid down as a row too, gives a matrix `flat = w.reshape(F, -1)` of shape
# (F, C * kh * kw). (In a reshape, −1 stands for "whatever is left".) Then, for all windows, images
# and kernels at once,
#
#     out = rows @ flat.T + b           of shape (N * oh * ow, F)
#
# and it only has to be brought into the form (N, F, oh, ow): first the reshape, which un-glues
# N, oh and ow, then a transpose.
#
# Backward is that of a `Dense` layer, from tutorials 3 and 4, with `flat.T` as its matrix:
#
#     d       `dout`, brought into the form of rows @ flat.T:     (N * oh * ow, F)
#     dflat   d.T @ rows                                          (F, C * kh * kw)
#     db      d, added up over all rows                           (F,)
#     drows   d @ flat                                            (N * oh * ow, C * kh * kw)
#
# ## Exercise 2
#
# Four lines: `d`, from dout of shape (N, F, oh, ow): which axis has to go where, *before* you
# reshape? Then `dw` (which is dflat in the shape of w), `db`, and `drows`.
# %%
def conv_forward(x, w, b):
    N, _, H, W = x.shape
    F, _, kh, kw = w.shape
    rows, cut = rows_forward(x, kh, kw)
    out = rows @ w.reshape(F, -1).T + b
    out = out.reshape(N, H - kh + 1, W - kw + 1, F).transpose(0, 3, 1, 2)
    return out, (rows, cut, w)


def conv_backward(dout, cache):
    rows, cut, w = cache
    F = len(w)
    # BEGIN SOLUTION
    # MISTAKE permuted: d = dout.reshape(-1, F)
    d = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    # MISTAKE scale: dw = (d.T @ rows).reshape(w.shape) / len(rows)
    dw = (d.T @ rows).reshape(w.shape)
    # MISTAKE scale: db = dout.mean(axis=(0, 2, 3))
    db = dout.sum(axis=(0, 2, 3))
    drows = d @ w.reshape(F, -1)
    # END SOLUTION
    return rows_backward(drows, cut), dw, db


# %%
w, b = rng.normal(size=(9, 3, 4, 2)), rng.normal(size=9)
conv_report = minnet.check_functions(conv_forward, conv_backward, x, w, b)
print(conv_report)


# %% [markdown]
# How much faster is it? Here is forward by loops, as in the last tutorial, beside yours, on 32
# digits with 8 kernels.
# %%
def loop_forward(x, w, b):
    N, F, (kh, kw) = len(x), len(w), w.shape[2:]
    out = np.zeros((N, F, x.shape[2] - kh + 1, x.shape[3] - kw + 1))
    for n, f, p, q in np.ndindex(out.shape):
        out[n, f, p, q] = (x[n, :, p : p + kh, q : q + kw] * w[f]).sum() + b[f]
    return out


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


(train_x, train_y), (test_x, test_y) = minnet.load_digits()
images, kernels, biases = train_x[:32], rng.normal(size=(8, 1, 3, 3)), np.zeros(8)
by_loops = min(seconds(lambda: loop_forward(images, kernels, biases)) for _ in range(3))
by_rows = min(seconds(lambda: conv_forward(images, kernels, biases)) for _ in range(3))
print(f"loops {1000 * by_loops:.1f} ms, rows {1000 * by_rows:.2f} ms")
out, _ = conv_forward(images, kernels, biases)
print("the same numbers:", np.allclose(out, loop_forward(images, kernels, biases)))
assert by_rows < by_loops / 5


# %% [markdown]
# The same numbers, usually more than fifty times as fast. The price is memory: nine copies of
# each pixel.
#
# ## Pooling: only the strongest counts
#
# A kernel says *where* a stroke is, to the pixel. Often that is more than one wants to know:
# somewhere around here is enough. **Max-pooling** keeps from each small window only its largest
# number, for each channel alone. The result is smaller, and stays much the same when the image
# is moved by a pixel.
#
# Its derivative is the simplest of all. Move the largest number of a window a little: the
# output moves as much. Slope 1. Move any other number a little: the output stays. Slope 0. So
# *the winner takes the whole gradient, the others get nothing*. Forward therefore notes who
# won.
#
#     window          out     dout     gradient of the window
#     3  8  2  5       8       10      0  10  0  0
#
# Where windows overlap (size 3 and stride 2, say), a pixel may win in several of them. Then, as
# always, the gradients add up.
#
# ## Exercise 3
#
# `self.winner[n, c, p, q]` holds the row and the column of the winner of one window. Let `row`
# and `column` be these, and give the winner its gradient: two lines in the loop.
# %%
class Winners(minnet.Layer):
    def __init__(self, size, stride):
        self.size, self.stride = size, stride

    def forward(self, x):
        N, C, H, W = x.shape
        k, s = self.size, self.stride
        self.shape = x.shape
        out = np.zeros((N, C, (H - k) // s + 1, (W - k) // s + 1))
        self.winner = np.zeros((*out.shape, 2), int)
        for n, c, p, q in np.ndindex(out.shape):
            window = x[n, c, p * s : p * s + k, q * s : q * s + k]
            out[n, c, p, q] = window.max()
            i, j = divmod(window.argmax(), k)  # argmax counts along the rows
            self.winner[n, c, p, q] = p * s + i, q * s + j
        return out


# %%
class MaxPool(Winners):
    def backward(self, dout):
        dx = np.zeros(self.shape)
        for n, c, p, q in np.ndindex(dout.shape):
            # BEGIN SOLUTION
            row, column = self.winner[n, c, p, q]
            # MISTAKE overwritten: dx[n, c, row, column] = dout[n, c, p, q]
            dx[n, c, row, column] += dout[n, c, p, q]
            # END SOLUTION
        return dx


# %%
apart = minnet.check_layer(MaxPool(2, 2), rng.normal(size=(2, 2, 4, 6)))
print("windows apart:", apart)
overlapping = apart and minnet.check_layer(MaxPool(3, 1), rng.normal(size=(2, 2, 5, 6)))
if apart:
    print("windows that overlap:", overlapping)
# %% [markdown]
# ## Step through it
#
# Now one number of each pass. In this image of 3 by 3, with windows of 2 by 2 and stride 1, the
# 9 in the middle wins all four windows. A `max` is not a sum, and `minnet.step` says so: it
# names the winner.
# %%
peak = np.array([[[[1.0, 2.0, 3.0], [4.0, 9.0, 5.0], [6.0, 7.0, 8.0]]]])
if overlapping:
    walk = minnet.step(MaxPool(2, 1), peak)
    print(walk.number("out[0,0,0,0]"))
    print()
    print(walk.number("dx[0,0,1,1]"))
else:
    print("when MaxPool is right, this shows who won")
# %% [markdown]
# ## Ties
#
# What if two numbers of a window are equally large? In real images that is common: half of the
# pixels of a digit are exactly 0. Move one of the two *up*, and it wins: slope 1. Move it
# *down*, and the other one wins: slope 0. There is a **kink**, as in ReLU at 0 (tutorial 6),
# and any number from 0 to 1 is a fair derivative. Your code gives 1 to the first of the two,
# and 0 to the other. The check measures both slopes, and lets it pass:
# %%
ties = np.array([[[[2.0, 2.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]]])
print(minnet.check_layer(MaxPool(2, 2), ties))


# %% [markdown]
# ## What could go wrong
#
# The classic mistake with rows is a `reshape` where a `transpose` belongs. The shape comes out
# right, nothing complains, and yet each number is in the wrong place. Here `dout` of shape (N,
# F, oh, ow) is simply reshaped to (N * oh * ow, F):
# %%
def scrambled_backward(dout, cache):
    rows, cut, w = cache
    d = dout.reshape(len(rows), len(w))  # wrong: the axis F stands in the middle
    flat = w.reshape(len(w), -1)
    return (
        rows_backward(d @ flat, cut),
        np.reshape(d.T @ rows, w.shape),
        np.sum(dout, axis=(0, 2, 3)),
    )


print(minnet.check_functions(conv_forward, scrambled_backward, x, w, b))


# %% [markdown]
# The verdict on `b` is the interesting part: it is right, since it was summed from `dout`
# itself. What `x` and `w` have in common, and `b` has not, is `d`.
#
# ## All together: a small convolutional network
#
# Eight kernels of 3 by 3 look at the digits (8 by 8 → 6 by 6), ReLU, your max-pool (6 by 6 → 3
# by 3), and a `Dense` layer that makes ten scores of the 72 numbers. `minnet.Flatten` lays them
# in a row; `Conv` gives your two functions the form of a layer.
# %%
class Conv(minnet.Layer):
    parameters = ("w", "b")

    def __init__(self, kernels, rng):
        self.w, self.b = rng.normal(size=(kernels, 1, 3, 3)) / 3, np.zeros(kernels)

    def forward(self, x):
        out, self.cache = conv_forward(x, self.w, self.b)
        return out

    def backward(self, dout):
        dx, self.dw, self.db = conv_backward(dout, self.cache)
        return dx


def train(epochs):
    rng = np.random.default_rng(0)
    parts = [Conv(8, rng), minnet.ReLU(), MaxPool(2, 2), minnet.Flatten()]
    model = minnet.Sequential(*parts, minnet.Dense(72, 10, rng=rng))
    loss, optimizer, data = minnet.SoftmaxCrossEntropy(), minnet.SGD(lr=0.3), (train_x, train_y)
    minnet.fit(model, loss, optimizer, data, epochs=epochs, batch_size=32, progress=False)
    return model, (model.forward(test_x).argmax(axis=1) == test_y).mean()


# %%
if rows_report and conv_report and overlapping:
    model, share = train(epochs=3)
    with theme(dark=False):
        figure, axes = plt.subplots(2, 8, figsize=(8, 2.4))
        seen = np.maximum(model.layers[0].forward(test_x[:1])[0], 0)
        for f in range(8):
            axes[0, f].imshow(model.layers[0].w[f, 0], cmap="PuOr", vmin=-1, vmax=1)
            axes[1, f].imshow(seen[f], cmap="Purples")
        for ax in axes.flat:
            ax.set(xticks=[], yticks=[])
        figure.suptitle(
            f"Eight learned kernels (above), and what they see in a {test_y[0]} (below)"
        )
        plt.show()
    print(f"right on new digits: {share:.1%}")
    assert share > 0.9
else:
    print("when all three exercises are right, a network trains here")
# %% [markdown]
# (Above: purple weights are positive, orange negative. Below: white is 0, after the ReLU, and the
# darker, the larger.) More than nine in ten new digits, with 80 numbers in the convolution and 730
# in the last layer. Nobody told the kernels what to look for.
#
# ## Three questions
#
# 1. `rows` of a batch of 32 images with 3 channels, 32 by 32 pixels, and kernels of 5 by 5:
#    what shape, and how many times as large as the batch?
# 2. You swap `+=` for `=` in exercise 3, and test with windows of size 2 and stride 2. What
#    does the check say, and why?
# 3. *Mean*-pooling puts out the mean of each window instead of the largest number. What is its
#    backward?
# %% [markdown]
# ## Answers
#
# 1. (32 · 28 · 28, 3 · 25) = (25088, 75). That is 1,881,600 numbers, against 98,304 in the
#    batch: 19 times as many.
# 2. `ok`, and it is right there: where windows do not overlap, no pixel can win twice. But with a
#    warning: the check has tried a stride of 1 by itself, and found it wrong there. A test of your
#    own would not have: test what is *hard*.
# 3. Each pixel of a window counts 1/k² in the mean (k = size), so each gets `dout / k²`, added
#    up where windows overlap.
