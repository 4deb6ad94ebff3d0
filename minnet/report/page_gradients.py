"""The page's evidence: cases, their gradients in figures and pictures, and single elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from minnet.arrays import Array
from minnet.drawing.planes import reading
from minnet.drawing.raster import SMALLEST_MARKED, Layout, data_uri, marked
from minnet.records import dataclass, field
from minnet.report.account import where_wrong
from minnet.report.heatmaps import can_be_drawn, heatmaps_of, marks
from minnet.report.markup import Markup, join, tag
from minnet.report.page_accounts import Told, diagnosis_line
from minnet.report.results import (
    VERDICTS,
    CaseResult,
    CheckResult,
    ElementRow,
    Elements,
    GradientResult,
    Verdict,
)
from minnet.report.words import WORDS, index_text, numbers

#: rows of all element tables together, and cells of all heatmaps, however many gradients there
#: are: keeps a page of 200 well under 3 MB
ROWS_PER_PAGE, CELLS_PER_PAGE = 12_000, 200_000
FEWEST_ROWS, MOST_ROWS = 20, 500
#: pixels of a picture's longer side, as drawn and as shown; and of a cell, as drawn
PIXELS, SHOWN, CELL = 260, 200, 32
Judged = TypeVar("Judged", CheckResult, CaseResult, GradientResult)


@dataclass
class Space:
    """How much of it a page has room for, and what it has told and numbered so far."""

    gradients: int = 1
    told: Told = field(default_factory=Told)
    anchors: dict[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows each table of elements may have."""
        return min(max(ROWS_PER_PAGE // max(self.gradients, 1), FEWEST_ROWS), MOST_ROWS)

    @property
    def cells(self) -> int:
        """How many cells each heatmap may have."""
        return CELLS_PER_PAGE // max(self.gradients, 1)


def worst_first(found: Sequence[Judged]) -> list[Judged]:
    """Return checks, cases or gradients, what is wrong first."""
    return sorted(found, key=lambda one: -VERDICTS.index(one.verdict))


def case_block(case: CaseResult, is_open: bool, space: Space) -> Markup:
    """Return one case, folded: what is said of it as a whole, and its gradients."""
    if not case.gradients and not case.notes:
        return tag("p", badge(case.verdict), " ", case.case, class_="case")
    return tag(
        "details",
        tag("summary", tag("h4", badge(case.verdict), " ", case.case)),
        *(tag("p", note, class_="aside") for note in case.notes),
        *(diagnosis_line(finding, space.told) for finding in case.findings),
        *(_gradient(gradient, case, space) for gradient in worst_first(case.gradients)),
        class_="case",
        open=is_open,
    )


def _gradient(gradient: GradientResult, case: CaseResult, space: Space) -> Markup:
    elements = gradient.elements
    title = f"gradient of {gradient.wrt}, {case.case}"
    measured = elements is not None and len(elements) > 0
    own = [finding for finding in gradient.diagnosis if finding not in case.findings]
    return tag(
        "article",
        tag(
            "h5",
            badge(gradient.verdict),
            " gradient of ",
            tag("code", gradient.wrt),
            " ",
            tag("small", index_text(gradient.shape)),
        ),
        _figures(gradient) if gradient.elements_checked or gradient.digits else "",
        tag("p", gradient.note, class_="aside") if gradient.note else "",
        *(diagnosis_line(finding, space.told) for finding in own),
        tag("p", where_wrong(elements), class_="where") if elements is not None else "",
        _pictures(elements, gradient, space.cells) if elements is not None and measured else "",
        tag(
            "details",
            tag("summary", f"Elements ({len(elements)} measured one by one)"),
            element_rows(elements, title, space.rows),
        )
        if elements is not None and measured
        else "",
        class_="gradient",
        id=space.anchors.get(id(gradient)),
    )


def _figures(gradient: GradientResult) -> Markup:
    """Return what was measured in a few figures."""
    figures: list[tuple[str, str]] = [("digits that agree", str(gradient.digits))]
    if math.isfinite(gradient.relative_error):
        figures.append(("relative error", f"{gradient.relative_error:.1e}"))
    if math.isfinite(gradient.error_bar):
        figures.append(("error bar", f"± {gradient.error_bar:.1e}"))
    if gradient.elements_checked:
        wrong = f"{gradient.elements_wrong} of {gradient.elements_checked}"
        figures.append(("elements wrong", wrong))
    if gradient.at_kink:
        figures.append(("at a kink", str(gradient.at_kink)))
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in figures))


