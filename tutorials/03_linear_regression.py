# ---
# title: Linear regression
# question: Which weights predict a number best, and how do we find them?
# teaches: squared error, the gradient of a matrix product, gradient descent
# minutes: 35
# ---
# %% [markdown]
# # Linear regression
#
# **Which weights predict a number best, and how do we find them?**
#
# Below is a handwritten 8, made of 8 × 8 pixels: little squares, each with a number from 0 (paper)
# to 1 (ink). Cover one pixel. Could you guess its number from the 8 pixels around it? Surely better
# than blindly: ink is seldom alone. Let us have a machine learn to do it. (`load_digits` gives 1438
# such images to learn from, in one array of shape (1438, 1, 8, 8): so many images, 1 colour, 8
# rows, 8 columns.)

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

(images, labels), _ = minnet.load_digits()
eight = images[np.flatnonzero(labels == 8)[0], 0].copy()
eight[3, 3] = np.nan  # covered
with theme(dark=False):
    plt.figure(figsize=(4.4, 4.2))
    plt.imshow(eight, cmap="gray_r")
    plt.text(3, 3, "?", color="#D55E00", ha="center", va="center", size=22, weight="bold")
    frame = {"fill": False, "edgecolor": "#D55E00", "linewidth": 2.5}
    plt.gca().add_patch(plt.Rectangle((1.5, 1.5), 3, 3, **frame))
    plt.title("Guess the ? from the 8 around it")
plt.show()

# %% [markdown]
# ## A prediction
#
# The simplest machine for this has one **weight** for each of the numbers that it is given. It
# multiplies each number by its weight and adds up. With only two numbers, x₀ and x₁, for a start:
#
#     prediction = x₀ · W₀ + x₁ · W₁         x = (1, 2), W = (0.5, 1):   1·0.5 + 2·1 = 2.5
#
# There are many pixels to guess. Each is a **sample**: a row of numbers x, and the number that
# would have been right, y. We write the samples one below the other, as a table, and then a
# **matrix product** does all the predictions at once. In NumPy it is written `x @ W`: each row of x
# is multiplied with the column W, number by number, and added up.
#
#           x (4 rows, 2 columns)   W (2, 1)    prediction (4, 1)          y (4, 1)
#              1    2               0.5         1·0.5 + 2·1  =  2.5        3
#              3   −1          @    1      =    3·0.5 − 1·1  =  0.5        1.5
#              0    1                           0·0.5 + 1·1  =  1          0
#              2    0                           2·0.5 + 0·1  =  1          1
#
# (4, 1) is a **shape**: 4 rows, 1 column. In a product (4, 2) @ (2, 1) the two inner numbers must
# be the same, and the outer two are the shape of the result. We call the number of samples **N**,
# here 4.

# %%
x = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0], [2.0, 0.0]])
W = np.array([[0.5], [1.0]])
y = np.array([[3.0], [1.5], [0.0], [1.0]])
prediction = x @ W
# ravel() lays a table out in one row: only to print it on one line
print("prediction", prediction.ravel(), "   difference", (prediction - y).ravel())

# %% [markdown]
# ## How wrong is that?
#
# The differences, prediction minus y, are −0.5, −1, 1 and 0. To have one number, square each (so
# that too much and too little count alike, and a large miss counts most) and take the average.
# This is the **mean squared error**, our loss L:
#
#     L = ((−0.5)² + (−1)² + 1² + 0²) / 4  =  (0.25 + 1 + 1 + 0) / 4  =  0.5625
#
# Its slope for one prediction: the square gives 2 · difference (tutorial 1), and the average
# divides by N. The other predictions do not matter for this one, they stay where they are.
#
#     slope of L for a prediction  =  2 · difference / N
#
#     −0.25    −0.5    0.5    0
#
# Four predictions, four slopes. Slopes of one number L for each number of a table are themselves a
# table of the same shape. It is called the **gradient** of L for that table.
#
# ## Exercise 1
#
# Return the loss, one number, and its gradient for `prediction`, a table of its shape. The names
# follow the habit: `dprediction` holds the slopes of L for `prediction`.
#
# The check of a gradient takes the loss that *you* return for the truth. So a small function of our
# own looks at the loss first: for our four samples it has to be 0.5625.


