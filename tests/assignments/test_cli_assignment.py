"""minnet assignment: from a ready-made one to a release, and a clear line at every wrong turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from minnet.cli import main


def said(capsys, *arguments: str, status: int) -> str:
    assert main(["assignment", *arguments]) == status
    out, err = capsys.readouterr()
    if status == 2:
        assert err.count("\n") == 1 and not out
    return err if status == 2 else out + err


def test_list_names_the_ready_made_ones_with_their_titles(capsys):
    lines = said(capsys, "list", status=0).splitlines()
    assert lines[0].split(maxsplit=1) == ["convolution", "Convolution and pooling"]
    assert "minnet assignment new FOLDER --from NAME" in lines[-1]


def test_a_new_one_is_made_built_and_checked(capsys, tmp_path):
    folder, release = str(tmp_path / "relu"), str(tmp_path / "release")
    printed = said(capsys, "new", folder, status=0)
    assert "A first backward pass" in printed and f"minnet assignment check {folder}" in printed
    printed = said(capsys, "build", folder, "--out", release, status=0)
    assert [line.split()[0] for line in printed.splitlines()] == [
        "student", "gradescope.zip", "prairielearn", "autolab", "classroom50", "notebooks",
        "actions",
        "HOWTO.md",
    ]  # fmt: skip
    printed = said(capsys, "check", folder, status=0)
    assert printed.count("  ok  ") == 9 and "WRONG" not in printed
    assert printed.startswith("A first backward pass: 10 points, layers.py\n")


def test_what_is_wrong_is_told_and_the_status_says_so(capsys, tmp_path):
    folder = tmp_path / "relu"
    main(["assignment", "new", str(folder)])
    path = folder / "layers.py"
    path.write_text(path.read_text("utf-8").replace("# END SOLUTION", "# END", 1), "utf-8")
    capsys.readouterr()
    printed = said(capsys, "check", str(folder), status=1)
    assert "WRONG  layers.py, line " in printed and "1 to put right before" in printed
    printed = said(capsys, "build", str(folder), "--out", str(tmp_path / "out"), status=1)
    assert printed.startswith("minnet assignment build: layers.py, line ")
    assert printed.count("\n") == 1 and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "say list, new, build or check"),
        (["biuld"], "invalid choice: 'biuld'"),
        (["new"], "the following arguments are required: FOLDER"),
        (["new", "NEW", "--from", "convolutoin"], "did you mean convolution?"),
        (["new", "FULL"], "is there already; name a new folder"),
        (["build", "FULL"], "the following arguments are required: --out"),
    ],
)
def test_a_wrong_turn_gets_one_line(capsys, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FULL").mkdir()
    (tmp_path / "FULL" / "a.txt").write_text("", encoding="utf-8")
    assert expected in said(capsys, *arguments, status=2)
    assert not Path("NEW").exists()


@pytest.mark.parametrize("verb", [["check", "NOWHERE"], ["build", "NOWHERE", "--out", "OUT"]])
def test_a_folder_that_is_none_is_told(capsys, tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    printed = said(capsys, *verb, status=1)
    assert printed.startswith(f"minnet assignment {verb[0]}: there is no folder NOWHERE; ")
    assert printed.endswith("minnet assignment new makes one\n") and printed.count("\n") == 1
    (tmp_path / "NOWHERE").mkdir()
    assert "NOWHERE is no assignment: it has no assignment.toml" in said(capsys, *verb, status=1)
