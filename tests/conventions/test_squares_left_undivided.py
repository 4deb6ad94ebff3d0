"""A - Y beside a mean of squares is a convention where the layers divide, and a mistake alone."""

from pathlib import Path

import pytest

import minnet

COURSE = Path(__file__).parents[1] / "field" / "files" / "course_squares_left.py"


@pytest.mark.parametrize(("alone", "verdict"), [(False, "pass"), (True, "fail")])
def test_a_mean_of_squares_that_gives_the_difference(tmp_path, alone, verdict):
    source = COURSE.read_text(encoding="utf-8")
    layer, loss = source.index("class Linear"), source.index("class MSELoss")
    file = tmp_path / "files" / "loss.py"
    file.parent.mkdir()
    file.write_text(source[:layer] + source[loss:] if alone else source, encoding="utf-8")
    (target,) = minnet.check(str(file)).targets
    assert {check.name: check.verdict for check in target.checks}["MSELoss"] == verdict
