# ---
# title: A slope
# question: If I change x a little, how much does f(x) change?
# teaches: what a derivative is, and why the step h must be neither large nor small
# minutes: 25
# ---
# %% [markdown]
# # A slope
#
# **If I change x a little, how much does f(x) change?**
#
# A neural network is a machine with thousands of knobs. It gives an answer, and the answer is more
# or less wrong. To improve it we ask of every knob the same question: if I turn this one a little,
# does the error go up or down, and how fast? Then we turn each knob the good way, a little. Asked
# and answered a few thousand times, this is all that "training" is.
#
# So everything begins with one knob. Call its setting `x`, and what comes out `f(x)`, to be read
# "f of x". As an example take `f(x) = x²`: what comes out is the setting times itself.
#
# (Run the cells of code one after the other, and compare what they print with the text. `theme` in
# the first lines is only about how the pictures look.)

# %%
import matplotlib.pyplot as plt
import numpy as np

import minnet
from minnet.drawing.theme import theme


def square(x):
    return x**2


print("f(3)   =", square(3.0))
print("f(3.1) =", round(square(3.1), 6))

# %% [markdown]
# ## A change, divided by a change
#
# We moved x from 3 to 3.1, by **h = 0.1**. The letter h is the usual name of a small step. What
# came out moved from 9 to 9.61, by 0.61. So f moved about six times as far as x did:
#
#     change of f      f(x + h) - f(x)      9.61 - 9      0.61
#     -----------  =  -----------------  =  --------  =  ----  =  6.1
#     change of x             h                0.1        0.1
#
# That number says how steep f is around x = 3. The same with smaller and smaller steps:

# %%
for h in (1.0, 0.1, 0.01, 0.001):
    change = square(3 + h) - square(3)
    print(f"h = {h:<6}  f(x+h) - f(x) = {change:<9.6f}  divided by h: {change / h:.3f}")

# %% [markdown]
# 7, then 6.1, then 6.01, then 6.001: the smaller the step, the closer to **6**. This 6 is called
# the **slope** of f at x = 3, or its **derivative** there. It is written `f'(3) = 6` ("f prime of
# 3"), or `df/dx = 6`: d for a tiny change, of f above, of x below.
#
# Why 6? Multiply it out, once with letters and once with our numbers, x = 3 and h = 0.1:
#
#     f(x + h)            = (x + h)·(x + h) = x² + 2·x·h + h²     9 + 0.6 + 0.01  = 9.61
#     minus f(x)          =                        2·x·h + h²         0.6 + 0.01  = 0.61
#     divided by h        =                        2·x   + h          6   + 0.1   = 6.1
#
# The answer is `2·x + h`. The h at its end is what we add by taking a step that is not tiny; let h
# shrink to nothing and `2·x` is left. So the derivative of x² is `2·x`, at every x: 6 at x = 3, 0
# at x = 0, and −2 at x = −1, where going right makes f *smaller*. A minus says "downhill".
#
# Turned round: who knows the slope can say beforehand how far f will move for a small step. It is
# about **slope · h**: at x = 3, with h = 0.1, about 6 · 0.1 = 0.6 (it was 0.61). All of
# backpropagation lives on this.
#
# In a picture, the slope is how steep the line is that touches the curve at that point. The dashed
# line goes through two points of the curve instead, h = 1 apart: too steep, at 7.

# %%
with theme(dark=False):
    x = np.linspace(0, 5, 101)
    plt.figure(figsize=(6.5, 4))
    plt.plot(x, square(x), label="f(x) = x²")
    plt.plot(x, 9 + 6 * (x - 3), label="slope 6: touches at x = 3")
    plt.plot(x, 9 + 7 * (x - 3), "--", color="gray", label="slope 7: through x = 3 and x = 4")
    plt.plot([3, 4], [9, 16], "o", color="black")
    plt.ylim(-3, 25)
    plt.xlabel("x")
    plt.ylabel("f(x)")
    plt.title("The slope of x² at 3")
    plt.legend()
plt.show()

# %% [markdown]
# ## Step both ways
#
# A step to the right gave 6.1, a little too much. A step of the same length to the left gives 5.9,
# a little too little. The truth is in the middle. So take both: go from `x - h` to `x + h`.
#
#     f(x + h) - f(x - h)      9.61 - 8.41      1.2
#     -------------------  =  -------------  =  ---  =  6
#            2·h                   0.2          0.2
#
# Mind what stands below the line: from x − h to x + h it is a way of **two** h. This is called the
# **central difference**, because x lies in the centre.
#
# ## Exercise 1
#
# Write it. `f` is any function, `x` a place, `h` a step. Your code comes where `raise
# NotImplementedError(...)` stands, in its place: that line only says that nothing is written yet.
# Give `slope` its value; `return slope`, which hands it back, is there already.


