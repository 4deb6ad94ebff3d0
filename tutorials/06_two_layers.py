# ---
# title: Two layers learn digits
# question: What can two layers do that one cannot?
# teaches: ReLU and its kink, a backward pass through a whole network, the training loop
# minutes: 35
# ---
# %% [markdown]
# # Two layers learn digits
#
# **What can two layers do that one cannot?**
#
# In tutorial 5 one linear layer read 96.7 % of new digits. It weighs each pixel for itself: ink
# here speaks for an 8, ink there against it. It cannot say "ink here, *but only if* there is none
# there". Perhaps a second layer helps? Let us put one linear layer after another. (To see the bare
# bones, one sample, and no biases.)

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

x = np.array([[1.0, 2.0]])
A = np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 1.0]])  # first layer: 2 numbers in, 3 out
B = np.array([[1.0], [2.0], [-1.0]])  # second layer: 3 in, 1 out
print("two layers:", (x @ A) @ B, "   A @ B =", (A @ B).ravel(), "   one layer:", x @ (A @ B))
assert ((x @ A) @ B).item() == (x @ (A @ B)).item() == 7

# %% [markdown]
# The same. Two linear layers **are** one linear layer, whose weights are A @ B: here −1 and 4, and
# 1·(−1) + 2·4 = 7. A hundred of them would be one, too. Something has to stand between that is not
# a straight line.
#
# ## A bend
#
# The simplest is this: keep what is positive, and replace what is negative by 0. It is called
# **ReLU** ("rectified linear unit"):
#
#     x          −2    −0.5     0     1     3
#     ReLU(x)     0      0      0     1     3
#
# How can one bend be enough? Look at the left picture: ReLU(x) + ReLU(−x) is |x|, which goes down
# and then up. No linear layer can do that. With more bends, any curve can be put together from
# straight pieces. On the right are five bends, each with its own place and its own weight: 0.3
# times a ReLU that begins at x = −3, plus 0.9 times one that begins at −2, and so on. The line gets
# a new slope at every place, from 0.3 to 1.2 at −2, for example.

# %%
with theme(dark=False):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.5))
    t = np.linspace(-3, 3, 241)
    left.plot(t, np.maximum(t, 0), "--", label="ReLU(x)")
    left.plot(t, np.maximum(-t, 0), "-.", label="ReLU(−x)")
    left.plot(t, np.abs(t), color="black", alpha=0.5, label="their sum: |x|")
    left.set_title("Two bends")
    left.set_xlabel("x")
    left.legend()
    places = np.array([-3.0, -2.0, -0.5, 0.8, 2.0])
    weights = np.array([0.3, 0.9, -2.2, 1.9, -1.4])
    curve = np.maximum(t[:, None] - places, 0) @ weights  # a column for each bend, added up
    right.plot(t, curve)
    right.plot(places, np.interp(places, t, curve), "o", label="the places of the bends")
    right.set_title("Five bends, weighted and added")
    right.set_xlabel("x")
    right.legend()
plt.show()

# %% [markdown]
# ## The slope of ReLU
#
# To the right of 0, what goes in comes out: the slope is 1. To the left nothing comes out whatever
# goes in: the slope is 0. So backward is a gate: where **x** was positive, the upstream gradient
# passes as it is; where x was negative, it is stopped.
#
#     x           −2    −0.5     1     3
#     dout         5      1     −4     2
#     dx           0      0     −4     2
#
# Mind that the gate looks at x, not at dout: the −4 passes.
#
# ## Exercise 1
#
# `x > 0` gives a table of True and False; multiplied with numbers they count as 1 and 0.


# %%
def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    """Return the gradient of x, of its shape."""
    # BEGIN SOLUTION
    # MISTAKE nonlinear_upstream: dx = dout * (dout > 0)
    # MISTAKE mutates_upstream: dout[x < 0] = 0; dx = dout
    # MISTAKE local_derivative_missing: dx = dout
    # MISTAKE upstream_ignored: dx = (x > 0).astype(float)
    # MISTAKE wrong_factor: dx = dout * np.maximum(x, 0)
    dx = dout * (x > 0)
    # END SOLUTION
    return dx


# %%
values = np.array([[-2.0, -0.5, 1.0, 3.0], [0.7, 0.0, -1.0, 2.0]])
report = minnet.check_functions(relu_forward, relu_backward, values)
print(report)

if report:
    dout = np.array([5.0, 1.0, -4.0, 2.0])
    print("dx", relu_backward(dout, values[0]))
    assert list(relu_backward(dout, values[0])) == [0, 0, -4, 2]

# %% [markdown]
# ## At the kink
#
# One of the values is 0 exactly. There ReLU has a corner, a **kink**, as |x| had in tutorial 1:
# slope 0 to the left, 1 to the right, and at 0 itself none. `1 element at a kink` in the report
# says that one was met. You may use a slope of 0 or 1 there, or anything between: the check accepts
# it, and it does not matter for training, since hardly any number is ever exactly 0. A kink is no
# mistake.
#
# It matters for whoever *measures*: a central difference across the corner gives 0.5, and the same
# happens a hair's breadth from it, when the step h reaches over. minnet notices such steps and
# shortens them.

