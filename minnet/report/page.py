"""A report as HTML: one page that needs nothing else, or a fragment for a notebook.

Everything is there without JavaScript; the script only adds sorting and filtering. The page's
own security policy lets no request out and no other script in.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from minnet.drawing.raster import colours, data_uri, in_plane, spread
from minnet.report.markup import Markup, join, tag
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Elements,
    Finding,
    GradientResult,
    TargetResult,
    Verdict,
)
from minnet.report.terminal import index_text, numbers
from minnet.report.text import findings_of, outcome, shown_path, summary_of, where_wrong

if TYPE_CHECKING:
    from minnet.report.report import ElementTable, Report

VERDICT_WORDS: dict[Verdict, str] = {
    "pass": "right",
    "fail": "wrong",
    "inconclusive": "not certain",
    "not_implemented": "to do",
    "error": "error",
}
#: rows of all element tables together: keeps a page of 200 gradients well under 3 MB
ROWS_PER_PAGE = 12_000
FEWEST_ROWS, MOST_ROWS = 20, 500
#: gradients of more elements get no heatmap
LARGEST_PICTURE = 200_000


def page(report: Report) -> str:
    """Return a report as a complete HTML page.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        The page: no other file and no network is needed to show it.
    """
    script, style = _asset("page.js"), _asset("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    names = ", ".join(target.target for target in report.targets)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{VERDICT_WORDS[report.verdict]}: {names} – minnet check"),
        tag("style", Markup(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the results", href="#results", class_="skip"),
        _body(report, controls=True),
        tag("script", Markup(script)),
        class_="minnet",
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def fragment(report: Report) -> str:
    """Return a report as HTML for a notebook's output cell."""
    return tag(
        "div",
        tag("style", Markup(_asset("page.css"))),
        _body(report, controls=False),
        class_="minnet notebook",
    )


def element_table(table: ElementTable) -> str:
    """Return an element table as HTML for a notebook's output cell."""
    return tag(
        "div",
        tag("style", Markup(_asset("page.css"))),
        tag("p", table.title),
        _element_table(table.measured, table.title, MOST_ROWS),
        class_="minnet notebook",
    )


def _asset(name: str) -> str:
    return resources.files("minnet.report").joinpath("assets", name).read_text(encoding="utf-8")


def _body(report: Report, *, controls: bool) -> Markup:
    rows = ROWS_PER_PAGE // max(len(report.gradients), 1)
    rows = min(max(rows, FEWEST_ROWS), MOST_ROWS)
    return join(
        tag(
            "header",
            tag("h1", "minnet check ", _badge(report.verdict)),
            tag("p", summary_of(report), class_="summary"),
        ),
        tag(
            "main",
            _controls() if controls and report.checks else "",
            *(_target(target, number, rows) for number, target in enumerate(report.targets)),
            id="results",
        ),
        tag(
            "footer",
            tag("p", _legend()),
        ),
    )


def _legend() -> str:
    return (
        "Analytic is what backward returns, numeric is what was measured, and the true value "
        "lies within the error bar of the numeric one. In the pictures blue is negative, white "
        "zero, red positive, and faint grey was not measured."
    )


def _controls() -> Markup:
    """Return the filter of the list of functions."""
    options = [tag("option", "all", value="")]
    options += [tag("option", word, value=verdict) for verdict, word in VERDICT_WORDS.items()]
    return tag(
        "form",
        tag("label", "Show ", tag("select", *options, id="by-verdict")),
        tag(
            "label",
            "named ",
            tag("input", id="by-name", type="search", placeholder="any name", autocomplete="off"),
        ),
        tag("button", "Open all", type="button", id="open-all"),
        tag("button", "Close all", type="button", id="close-all"),
        tag("output", id="shown", aria_live="polite"),
        class_="controls scripted",
        id="controls",
    )


def _target(target: TargetResult, number: int, rows: int) -> Markup:
    skipped = [
        tag("li", tag("code", skipped.name), ": ", skipped.reason) for skipped in target.skipped
    ]
    return tag(
        "section",
        tag("h2", tag("code", target.target), " ", _badge(target.verdict), id=f"target-{number}"),
        tag("p", target.error, class_="finding fail") if target.error else "",
        *(_check(check, rows) for check in target.checks),
        tag("details", tag("summary", f"{len(skipped)} skipped"), tag("ul", *skipped))
        if skipped
        else "",
        aria_labelledby=f"target-{number}",
    )


def _check(check: CheckResult, rows: int) -> Markup:
    unlike_pass = check.verdict not in ("pass", "not_implemented")
    first = next((i for i, c in enumerate(check.cases) if c.verdict == check.verdict), 0)
    return tag(
        "details",
        tag(
            "summary",
            _badge(check.verdict),
            " ",
            tag("strong", check.name),
            " ",
            tag("span", outcome(check), class_="outcome"),
        ),
        *_words(check),
        *(_case(case, unlike_pass and i == first, rows) for i, case in enumerate(check.cases)),
        class_="check",
        data_verdict=check.verdict,
        data_name=check.name,
        open=unlike_pass,
    )


def _words(check: CheckResult) -> Iterator[Markup]:
    """Yield each thing that is wrong with a check, and each warning, once."""
    seen = set()
    for case in check.cases:
        kind = "" if case.verdict == "inconclusive" else "fail"
        found = [(what, finding, kind) for what, finding in findings_of(case, check.verdict)]
        found += [("", finding, "") for finding in case.warnings]
        for what, finding, look in found:
            if (what, finding.code) not in seen:
                seen.add((what, finding.code))
                yield _finding(what, finding, look, case.case)


