# ---
# title: Softmax and cross-entropy
# question: How wrong is a guess among ten classes, and which way is better?
# teaches: a Jacobian by hand, why softmax and logarithm belong together, and how to stay finite
# minutes: 40
# ---
# %% [markdown]
# # Softmax and cross-entropy
#
# **How wrong is a guess among ten classes, and which way is better?**
#
# In tutorial 3 we predicted a number, and the error was a difference. Now we want to know *which
# digit* an image shows. "7 instead of 8" is not nearly right, it is wrong, and 8 − 7 means nothing.
# What can be said instead is how *sure* we are of each digit: 90 % an 8, 6 % a 3, and so on. We
# need two things: a way from arbitrary numbers to such percentages, and a loss that says how bad
# they are.
#
# ## From scores to probabilities
#
# A linear layer gives one number per class, its **score**, also called **logit**. A score may be
# any number, negative too. Two steps make probabilities of them. First `eˣ` (tutorial 1: e =
# 2.718...) makes every score positive, and a larger score much larger. Then divide by the total, so
# that they add up to 1. This is the **softmax**. With three classes:
#
#     class    score x       e = eˣ        p = e / total
#       0         2          7.389          0.665
#       1         1          2.718          0.245
#       2         0          1.000          0.090
#                           ------          -----
#                   total   11.107          1.000
#
# The score that is larger by 1 gets e = 2.718 times the probability. The whole row depends on each
# score: they share one cake. How large the scores are says how sure we are: half of them, (1, 0.5,
# 0), give 0.51, 0.31 and 0.19, in the same order but less sure.

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme


def softmax_forward(x):
    """Return the probabilities of one row of scores, of shape (C,) for C classes."""
    e = np.exp(x)
    p = e / e.sum()
    return p, p


scores = np.array([2.0, 1.0, 0.0])
p, _ = softmax_forward(scores)
print("p =", p.round(3), "  sum", p.sum())
assert np.allclose(p, [0.665, 0.245, 0.090], atol=1e-3)

# %% [markdown]
# ## What one score does to all probabilities
#
# Raise score 0 by a small h and leave the others. Two things happen.
#
# - **Its own piece grows.** The slope of eˣ is eˣ itself (measure it, as in tutorial 1). So e₀
#   grows by h·e₀, and p₀ = e₀/total by h·p₀.
# - **The cake is cut anew.** The total, too, grows by h·e₀, which is the fraction h·p₀ of it. So
#   *every* piece shrinks by that fraction of itself: p₀ by h·p₀·p₀, p₁ by h·p₀·p₁, p₂ by h·p₀·p₂.
#
# Add the two up and divide by h, and these are slopes:
#
#     of p₀:          p₀ − p₀·p₀    =   0.665 − 0.442   =    0.223
#     of p₁:             − p₀·p₁    =   −0.665 · 0.245  =   −0.163
#     of p₂:             − p₀·p₂    =   −0.665 · 0.090  =   −0.060
#
# What class 0 wins, the others lose: the three add up to 0. Scores 1 and 2 do the same with their
# own p. So there are 3 × 3 slopes, of each output for each input. Such a table is called a
# **Jacobian**:
#
#                    for x₀     for x₁     for x₂
#     J =    p₀       0.223     −0.163     −0.060
#            p₁      −0.163      0.185     −0.022
#            p₂      −0.060     −0.022      0.082
#
# On the diagonal stands p·(1 − p), as in the sigmoid; beside it, minus the product of the two.
# Measure it:

# %%
h = 1e-5
columns = []
for j in range(3):
    step = np.zeros(3)
    step[j] = h
    up, down = softmax_forward(scores + step)[0], softmax_forward(scores - step)[0]
    columns.append((up - down) / (2 * h))
measured = np.stack(columns, axis=1)
print(measured.round(3))
assert np.allclose(measured.round(3)[0], [0.223, -0.163, -0.06])

# %% [markdown]
# ## Backward through a Jacobian
#
# All our layers so far had a Jacobian, too. We never needed the table, as most of it was zeros.
# Here nothing is zero, so we use it. Let `dout` be the slopes of the loss for p₀, p₁, p₂. From x₀
# there are three ways to the loss, by p₀, by p₁ and by p₂. Multiply along each, add up (tutorial
# 2):
#
#     dx₀  =  0.223 · dout₀  −  0.163 · dout₁  −  0.060 · dout₂
#
# and the same for x₁ and x₂ with their columns. As a matrix product this is `J.T @ dout`; here
# `J @ dout` is the same, because J is its own mirror image along the diagonal.
#
# ## Exercise 1
#
# Build the table from p, and multiply. Two helpers: `np.diag(p)` is a table with p on the diagonal
# and zeros elsewhere, and `np.outer(a, b)` the table of all products a[i] · b[j].


