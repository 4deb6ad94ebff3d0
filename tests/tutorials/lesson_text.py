"""A small tutorial of the tests' own: one exercise with a check of minnet's, one with its own."""

TEXT = """\
# ---
# title: Twice
# question: What is twice a number?
# teaches: doubling
# minutes: 5
# ---
# %% [markdown]
# # Twice
#
# What is **twice** a number? Take `2 * x`, and *look*:
#
# - one
# - two, which is a long item that goes on and on and on, until it does not fit into a line

# %%
import numpy as np

import minnet

seen = []


# %%
def double_forward(x):
    return 2 * x, None


def double_backward(dout, cache):
    # BEGIN SOLUTION
    # MISTAKE scale: dx = 3 * dout
    dx = dout + dout
    # END SOLUTION
    return dx


# %%
report = minnet.check_functions(double_forward, double_backward, np.array([1.0, 2.0, 3.0]))
print(report)


# %%
def step(W, dW):
    # BEGIN SOLUTION
    # MISTAKE sign: new = W + dW
    new = W - dW
    # END SOLUTION
    return new


# %%
def check_step():
    try:
        found = step(3.0, 1.0)
    except NotImplementedError:
        return "todo: step is still to be written"
    return "" if found == 2.0 else f"FAIL[sign] step: from 3 against 1 to {found}"


print(check_step() or "step is right")

# %% [markdown]
# Answers: none.
"""
