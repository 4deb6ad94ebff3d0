"""A report as HTML: one page that needs nothing else, or a fragment for a notebook.

Everything is there without JavaScript; the script only adds sorting and filtering. The page's
own security policy lets no request out and no other script in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib import resources

from minnet.report.account import Account, accounts_of
from minnet.report.markup import Markup, join, tag
from minnet.report.page_accounts import elsewhere_block, finding_block
from minnet.report.page_gradients import (
    MOST_ROWS,
    Space,
    badge,
    case_block,
    element_rows,
    worst_first,
)
from minnet.report.results import (
    VERDICTS,
    CheckResult,
    Elements,
    Results,
    TargetResult,
    Verdict,
)
from minnet.report.summary import grouped, outcome, summary
from minnet.report.words import WORDS, listed, plural

#: a length in the style of the page is in rem, which a notebook's own style sheet defines anew
NOTEBOOK_REM = 14
#: how many names of what is right the overview lists
NAMES_SHOWN = 12


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
    return _in_cell(_body(results, controls=False))


def element_table(title: str, elements: Elements) -> str:
    """Return the elements of a gradient as HTML for a notebook's output cell."""
    return _in_cell(tag("p", title), element_rows(elements, title, MOST_ROWS))


def _in_cell(*children: str) -> str:
    """Return HTML with a style that the style sheet of the notebook around it cannot change.

    Everything inside is first given back what a browser does without a style sheet; and every
    selector counts as one by an id, which no notebook's has.
    """
    css = ".minnet * { all: revert; }\n" + _asset("page.css")
    css = css.replace(".minnet", ".minnet:not(#_)")
    css = re.sub(r"([\d.]+)rem", lambda found: f"{float(found[1]) * NOTEBOOK_REM:g}px", css)
    return tag("div", tag("style", Markup(css)), *children, class_="minnet notebook")


def _asset(name: str) -> str:
    return resources.files("minnet.report").joinpath("assets", name).read_text(encoding="utf-8")


def _body(results: Results, *, controls: bool) -> Markup:
    space = Space(len(results.gradients))
    if controls:  # a notebook may hold several reports: nothing in it has a name of its own
        every = (g for check in results.checks for case in check.cases for g in case.gradients)
        space.anchors = {id(g): f"gradient-{number}" for number, g in enumerate(every)}
    accounts = accounts_of(results)
    return join(
        tag(
            "header",
            tag("h1", "minnet check ", badge(results.verdict)),
            tag("p", summary(results), class_="summary"),
        ),
        tag(
            "main",
            _overview(results, space),
            _controls() if controls and len(results.checks) > 1 else "",
            *(_target(target, n, accounts, space) for n, target in enumerate(results.targets)),
            id="results" if controls else None,
        ),
        tag(
            "footer",
            tag("p", _legend()),
        ),
    )


def _overview(results: Results, space: Space) -> Markup:
    """Return a line for each gradient that is not right, with a link to it; and what is right."""
    lines = [line for check in worst_first(results.checks) for line in _not_right(check, space)]
    right = [check.name for check in results.checks if check.verdict == "pass"]
    if right and lines:
        names = listed(right) if len(right) <= NAMES_SHOWN else plural(len(right), "check")
        lines.append(tag("li", badge("pass"), " ", names))
    if len(lines) < 2:
        return Markup("")
    return tag("nav", tag("ul", *lines), class_="overview", aria_label="overview")


def _not_right(check: CheckResult, space: Space) -> Iterator[Markup]:
    """Yield a line for each gradient of a check that is not right in some case."""
    if check.verdict == "pass":
        return
    found = [(case, g) for case in check.cases for g in case.gradients if g.verdict != "pass"]
    names = dict.fromkeys(g.wrt for _, g in found)
    for name in names:
        cases = [(case, g) for case, g in found if g.wrt == name]
        _, worst = max(cases, key=lambda pair: _badness(pair[1].verdict))
        codes = listed(dict.fromkeys(g.diagnosis[0].code for _, g in cases if g.diagnosis))
        line = next((d.line for _, g in cases for d in g.diagnosis[:1] if d.line), None)
        at = f", line {line.number}" if line else ""
        share = f", in {len(cases)} of {plural(len(check.cases), 'case')}"
        said = f"{check.name}: gradient of {name}"
        anchor = space.anchors.get(id(worst))
        yield tag(
            "li",
            badge(worst.verdict),
            " ",
            tag("a", said, href=f"#{anchor}") if anchor else said,
            f" {codes}" if codes else "",
            at + (share if len(check.cases) > 1 else ""),
        )
    if not names:
        yield tag("li", badge(check.verdict), f" {check.name}: {outcome(check)}")


def _badness(verdict: Verdict) -> int:
    return VERDICTS.index(verdict)


def _legend() -> str:
    return (
        "Analytic is what backward returns, numeric is what was measured, and the true value "
        "lies within the error bar of the numeric one. In the pictures blue is negative, white "
        "zero and red positive; a difference is drawn only where it is beyond the error bar."
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


def _target(target: TargetResult, number: int, accounts: Sequence[Account], space: Space) -> Markup:
    skipped = [
        tag("li", tag("code", skipped.name), ": ", skipped.reason)
        for skipped in grouped(target.skipped)
    ]
    return tag(
        "section",
        tag("h2", tag("code", target.target), " ", badge(target.verdict)),
        tag("p", target.error, class_="finding fail") if target.error else "",
        *(_check(check, accounts, space) for check in target.checks),
        *(tag("p", "Note: ", note) for note in target.notes),
        tag("details", tag("summary", f"{len(target.skipped)} skipped"), tag("ul", *skipped))
        if skipped
        else "",
        aria_label=f"target {number + 1}: {target.target}",
    )


def _check(check: CheckResult, accounts: Sequence[Account], space: Space) -> Markup:
    own = [account for account in accounts if account.checks[0] is check]
    shared = [a for a in accounts if any(other is check for other in a.checks[1:])]
    unlike_pass = check.verdict not in ("pass", "not_implemented")
    return tag(
        "details",
        tag(
            "summary",
            tag("h3", badge(check.verdict), " ", check.name),
            " ",
            tag("span", outcome(check), class_="outcome"),
        ),
        *(finding_block(account, space.told) for account in own),
        *map(elsewhere_block, shared),
        *(
            case_block(case, unlike_pass and i == 0, space)
            for i, case in enumerate(worst_first(check.cases))
        ),
        class_="check",
        data_verdict=check.verdict,
        data_name=check.name,
        open=unlike_pass,
    )
