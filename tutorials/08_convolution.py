# ---
# title: Convolution, one window and then all
# question: How does a network find a stroke, wherever in the image it is?
# teaches: the forward and backward pass of a convolution, as loops over windows
# minutes: 35
# ---
# %% [markdown]
# # Convolution, one window and then all
#
# **How does a network find a stroke, wherever in the image it is?**
#
# The network of tutorial 6 took an image as a row of 64 numbers. It had to learn a vertical
# stroke at the left, the same stroke one pixel further right, and so on, each with weights of
# its own. But a stroke is a stroke. A **convolution** has *one small set of weights*, looks
# with it at a small *window* of the image, then moves the window on, and so looks everywhere
# with the same weights.
#
# These weights are called the **kernel**. Here is one that we make by hand, three by three: it
# has minus ones at the left, zeros in the middle, ones at the right. Put it on a window, multiply
# each pixel by the weight that lies on it, and add up all nine products. Where there is paper (0)
# at the left and ink (1) at the right, the result is large; where it is the other way round, it is
# as far below 0; and where left and right are alike, it is 0.
# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

(train_x, train_y), _ = minnet.load_digits()
image = train_x[np.flatnonzero(train_y == 0)[0], 0]  # a zero, 8 by 8 numbers from 0 to 1
kernel = np.array([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])

found = np.zeros((6, 6))
for p in range(6):  # the window's place, down
    for q in range(6):  # and across
        window = image[p : p + 3, q : q + 3]
        found[p, q] = (window * kernel).sum()

p, q = np.unravel_index(found.argmax(), found.shape)
print(f"the largest of the 36 results is {found.max():.2f}, in the window at ({p}, {q}):")
print(image[p : p + 3, q : q + 3].round(2))
print("pixel times weight:")
print((image[p : p + 3, q : q + 3] * kernel).round(2) + 0)
assert found.shape == (6, 6) and found.max() > 1.5
# %%
with theme(dark=False):
    figure, axes = plt.subplots(1, 3, figsize=(8, 2.8))
    titles = ["the image, 8 by 8", "the kernel", "what it finds, 6 by 6"]
    for ax, picture, title in zip(axes, [image, kernel, found], titles, strict=True):
        limit = np.abs(picture).max()
        ax.imshow(picture, cmap="PuOr", vmin=-limit, vmax=limit)
        ax.set(title=title, xticks=[], yticks=[])
    plt.show()


# %% [markdown]
# (Purple is positive, orange negative, white zero.) The kernel finds the left rims of the
# strokes, where ink begins, in purple; and the right rims, where it ends, in orange. The image has
# 8 by 8 pixels, the result 6 by 6: a window three pixels wide has six places in a row of eight.
# Nine weights serve all 36 places: this is called **weight sharing**.
#
# ## The formula, with all its letters
#
# Real images have several **channels** (red, green, blue), a layer has several kernels, and a
# batch has several images. So the arrays have four axes:
#
# | array | shape | letters |
# |---|---|---|
# | `x` | (N, C, H, W) | N images, C channels, H pixels high, W wide |
# | `w` | (F, C, kh, kw) | F kernels, each with C channels, kh high, kw wide |
# | `b` | (F,) | one number per kernel, the bias |
# | `out` | (N, F, oh, ow) | for each image F results, oh high and ow wide |
#
# One number of the output is *one window times one kernel, added up*:
#
#     out[n, f, p, q] = (window * w[f]).sum() + b[f]
#
# where `window` is the part of image n that begins at row `p * stride` and column `q * stride`.
# It is kh high and kw wide, and goes through *all* C channels: window and w[f] both have the shape
# (C, kh, kw), and all their products are added up to one number. Two more words:
#
# - **stride** says how far the window moves on each time: 1 is pixel by pixel, 2 leaves out
#   every other place.
# - **padding** is a frame of zeros that is put around the image, `pad` pixels wide, so that
#   windows can stand on the rim too.
#
# How many places are there? The padded image has H + 2·pad rows. The first window begins at row 0,
# and the last must still fit in, so it can begin at row H + 2·pad − kh at most. With a place at
# every `stride` rows until there, and the one at row 0:
#
#     oh = (H + 2 * pad - kh) // stride + 1         8 by 8, kernel 3:  (8 + 0 − 3) // 1 + 1 = 6
#
# where `//` divides and drops the rest; `ow` likewise.
# %%
def places(size, kernel_size, stride, pad):
    return (size + 2 * pad - kernel_size) // stride + 1


