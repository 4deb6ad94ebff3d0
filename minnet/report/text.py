"""A report as text for a terminal: one line a function, and a full account of what is wrong.

The account follows the manner of good compilers: what is wrong, where, the numbers that show
it, what to try. Everything that comes from the user's code is untrusted: control characters
are shown, never sent to the terminal.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from minnet.report.results import (
    CaseResult,
    CheckResult,
    Elements,
    Finding,
    GradientResult,
    TargetResult,
    Verdict,
    worst_of,
)
from minnet.report.terminal import (
    Style,
    clean,
    columns,
    index_text,
    listed,
    numbers,
    plural,
    wrap,
)

if TYPE_CHECKING:
    from minnet.report.report import ElementTable, Report

LABELS: Mapping[Verdict, str] = {
    "pass": "ok",
    "fail": "FAIL",
    "inconclusive": "unsure",
    "not_implemented": "todo",
    "error": "ERROR",
}

#: how many of the worst elements an account of a failure shows
WORST_SHOWN = 3
#: how many full accounts a report gives; what is beyond them is in the table and in --html
ACCOUNTS_SHOWN = 30
#: how many rows of an element table are printed
ROWS_SHOWN = 60


def render(report: Report, style: Style | None = None) -> str:
    """Return the text of a report.

    Parameters
    ----------
    report : Report
        What to tell.
    style : Style, optional
        By default without colour, in the characters that standard output has.

    Returns
    -------
    str
        No trailing newline.
    """
    style = style or replace(Style.of(sys.stdout), colour=False)
    lines: list[str] = []
    for target in report.targets:
        lines += [*_target(target, style), ""]
    accounts = [account for target in report.targets for account in _accounts(target, style)]
    for account in accounts[:ACCOUNTS_SHOWN]:
        lines += [*account, ""]
    if len(accounts) > ACCOUNTS_SHOWN:
        more = len(accounts) - ACCOUNTS_SHOWN
        lines += [f"... and {more} more; --only NAME shows fewer functions, --html all", ""]
    summary = textwrap.fill(summary_of(report), style.width)
    lines.append(style.paint(summary, report.verdict))
    return style.finish("\n".join(lines))


def write(report: Report, stream: TextIO | None = None) -> None:
    """Print a report on a stream (standard output), in colour where that suits it."""
    stream = stream or sys.stdout
    print(render(report, Style.of(stream)), file=stream)


def headline(report: Report) -> str:
    """Return the report's most important sentence: what is wrong first, or that nothing is."""
    for target in report.targets:
        if target.error:
            return clean(f"{target.target}: {target.error}")
        for check in target.checks:
            for case in check.cases:
                for _, finding in findings_of(case, check.verdict):
                    if case.verdict == report.verdict:
                        return clean(f"{check.name}: {' '.join(finding.message.split())}")
    return summary_of(report)


def render_elements(table: ElementTable, style: Style | None = None) -> str:
    """Return an element table as text: the wrong elements first where it has to be cut."""
    style = style or replace(Style.of(sys.stdout), colour=False, unicode=False)
    if not len(table):
        return (
            f"{clean(table.title)}\nno element was measured one by one; elements='all' measures all"
        )
    order = np.arange(len(table))
    if len(table) > ROWS_SHOWN:
        order = np.argsort(~table.measured.wrong, kind="stable")[:ROWS_SHOWN]
    header = ("index", "analytic", "numeric", "± bar", "difference", "same sign", "matching digits")
    body, marks = [], []
    for row in (table[int(i)] for i in order):
        body.append(
            (
                index_text(row.index),
                *numbers((row.analytic, row.numeric)),
                f"{row.error_bar:.1e}",
                f"{row.difference:.1e}" if row.difference else "0e+00",
                "yes" if row.same_sign else "no",
                str(row.matching_digits),
            )
        )
        marks.append("wrong" if row.wrong else "at a kink" if row.at_kink else "")
    lines = [clean(table.title), *columns([header, *body], ["", *marks], style)]
    if len(table) > ROWS_SHOWN:
        lines.append(f"... and {len(table) - ROWS_SHOWN} more")
    return style.finish("\n".join(lines))


def where_wrong(elements: Elements) -> str:
    """Say in words where the wrong elements lie among those measured.

    Examples
    --------
    >>> index = np.array([(i, j) for i in range(3) for j in range(4)])
    >>> one, wrong = np.ones(12), index[:, 1] == 3
    >>> where_wrong(Elements(index, one, one, one, one == 0, wrong))
    '3 of 12 measured elements are wrong: all those with index 3 on axis 1, and no other'
    """
    total, wrong = len(elements), int(np.count_nonzero(elements.wrong))
    count = f"{wrong} of {total} measured elements {'is' if wrong == 1 else 'are'} wrong"
    if total == 0 or wrong == 0:
        return ""
    if wrong == total:
        return f"all {total} measured elements are wrong" if total > 1 else count
    for axis in range(elements.index.shape[1]):
        along = elements.index[:, axis]
        inside = np.unique(along[elements.wrong])
        if len(inside) == len(np.unique(along)):
            continue
        only = "all those" if elements.wrong[np.isin(along, inside)].all() else "only"
        tail = ", and no other" if only == "all those" else ""
        return f"{count}: {only} with index {_ranges(inside)} on axis {axis}{tail}"
    if wrong == 1:
        return f"{count}: {index_text(elements.index[elements.wrong][0])}"
    return f"{count}, scattered"


