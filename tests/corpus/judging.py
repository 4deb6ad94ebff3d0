"""What a report says about a corpus entry."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from corpus.entries import Right, Wrong

#: more seeds with, say, MINNET_CORPUS_SEEDS=20
SEEDS = range(int(os.environ.get("MINNET_CORPUS_SEEDS", "1")))


def report_on(entry: Right | Wrong, seed: int) -> Any:
    """Return the report on an entry."""
    return entry.call(seed).report(seed)


def case_results(report: Any) -> Iterator[Any]:
    for target in report.targets:
        for check in target.checks:
            yield from check.cases


def warnings(report: Any) -> set[str]:
    return {finding.code for case in case_results(report) for finding in case.warnings}


def first_codes(report: Any) -> list[tuple[str, str]]:
    """Return (gradient, first diagnosis) of everything that failed; "*" for whole cases."""
    found = []
    for case in case_results(report):
        bad = [g for g in case.gradients if g.verdict in ("fail", "error", "not_implemented")]
        found += [(g.wrt, g.diagnosis[0].code if g.diagnosis else "none") for g in bad]
        if not bad:
            found += [("*", finding.code) for finding in case.findings[:1]]
    return found


def caught(entry: Wrong, report: Any) -> bool:
    """Is the mistake seen? A mistake that leaves the gradients right shows as a warning."""
    if entry.warning and report.verdict == "pass":
        return bool(warnings(report) & set(entry.codes["*"]))
    return report.verdict in ("fail", "error", "not_implemented")


def misnamed(entry: Wrong, report: Any) -> list[str]:
    """Return what is wrong with the first diagnoses of a report, in words."""
    if entry.warning and report.verdict == "pass":
        return [] if caught(entry, report) else ["no warning"]
    complaints = []
    codes = first_codes(report)
    for wrt, code in codes:
        allowed = entry.codes.get(wrt, entry.codes.get("*"))
        if allowed is None and wrt != "*":
            complaints.append(f"{wrt} is right but was called {code}")
        elif allowed is not None and "*" not in allowed and code not in allowed:
            complaints.append(f"{wrt}: {code} instead of {' or '.join(allowed)}")
    if not codes:
        complaints.append(f"no diagnosis ({report.verdict})")
    seen = {wrt for wrt, _ in codes}
    missed = set() if "*" in seen else set(entry.codes) - seen - {"*"}
    complaints += [f"{wrt} was not called wrong" for wrt in sorted(missed)]
    return complaints
