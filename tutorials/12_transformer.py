# ---
# title: A small transformer that writes names
# question: How do all the pieces become one network that writes?
# teaches: skip connections, a matrix used twice, and how to find the guilty layer in a whole network
# minutes: 40
# ---
# %% [markdown]
# # A small transformer that writes names
#
# **How do all the pieces become one network that writes?**
#
# You have written attention (tutorial 11), an embedding (10), a normalisation (7) and a network of
# two layers (6). A **transformer** is these, one on the other, and one idea more: a way around
# every layer. You write its backward pass, and that of a matrix which is used twice. Then we put
# the network together. Somebody has made a mistake in it, which you will find and mend. And then it
# learns to write names.
#
# ## A way around
#
# A deep network has many layers, and a gradient has to pass backward through all of them. Each
# multiplies it by something, and often it arrives as nearly nothing (tutorial 7). The cure is a way
# around: add the input of a layer to its output.
#
#     out = x + f(x)                f(x) = 2·x,  x = 3:      out = 3 + 6 = 9
#
# Here f is a layer, or several one after the other. This is called a **skip connection** or a
# **residual** layer: f has to learn only what is to be *changed* in x.
#
# Backward, x reaches `out` by two ways: directly, with slope 1, and through f. As in tutorial 2,
# add up what comes back along both. In our numbers, for dout = 1: 1 + 2 = 3.
#
# ## Exercise 1: backward around layers
#
# One line. `self.inner` stands for f; its `backward(dout)` returns what comes back through it.
# (`self.layers` lists the layers that this one holds: there minnet looks for what can be learned.)

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme


class Skip(minnet.Layer):
    def __init__(self, *layers):
        self.layers = layers
        self.inner = minnet.Sequential(*layers)  # one after the other

    def forward(self, x):
        return x + self.inner.forward(x)

    def backward(self, dout):
        # BEGIN SOLUTION
        # MISTAKE overwritten: dx = self.inner.backward(dout)
        # MISTAKE local_derivative_missing: dx = dout
        # MISTAKE nonlinear_upstream: dx = 1 + self.inner.backward(dout)
        # MISTAKE nonlinear_upstream: dx = dout * self.inner.backward(dout)
        dx = dout + self.inner.backward(dout)
        # END SOLUTION
        return dx


# %%
rng = np.random.default_rng(0)
skip_report = minnet.check_layer(Skip(minnet.Tanh()), rng.normal(size=(4, 3)))
print(skip_report)

# %% [markdown]
# Does it help? Take ten layers that each multiply by 0.1, and send a gradient of 1 back through
# them, without and with the way around:


# %%
def tenth():
    """Return a layer that multiplies one number by 0.1."""
    layer = minnet.Dense(1, 1)
    layer.W, layer.b = np.array([[0.1]]), np.zeros(1)
    return layer


def arrives(layers):
    network = minnet.Sequential(*layers)
    network.forward(np.ones((1, 1)))
    return network.backward(np.ones((1, 1))).item()


print(f"without: {arrives([tenth() for _ in range(10)]):.0e}")
if skip_report:
    around = arrives([Skip(tenth()) for _ in range(10)])
    print(f"with the way around: {around:.2f}")
    assert abs(around - 2.59) < 0.01
else:
    print("when Skip is right, this shows what arrives with it")

# %% [markdown]
# Without: 0.1 ten times multiplied, one part in ten thousand million (`1e-10`). With the way
# around, each layer multiplies by 1 + 0.1, and 1.1 to the tenth is 2.59: the gradient arrives.
#
# ## A matrix used twice
#
# At its beginning the network turns each letter into a row of numbers: row `W[letter]` of the
# embedding. At its end it has to give a score to each letter. One can take the same matrix for
# that: the score of a letter is the product of the result with *its row*. So W is used at both
# ends. This is called **tying**. It saves numbers to learn, and letters that are alike at one end
# are alike at the other. Most large language models did so for years, and many still do.
#
# Here is the smallest network with a tied matrix. It looks up the rows of N letters, and scores
# them at once, for V letters of D numbers each:
#
#     rows = W[tokens]              (N, D)       each number in `tokens` picks a row of W
#     out  = rows @ W.T             (N, D) @ (D, V)  =  (N, V)
#
# For the gradient it is once more a value used twice:
#
# - **At the end** W is the matrix of a product, as in tutorial 3, but turned round. So its gradient
#   is turned round as well: `dout.T` times the rows, of shape (V, N) @ (N, D) = (V, D), like W.
# - **At the beginning** each row of `drows`, which is `dout @ W`, goes back to the row of W that it
#   was taken from. A letter may stand in `tokens` twice, so add with `np.add.at(array, places,
#   what)`, as in tutorial 10.
#
# ## Exercise 2: the gradient of a tied matrix
#
# Both shares, added up in `self.dW`. Three lines. (Whole numbers have no slope, so nothing is
# returned.)


