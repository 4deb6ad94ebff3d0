# ---
# title: Batchnorm, line by line
# question: Why does a deep network fall silent, and how does a gradient get through the cure?
# teaches: the backward pass of batch normalisation, first in small steps, then on one line
# minutes: 40
# ---
# %% [markdown]
# # Batchnorm, line by line
#
# **Why does a deep network fall silent, and how does a gradient get through the cure?**
#
# In the last tutorial two layers learned digits. What happens with ten?
#
# Every layer multiplies its input by a matrix of random weights. If the weights are a little
# too small, each layer makes the numbers a little smaller, and the next one a little smaller
# again. Let us send 200 real digits through ten layers, and measure after each layer how far
# the numbers spread. The **spread** here is the standard deviation: roughly, how far a typical
# number is from the mean of all numbers. (In NumPy it is `x.std()`. Its square, the mean of the
# squared distances from the mean, is called the **variance**, `x.var()`.) By "weights of size 0.1"
# we mean random numbers with the spread 0.1.
# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

(train_x, train_y), (test_x, test_y) = minnet.load_digits()
train_x, test_x = train_x.reshape(-1, 64), test_x.reshape(-1, 64)


def spreads(weight_size, normalise):
    """Return the spread of the numbers after each of ten layers."""
    rng = np.random.default_rng(0)
    x, found = train_x[:200], []
    for _ in range(10):
        x = x @ (weight_size * rng.normal(size=(64, 64)))
        if normalise:
            x = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
        x = np.maximum(x, 0)  # ReLU
        found.append(x.std())
    return found


# %%
small, large = spreads(0.1, normalise=False), spreads(0.3, normalise=False)
normal = spreads(0.1, normalise=True)
with theme(dark=False):
    figure, axes = plt.subplots(figsize=(7, 3.5))
    for found, line, label in [
        (large, "-", "weights of size 0.3"),
        (normal, "-.", "weights of size 0.1, normalised in each layer"),
        (small, "--", "weights of size 0.1"),
    ]:
        axes.semilogy(range(1, 11), found, line, marker="o", label=label)
    axes.set(xlabel="layer", ylabel="spread of its output", title="Ten layers, 200 digits")
    axes.set_ylim(1e-4, 1e4)
    axes.legend(loc="upper left")
    plt.show()

print(f"after layer 10: {large[-1]:.3g} or {small[-1]:.3g}; normalised {normal[-1]:.3g}")
assert 35 < large[-1] < 45 and small[-1] < 0.001 and 0.4 < normal[-1] < 0.8
# %% [markdown]
# With weights of size 0.3 the numbers grow from layer to layer, to about 40; with 0.1 they fade
# away, below 0.001. (The vertical axis is logarithmic: each mark is ten times the one below.)
# The gradient, on its way back, is multiplied by the same matrices, so it grows or fades as
# well, and the first layers learn wildly or not at all.
#
# The line in the middle stays level. After each matrix, every feature was *brought back to mean 0 and
# spread 1*. That is **batch normalisation**, and one line of code did it. But this line is now
# part of the network, so the gradient has to go back through it. How, is the subject of this
# tutorial.
#
# ## Forward, in small steps
#
# `x` has one row per image and one column per feature: shape (N, D), with N images in the batch
# and D features. Each column is treated alone. Here is one column, with the N = 4 numbers 1, 2,
# 3, 6:
#
#     mean        mean = x.mean(axis=0)              3
#     centred     centred = x - mean                −2      −1       0       3
#     variance    var = (centred**2).mean(axis=0)   (4 + 1 + 0 + 9) / 4 = 3.5
#     spread      sigma = sqrt(var + eps)            1.871
#     normalised  xhat = centred / sigma            −1.069  −0.535   0       1.604
#     output      out = gamma * xhat + beta
#
# `eps` (epsilon) is a tiny number, 0.00001: it keeps us from dividing by zero where a column is
# constant. `sigma` (σ) is the spread, `xhat` (x̂, "x hat") the normalised x. `gamma` (γ) and
# `beta` (β) are *parameters*, one per feature: if the network would rather have another spread
# and another mean, it can learn them. They begin at 1 and 0.
# %%
x = np.array([[1.0], [2.0], [3.0], [6.0]])
centred = x - x.mean(axis=0)
sigma = np.sqrt((centred**2).mean(axis=0) + 1e-5)
xhat = centred / sigma
print(
    "xhat:",
    xhat.ravel().round(3),
    " mean",
    xhat.mean().round(3) + 0,
    " spread",
    xhat.std().round(3),
)
assert np.allclose(xhat.ravel(), [-1.069, -0.535, 0, 1.604], atol=1e-3)
# %% [markdown]
# ## Who feels it when one number moves?
#
# Until now each image went its own way: nothing that you did to image 0 could change the output
# for image 3. Here it can. Move the first number, 1, up by 0.1, and look at all four outputs:
# %%
moved = x.copy()
moved[0] += 0.1
change = (moved - moved.mean(axis=0)) / np.sqrt(moved.var(axis=0) + 1e-5) - xhat
print("change of xhat, per unit of x:", (change / 0.1).ravel().round(2))
assert change[0] > 0 and (change[1:3] < 0).all() and change[3] > 0


