"""What a report says, in a form to compare."""

from pathlib import Path

FILES = Path(__file__).parent / "files"


def verdicts(report):
    return {c.name: c.verdict for c in report.checks}


def variables(report, name):
    (found,) = [c for c in report.checks if c.name == name]
    return {g.wrt for case in found.cases for g in case.gradients}
