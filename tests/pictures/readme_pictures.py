"""The pictures of the README, each from real reports.

    python tests/pictures/readme_pictures.py            all of them, beside this script
    python tests/pictures/readme_pictures.py page       one of them

The page needs the package playwright and a Chromium (or BROWSER_EXECUTABLE).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

from corpus.judging import report_on  # noqa: E402
from corpus.right import RIGHT  # noqa: E402
from corpus.wrong import WRONG  # noqa: E402

from minnet import check, check_functions  # noqa: E402
from minnet.drawing.theme import colour, ink, new_figure, themed  # noqa: E402
from minnet.report.results import Elements  # noqa: E402

#: every so manieth entry of the corpora of right and wrong code is in the picture
EVERY_RIGHT, EVERY_WRONG = 8, 8
#: what others compare with, and what is drawn at the lower edge because it is no more
TOLERANCES, FLOOR = (1e-2, 1e-7), 1e-17

#: a convolution whose backward writes where it should add
CONV = """\
import numpy as np


def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    (N, _, H, W), (F, _, HH, WW) = xp.shape, w.shape
    out = np.zeros((N, F, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            rows, columns = i * stride, j * stride
            window = xp[:, :, rows : rows + HH, columns : columns + WW]
            out[:, :, i, j] = np.tensordot(window, w, ([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, conv_param, xp)


def conv_backward(dout, cache):
    x, w, conv_param, xp = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * stride, i * stride + HH)
            columns = slice(j * stride, j * stride + WW)
            d = dout[:, :, i, j]
            dw += np.tensordot(d, xp[:, :, rows, columns], ([0], [0]))
            dxp[:, :, rows, columns] = np.tensordot(d, w, ([1], [0]))
    H, W = x.shape[2:]
    return dxp[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(axis=(0, 2, 3))
"""


def measured() -> Iterable[Elements]:
    """Yield the elements of many gradients, right and wrong, most of them in the corpora."""
    for entry in (*RIGHT[::EVERY_RIGHT], *WRONG[::EVERY_WRONG]):
        yield from (g.elements for g in report_on(entry, 0).gradients if g.elements is not None)
    x = np.linspace(-2, 2, 25).reshape(5, 5)
    slightly = check_functions(
        lambda x: (np.sin(x), x), lambda dout, x: 1.0000001 * dout * np.cos(x), x, elements="all"
    )
    yield from (g.elements for g in slightly.gradients)


@themed
def error_bars(*, dark: bool = False):
    """Draw how far each element is from the measured one, against its own error bar."""
    columns = []
    for elements in measured():
        size = np.abs(elements.numeric).max(initial=0.0)
        if size and np.isfinite(elements.analytic).all():
            off = np.abs(elements.analytic - elements.numeric)
            columns.append(
                [off / size, elements.error_bar / size, elements.wrong, elements.at_kink]
            )
    off, bar, wrong, kink = (np.concatenate(c) for c in zip(*columns, strict=True))
    wrong, kink = wrong.astype(bool), kink.astype(bool) & ~wrong.astype(bool)
    figure, axes = new_figure(8, 5.2)
    panel = axes[0, 0]
    line = np.array([1e-17, 1e2])
    panel.fill_between(line, FLOOR, line, color=colour(0, dark), alpha=0.08, linewidth=0)
    panel.plot(line, line, color=ink(dark), linewidth=1.4)
    for name, mask, marker, place in (
        ("right", ~wrong & ~kink, "o", 0),
        ("wrong", wrong, "X", 1),
        ("right, at a kink", kink, "D", 2),
    ):  # fmt: skip
        panel.plot(bar[mask], np.maximum(off[mask], FLOOR), marker, color=colour(place, dark),
                   alpha=0.5, markersize=4 if place == 0 else 5.5, markeredgewidth=0,
                   label=f"{name}: {mask.sum():,} elements")  # fmt: skip
    for tolerance in TOLERANCES:
        panel.axhline(tolerance, color=ink(dark), linewidth=0.9, linestyle="--", alpha=0.7)
        panel.annotate(f"a fixed tolerance, {tolerance:g}", (1.3e-16, tolerance), fontsize=8.5,
                       xytext=(0, 3), textcoords="offset points", color=ink(dark))  # fmt: skip
    panel.annotate("off by a factor 1.0000001:\npasses every tolerance above 1e-7",
                   (3e-16, 2.2e-7), xytext=(0, 16), textcoords="offset points", fontsize=8.5,
                   color=colour(1, dark))  # fmt: skip
    panel.set(xscale="log", yscale="log", xlim=(1e-16, 10), ylim=(FLOOR, 30))
    panel.set_xlabel("error bar of the measured derivative (relative)")
    panel.set_ylabel("|analytic − numeric| (relative)")
    panel.grid(True, alpha=0.4)
    panel.set_title("An element is wrong when it is further off than its own error bar")
    panel.legend(loc="lower right", fontsize=8.5, markerscale=1.4)
    return figure


@contextlib.contextmanager
def conv_report():
    """Check the convolution above, where its file is, so that its name is short."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "layers.py").write_text(CONV, encoding="utf-8")
        os.chdir(folder)
        try:
            yield check("layers.py")
        finally:
            os.chdir(before)


def conv(found, *, dark: bool = False):
    """Draw the gradient of x where only some of its elements lie in several windows."""
    return found.plot("conv.x", case="stride 2", dark=dark)


def save(figure, path: Path) -> None:
    """Write a small PNG."""
    figure.savefig(path, dpi=110, facecolor=figure.get_facecolor(), pil_kwargs={"optimize": True})


def draw_error_bars(folder: Path) -> None:
    save(error_bars(), folder / "error-bars-light.png")
    save(error_bars(dark=True), folder / "error-bars-dark.png")


def draw_conv(folder: Path) -> None:
    with conv_report() as found:
        save(conv(found), folder / "conv-light.png")
        save(conv(found, dark=True), folder / "conv-dark.png")


def draw_page(folder: Path) -> None:
    from PIL import Image
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    browser = os.environ.get("BROWSER_EXECUTABLE") or next(filter(None, map(shutil.which, names)))
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        page = Path(scratch) / "report.html"
        with conv_report() as found:
            found.to_html(page)
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_page(viewport={"width": 1000, "height": 900})
        tab.goto(page.as_uri())
        tab.screenshot(path=folder / "page.png")
        chromium.close()
    with Image.open(folder / "page.png") as image:
        image.convert("RGB").quantize(128).save(folder / "page.png", optimize=True)


PICTURES: dict[str, Callable[[Path], None]] = {
    "error-bars": draw_error_bars,
    "conv": draw_conv,
    "page": draw_page,
}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or PICTURES:
        PICTURES[wanted](HERE)
