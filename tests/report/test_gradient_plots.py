"""Plots of gradients: what is drawn is the data, what is written is the report's."""

import numpy as np
import pytest
from figures import assert_labelled, assert_legible, cells, every
from reports import check, gradient, hostile, report, wrong_conv

from minnet.drawing.raster import NOT_A_NUMBER, NOT_MEASURED, WRONG, colours
from minnet.report.account import accounts_of
from minnet.report.plots import plot_gradient, plot_heatmaps, plot_scatter
from minnet.report.report import Report
from minnet.report.results import CaseResult, CheckResult, Factor, Finding, SourceLine, TargetResult

PLOTS = {
    "gradient": lambda **k: wrong_conv().plot("conv.w", **k),
    "heatmaps": lambda **k: plot_heatmaps(wrong_conv().gradient("conv.w"), **k),
    "scatter": lambda **k: plot_scatter(wrong_conv().gradient("conv.w"), **k),
    "hostile": lambda **k: hostile().plot(**k),
    "large": lambda **k: report(check("d", gradient("w", (90, 90), wrong=[3]))).plot(**k),
}


@every(PLOTS)
def test_every_axis_that_has_ticks_is_labelled_and_every_figure_titled(draw):
    assert_labelled(draw())


@every(PLOTS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_text_runs_out_of_the_figure_or_hides_in_the_background(draw, dark):
    assert_legible(draw(dark=dark), dark)


@every(PLOTS)
def test_the_title_lies_over_nothing(draw):
    figure = draw()
    renderer = figure.canvas.get_renderer()
    bottom = figure._suptitle.get_window_extent(renderer).y0
    for axes in figure.axes:
        assert axes.get_tightbbox(renderer).y1 <= bottom + 1


def test_heatmaps_show_analytic_numeric_and_difference_filter_by_filter():
    g = wrong_conv().gradient("conv.w")
    analytic, numeric, difference = plot_heatmaps(g).axes[:3]
    a, n = (v.reshape(g.shape) for v in (g.elements.analytic, g.elements.numeric))
    top = np.abs([a, n]).max()  # one scale for both, and white for zero
    np.testing.assert_array_equal(cells(analytic, g.shape), colours(a, top))
    np.testing.assert_array_equal(cells(numeric, g.shape), colours(n, top))
    off = np.zeros(g.shape)
    off[..., 2] = 1.0
    np.testing.assert_array_equal(cells(difference, g.shape), colours(off, 1.0))


def test_when_all_agree_the_difference_is_white_and_not_blown_up_noise():
    g = gradient("w", (3, 3))
    g.elements.analytic[:] *= 1 + 1e-13
    figure = plot_heatmaps(g)
    np.testing.assert_array_equal(cells(figure.axes[2], (3, 3)), colours(np.zeros((3, 3)), 1.0))
    assert "none beyond its error bar" in figure.axes[2].get_title("left")


def test_a_difference_is_on_no_finer_scale_than_the_error_bars():
    g = gradient("w", (4,), wrong=[1])
    g.elements.error_bar[:] = [50.0, 1e-3, 1e-3, 1e-3]
    key = plot_heatmaps(g).axes[-1]
    assert key.get_xlabel() == "difference" and key.get_xlim() == (-50, 50)


def test_elements_not_measured_are_grey_and_what_is_no_number_is_not():
    g = gradient("w", (2, 3), wrong=[0])
    g.elements.analytic[0] = np.nan
    some = type(g.elements)(*(a[:4] for a in vars(g.elements).values()))
    figure = plot_heatmaps(type(g)(**{**vars(g), "elements": some}))
    drawn = cells(figure.axes[0], (2, 3))
    assert [tuple(cell) == NOT_MEASURED for cell in drawn.reshape(-1, 4)] == 4 * [False] + 2 * [
        True
    ]
    assert tuple(drawn[0, 0]) == NOT_A_NUMBER
    said = figure.get_supxlabel()
    assert "grey: not measured" in said and "yellow: not a number" in said


def test_wrong_elements_are_outlined_and_those_at_a_kink_dotted_and_both_are_explained():
    figure = plot_heatmaps(gradient("w", (3, 3), wrong=[4], kink=[0]))
    pixels = np.asarray(figure.axes[2].images[0].get_array())
    outlined = (pixels == WRONG).all(axis=-1)
    assert outlined[48:96, 48:96].any() and not outlined[:48].any()
    assert figure.get_supxlabel().startswith("outlined: wrong · dot: at a kink")


def test_a_wrong_element_too_small_for_an_outline_has_a_ring():
    figure = plot_heatmaps(gradient("w", (90, 90), wrong=[0, 95]))
    (rings,) = figure.axes[2].collections
    assert len(rings.get_offsets()) == 2 and figure.get_supxlabel() == "ringed: wrong"


def test_the_scatter_marks_wrong_elements_and_kinks_and_bars():
    g = gradient("w", (4, 5), wrong=[3, 4], kink=[7])
    (axes,) = plot_scatter(g).axes
    labels = [text.get_text() for text in axes.get_legend().texts]
    assert labels == ["agreement", "right: 17", "at a kink: 1", "wrong: 2"]
    wrong = next(c for c in axes.containers if c.get_label() == "wrong: 2")
    np.testing.assert_allclose(wrong[0].get_ydata(), g.elements.analytic[[3, 4]])
    np.testing.assert_allclose(wrong[0].get_xdata(), g.elements.numeric[[3, 4]])
    kink = next(c for c in axes.containers if c.get_label() == "at a kink: 1")
    (segment,) = kink[2][0].get_segments()
    assert segment[1][0] - segment[0][0] == pytest.approx(1.0)  # ± 0.5


def test_a_factor_is_drawn_as_the_line_that_it_is():
    half = Finding("scale", "half of it", factor=Factor(0.5))
    (axes,) = plot_scatter(gradient("w", (4,), wrong=[0], diagnosis=(half,))).axes
    (line,) = (a for a in axes.get_lines() if a.get_label() == "numeric × 0.5")
    np.testing.assert_allclose(line.get_ydata(), 0.5 * line.get_xdata())


def test_values_that_are_not_finite_are_counted_and_not_drawn():
    g = gradient("w", (4,), wrong=[0, 1])
    g.elements.analytic[:2] = [np.nan, np.inf]
    labels = [text.get_text() for text in plot_scatter(g).axes[0].get_legend().texts]
    assert "not finite, not drawn: 2" in labels


@pytest.mark.parametrize("shape", [(), (5,), (4, 5), (2, 3, 4), (2, 2, 2, 2, 2), (1, 1)])
def test_a_gradient_of_any_shape_can_be_plotted(shape):
    figure = plot_gradient(gradient("w", shape, wrong=[0]))
    assert "1 wrong" in figure.get_suptitle()


def test_a_gradient_without_measured_elements_says_what_to_do():
    g = type(gradient())("w", (2,), "pass")
    with pytest.raises(ValueError, match="elements='all'"):
        plot_gradient(g)


def test_a_name_with_dollars_is_not_read_as_a_formula():
    figure = plot_scatter(gradient("$\\frac{$", (2,)))
    assert "frac" in figure.get_suptitle()


# --- the same case as the text -----------------------------------------------------------------


def several_cases():
    """A report whose text begins with a case that is not the one with most elements."""

    def wrong(count, code):
        line = SourceLine("layers.py", 7 if code == "scale" else 9, "db = ...")
        found = Finding(code, f"db is wrong: {code}", line=line)
        return gradient("b", (count,), wrong=range(count), diagnosis=(found,))

    cases = [
        CaseResult("pad 0", "fail", (gradient("x", (2, 3)), wrong(3, "scale"))),
        CaseResult("pad 1", "fail", (gradient("x", (5, 3)), wrong(9, "unexplained"))),
    ]
    checks = (CheckResult("conv", "any", "fail", tuple(cases)), check("relu", gradient("x", (9,))))
    return Report((TargetResult("layers.py", "fail", checks),))


def test_the_picture_is_of_what_the_text_begins_with():
    found = several_cases()
    account = accounts_of(found)[0]
    said = found.plot().get_suptitle().splitlines()
    assert said == [
        f"gradient of conv.b (3) is wrong [{account.finding.code}], layers.py:7",
        account.message,
        f"case: {account.case}",
        "3 measured elements: 3 wrong",
    ]
    assert str(found).index("[scale]") < str(found).index("case: pad 0")


def test_another_case_can_be_asked_for_and_every_gradient_draws_itself():
    found = several_cases()
    assert "case: pad 1" in found.plot("b", case="pad 1").get_suptitle()
    assert "conv.x (5×3) is right" in found.plot("conv.x", case="1").get_suptitle()
    titles = [g.plot().get_suptitle() for g in found.gradients]
    assert [f"gradient of {g.name} " in t for g, t in zip(found.gradients, titles, strict=True)]
    with pytest.raises(KeyError, match="it has: pad 0; pad 1"):
        found.plot("b", case="pad 2")
    with pytest.raises(KeyError, match=r"it has: conv.x"):
        found.plot("nothing")


def test_what_has_no_element_to_draw_is_passed_over_for_what_has():
    shape = Finding("shape", "dx has another shape")
    bare = gradient("x", (2,), verdict="fail", diagnosis=(shape,))
    bare = type(bare)(**{**vars(bare), "elements": None})
    found = report(check("a", bare), check("b", gradient("w", (3,), wrong=[1])))
    assert "gradient of b.w" in found.plot().get_suptitle()


def counts(found):
    """Return how many of some elements are wrong, agree, and are at a kink."""
    wrong = int(found.wrong.sum())
    kink = int((found.at_kink & ~found.wrong).sum())
    return wrong, len(found) - wrong - kink, kink


@pytest.mark.parametrize(
    "g",
    [
        gradient("w", (3, 4), wrong=[1, 2], kink=[0, 2]),
        gradient("w", (3, 4), kink=range(12)),
        gradient("w", (7,), wrong=range(7)),
        gradient("w", (2, 2)),
    ],
    ids=["mixed", "kinks", "all wrong", "right"],
)
def test_title_legend_and_marks_count_what_the_elements_are(g):
    wrong, agree, kink = counts(g.elements)
    figure = plot_gradient(g)
    last = figure.get_suptitle().splitlines()[-1]
    legend = {t.get_text() for t in figure.axes[3].get_legend().texts}
    for count, inside, outside in (
        (wrong, "wrong", "wrong"), (agree, "agree", "right"), (kink, "at a kink", "at a kink")
    ):  # fmt: skip
        assert (f"{count} {inside}" in last) == (count > 0)
        assert (f"{outside}: {count}" in legend) == (count > 0)
    assert ("outlined: wrong" in figure.get_supxlabel()) == (wrong > 0)
    assert ("dot: at a kink" in figure.get_supxlabel()) == (kink > 0)