# %% [markdown]
# *All four* outputs change. The mean has moved up, which pulls everyone down; the spread has
# become a little smaller, which pushes everyone away from the middle. So the influence of `x[0]`
# travels on **three paths**, as in a graph of tutorial 2:

# %%
with theme(dark=False):
    figure, axes = plt.subplots(figsize=(8.5, 3))
    nodes = {"x": (0, 1), "mean": (1.3, 0.1), "centred": (2.6, 1), "var": (3.9, 0.1),
             "sigma": (5.2, 0.1), "inverse": (6.5, 0.1), "xhat": (7.8, 1)}  # fmt: skip
    ways = [("x", "centred", "1"), ("centred", "xhat", "1"), ("centred", "var", "2"),
            ("var", "sigma", "2"), ("sigma", "inverse", "2"), ("inverse", "xhat", "2"),
            ("x", "mean", "3"), ("mean", "centred", "3")]  # fmt: skip
    colours = {"1": "#0072B2", "2": "#D55E00", "3": "#882255"}
    for start, end, path in ways:
        arrow = {"arrowstyle": "->", "color": colours[path], "lw": 2, "shrinkA": 22, "shrinkB": 24}
        axes.annotate("", nodes[end], nodes[start], arrowprops=arrow)
        (left, low), (right, high) = nodes[start], nodes[end]
        middle = (left + right) / 2, (low + high) / 2 + 0.06
        axes.text(*middle, path, color=colours[path], weight="bold", size=13)
    for name, place in nodes.items():
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "black"}
        axes.text(*place, name, ha="center", va="center", size=12, bbox=box)
    axes.set(xlim=(-0.5, 8.4), ylim=(-0.3, 1.35), title="Three paths from x to xhat")
    axes.axis("off")
plt.show()

# %% [markdown]
# 1. directly: x → centred → xhat;
# 2. through the spread: x → centred → var → sigma → inverse → xhat. (inverse is 1 / sigma: to take
#    one small step at a time, we write the division as a product, `xhat = centred * inverse`);
# 3. through the mean: x → mean → centred, and from there along both ways above.
#
# Backward has to add up all three. Tutorial 2 had the rule: *where a value is used twice, its
# gradients add up.* In the picture, two arrows leave `x`, and two leave `centred`.
#
# ## Backward, in small steps
#
# We walk the forward steps from last to first. For each value v, `dv` is the slope of the loss for
# v, and has the shape of v. Four rules do everything, and you have met them all:
#
#     forward                                 backward
#     c = a * b                               da = dc * b,  db = dc * a          (tutorial 2)
#     c = f(a)                                da = dc * f'(a)                    (tutorial 1)
#     a, of shape (D,), is copied to N rows   da = dc.sum(axis=0)                (tutorial 4)
#     c = a.mean(axis=0), over N rows         da = dc / N, for each row          (tutorial 3)
#
# Two slopes are new: that of 1 / s is −1 / s², and that of the square root of v is
# 1 / (2 · sqrt(v)). At s = 2 and v = 4, say, they are −1/4 and 1/4. Measure them:
# %%
h = 1e-5
print("slope of 1 / s at 2: ", round((1 / (2 + h) - 1 / (2 - h)) / (2 * h), 6))
print("slope of sqrt(v) at 4:", round((np.sqrt(4 + h) - np.sqrt(4 - h)) / (2 * h), 6))


