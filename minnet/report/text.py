"""A report as text for a terminal: one line a check, and a full account of what is wrong.

The account follows the manner of good compilers: what is wrong, where, the numbers that show
it, what to try. Everything that comes from the user's code is untrusted: control characters
are shown, never sent to the terminal.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TextIO

from minnet.records import replace
from minnet.report.account import Account, accounts_of
from minnet.report.results import CheckResult, Elements, Finding, Results, TargetResult
from minnet.report.summary import grouped, outcome, remarks, summary
from minnet.report.terminal import Style, clean, columns, wrap
from minnet.report.words import WORDS, in_runs, index_text, listed, numbers, shown_place

#: how many full accounts a report gives; what is beyond them is in the table and in --html
ACCOUNTS_SHOWN = 30
#: how many rows of an element table are printed
ROWS_SHOWN = 60
#: the widest column of names
NAME_WIDTH = 32


def render(results: Results, style: Style | None = None) -> str:
    """Return the text of a report.

    Parameters
    ----------
    results : Results
        What to tell.
    style : Style, optional
        By default without colour, in the characters that standard output has.

    Returns
    -------
    str
        No trailing newline.
    """
    style = style or Style.of(sys.stdout)._replace(colour=False)
    lines: list[str] = []
    for target in results.targets:
        lines += [*_target(target, style), ""]
    accounts = accounts_of(results)
    for account in accounts[:ACCOUNTS_SHOWN]:
        lines += [*_account(account, style), ""]
    if len(accounts) > ACCOUNTS_SHOWN:
        more = len(accounts) - ACCOUNTS_SHOWN
        lines += [f"... and {more} more; --only NAME shows fewer functions, --html all", ""]
    last = textwrap.fill(summary(results), style.width)
    lines.append(style.paint(last, results.verdict))
    return style.finish("\n".join(lines))


def write(results: Results, stream: TextIO | None = None, *, quiet: bool = False) -> None:
    """Print a report on a stream (standard output), in colour where that suits it.

    With `quiet` it is a line for each target.
    """
    stream = stream or sys.stdout
    style = Style.of(stream)
    print(brief(results, style) if quiet else render(results, style), file=stream)


def brief(results: Results, style: Style) -> str:
    """Return a line for each target: how many of its checks came out how."""
    lines = []
    for target in results.targets:
        said = clean(target.error) or summary(replace(results, targets=(target,)))
        lines.append(f"{clean(target.target)}: {style.paint(said, target.verdict)}")
    return style.finish("\n".join(lines))


def line_of(check: CheckResult, style: Style) -> str:
    """Return one line on a check, cut to the width."""
    words = WORDS[check.verdict]
    said = f"{clean(check.name)}  {clean(outcome(check))}"[: style.width - 10]
    return style.finish(f"  {style.paint(f'{words.label:<6}', check.verdict)}  {said}")


def render_elements(title: str, elements: Elements, style: Style | None = None) -> str:
    """Return the elements of a gradient as a table: the wrong ones first where it has to be cut."""
    style = style or Style.of(sys.stdout)._replace(colour=False, unicode=False)
    if not len(elements):
        return f"{clean(title)}\nno element was measured one by one; elements='all' measures all"
    header = ("index", "analytic", "numeric", "± bar", "difference", "same sign", "matching digits")
    body, marks = [], []
    for row in (elements[int(i)] for i in elements.foremost(ROWS_SHOWN)):
        body.append(
            (
                index_text(row.index),
                *numbers((row.analytic, row.numeric), row.error_bar),
                f"{row.error_bar:.1e}",
                f"{row.difference:.1e}" if row.difference else "0e+00",
                "yes" if row.same_sign else "no",
                str(row.matching_digits),
            )
        )
        marks.append("wrong" if row.wrong else "at a kink" if row.at_kink else "")
    lines = [clean(title), *columns([header, *body], ["", *marks], style)]
    if len(elements) > ROWS_SHOWN:
        lines.append(f"... and {len(elements) - ROWS_SHOWN} more")
    return style.finish("\n".join(lines))


def _target(target: TargetResult, style: Style) -> Iterator[str]:
    """Yield the target and a line for each check, and for each thing that was skipped."""
    yield style.paint(clean(target.target), "bold")
    if target.error:
        label = style.paint(WORDS["error"].label, "error")
        yield from wrap(f"  {label}  ", target.error, style, indent=9)
    left_out = [s for s in grouped(target.skipped) if s.reason not in target.error]
    names = [*(check.name for check in target.checks), *(s.name for s in left_out)]
    column = min(max((len(clean(name)) for name in names), default=0), NAME_WIDTH)
    rows: list[tuple[str, str, str, str, list[str]]] = [
        (WORDS[c.verdict].label, c.verdict, c.name, outcome(c), remarks(c)) for c in target.checks
    ]
    rows += [("skip", "dim", skipped.name, skipped.reason, []) for skipped in left_out]
    for word, colour, name, said, notes in rows:
        label = style.paint(f"{word:<6}", colour)
        start = f"  {label}  {clean(name):<{column}}  "
        yield from wrap(start, said, style, indent=12 + column)
        for note in notes:
            yield from wrap(" " * 10 + "note: ", note, style, indent=16)
    for note in target.notes:
        yield from wrap("  note: ", note, style, indent=8)


def _account(account: Account, style: Style) -> Iterator[str]:
    """Tell one thing: what, where in the code, the numbers, where they lie, what to try."""
    finding = account.finding
    mark = WORDS[account.verdict].label if account.verdict else "warning"
    label = style.paint(f"{mark}[{clean(finding.code)}]", account.verdict or "warning")
    subject = account.check
    if account.variables:
        gradients = "gradients" if len(account.variables) > 1 else "gradient"
        subject += f": {gradients} of {listed(in_runs(account.variables))}"
    yield from wrap(f"{label} ", f"{subject}: {account.message}", style, indent=2)
    yield from _source(finding, style)
    if finding.reason:
        yield from wrap("  line: ", finding.reason, style, indent=8)
    for also in account.also:
        yield from wrap("  also: ", also, style, indent=8)
    if account.case:
        yield from wrap("  case: ", account.case, style, indent=8)
    if account.spread:
        yield from wrap("        ", f"({account.spread})", style, indent=8)
    yield from _numbers(account, style)
    asides = [(word, f"{other.message} [{other.code}]") for word, other in account.asides]
    remarks = [("note", account.note), ("hint", finding.hint)]
    for word, said in [("where", account.where), *asides, *remarks]:
        start = f"  {word}: ".ljust(8)
        if said:
            yield from wrap(start, said, style, indent=len(start))
    yield from _fix(finding, style)
    if account.verdict is not None and account.has_page:
        yield style.paint(f"  more: minnet explain {clean(finding.code)}", "dim")


def _source(finding: Finding, style: Style) -> Iterator[str]:
    """Show the user's own line, if the finding has it."""
    line = finding.line
    if line is None:
        return
    number = str(line.number)
    yield style.paint(f"  --> {clean(shown_place(line.file, line.number))}", "dim")
    text = clean(line.text.strip())
    room = style.width - len(number) - 7
    text = text if len(text) <= room else text[: room - 1] + "…"
    yield f"  {number} │   {text}"


def _fix(finding: Finding, style: Style) -> Iterator[str]:
    """Show the edit that was tried and cures it, as a diff."""
    if finding.fix is None:
        return
    yield "  fix:    (tried in every case)"
    for sign, code, colour in (("-", finding.fix.old, "fail"), ("+", finding.fix.new, "pass")):
        for line in code.splitlines():
            yield style.paint(f"    {sign} {clean(line)}", colour)


def _numbers(account: Account, style: Style) -> Iterator[str]:
    """Show the worst elements."""
    if not account.worst:
        return
    element = f"element of {account.variables[0]}" if account.variables[1:] else "element"
    header = (clean(element), "analytic", "numeric", "± error bar")
    body = [
        (
            index_text(worst.index),
            *numbers((worst.analytic, worst.numeric), worst.error_bar),
            f"± {worst.error_bar:.1e}",
        )
        for worst in account.worst
    ]
    marks = [""] * (1 + len(body))
    yield from (f"  {line}" for line in columns([header, *body], marks, style))