# %%
for place in (0.0, 0.00003, 0.1):
    h = 1e-4
    slope = (max(place + h, 0) - max(place - h, 0)) / (2 * h)
    print(f"x = {place}: central difference with h = 0.0001 gives {slope:.2f}")

# %% [markdown]
# ## What could go wrong
#
# A relative, the *leaky* ReLU, lets a tenth of the negative numbers through: 0.1·x for x < 0.
# Someone wrote its forward, and took backward over from ReLU.


# %%
def leaky_forward(x):
    return np.where(x > 0, x, 0.1 * x), x


def leaky_backward(dout, x):
    return np.where(x > 0, dout, 0.0)


print(minnet.check_functions(leaky_forward, leaky_backward, np.array([[-2.0, -0.5, 1.0, 3.0]])))

# %% [markdown]
# The report says *where* it is wrong: where x is negative. The positive ones are right. In a
# training nobody would have noticed: the network would have learned, only a little worse.
#
# ## A network
#
# Now three layers in a row: linear, ReLU, linear. The numbers in the middle are called **hidden**.
#
#        x      → first →      a      → ReLU →   hidden    → second →   scores
#     (N, 64)              (N, 48)               (N, 48)               (N, 10)
#
# The backward pass walks the same road back. Each layer turns the slopes for what it gave out into
# the slopes for what it was given, which is just what the layer before it needs as `dout`:
#
#        dx     ← first ←     da      ← ReLU ←   dhidden   ← second ←   dout
#
# The linear layers are `minnet.Dense`, as in tutorial 5. Their `backward(dout)` returns the slopes
# for their input, and keeps `dW` and `db`.
#
# ## Exercise 2
#
# Three lines, from right to left, with the names of the picture: `dhidden`, `da`, `dx`.
# `self.second`, `self.first` and `relu_backward` do the work; forward has kept in `self.a` what
# ReLU was given.


# %%
class TwoLayers:
    def __init__(self, inputs, hidden, outputs):
        self.first = minnet.Dense(inputs, hidden, rng=0)
        self.second = minnet.Dense(hidden, outputs, rng=1)

    def forward(self, x):
        a = self.first.forward(x)
        hidden, self.a = relu_forward(a)
        return self.second.forward(hidden)

    def backward(self, dout):
        # BEGIN SOLUTION
        dhidden = self.second.backward(dout)
        # MISTAKE wrong_factor: da = dhidden
        # MISTAKE nonlinear_upstream: da = relu_backward(dhidden, dhidden)
        da = relu_backward(dhidden, self.a)
        dx = self.first.backward(da)
        # END SOLUTION
        return dx


# %%
report_network = minnet.check_layer(TwoLayers(4, 5, 3), values)
print(report_network)

# %% [markdown]
# All at once: dx, and the weights and biases of both layers. When one is wrong, the report says
# which are right. As slopes travel from right to left, the mistake sits between the last right and
# the first wrong.
#
# ## Step through it
#
# ReLU is in minnet as `minnet.ReLU()`. Two numbers of its backward pass, one where x = −2 and the
# gate is shut, and one where x = 3 and it is open:

# %%
walk = minnet.step(minnet.ReLU(), values)
print(walk.number("dx[0,0]"))
print()
print(walk.number("dx[0,3]"))

# %% [markdown]
# ## Exercise 3
#
# Last, the step: all four parameters go against their gradients, as in tutorial 3. Because a batch
# is drawn by chance, it is called **stochastic gradient descent**, SGD ("stochastic" means by
# chance). The loop is there; write what happens to `layer.W` and `layer.b` of one layer. The
# gradients are in `layer.dW` and `layer.db`.


# %%
def sgd_step(network, rate):
    """Move every parameter of the network against its gradient."""
    for layer in (network.first, network.second):
        # BEGIN SOLUTION
        # MISTAKE sign: layer.W = layer.W + rate * layer.dW
        # MISTAKE scale: layer.W = layer.W - layer.dW
        layer.W = layer.W - rate * layer.dW
        # MISTAKE missing: pass
        layer.b = layer.b - rate * layer.db
        # END SOLUTION