# %%
class TiedLetters(minnet.Layer):
    parameters = ("W",)

    def __init__(self, letters, size, rng):
        self.W = rng.normal(size=(letters, size))

    def forward(self, tokens):  # (N,) whole numbers -> (N, V)
        self.tokens = tokens
        self.rows = self.W[tokens]
        return self.rows @ self.W.T

    def backward(self, dout):  # (N, V)
        # BEGIN SOLUTION
        drows = dout @ self.W
        # MISTAKE overwritten: self.dW = np.zeros_like(self.W)
        self.dW = dout.T @ self.rows
        # MISTAKE region: self.dW[self.tokens] += drows
        # MISTAKE overwritten: pass
        np.add.at(self.dW, self.tokens, drows)
        # END SOLUTION


# %%
tied_report = minnet.check_layer(TiedLetters(5, 3, rng), np.array([0, 3, 3, 1]))
print(tied_report)

# %% [markdown]
# ## Step through it
#
# One number of dW, for a letter that stands in the batch twice. Three products with dout come from
# the end (N = 3 letters), and two numbers from the beginning, one for each place of the letter:

# %%
if tied_report:
    walk = minnet.step(TiedLetters(3, 2, rng), np.array([0, 1, 1]))
    print(walk.number("dW[1,0]"))
else:
    print("when TiedLetters is right, this shows the shares of one number of dW")

# %% [markdown]
# ## The whole network
#
# Now to real names. As in tutorial 10, each letter has a number, 0 is the mark before and after a
# name, and at each place the network is to say which letter comes next. Its layers, from below:
#
#     0   Embedding    each letter becomes 32 numbers
#     1   Places       adds numbers that say the place; attention does not know it (tutorial 11)
#     2   Skip         a norm, then attention: look at what came before; two heads, with the mask
#     3   Skip         a norm, then linear, ReLU, linear: think over what was seen
#     4   Skip         as 2
#     5   Skip         as 3
#     6   LayerNorm    a norm
#     7   Dense        a score for each letter
#
# With each way around, something is added, and the numbers grow; so before each part stands a norm.
# It brings each *row*, the 32 numbers of one place, to mean 0 and spread 1. That is batchnorm
# (tutorial 7) along the other axis: no row needs to know of the others. It is called **layer
# normalisation**, in minnet `LayerNorm`.
#
# A friend wants to know how things are made. He has written two of the layers himself: `Places`,
# and a `Norm` that he uses in one place of the network, to try it out. (He left γ and β out.)


# %%
class Places(minnet.Layer):
    parameters = ("W",)

    def __init__(self, longest, size):
        self.W = np.zeros((longest, size))  # a row for each place

    def forward(self, x):  # (N, T, D) -> (N, T, D)
        return x + self.W[: x.shape[1]]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        self.dW[: dout.shape[1]] = dout.sum(axis=0)
        return dout


class Norm(minnet.Layer):
    def forward(self, x):  # the last axis is that of the features
        centred = x - x.mean(axis=-1, keepdims=True)
        self.sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        self.xhat = centred / self.sigma
        return self.xhat

    def backward(self, dout):
        return dout / self.sigma


# %%
train_names, test_names = minnet.load_names()
letters = minnet.Characters(train_names)


def look(size, norm, rng):
    return Skip(norm, minnet.MultiHeadAttention(size, heads=2, causal=True, rng=rng))


def think(size, norm, rng):
    first, second = minnet.Dense(size, 4 * size, rng=rng), minnet.Dense(4 * size, size, rng=rng)
    return Skip(norm, first, minnet.ReLU(), second)


def network(size, norm, seed=0):
    """Return the transformer; `norm` makes the norm of layer 3."""
    rng = np.random.default_rng(seed)
    layers = [minnet.Embedding(len(letters), size, rng=rng), Places(20, size)]
    layers += [look(size, minnet.LayerNorm(size), rng), think(size, norm(), rng)]
    layers += [look(size, minnet.LayerNorm(size), rng), think(size, minnet.LayerNorm(size), rng)]
    layers += [minnet.LayerNorm(size), minnet.Dense(size, len(letters), rng=rng)]
    return minnet.Sequential(*layers)


# %% [markdown]
# (`MultiHeadAttention` makes q, k and v from x, cuts them into heads, attends, and mixes the
# results with one more linear layer.)
#
# ## What could go wrong: a mistake somewhere in the network
#
# Let us check the friend's network as a whole: what is the gradient of each parameter? A check does
# not need 32 numbers for each letter, 8 will do: a mistake is a mistake in the small, too. And first
# we ask only *where* it is, not why: of the report we print the table alone. (`hints="none"` spares
# the search for reasons, and `elements=4` measures 4 numbers of each gradient in place of all.)


