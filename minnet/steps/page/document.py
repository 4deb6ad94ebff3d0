"""The step-through as a page that needs nothing else: no other file, no network.

Without its script the page lists every step; with it, one step is shown at a time, and every
number can be asked what it is made of. On paper it is the list.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from minnet.report.markup import Markup, join, tag
from minnet.report.words import WORDS
from minnet.steps.page import steps_list
from minnet.steps.page.data import Shown, data_of, shown_of
from minnet.steps.walk import Place, Walk

#: one script, in parts
SCRIPTS = ("numbers.js", "arrays.js", "number.js", "step.js")
#: the height of the page in a notebook's cell
HEIGHT = "46rem"


def page(walk: Walk, start: Place | None = None) -> str:
    """Return a walk through forward and backward as a complete HTML page.

    Parameters
    ----------
    walk : Walk
    start : Place, optional
        The number that is shown first.

    Returns
    -------
    str
        The page: no other file and no network is needed to show it.

    Examples
    --------
    >>> from minnet.steps.choose import choose
    >>> from minnet.steps.walk import walk_of
    >>> text = page(walk_of(choose("dense")))
    >>> text.startswith("<!DOCTYPE html>"), len(text) < 2_000_000
    (True, True)
    """
    shown = shown_of(walk, start)
    script, style = "\n".join(map(_asset, SCRIPTS)), _asset("step.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{walk.name}, step by step – minnet step"),
        tag("style", Markup(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the numbers", href="#main", class_="skip"),
        _header(walk),
        tag("main", _live(shown), _list(shown), id="main"),
        tag("footer", *_legend()),
        tag("script", Markup(data_of(shown)), type="application/json", id="data"),
        tag("script", Markup(script)),
        class_="minnet",
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def fragment(walk: Walk, start: Place | None = None) -> str:
    """Return the same page for a notebook's output cell, in a frame of its own."""
    return tag(
        "iframe",
        srcdoc=page(walk, start),
        title=f"{walk.name}, step by step",
        width="100%",
        style=f"height: {HEIGHT}; border: 1px solid #8888; border-radius: 6px",
        sandbox="allow-scripts",
    )


def _asset(name: str) -> str:
    return resources.files("minnet.steps.page").joinpath("assets", name).read_text(encoding="utf-8")


def _header(walk: Walk) -> Markup:
    badge = ""
    if walk.verdict in WORDS:
        word = WORDS[walk.verdict].word  # type: ignore[index]
        said = f"gradients {word}" if walk.verdict in ("pass", "fail", "inconclusive") else word
        badge = join(" ", tag("span", said, class_=f"badge {walk.verdict}"))
    return tag(
        "header",
        tag("h1", walk.name, " step by step", badge),
        tag("p", "The case: ", tag("span", walk.description)),
        _trouble(walk),
        *(tag("p", note, class_="aside") for note in walk.notes),
        tag("p", f"Not every number could be taken apart: {walk.trace.lost}.", class_="aside")
        if walk.trace.lost
        else "",
        tag("p", f"It was not run to its end: {walk.passes.crash}", class_="finding fail")
        if walk.passes.crash
        else "",
        _formulas(walk),
    )


def _trouble(walk: Walk) -> Markup:
    if not walk.message or walk.verdict == "pass":
        return Markup("")
    line = walk.line
    at = (
        join(" It is on line ", str(line.number), ": ", tag("code", line.text.strip()))
        if line
        else ""
    )
    return tag("p", walk.message, at, class_="finding fail")


def _formulas(walk: Walk) -> Markup:
    if not walk.formulas:
        return Markup("")
    rows = [
        tag("div", tag("dt", tag("code", name)), tag("dd", tag("code", text)))
        for name, text in walk.formulas.items()
    ]
    return tag("details", tag("summary", "What it computes, as formulas"), tag("dl", *rows))


def _live(shown: Shown) -> Markup:
    """Return the room that the script fills."""
    return tag(
        "div",
        _controls(shown),
        tag("p", id="caption", tabindex="-1"),
        tag(
            "div",
            tag("section", id="code", aria_label="The code", tabindex="0"),
            tag("section", id="arrays", aria_label="The numbers of this step"),
            tag("section", id="number", aria_label="One number"),
            class_="panes",
        ),
        tag("p", id="said", aria_live="polite", class_="unseen"),
        id="live",
        class_="scripted",
        data_count=str(len(shown.walk.trace.operations)),
    )


def _controls(shown: Shown) -> Markup:
    modes = [
        tag(
            "label",
            tag("input", type="radio", name="mode", value=mode, checked=mode == "mine"),
            " ",
            mode,
        )
        for mode in ("mine", "measured", "difference")
    ]
    wrong = tag("button", "First wrong line", type="button", id="wrong", hidden=True)
    return tag(
        "div",
        tag("button", "◀ Back", type="button", id="previous"),
        tag(
            "label",
            tag("span", "Step", class_="unseen"),
            tag(
                "input",
                type="range",
                id="slider",
                min="0",
                max=str(len(shown.steps) - 1),
                value="0",
            ),
        ),
        tag("button", "Next ▶", type="button", id="next"),
        tag("button", "Play steps", type="button", id="play"),
        tag("button", "Slide over numbers", type="button", id="slide"),
        wrong,
        tag("fieldset", tag("legend", "Gradients", class_="unseen"), *modes, id="modes"),
        tag("label", tag("input", type="checkbox", id="digits"), " all digits"),
        tag("button", "All steps as a list", type="button", id="as-list", aria_pressed="false"),
        class_="controls",
    )


def _list(shown: Shown) -> Markup:
    line = shown.walk.line
    wrong = (line.file, line.number) if line else None
    return tag(
        "div",
        tag("h2", "The code"),
        *steps_list.code(shown.listings, wrong),
        tag("h2", "Every step"),
        steps_list.steps(shown),
        id="list",
    )


def _legend() -> list[Markup]:
    sentences = (
        "A name with @, as out@2, is what the array of that name held after an earlier line; "
        "without @ it is what it held at last, or what was handed over.",
        "A dash stands where nothing has been written yet. ✗ marks a number of backward that is "
        "not the gradient that it should be. What a line has changed in an array is underlined.",
        "“Measured” is the gradient measured by moving each number a little and running forward "
        "again; its error bar says how far off that may be. Where a number inside was not "
        "measured, the chain rule was followed along what forward did; each array says which.",
    )
    keys = (
        "In an array: the arrow keys go to the next number, Page Up and Page Down to the next "
        "plane, Enter pins a number, t goes to its twin in the other pass, Backspace back, n and "
        "p to the next and the previous step, w to the first wrong line; Escape stops what plays."
    )
    return [tag("p", keys, class_="scripted"), *(tag("p", text) for text in sentences)]