def _target(target: TargetResult, style: Style) -> Iterator[str]:
    yield style.paint(clean(target.target), "bold")
    if target.error:
        yield from wrap(f"  {style.paint('ERROR', 'error')}  ", target.error, style, indent=9)
    names = [*(check.name for check in target.checks), *(s.name for s in target.skipped)]
    column = min(max((len(clean(name)) for name in names), default=0), 32)
    for check in target.checks:
        label = style.paint(f"{LABELS[check.verdict]:<6}", check.verdict)
        name = f"{clean(check.name):<{column}}"
        yield from wrap(f"  {label}  {name}  ", outcome(check), style, indent=12 + column)
    for skipped in target.skipped:
        label = style.paint(f"{'skip':<6}", "dim")
        name = f"{clean(skipped.name):<{column}}"
        yield from wrap(f"  {label}  {name}  ", skipped.reason, style, indent=12 + column)


def outcome(check: CheckResult) -> str:
    """Return what one line has room to say about a check."""
    cases = plural(len(check.cases), "case")
    gradients = [gradient for case in check.cases for gradient in case.gradients]
    bad = list(dict.fromkeys(g.wrt for g in gradients if g.verdict == check.verdict))
    affected = sum(case.verdict == check.verdict for case in check.cases)
    share = "" if len(check.cases) == 1 else f", in {affected} of {cases}"
    if check.verdict == "not_implemented":
        return "not implemented yet"
    if check.verdict != "pass":
        what = {"fail": "wrong", "inconclusive": "not certain", "error": "an error"}[check.verdict]
        return (f"{listed(bad)} {what}" if bad else what) + share
    parts = [listed(dict.fromkeys(g.wrt for g in gradients)), cases]
    if gradients:
        parts.append(f"{min(g.digits for g in gradients)} digits agree")
    kinks = sum(g.at_kink for g in gradients)
    if kinks:
        parts.append(plural(kinks, "element") + " at a kink")
    warnings = {finding.code for case in check.cases for finding in case.warnings}
    if warnings:
        parts.append("warning: " + listed(sorted(warnings)))
    return " · ".join(part for part in parts if part)


def _accounts(target: TargetResult, style: Style) -> Iterator[list[str]]:
    """Give each thing that is wrong once, at the case where it shows, and each warning once."""
    for check in target.checks:
        seen: set[tuple[str, str]] = set()
        for case in check.cases:
            for what, finding in findings_of(case, check.verdict):
                key = (what, "" if what else finding.code)
                if key not in seen:
                    seen.add(key)
                    yield list(_account(check, case, what, finding, style))
        for case in check.cases:
            for finding in case.warnings:
                if ("warning", finding.code) not in seen:
                    seen.add(("warning", finding.code))
                    yield list(_warning(check, case, finding, style))


def findings_of(case: CaseResult, verdict: Verdict) -> Iterator[tuple[str, Finding]]:
    """Yield (variable or "", finding) for everything in a case that needs an account."""
    if case.verdict in ("pass", "not_implemented") or verdict == "not_implemented":
        return
    for finding in case.findings:
        yield "", finding
    for gradient in case.gradients:
        if case.findings and gradient.diagnosis == case.findings:
            continue  # what stopped the case is said once, not again for each gradient
        if gradient.verdict in ("fail", "error"):
            unexplained = Finding("unexplained", "the gradient is wrong")
            yield gradient.wrt, gradient.diagnosis[0] if gradient.diagnosis else unexplained
        elif gradient.verdict == "inconclusive":
            note = gradient.note or "the numeric derivative is too uncertain to judge by"
            yield gradient.wrt, Finding("inconclusive", note)


