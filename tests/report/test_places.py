"""A place in a notebook is told by its cell, in one checked as a file and in a live one."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

import minnet
from minnet.report.words import shown_path, shown_place

CELLS = [
    "%matplotlib inline\nimport numpy as np",
    "1 / 0",
    "def twice(x):\n    return 2 * x",
    "def tanh_forward(x):\n    return np.tanh(x), x\n"
    "def tanh_backward(dout, x):\n    return twice(dout) * (1 - np.tanh(x) ** 2)",
    "!ls\ndef relu_forward(x):\n    return np.maximum(x, 0), x\n"
    "def relu_backward(dout, x):\n    raise ValueError('not yet')",
]


def test_cells_run_in_order_and_a_place_is_a_cell_and_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in CELLS]
    cells.insert(0, {"cell_type": "markdown", "source": ["# Homework"]})
    path = tmp_path / "homework.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    report = minnet.check("homework.ipynb")
    assert {check.name: check.verdict for check in report.checks} == {
        "tanh": "fail",
        "relu": "error",
    }
    assert "--> homework.ipynb, cell 5, line 5" in str(report)
    assert minnet.check("homework.ipynb::tanh").checks[0].name == "tanh"


def test_where_no_cell_runs_the_first_that_failed_is_told(tmp_path):
    path = tmp_path / "homework.ipynb"
    cells = [{"cell_type": "code", "source": "import numpy\n1 / 0"}]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    (target,) = minnet.check(path).targets
    assert "cell 1, line 2: 1 / 0: ZeroDivisionError: division by zero" in target.error


def test_in_a_live_notebook_a_place_is_named_as_the_notebook_names_its_cells(monkeypatch):
    named = {"/tmp/ipykernel_1/23.py": ("Cell", "In[4]")}
    live = SimpleNamespace(compile=SimpleNamespace(format_code_name=named.get))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: live))
    assert shown_place("/tmp/ipykernel_1/23.py", 3) == "cell In[4], line 3"
    assert shown_path("/tmp/ipykernel_1/23.py") == "cell In[4]"
    assert shown_place("layers.py", 3) == "layers.py:3"


def test_a_kernel_of_jupyter_gives_the_names_that_are_looked_for():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    layer = "class Twice:\n    def forward(self, x): return 2 * x\n    def backward(self, dout):\n"
    code = [
        "import numpy as np\nfrom minnet import check_layer",
        layer + "        raise ValueError('not yet')",
        "print(check_layer(Twice(), np.ones((2, 3))))",
    ]
    cells = [nbformat.v4.new_code_cell(text) for text in code]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    assert "--> cell In[2], line 4" in notebook.cells[2].outputs[0]["text"]
