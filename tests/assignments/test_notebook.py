"""A notebook is made from the same file that is graded, and back."""

from __future__ import annotations

import json

import pytest

from minnet.assignments.notebook import (
    Cell,
    NotebookError,
    cells,
    hand_in,
    notebook,
    script,
)

MODULE = '''"""Layers to write."""

import numpy as np

LARGE = 3  # a constant
SMALL = 1


# a helper
def helper(x):
    return x


@staticmethod
def f(x):
    """Doc."""

    # %d is no cell
    return helper(x)


class Linear:
    def forward(self):
        pass

    def backward(self):
        pass


if SMALL:
    f = f
'''
SCRIPT = """# ---
# title: old header
# ---

# %% [markdown]
# # Softmax
#
# It *adds up* to one.

# %%
import math

# %% a title tags=["hidden", "a"] nbgrader={"grade": true}
def f(x):
    # not %% a border
    return math.exp(x)


# %% [md]
# Done.
# %%
"""


def test_a_module_becomes_a_cell_for_each_function_and_class():
    made = cells(MODULE)
    assert [cell.kind for cell in made] == ["markdown"] + ["code"] * 5
    assert made[0].source == "Layers to write."
    assert made[1].source == "import numpy as np\n\nLARGE = 3  # a constant\nSMALL = 1"
    assert made[2].source.startswith("# a helper\ndef helper") and "@staticmethod" in made[3].source
    assert made[4].source.count("def ") == 2 and made[5].source == "if SMALL:\n    f = f"


def test_nothing_of_a_module_is_lost_on_the_way_back():
    back = script(notebook(cells(MODULE)))
    assert back.split() == MODULE.split()[3:]  # all but the docstring


def test_a_script_has_the_cells_it_says():
    made = cells(SCRIPT)
    assert [cell.kind for cell in made] == ["markdown", "code", "code", "markdown"]
    assert made[0].source == "# Softmax\n\nIt *adds up* to one."
    assert made[2].metadata == {
        "title": "a title", "tags": ["hidden", "a"], "nbgrader": {"grade": True},
    }  # fmt: skip
    assert made[2].source.endswith("return math.exp(x)") and made[3].source == "Done."


def test_a_border_in_a_string_is_none():
    (cell,) = cells('# %%\ntext = """\n# %% [markdown]\n"""\n# %%time is no border\n')
    assert cell.source.count("%%") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# %% [markdown]\n# text\nx = 1\n", "line 3: code in a cell of text"),
        ("x = 1\n# %%\n", "line 1: code before the first cell"),
        ("# %% tags=[1\nx = 1\n", "line 1: 'tags=[1' is not key=JSON"),
        ("# %%\nx = (\n", "this does not compile"),
    ],
)
def test_code_that_would_be_lost_is_told(text, said):
    with pytest.raises(NotebookError, match="^script.py, line ") as caught:
        cells(text)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_the_same_file_gives_the_same_notebook_and_a_change_changes_one_id():
    first, again = notebook(cells(MODULE)), notebook(cells(MODULE))
    assert first == again
    other = notebook(cells(MODULE.replace("return helper(x)", "return helper(2 * x)")))
    ids, changed = ([cell["id"] for cell in json.loads(t)["cells"]] for t in (first, other))
    assert sum(a != b for a, b in zip(ids, changed, strict=True)) == 1


def test_a_notebook_has_what_its_format_asks_for():
    parts = [Cell("code", "x = 1\ny = 2"), Cell("code", "x = 1\ny = 2"), Cell("raw", "a"),
             Cell("markdown", "b", {"tags": ["t"]})]  # fmt: skip
    read = json.loads(notebook(parts))
    assert (read["nbformat"], read["nbformat_minor"]) == (4, 5)
    assert set(read) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    ids = [cell["id"] for cell in read["cells"]]
    assert len(set(ids)) == 4 and all(i.isalnum() and len(i) <= 64 for i in ids)
    for cell in read["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
    assert read["cells"][0]["source"] == ["x = 1\n", "y = 2"]


def test_what_is_handed_in_is_the_code_without_minnet_s_own_cells(tmp_path, capsys):
    parts = [
        Cell("markdown", "# Text"),
        Cell("code", "%matplotlib inline\n!ls\nx = 1"),
        Cell("code", "y = (7\n  % 4)"),
        Cell("code", "import minnet", {"tags": ["minnet"]}),
    ]
    (tmp_path / "layers.ipynb").write_text(notebook(parts), encoding="utf-8")
    hand_in(tmp_path / "layers.ipynb", tmp_path / "layers.py")
    names: dict = {}
    text = (tmp_path / "layers.py").read_text(encoding="utf-8")
    exec(text, names)
    assert names["x"] == 1 and names["y"] == 3 and "minnet" not in names
    assert "# %matplotlib" in text and "layers.py is written: 7 lines" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{}]}', "x = 1"])
def test_what_is_no_notebook_is_told(text):
    with pytest.raises(NotebookError, match=r"notebook\.ipynb is not a notebook"):
        script(text)