# %% [markdown]
# ## Exercise 1: eight small lines
#
# `dgamma` and `dbeta` are tutorial 4's (a scale and a bias), and are given. Fill in the rest, a
# line for each value, from last to first. At the right are the numbers for the column 1, 2, 3, 6
# with gamma = 1 and dout = (1, 0, 0, 0), so that you can compare:
#
#     line           made from                           numbers
#     dxhat          out = gamma * xhat + beta            1       0       0       0
#     dcentred       xhat = centred * inverse             0.535   0       0       0
#     dinverse       the same; inverse was copied        −2
#     dsigma         inverse = 1 / sigma                  0.571
#     dvar           sigma = sqrt(var + eps)              0.153
#     dcentred_too   var = (centred**2).mean(axis=0)     −0.153  −0.076   0       0.229
#     dmean          centred = x - mean                  −0.535
#     dx             mean = x.mean(axis=0), and all       0.248  −0.210  −0.134   0.095
#
# `dcentred` is the direct path only, and `dcentred_too` the second path. Both come through `mean`:
# mind the minus sign there. `dx` is the first path, plus the second, plus the third. (Compare it
# with the four changes that were measured above: they are nearly the same. There we moved the first
# x and looked at all xhat; here we look at the first xhat, and ask how each x moves it.)
#
# Forward is given, with `self.centred`, `self.sigma`, `self.inverse` and `self.xhat`; backward is
# yours. `minnet.Layer` is the class that all of minnet's layers are made from. Of it we need only
# this: `parameters` names the arrays to be learned, and the gradient of `gamma` is expected in
# `self.dgamma`. `backward` stands in a cell of its own, in a class that takes all the rest from
# `Forward`. (`self.gamma` is gamma, of shape (D,), and N is the number of rows.)
# %%
class Forward(minnet.Layer):
    parameters = ("gamma", "beta")

    def __init__(self, features):
        self.gamma, self.beta = np.ones(features), np.zeros(features)

    def forward(self, x):  # (N, D) -> (N, D)
        mean = x.mean(axis=0)
        self.centred = x - mean
        var = (self.centred**2).mean(axis=0)
        self.sigma = np.sqrt(var + 1e-5)
        self.inverse = 1 / self.sigma
        self.xhat = self.centred * self.inverse
        return self.gamma * self.xhat + self.beta


