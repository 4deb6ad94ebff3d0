# ---
# title: A small transformer that writes names
# question: How do all the pieces become one network that writes?
# teaches: skip connections, a matrix used twice, and how to find the guilty layer in a whole network
# minutes: 40
# ---
# %% [markdown]
# # A small transformer that writes names
#
# How do all the pieces become one network that writes?
#
# You have written attention (tutorial 11), embeddings (10), and the two-layer network (6). A
# **transformer** is these, one on the other, and two ideas more: a way around every layer, and a
# matrix that is used twice. We write the backward passes of both. Then we put the network together out
# of minnet's layers, which are what you wrote, only faster; find a mistake that somebody has hidden in
# it; and let it write names.
#
# ## A way around
#
# A deep network has many layers, and a gradient has to pass backward through all of them. Each
# multiplies it by something, and often it arrives as nearly nothing. The cure is a way around: add the
# input of a layer to its output.
#
# `out = x + f(x)`
#
# This is called a **skip connection**, or a **residual** layer: f only has to learn what is to be
# *changed* in x. In numbers, with one x = 3 and f(x) = 2·x: out = 3 + 6 = 9.
#
# Backward, x reaches `out` by two ways, the direct one and the one through f. As in tutorial 2: what
# comes back along the ways is added up.
#
# ## Exercise 1: backward around a layer
#
# `self.inner` is any layer. Its `backward(dout)` gives the gradient along the way through it. One line.
# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme


class Skip(minnet.Layer):
    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return x + self.inner.forward(x)

    def backward(self, dout):
        # BEGIN SOLUTION
        # MISTAKE overwritten: dx = self.inner.backward(dout)
        # MISTAKE nonlinear_upstream: dx = 1 + self.inner.backward(dout)
        dx = dout + self.inner.backward(dout)
        # END SOLUTION
        return dx


# %%
rng = np.random.default_rng(0)
report = minnet.check_layer(Skip(minnet.Tanh()), rng.normal(size=(4, 3)))
print(report)
# %% [markdown]
# If the slope of f is small everywhere, the gradient still arrives: `dout` is in the sum as it is. Here
# are ten layers that each make their input a tenth as large, with the way around and without it. How
# much of a gradient of 1 is left at the beginning?
# %%
without = 0.1**10
with_skip = (1 + 0.1) ** 10
print(f"without: {without:.0e}   with the way around: {with_skip:.2f}")
assert abs(with_skip - 2.59) < 0.01


# %% [markdown]
# ## A matrix used twice
#
# At its beginning the network turns each letter into a row of numbers: row `W[letter]` of the embedding
# (tutorial 10). At its end it has to give a score to each letter. One can take the same matrix for
# that: the score of a letter is the product of the result with *its row*. So W is used at both ends.
# This is called **tying**. It saves numbers to learn, and letters that are alike at one end are alike
# at the other.
#
# For the gradient it is once more a value used twice: the share of the beginning and the share of the
# end are added up.
#
# ## Exercise 2: the gradient of a tied matrix
#
# Here is the smallest network with a tied matrix: it looks up the rows, and scores them at once. With
# `rows = W[tokens]` and `out = rows @ W.T`:
#
# - at the end, W is the weight of a matrix product: its share is `dout` turned round, times the rows;
# - the rows themselves get `drows`, which is dout times W;
# - at the beginning, each row of `drows` goes back to the row of W that it was taken from. A letter may
#   stand in a batch twice: add up, with `np.add.at(array, places, what)`, as in tutorial 10.
# %%
class TiedLetters(minnet.Layer):
    parameters = ("W",)

    def __init__(self, letters, size, rng):
        self.W = rng.normal(size=(letters, size))

    def forward(self, tokens):  # (N,) whole numbers -> (N, letters)
        self.tokens = tokens
        self.rows = self.W[tokens]
        return self.rows @ self.W.T

    def backward(self, dout):  # (N, letters)
        # BEGIN SOLUTION
        drows = dout @ self.W
        # MISTAKE overwritten: self.dW = np.zeros_like(self.W)
        self.dW = dout.T @ self.rows
        # MISTAKE region: self.dW[self.tokens] += drows
        np.add.at(self.dW, self.tokens, drows)
        # END SOLUTION


# %%
tied = minnet.check_layer(TiedLetters(5, 3, rng), np.array([0, 3, 3, 1]))
print(tied)
# %% [markdown]
# Look at one number of dW, for a letter that stands in the batch twice. There are products with dout
# from the end, and two numbers that came back from the beginning:
# %%
if tied:
    walk = minnet.step(TiedLetters(3, 2, rng), np.array([0, 1, 1]))
    print(walk.number("dW[1,0]"))