print("8 pixels, kernel 3:                 ", places(8, 3, stride=1, pad=0))
print("8 pixels, kernel 3, pad 1:          ", places(8, 3, stride=1, pad=1))
print("8 pixels, kernel 3, pad 1, stride 2:", places(8, 3, stride=2, pad=1))
assert [places(8, 3, 1, 0), places(8, 3, 1, 1), places(8, 3, 2, 1)] == [6, 8, 4]


# %% [markdown]
# ## Backward, for one window
#
# Take one window, one kernel and one result, and forget everything else:
#
#     result = (window * kernel).sum() + bias
#
# That is a sum of products, as in linear regression. Each pixel was multiplied by the weight
# that lay on it. So if `d` is the gradient of the result (one number of `dout`):
#
# - each *weight* gets `d` times the pixel under it: `d * window`;
# - each *pixel* gets `d` times the weight on it: `d * kernel`;
# - the *bias* gets `d`.
#
# With numbers, in a window of two by two, for bias 0 and d = 10:
#
#     window       1    2        kernel       5    6        result = 1·5 + 2·6 + 3·7 + 4·8 = 70
#                  3    4                     7    8
#
#     its gradient 50   60       its gradient 10   20       d = 10
#                  70   80                    30   40
#
# Nothing is turned round or mirrored. (You may read elsewhere that backward is "a convolution
# with the flipped kernel". That is this same sum, written down from the pixel's side, as
# we shall see below. In the loop you never need it.)
#
# ## Backward, for all windows
#
# Now the windows overlap, and the kernel is used in all of them. Tutorial 2's rule once more:
# **what is used more than once collects a gradient from each use, and they add up.** So, going
# through the same loop as forward:
#
# - start with `dw`, `db` and `dx` all zero;
# - for each result, *add* (with `+=`) what its window gives.
#
# The kernel collects from every window of every image, a pixel from every window that lies over
# it.
#
# ## Exercise 1: forward
#
# `padded` is the image with its frame. The loop runs over images n, kernels f and places p, q;
# `rows` and `columns` are the pixels under the window (`slice(2, 5)` means `2:5`). One line is
# yours: what becomes `out[n, f, p, q]`?
# %%
def conv_forward(x, w, b, stride, pad):
    (N, _, H, W), (F, _, kh, kw) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    oh, ow = places(H, kh, stride, pad), places(W, kw, stride, pad)
    out = np.zeros((N, F, oh, ow))
    for n, f, p, q in np.ndindex(out.shape):  # every place in out, one after the other
        rows = slice(p * stride, p * stride + kh)
        columns = slice(q * stride, q * stride + kw)
        # BEGIN SOLUTION
        out[n, f, p, q] = (padded[n, :, rows, columns] * w[f]).sum() + b[f]
        # END SOLUTION
    return out, (padded, w, stride, pad)


# %%
def known_right(x, w, b, stride, pad):
    """Return what minnet's own convolution puts out."""
    layer = minnet.Conv2D(x.shape[1], len(w), w.shape[2:], stride=stride, padding=pad)
    layer.W, layer.b = w, b
    return layer.forward(x)


# %%
def check_forward():
    """Return what is wrong with conv_forward, or nothing."""
    rng = np.random.default_rng(1)
    easy = image[None, None], kernel[None, None], np.array([0.5]), 1, 0
    hard = rng.normal(size=(2, 2, 7, 5)), rng.normal(size=(3, 2, 3, 2)), np.arange(1.0, 4), 2, 1
    told = "1 image, 1 kernel, no frame", "2 images, 2 channels, 3 kernels, stride 2, pad 1"
    for (x, w, b, stride, pad), case in zip((easy, hard), told, strict=True):
        right = known_right(x, w, b, stride, pad)
        try:
            out, _ = conv_forward(x, w, b, stride, pad)
        except NotImplementedError:
            return "todo: conv_forward is still to be written"
        except Exception as error:
            return f"ERROR[crash] conv_forward ({case}): it raised {error!r}"
        if np.shape(out) != right.shape:
            return f"FAIL[shape] conv_forward ({case}): out is {np.shape(out)}, not {right.shape}"
        if np.allclose(out, right - b[:, None, None]):
            return f"FAIL[missing] conv_forward ({case}): the bias is not added"
        for n, f, p, q in np.argwhere(~np.isclose(out, right)):
            numbers = f"is {out[n, f, p, q]:.3f} and should be {right[n, f, p, q]:.3f}"
            return f"FAIL[forward] conv_forward ({case}): out[{n},{f},{p},{q}] {numbers}"
    return ""


