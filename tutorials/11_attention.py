# ---
# title: Attention
# question: How does a network look up what matters, wherever it stands?
# teaches: attention as a soft dictionary, its backward pass, the mask, and several heads
# minutes: 40
# ---
# %% [markdown]
# # Attention
#
# How does a network look up what matters, wherever it stands?
#
# The RNN of the last tutorial read a name through a keyhole: all that it knew of the first letter
# at the tenth had to be squeezed through nine states. **Attention** does away with the keyhole. At
# each place it looks *directly* at all the others, and takes what it needs.
#
# ## A dictionary, hard and soft
#
# A Python dictionary has keys and values; you ask with a query, and get the value whose key equals
# it:
#
# `{"red": 1.0, "green": 2.0, "blue": 4.0}["green"]` is `2.0`.
#
# That is hard: a key fits or it does not, and such a thing has no derivative. A *soft* dictionary
# compares the query with **every** key, gives each a **weight** between 0 and 1 that says how well
# it fits, all weights together 1, and returns the mean of the values with these weights:
#
# 1. `s`, the **scores**: how alike are the query q and each key k? Their product `q @ k`: multiply
#    number by number, and add up. It is large where both point in the same direction.
# 2. `p`, the **weights**: the softmax of the scores, which you know from tutorial 5: exp of each,
#    divided by their sum.
# 3. `out`: the mean of the values with the weights p.
#
# Here keys are two numbers each, and the query is nearer to the second key than to the others:
# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

keys = np.array([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0]])  # red, green, blue
values = np.array([1.0, 2.0, 4.0])
query = np.array([0.5, 1.5])

s = keys @ query
p = np.exp(s) / np.exp(s).sum()
print("scores ", s)
print("weights", p.round(3), "   out", (p @ values).round(3))
assert s.tolist() == [1, 3, -1] and abs(p @ values - 1.915) < 0.001
# %% [markdown]
# The answer is 1.915: mostly "green", a little "red", hardly any "blue". Turn the query a little,
# and the answer moves a little. So it has a derivative, and can be learned.
#
# ## All queries at once
#
# Each of T places asks a query, and there are S places to look at (often the same ones). So `q` has
# shape (T, D), `k` (S, D), `v` (S, E), and there is a weight for each pair: `s` and `p` have shape
# (T, S). *Row t of p says where place t looks*, and each row adds up to 1. In front stands N, for
# the batch. `k.swapaxes(1, 2)` turns each (S, D) of a batch into (D, S).
#
# | step | code | shape |
# |---|---|---|
# | scores | `s = q @ k.swapaxes(1, 2) / np.sqrt(D)` | (N, T, S) |
# | weights | `p = softmax(s)`, along the last axis | (N, T, S) |
# | result | `out = p @ v` | (N, T, E) |
#
# Why divide by √D? A score is a sum of D products. If the numbers in q and k have the spread 1,
# this sum has the spread √D: with D = 64 scores of 8 and more. The softmax of such scores is nearly
# hard: one weight is 1, the rest 0. And its derivative is nearly 0, so nothing is learned. Divided
# by √D, the spread is 1 again. Look:
# %%
rng = np.random.default_rng(0)


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


q, k = rng.normal(size=(64,)), rng.normal(size=(6, 64))
sharp, mild = softmax(k @ q), softmax(k @ q / 8)
print("not divided:  ", sharp.round(2))
print("divided by √64:", mild.round(2))
assert sharp.max() > 0.95 and mild.max() < 0.6


# %% [markdown]
# ## Backward: three steps, last to first
#
# **The result**, `out = p @ v`: a matrix product, as in a `Dense` layer (tutorial 3). Its two
# gradients are
#
# - dp = dout · vᵀ, in words: how much does the loss want more weight on value s? As
#   much as `dout` and that value agree.
# - dv = pᵀ · dout, in words: each value gets the gradient of each place that looked
#   at it, times the weight it was given.
#
# **The softmax**, `p = softmax(s)`. In tutorial 5 you wrote its backward for one row: raise one
# score, and its own weight rises while *all others fall*. In a row,
#
# `ds[j] = p[j] * (dp[j] − m)`, where `m` = the sum over i of `p[i] * dp[i]`
#
# `m` is the mean of `dp` with the weights p. In words: *a score should rise if its value is wanted
# more than the average.* For p = (0.5, 0.3, 0.2) and dp = (1, 2, 4) the mean is m = 0.5 + 0.6 + 0.8
# = 1.9, so ds = (0.5 · −0.9, 0.3 · 0.1, 0.2 · 2.1) = (−0.45, 0.03, 0.42). They add up to 0: what
# one place gains, the others lose.
#
# **The scores**, `s[t, j] = q[t] · k[j] / √D`. A product once more:
#
# - query t met *all keys*: `dq[t]` is the sum over j of `ds[t, j] * k[j] / √D`, as a matrix product
#   `ds @ k`, divided by √D;
# - key j was met by *all queries*: `dk[j]` is the sum over t of `ds[t, j] * q[t] / √D`. Here the
#   *first* index of `ds` is summed over, so as a matrix product `ds` has to be turned round first.
#
# ## Exercise 1: the backward pass
#
# Five lines: `dp`, `dv`, `ds` (the sum along each row: `axis=-1, keepdims=True`), `dq`, `dk`.
# `self.scale` is 1 / √D.
# %%
class Lookup(minnet.Layer):
    def forward(self, q, k, v):  # (N, T, D), (N, S, D), (N, S, E) -> (N, T, E)
        self.q, self.k, self.v = q, k, v
        self.scale = 1 / np.sqrt(q.shape[-1])
        s = q @ k.swapaxes(1, 2) * self.scale
        self.p = softmax(s)
        return self.p @ v


