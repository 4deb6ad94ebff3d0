"""The pictures of the README can be made anew, are small, and are what it says they are."""

import re
from pathlib import Path

import pytest
import readme_pictures
from contact_sheet import PLOTS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_picture_that_the_readme_shows_is_there_and_small():
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert len(shown) == 5
    for name in shown:
        assert (ROOT / name).stat().st_size < 120_000, name
    assert all('alt="' in tag for tag in re.findall(r"<img [^>]+>", README))


def test_the_error_bars_are_drawn_from_reports_and_part_right_from_wrong(monkeypatch):
    monkeypatch.setattr(readme_pictures, "EVERY_RIGHT", 60)
    monkeypatch.setattr(readme_pictures, "EVERY_WRONG", 60)
    axes = readme_pictures.error_bars().axes[0]
    points = {str(a.get_label()).partition(":")[0]: a.get_data() for a in axes.get_lines()}
    bar, off = points["right"]
    assert len(bar) > 20 and (off <= bar).all()
    bar, off = points["wrong"]
    assert len(bar) > 20 and (off > bar).all()
    assert ((off > 9e-8) & (off < 1.1e-7)).any()  # the factor 1.0000001


def test_the_convolution_is_wrong_where_windows_overlap():
    with readme_pictures.conv_report() as found:
        said = readme_pictures.conv(found).get_suptitle()
    assert "conv.x" in said and "[overwritten], layers.py:28" in said and "stride 2" in said
    wrong, agree = map(int, re.search(r"(\d+) wrong, (\d+) agree", said).groups())
    assert wrong and agree


@pytest.mark.parametrize("name", ["wrong in a column", "edge", "many filters"])
def test_the_contact_sheet_has_plots_that_draw(name):
    assert PLOTS[name](dark=True)._repr_png_().startswith(b"\x89PNG")