# %%
def central(f, x, h):
    """Return the slope of f at x, from one step of h to each side."""
    # BEGIN SOLUTION
    # MISTAKE scale: slope = (f(x + h) - f(x - h)) / h
    # MISTAKE scale: slope = (f(x + h) - f(x - h)) / 2 * h
    # MISTAKE sign: slope = (f(x - h) - f(x + h)) / (2 * h)
    slope = (f(x + h) - f(x - h)) / (2 * h)
    # END SOLUTION
    return slope


# %% [markdown]
# Now let minnet look at it. `check_gradient(f, slope, x)` takes a function, what you claim its
# slope is, and a place. It measures the slope in its own way and compares. ("Gradient" is the word
# for slopes when there are several knobs; with one knob it is the slope.)
#
# (`lambda x: ...` is a function without a name: here "what `central` finds at x". A place is given
# as an array, `np.array(3.0)`.) We check it twice, the second time with another function, another
# place and another step, lest it be right for x² alone.


# %%
def hill(x):
    return x * (10 - x)


report = minnet.check_gradient(square, lambda x: central(square, x, h=0.1), np.array(3.0))
print(report)
report_hill = minnet.check_gradient(hill, lambda x: central(hill, x, h=2.0), np.array(4.0))
print(report_hill)

if report and report_hill:
    print("central(square, 3.0, h=0.1) =", round(central(square, 3.0, h=0.1), 6))
    assert abs(central(square, 3.0, h=0.1) - 6) < 1e-9

# %% [markdown]
# What is printed is called a **report**. It says `ok`, with how many digits of your slope agree
# with the measured one; or `todo` while nothing is written; or `FAIL`, and then what the mistake is
# and in which line. Some words in it:
#
# - `dx` or "the gradient of x": the slope that you claim when x is moved; `backward` is the
#   function that claims it, here yours;
# - `analytic` is what you claim, `numeric` what was measured, `± error bar` how exact that is;
# - an `element` is one number of an array, `()` the only number where there is just one; a `case`
#   is what was tried, and the numbers need not be those that you gave;
# - `forward not compared`: only the slope was looked at, not whether f is what you meant;
# - `seed 0`: where the check's random numbers begin. It is of no importance here.
#
# `if report:` in the code means "if all was right". An `assert` is silent where what follows it is
# true, and stops where it is not: it guards the numbers that the text tells.
#
# ## How small should h be?
#
# For x² the two errors, +h to the right and −h to the left, cancel wholly. That is luck; for most
# functions something is left over. Take `f(x) = x³`, whose slope is `3·x²`: 12 at x = 2. Multiplied
# out, (2 + h)³ is 8 + 12·h + 6·h² + h³. So one step to the right gives `12 + 6·h + h²`; in the
# central difference the 6·h cancel, and `12 + h²` is left:
#
#     h       one step     central
#     0.1     12.61        12.01
#     0.01    12.0601      12.0001
#
# With a step ten times shorter, the error of the one is ten times smaller, that of the other a
# hundred times. So central is better, and a smaller h is better: why not take an h as tiny as the
# computer can? Let us try, from h = 1 down to h = 0.000 000 000 000 01. A computer writes 0.001 as
# `1e-3`, and this last one as `1e-14`.


# %%
def cube(x):
    return x * x * x


def one_step(f, x, h):
    return (f(x + h) - f(x)) / h


steps = 10.0 ** -np.arange(15)  # 1, 0.1, 0.01, ..., 1e-14
errors_one_step = [abs(one_step(cube, 2.0, h) - 12) for h in steps]

if report and report_hill:
    errors_central = [abs(central(cube, 2.0, h) - 12) for h in steps]
    for h, error in zip(steps, errors_central, strict=True):
        print(f"h = {h:.0e}   error of the central difference = {error:.1e}")
    assert abs(central(cube, 2.0, 0.1) - 12.01) < 1e-9
    assert errors_central[14] > 0.1 and min(errors_central) < 1e-9
else:
    errors_central = []
    print("when central is right, this shows its errors")

