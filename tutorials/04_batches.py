# ---
# title: Batches and broadcasting
# question: One bias is added to every row. What is its slope?
# teaches: sum over what was copied; how broadcasting hides copies; why one trains on batches
# minutes: 30
# ---
# %% [markdown]
# # Batches and broadcasting
#
# **One bias is added to every row. What is its slope?**
#
# In tutorial 3 a weight was multiplied with a whole column of numbers. Here we look at the simplest
# thing that a parameter can do (a **parameter** is any knob that we may turn): be added to many
# numbers, or multiplied with many. It needs a single rule, and this rule explains a good half of
# all the `sum(axis=...)` that stand in backward passes. They are also where most mistakes are made.
#
# ## Why a bias
#
# A question about real digits: how much ink is in the upper half of an image, and how much in the
# lower? Each image is one point in the picture below. Let us predict the lower half from the upper.

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

(images, labels), _ = minnet.load_digits()
upper = images[:, 0, :4].sum(axis=(1, 2)).reshape(-1, 1)
lower = images[:, 0, 4:].sum(axis=(1, 2)).reshape(-1, 1)
print(len(upper), "images; ink above", upper.mean().round(2), " below", lower.mean().round(2))

# a column of ones beside upper: its weight is added to every prediction, and so is a bias
with_ones = np.hstack([upper, np.ones_like(upper)])
(weight_alone,), _, _, _ = np.linalg.lstsq(upper, lower, rcond=None)
(weight, bias), _, _, _ = np.linalg.lstsq(with_ones, lower, rcond=None)
weight_alone, weight, bias = weight_alone.item(), weight.item(), bias.item()
error_alone = ((upper * weight_alone - lower) ** 2).mean()
error_both = ((upper * weight + bias - lower) ** 2).mean()
print(f"without a bias: lower = {weight_alone:.2f} * upper          error {error_alone:.2f}")
print(f"with a bias:    lower = {weight:.2f} * upper + {bias:.2f}  error {error_both:.2f}")
assert abs(error_alone - 11.78) < 0.01 and abs(error_both - 3.48) < 0.01
assert abs(weight + 0.45) < 0.01 and abs(bias - 14.15) < 0.01

# %%
with theme(dark=False):
    plt.figure(figsize=(6.5, 4.2))
    plt.plot(upper, lower, ".", color="lightgray")
    ends = np.array([0.0, 20.0])
    plt.plot(ends, weight_alone * ends, "--", color="#D55E00", label="without a bias: through 0")
    plt.plot(ends, weight * ends + bias, color="#0072B2", label="with a bias")
    plt.xlabel("ink in the upper half")
    plt.ylabel("ink in the lower half")
    plt.title("A line that may leave the origin")
    plt.legend()
plt.show()

# %% [markdown]
# (`lstsq` solves this small problem exactly; we shall walk there downhill below.) Without a bias,
# the line has to go through 0, and the best such line is useless: error 11.78. With one, the error
# is 3.48, and we see something new: the more ink above, the *less* below. So a layer should have a
# bias.
#
# ## What broadcasting does
#
# Let x have N = 4 rows (samples) and D = 3 columns (features), and let the bias have one number per
# column. In NumPy one writes `x + bias`, though the shapes (4, 3) and (3,) differ. NumPy acts as if
# the bias were **copied** into each row. This is called **broadcasting**:
#
#      x (4, 3)          bias (3,)             x + bias
#      1   2   3         10  20  30            11  22  33
#      4   5   6        (10  20  30)           14  25  36
#      7   8   9        (10  20  30)           17  28  39
#      0   1   0        (10  20  30)           10  21  30
#
# The copies in brackets are never made in memory; but in the graph of tutorial 2 they are there.
# The number 10 is used **four times**, so there are four ways from it to the loss. What did we do
# with several ways? Add up. That is the rule:
#
# > **What was copied forward is summed backward.**
#
# Let `dout`, the slopes of the loss for the 12 results, be
#
#      dout (4, 3)
#       1    0    2
#       0   −1    1
#       2    3   −1
#       1    0    0
#      ------------
#       4    2    2      = the gradient of the bias: each column added up
#
# In code: `dout.sum(axis=0)`. An **axis** is a direction of the table, and `sum(axis=0)` adds along
# axis 0, down the rows, so that the rows vanish: (4, 3) becomes (3,), the shape of the bias. **A
# gradient always has the shape of its variable**: if it has not, you have summed along the wrong
# axis, or not at all.