# %%
class Attention(Lookup):
    def backward(self, dout):  # (N, T, E)
        q, k, v, p = self.q, self.k, self.v, self.p
        # BEGIN SOLUTION
        dp = dout @ v.swapaxes(1, 2)
        # MISTAKE jacobian_transposed: dv = p @ dout
        dv = p.swapaxes(1, 2) @ dout
        # MISTAKE unexplained: ds = p * (1 - p) * dp
        # MISTAKE unexplained: ds = p * dp
        # MISTAKE wrong_axis: ds = p * (dp - (p * dp).sum(axis=-2, keepdims=True))
        ds = p * (dp - (p * dp).sum(axis=-1, keepdims=True))
        # MISTAKE scale: dq = ds @ k
        dq = ds @ k * self.scale
        # MISTAKE unexplained: dk = ds @ q * self.scale
        # MISTAKE scale: dk = ds.swapaxes(1, 2) @ q
        dk = ds.swapaxes(1, 2) @ q * self.scale
        # END SOLUTION
        return dq, dk, dv


# %%
three = [rng.normal(size=(2, 4, 3)) for _ in "qkv"]
report = minnet.check_layer(Attention(), *three)
print(report)
# %% [markdown]
# Now one number of the result, and one of `dv`. In the first you see the row of weights at work:
# each value times its weight. In the second, the weights of the *column*: who looked at this value,
# and how hard.
# %%
if report:
    small = [rng.normal(size=(1, 3, 2)) for _ in "qkv"]
    walk = minnet.step(Attention(), *small)
    print(walk.number("out[0,0,0]"))
    print()
    print(walk.number("dv[0,0,0]"))
# %% [markdown]
# The twin under the last line is the way back to the value that it belongs to.
#
# ## The mask: not to look ahead
#
# A network that writes a name letter by letter must not look at the letters that are still to come:
# when it is used, they are not there. So place t may look at the places up to t only. The others
# are *masked*: before the softmax, their scores are set to −∞. Since exp(−∞) = 0, their weights are
# 0, and the weights of the rest still add up to 1.
#
# Not 0! A score of 0 is an ordinary score: exp(0) = 1. See the difference:
# %%
allowed = np.tril(np.ones((4, 4), bool))
scores = rng.normal(size=(4, 4))
zeroed = softmax(np.where(allowed, scores, 0.0))
masked = softmax(np.where(allowed, scores, -np.inf))
with theme(dark=False):
    figure, axes = plt.subplots(1, 2, figsize=(7, 3.2))
    for axis, weights, title in zip(axes, (zeroed, masked), ("set to 0", "set to −∞"), strict=True):
        axis.imshow(weights, vmin=0, vmax=1, cmap="Blues")
        for (row, column), number in np.ndenumerate(weights):
            dark = "white" if number > 0.6 else "black"
            axis.text(column, row, f"{number:.2f}", ha="center", va="center", color=dark)
        axis.set(title=f"scores ahead {title}", xlabel="looks at place", ylabel="place")
        axis.set(xticks=range(4), yticks=range(4))
plt.show()
assert zeroed[0, 1:].min() > 0.05 and masked[0].tolist() == [1, 0, 0, 0]


# %% [markdown]
# In the left picture, place 0 looks at all that is to come. In the right one it sees itself alone.
#
# The backward pass needs no new line for it: where p is 0, `ds = p * (...)` is 0 as well, and
# nothing flows to what was not looked at.
#
# ## Several heads
#
# One row of weights can look for one thing at a time. So the D numbers of each place are cut into H
# parts, each part asks and answers by itself, and the answers are laid side by side again. Each
# part is a **head**. For the arrays this is only a matter of arranging: from (N, T, D) to (N, H, T,
# D/H).
#
# `x.reshape(N, T, H, D // H)` cuts the last axis into H parts. `.swapaxes(1, 2)` then moves the
# axis of the heads before that of the places.
#
# ## Exercise 2: backward through the cut
#
# Forward makes no new numbers: each number of `x` goes to one place in `out`. So each number of
# `dx` is the number of `dout` at that place: undo the two steps, the last one first.
# %%
def heads_forward(x, H):  # (N, T, D) -> (N, H, T, D/H)
    N, T, D = x.shape
    return x.reshape(N, T, H, D // H).swapaxes(1, 2), x.shape


def heads_backward(dout, shape):  # (N, H, T, D/H) -> (N, T, D)
    # BEGIN SOLUTION
    # MISTAKE permuted: dx = dout.reshape(shape)
    dx = dout.swapaxes(1, 2).reshape(shape)
    # END SOLUTION
    return dx


# %%
cut = minnet.check_functions(heads_forward, heads_backward, rng.normal(size=(2, 3, 4)), 2)
print(cut)


# %% [markdown]
# If you forget to exchange the axes back, the shape is right and the numbers are all there, in the
# wrong places. A checker that looks at the sum of all numbers would be content.
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
# dk is √3 = 1.732 times what it should be. A network with this mistake still trains, only its keys
# learn faster than its queries. Nobody would ever find it in the curve of the loss.
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
#    input numbers that say its place (tutorial 12).