# %%
print(check_forward() or "ok: conv_forward")


# %% [markdown]
# ## Exercise 2: backward
#
# The same loop. Three lines in it are yours: what the window gives to `dw[f]`, to `db[f]`, and to
# its place in `dpadded`, the gradient of the image with its frame. After the loop comes `dx`: cut
# the frame off again, since it is not part of x. x begins at row and column `pad` of `padded`, and
# has 2·pad rows and columns fewer than `padded` (`padded.shape` is known). Mind a pad of 0.
# %%
def conv_backward(dout, cache):
    padded, w, stride, pad = cache
    kh, kw = w.shape[2:]
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros(len(w))
    for n, f, p, q in np.ndindex(dout.shape):
        rows = slice(p * stride, p * stride + kh)
        columns = slice(q * stride, q * stride + kw)
        d = dout[n, f, p, q]
        # BEGIN SOLUTION each_window
        # MISTAKE overwritten: dw[f] = d * padded[n, :, rows, columns]
        # MISTAKE flip: dw[f] += d * padded[n, :, rows, columns][:, ::-1, ::-1]
        dw[f] += d * padded[n, :, rows, columns]
        # MISTAKE overwritten: dpadded[n, :, rows, columns] = d * w[f]
        dpadded[n, :, rows, columns] += d * w[f]
        # MISTAKE overwritten: db[f] = d
        db[f] += d
        # END SOLUTION
    # BEGIN SOLUTION without_frame
    H, W = padded.shape[2] - 2 * pad, padded.shape[3] - 2 * pad
    # MISTAKE shape: dx = dpadded[:, :, pad:-pad, pad:-pad]
    dx = dpadded[:, :, pad : pad + H, pad : pad + W]
    # END SOLUTION
    return dx, dw, db


# %% [markdown]
# First without a frame; when that is right, with a frame of 1 and a stride of 2. Height and width
# differ, in the image and in the kernel, so that they cannot be taken for each other.
# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(2, 2, 5, 4))
w, b = rng.normal(size=(3, 2, 3, 2)), rng.normal(size=3)
without = minnet.check_functions(conv_forward, conv_backward, x, w, b, 1, 0)
print("without a frame:", without)
framed = without and minnet.check_functions(conv_forward, conv_backward, x, w, b, 2, 1)
if without:
    print("with a frame of 1 and stride 2:", framed)


# %% [markdown]
# ## Step through it: one pixel under four windows
#
# A kernel of 2 by 2 on an image of 3 by 3 has four places, and the pixel in the middle lies
# under all four, each time under another weight. `Conv` wraps your functions in a class, so
# that `minnet.step` can walk through them.
# %%
class Conv:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        out, self.cache = conv_forward(x, self.w, self.b, 1, 0)
        return out

    def backward(self, dout):
        dx, self.dw, self.db = conv_backward(dout, self.cache)
        return dx


if without:
    layer = Conv(np.array([[[[5.0, 6.0], [7.0, 8.0]]]]), np.array([0.0]))
    walk = minnet.step(layer, np.arange(1.0, 10.0).reshape(1, 1, 3, 3))
    print(walk.number("dx[0,0,1,1]"))
    print()
    print(walk.number("dw[0,0,0,0]"))
else:
    print("when backward is right, this shows what a pixel collects")