# %%
x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [0.0, 1.0, 0.0]])
dout = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 1.0], [2.0, 3.0, -1.0], [1.0, 0.0, 0.0]])
print("x + bias =\n", x + np.array([10.0, 20.0, 30.0]))
for axis in (0, 1):
    print(f"dout.sum(axis={axis}) =", dout.sum(axis=axis), " shape", dout.sum(axis=axis).shape)
print("with keepdims=True:  shape", dout.sum(axis=0, keepdims=True).shape)

# %% [markdown]
# `keepdims=True` leaves a 1 where the axis was: shape (1, 3). For a bias of shape (3,) that is
# wrong by a pair of brackets; for a bias of shape (1, 3) it would be right.
#
# ## A scale
#
# The same for a factor per column, written **γ** (gamma), beside the bias, here **β** (beta):
#
#     out = x · γ + β            out[n, d] = x[n, d] · γ[d] + β[d]
#
# Take γ[0]. Along each of its ways stands x[n, 0]: in a product, the slope for the one is the
# other. So *first multiply, in each row, then sum*:
#
#     row    dout[n, 0]   x[n, 0]
#     0          1     ·     1      =   1
#     1          0     ·     4      =   0
#     2          2     ·     7      =  14
#     3          1     ·     0      =   0
#                                     ---
#     gradient of γ[0]                 15
#
# And x[n, d] is used once only: nothing to sum, `dx = dout · γ`, of the shape of x.
#
# ## Exercise 1
#
# Write the three gradients. As in tutorial 3, those of the parameters are kept in the layer, as
# `self.dgamma` and `self.dbeta`, and that of x is returned, as `dx`. (The check gives the layer
# twice our table x, and dout by chance.) Such a layer returns in tutorial 7, in batch
# normalisation.


# %%
class Scale:
    """out = x * gamma + beta, for x of shape (N, D), gamma and beta of shape (D,)."""

    def __init__(self, gamma, beta):
        self.gamma = gamma
        self.beta = beta

    def forward(self, x):
        self.x = x
        return x * self.gamma + self.beta

    def backward(self, dout):
        # BEGIN SOLUTION
        # MISTAKE scale: self.dbeta = dout.mean(axis=0)
        # MISTAKE shape: self.dbeta = dout.sum(axis=0, keepdims=True)
        # MISTAKE shape: self.dbeta = dout.sum(axis=1)
        # MISTAKE one_sample: self.dbeta = dout[0]
        self.dbeta = dout.sum(axis=0)
        # MISTAKE swapped: self.dgamma = dout.sum(axis=0)
        # MISTAKE scale: self.dgamma = (dout * self.x).mean(axis=0)
        # MISTAKE shape: self.dgamma = dout * self.x
        self.dgamma = (dout * self.x).sum(axis=0)
        dx = dout * self.gamma
        # END SOLUTION
        return dx


# %%
gamma, beta = np.array([2.0, 0.5, -1.0]), np.array([10.0, 20.0, 30.0])
report = minnet.check_layer(Scale(gamma, beta), 2 * x)
print(report)

if report:
    layer = Scale(gamma, beta)
    layer.forward(x)
    layer.backward(dout)
    print("dbeta", layer.dbeta, "  dgamma", layer.dgamma)
    assert list(layer.dbeta) == [4, 2, 2] and layer.dgamma[0] == 15

# %% [markdown]
# ## Step through it
#
# Which numbers made `dgamma[0]`? One product for each row, with minnet's own `dout`.

# %%
if report:
    print(minnet.step(Scale(gamma, beta), x).number("dgamma[0]"))
else:
    print("when Scale is right, this shows what made dgamma[0]")

# %% [markdown]
# ## What could go wrong
#
# The commonest of all: the average instead of the sum. "The loss is an average over the batch, so
# the gradient is too", one thinks. But the loss has divided by N already: its 1/N is in `dout`.


# %%
class AddBias:
    def __init__(self, b):
        self.b = b

    def forward(self, x):
        return x + self.b

    def backward(self, dout):
        self.db = np.mean(dout, axis=0)
        return dout


print(minnet.check_layer(AddBias(np.array([10.0, 20.0, 30.0])), x))

# %% [markdown]
# "db is 0.25 times what it should be, on every element. 0.25 is 1/batch size here." The check knows
# that there are four rows, and that 0.25 is one over four. dx is right: one mistake, one gradient.
#
# ## Exercise 2: the other way round
#
# Now a column: one number c per *sample*, of shape (N, 1), added to all features of that sample.
# (Think of making each image brighter or darker by its own amount.) A column of 1 is copied into
# the 3 columns. Along which axis must be summed, and what shape must dc have?