# %%
class BatchNorm(Forward):
    def backward(self, dout):  # (N, D) -> (N, D)
        N, D = dout.shape
        self.dgamma = (dout * self.xhat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        # BEGIN SOLUTION
        dxhat = dout * self.gamma
        dcentred = dxhat * self.inverse
        dinverse = (dxhat * self.centred).sum(axis=0)
        # MISTAKE statistic_constant: dsigma = dinverse * self.inverse**2
        dsigma = -dinverse * self.inverse**2
        # MISTAKE statistic_constant: dvar = dsigma / (2 * self.sigma**2)
        dvar = dsigma / (2 * self.sigma)
        # MISTAKE statistic_constant: dcentred_too = dvar * 2 * self.centred / D
        dcentred_too = dvar * 2 * self.centred / N
        # MISTAKE statistic_constant: dmean = np.zeros(D)
        dmean = -(dcentred + dcentred_too).sum(axis=0)
        # MISTAKE statistic_constant: dx = dcentred + dmean / N
        dx = dcentred + dcentred_too + dmean / N
        # END SOLUTION
        return dx


# %%
rng = np.random.default_rng(1)
report = minnet.check_layer(BatchNorm(3), rng.normal(size=(5, 3)))
print(report)

if report:
    column = BatchNorm(1)
    column.forward(x)
    dx = column.backward(np.array([[1.0], [0.0], [0.0], [0.0]]))
    print("dx of the column:", dx.ravel().round(3))
    assert np.allclose(dx.ravel(), [0.248, -0.21, -0.134, 0.095], atol=1e-3)
# %% [markdown]
# ## Step through it
#
# When the report says that all is right, look at how one number came about. `minnet.step` runs
# a layer forward and backward once, with random numbers for `dout`, and remembers everything;
# `number` says what made a number. The three terms are the three paths:
# %%
if report:
    layer = BatchNorm(2)
    walk = minnet.step(layer, np.array([[1.0, 0.2], [2.0, -0.4], [3.0, 0.9], [6.0, 0.3]]))
    print(walk.number("dx[0,0]"))
else:
    print("when backward is right, this shows the three paths")


# %% [markdown]
# Read it from the top: `dcentred[0,0]` is what reaches `x[0,0]` directly, `dcentred_too[0,0]`
# what comes through the spread, and `dmean[0]/4` its quarter of what the mean collected. Below
# stands the derivative as it was *measured*, by moving `x[0,0]` a little, as in tutorial 1. Any
# of the three missing, and it is wrong.
#
# ## On one line
#
# Ten small steps are safe, but slow, and nobody writes them. Now we put them together *with
# pencil and paper*. Write `mean(...)` for the mean over the batch, one number per feature, and
# follow the three paths with `dxhat = gamma * dout`.
#
# **Path 1**, directly:
#
#     dxhat / sigma
#
# **Path 2**, through the spread. Put `dinverse` into `dsigma`, that into `dvar`, and that into
# `dcentred_too`:
#
#     −sum(dxhat * centred) / sigma²  *  1 / (2 * sigma)  *  2 * centred / N
#
# The 2 cancels, and `sum(...) / N` is a mean. There are three sigma below the line: one goes with
# each `centred` to make an `xhat`, and one is left:
#
#     −xhat * mean(dxhat * xhat) / sigma
#
# **Path 3**, through the mean: minus the sum of paths 1 and 2 over the batch, divided by N.
# That is minus their *mean*. But path 2 has the mean zero: it is a number times `xhat`, and
# `xhat` has mean zero. What stays is the mean of path 1, `−mean(dxhat) / sigma`. All three together:
#
#     dx = (dxhat − mean(dxhat) − xhat * mean(dxhat * xhat)) / sigma
#
# In words: *take the gradient as if the statistics were constants; take away its mean; take
# away the part of it that goes along with xhat.* Both make sense. Adding the same number to a
# whole column changes nothing, since the mean is taken away again; so a gradient cannot ask for
# it. Stretching a whole column changes nothing either, since we divide by its spread; so a
# gradient cannot ask for that. What forward takes out, backward takes out.
#
# ## Exercise 2: the line
#
# One thing more makes it shorter. `gamma` is the same number for a whole column, so it can be
# taken out of both means: `mean(gamma * dout)` is `gamma * mean(dout)`. And these means are
# nearly there already: `dbeta` is the sum of `dout` over the batch, so `mean(dout)` is `dbeta /
# N`; and `mean(dout * xhat)` is `dgamma / N`. So `dx` is `gamma / sigma` times a bracket of
# three terms, with `dout`, `dbeta` and `dgamma` in it. Write it.
# %%
class FusedBatchNorm(Forward):
    def backward(self, dout):  # (N, D) -> (N, D)
        N, xhat = len(dout), self.xhat
        self.dgamma = (dout * xhat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        # BEGIN SOLUTION
        # MISTAKE statistic_constant: dx = self.gamma / self.sigma * dout
        # MISTAKE statistic_constant: dx = self.gamma / self.sigma * (dout - self.dbeta / N)
        # MISTAKE statistic_constant: dx = self.gamma / self.sigma * (dout - xhat * self.dgamma / N)
        dx = self.gamma / self.sigma * (dout - self.dbeta / N - xhat * self.dgamma / N)
        # END SOLUTION
        return dx


# %%
fused_report = minnet.check_layer(FusedBatchNorm(3), rng.normal(size=(5, 3)))
print(fused_report)


# %% [markdown]
# ## What could go wrong
#
# The classic mistake is path 1 alone: one treats `mean` and `sigma` as constants. Here it is on
# purpose. Look at what the report says first, after `FAIL`: what the mistake looks like; and at
# the line of code that it points to.
# %%
class Constant(Forward):
    def backward(self, dout):
        self.dgamma = (dout * self.xhat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        return dout * self.gamma / self.sigma


wrong = Constant(3)
print(minnet.check_layer(wrong, rng.normal(size=(5, 3))))
# %% [markdown]
# `gamma` and `beta` are right, only `x` is wrong: these two would learn as they should, and what
# lies before them would not. Nothing crashes, nothing warns.
#
# And a trap for your own tests. If you test with `dout` all ones (that is, you take `out.sum()`
# for the loss), the right `dx` is *zero*: the sum of a normalised column is always 0, whatever
# x is. So `return np.zeros_like(dout)` would pass that test. minnet's check draws `dout` at
# random.
# %%
if fused_report:
    layer = FusedBatchNorm(3)
    layer.forward(rng.normal(size=(5, 3)))
    dx = layer.backward(np.ones((5, 3)))
    print("largest dx for a dout of ones:", np.abs(dx).max())
    assert np.abs(dx).max() < 1e-12


# %% [markdown]
# ## Does it help?
#
# A network of ten layers, with the weights of size 0.1 that fell silent above, once without and
# once with *your* layer after each matrix. From here on we use minnet's `Dense`, `ReLU`,
# `SoftmaxCrossEntropy` and `SGD`, which do what yours did in the last tutorials; `Sequential`
# runs layers one after the other, backward from last to first; and `fit` is the training loop.
# %%
def deep_network(normalised):
    rng = np.random.default_rng(0)
    layers = []
    for _ in range(10):
        layers.append(minnet.Dense(64, 64, rng=rng))
        layers[-1].W = 0.1 * rng.normal(size=(64, 64))
        if normalised:
            layers.append(FusedBatchNorm(64))
        layers.append(minnet.ReLU())
    return minnet.Sequential(*layers, minnet.Dense(64, 10, rng=rng))


def train(model):
    loss, optimizer = minnet.SoftmaxCrossEntropy(), minnet.SGD(lr=0.1)
    data = (train_x, train_y)
    history = minnet.fit(model, loss, optimizer, data, epochs=5, batch_size=64, progress=False)
    right = model.forward(test_x).argmax(axis=1) == test_y
    return history.loss, right.mean()


# %%
if fused_report:
    plain_loss, plain_share = train(deep_network(normalised=False))
    normal_loss, normal_share = train(deep_network(normalised=True))
    with theme(dark=False):
        figure, axes = plt.subplots(figsize=(7, 3.5))
        axes.plot(range(1, 6), plain_loss, "--", marker="o", label="plain")
        axes.plot(range(1, 6), normal_loss, marker="o", label="with your batchnorm")
        axes.set(xlabel="epoch", ylabel="loss", title="Ten layers learn, or not")
        axes.set_xticks(range(1, 6))
        axes.legend()
        plt.show()
    print(f"right on new digits: plain {plain_share:.1%}, with batchnorm {normal_share:.1%}")
    print(f"loss after 5 epochs: plain {plain_loss[-1]:.2f}, with batchnorm {normal_loss[-1]:.2f}")
    assert plain_share < 0.2 and plain_loss[-1] > 2.25 and normal_share > 0.9
else:
    print("when FusedBatchNorm is right, two networks train here")
# %% [markdown]
# The plain network stays where guessing is: a loss of 2.30, the logarithm of 10 (tutorial 5), and
# fewer than one digit in five right. With batchnorm it reads more than nine in ten.
#
# One thing we kept quiet about. To classify *one* new digit there is no batch to take a mean
# of. A real batchnorm therefore remembers, during training, a running average of `mean` and
# `var`, and uses these afterwards. Then they *are* constants, and path 1 alone is right.
# `minnet.BatchNorm` does so. Above, all new digits went through as one batch.
#
# ## Three questions
#
# 1. What does batchnorm put out for a batch of a single image, and which `dx` does it then
#    give?
# 2. The `Dense` layer before a batchnorm has a bias `b`. What is `db`, and why?
# 3. You double all the weights before a batchnorm. What happens to its output, and to the
#    gradient of these weights?
# %% [markdown]
# ## Answers
#
# 1. The mean of one number is that number, so `centred` is 0, and the output is `beta`,
#    whatever the image shows. `dx` is 0: nothing that x does matters.
# 2. `db` is the sum of `dx` over the batch, and that is 0: the mean that forward takes away
#    takes `b` with it. Such a bias can never learn, and one leaves it out.
# 3. The output stays (but for `eps`): `centred` and `sigma` both double. The gradient is
#    *halved*, since `dx` is divided by a `sigma` twice as large. Large weights take smaller
#    steps, which makes training steadier.
