"""A file that both versions of Python read is of the one that runs the notebooks it is used in."""

import json

import pytest

import minnet

LAYERS = """
import numpy as np


def mean_pool_forward(x):
    middle = x.shape[1] / 2
    return x[:, :middle] / np.sqrt(2), (x.shape, middle)


def mean_pool_backward(dout, cache):
    shape, middle = cache
    dx = np.zeros(shape)
    dx[:, :middle] = dout * (1 / np.sqrt(2))
    return dx


def minnet_cases(rng):
    yield "mean_pool", (rng.standard_normal((3, 4)),)
"""


def notebook(version, source):
    said = {"language_info": {"pygments_lexer": f"ipython{version}"}}
    cells = [{"cell_type": "code", "source": source}]
    return json.dumps({"cells": cells, "metadata": said, "nbformat": 4})


@pytest.mark.parametrize(
    ("versions", "verdict"), [((2,), "pass"), ((2, 2), "pass"), ((3,), "error"), ((2, 3), "error")]
)
def test_the_notebooks_that_import_it_tell_the_version(tmp_path, versions, verdict):
    package = tmp_path / "course"
    package.mkdir()
    (package / "layers.py").write_text(LAYERS, encoding="utf-8")
    for number, version in enumerate(versions):
        told = notebook(version, "from course.layers import *")
        (tmp_path / f"{number}.ipynb").write_text(told, encoding="utf-8")
    (tmp_path / "other.ipynb").write_text(notebook(3, "import numpy"), encoding="utf-8")
    assert minnet.check(str(package / "layers.py")).verdict == verdict
