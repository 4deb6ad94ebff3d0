# ---
# title: Memory
# question: How does a network read a name, letter by letter, and remember what came before?
# teaches: the gradient of an embedding, of a recurrent network through time, and of one LSTM step
# minutes: 40
# ---
# %% [markdown]
# # Memory
#
# How does a network read a name, letter by letter, and remember what came before?
#
# Until now each input came whole: an image, all at once. A name comes in letters, and names
# have different lengths. In this tutorial a network reads letters one after the other, and
# after each it says which letter it expects next. To do that well, it must *remember*: after
# "q" comes "u", but what comes after "an" depends on how the name began.
#
# There are three new things: letters have to become numbers; a state has to be carried along;
# and the gradient has to go back *through time*.
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
# of its copies. So row 1 of `dW` is the sum of `dout` over *all places where an "a" stands*. In
# "anna" that are two.
#
# | place | letter | dout | goes to |
# |---|---|---|---|
# | 1 | a (1) | 0.1 | dW[1] |
# | 2 | n (14) | 0.2 | dW[14] |
# | 3 | n (14) | 0.3 | dW[14] |
# | 4 | a (1) | 0.4 | dW[1] |
#
# So `dW[1]` = 0.5 and `dW[14]` = 0.5.
#
# ## Exercise 1: add up the rows
#
# NumPy has a trap here. `dW[x] += dout` looks right, but where a number occurs twice in `x`,
# NumPy *sets the same row twice* instead of adding twice. `np.add.at(dW, x, dout)` really adds
# for each. (A loop over all places would do as well.)
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
# `h[t] = tanh(x[t] @ Wx + h[t−1] @ Wh + b)`
#
# - `x[t]`, shape (N, D): the rows of the letters at step t, for N names at once;
# - `h[t−1]`, shape (N, H): the state before; before the first letter it is all zeros;
# - `Wx` (D, H), `Wh` (H, H), `b` (H,): the weights. *The same at every step.*
# - `tanh` squeezes any number between −1 and 1. Its derivative is `1 − tanh²`: if `h =
#   tanh(z)`, then `dz = dh * (1 - h**2)`.
#
# Laid out in time, this is a deep network: one layer for each letter, all with the same
# weights. And so there is nothing new in backward. Three old rules:
#
# 1. **Each state is used twice:** the outside sees it (it is the output of step t), and the
#    next step uses it. So its gradient is a sum: `dout[t]` from the outside, plus what comes
#    back from step t + 1. Call this last `dh_next`; after the last step it is zero.
# 2. **Each weight is used in every step.** So its gradients add up over all steps.
# 3. Inside a step it is a `Dense` layer twice, and a tanh.
#
# We walk from the last step to the first, and pass `dh_next` from hand to hand. This has a
# grand name: *backpropagation through time*.
#
# ## Exercise 2: back through time
#
# Fill in the loop. In each step, in this order: `dh` (rule 1), `dz` (through tanh; z is what
# stands in the brackets), the gradients of `Wx`, `Wh` and `b` (rule 2), `dx[:, t]`, and at last
# the new `dh_next`. `h[:, t]` is the state *before* step t, and `h[:, t + 1]` the state after
# it: the array is one longer, since the first state is there, too.
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
        x, h, dx = self.x, self.h, np.zeros_like(self.x)
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        self.db, dh_next = np.zeros_like(self.b), np.zeros_like(self.h[:, 0])
        for t in reversed(range(dout.shape[1])):
            # BEGIN SOLUTION
            # MISTAKE truncated_time: dh = dout[:, t]
            dh = dout[:, t] + dh_next
            dz = dh * (1 - h[:, t + 1] ** 2)
            # MISTAKE overwritten: self.dWx = x[:, t].T @ dz
            self.dWx += x[:, t].T @ dz
            self.dWh += h[:, t].T @ dz
            # MISTAKE overwritten: self.db = dz.sum(axis=0)
            self.db += dz.sum(axis=0)
            dx[:, t] = dz @ self.Wx.T
            # MISTAKE wrong_carry: dh_next = dz @ self.Wh
            dh_next = dz @ self.Wh.T
            # END SOLUTION
        return dx


# %%
rnn_report = minnet.check_layer(RNN(3, 4, rng), rng.normal(size=(2, 5, 3)))
print(rnn_report)
# %% [markdown]
# Look at one number: the gradient that reaches the *first* of three letters. It is `dz[0]`
# times `Wx`, and in it is all that came back from the later steps.
# %%
if rnn_report:
    walk = minnet.step(RNN(2, 2, np.random.default_rng(3)), rng.normal(size=(1, 3, 2)))
    print(walk.number("dx[0,0,0]"))
    print()
    print(walk.number("dWh[0,0]"))


# %% [markdown]
# In `dWh[0,0]` you see rule 2: a share from each of the three steps, the last step first. The
# share of the first step is 0, since the state before the first letter is 0. (`dz@2` is the
# `dz` of the second time that the line ran.)
#
# ## What could go wrong
#
# The classic mistake is to forget `dh_next`. Each step is then right *alone*, as if the text
# were torn into single letters, and no step learns what would have helped a later one. Any test
# with a single step passes, since there is no later one.
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
# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Gates:
    def forward(self, z, c):  # (N, 4 H) and (N, H) -> (N, 2 H)
        i, f, o, g = np.split(z, 4, axis=1)
        i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
        c_new = f * c + i * g
        self.i, self.f, self.o, self.g, self.c = i, f, o, g, c
        self.tanh_c = np.tanh(c_new)
        return np.concatenate([o * self.tanh_c, c_new], axis=1)  # h_new and c_new


# %%
class LSTMStep(Gates):
    def backward(self, dout):
        i, f, o, g, c = self.i, self.f, self.o, self.g, self.c
        dh, dc = np.split(dout, 2, axis=1)
        # BEGIN SOLUTION
        # MISTAKE overwritten: dc = dh * o * (1 - self.tanh_c**2)
        dc = dc + dh * o * (1 - self.tanh_c**2)
        di, df, do, dg = dc * g, dc * c, dh * self.tanh_c, dc * i
        through = [di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)]
        # MISTAKE permuted: dz = np.concatenate([through[k] for k in (0, 1, 3, 2)], axis=1)
        dz = np.concatenate(through, axis=1)
        # MISTAKE wrong_factor: dc_before = dc
        dc_before = dc * f
        # END SOLUTION
        return dz, dc_before


lstm_report = minnet.check_layer(LSTMStep(), rng.normal(size=(3, 8)), rng.normal(size=(3, 2)))
print(lstm_report)


# %% [markdown]
# The last of your lines is the point of it all: `dc_before` is `dc` times `f`. Where the forget
# gate f is near 1, the gradient goes back through a hundred steps and hardly fades.
#
# ## Names
#
# Now *your* embedding and *your* RNN learn names: 16 numbers per letter, a state of 64, and a
# `Dense` layer on top that gives a score to each of the 27 possible next letters. The loss is
# the cross-entropy of tutorial 5, its mean over all letters (minnet's `TokenCrossEntropy`, told
# to leave out the −1). Who only guesses among 27 has a loss of log 27 = 3.30. `Adam` is a
# gradient descent that chooses the length of the step for each weight itself.
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
# each column is the memory after one letter: some numbers flip with each letter, others hold
# for a while.
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
