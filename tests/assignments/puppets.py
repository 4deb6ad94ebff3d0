"""Small assignments to grade, made in a folder."""

from __future__ import annotations

from pathlib import Path

from minnet.assignments.folder import Assignment, read_assignment
from minnet.assignments.grade import Grade

AFFINE = """
import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(len(x), -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x):
    out = np.maximum(x, 0)
    return out, x


def relu_backward(dout, cache):
    dx = dout * (cache > 0)
    return dx
"""
AFFINE_TOML = """
title = "Affine and ReLU"
file = "layers.py"
hints = "full"
seconds = {seconds}
memory_mb = 512
secret = "nobody knows"

[[item]]
name = "affine"
forward = 20
backward = 40

[[item]]
name = "relu"
forward = 10
backward = 30
"""


def assignment_in(
    folder: Path, solution: str = AFFINE, toml: str = AFFINE_TOML, seconds: float = 60
) -> Assignment:
    """Make an assignment of a solution, that nobody else can read."""
    folder.mkdir(mode=0o700, parents=True)
    (folder / "layers.py").write_text(solution, encoding="utf-8")
    (folder / "assignment.toml").write_text(toml.format(seconds=seconds), encoding="utf-8")
    return read_assignment(folder)


def lost(grade: Grade) -> set[tuple[str, str, str]]:
    """Return what a submission lost points on: the function, the gradient or "", the family."""
    return {(i.name, i.wrt, i.family) for i in grade.items if i.score < i.max_score}