def _pictures(elements: Elements, gradient: GradientResult, cells: int) -> Markup:
    """Return heatmaps of the analytic and numeric gradients and of their difference."""
    if not can_be_drawn(gradient, cells):
        return Markup("")
    found = heatmaps_of(elements, gradient.shape)
    three = (
        ("analytic", found.analytic, found.wrong, found.largest),
        ("numeric", found.numeric, None, found.largest),
        ("difference", found.difference, found.wrong, found.furthest),
    )
    zoom = Layout.of(gradient.shape).zoom(PIXELS, CELL)
    dots = zoom >= SMALLEST_MARKED
    meaning = marks(elements, gradient.shape, "outlined" if dots else "", dots)
    return join(
        tag(
            "div",
            *(
                _picture(name, picture, wrong, found.at_kink, top, gradient.wrt)
                for name, picture, wrong, top in three
            ),
            class_="pictures",
        ),
        tag("p", " · ".join([*reading(gradient.shape).split("\n"), *meaning]), class_="aside"),
    )


def _picture(
    name: str, cells: Array, wrong: Array | None, at_kink: Array, largest: float, wrt: str
) -> Markup:
    layout = Layout.of(cells.shape[:-1])
    zoom = layout.zoom(PIXELS, CELL)
    pixels = layout.draw(marked(cells, zoom, wrong, at_kink), gap=max(1, zoom // 8))
    height, width = pixels.shape[:2]
    shown = min(width, max(width * SHOWN // max(height, width), 24))
    key = (f"−{largest:.3g}", tag("i"), f"{largest:.3g}")
    nothing = "none beyond its error bar"
    return tag(
        "figure",
        tag("figcaption", name),
        tag(
            "img",
            src=data_uri(pixels),
            alt=f"heatmap of the {name} gradient of {wrt}"
            if name != "difference"
            else f"heatmap of the difference between the two gradients of {wrt}",
            width=width,
            height=height,
            style=f"width:{shown}px",
        ),
        tag("small", *key, class_="key") if largest else tag("small", nothing),
    )


def element_rows(elements: Elements, title: str, rows: int) -> Markup:
    """Return the elements of a gradient as a table, the wrong ones first where it is cut."""
    header = ("index", "analytic", "numeric", "± bar", "difference", "same sign", "digits", "")
    body = [_element_row(row) for row in elements.rows(np.sort(elements.foremost(rows)))]
    more = len(elements) - len(body)
    return join(
        tag(
            "div",
            tag(
                "table",
                tag("caption", title),
                tag("thead", tag("tr", *(tag("th", name, scope="col") for name in header[:-1]),
                                 tag("td"))),
                tag("tbody", *body),
            ),
            class_="scroll",
            tabindex="0",
            role="group",
            aria_label=f"elements of the {title}",
        ),
        tag("p", f"and {more} more, not shown here", class_="aside") if more else "",
    )  # fmt: skip


def _element_row(row: ElementRow) -> Markup:
    mark = "wrong" if row.wrong else "kink" if row.at_kink else ""
    cells = (
        index_text(row.index),
        *numbers((row.analytic, row.numeric), row.error_bar),
        f"{row.error_bar:.1e}",
        f"{row.difference:.1e}" if row.difference else "0",
        "yes" if row.same_sign else "no",
        str(row.matching_digits),
        mark,
    )
    # the cells hold numbers and words made here: nothing in them is to be escaped
    return tag("tr", Markup("".join(f"<td>{cell}" for cell in cells)), class_=mark or None)


def badge(verdict: Verdict) -> Markup:
    """Return a verdict in one word, in its colour."""
    return tag("span", WORDS[verdict].word, class_=f"badge {verdict}")
