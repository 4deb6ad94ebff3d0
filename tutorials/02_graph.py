# ---
# title: A graph of numbers
# question: A number passes through several steps. How does each input change the result?
# teaches: the chain rule, upstream gradients, and that a value used twice gets two shares
# minutes: 30
# ---
# %% [markdown]
# # A graph of numbers
#
# **A number passes through several steps. How does each input change the result?**
#
# In tutorial 1 there was one knob and one function. A network is many small functions, one after
# the other: the result of one goes into the next. Here is the smallest example that shows
# everything:
#
#     z = (x + y) · x
#
# It has two steps. Give the result of the first a name, q:
#
#     q = x + y          with x = 2 and y = 3:   q = 2 + 3 = 5
#     z = q · x                                  z = 5 · 2 = 10
#
# Computing from the inputs to the result like this is called the **forward pass**. Our question
# has two parts: how fast does z change with x, and how fast with y?
#
# We can measure both, as before: move one input by a small step, leave the other where it is.

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme


def z_of(x, y):
    q = x + y
    return q * x


h = 1e-5
slope_x = (z_of(2 + h, 3) - z_of(2 - h, 3)) / (2 * h)
slope_y = (z_of(2, 3 + h) - z_of(2, 3 - h)) / (2 * h)
print(f"z = {z_of(2, 3)}   slope for x: {slope_x:.4f}   slope for y: {slope_y:.4f}")
assert abs(slope_x - 7) < 1e-6 and abs(slope_y - 2) < 1e-6

# %% [markdown]
# 7 for x and 2 for y. Now let us *find* these two numbers without measuring, from the steps alone.
#
# ## Each step by itself
#
# What does one step do to its own result? We need two facts, one for plus and one for times.
#
# - **Plus.** q = x + y. Move x by h, and q moves by h as well: slope 1. The same for y: slope 1.
# - **Times.** z = q · x. Move q by h, and z becomes (q + h) · x: it moves by h·x. So the slope for
#   q is **x**, which is 2. Move x by h, and z moves by h·q: the slope for x is **q**, which is 5.
#   In a product, the slope for the one is the other.
#
# These are called **local slopes**: each knows its own step and nothing of the rest.
#
# ## The chain rule: multiply along the way
#
# Start with y. It reaches z by one way: y → q → z. Move y by a small h.
#
#     y moves by        h
#     q moves by    1 · h         (local slope of the plus: 1)
#     z moves by  2 · 1 · h       (local slope of the times for q: x = 2)
#
# So the slope of z for y is 2 · 1 = **2**, as measured. To go along a way is to **multiply** the
# local slopes on it. That is the **chain rule**, all of it.
#
# ## A value used twice: add up over the ways
#
# x is different. It stands in the formula twice, so it reaches z by two ways:
#
#     first way   x → q → z     2 · 1 = 2       x moves q, and q moves z
#     second way  x ------> z         5         x is itself a factor of z
#                                   -----
#     together                        7
#
# When x moves, both happen at once, and z feels the sum of both. So: multiply along a way, **add up
# over the ways**. 7, as measured. Forgetting one of the two ways is the classic mistake of
# backpropagation, in its smallest form.
#
# Here it is as a picture. In blue, above, is what flows forward: the values. In orange, below, is
# what flows backward: the slope of z for that value.

# %%
with theme(dark=False):
    figure, axes = plt.subplots(figsize=(7.5, 3.6))
    nodes = {"x": (0, 2, "2", "2 + 5 = 7"), "y": (0, 0, "3", "2"),
             "q = x + y": (2, 0.6, "5", "2"), "z = q · x": (4, 1.4, "10", "1")}  # fmt: skip
    for name, (right, up, value, slope) in nodes.items():
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "black"}
        axes.text(right, up, name, ha="center", va="center", bbox=box, size=13)
        axes.text(right, up + 0.32, value, ha="center", color="#0072B2", weight="bold")
        axes.text(right, up - 0.45, slope, ha="center", color="#D55E00", weight="bold")
    ways = [((0.2, 1.9), (1.45, 0.85), "1"), ((0.2, 0.05), (1.45, 0.5), "1"),
            ((2.55, 0.75), (3.45, 1.25), "x = 2"), ((0.2, 2), (3.45, 1.6), "q = 5")]  # fmt: skip
    for start, end, local in ways:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "gray"})
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        axes.text(*middle, local, color="dimgray", ha="center", va="center", bbox=paper)
    axes.set_xlim(-0.8, 4.8)
    axes.set_ylim(-0.7, 2.6)
    axes.axis("off")
    axes.set_title("Values (above), slopes of z (below), local slopes on the arrows")