# %%
def check_sgd_step():
    """Return what is wrong with sgd_step, or nothing."""
    network = TwoLayers(2, 2, 1)
    for layer in (network.first, network.second):
        layer.W, layer.b = np.full_like(layer.W, 2.0), np.full_like(layer.b, 2.0)
        layer.dW, layer.db = np.full_like(layer.W, 3.0), np.full_like(layer.b, 4.0)
    try:
        sgd_step(network, 0.2)
    except NotImplementedError:
        return "todo: sgd_step is not implemented yet"
    for place, slope in (("first.W", 3), ("first.b", 4), ("second.W", 3), ("second.b", 4)):
        layer, name = place.split(".")
        now, right = float(getattr(getattr(network, layer), name).flat[0]), 2 - 0.2 * slope
        known = {2: ("missing", "it was not moved"), 4 - right: ("sign", "uphill: the loss grows"),
                 2 - slope: ("scale", "the rate is not in it")}  # fmt: skip
        if abs(now - right) > 1e-9:
            other = "unexplained", f"2 − 0.2·{slope} = {right:.4g} is right"
            code, why = known.get(round(now, 9), other)
            told = f"{place} went from 2, with slope {slope} and rate 0.2, to {now:.4g}"
            return f"FAIL[{code}] sgd_step: {told}: {why}"
    return ""


# %%
report_step = check_sgd_step()
print(report_step or "ok: sgd_step")
ready = bool(report and report_network and not report_step)

# %% [markdown]
# ## Training
#
# The loop of tutorial 5, with two layers: for each batch, forward, loss, backward, step. The loss
# is `minnet.SoftmaxCrossEntropy`, the class version of the `softmax_loss` that you wrote.

# %%
(train_x, train_y), (test_x, test_y) = minnet.load_digits()
train_x, test_x = train_x.reshape(-1, 64), test_x.reshape(-1, 64)


def share_right(network, x, y):
    return (network.forward(x).argmax(axis=1) == y).mean()


def train(network, epochs, rate=0.5, batch_size=32):
    """Return the share of right answers after each epoch: on trained and on new images."""
    loss, rng, history = minnet.SoftmaxCrossEntropy(), np.random.default_rng(0), []
    for _ in range(epochs):
        order = rng.permutation(len(train_x))
        for start in range(0, len(train_x), batch_size):
            batch = order[start : start + batch_size]
            loss.forward(network.forward(train_x[batch]), train_y[batch])
            network.backward(loss.backward())
            sgd_step(network, rate)
        seen = share_right(network, train_x, train_y)
        history.append((seen, share_right(network, test_x, test_y)))
    return np.array(history)


# %%
history = None
if ready:
    network = TwoLayers(64, 48, 10)
    history = train(network, epochs=30)
    seen, new = history[-1]
    print(f"after {len(history)} epochs: right on {seen:.1%} of the trained, {new:.1%} of the new")
    assert seen > 0.997 and abs(new - 0.981) < 0.006
else:
    print("when the three exercises are right, this learns to read digits")

# %%
if history is not None:
    guesses = network.forward(test_x).argmax(axis=1)
    wrong = np.flatnonzero(guesses != test_y)[:4]
    with theme(dark=False):
        figure = plt.figure(figsize=(9, 3.2))
        left = figure.add_subplot(1, 2, 1)
        epochs = np.arange(1, len(history) + 1)
        left.plot(epochs, 100 * history[:, 0], label="images trained on")
        left.plot(epochs, 100 * history[:, 1], "--", label="new images")
        left.set_xlabel("epoch")
        left.set_ylabel("right, in %")
        left.set_ylim(90, 100.5)
        left.legend()
        for place, k in enumerate(wrong):
            axes = figure.add_subplot(2, 4, (3, 4, 7, 8)[place])
            axes.imshow(test_x[k].reshape(8, 8), cmap="gray_r")
            axes.set_title(f"{test_y[k]}, read as {guesses[k]}", size=10)
            axes.axis("off")
    plt.show()

# %% [markdown]
# From 96.7 % to 98.1 %. Of 359 new images one layer got 12 wrong, two layers 7. (That is few
# images, so do not trust the last digit: other random numbers give one or two more or fewer.) Of
# the images it was trained on, the network reads every one. The gap between the two lines is called
# **overfitting**: some of what it has learned is true of those images only. Look at the ones it
# still gets wrong; would you have read them?
#
# You have now written every part of a network that learns: the linear layer, the bias, ReLU,
# softmax and cross-entropy, SGD. What follows are other layers; the walk is always this one.
#
# ## Three questions
#
# 1. A hidden number is negative for *every* image. What is the gradient of its weights in the first
#    layer? Will it ever change?
# 2. All weights of both layers begin at the same number, say 0.1. Why is that bad?
# 3. In exercise 1, `dout[x < 0] = 0` gives the right numbers. Why does minnet warn?

# %% [markdown]
# ## Answers
#
# 1. The gate is shut for every image: all zeros. The images stay the same, so it stays as it is for
#    ever. (In a deeper layer, those before it may still change what it is given.) It is called a
#    dead ReLU; too high a learning rate makes many of them.
# 2. Then all hidden numbers are the same, get the same slopes, and move alike forever: 48 of them
#    can do no more than one. That is why one begins with small random numbers.
# 3. `dout` belongs to the layer after this one. If someone else uses it too (a value used twice has
#    two ways!), they find it changed, and their gradient is wrong, far away from the line that did
#    it.
