"""What a diagnosis means, folded into the page: the pages of `minnet explain`, as HTML.

They are read as data, from where they lie in the package.
"""

from __future__ import annotations

import re
from importlib import resources

from minnet.report.markup import Markup, join, tag

#: of a page, what is folded in: its example is the reader's own report
SECTIONS = ("Symptom", "The maths", "Finding it in your own code")


def explained(code: str) -> Markup:
    """Return what a code means, folded; empty where there is no page on it.

    >>> "not_implemented" in explained("not_implemented"), explained("nothing")
    (True, '')
    """
    if not code.isidentifier():
        return Markup("")
    pages = resources.files("minnet").joinpath("gradcheck", "diagnosis", "pages")
    page = pages.joinpath(f"{code}.md")
    if not page.is_file():
        return Markup("")
    first, *sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.M)
    head = first.removeprefix("# ").strip()
    parts = [section.partition("\n") for section in sections]
    return tag(
        "details",
        tag("summary", f"What this means ({head})"),
        *(
            join(tag("p", tag("strong", name)), *map(_block, _blocks(text)))
            for name, _, text in parts
            if name.strip() in SECTIONS
        ),
        tag("p", "With an example: ", tag("code", f"minnet explain {code}"), class_="aside"),
        class_="explained",
    )


def _blocks(text: str) -> list[str]:
    """Return paragraphs and fenced blocks, in order."""
    found: list[str] = []
    for place, part in enumerate(text.split("```")):
        found += [f"```{part}"] if place % 2 else re.split(r"\n\s*\n", part)
    return [block for block in found if block.strip()]


def _block(text: str) -> Markup:
    if text.startswith("```"):
        return tag("pre", text.partition("\n")[2].rstrip(), tabindex="0")
    pieces = " ".join(text.split()).split("`")
    return tag("p", *(tag("code", p) if i % 2 else p for i, p in enumerate(pieces)))