plt.show()

# %% [markdown]
# ## Backwards, because it is cheaper
#
# Read the orange numbers from right to left. At z we begin with 1 (the slope of z for itself). Each
# step takes the number on its right and multiplies by its local slope; where two arrows leave a
# value, what comes back along them is added. One walk from right to left gives the slope for
# **every** input at once. Measuring would need two forward passes per input. This walk is the
# **backward pass**, or *backpropagation*.
#
# ## Upstream: the number from the right
#
# Rarely is z the end. Say that the result is used further, and what we care about at the very end
# is called L (for *loss*: how wrong we are). Then the backward pass of our piece begins not with 1
# but with the slope of L for z. It comes from the steps after us, and is called the **upstream
# gradient**, in code `dout`: the slope of L for our output. If L = 3·z, then dout = 3, and
#
#     slope of L for y  =  dout · 2  =  6         slope of L for x  =  dout · 7  =  21
#
# The piece itself needs to know nothing of L: it multiplies what it is given. This is why in
# tutorial 1 you had to multiply by `dout`. In code, the slope of L for a value `x` is called `dx`,
# for `y` it is `dy`: **d and the name of the value**.
#
# ## Exercise 1
#
# Write the backward pass of our graph. The two passes stand in a **class**, which ties functions
# together that share their notes: what forward notes as `self.x`, backward reads as `self.x`. (The
# plain name x is known in forward only.) Forward notes x and q. Go from right to left: first `dq`,
# the slope of L for q. Then `dx` and `dy`, with `dout` in each.


# %%
class Graph:
    """z = (x + y) · x"""

    def forward(self, x, y):
        self.x = x
        self.q = x + y
        return self.q * x

    def backward(self, dout):
        # BEGIN SOLUTION
        dq = dout * self.x  # the times, for q
        # MISTAKE nonlinear_upstream: dx = self.q
        dx = dout * self.q  # the times, for x: the second way
        # MISTAKE overwritten: dx = dq
        dx = dx + dq  # the plus, for x: the first way
        # MISTAKE upstream_ignored: dy = self.x
        dy = dq  # the plus, for y
        # END SOLUTION
        return dx, dy


# %%
report = minnet.check_layer(Graph(), np.array(2.0), np.array(3.0))
print(report)
report_elsewhere = minnet.check_layer(Graph(), np.array(-1.0), np.array(4.0))
print(report_elsewhere)

if report and report_elsewhere:
    graph = Graph()
    print("z =", graph.forward(2.0, 3.0), "  dx, dy =", graph.backward(1.0))
    assert graph.forward(2.0, 3.0) == 10 and graph.backward(3.0) == (21, 6)

# %% [markdown]
# `check_layer` takes an object with forward and backward, and the inputs. The second check has
# other inputs, lest it be right at x = 2, y = 3 alone. For dout the check takes a random number, so
# those in its tables need not be 7 and 2.
#
# ## Step through it
#
# Where does dx come from? `minnet.step` tells it for any number, of your own code too.

# %%
if report:
    walk = minnet.step(Graph(), np.array(2.0), np.array(3.0))
    print(walk.number("dx"))
    print()
    print(walk.number("dy"))
else:
    print("when Graph is right, this shows what made dx")

# %% [markdown]
# dx is a sum of two, and they are the two ways: dq = 2 is the first, and 5 the second (dout · q,
# with a dout of 1 here). A name with an @ means one of several states: `dx@1` is dx as it was after
# it had been set for the first time, so which of them you see depends on how you wrote it. For dy
# the two factors are dout, here 1, and x.
#
# ## What could go wrong
#
# A value used twice can be hard to see. Here is a square, written as x · x. Its author thinks: "in
# a product the slope for the one is the other, so it is dout · x".


# %%
class Square:
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return dout * self.x


print(minnet.check_layer(Square(), np.array([1.0, 2.0, -3.0])))

# %% [markdown]
# "dx is half what it should be." Of course: x reaches the result by two ways, as the left factor
# and as the right, and each brings dout · x. Only one was counted. Their sum is `dout * 2 * x`, and
# without dout that is the `2·x` of tutorial 1. The hint says "look for a factor 2": the two ways.
#
# ## A neuron
#
# Now a graph that is of use. A **neuron** takes a number x, multiplies it by a **weight** w, adds a
# **bias** b, and squeezes the sum with the sigmoid of tutorial 1:
#
#     a = w · x + b              w = 0.5, x = 2, b = −0.3:     a = 1 − 0.3 = 0.7
#     s = 1 / (1 + e⁻ᵃ)                                        s = 0.668
#
# Its local slopes, all known by now:
#
#     s for a:   s · (1 − s)   = 0.668 · 0.332 = 0.222     (the sigmoid)
#     a for w:   x             = 2                         (the times)
#     a for x:   w             = 0.5                       (the times)
#     a for b:   1                                         (the plus)
#
# ## Exercise 2
#
# Write the backward pass of the neuron: first `da`, the slope of L for a, then the three others.
# This time the notes are handed over openly: forward returns them beside its result, as a bundle
# that is usually called the **cache**, and backward unpacks it. You have w, x and s (a and b are
# not needed; why?).


