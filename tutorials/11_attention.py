# ---
# title: Attention
# question: How does a network look up what matters, wherever it stands?
# teaches: attention as a soft dictionary, its backward pass, the mask, and several heads
# minutes: 40
# ---
# %% [markdown]
# # Attention
#
# **How does a network look up what matters, wherever it stands?**
#
# The RNN of the last tutorial read a name through a keyhole: all that it knew of the first letter
# at the tenth had to be squeezed through nine states. **Attention** does away with the keyhole. At
# each place it looks *directly* at all the others, and takes what it needs.
#
# ## A dictionary, hard and soft
#
# A Python dictionary has keys and values. You ask with a **query**, and get the **value** whose
# **key** equals it:
#
#     {"red": 1.0, "green": 2.0, "blue": 5.0}["green"]      gives      2.0
#
# That is hard: a key fits or it does not. Nothing can be moved a little, so there are no slopes,
# and nothing to learn. A *soft* dictionary compares the query with **every** key, gives each a
# weight between 0 and 1 that says how well it fits (all weights together are 1), and returns the
# values mixed in these shares. Let keys and query be two numbers each, say query q = (0.5, 1.5):
#
#               key k         score s = q · k              weight p    value v    p · v
#     red      ( 2, 0)    0.5·2    + 1.5·0   =   1          0.117        1        0.117
#     green    ( 0, 2)    0.5·0    + 1.5·2   =   3          0.867        2        1.734
#     blue     (−2, 0)    0.5·(−2) + 1.5·0   =  −1          0.016        5        0.079
#                                                           -----                 -----
#                                                           1.000          out =  1.930
#
# - The **score** says how alike query and key are: multiply number by number, and add up. It is
#   large where both point in the same direction, and negative where they point apart.
# - The **weights** are the softmax of the scores, which you know from tutorial 5: `exp` of each,
#   divided by the sum of all.
# - The **result** is the mean of the values with these weights.

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

keys = np.array([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0]])  # red, green, blue
values = np.array([1.0, 2.0, 5.0])
query = np.array([0.5, 1.5])

s = keys @ query
p = np.exp(s) / np.exp(s).sum()
print("scores ", s)
print("weights", p.round(3), "   out", (p @ values).round(3))
assert s.tolist() == [1, 3, -1] and (p @ values).round(3) == 1.93

# %% [markdown]
# The answer is mostly "green", a little "red", hardly any "blue". Turn the query a little, and the
# answer moves a little. So there are slopes, and it can be learned.
#
# ## All queries at once
#
# Each of T places asks a query, and there are S places to look at (often the same ones). A query
# and a key are D numbers each, a value is E numbers. N is the batch, as always:
#
#     step        code                                          shape
#     q           given                                         (N, T, D)
#     k, v        given                                         (N, S, D),  (N, S, E)
#     scores      s = q @ k.swapaxes(1, 2) / np.sqrt(D)         (N, T, S)
#     weights     p = softmax(s), along the last axis           (N, T, S)
#     result      out = p @ v                                   (N, T, E)
#
# There is one weight for each pair of places: *row t of p says where place t looks*, and each row
# adds up to 1. Arrays with three axes are new in a product: `@` multiplies the last two as
# matrices, for each of the N by itself. And `.T` would turn round all three; to turn round the last
# two only, one writes `k.swapaxes(1, 2)`: from (N, S, D) to (N, D, S).
#
# Why divide by √D? A score is a sum of D products. If the numbers in q and k have the spread 1,
# this sum has the spread √D: with D = 64 scores of 8 and more are common. The softmax of such
# scores is nearly hard: one weight is 1, the rest 0, and its slopes, all of which are products with
# p and 1 − p, are nearly 0 (tutorial 5). Nothing is learned then. Divided by √D, the spread is 1
# again. Look at six random keys:

# %%
rng = np.random.default_rng(0)


def softmax_forward(s):
    """Return the softmax along the last axis, and it again as what is to be remembered."""
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


q, k = rng.normal(size=(64,)), rng.normal(size=(6, 64))
sharp, mild = softmax_forward(k @ q)[0], softmax_forward(k @ q / 8)[0]
print("not divided:   ", sharp.round(2))
print("divided by √64:", mild.round(2))
assert sharp.max() > 0.95 and mild.max() < 0.6

