# ---
# title: Memory
# question: How does a network read a name, letter by letter, and remember what came before?
# teaches: the gradient of an embedding, of a recurrent network through time, and of one LSTM step
# minutes: 40
# ---
# %% [markdown]
# # Memory
#
# **How does a network read a name, letter by letter, and remember what came before?**
#
# Until now each input came whole: an image, all at once. A name comes in letters, and names
# have different lengths. In this tutorial a network reads letters one after the other, and
# after each it says which letter it expects next. To do that well, it must *remember*: after
# "q" comes "u", but what comes after "an" depends on how the name began.
#
# There are three new things: letters have to become numbers; a state has to be carried along,
# and the gradient with it, back *through time*; and what is carried must not fade on the way.
# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme

train_names, test_names = minnet.load_names()
characters = minnet.Characters(train_names)
x, y = characters.lines(["anna", "bea"])
print(len(train_names), "names to learn from:", train_names[:4], "...")
print("what the network reads:", *x.tolist())
print("what it is to say next:", *y.tolist())
assert len(train_names) == 4647 and len(characters) == 27


# %% [markdown]
# Each letter has a number: a is 1, z is 26, and 0 is a mark that stands before a name and after
# it. The network reads 0 and is to say "a" (1), reads "a" and is to say "n" (14), and so on,
# until at last it is to say 0: the name is over. "bea" is shorter than "anna", so its row is
# filled up; where `y` is −1, nothing is asked.
#
# ## Letters become rows: the embedding
#
# The number 14 for "n" says nothing: n is not "14 times as much as a". So each letter gets *a
# row of numbers of its own*, and these are learned. All rows together are a matrix `W` of shape
# (V, D): V = 27 letters, D numbers each. To look letters up is one line: `out = W[x]`.
#
# Backward: each place in the text copied one row of W. What was copied collects the gradients
# of its copies (tutorial 4). So row 1 of `dW` is the sum of `dout` over *all places where an "a"
# stands*. The network reads the mark and then "anna". With D = 1, and some numbers for dout:
#
#     place   letter        dout     is added to
#     0       mark  (0)      0.7     dW[0]
#     1       a     (1)      0.1     dW[1]
#     2       n    (14)      0.2     dW[14]
#     3       n    (14)      0.3     dW[14]
#     4       a     (1)      0.4     dW[1]           dW[0] = 0.7,  dW[1] = 0.5,  dW[14] = 0.5
#
# NumPy has a trap here. `dW[places] += dout` looks right, but where a place occurs twice, NumPy
# looks up the old number once for both, and *sets* the row twice instead of adding twice. There is
# a function that really adds for each:
# %%
places, numbers = np.array([0, 1, 14, 14, 1]), np.array([0.7, 0.1, 0.2, 0.3, 0.4])
trapped, added = np.zeros(27), np.zeros(27)
trapped[places] += numbers
np.add.at(added, places, numbers)
print("with +=:       ", trapped[[0, 1, 14]])
print("with np.add.at:", added[[0, 1, 14]])
assert np.allclose(trapped[[0, 1, 14]], [0.7, 0.4, 0.3])
assert np.allclose(added[[0, 1, 14]], [0.7, 0.5, 0.5])


# %% [markdown]
# ## Exercise 1: add up the rows
#
# One line: add `dout` to `self.dW`, at the rows that `self.x` names. (It works with more axes just
# so: here self.x is of shape (N, T), dout of shape (N, T, D). A loop over all places would do, too.)
# %%
class Embedding(minnet.Layer):
    parameters = ("W",)

    def __init__(self, vocabulary, features, rng):
        self.W = rng.normal(size=(vocabulary, features))

    def forward(self, x):  # (N, T) integers -> (N, T, D)
        self.x = x
        return self.W[x]

    def backward(self, dout):  # (N, T, D); integers have no gradient
        self.dW = np.zeros_like(self.W)
        # BEGIN SOLUTION
        # MISTAKE overwritten: self.dW[self.x] = dout
        # MISTAKE overwritten: self.dW[self.x] += dout
        np.add.at(self.dW, self.x, dout)
        # END SOLUTION