# %%
def brighten_forward(x, c):
    """Add c, of shape (N, 1), to every feature of x, of shape (N, D)."""
    return x + c, None


def brighten_backward(dout, cache):
    """Return the gradients of x and of c."""
    # BEGIN SOLUTION
    dx = dout
    # MISTAKE shape: dc = dout.sum(axis=0)
    # MISTAKE shape: dc = dout.sum(axis=1)
    # MISTAKE scale: dc = dout.mean(axis=1, keepdims=True)
    # MISTAKE shape: dc = dout
    dc = dout.sum(axis=1, keepdims=True)
    # END SOLUTION
    return dx, dc


# %%
report_column = minnet.check_functions(brighten_forward, brighten_backward, x, np.ones((4, 1)))
print(report_column)

if report_column:
    print("dc", brighten_backward(dout, None)[1].ravel())
    assert list(brighten_backward(dout, None)[1].ravel()) == [3, 0, 4, 1]

# %% [markdown]
# ## Why batches
#
# So far every step of gradient descent looked at *all* samples. With 1438 images that is quick;
# with a million it is not. But the gradient is a sum over samples, divided by their number: an
# average. And an average over some, drawn by chance, is nearly that over all. Such a handful is a
# **batch**; one pass through all the data, batch after batch, is an **epoch**.
#
# Let us learn the ink of the lower half with our `Scale`: γ is the weight, β the bias, and D = 1.
# To make the way shorter we give it `upper` minus 10, so that the numbers lie around 0. The loss is
# that of tutorial 3: (difference²), averaged, with slope 2 · difference / (number in the batch).


# %%
def slopes(layer, batch):
    """Run one batch forward and backward."""
    difference = layer.forward(upper[batch] - 10) - lower[batch]
    layer.backward(2 * difference / len(batch))
    return layer.dgamma.item(), layer.dbeta.item()


if report:
    rng = np.random.default_rng(0)
    for size in (len(upper), 32, 32, 32):
        batch = rng.permutation(len(upper))[:size]
        dgamma, dbeta = slopes(Scale(np.zeros(1), np.zeros(1)), batch)
        print(f"gradient from {size:>4} images: gamma {dgamma:6.2f}   beta {dbeta:6.2f}")
else:
    print("when Scale is right, this compares the gradient of all images with that of a few")

# %% [markdown]
# The first line is the true gradient; the others are each made from 32 images, with a 45th of the
# work. For β, which is far off yet, they agree within a few hundredths of it: enough to know where
# to go. For γ they are rougher, and one even has the wrong sign. But the next batch errs in another
# direction, and over many steps the errors even out. Now compare whole trainings, with the same
# work for both: 5 epochs.


# %%
def train(batch_size, epochs, rate, seed=0):
    """Return the layer with its gamma and beta, and the number of steps."""
    rng = np.random.default_rng(seed)
    layer, steps = Scale(np.zeros(1), np.zeros(1)), 0
    for _ in range(epochs):
        order = rng.permutation(len(upper))  # 0, 1, 2, ... shuffled
        for start in range(0, len(upper), batch_size):
            batch = order[start : start + batch_size]
            slopes(layer, batch)
            layer.gamma = layer.gamma - rate * layer.dgamma
            layer.beta = layer.beta - rate * layer.dbeta
            steps += 1
    return layer, steps


if report:
    for batch_size in (len(upper), 32):
        layer, steps = train(batch_size, epochs=5, rate=0.02)
        error = (((upper - 10) * layer.gamma + layer.beta - lower) ** 2).mean()
        print(f"batches of {batch_size:>4}: {steps:>3} steps, error {error:.2f}")
    assert steps == 225 and error < 3.6
else:
    print("when Scale is right, this compares two sizes of batches")

# %% [markdown]
# Both have looked at every image five times. But the batches of 32 made 225 steps in that time and
# are close to the best that there is (3.48); the other made 5 steps and is still far away.
#
# ## Three questions
#
# 1. x is (8, 3, 5), and b of shape (5,) is added. What is db?
# 2. A single number s is multiplied with all of x, (N, D). What is ds?
# 3. The loss is a **sum** over the batch, not an average. You double the batch. What happens to the
#    gradient of the bias, and what should you do with the learning rate?

# %% [markdown]
# ## Answers
#
# 1. b was copied along the first two axes, so sum along both: `dout.sum(axis=(0, 1))`, of shape
#    (5,).
# 2. It was copied everywhere: `(dout * x).sum()`, one number.
# 3. It becomes about twice as large, since it is the sum of twice as many ways. Halve the rate, or
#    take the average as the loss: then the size of the batch does not change the length of a step.
