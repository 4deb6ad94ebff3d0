"""An assignment.toml is read exactly, and each mistake in one gets one clear line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from minnet.assignments.folder import (
    Assignment,
    AssignmentError,
    Item,
    need_solution,
    read_assignment,
)

ITEM = '[[item]]\nname = "conv"\nforward = 20\nbackward = 40\nhard = 0.3\n'
HEAD = 'title = "Convolution"\nfile = "layers.py"\n'


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "assignment.toml").write_text(text, encoding="utf-8")
    return tmp_path


def mistake(tmp_path: Path, text: str) -> str:
    with pytest.raises(AssignmentError) as caught:
        read_assignment(folder(tmp_path, text))
    said = str(caught.value)
    assert "\n" not in said and str(tmp_path) in said
    return said


def test_everything_said_is_read(tmp_path):
    text = (
        HEAD + 'hints = "full"\nseconds = 12.5\nmemory_mb = 512\n'
        'imports = ["numpy", "scipy"]\nsecret = "rose"\n' + ITEM
    )
    assert read_assignment(folder(tmp_path, text)) == Assignment(
        tmp_path, "Convolution", "layers.py", "full", 12.5, 512, ("numpy", "scipy"),
        (Item("conv", Fraction(20), Fraction(40), Fraction(3, 10)),), "rose",
    )  # fmt: skip


def test_what_is_not_said_has_a_default(tmp_path):
    text = HEAD + '[[item]]\nname = "conv"\nforward = 20\n'
    read = read_assignment(folder(tmp_path, text))
    assert (read.hints, read.seconds, read.memory_mb) == ("code", 60.0, 1024)
    assert read.imports == ("numpy",) and read.secret == ""
    assert read.items[0] == Item("conv", Fraction(20), Fraction(0), Fraction(2, 5))


def test_points_are_exact(tmp_path):
    items = "".join(f'[[item]]\nname = "f{k}"\nforward = 0.1\n' for k in range(10))
    assert read_assignment(folder(tmp_path, HEAD + items)).points == 1


def test_the_toml_itself_may_be_named_and_may_come_from_windows(tmp_path):
    (tmp_path / "assignment.toml").write_bytes(
        b"\xef\xbb\xbf" + (HEAD + ITEM).replace("\n", "\r\n").encode()
    )
    assert read_assignment(tmp_path / "assignment.toml").title == "Convolution"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "is not TOML"),
        ("seconds = nan\n" + HEAD + ITEM, "is not TOML"),
        ('file = "layers.py"\n' + ITEM, 'there is no title; write title = "Convolution"'),
        ('title = "A"\n' + ITEM, 'there is no file; write file = "layers.py"'),
        (HEAD + 'hint = "code"\n' + ITEM, "there is no key 'hint'; did you mean hints?"),
        (HEAD + "colour = 1\n" + ITEM, "there is no key 'colour'; there are title, file, hints"),
        (HEAD + 'hints = "all"\n' + ITEM, "hints = 'all' is none of none, code, full, fix"),
        (HEAD + 'hints = "ful"\n' + ITEM, "did you mean full?"),
        (HEAD + "seconds = 0\n" + ITEM, "seconds = 0 is not a number of seconds above 0"),
        (HEAD + 'seconds = "60"\n' + ITEM, "seconds = '60' is not a number of seconds"),
        (HEAD + "seconds = true\n" + ITEM, "seconds = true is not a number"),
        (HEAD + "memory_mb = 64\n" + ITEM, "memory_mb = 64 is too little"),
        (HEAD + "memory_mb = 0.5\n" + ITEM, "memory_mb = 0.5 is not a whole number"),
        (HEAD + 'imports = "numpy"\n' + ITEM, 'imports = \'numpy\' is not a list; write imports'),
        (HEAD + 'imports = ["a-b"]\n' + ITEM, "'a-b' is not the name of a package"),
        ('title = ""\nfile = "layers.py"\n' + ITEM, "title = '' is not a line of text"),
        ('title = "A\\nB"\nfile = "layers.py"\n' + ITEM, "is not a line of text"),
        ('title = "A"\nfile = "../layers.py"\n' + ITEM, "'../layers.py' is a path"),
        ('title = "A"\nfile = "layers"\n' + ITEM, "'layers' is not the name of a Python file"),
        (HEAD, "there is no [[item]], so there are no points"),
        (HEAD + '[item]\nname = "a"\n', "write [[item]] with two brackets"),
        (HEAD + "item = 3\n", "an item is a table"),
        (HEAD + ITEM + ITEM, "there are 2 items 'conv'"),
        (HEAD + "[[item]]\nforward = 2\n", "item 1: it has no name"),
        (HEAD + '[[item]]\nname = "conv"\n', "item 1 (conv): it has no points"),
        (HEAD + '[[item]]\nname = "conv"\nforward = 0\n', "it has no points"),
        (HEAD + '[[item]]\nname = "c"\nfoward = 2\n', "no key 'foward'; did you mean forward?"),
        (HEAD + '[[item]]\nname = "c"\nforward = -2\n', "forward = -2 is not a number of points"),
        (HEAD + '[[item]]\nname = "c"\nforward = 1\nhard = 40\n', "hard = 40 is not a share"),
        (HEAD + "[[item]]\nname = 3\nforward = 1\n", "name = 3 is not a line of text"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(tmp_path, text, said):
    assert said in mistake(tmp_path, text)


def test_a_folder_that_is_none_is_told(tmp_path):
    with pytest.raises(AssignmentError, match="there is no folder .*nowhere"):
        read_assignment(tmp_path / "nowhere")
    with pytest.raises(AssignmentError, match="has no assignment.toml; minnet assignment new"):
        read_assignment(tmp_path)


def test_a_solution_that_is_missing_is_told_only_where_it_is_needed(tmp_path):
    assignment = read_assignment(folder(tmp_path, HEAD + ITEM))
    (tmp_path / "layer.py").write_text("", encoding="utf-8")
    with pytest.raises(AssignmentError, match=r"no layers\.py in .*did you mean layer\.py\?"):
        need_solution(assignment)
    (tmp_path / "layers.py").write_text("", encoding="utf-8")
    assert need_solution(assignment) == tmp_path / "layers.py"
