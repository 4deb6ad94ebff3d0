"""The page's account of what is wrong: in words, with the line, and what it means."""

from __future__ import annotations

from minnet.report.account import Account
from minnet.report.explained import explained
from minnet.report.markup import Markup, join, tag
from minnet.report.results import Finding, Fix, SourceLine
from minnet.report.words import in_runs, listed, shown_place


class Told:
    """What has been said so far: each diagnosis is told once, and each code explained once."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def once(self, text: str) -> bool:
        """Return whether it is said for the first time, and remember it."""
        first = text not in self._said
        self._said.add(text)
        return first


def finding_block(account: Account, told: Told) -> Markup:
    """Return one thing that is wrong with a check, or a warning."""
    finding = account.finding
    told.once(finding.message)
    gradients = "Gradients of " if len(account.variables) > 1 else "Gradient of "
    names = tag("code", listed(in_runs(account.variables)))
    spread = f" ({account.spread})" if account.spread else ""
    seen = join("First seen at ", tag("span", account.case), f"{spread}. ") if account.case else ""
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
        *(_aside(word, other, told) for word, other in account.asides),
        _fix(finding.fix) if finding.fix else "",
        tag("p", "Hint: ", finding.hint, class_="hint") if finding.hint else "",
        tag("p", seen, class_="aside"),
        _explained(account, told),
        class_="finding" if account.verdict in (None, "inconclusive") else "finding fail",
    )


def elsewhere_block(account: Account) -> Markup:
    """Return that what is wrong with a check is told of another one."""
    line = account.finding.line
    at = f", line {line.number}" if line else ""
    said = f"The same cause as in {account.check}{at}; it is told there."
    return tag("div", tag("p", said), class_="finding fail")


def diagnosis_line(finding: Finding, told: Told) -> Markup:
    """Return what is said of one gradient, or of one case; only its code where it is known."""
    said = finding.message if told.once(finding.message) else "(told above)"
    return tag("p", tag("code", finding.code, class_="code"), " ", said, class_="diagnosis")


def _aside(word: str, other: Finding, told: Told) -> Markup:
    told.once(other.message)
    return tag("p", f"{word.capitalize()}: ", other.message, " ", tag("code", other.code))


def _explained(account: Account, told: Told) -> Markup:
    code = account.finding.code
    if not account.has_page:
        return Markup("")
    folded = explained(code) if told.once(f"minnet explain {code}") else ""
    return Markup(folded) or tag(
        "p", "More: ", tag("code", f"minnet explain {code}"), class_="aside"
    )


def _source(line: SourceLine) -> Markup:
    place = shown_place(line.file, line.number)
    return tag("figure", tag("figcaption", place), tag("pre", tag("code", line.text.strip())))


def _fix(fix: Fix) -> Markup:
    """Return an edit as a diff."""
    lines = [f"- {line}" for line in fix.old.splitlines()]
    lines += [f"+ {line}" for line in fix.new.splitlines()]
    caption = "This edit was tried in every case, and cures what is said here."
    return tag("figure", tag("figcaption", caption), tag("pre", tag("code", "\n".join(lines))))
