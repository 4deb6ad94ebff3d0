"""What the tests of every room's plots ask of a figure."""

import matplotlib as mpl
import numpy as np
import pytest

from minnet.drawing.planes import GAP, LARGEST_CELL, PIXELS
from minnet.drawing.raster import Layout


def line(axes, label):
    """Return the data of the line whose label begins so."""
    found = [a for a in axes.get_lines() if str(a.get_label()).startswith(label)]
    assert len(found) == 1, [a.get_label() for a in axes.get_lines()]
    return found[0].get_data()


def cells(axes, shape):
    """Return the colours (*shape, 4) that are drawn, read off the middle of every element."""
    pixels = np.asarray(axes.images[0].get_array())
    layout = Layout.of(shape)
    zoom = layout.zoom(PIXELS, LARGEST_CELL)
    down, across = layout.middles(zoom, GAP if zoom > 1 else 1)
    return pixels[down.astype(int), across.astype(int)].reshape(*shape, 4)


def every(plots):
    """Parametrise a test over plots by name, each a function with the keyword `dark`."""
    return pytest.mark.parametrize("draw", plots.values(), ids=plots)


def assert_labelled(figure):
    """Every axis that has ticks is labelled, and the figure or its axes have a title."""
    for axes in figure.axes:
        is_colour_bar = axes.get_label() == "<colorbar>"
        if is_colour_bar or not axes.get_visible():
            continue
        if len(axes.get_xticks()) and axes.xaxis.get_visible():
            assert axes.get_xlabel()
        if len(axes.get_yticks()) and axes.yaxis.get_visible():
            said = axes.get_xlabel()  # under a picture this says what lies where, both ways
            assert axes.get_ylabel() or axes.images and ("↓" in said or "in rows" in said)
    titles = [axes.get_title() + axes.get_title("left") for axes in figure.axes]
    assert figure.get_suptitle() or any(titles)


def assert_legible(figure, dark):
    """No text runs out of the figure or hides in the background."""
    renderer = figure.canvas.get_renderer()
    paper = np.mean(mpl.colors.to_rgb(figure.get_facecolor()))
    assert (paper < 0.2) == dark
    texts = [text for text in (figure._suptitle, figure._supxlabel) if text]
    for axes in figure.axes:
        texts += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            texts += [label for place, label in ticks if low <= place <= high]
    for text in texts:
        if text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, text.get_text()
            assert abs(np.mean(mpl.colors.to_rgb(text.get_color())) - paper) > 0.5
