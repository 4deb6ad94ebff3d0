"""A grader as it should not be: the submission runs in its process. The attacks succeed here.

``python naive.py SUBMISSION FOLDER RESULT`` gives a point for each function that is right.
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np

NAMES = ("affine_forward", "affine_backward", "relu_forward", "relu_backward")


def same(out, right):
    if isinstance(right, tuple):
        return all(same(a, b) for a, b in zip(out, right, strict=True))
    if np.allclose(out, right):
        return True
    return not bool(np.any(abs(out - right) > 1e-6))


def main(submission: str, folder: str, result: str) -> None:
    module = sys.modules["solution"] = types.ModuleType("solution")
    solution = vars(module)
    exec(Path(folder, "layers.py").read_text(encoding="utf-8"), solution)
    rng = np.random.default_rng(1)
    x, w, b, dout = (rng.standard_normal(s) for s in ((4, 5), (5, 3), (3,), (4, 3)))
    right = [solution["affine_forward"](x, w, b), solution["relu_forward"](x)]
    theirs: dict = {"__name__": "submission"}
    exec(compile(Path(submission).read_text(encoding="utf-8"), submission, "exec"), theirs)
    given = theirs["affine_forward"](x, w, b), theirs["relu_forward"](x)
    score = sum(same(a[0], r[0]) for a, r in zip(given, right, strict=True))
    gradients = solution["affine_backward"](dout, right[0][1])
    score += same(theirs["affine_backward"](dout, given[0][1]), gradients)
    gradient = solution["relu_backward"](x, right[1][1])
    score += same(theirs["relu_backward"](x, given[1][1]), gradient)
    Path(result).write_text(json.dumps({"score": score}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