# %%
rng = np.random.default_rng(0)
embedding_report = minnet.check_layer(Embedding(27, 2, rng), x)
print(embedding_report)


# %% [markdown]
# ## A state that is carried along
#
# A **recurrent network** (RNN) has a *state* `h`, a row of H numbers: its memory. At each step
# t it makes a new state out of the letter it reads and the state it had:
#
#     z      = x[t] @ Wx + h[t] @ Wh + b
#     h[t+1] = tanh(z)
#
# - `x[t]`, shape (N, D): the rows of the letters at step t, for N names at once;
# - `h[t]`, shape (N, H): the state *before* step t; h[0], before the first letter, is all zeros;
# - `h[t+1]`: the state after it, which is also what the network puts out at step t;
# - `Wx` (D, H), `Wh` (H, H), `b` (H,): the weights. *The same at every step.*
# - `tanh` is a sister of the sigmoid: it squeezes any number between −1 and 1. Its slope is
#   1 − tanh². So if h = tanh(z), then `dz = dh * (1 - h**2)`.
#
# Laid out in time, with all arrows:
#
#                  out[0]          out[1]          out[2]
#                    ↑               ↑               ↑
#     h[0] → step → h[1] → step → h[2] → step → h[3]
#              ↑               ↑               ↑
#             x[0]            x[1]            x[2]
#
# This is a deep network: one layer for each letter, all with the same weights. And so there is
# nothing new in backward. Three old rules:
#
# 1. **Each state is used twice:** the outside sees it (it is the output of step t), and the
#    next step uses it. So its gradient is a sum: `dout[t]` from the outside, plus what comes
#    back from step t + 1. Call this last `dh_next`; after the last step it is zero.
# 2. **Each weight is used in every step.** So its gradients add up over all steps.
# 3. Inside a step there are two products, and a tanh.
#
# We walk from the last step to the first, and pass `dh_next` from hand to hand. This has a
# grand name: *backpropagation through time*. With numbers, for two steps, N = D = H = 1, Wx = 0.5,
# Wh = 1, b = 0, the inputs x = 1 and 0, and dout = 0 and 1 (so only the last output matters):
#
#     forward    t = 0:   h[1] = tanh(0.5·1 + 1·0)     = tanh(0.5)   = 0.462
#                t = 1:   h[2] = tanh(0.5·0 + 1·0.462) = tanh(0.462) = 0.432
#
#     backward   t = 1:   dh = 1 + 0       dz = 1 · (1 − 0.432²)     = 0.813    dh_next = 0.813
#                t = 0:   dh = 0 + 0.813   dz = 0.813 · (1 − 0.462²) = 0.640    dh_next = 0.640
#
# (`dh_next` is dz · Wh, and Wh is 1 here.) And so
#
#     dWx = 0.813·x[1] + 0.640·x[0] = 0.640         dWh = 0.813·h[1] + 0.640·h[0] = 0.376
#
# The input of step 0 gets a gradient though its own output does not matter: it came back through
# time.
#
# ## Exercise 2: back through time
#
# Fill in the loop. In each step, in this order: `dh` (rule 1); `dz` (through the tanh); then add
# to `self.dWx`, `self.dWh` and `self.db` (rule 2; x, h and dz are tables with N rows, as in
# tutorials 3 and 4); `dx[:, t]`; and at last the new `dh_next`. In the arrays the axis of the names
# comes first: `self.h[:, t]` is the state before step t, of all N names, and `self.h[:, t + 1]` the
# state after it.
# %%
class Steps(minnet.Layer):
    parameters = ("Wx", "Wh", "b")

    def __init__(self, features, hidden, rng):
        self.Wx = rng.normal(size=(features, hidden)) / np.sqrt(features)
        self.Wh = rng.normal(size=(hidden, hidden)) / np.sqrt(hidden)
        self.b = np.zeros(hidden)

    def forward(self, x):  # (N, T, D) -> (N, T, H)
        N, T, D = x.shape
        self.x, self.h = x, np.zeros((N, T + 1, len(self.b)))
        for t in range(T):
            z = x[:, t] @ self.Wx + self.h[:, t] @ self.Wh + self.b
            self.h[:, t + 1] = np.tanh(z)
        return self.h[:, 1:]


