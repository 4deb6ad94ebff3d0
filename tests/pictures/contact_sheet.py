"""Every plot that minnet draws, light and dark, at the width of a notebook: to be looked at.

python tests/pictures/contact_sheet.py FOLDER     light.png, dark.png, and each plot alone
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "report")]

from reports import check, gradient, report, wrong_conv  # noqa: E402

from minnet import MaxPool2D, ReLU, check_functions, check_layer  # noqa: E402
from minnet.derivative.comparison import compare  # noqa: E402
from minnet.derivative.expressions import parse  # noqa: E402
from minnet.derivative.functions import FUNCTIONS  # noqa: E402
from minnet.derivative.plots import plot_derivative  # noqa: E402
from minnet.drawing.kinks import plot_kinks  # noqa: E402
from minnet.drawing.training import (  # noqa: E402
    plot_confusion,
    plot_feature_maps,
    plot_filters,
    plot_training,
)

#: pixels between two pictures, and the width of the output of a notebook's cell
MARGIN, WIDTH = 24, 960
RNG = np.random.default_rng(0)


def _not_finite() -> Any:
    g = gradient("w", (3, 5), wrong=[1, 2, 3])
    g.elements.analytic[1:3] = [np.nan, np.inf]
    return report(check("dense", g))


def _bias_mean() -> Any:
    """An affine layer whose db is a mean."""
    x, w, b = RNG.normal(size=(4, 5)), RNG.normal(size=(5, 3)), RNG.normal(size=3)
    return check_functions(
        lambda x, w, b: (x @ w + b, (x, w)),
        lambda dout, cache: (dout @ cache[1].T, cache[0].T @ dout, dout.mean(axis=0)),
        x, w, b,
    )  # fmt: skip


def _derivative(text: str, x: float, step: float | None = None) -> Callable[..., Any]:
    return lambda **k: plot_derivative(compare(FUNCTIONS.get(text) or parse(text), x, step), **k)


PLOTS: dict[str, Callable[..., Any]] = {
    "wrong in a column": lambda **k: wrong_conv().plot(**k),
    "a factor": lambda **k: _bias_mean().plot(**k),
    "max-pool at ties": lambda **k: check_layer(MaxPool2D(2), np.ones((1, 2, 4, 4))).plot(**k),
    "relu at zeros": lambda **k: check_layer(ReLU(), RNG.normal(size=(4, 6)).round()).plot(**k),
    "not finite": lambda **k: _not_finite().plot(**k),
    "large": lambda **k: report(check("dense", gradient("w", (200, 200), wrong=[5000]))).plot(**k),
    "beyond a heatmap": lambda **k: report(
        check("dense", gradient("w", (300, 200), wrong=[7]))
    ).plot(**k),
    "derivative": _derivative("sigmoid", 0.5, 1e-4),
    "kink": _derivative("relu", 0.0),
    "pole": _derivative("tan", 1.5, 0.1),
    "jump": _derivative("floor", 2.0),
    "edge": _derivative("sqrt", 0.0),
    "kinks": lambda **k: plot_kinks(RNG.normal(size=(3, 4, 5)), 0.3, **k),
    "training": lambda **k: plot_training({"training": [3, 2]}, {"training": [0.5, 0.7]}, **k),
    "one epoch": lambda **k: plot_training({"training": [0.5], "validation": [0.7]}, **k),
    "filters": lambda **k: plot_filters(RNG.normal(size=(6, 4, 3, 3)), **k),
    "colour filters": lambda **k: plot_filters(RNG.normal(size=(20, 3, 5, 5)), **k),
    "many filters": lambda **k: plot_filters(RNG.normal(size=(256, 128, 3, 3)), **k),
    "feature maps": lambda **k: plot_feature_maps(RNG.normal(size=(20, 8, 8)), **k),
    "confusion": lambda **k: plot_confusion(RNG.integers(0, 4, 60), RNG.integers(0, 4, 60), **k),
}  # fmt: skip


def draw(folder: Path, dark: bool) -> Iterator[tuple[str, float]]:
    """Write every plot and a sheet of them all; yield how long each took, in seconds of work."""
    from PIL import Image

    theme, images = "dark" if dark else "light", []
    for name, plot in PLOTS.items():
        start = time.process_time()
        png = plot(dark=dark)._repr_png_()
        yield name, time.process_time() - start
        path = folder / f"{name.replace(' ', '-')}-{theme}.png"
        path.write_bytes(png)
        image = Image.open(path).convert("RGB")
        image.thumbnail((WIDTH, 10 * WIDTH))
        images.append(image)
    sides = images[::2], images[1::2]
    tall = max(sum(image.height + MARGIN for image in side) for side in sides)
    sheet = Image.new("RGB", (2 * (WIDTH + MARGIN), tall), "grey")
    for column, side in enumerate(sides):
        top = 0
        for image in side:
            sheet.paste(image, (column * (WIDTH + MARGIN), top))
            top += image.height + MARGIN
    sheet.save(folder / f"{theme}.png")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    target.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        for name, seconds in draw(target, dark):
            print(f"{'dark' if dark else 'light'}  {name:<18}  {seconds:.2f} s")