# %%
def table(report):
    """Return the first part of a report: what is right and what is wrong."""
    return str(report).partition("\n\n")[0]


x, _ = letters.lines(["anna", "bea"])
friends = network(8, Norm)
if skip_report:
    print(table(minnet.check_layer(friends, x, elements=4, hints="none")))
else:
    print("when Skip is right, this checks the whole network at once")

# %% [markdown]
# (`2.1.0.W` is to be read as: layer 2, in it part 1, in this part 0, and of that W.) From the top
# down to layer 3 all is right, and everything *below* is wrong, though there all may be well: the
# wrong gradient has simply been passed on.
#
# `check_model` goes another way. It runs the network once, and then checks **every layer by
# itself**, at the numbers that it really gets there: a layer cannot be blamed for what another has
# sent it. Read its table: which layer is it?

# %%
loss = minnet.TokenCrossEntropy(ignore_index=-1)
few = letters.lines(["anna", "bea"])
if skip_report:
    found = minnet.check_model(friends, loss, *few, hints="none")
    print(table(found))
    assert not found
else:
    print("when Skip is right, this checks each layer of the network")

# %% [markdown]
# ## Exercise 3: find it
#
# Return the guilty layer: `network.layers[4]`, say, is the layer number 4. If what you return is a
# layer with parts, the check below looks into it, and tells you how each part does. Then return the
# guilty *part*: `network.layers[4].layers[1]` is part 1 of layer 4.


# %%
def guilty(network):
    """Return the layer, or the part of a layer, with the mistake in it."""
    # BEGIN SOLUTION
    return network.layers[3].layers[0]
    # END SOLUTION


# %%
def parts_of(layer, x):
    """Return how each part of a layer does, a line each."""
    lines = []
    for number, part in enumerate(layer.layers):
        verdict = "right" if minnet.check_layer(part, x, hints="none") else "WRONG"
        lines.append(f"  part {number}, {type(part).__name__}: {verdict}")
        x = part.forward(x)
    return "\n".join(lines)


# %%
def check_guilty():
    """Return what is wrong with the answer, or nothing."""
    rows = np.random.default_rng(1).normal(size=(2, 5, 8))
    try:
        layer = guilty(friends)
    except NotImplementedError:
        return "todo: guilty is still to be written: which layer is it?"
    except Exception as error:
        return f"ERROR[crash] guilty: it raised {error!r}"
    if layer is friends.layers[3].layers[0]:
        return ""
    if layer is friends.layers[3] and skip_report:
        return f"guilty: the mistake is in layer 3. In which of its parts?\n{parts_of(layer, rows)}"
    if not isinstance(layer, minnet.Layer):
        return f"guilty: return a layer itself, as network.layers[4], and not {layer!r}"
    if any(layer is other for other in friends.layers):
        return f"guilty: it returned a {type(layer).__name__} that the table above calls right"
    return f"guilty: this {type(layer).__name__} is not the one; return a layer, to see its parts"


print(check_guilty() or "guilty is right: part 0 of layer 3 it is")

# %% [markdown]
# ## Exercise 4: mend it
#
# Now that it is known *where*, the check of this layer alone says *what* (below, as soon as you
# have found it). Then write a right backward pass for it. You have done so in tutorial 7, on one
# line: there the means went over the batch, `axis=0`. Here they go along the row: `axis=-1`, and
# `keepdims=True`, so that they can be copied along it. And there is no γ here.

# %%
rows = rng.normal(size=(2, 5, 8))
if not check_guilty():
    print(minnet.check_layer(guilty(friends), rows))
else:
    print("when guilty is right, this says what is wrong with that layer")


# %%
class MendedNorm(Norm):
    def backward(self, dout):
        # BEGIN SOLUTION
        # MISTAKE wrong_axis: mean = dout.mean(axis=0, keepdims=True)
        mean = dout.mean(axis=-1, keepdims=True)
        along = (dout * self.xhat).mean(axis=-1, keepdims=True)
        # MISTAKE statistic_constant: dx = (dout - self.xhat * along) / self.sigma
        # MISTAKE statistic_constant: dx = (dout - mean + self.xhat * along) / self.sigma
        dx = (dout - mean - self.xhat * along) / self.sigma
        # END SOLUTION
        return dx


# %%
norm_report = minnet.check_layer(MendedNorm(), rows)
print(norm_report)
ready = bool(skip_report and norm_report)

if ready:
    mended = minnet.check_model(network(8, MendedNorm), loss, *few)
    print("the network, with the mended norm:", mended.verdict)
    assert mended
else:
    print("when Skip and MendedNorm are right, this checks the mended network")