# %%
def squared_error(prediction, y):
    """Return the mean squared error, and its gradient for prediction, of shape (N, 1)."""
    N = len(prediction)
    # BEGIN SOLUTION
    difference = prediction - y
    loss = (difference**2).sum() / N
    # MISTAKE scale: dprediction = difference / N
    # MISTAKE scale: dprediction = 2 * difference
    # MISTAKE sign: dprediction = 2 * (y - prediction) / N
    dprediction = 2 * difference / N
    # END SOLUTION
    return loss, dprediction


# %%
def check_squared_error():
    """Return what is wrong with the loss itself, or nothing."""
    try:
        loss, _ = squared_error(prediction, y)
    except NotImplementedError:
        return "todo: squared_error is not implemented yet"
    if np.ndim(loss):
        return f"FAIL[forward] squared_error: the loss is one number, yours has shape {loss.shape}"
    right = np.isclose(loss, 0.5625)
    told = f"FAIL[forward] squared_error: the loss is 0.5625 here (see above), yours is {loss:.6g}"
    return "" if right else told


said = check_squared_error()
report_loss = minnet.check_loss(squared_error, prediction, y)
print(said or report_loss)
loss_is_right = not said and bool(report_loss)

if loss_is_right:
    loss, dprediction = squared_error(prediction, y)
    print("loss", loss, "  dprediction", dprediction.ravel())
    assert list(dprediction.ravel()) == [-0.25, -0.5, 0.5, 0.0]

# %% [markdown]
# ## From the predictions to the weights
#
# We cannot turn a prediction; we can turn W₀ and W₁. By how much does L move with W₀? This is the
# graph of tutorial 2 again: W₀ is used in **every** row, so there are four ways from W₀ to L. Along
# each way: multiply. W₀ moves the prediction of a row by its x₀ (in a product, the slope for the
# one is the other), and that prediction moves L by its slope, from exercise 1. Then add up over the
# ways:
#
#     row    x₀      slope for its prediction
#     0       1   ·   −0.25     =   −0.25
#     1       3   ·   −0.5      =   −1.5
#     2       0   ·    0.5      =    0
#     3       2   ·    0        =    0
#                                  ------
#     slope of L for W₀             −1.75
#
# The same for W₁ with the column x₁ = (2, −1, 1, 0): −0.5 + 0.5 + 0.5 + 0 = 0.5.
#
# A column of x times a column of slopes, multiplied and added up: that is a matrix product again.
# We need the *columns* of x as rows, so x lies on its side: `x.T`, "x transposed", of shape (2, 4).
#
#     dW = x.T @ dout           (2, 4) @ (4, 1) = (2, 1), the shape of W
#
# `dout` is the upstream gradient: the slope of L for what our layer gave out. Here that is
# `dprediction`. **If you ever forget the formula, the shapes tell it**: dW must look like W, and
# there is only one way to multiply x and dout that does.
#
# By the same thought x[n, d] moves only the prediction of its own row n, by W[d]. So
# `dx = dout @ W.T`, of shape (4, 1) @ (1, 2) = (4, 2), the shape of x. We do not turn x, but a
# layer before ours would want it.
#
# ## Exercise 2
#
# A **layer** is an object with a forward and a backward. The weights live in it; so does their
# gradient, under the name `self.dW`. `backward` returns dx. Write the line for dW.


# %%
class Linear:
    """prediction = x @ W, for x of shape (N, D) and W of shape (D, 1)."""

    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        # BEGIN SOLUTION
        # MISTAKE shape: self.dW = dout.T @ self.x
        # MISTAKE crash: self.dW = self.x @ dout
        # MISTAKE scale: self.dW = self.x.T @ dout / len(dout)
        # MISTAKE one_sample: self.dW = self.x[:1].T @ dout[:1]
        # MISTAKE weight_decay: self.dW = self.x.T @ dout + 0.1 * self.W
        self.dW = self.x.T @ dout
        # END SOLUTION
        return dout @ self.W.T