# %%
with theme(dark=False):
    plt.figure(figsize=(6.5, 4))
    # an error of exactly 0 has no place on an axis of powers of ten: draw 1e-16 instead
    plt.loglog(steps, np.maximum(errors_one_step, 1e-16), "s--", label="one step")
    if errors_central:
        plt.loglog(steps, np.maximum(errors_central, 1e-16), "o-", label="central")
    plt.gca().invert_xaxis()
    plt.xlabel("step h, shorter to the right")
    plt.ylabel("error of the slope")
    plt.title("Too long on the left, too short on the right")
    plt.legend()
plt.show()

# %% [markdown]
# Both axes count in powers of ten: 10⁻² is 0.01, 10⁻⁴ is 0.0001. Read it from left to right. First
# the error falls, as we hoped. Then it *rises* again, and at h = 1e-14 the slope is off by 0.12,
# twelve times as much as with h = 0.1. What happened?
#
# A computer keeps about **16 digits** of a number. With h = 1e-14, f(2 + h) is 8.00000000000012 and
# f(2 − h) is 7.99999999999988, each rounded in its last digit or so. Subtract them, and all that
# they share is gone: two or three digits are left, and the last of those was rounded. Then we
# divide by a tiny number, which makes this small error big. So there are two errors that pull in
# opposite directions:
#
# - **a step too long** looks past a bend of the curve: the error is about h² for central;
# - **a step too short** leaves no digits: the error is about 0.000 000 000 000 001 / h.
#
# Between the two is the best h, here near 1e-5, and it differs from function to function. minnet
# does not guess it. It measures with many h, looks where the answers agree, and says how far it
# trusts the result: that is the column `± error bar` of its tables.

# %% [markdown]
# ## A slope by a formula
#
# Measuring takes two runs of f for each knob. A network has a thousand knobs or a billion, so for
# training we want a *formula* for the slope, as `2·x` was one for x². Measuring stays as the
# check that a formula is right. This is the whole idea of this toolkit.
#
# Here is a function that we shall use in the next tutorial. The **sigmoid** squeezes any number
# into the range from 0 to 1. `e` is the number 2.718..., and `e⁻ˣ`, in NumPy `np.exp(-x)`, is large
# for a very negative x, 1 at x = 0, and close to 0 for a large x:
#
#     s(x) = 1 / (1 + e⁻ˣ)        s(−5) = 0.0067      s(0) = 1/2      s(5) = 0.9933
#
# Its slope is known:
#
#     s'(x) = s(x) · (1 − s(x))
#
# At x = 0 that is 0.5 · 0.5 = 0.25. Far to the left or right it is nearly 0: the curve is flat.
# (Why it is this formula can be worked out with the rules of tutorial 2. Here we take it as given,
# and check it, as one should with every formula.)


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


with theme(dark=False):
    x = np.linspace(-6, 6, 121)
    plt.figure(figsize=(6.5, 3.6))
    plt.plot(x, sigmoid(x), label="s(x)")
    plt.plot(x, (sigmoid(x + 1e-5) - sigmoid(x - 1e-5)) / 2e-5, "--", label="its slope, measured")
    plt.xlabel("x")
    plt.title("The sigmoid and its slope")
    plt.legend()
plt.show()

# %% [markdown]
# ## Exercise 2
#
# Write the slope of the sigmoid as a formula. The check of such a thing asks for two functions:
#
# - a **forward**, which returns the value and whatever should be remembered: here simply x;
# - a **backward**, which is given a number called `dout` and what was remembered, and returns the
#   slope **times dout**. Why times dout is the subject of the next tutorial; here, just multiply.
#
# With dout = 2 and x = 0, say, it returns 2 · 0.25 = 0.5. `x` may be one number or an array of
# them; NumPy does the same to each. Look closely at what stands in the formula of the slope: is it
# x, or s(x)? You get x; `sigmoid(x)` above gives s(x).


# %%
def sigmoid_forward(x):
    return sigmoid(x), x


def sigmoid_backward(dout, x):
    """Return dout times the slope of the sigmoid at x."""
    # BEGIN SOLUTION
    s = sigmoid(x)
    # MISTAKE local_derivative_of_input: dx = dout * x * (1 - x)
    # MISTAKE wrong_factor: dx = dout * s
    # MISTAKE sign: dx = dout * s * (s - 1)
    dx = dout * s * (1 - s)
    # END SOLUTION
    return dx


