"""How every plot looks: the palette, files, and nothing left behind in matplotlib."""

import matplotlib as mpl
import numpy as np
import pytest

from minnet.drawing.theme import DARK, LIGHT, save
from minnet.drawing.training import plot_training


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    plot_training({"a": [1.0]}, dark=True)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_palette_is_told_apart_with_any_colour_vision(palette):
    # Machado, Oliveira and Fernandes (2009): severity 1 of the three kinds of colour blindness
    kinds = {
        "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
        "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                   [-0.011820, 0.042940, 0.968881]],
        "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
    }  # fmt: skip
    rgb = np.array([mpl.colors.to_rgb(c) for c in palette[:4]])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for matrix in kinds.values():
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        gaps = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(4, 1)]
        assert gaps.min() > 0.25


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_can_be_saved(tmp_path, ending):
    save(plot_training({"a": [1.0]}), tmp_path / f"p.{ending}")
    assert (tmp_path / f"p.{ending}").stat().st_size > 1000


def test_a_format_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.docx is no picture format; use one of: .*\.png"):
        save(plot_training({"a": [1.0]}), tmp_path / "p.docx")