# %%
def softmax_backward(dout, p):
    """Return the slopes of the loss for the scores, of shape (C,)."""
    # BEGIN SOLUTION
    # MISTAKE jacobian_diagonal: dx = np.diag(p * (1 - p)) @ dout
    # MISTAKE statistic_constant: dx = np.diag(p) @ dout
    dx = (np.diag(p) - np.outer(p, p)) @ dout
    # END SOLUTION
    return dx


# %%
report = minnet.check_functions(softmax_forward, softmax_backward, scores)
print(report)

if report:
    for row in np.eye(3):
        print("dout =", row, "  dx =", softmax_backward(row, p).round(3))
    assert np.allclose(softmax_backward(np.eye(3)[0], p), [0.223, -0.163, -0.06], atol=1e-3)

# %% [markdown]
# The gradient is right, and still there is a **warning**: overflow. It concerns forward, and it is
# deserved. We come to it in a minute; first the loss.
#
# For a thousand classes the table has a million entries. It is not needed. Write the first line out
# once more, with letters:
#
#     dx₀  =  (p₀ − p₀·p₀) · dout₀  −  p₀·p₁ · dout₁  −  p₀·p₂ · dout₂
#          =  p₀ · dout₀  −  p₀ · (p₀·dout₀ + p₁·dout₁ + p₂·dout₂)
#          =  p₀ · (dout₀ − s)      where s = p₀·dout₀ + p₁·dout₁ + p₂·dout₂, one number
#
# The same s stands in every line, so for the whole row dx = p · (dout − s), without a table.
# You will meet this again in attention (tutorial 11). For classifying, it becomes simpler still.
#
# ## The loss: surprise
#
# Let the right class be number y. Only its probability counts, p_y: 1 would be perfect, and near 0
# is terrible. The loss is **−log(p_y)**, with the natural logarithm (the inverse of eˣ), `np.log`:
#
#     p_y        1        0.665      0.5       0.1       0.001
#     loss       0        0.408      0.693     2.303     6.908
#
# (The natural logarithm of a number is the power of e that gives it: e⁰ = 1, so log(1) = 0.) The
# loss is how *surprised* you are by the truth: not at all if you were sure of it, more and more if
# you had ruled it out. Its name is **cross-entropy**.

# %%
with theme(dark=False):
    q = np.linspace(0.003, 1, 200)
    plt.figure(figsize=(6, 3.6))
    plt.plot(q, -np.log(q))
    for point in (0.09, 0.245, 0.665):
        plt.plot(point, -np.log(point), "o", color="#D55E00")
        plt.annotate(f"p = {point}: {-np.log(point):.2f}", (point + 0.02, -np.log(point) + 0.12))
    plt.xlabel("probability given to the right class")
    plt.ylabel("loss")
    plt.title("The surer of the truth, the smaller the loss")
plt.show()

# %% [markdown]
# ## The two together
#
# The slope of −log(p) is −1/p. (The slope of log is 1/p: measure it.) Say the right class is 0.
# Then dout = (−1/0.665, 0, 0) = (−1.503, 0, 0), and through the Jacobian's first column:
#
#     dx₀ =    0.223 · −1.503   =   −0.335   =   p₀ − 1
#     dx₁ =   −0.163 · −1.503   =    0.245   =   p₁
#     dx₂ =   −0.060 · −1.503   =    0.090   =   p₂
#
# Look at what came out: the probabilities themselves, **less 1 at the right class**. All else has
# cancelled: p₀ was a factor of every entry, and 1/p₀ takes it away. So for softmax and
# cross-entropy together,
#
#     gradient for the scores  =  p − (1 at the right class, 0 elsewhere)
#
# (The row in brackets is known as "one-hot". And compare tutorial 3, where the gradient was a
# difference too: what was predicted, less what is true.)
#
# It reads like a sentence: each wrong score is pushed down by the probability that it was wrongly
# given, and the right one up by what it lacks. When p is perfect, it is all zeros. With a batch of
# N rows the loss is the average, so everything is divided by N (as in tutorial 3).
#
# ## Staying finite
#
# The largest number a computer can hold is about 10³⁰⁸, and e to the 710 is more. What then?