def _finding(what: str, finding: Finding, look: str, case: str) -> Markup:
    source: str = ""
    if line := finding.line:
        place = f"{shown_path(line.file)}:{line.number}"
        source = tag("figure", tag("figcaption", place), tag("pre", tag("code", line.text.strip())))
    return tag(
        "div",
        tag(
            "p",
            tag("code", finding.code, class_="code"),
            " ",
            join("Gradient of ", tag("code", what), ": ") if what else "",
            finding.message,
        ),
        source,
        tag("p", "Hint: ", finding.hint, class_="hint") if finding.hint else "",
        tag("p", "First seen at ", tag("span", case), ". ", _more(finding), class_="aside"),
        class_=f"finding {look}".strip(),
    )


def _more(finding: Finding) -> Markup:
    if finding.code in ("inconclusive", "unexplained"):
        return Markup("")
    return join("More: ", tag("code", f"minnet explain {finding.code}"))


def _case(case: CaseResult, is_open: bool, rows: int) -> Markup:
    if not case.gradients and not case.notes:
        return tag("p", _badge(case.verdict), " ", case.case, class_="case")
    return tag(
        "details",
        tag("summary", _badge(case.verdict), " ", case.case),
        *(tag("p", note, class_="aside") for note in case.notes),
        *(_gradient(gradient, case, rows) for gradient in case.gradients),
        class_="case",
        open=is_open,
    )


def _gradient(gradient: GradientResult, case: CaseResult, rows: int) -> Markup:
    shape = index_text(gradient.shape)
    elements = gradient.elements
    title = f"gradient of {gradient.wrt}, {case.case}"
    measured = elements is not None and len(elements) > 0
    return tag(
        "article",
        tag(
            "h3",
            _badge(gradient.verdict),
            " gradient of ",
            tag("code", gradient.wrt),
            " ",
            tag("small", shape),
        ),
        _figures(gradient),
        tag("p", gradient.note, class_="aside") if gradient.note else "",
        *(
            tag("p", tag("code", f.code, class_="code"), " ", f.message, class_="diagnosis")
            for f in gradient.diagnosis
        ),
        tag("p", where_wrong(elements), class_="where") if elements is not None else "",
        _pictures(elements, gradient) if elements is not None and measured else "",
        tag(
            "details",
            tag("summary", f"Elements ({len(elements)} measured one by one)"),
            _element_table(elements, title, rows),
        )
        if elements is not None and measured
        else "",
        class_="gradient",
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


def _pictures(elements: Elements, gradient: GradientResult) -> Markup:
    """Return heatmaps of the analytic and numeric gradients and of their difference."""
    size_in_all = math.prod(gradient.shape)
    if size_in_all > LARGEST_PICTURE or len(elements) < max(2, size_in_all / 2):
        return Markup("")
    difference = elements.analytic - elements.numeric
    size = _largest(np.concatenate([elements.analytic, elements.numeric]))
    off = _largest(difference) if elements.wrong.any() else size
    planes = [
        ("analytic", elements.analytic, size),
        ("numeric", elements.numeric, size),
        ("difference", difference, off),
    ]
    return tag(
        "div",
        *(_picture(name, values, largest, elements, gradient) for name, values, largest in planes),
        class_="pictures",
    )


def _picture(
    name: str, values: Any, largest: float, elements: Elements, gradient: GradientResult
) -> Markup:
    zoom = 4 if math.prod(gradient.shape) <= 10_000 else 1
    plane = in_plane(spread(elements, values, gradient.shape), zoom)
    height, width = plane.shape
    scale = min(max(1, 200 // max(width, height)), 5)
    return tag(
        "figure",
        tag(
            "img",
            src=data_uri(colours(plane, largest)),
            alt=f"heatmap of the {name} gradient of {gradient.wrt}",
            width=width * scale,
            height=height * scale,
        ),
        tag("figcaption", name, tag("br"), tag("small", f"±{largest:.3g}")),
    )


def _largest(values: Any) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0))


def _element_table(elements: Elements, title: str, rows: int) -> Markup:
    from minnet.report.report import ElementTable

    table = ElementTable(title, elements)
    order: Iterable[int] = range(len(table))
    if len(table) > rows:
        order = np.sort(np.argsort(~elements.wrong, kind="stable")[:rows])
    header = ("index", "analytic", "numeric", "± bar", "difference", "same sign", "digits", "")
    body = []
    for row in (table[int(i)] for i in order):
        mark = "wrong" if row.wrong else "kink" if row.at_kink else ""
        cells = (
            index_text(row.index),
            *numbers((row.analytic, row.numeric)),
            f"{row.error_bar:.1e}",
            f"{row.difference:.1e}" if row.difference else "0",
            "yes" if row.same_sign else "no",
            str(row.matching_digits),
            mark,
        )
        body.append(tag("tr", *(tag("td", cell) for cell in cells), class_=mark or None))
    more = len(table) - len(body)
    return join(
        tag(
            "div",
            tag(
                "table",
                tag("caption", title),
                tag("thead", tag("tr", *(tag("th", name, scope="col") for name in header))),
                tag("tbody", *body),
            ),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label=f"elements of the {title}",
        ),
        tag("p", f"and {more} more, not shown here", class_="aside") if more else "",
    )


def _badge(verdict: Verdict) -> Markup:
    return tag("span", VERDICT_WORDS[verdict], class_=f"badge {verdict}")