# %%
places = np.array([-3.0, -1.0, 0.0, 0.5, 2.0])
report = minnet.check_functions(sigmoid_forward, sigmoid_backward, places)
print(report)

if report:
    slope_at_0, slope_at_2 = sigmoid_backward(1.0, 0.0), sigmoid_backward(1.0, 2.0)
    print(f"slope at 0: {slope_at_0:.4f}   slope at 2: {slope_at_2:.4f}")
    assert slope_at_0 == 0.25 and abs(slope_at_2 - 0.105) < 1e-4

# %% [markdown]
# ## Step through it
#
# `minnet.step` runs forward and backward and keeps every number. Ask it for one, and it shows from
# what it was made. minnet has a sigmoid of its own, `minnet.Sigmoid()`; `dx[0,0]` is the slope at
# the first place (row 0, column 0) times `dout`, for which `step` has taken 0.1. That place is x =
# 2, where s = 0.8808, so that s·(1 − s) = 0.105, and 0.1 times that is 0.0105.

# %%
walk = minnet.step(minnet.Sigmoid(), np.array([[2.0, 0.0]]))
print(walk.number("dx[0,0]"))

# %% [markdown]
# minnet's own code stands in the first line; what we call s is called `out` in it, for output. It
# has multiplied dout·s·(1 − s) out, as dout·s − dout·s·s, and shows the two terms with their sum so
# far. The line that begins with `∂L/∂x` (∂ is a curly d; read "slope of L for x", and L is what is
# measured at the very end, of which tutorial 2 tells) is the same slope measured by small steps,
# with its error bar. They agree. `its twin` is the value whose slope this is.
#
# ## What could go wrong
#
# The slope of sin(x) is cos(x). Suppose someone remembers it with a minus. (The function adds up
# the sines at four places, as a check wants one number out; each place is a knob of its own.)


# %%
def sum_of_sines(x):
    return np.sin(x).sum()


def claimed(x):
    return -np.cos(x)


print(minnet.check_gradient(sum_of_sines, claimed, np.array([0.0, 1.0, 2.0, 3.0])))

# %% [markdown]
# Read it from the top. `FAIL[sign]` is the name of the mistake; `minnet explain sign` tells more of
# it. The arrow `-->` shows the line. In the table, `analytic` and `numeric` are the same but for
# their sign, and the error bar is far smaller than either: so there is no doubt.
#
# `(--hints fix shows it)` means that minnet knows a change of this line that cures it, and leaves
# it to you to find. If you are stuck, ask for it: write `hints="fix"` as a last argument of the
# check, as in `minnet.check_gradient(sum_of_sines, claimed, x, hints="fix")`, or in the terminal
# `minnet tutorial 1 --check FILE --hints fix`.
#
# ## A place without a slope
#
# `|x|`, the size of x without its sign, goes down to 0 and up again, with a sharp corner at 0. Such
# a corner is called a **kink**. To its right the slope is 1, to its left −1, and at 0 there is
# none.

# %%
for h in (0.1, 0.001):
    right = (abs(0 + h) - abs(0)) / h
    left = (abs(0) - abs(0 - h)) / h
    both = (abs(0 + h) - abs(0 - h)) / (2 * h)
    print(f"h = {h:<6} right: {right}   left: {left}   central: {both}")

# %% [markdown]
# The central difference says 0, the average of the two, and no smaller h helps. This is neither an
# error of yours nor a reason to worry: minnet counts such places and accepts anything between the
# two slopes. We meet them again in tutorial 6.
#
# ## Three questions
#
# 1. f(5) = 20 and f(5.01) = 19.97. What is the slope of f at 5, about? If f is an error that we
#    want to be small, should x become larger or smaller?
# 2. A friend measures slopes with h = 1e-14, "because smaller is more exact". What do you tell
#    them?
# 3. The sigmoid's slope is largest at x = 0. What does it mean for a knob that it is nearly 0 at x
#    = 10?

# %% [markdown]
# ## Answers
#
# 1. (19.97 − 20) / 0.01 = −3. The slope is negative: making x larger makes the error smaller, so x
#    should become larger. One always goes *against* the sign of the slope.
# 2. That the two values of f then agree in nearly all of their 16 digits, so that what is left
#    after subtracting is mostly rounding. About 1e-5 is far better for a central difference.
# 3. Where the slope is nearly 0, turning the knob changes nearly nothing. A network whose sigmoids
#    all stand there hardly learns: it is told that no knob makes a difference.