def _account(
    check: CheckResult, case: CaseResult, what: str, finding: Finding, style: Style
) -> Iterator[str]:
    """Tell one failure: what, where in the code, the numbers, where they lie, what to try."""
    gradient = next((g for g in case.gradients if g.wrt == what), None)
    verdict = gradient.verdict if gradient else case.verdict
    label = style.paint(f"{LABELS[verdict]}[{clean(finding.code)}]", verdict)
    subject = f"{check.name}: gradient of {what}: " if what else f"{check.name}: "
    yield from wrap(f"{label} ", subject + finding.message, style, indent=2)
    yield from _source(finding, style)
    yield from wrap("  case: ", case.case, style, indent=8)
    affected = sum(_shows(other, what, finding) for other in check.cases)
    if len(check.cases) > 1:
        yield (
            f"        (and {affected - 1} more of {len(check.cases)} cases)"
            if (affected > 1)
            else f"        (the other {len(check.cases) - 1} cases do not show it)"
        )
    if gradient is not None:
        yield from _evidence(gradient, finding, style)
        for other in gradient.diagnosis[1:3]:
            yield from wrap("  or:   ", f"{other.message} [{other.code}]", style, indent=8)
        if gradient.note and gradient.note != finding.message:
            yield from wrap("  note: ", gradient.note, style, indent=8)
    if finding.hint:
        yield from wrap("  hint: ", finding.hint, style, indent=8)
    if finding.code not in ("inconclusive", "unexplained"):
        yield style.paint(f"  more: minnet explain {clean(finding.code)}", "dim")


def _shows(case: CaseResult, what: str, finding: Finding) -> bool:
    """Return whether a case has the same thing wrong."""
    if not what:
        return any(other.code == finding.code for other in case.findings)
    bad = ("fail", "error", "inconclusive")
    return any(g.wrt == what and g.verdict in bad for g in case.gradients)


def _warning(check: CheckResult, case: CaseResult, finding: Finding, style: Style) -> Iterator[str]:
    label = style.paint(f"warning[{clean(finding.code)}]", "warning")
    yield from wrap(f"{label} ", f"{check.name}: {finding.message}", style, indent=2)
    yield from _source(finding, style)
    yield from wrap("  case: ", case.case, style, indent=8)
    if finding.hint:
        yield from wrap("  hint: ", finding.hint, style, indent=8)


def _source(finding: Finding, style: Style) -> Iterator[str]:
    """Show the user's own line, if the finding has it."""
    line = finding.line
    if line is None:
        return
    number = str(line.number)
    yield style.paint(f"  --> {clean(shown_path(line.file))}:{number}", "dim")
    text = clean(line.text.strip())
    room = style.width - len(number) - 7
    text = text if len(text) <= room else text[: room - 1] + "…"
    yield f"  {number} │   {text}"


def shown_path(file: str) -> str:
    """Return a file's path as the reader would type it: relative where it lies below."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file


def _evidence(gradient: GradientResult, finding: Finding, style: Style) -> Iterator[str]:
    """Show the worst elements, and say where the wrong ones lie."""
    where, elements = finding.where, gradient.elements
    rows: list[tuple[tuple[int, ...], float, float, float]] = []
    if elements is not None and elements.wrong.any():
        where = where_wrong(elements)
        for i in elements.furthest(WORST_SHOWN):
            values = (elements.analytic[i], elements.numeric[i], elements.error_bar[i])
            analytic, numeric, bar = map(float, values)
            rows.append((tuple(elements.index[i]), analytic, numeric, bar))
    elif gradient.worst is not None:
        worst = gradient.worst
        rows.append((worst.index, worst.analytic, worst.numeric, worst.error_bar))
    if rows:
        body = [
            (index_text(index), *numbers((analytic, numeric)), f"± {bar:.1e}")
            for index, analytic, numeric, bar in rows
        ]
        header = ("element", "analytic", "numeric", "± error bar")
        yield from (f"  {line}" for line in columns([header, *body], [""] * 9, style))
    if where:
        yield from wrap("  where: ", where, style, indent=9)


def summary_of(report: Report) -> str:
    """Return the last line: how many functions came out how."""
    verdicts = [check.verdict for check in report.checks]
    broken = sum(bool(target.error) for target in report.targets)
    said = {"fail": "wrong", "inconclusive": "not certain", "not_implemented": "not implemented"}
    said |= {"error": "with an error", "pass": "right"}
    order: Sequence[Verdict] = ("fail", "error", "inconclusive", "not_implemented", "pass")
    parts = [f"{verdicts.count(v)} {said[v]}" for v in order if v in verdicts]
    if broken:
        parts.append(plural(broken, "target") + " could not be checked")
    if not parts:
        return "nothing was checked"
    if worst_of(verdicts) == "pass" and not broken:
        count, gradients = len(verdicts), report.gradients
        every = "all " if count > 1 else ""
        measured = plural(len(gradients), "gradient")
        return f"{every}{count} right ({measured}, seed {report.seed})"
    checked = f"{len(verdicts)} checked: " if len(verdicts) > 1 else ""
    return checked + ", ".join(parts) + f" (seed {report.seed})"


def _ranges(values: Any) -> str:
    """Return sorted integers as text: ``0, 3-5``."""
    groups: list[list[int]] = []
    for value in map(int, values):
        if groups and value == groups[-1][-1] + 1:
            groups[-1].append(value)
        else:
            groups.append([value])
    return ", ".join(f"{g[0]}-{g[-1]}" if len(g) > 1 else str(g[0]) for g in groups)