# %%
with np.errstate(over="ignore", invalid="ignore"):
    print("scores 1000 and 999:", softmax_forward(np.array([1000.0, 999.0]))[0])
print("scores 1 and 0:     ", softmax_forward(np.array([1.0, 0.0]))[0])

# %% [markdown]
# Infinity divided by infinity: `nan`, "not a number". That is the overflow the check has warned of.
# But the answer exists: 1000 and 999 differ by 1, as do 1 and 0, and only differences matter in a
# softmax. (Subtracting m from every score divides every e by eᵐ, the total too, and the ratio
# stays.) So first **subtract the largest score of the row**; then the largest is 0, and nothing
# overflows.
#
# The logarithm has the same trouble at the other end: a p_y that is too small to be stored is 0,
# and its log is minus infinity. So we take the log on paper. With `shifted = x − largest`:
#
#     −log(p_y) = −log(e^shifted_y / total) = log(total) − shifted_y
#
# ## Exercise 2
#
# Write the loss for a batch: `logits` of shape (N, C), `labels` of shape (N,), whole numbers. Three
# reminders. `max(axis=1, keepdims=True)` gives each row's largest, as a column of shape (N, 1),
# which is then copied into all columns (tutorial 4); sum likewise. `logits[np.arange(N), labels]`
# picks from each row the entry of its label. And do not change the caller's arrays: `a -= b`
# changes a in place, `a - b` makes a new one. `dlogits` here starts as an array of your own, so
# there `-=` is fine. At the end, `return loss, dlogits`, in this order.
#
# As in tutorial 3, a small function looks at the loss itself first: it takes your four rows one by
# one through `softmax_forward` and −log.


# %%
def softmax_loss(logits, labels):
    """Return the mean cross-entropy, and its gradient for the logits, of shape (N, C)."""
    N = len(logits)
    # BEGIN SOLUTION
    # MISTAKE overflow: shifted = logits
    # MISTAKE mutates_input: logits -= logits.max(axis=1, keepdims=True); shifted = logits
    shifted = logits - logits.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - shifted[np.arange(N), labels]).mean()
    dlogits = e / total
    # MISTAKE region: dlogits[np.arange(N), labels] -= 0
    dlogits[np.arange(N), labels] -= 1
    # MISTAKE scale: return loss, dlogits
    return loss, dlogits / N
    # END SOLUTION


# %%
logits = np.array([[2.0, 1.0, 0.0], [0.5, -1.0, 3.0], [0.0, 0.2, 0.1], [-2.0, 1.0, 1.5]])
labels = np.array([0, 2, 2, 1])


def check_softmax_loss():
    """Return what is wrong with the loss itself, or nothing."""
    try:
        found = softmax_loss(logits.copy(), labels)
    except NotImplementedError:
        return "todo: softmax_loss is not implemented yet"
    if not isinstance(found, tuple) or len(found) != 2 or np.ndim(found[0]):
        return "FAIL[forward] softmax_loss: it has to end with: return loss, dlogits"
    rows = [softmax_forward(row)[0][label] for row, label in zip(logits, labels, strict=True)]
    right = -np.log(rows).mean()
    told = f"the mean of -log(p_y) over the four rows is {right:.4f}, yours is {found[0]:.4f}"
    return "" if np.isclose(found[0], right) else f"FAIL[forward] softmax_loss: {told}"


# %%
said = check_softmax_loss()
report_loss = minnet.check_loss(softmax_loss, logits, labels)
print(said or report_loss)

if report_loss and not said:
    loss, dlogits = softmax_loss(logits[:1], labels[:1])
    print(f"first row alone: loss {loss:.3f}, dlogits", dlogits[0].round(3))
    assert abs(loss - 0.408) < 1e-3 and np.allclose(dlogits[0].round(3), [-0.335, 0.245, 0.09])

# %% [markdown]
# `ok` alone means right. `ok` with a warning means that the slopes are right at these scores, but
# that something else is not as it should be: read what, and mend it.
#
# ## Step through it
#
# `minnet.SoftmaxCrossEntropy` is the same loss as a class. Which numbers made the slope for the
# first score of the first row, whose right class is 0?

# %%
walk = minnet.step(minnet.SoftmaxCrossEntropy(), logits, labels)
print(walk.number("dprediction[0,0]"))