# %% [markdown]
# ## Where queries, keys and values come from
#
# Nobody gives a network queries. It makes them, from the same x (N, T, D) three times, each time
# with a matrix of its own, which is learned:
#
#     q = x @ Wq        what do I look for?
#     k = x @ Wk        what can I be found by?
#     v = x @ Wv        what do I give to whoever finds me?
#
# After "qu", say, the place of the "u" might ask "which vowel came last?", and each vowel's key
# might answer "here". What they really ask, training decides. These are three linear layers, and
# you have known their backward pass since tutorial 3 (x is used three times, so three gradients
# add up). New is only what lies between q, k, v and `out`; so that is what we write now.
#
# ## Backward through the softmax
#
# We walk from last to first: through `out = p @ v`, through the softmax, through the scores. The
# middle one is the hardest, so we do it first, by itself. For one row, tutorial 5 had it already:
# a table of slopes, and what it comes to when it is written out.
#
#     ds  =  p · (dp − m)          m = p₀·dp₀ + p₁·dp₁ + ...      one number for each row
#
# Here `dp` are the slopes of the loss for the weights p, and `ds` those for the scores. m is the
# mean of dp, with the weights p. It reads like a sentence: *a score should change if its weight
# matters more than the average; what one wins, the others lose.* With numbers:
#
#     p                 0.5       0.3       0.2
#     dp                1         2         4
#     p · dp            0.5       0.6       0.8         added up:  m = 1.9
#     dp − m           −0.9       0.1       2.1
#     ds = p·(dp − m)  −0.45      0.03      0.42        added up:  0
#
# ## Exercise 1
#
# Write it for arrays of any shape: the sum goes along the last axis, `axis=-1`, and `keepdims=True`
# keeps m as a column, so that it is copied along the row (tutorial 4).


# %%
def softmax_backward(dp, p):
    """Return the slopes for the scores; dp, p and the result are of the same shape."""
    # BEGIN SOLUTION
    # MISTAKE jacobian_diagonal: ds = p * (1 - p) * dp
    # MISTAKE statistic_constant: ds = p * dp
    # MISTAKE wrong_axis: ds = p * (dp - (p * dp).sum(axis=-2, keepdims=True))
    ds = p * (dp - (p * dp).sum(axis=-1, keepdims=True))
    # END SOLUTION
    return ds


# %%
softmax_report = minnet.check_functions(
    softmax_forward, softmax_backward, rng.normal(size=(2, 4, 5))
)
print(softmax_report)

if softmax_report:
    ds = softmax_backward(np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.3, 0.2]))
    print("ds", ds.round(3))
    assert np.allclose(ds, [-0.45, 0.03, 0.42])

# %% [markdown]
# ## The two products
#
# **The result**, `out = p @ v`, is a product of matrices as in tutorial 3. There `out = x @ W` had
# the gradients `dx = dout @ W.T` and `dW = x.T @ dout`. Put p in the place of x, and v in that of W:
#
#     dp = dout @ (v turned round)       (N, T, E) @ (N, E, S)  =  (N, T, S)
#     dv = (p turned round) @ dout       (N, S, T) @ (N, T, E)  =  (N, S, E)
#
# In words: more weight on value j is wanted as far as `dout` and that value agree. And each value
# gets the gradient of every place that looked at it, times the weight with which it looked.
#
# **The scores** are a product, too, times the fixed number 1/√D, which we call `scale`:
#
#     s[t, j] = (q[t] · k[j]) · scale
#
#     dq[t] = scale · (ds[t, 0]·k[0] + ds[t, 1]·k[1] + ...)    query t met every key
#     dk[j] = scale · (ds[0, j]·q[0] + ds[1, j]·q[1] + ...)    key j met every query
#
# Write both as products of matrices. In dq the *second* index of ds runs: `ds @ k`. In dk it is the
# *first* that runs; so something has to be turned round. The shapes decide: dk must look like k.
#
# ## Exercise 2
#
# Four lines: `dp`; `dv`; then `ds`, by your function, is given; `dq`; `dk`. What forward has kept:
# `self.q`, `self.k`, `self.v`, `self.p` and `self.scale`.