# %%
class RNN(Steps):
    def backward(self, dout):  # (N, T, H) -> (N, T, D)
        dx, dh_next = np.zeros_like(self.x), np.zeros_like(self.h[:, 0])
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        self.db = np.zeros_like(self.b)
        for t in reversed(range(dout.shape[1])):
            # BEGIN SOLUTION
            # MISTAKE truncated_time: dh = dout[:, t]
            dh = dout[:, t] + dh_next
            dz = dh * (1 - self.h[:, t + 1] ** 2)
            # MISTAKE overwritten: self.dWx = self.x[:, t].T @ dz
            self.dWx += self.x[:, t].T @ dz
            self.dWh += self.h[:, t].T @ dz
            # MISTAKE overwritten: self.db = dz.sum(axis=0)
            self.db += dz.sum(axis=0)
            dx[:, t] = dz @ self.Wx.T
            # MISTAKE wrong_carry: dh_next = dz @ self.Wh
            # MISTAKE wrong_carry: dh_next = dh @ self.Wh.T
            dh_next = dz @ self.Wh.T
            # END SOLUTION
        return dx


# %%
rnn_report = minnet.check_layer(RNN(3, 4, rng), rng.normal(size=(2, 5, 3)))
print(rnn_report)

if rnn_report:
    tiny = RNN(1, 1, rng)
    tiny.Wx, tiny.Wh = np.array([[0.5]]), np.array([[1.0]])
    tiny.forward(np.array([[[1.0], [0.0]]]))
    tiny.backward(np.array([[[0.0], [1.0]]]))
    print(f"the two steps above: dWx = {tiny.dWx.item():.3f}, dWh = {tiny.dWh.item():.3f}")
    assert abs(tiny.dWx.item() - 0.640) < 5e-4 and abs(tiny.dWh.item() - 0.376) < 5e-4
# %% [markdown]
# ## Step through it
#
# Look at one number: the gradient that reaches the *first* of three letters. It is `dz[0]`
# times `Wx`, and in it is all that came back from the later steps.
# %%
if rnn_report:
    walk = minnet.step(RNN(2, 2, np.random.default_rng(3)), rng.normal(size=(1, 3, 2)))
    print(walk.number("dx[0,0,0]"))
    print()
    print(walk.number("dWh[0,0]"))
else:
    print("when RNN is right, this shows what came back through time")


# %% [markdown]
# In `dWh[0,0]` you see rule 2: a share from each of the three steps, the last step first. The
# share of the first step is 0, since the state before the first letter is 0. (`dz@2` is the
# `dz` of the second time that the line ran.)
#
# ## What could go wrong
#
# The classic mistake is to forget `dh_next`. Each step is then right *alone*, as if the text
# were torn into single letters, and no step learns what would have helped a later one. Any test
# with a single step passes, since there is no later one. (`np.einsum` below is short for loops: it
# multiplies, and sums over every letter that the result does not have. You need not know it.)
# %%
class Torn(Steps):
    def backward(self, dout):
        h = self.h
        dz = dout * (1 - h[:, 1:] ** 2)  # wrong: what comes back from step t + 1 is missing
        self.dWx = np.einsum("ntd,nth->dh", self.x, dz)  # the sum over names and steps
        self.dWh = np.einsum("ntd,nth->dh", h[:, :-1], dz)
        self.db = dz.sum(axis=(0, 1))
        return np.einsum("nth,dh->ntd", dz, self.Wx)


