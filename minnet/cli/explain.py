"""minnet explain: what a diagnosis means, its maths, an example, and where to look."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from typing import TYPE_CHECKING

from minnet.derivative.manual import CALCULATOR
from minnet.gradcheck.diagnosis.manual import DIAGNOSES, Manual
from minnet.report.terminal import Style
from minnet.report.words import nearest

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "explain",
        help="what a diagnosis means, its maths, and the usual fix",
        description="Explain one code of a diagnosis, or of a warning of minnet derivative: its "
        "symptom, the maths, an example with the report it gives, and where to look. Without a "
        "code, list all.",
    )
    parser.add_argument("code", metavar="CODE", nargs="?", help="overwritten, kink")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    style = Style.of(sys.stdout)
    if args.code is None:
        print(style.finish(overview(style)))
        return 0
    code = args.code.strip().lower().replace("-", "_")
    manual = next((m for m in MANUALS.values() if code in m.codes), None)
    if manual is None:
        known = [code for m in MANUALS.values() for code in m.codes]
        near = nearest(code, known)
        remedy = f"did you mean {near}?" if near else "minnet explain lists them all"
        print(f"minnet explain: there is no page on {args.code!r}; {remedy}", file=sys.stderr)
        return 2
    print(style.finish(as_text(manual.page(code), style)))
    return 0


#: the pages there are, by what they are about
MANUALS: dict[str, Manual] = {
    "What a diagnosis says of the gradient that backward returns:": DIAGNOSES,
    "What minnet derivative warns of:": CALCULATOR,
}


def overview(style: Style) -> str:
    """Return the list of the codes with their meaning."""
    width = max(len(code) for manual in MANUALS.values() for code in manual.codes)
    lines: list[str] = []
    for head, manual in MANUALS.items():
        named = (
            f"  {style.paint(f'{c:<{width}}', 'bold')}  {manual.title(c)}" for c in manual.codes
        )
        lines += [head, "", *named, ""]
    tail = "minnet explain CODE tells the maths, shows an example, and says where to look."
    return "\n".join([*lines, tail])


def as_text(markdown: str, style: Style) -> str:
    """Return a page for the terminal: headings bold, code and reports indented, fences gone."""
    lines: list[str] = []
    for number, block in enumerate(markdown.split("```")):
        if not block.strip():
            continue
        if number % 2:  # code, or a report: its first line names the language
            lines += [f"    {line}".rstrip() for line in block.rstrip().splitlines()[1:]]
        else:
            paragraphs = block.strip().split("\n\n")
            lines += ["\n\n".join(_paragraph(text, style) for text in paragraphs if text)]
        lines += [""]
    return "\n".join(lines).rstrip()


def _paragraph(text: str, style: Style) -> str:
    if text.startswith("#"):
        return style.paint(text.lstrip("# "), "bold")
    plain = re.sub(r"`([^`]+)`", r"\1", " ".join(text.split()))
    return textwrap.fill(plain, style.width, break_on_hyphens=False)