# %%
report_layer = minnet.check_layer(Linear(W), x)
print(report_layer)

if report_layer and loss_is_right:
    layer = Linear(W)
    loss, dprediction = squared_error(layer.forward(x), y)
    layer.backward(dprediction)
    print("dW", layer.dW.ravel())
    assert np.allclose(layer.dW.ravel(), [-1.75, 0.5])

# %% [markdown]
# ## Step through it
#
# Which numbers made `dW[1,0]`, the slope for W₁? (minnet uses a `dout` of its own here, so the
# result is not our 0.5. The first factor of each product is the column x₁ = (2, −1, 1, 0) that you
# know.)

# %%
if report_layer:
    walk = minnet.step(Linear(W), x)
    print(walk.number("dW[1,0]"))
else:
    print("when Linear is right, this shows what made dW[1,0]")

# %% [markdown]
# ## What could go wrong
#
# Often a small pull of the weights towards zero is added, so that they stay small ("weight decay").
# Here someone added it to the gradient and forgot the loss. (`minnet.Dense` is minnet's own linear
# layer. It also has a bias b, as the neuron of tutorial 2; `super().backward` is its backward
# pass.)


# %%
class Decaying(minnet.Dense):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW + 0.1 * self.W
        return dx


print(minnet.check_layer(Decaying(2, 1, rng=0), x))

# %% [markdown]
# The check has found by what dW is off: 0.1 times the weights. The forward pass knows nothing of
# that pull, so this is not the slope of what forward computes. x and b are right all the same.
#
# ## Downhill
#
# The gradient of W says in which direction L rises. We go the other way, by a little:
#
#     W becomes   W − rate · dW
#
# The **learning rate** says how far. With rate 0.1, W₀ goes from 0.5 to 0.5 − 0.1 · (−1.75) =
# 0.675: its slope was negative, so it becomes larger. W₁ goes from 1 to 1 − 0.1 · 0.5 = 0.95. This
# is one step of **gradient descent**.
#
# ## Exercise 3
#
# One line, that makes a new array `new_W`. There is no gradient to be checked here, so a small
# function of our own looks at it, with other numbers.


# %%
def descend(W, dW, rate):
    """Return W after one step against its gradient."""
    # BEGIN SOLUTION
    # MISTAKE sign: new_W = W + rate * dW
    # MISTAKE scale: new_W = W - dW
    new_W = W - rate * dW
    # END SOLUTION
    return new_W


# %%
def check_descend():
    """Return what is wrong with descend, or nothing."""
    W = np.array([2.0])
    try:
        new_W = descend(W, np.array([3.0]), 0.2)
    except NotImplementedError:
        return "todo: descend is not implemented yet"
    if W.item() != 2:
        return "FAIL[mutates_parameter] descend: it changes the array W of the caller (W -= ...)"
    if np.shape(new_W) != (1,):
        return f"FAIL[shape] descend: it gives {new_W!r}, not an array of the shape of W"
    new = new_W.item()
    told = f"from W = 2, with slope 3 and rate 0.2, it went to {new:.4g}"
    known = {2.6: "FAIL[sign] descend: {}: uphill, so the loss grows",
             -1.0: "FAIL[scale] descend: {}: the rate is not in it",
             0.6: "FAIL[missing] descend: {}: that is the step alone, without W",
             -0.6: "FAIL[missing] descend: {}: that is the step alone, without W"}  # fmt: skip
    said = known.get(round(new, 9), "FAIL[unexplained] descend: {}; 2 - 0.2·3 = 1.4 is right")
    return "" if abs(new - 1.4) < 1e-9 else said.format(told)


report_step = check_descend()
print(report_step or "ok: descend")
ready = bool(loss_is_right and report_layer and not report_step)

# %% [markdown]
# ## Does it find the truth?
#
# First on data where we know it. `linear_data` makes up 100 samples with y = 2·x₀ − 1·x₁, and a
# little noise on y. We begin with both weights at 0 and repeat: predict, loss, gradient, step.