print("one step:", minnet.check_layer(Torn(2, 2, rng), rng.normal(size=(2, 1, 2))))
print("three steps:", minnet.check_layer(Torn(2, 2, rng), rng.normal(size=(2, 3, 2))))


# %% [markdown]
# The report calls it `truncated_time`: what `backward` gives is exactly the part of the
# gradient that stays within its own step. And the single step passes, as said.
#
# ## A memory that does not fade: the LSTM
#
# Look at what happens to `dh_next` on its way back: in every step it is multiplied by `1 - h**2`,
# which is at most 1, and by `Wh`. After ten steps there is often nothing left of it, and the
# network cannot learn that the first letter mattered for the tenth (question 3 below). The **LSTM**
# ("long short-term memory") has a second state for this, the **cell** `c`. It is not pressed
# through a matrix in each step: it is kept, or partly forgotten, and something is added to it. Four
# rows of numbers decide on that, each of H numbers:
#
#     i = sigmoid(zi)     the input gate:     how much of the new is written
#     f = sigmoid(zf)     the forget gate:    how much of the old is kept
#     o = sigmoid(zo)     the output gate:    how much of the cell is shown
#     g = tanh(zg)        the candidate:      the new that may be written
#
#     c_new = f · c + i · g
#     h_new = o · tanh(c_new)
#
# A **gate** is a number from 0 (shut) to 1 (open) that something is multiplied by. `zi`, `zf`, `zo`
# and `zg` are each made from x and h, as z was in the RNN, with matrices of their own. You have
# written that; new is only what is above, so we take zi, zf, zo, zg and c as given. With numbers:
#
#     i = 0.5   f = 0.9   o = 0.8   g = −0.9   c = 2:     c_new = 0.9·2 + 0.5·(−0.9) = 1.35
#                                                         h_new = 0.8 · 0.874        = 0.699
#
# Backward, `dh` and `dc` come in: the slopes of the loss for h_new and for c_new (the last from the
# next step, which uses c_new as its c). Mind that c_new is used twice, for it is also in h_new:
#
#     from h_new = o · tanh(c_new):     do = dh · tanh(c_new)
#                                       dc = dc + dh · o · (1 − tanh(c_new)²)      both ways
#     from c_new = f · c + i · g:       in a product, the slope for the one is the other: four times
#     through the squeezing:            sigmoid: times i · (1 − i)        tanh: times 1 − g²
#
# ## Exercise 3: one step of an LSTM
#
# First `dc`, with both ways. Then, a line each, `dzi`, `dzf`, `dzo` and `dzg`: through the product
# and at once through the squeezing. At last `dc_before`, the slope for the old c. Kept by forward:
# `self.i`, `self.f`, `self.o`, `self.g`, `self.c` (the old one), and `self.tanh_c` = tanh(c_new).
# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Gates:
    def forward(self, zi, zf, zo, zg, c):  # each (N, H) -> (N, 2 H)
        self.i, self.f, self.o = sigmoid(zi), sigmoid(zf), sigmoid(zo)
        self.g, self.c = np.tanh(zg), c
        c_new = self.f * c + self.i * self.g
        self.tanh_c = np.tanh(c_new)
        return np.concatenate([self.o * self.tanh_c, c_new], axis=1)  # h_new beside c_new


# %%
class LSTMStep(Gates):
    def backward(self, dout):
        dh, dc = np.split(dout, 2, axis=1)
        # BEGIN SOLUTION
        # MISTAKE overwritten: dc = dh * self.o * (1 - self.tanh_c**2)
        dc = dc + dh * self.o * (1 - self.tanh_c**2)
        # MISTAKE wrong_factor: dzi = dc * self.i * self.i * (1 - self.i)
        dzi = dc * self.g * self.i * (1 - self.i)
        dzf = dc * self.c * self.f * (1 - self.f)
        dzo = dh * self.tanh_c * self.o * (1 - self.o)
        # MISTAKE wrong_factor: dzg = dc * self.i
        dzg = dc * self.i * (1 - self.g**2)
        # MISTAKE wrong_factor: dc_before = dc
        dc_before = dc * self.f
        # END SOLUTION
        return dzi, dzf, dzo, dzg, dc_before


