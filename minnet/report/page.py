"""A report as HTML: one page that needs nothing else, or a fragment for a notebook.

Everything is there without JavaScript; the script only adds sorting and filtering. The page's
own security policy lets no request out and no other script in.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from importlib import resources

import numpy as np

from minnet.drawing.raster import colours, data_uri, in_plane
from minnet.report.account import Account, accounts_of, where_wrong
from minnet.report.heatmaps import Heatmap, heatmaps_of
from minnet.report.markup import Markup, join, tag
from minnet.report.results import (
    CaseResult,
    CheckResult,
    ElementRow,
    Elements,
    Finding,
    Fix,
    GradientResult,
    Results,
    SourceLine,
    TargetResult,
    Verdict,
)
from minnet.report.summary import grouped, outcome, summary
from minnet.report.words import WORDS, in_runs, index_text, listed, numbers, shown_path

#: rows of all element tables together: keeps a page of 200 gradients well under 3 MB
ROWS_PER_PAGE = 12_000
FEWEST_ROWS, MOST_ROWS = 20, 500
#: gradients of more elements get no heatmap
LARGEST_PICTURE = 200_000


def page(results: Results) -> str:
    """Return a report as a complete HTML page.

    Parameters
    ----------
    results : Results

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
    names = ", ".join(target.target for target in results.targets)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{WORDS[results.verdict].word}: {names} – minnet check"),
        tag("style", Markup(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the results", href="#results", class_="skip"),
        _body(results, controls=True),
        tag("script", Markup(script)),
        class_="minnet",
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def fragment(results: Results) -> str:
    """Return a report as HTML for a notebook's output cell."""
    return tag(
        "div",
        tag("style", Markup(_asset("page.css"))),
        _body(results, controls=False),
        class_="minnet notebook",
    )


def element_table(title: str, elements: Elements) -> str:
    """Return the elements of a gradient as HTML for a notebook's output cell."""
    return tag(
        "div",
        tag("style", Markup(_asset("page.css"))),
        tag("p", title),
        _element_table(elements, title, MOST_ROWS),
        class_="minnet notebook",
    )


def _asset(name: str) -> str:
    return resources.files("minnet.report").joinpath("assets", name).read_text(encoding="utf-8")


def _body(results: Results, *, controls: bool) -> Markup:
    rows = ROWS_PER_PAGE // max(len(results.gradients), 1)
    rows = min(max(rows, FEWEST_ROWS), MOST_ROWS)
    accounts = accounts_of(results)
    return join(
        tag(
            "header",
            tag("h1", "minnet check ", _badge(results.verdict)),
            tag("p", summary(results), class_="summary"),
        ),
        tag(
            "main",
            _controls() if controls and results.checks else "",
            *(_target(target, n, accounts, rows) for n, target in enumerate(results.targets)),
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
    options += [tag("option", words.word, value=verdict) for verdict, words in WORDS.items()]
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


def _target(target: TargetResult, number: int, accounts: Sequence[Account], rows: int) -> Markup:
    skipped = [
        tag("li", tag("code", skipped.name), ": ", skipped.reason)
        for skipped in grouped(target.skipped)
    ]
    return tag(
        "section",
        tag("h2", tag("code", target.target), " ", _badge(target.verdict), id=f"target-{number}"),
        tag("p", target.error, class_="finding fail") if target.error else "",
        *(_check(check, accounts, rows) for check in target.checks),
        tag("details", tag("summary", f"{len(target.skipped)} skipped"), tag("ul", *skipped))
        if skipped
        else "",
        aria_labelledby=f"target-{number}",
    )


def _check(check: CheckResult, accounts: Sequence[Account], rows: int) -> Markup:
    own = [account for account in accounts if account.checks[0] is check]
    shared = [a for a in accounts if any(other is check for other in a.checks[1:])]
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
        *map(_finding, own),
        *map(_elsewhere, shared),
        *(_case(case, unlike_pass and i == first, rows) for i, case in enumerate(check.cases)),
        class_="check",
        data_verdict=check.verdict,
        data_name=check.name,
        open=unlike_pass,
    )


def _finding(account: Account) -> Markup:
    """Return one thing that is wrong with a check, or a warning."""
    finding = account.finding
    gradients = "Gradients of " if len(account.variables) > 1 else "Gradient of "
    names = tag("code", listed(in_runs(account.variables)))
    spread = f" ({account.spread})" if account.spread else ""
    return tag(
        "div",
        tag(
            "p",
            tag("code", finding.code, class_="code"),
            " ",
            join(gradients, names, ": ") if account.variables else "",
            account.message,
        ),
        _source(finding.line) if finding.line else "",
        tag("p", "This line: ", finding.reason) if finding.reason else "",
        *(tag("p", "Also: ", also, class_="aside") for also in account.also),
        *(
            tag("p", f"{word.capitalize()}: ", other.message, " ", tag("code", other.code))
            for word, other in account.asides
        ),
        _fix(finding.fix) if finding.fix else "",
        tag("p", "Hint: ", finding.hint, class_="hint") if finding.hint else "",
        tag(
            "p",
            join("First seen at ", tag("span", account.case), f"{spread}. ")
            if account.case
            else "",
            _more(account),
            class_="aside",
        ),
        class_="finding" if account.verdict in (None, "inconclusive") else "finding fail",
    )


def _elsewhere(account: Account) -> Markup:
    """Return that what is wrong with a check is told of another one."""
    line = account.finding.line
    at = f", line {line.number}" if line else ""
    said = f"The same cause as in {account.check}{at}; it is told there."
    return tag("div", tag("p", said), class_="finding fail")


def _source(line: SourceLine) -> Markup:
    place = f"{shown_path(line.file)}:{line.number}"
    return tag("figure", tag("figcaption", place), tag("pre", tag("code", line.text.strip())))


def _fix(fix: Fix) -> Markup:
    """Return an edit as a diff."""
    lines = [f"- {line}" for line in fix.old.splitlines()]
    lines += [f"+ {line}" for line in fix.new.splitlines()]
    caption = "This edit was tried in every case, and cures what is said here."
    return tag("figure", tag("figcaption", caption), tag("pre", tag("code", "\n".join(lines))))


def _more(account: Account) -> Markup:
    if not account.has_page:
        return Markup("")
    return join("More: ", tag("code", f"minnet explain {account.finding.code}"))


def _case(case: CaseResult, is_open: bool, rows: int) -> Markup:
    if not case.gradients and not case.notes:
        return tag("p", _badge(case.verdict), " ", case.case, class_="case")
    return tag(
        "details",
        tag("summary", _badge(case.verdict), " ", case.case),
        *(tag("p", note, class_="aside") for note in case.notes),
        *map(_diagnosis, case.findings),
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
        _figures(gradient) if gradient.elements_checked or gradient.digits else "",
        tag("p", gradient.note, class_="aside") if gradient.note else "",
        *(_diagnosis(finding) for finding in gradient.diagnosis if finding not in case.findings),
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


def _diagnosis(finding: Finding) -> Markup:
    code = tag("code", finding.code, class_="code")
    return tag("p", code, " ", finding.message, class_="diagnosis")


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
    size = math.prod(gradient.shape)
    if size > LARGEST_PICTURE or len(elements) < max(2, size / 2):
        return Markup("")
    found = heatmaps_of(elements, gradient.shape)
    return tag("div", *(_picture(heatmap, gradient.wrt) for heatmap in found), class_="pictures")


def _picture(heatmap: Heatmap, wrt: str) -> Markup:
    zoom = 4 if heatmap.values.size <= 10_000 else 1
    plane = in_plane(heatmap.values, zoom)
    height, width = plane.shape
    scale = min(max(1, 200 // max(width, height)), 5)
    return tag(
        "figure",
        tag(
            "img",
            src=data_uri(colours(plane, heatmap.largest)),
            alt=f"heatmap of the {heatmap.name} gradient of {wrt}",
            width=width * scale,
            height=height * scale,
        ),
        tag("figcaption", heatmap.name, tag("br"), tag("small", f"±{heatmap.largest:.3g}")),
    )


def _element_table(elements: Elements, title: str, rows: int) -> Markup:
    header = ("index", "analytic", "numeric", "± bar", "difference", "same sign", "digits", "")
    body = [_element_row(elements[int(i)]) for i in np.sort(elements.foremost(rows))]
    more = len(elements) - len(body)
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


def _element_row(row: ElementRow) -> Markup:
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
    return tag("tr", *(tag("td", cell) for cell in cells), class_=mark or None)


def _badge(verdict: Verdict) -> Markup:
    return tag("span", WORDS[verdict].word, class_=f"badge {verdict}")