# %% [markdown]
# ## Would one have noticed?
#
# We train the network twice, with the mended norm and with the wrong one. As in tutorial 10 the
# loss is the cross-entropy for each letter, and who only guesses has log 27 = 3.30. `Adam` is a
# gradient descent that chooses the length of the step for each weight by itself. `WarmupCosine`
# lets its rate first grow, since large steps at the beginning would throw the network about, and
# then fall, so that it settles. `clip=1.0` shortens a gradient that is too long (question 3 of
# tutorial 10).


# %%
def train(model, epochs=3):
    """Return the model and its losses on trained and on new names, after each epoch."""
    data, new = letters.lines(train_names), letters.lines(test_names)
    steps = epochs * -(-len(train_names) // 64)  # -(-a // b) is a / b, rounded up
    optimizer = minnet.Adam(minnet.WarmupCosine(1e-2, steps=steps, warmup=40), clip=1.0)
    history = minnet.fit(
        model.astype(np.float32), loss, optimizer, data, epochs=epochs, batch_size=64,
        validation=new, seed=0, progress=False,
    )  # fmt: skip
    return model, history.loss, history.validation_loss


if ready:
    model, trained, new = train(network(32, MendedNorm))
    _, _, new_wrong = train(network(32, Norm))
    print("loss on new names, mended:", np.round(new, 2))
    print("loss on new names, wrong: ", np.round(new_wrong, 2))
    assert new[-1] < 2.15 and abs(new[-1] - new_wrong[-1]) < 0.05
else:
    print("when all exercises are right, the network learns names here")

# %%
if ready:
    with theme(dark=False):
        plt.figure(figsize=(6.5, 3.6))
        epochs = range(1, len(new) + 1)
        plt.plot(epochs, trained, "o-", label="names it learns from")
        plt.plot(epochs, new, "s-", label="new names")
        plt.plot(epochs, new_wrong, "x--", label="new names, with the wrong norm")
        plt.axhline(np.log(27), color="gray", linestyle=":", label="guessing")
        plt.xlabel("epoch")
        plt.ylabel("loss for each letter")
        plt.xticks(list(epochs))
        plt.title("The mistake cannot be seen")
        plt.legend()
    plt.show()

# %% [markdown]
# The two losses on new names are the same but for a few hundredths. No curve of a loss would ever
# have told of the mistake; in a deeper network, with the wrong norm everywhere, one would have
# wondered for weeks why it learns a little worse than that of others. This is why one checks
# gradients. (In the first epoch the loss on the trained names is the larger one, as it is the mean
# over the whole epoch, in which the network was learning; that on new names is taken at its end.)
#
# ## Where does it look?
#
# The weights p of both heads of layer 2, for one name: row by row, what each place looks at.

# %%
if ready:
    name = "christina"
    model.forward(letters.lines([name])[0])
    heads = model.layers[2].layers[1].layers[1].p[0]  # (heads, T, T)
    read = ["start", *name]
    with theme(dark=False):
        figure, axes = plt.subplots(1, 2, figsize=(9, 4.2))
        for number, axis in enumerate(axes):
            axis.imshow(heads[number], cmap="Blues", vmin=0, vmax=1)
            axis.set_title(f"head {number}", size=11)
            axis.set_xticks(range(len(read)), read, rotation=90)
            axis.set_yticks(range(len(read)), read)
            axis.set(xlabel="is looked at", ylabel="looks")
    plt.show()

# %% [markdown]
# The darker, the more weight. Above the diagonal all is white: the mask. What a head looks for,
# nobody has told it; and seldom is it as tidy as one would wish.
#
# ## Writing
#
# To write, begin with the mark, ask for the probabilities of the next letter, draw one letter with
# these, and add it. Go on until the mark comes again.


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


if ready:
    draw = np.random.default_rng(2)
    written = [write(model, draw) for _ in range(12)]
    print(", ".join(written))
    print("not among the names that it has read:", sum(n not in train_names for n in written))
else:
    print("when all exercises are right, it writes names here")

# %% [markdown]
# Nobody ever told it what a vowel is.
#
# A large language model is built in the same way: wider, deeper, with pieces of words in place of
# letters, and with much of what people have written in place of a few thousand names. You have
# written nearly every backward pass in it.
#
# ## Three questions
#
# 1. In `Skip`, what is dx if the inner layers give 0 for everything?
# 2. `self.dW[self.tokens] += drows` looks right and is wrong. When does one see the difference?
# 3. `check_layer` of the whole network found layers 0 to 2 wrong, too. Why did `check_model` not?

# %% [markdown]
# ## Answers
#
# 1. dout. A network of such layers begins as one that changes nothing, and learns from there.
# 2. Only when a letter stands in the batch twice: NumPy then writes the row twice, and the second
#    time overwrites the first instead of adding to it. With different letters all would be right.
# 3. The gradients of layers 0 to 2 were wrong because they were made from a `dout` that was wrong
#    already, coming from layer 3. `check_model` gives each layer a dout of its own, and asks only
#    whether it does the right thing with it.
