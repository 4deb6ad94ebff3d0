"""Walks to try things on, each made once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from minnet.steps.choose import choose
from minnet.steps.terminal.pressing import press
from minnet.steps.terminal.state import State, begin
from minnet.steps.walk import Walk, walk_of

#: a mean for a sum, a lost sign, a transposed gradient, a NaN, a product that cannot be
BROKEN = """\
import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b  # \x1b[2J is no way to clear a screen
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.mean(axis=0)
    return dx, dw, db


def batchnorm_forward(x, gamma, beta, bn_param):
    mean = x.mean(axis=0)
    xc = x - mean
    var = (xc**2).mean(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    return gamma * xhat + beta, (xhat, xc, std, gamma)


def batchnorm_backward(dout, cache):
    xhat, xc, std, gamma = cache
    dxhat = dout * gamma
    dvar = (dxhat * xc).sum(axis=0) * 0.5 * std**-3
    dmean = -(dxhat / std).sum(axis=0)
    dx = dxhat / std + dvar * 2 * xc / len(dout) + dmean / len(dout)
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def linear_forward(x, w, b):
    return x @ w + b, (x, w)


def linear_backward(dout, cache):
    x, w = cache
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)  # dw is transposed


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, x):
    dx = dout * np.where(x > 0, 1.0, np.nan)
    return dx


def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def sigmoid_backward(dout, out):
    s = dout * out
    return s @ (1 - out)
"""
#: what `BROKEN` has, and a walk can be had of
WRONG = ("affine", "batchnorm", "linear", "relu", "sigmoid")


@cache
def walk(name: str) -> Walk:
    """Return the walk through a layer of minnet's, or through a function of `BROKEN`."""
    if name in WRONG:
        return walk_of(choose(f"{broken_file()}:{name}"))
    return walk_of(choose(name))


@cache
def broken_file() -> Path:
    """Return a file with wrong backward passes."""
    path = Path(mkdtemp(dir=gettempdir())) / "layers.py"
    path.write_text(BROKEN, encoding="utf-8")
    return path


def after(name: str, *keys: str, at: str | None = None) -> State:
    """Return where keys lead; several characters that are no name of a key are typed."""
    there = walk(name)
    state = begin(there, None if at is None else there.place(at))
    for key in keys:
        state = press(there, state, key)
    return state