# %%
lstm_report = minnet.check_layer(LSTMStep(), *[rng.normal(size=(3, 2)) for _ in range(5)])
print(lstm_report)


# %% [markdown]
# `dc_before` is the point of it all: it is `dc` times f, and nothing else. Where the forget gate is
# near 1, the gradient goes back through a hundred steps and hardly fades.
#
# ## Names
#
# Now *your* embedding and *your* RNN learn names: 16 numbers per letter, a state of 64, and a
# `Dense` layer on top that gives a score to each of the 27 possible next letters. The loss is
# the cross-entropy of tutorial 5, its mean over all letters (minnet's `TokenCrossEntropy`, told
# to leave out the −1). Who only guesses among 27 has a loss of log 27 = 3.30. `Adam` is a
# gradient descent that chooses the length of the step for each weight by itself. To write a name,
# the network begins with the mark; one of the letters is drawn with the probabilities that it
# gives; that letter is read, and so on, until the mark is drawn.
# %%
def learn(epochs):
    rng = np.random.default_rng(0)
    parts = [Embedding(27, 16, rng), RNN(16, 64, rng), minnet.Dense(64, 27, rng=rng)]
    model, loss = minnet.Sequential(*parts), minnet.TokenCrossEntropy(ignore_index=-1)
    data, new = characters.lines(train_names), characters.lines(test_names)
    optimizer = minnet.Adam(lr=0.01)
    history = minnet.fit(
        model, loss, optimizer, data, epochs=epochs, batch_size=64, validation=new, progress=False
    )
    return model, history.validation_loss


def write(model, rng):
    """Return a name: each letter drawn with the probability that the model gives it."""
    letters = [0]
    while len(letters) < 12:
        scores = model.forward(np.array([letters]))[0, -1]
        p = np.exp(scores - scores.max())
        letters.append(rng.choice(27, p=p / p.sum()))
        if letters[-1] == 0:
            break
    return characters.decode(letters)


# %%
if embedding_report and rnn_report:
    model, losses = learn(epochs=3)
    rng = np.random.default_rng(1)
    print("loss on new names after each epoch:", np.round(losses, 2))
    print("it writes:", ", ".join(write(model, rng) for _ in range(12)))
    with theme(dark=False):
        states = model.layers[1].forward(
            model.layers[0].forward(characters.lines(["christina"])[0])
        )
        figure, axes = plt.subplots(figsize=(7, 2.8))
        axes.imshow(states[0, :, :20].T, cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
        axes.set_xticks(range(10), ["start", *"christina"])
        axes.set(
            xlabel="letter read", ylabel="20 of 64 numbers", title="The state, letter by letter"
        )
        plt.show()
    assert losses[-1] < 2.15
else:
    print("when the embedding and the RNN are right, they learn names here")
# %% [markdown]
# From 3.30 to about 2.1, in a few seconds. Some of the names could be real ones. In the picture
# each column is the memory after one letter, purple for 1, white for 0, orange for −1: some
# numbers flip with each letter, others hold for a while.
#
# ## Three questions
#
# 1. In "anna", which rows of the embedding's `dW` are not zero? (The network reads: mark, a, n,
#    n, a.)
# 2. Why does `backward` begin at the last step?
# 3. A state of 1 number, `Wh` = 0.5, and `tanh` left out. By how much does a gradient shrink on
#    its way back over ten steps? And with `Wh` = 2?
# %% [markdown]
# ## Answers
#
# 1. Rows 0, 1 and 14. Rows 1 and 14 collect two shares each.
# 2. Since step t needs `dh_next`, which only step t + 1 can give. The loss looks at all steps,
#    and the last state feeds no other.
# 3. 0.5¹⁰ ≈ 0.001. With 2 it *grows*, 2¹⁰ = 1024 times: then one cuts the gradient to a largest
#    length ("clipping").