# %%
def neuron_forward(w, x, b):
    a = w * x + b
    s = 1 / (1 + np.exp(-a))
    return s, (w, x, s)


def neuron_backward(dout, cache):
    """Return the slopes of L for w, x and b."""
    w, x, s = cache
    # BEGIN SOLUTION
    # MISTAKE wrong_factor: da = dout
    da = dout * s * (1 - s)
    dw = da * x
    dx = da * w
    # MISTAKE local_derivative_missing: db = dout
    db = da
    # END SOLUTION
    return dw, dx, db


# %%
ws, xs, bs = np.array([0.5, -1.0, 2.0]), np.array([2.0, 0.7, -1.5]), np.array([-0.3, 0.4, 1.0])
report = minnet.check_functions(neuron_forward, neuron_backward, ws, xs, bs)
print(report)

if report:
    s, cache = neuron_forward(0.5, 2.0, -0.3)
    dw, dx, db = neuron_backward(1.0, cache)
    print(f"s = {s:.3f}   dw = {dw:.3f}   dx = {dx:.3f}   db = {db:.3f}")
    assert abs(s - 0.668) < 1e-3 and abs(db - 0.222) < 1e-3 and abs(dw - 0.444) < 1e-3

# %% [markdown]
# ## The neuron learns one thing
#
# For x = 2 we want the answer **target** t = 0.1, and the neuron says 0.668. How wrong is that?
# Take the square of the difference as our loss:
#
#     L = (s − t)²  = (0.668 − 0.1)² = 0.323          its slope for s:  2 · (s − t) = 1.136
#
# (The slope of a square, `2·x` in tutorial 1, at s − t.) It is the `dout` of the neuron. The
# backward pass gives dw and db, and then we turn both knobs *against* the slope, a little:
#
#     w becomes  w − 0.5 · dw            b becomes  b − 0.5 · db
#
# The factor 0.5 says how far; it is called the **learning rate**. Then again, thirty times.

# %%
losses = []
if report:
    w, x, b, target = 0.5, 2.0, -0.3, 0.1
    for _ in range(30):
        s, cache = neuron_forward(w, x, b)
        losses.append((s - target) ** 2)
        dw, dx, db = neuron_backward(2 * (s - target), cache)
        w = w - 0.5 * dw
        b = b - 0.5 * db
    print(f"loss: {losses[0]:.3f} at first, {losses[-1]:.4f} after {len(losses)} steps")
    print(f"w = {w:.2f}, b = {b:.2f}, and the neuron says {neuron_forward(w, x, b)[0]:.3f}")
    assert abs(losses[0] - 0.323) < 1e-3 and losses[-1] < 0.01
else:
    print("when neuron_backward is right, this trains the neuron")

# %%
if losses:
    with theme(dark=False):
        plt.figure(figsize=(6, 3.4))
        plt.plot(losses, "o-", markersize=4)
        plt.xlabel("step")
        plt.ylabel("loss L")
        plt.title("A neuron learns to say 0.1")
    plt.show()

# %% [markdown]
# Nothing else happens in a large network: a forward pass, a backward pass, a small turn of every
# knob. x was not turned, though we know its slope: it is given, no knob of ours. But if x were the
# result of an earlier neuron, dx would be *its* dout. In this way the slope travels back through as
# many steps as there are.
#
# ## Three questions
#
# 1. z = x + x + x. How many ways are there from x to z, and what is the slope?
# 2. z = (x + y) · x at x = 2, y = −4. What is the slope for x, and what does it tell you?
# 3. In the neuron, w = 0. What is dx? And what does that mean for whatever made x?

# %% [markdown]
# ## Answers
#
# 1. Three ways, each with slope 1: together 3.
# 2. q = −2. The ways give x = 2 and q = −2: together 0. Each way alone matters, but they cancel: at
#    this place a small change of x changes z by (nearly) nothing.
# 3. dx = da · w = 0. Nothing travels back: whatever made x is told that it makes no difference.
#    This is why one does not start a network with all weights at zero.