# %%
class Lookup(minnet.Layer):
    def forward(self, q, k, v):  # (N, T, D), (N, S, D), (N, S, E) -> (N, T, E)
        self.q, self.k, self.v = q, k, v
        self.scale = 1 / np.sqrt(q.shape[-1])
        s = self.masked(q @ k.swapaxes(1, 2) * self.scale)
        self.p, _ = softmax_forward(s)
        return self.p @ v

    def masked(self, s):
        return s  # nothing is hidden yet


# %%
class Attention(Lookup):
    def backward(self, dout):  # (N, T, E)
        # BEGIN SOLUTION products
        dp = dout @ self.v.swapaxes(1, 2)
        # MISTAKE crash: dv = self.p @ dout
        dv = self.p.swapaxes(1, 2) @ dout
        # END SOLUTION
        ds = softmax_backward(dp, self.p)
        # BEGIN SOLUTION scores
        # MISTAKE scale: dq = ds @ self.k
        dq = ds @ self.k * self.scale
        # MISTAKE crash: dk = ds @ self.q * self.scale
        # MISTAKE scale: dk = ds.swapaxes(1, 2) @ self.q
        dk = ds.swapaxes(1, 2) @ self.q * self.scale
        # END SOLUTION
        return dq, dk, dv


# %% [markdown]
# For the check, N = 2, T = 4, S = 5, D = 3 and E = 1: no two of them alike, so that none can be
# taken for another.

# %%
three = [rng.normal(size=shape) for shape in ((2, 4, 3), (2, 5, 3), (2, 5, 1))]
report = minnet.check_layer(Attention(), *three)
print(report)

# %% [markdown]
# ## Step through it
#
# One number of the result, and one of `dv`. In the first you see the *row* of weights at work: each
# value times its weight. In the second, the *column*: who looked at this value, and how hard.

# %%
if report:
    small = [rng.normal(size=(1, 3, 2)) for _ in "qkv"]
    walk = minnet.step(Attention(), *small)
    print(walk.number("out[0,0,0]"))
    print()
    print(walk.number("dv[0,0,0]"))
else:
    print("when Attention is right, this shows who looked at whom")

# %% [markdown]
# ## The mask: not to look ahead
#
# A network that writes a name letter by letter must not look at the letters that are still to come:
# when it writes, they are not there. So place t may look at places 0 to t only. The others are
# **masked**: before the softmax, their scores are set to −∞ (minus infinity, `-np.inf`). Since
# e to the power −∞ is 0, their weights are 0, and the weights of the rest still add up to 1.
#
# Not 0! A score of 0 is an ordinary score: e⁰ = 1. See the difference, for random scores of four
# places. (`np.tril` keeps what is on and below the diagonal, here as True.)

# %%
allowed = np.tril(np.ones((4, 4), bool))
scores = rng.normal(size=(4, 4))
zeroed, _ = softmax_forward(np.where(allowed, scores, 0.0))
masked, _ = softmax_forward(np.where(allowed, scores, -np.inf))
with theme(dark=False):
    figure, axes = plt.subplots(1, 2, figsize=(7.5, 3.6))
    for axis, weights, title in zip(axes, (zeroed, masked), ("set to 0", "set to −∞"), strict=True):
        axis.imshow(weights, vmin=0, vmax=1, cmap="Blues")
        for (row, column), number in np.ndenumerate(weights):
            dark = "white" if number > 0.6 else "black"
            axis.text(column, row, f"{number:.2f}", ha="center", va="center", color=dark)
        axis.set_title(f"scores ahead {title}", size=11)
        axis.set(xlabel="is looked at: place", ylabel="looks: place")
        axis.set(xticks=range(4), yticks=range(4))
plt.show()
assert zeroed[0, 1:].min() > 0.05 and masked[0].tolist() == [1, 0, 0, 0]

# %% [markdown]
# Each row is one place, and its weights add up to 1. In the left picture, place 0 looks at all that
# is to come. In the right one it sees itself alone.
#
# Your backward pass needs no new line for it: where p is 0, `ds = p * (...)` is 0 as well, and
# nothing flows to what was not looked at. Do not believe it, check it:


# %%
class Causal(Attention):
    def masked(self, s):
        return np.where(np.tril(np.ones(s.shape[1:], bool)), s, -np.inf)


print(minnet.check_layer(Causal(), *[rng.normal(size=(2, 4, 3)) for _ in "qkv"]))

# %% [markdown]
# ("Causal" is the usual name: nothing depends on what comes after it.)
#
# ## Several heads
#
# One row of weights can look for one thing at a time. So the D numbers of each place are cut into H
# parts, each part asks and answers by itself, with its own weights p, and the answers are laid side
# by side again. Each part is a **head**. For the arrays this is only a matter of arranging. Here
# are T = 2 places with D = 4 numbers, for H = 2 heads:
#
#     x              reshape (T, H, D/H)       swapaxes: (H, T, D/H)
#     1 2 3 4        place 0:  1 2 | 3 4       head 0:  1 2     head 1:  3 4
#     5 6 7 8        place 1:  5 6 | 7 8                5 6              7 8
#
# In front of all stands N again. So `x.reshape(N, T, H, D // H)` cuts the last axis into H parts,
# and `.swapaxes(1, 2)` moves the axis of the heads before that of the places.
#
# ## Exercise 3: backward through the cut
#
# Forward makes no new numbers: each number of `x` goes to one place in `out`. So each number of
# `dx` is the number of `dout` at that place: undo the two steps, the last one first. `shape` is the
# shape of x.


# %%
def heads_forward(x, H):  # (N, T, D) -> (N, H, T, D/H)
    N, T, D = x.shape
    return x.reshape(N, T, H, D // H).swapaxes(1, 2), x.shape


def heads_backward(dout, shape):  # (N, H, T, D/H) -> (N, T, D)
    # BEGIN SOLUTION
    # MISTAKE permuted: dx = dout.reshape(shape)
    # MISTAKE shape: dx = dout.swapaxes(1, 2)
    dx = dout.swapaxes(1, 2).reshape(shape)
    # END SOLUTION
    return dx


# %%
cut, _ = heads_forward(np.arange(1.0, 9.0).reshape(1, 2, 4), 2)
print("head 0:", cut[0, 0].tolist(), "  head 1:", cut[0, 1].tolist())
assert cut[0, 1].tolist() == [[3, 4], [7, 8]]

heads_report = minnet.check_functions(heads_forward, heads_backward, rng.normal(size=(2, 5, 6)), 2)
print(heads_report)

# %% [markdown]
# If you forget to exchange the axes back, the shape is right and the numbers are all there, in the
# wrong places. A test that looks at the sum of all numbers would be content.
#
# ## What could go wrong
#
# The division by √D stands in forward, so it has to be in *both* gradients of the scores. Here it
# is forgotten in one of them. Look for three things in the report: which gradient is wrong and
# which are right, by what factor, and on which line.


# %%
class Forgetful(Attention):
    def backward(self, dout):
        dq, dk, dv = super().backward(dout)
        return dq, dk / self.scale, dv


print(minnet.check_layer(Forgetful(), *three))

# %% [markdown]
# dk is √3 = 1.732 times what it should be, as D is 3 here. A network with this mistake still
# trains, only its keys learn faster than its queries. Nobody would find it in the curve of the
# loss.
#
# ## Three questions
#
# 1. Each row of `ds` adds up to 0. Why must it?
# 2. What does attention give if all keys are equal?
# 3. Attention looks at places, but nothing in it knows *which* place is where. What happens to the
#    result if the places of `k` and `v` are shuffled alike?

# %% [markdown]
# ## Answers
#
# 1. If the same number is added to all scores of a row, the softmax gives the same weights. So
#    moving all scores alike changes nothing, and their slopes add up to 0.
# 2. All scores of a row are equal, so all weights are, and the result is the plain mean of the
#    values.
# 3. Nothing: the same products are summed in another order. That is why a transformer adds to each
#    input numbers that say its place (tutorial 12). (With a mask, a little of the order is seen: who
#    may look at whom.)