# %% [markdown]
# ## The whole network
#
# Now to real names. As in tutorial 10, each letter has a number, 0 marks the beginning and the end, and
# the network has to say at each place which letter comes next. Its layers, from below:
#
# - `Embedding`: each letter becomes 32 numbers.
# - `PositionalEncoding` adds to them numbers that say the place, since attention does not know places
#   (question 3 of tutorial 11).
# - `TransformerBlock`, twice. Each is attention with a way around it, and then a two-layer network with
#   a way around it. Before each of the two stands a `LayerNorm`: it brings the numbers of each place to
#   the mean 0 and the spread 1, like batchnorm in tutorial 7, only along the row and not along the
#   batch. The mask is in it: no place looks ahead.
# - `LayerNorm` and `Dense` make a score for each letter.
# %%
train_names, test_names = minnet.load_names()
letters = minnet.Characters(train_names)
x, y = letters.lines(train_names)


def network(seed):
    rng = np.random.default_rng(seed)
    return minnet.Sequential(
        minnet.Embedding(len(letters), 32, rng=rng),
        minnet.PositionalEncoding(32, 20, learned=True),
        minnet.TransformerBlock(32, heads=2, rng=rng),
        minnet.TransformerBlock(32, heads=2, rng=rng),
        minnet.LayerNorm(32),
        minnet.Dense(32, len(letters), rng=rng),
    )


loss = minnet.TokenCrossEntropy(ignore_index=-1)
print(len(train_names), "names; a first guess costs", f"{np.log(len(letters)):.2f}")


# %% [markdown]
# ## What could go wrong: somebody has hidden a mistake
#
# In a whole network, a wrong layer is hard to find: everything trains, only worse. `check_model` runs
# the network once, and checks every layer at the numbers that it really gets there, and that come back
# to it. Here is a network in which one layer is wrong. Read the report: which one is it?
# %%
class TiredDense(minnet.Dense):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = self.db / len(dout)
        return dx


guilty = network(0)
guilty.layers[5] = TiredDense(32, len(letters), rng=0)
few_x, few_y = letters.lines(train_names[:2])
found = minnet.check_model(guilty, loss, few_x, few_y)
print(str(found)[:1500])
assert not found
# %% [markdown]
# The last layer: its db is half of what it should be, since there are two names. All others are right,
# and that is said too. Now the network as it should be:
# %%
clean = minnet.check_model(network(0), loss, few_x, few_y)
print(clean.verdict, "in", len(clean.checks), "layers")
assert clean
# %% [markdown]
# ## Training
#
# As in tutorial 10. The rate of learning first grows and then falls: at the beginning, large steps
# would throw the network about; at the end, small ones settle it. It takes some seconds.
# %%
model = network(1).astype(np.float32)
data, held_out = (x, y), letters.lines(test_names)
rate = minnet.WarmupCosine(8e-3, steps=4 * -(-len(x) // 64), warmup=40)
history = minnet.fit(
    model, loss, minnet.Adam(rate, clip=1.0), data, epochs=4, batch_size=64,
    validation=held_out, seed=0, progress=False,
)  # fmt: skip
print("loss on names never seen:", [round(v, 2) for v in history.validation_loss])
assert history.validation_loss[-1] < 2.15
# %%
with theme(dark=False):
    figure, axis = plt.subplots(figsize=(6, 3.4))
    epochs = range(1, 5)
    axis.plot(epochs, history.loss, marker="o", label="names it learns from")
    axis.plot(epochs, history.validation_loss, marker="s", label="names never seen")
    axis.axhline(np.log(len(letters)), color="gray", linestyle="--", label="guessing")
    axis.set(xlabel="epoch", ylabel="loss for each letter", xticks=list(epochs))
    axis.legend()
plt.show()


# %% [markdown]
# ## Writing
#
# To write, begin with the mark, ask for the weights of the next letter, draw one of them, and add it.
# Go on until the mark comes again.
# %%
def write(model, rng):
    name = [0]
    while len(name) < 12:
        scores = model.forward(np.array([name]))[0, -1].astype(float)
        p = np.exp(scores - scores.max())
        name.append(int(rng.choice(len(p), p=p / p.sum())))
        if name[-1] == 0:
            break
    return letters.decode(name)


model.eval()
draw = np.random.default_rng(2)
written = [write(model, draw) for _ in range(12)]
print(", ".join(written))
print("new ones:", sum(name not in train_names for name in written), "of 12")
# %% [markdown]
# Nobody ever told it what a vowel is.
#
# A large language model is this network: wider, deeper, with more letters, and with most of what people
# have written instead of a few thousand names. You have written nearly every backward pass in it.
#
# ## Three questions
#
# 1. In `Skip`, what is dx if the inner layer gives 0 for everything?
# 2. `self.dW[self.tokens] += drows` looks right and is wrong. When does one see the difference?
# 3. Why must `check_model` check each layer at the numbers that it gets in the network, and not at
#    random ones?
# %% [markdown]
# ## Answers
#
# 1. dout. A network of such layers begins as one that changes nothing, and learns from there.
# 2. Only when a letter stands in the batch twice: NumPy then writes the row twice, and the second time
#    overwrites the first instead of adding to it. With four different letters all would be right.
# 3. What a layer does wrong may show only there: at exact zeros behind a ReLU, at large scores, at the
#    shapes that the layer before it makes.