# %%
def train(W, x, y, rate, steps):
    """Return the layer after so many steps, and the loss at each."""
    layer, losses = Linear(W), []
    for _ in range(steps):
        loss, dprediction = squared_error(layer.forward(x), y)
        layer.backward(dprediction)
        layer.W = descend(layer.W, layer.dW, rate)
        losses.append(loss)
    return layer, losses


made_x, made_y, truth = minnet.linear_data(100, weights=(2.0, -1.0), noise=0.1)
if ready:
    layer, losses = train(np.zeros((2, 1)), made_x, made_y, rate=0.1, steps=50)
    print("found", layer.W.ravel().round(2), "  truth", truth)
    print(f"loss: {losses[0]:.2f} at first, {losses[-1]:.4f} at the end")
    assert np.allclose(layer.W.ravel(), truth, atol=0.05) and losses[-1] < 0.02
else:
    print("when the three exercises are right, this finds the weights")

# %% [markdown]
# The noise cannot be predicted: its square, 0.1² = 0.01, is what remains of the loss.
#
# ## The real pixels
#
# Now the pixels. Of 50 images we take every pixel that has all its neighbours: 36 in an image, 1800
# in all. Each is a sample with D = 8 numbers, its neighbours. So x is (1800, 8), W is (8, 1).

# %%
# every neighbour is the image moved by one pixel, cut to the 6 × 6 pixels inside
around = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]  # (down, right)
some = images[:50, 0]
pixels_x = np.stack([some[:, 1 + i : 7 + i, 1 + j : 7 + j].ravel() for i, j in around], axis=1)
pixels_y = some[:, 1:7, 1:7].reshape(-1, 1)
print("x", pixels_x.shape, "  y", pixels_y.shape)

losses, found = [], np.zeros((8, 1))
if ready:
    layer, losses = train(np.zeros((8, 1)), pixels_x, pixels_y, rate=0.3, steps=200)
    found = layer.W
    print(f"loss: {losses[0]:.3f} at first, {losses[1]:.3f}, ..., {losses[-1]:.3f} at the end")
    print(f"always guessing the average: {pixels_y.var():.3f}")
    assert abs(losses[0] - 0.305) < 1e-3 and abs(losses[-1] - 0.049) < 1e-3
    assert abs(pixels_y.var() - 0.145) < 1e-3

# %%
if ready:
    weights = np.insert(found.ravel(), 4, np.nan).reshape(3, 3)
    with theme(dark=False):
        figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
        left.plot(losses)
        left.set_ylim(bottom=0)
        left.set_xlabel("step")
        left.set_ylabel("loss")
        left.set_title("Downhill")
        right.imshow(weights, cmap="RdBu", vmin=-1, vmax=1)
        for (row, column), weight in np.ndenumerate(weights):
            text = "?" if np.isnan(weight) else f"{weight:.2f}"
            right.text(column, row, text, ha="center", va="center")
        right.axis("off")
        right.set_title("The weight of each neighbour")
    plt.show()

# %% [markdown]
# The loss falls from 0.305 to 0.049, a third of what guessing the average gives (0.145). And the
# weights can be read: the pixels above and below count most, then left and right. Pens make long
# strokes, more often up and down than across. The corners have small *negative* weights. Nobody
# told the machine any of this.
#
# ## Three questions
#
# 1. x is (1800, 8), W is (8, 1). What are the shapes of the prediction, of dout, of dW and of dx?
# 2. Someone forgets the 2 in the gradient of the squared error. Does the training still find good
#    weights? What changes?
# 3. Every image is turned on its side before training. What happens to the weights?

# %% [markdown]
# ## Answers
#
# 1. (1800, 1); dout as the prediction, (1800, 1); dW as W, (8, 1); dx as x, (1800, 8).
# 2. Yes: all slopes are half as large, so every step is half as long, as with half the learning
#    rate. That is why such a mistake is so easily missed, and why one checks: in a network where
#    other slopes are right, the parts no longer fit together.
# 3. They turn as well: left and right get the large ones, above and below the middling ones.