# %% [markdown]
# It is (0.665 − 1) / 4 = −0.0837: there are four rows. In minnet's code the largest score has been
# subtracted first, so e[0,0] is 1 and the total is 1 + 0.368 + 0.135 = 1.503; 1/1.503 is 0.665.
#
# ## What could go wrong
#
# Someone returns the probabilities, divided by N, and forgets the 1 at the right class.


# %%
def forgetful_loss(logits, labels):
    rows = np.arange(len(logits))
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[rows, labels]))
    return loss, p / len(rows)


print(minnet.check_loss(forgetful_loss, logits, labels))

# %% [markdown]
# "Wrong only at the label of each sample", that is `FAIL[region]`. A **place** is the best of
# hints: of the 12 numbers 4 are wrong, and they are those at the labels. Note also the warning:
# this loss takes the log of a p that can become 0.
#
# ## Which digit?
#
# All parts are there. The scores of an image are `x @ W + b`: 64 pixels, 10 classes, so x is (N,
# 64), W is (64, 10), and b is (10,), one bias per class. (In tutorial 3, W was one column of
# weights and gave one number. Here ten such columns stand side by side, one for each class, and
# give ten.) Their gradients you know: `x.T @ dout` (tutorial 3) and the sum over the rows (tutorial
# 4). From here on we use minnet's `Dense` for it, which does just that. One fifth of the images is
# kept aside, for a test with images that were never trained on.

# %%
(train_x, train_y), (test_x, test_y) = minnet.load_digits()
train_x, test_x = train_x.reshape(-1, 64), test_x.reshape(-1, 64)


def train(epochs, rate=0.5, batch_size=32):
    """Return a linear layer, and its loss at every step."""
    layer, rng, losses = minnet.Dense(64, 10, rng=0), np.random.default_rng(0), []
    for _ in range(epochs):
        order = rng.permutation(len(train_x))
        for start in range(0, len(train_x), batch_size):
            batch = order[start : start + batch_size]
            loss, dlogits = softmax_loss(layer.forward(train_x[batch]), train_y[batch])
            layer.backward(dlogits)
            layer.W = layer.W - rate * layer.dW
            layer.b = layer.b - rate * layer.db
            losses.append(loss)
    return layer, losses


# %%
right = None
if report_loss and not said:
    layer, losses = train(epochs=20)
    guesses = layer.forward(test_x).argmax(axis=1)  # the class with the largest score
    right = guesses == test_y
    print(f"loss: {losses[0]:.2f} at first, {np.mean(losses[-45:]):.2f} in the last epoch")
    print(f"right on {right.sum()} of {len(right)} new images: {right.mean():.1%}")
    assert abs(right.mean() - 0.967) < 0.006
else:
    print("when softmax_loss is right, this learns to read digits")

# %% [markdown]
# Blind guessing would be right on one image in ten, with a loss of −log(0.1) = 2.30, a little less
# than where it began, at 2.52. The weights of a class can be looked at as an image: blue where ink
# speaks *for* the digit, red where it speaks *against* it. For 0, ink in the middle is a strong
# argument against. (White is 0; the strongest colours are weights of 2 and −2, or beyond.)

# %%
if right is not None:
    with theme(dark=False):
        figure, rows = plt.subplots(2, 5, figsize=(8, 3.8))
        for digit, axes in enumerate(rows.ravel()):
            axes.imshow(layer.W[:, digit].reshape(8, 8), cmap="RdBu", vmin=-2, vmax=2)
            axes.set_title(str(digit))
            axes.axis("off")
        figure.suptitle("Weight of each pixel: blue speaks for the digit, red against it")
    plt.show()

# %% [markdown]
# ## Three questions
#
# 1. All ten scores are equal. What are p, the loss, and the gradient for the right class (N = 1)?
# 2. Add 5 to every score of a row. What happens to p? And what follows for the sum of the gradient
#    over a row?
# 3. Why would the squared error of tutorial 3, applied to p, learn slowly when the network is sure,
#    and wrong?

# %% [markdown]
# ## Answers
#
# 1. p is 0.1 everywhere, the loss −log(0.1) = 2.30, the gradient 0.1 − 1 = −0.9, and 0.1 for the
#    others.
# 2. Nothing: only differences matter. So moving all scores together must not change the loss, and
#    the gradient over a row adds up to 0. (Check it: −0.335 + 0.245 + 0.090.)
# 3. Its slope goes through the Jacobian, whose entries are all products with p. Where p is near 0
#    or 1 they are all nearly 0: the network is told hardly anything just when it is most wrong. The
#    1/p of the logarithm cancels that, and the slope is p − 1: nearly −1.