# %% [markdown]
# Look at the pixel's four weights: 8, 7, 6, 5. The kernel is 5, 6, 7, 8, so the pixel meets it
# *turned round*: while the window moves to the right, the pixel moves to the left under it.
# That is the whole secret of the "flipped kernel". The loop gets it right by itself, since it
# does with each window what forward did.
#
# ## What could go wrong
#
# With `=` in place of `+=`, each window *overwrites* what the ones before had left. The weights
# then learn from the very last window alone, the lower right corner of the last image.
# %%
def overwriting_backward(dout, cache):
    padded, w, stride, pad = cache
    dx, dw, db = np.zeros_like(padded), np.zeros_like(w), dout.sum(axis=(0, 2, 3))
    for n, f, p, q in np.ndindex(dout.shape):
        rows = slice(p * stride, p * stride + w.shape[2])
        columns = slice(q * stride, q * stride + w.shape[3])
        dw[f] = dout[n, f, p, q] * padded[n, :, rows, columns]  # wrong
        dx[n, :, rows, columns] += dout[n, f, p, q] * w[f]
    return dx, dw, db


wrong = minnet.check_functions(conv_forward, overwriting_backward, x, w, b, 1, 0)
print(wrong)
# %% [markdown]
# The report says `overwritten`, and points to the line. It also says that `x` and `b` are
# right: so the loop itself, its ranges and its order are not to blame, and you need not look
# there.
#
# The other classic mistake only shows without a frame. To cut off a frame of 1, `dpadded[:, :,
# 1:-1, 1:-1]` is right. With `pad:-pad` and a pad of 0 that reads `0:-0`, which is `0:0`:
# nothing is left. So test a pad of 0, too.
#
# ## Can it learn the kernel?
#
# We made our kernel by hand. Now we forget it, and keep only what it found in 16 digits. Can
# gradient descent, with *your* backward, find the kernel again? It starts from zeros. The loss
# is the mean square of what is still wrong.
# %%
few, right_kernel = train_x[:16], kernel[None, None]


def learn(steps):
    """Return the kernel, and the loss after each step."""
    w, b, losses = np.zeros((1, 1, 3, 3)), np.zeros(1), []
    target, _ = conv_forward(few, right_kernel, b, 1, 0)
    for _ in range(steps):
        out, cache = conv_forward(few, w, b, 1, 0)
        losses.append(((out - target) ** 2).mean())
        _, dw, db = conv_backward(2 * (out - target) / out.size, cache)
        w, b = w - 0.3 * dw, b - 0.3 * db
    return w[0, 0], losses


# %%
if framed and not check_forward():
    learned, losses = learn(120)
    with theme(dark=False):
        figure, axes = plt.subplots(1, 3, figsize=(8, 2.8), width_ratios=[2, 1, 1])
        axes[0].semilogy(losses)
        axes[0].set(title="the loss", xlabel="step")
        for ax, picture, title in zip(
            axes[1:], [kernel, learned], ["by hand", "learned"], strict=True
        ):
            ax.imshow(picture, cmap="PuOr", vmin=-1, vmax=1)
            ax.set(title=title, xticks=[], yticks=[])
        plt.show()
    print(learned.round(2))
    print(f"loss {losses[0]:.2f} at first, {losses[-1]:.1e} at last")
    assert np.abs(learned - kernel).max() < 0.1 and losses[-1] < 0.001
else:
    print("when forward and backward are right, the kernel is learned here")
# %% [markdown]
# It can: minus ones at the left, ones at the right. In a real network nobody says what a kernel
# should find. The loss at the far end does, and the gradient brings it here.
#
# ## Three questions
#
# 1. An image of 10 by 7, kernels of 3 by 3, pad 1, stride 2. How large is the output?
# 2. A corner pixel, no frame, stride 1, one kernel of 3 by 3. How many windows send it a
#    gradient? And a pixel in the middle of a large image?
# 3. A `Dense` layer from an 8 by 8 image to a 6 by 6 result has how many weights, and our
#    convolution? What does the convolution lose by that?
# %% [markdown]
# ## Answers
#
# 1. (10 + 2 − 3) // 2 + 1 = 5 high, (7 + 2 − 3) // 2 + 1 = 4 wide.
# 2. One: only the window in that corner lies over it. In the middle, nine: it lies under each
#    of the nine weights once.
# 3. 64 · 36 = 2304 weights against 9 (and 36 biases against 1). It loses the place: it cannot
#    look for one thing at the left and for another at the right. More kernels, and layers
#    behind it, give that back.
