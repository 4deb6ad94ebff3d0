"""Results as JUnit XML, which continuous integration shows as a list of tests."""

from __future__ import annotations

from xml.etree import ElementTree

from minnet.records import replace
from minnet.report.account import headline
from minnet.report.results import CheckResult, Results, TargetResult
from minnet.report.terminal import Style, clean
from minnet.report.text import render


def to_junit(results: Results) -> str:
    """Return a test suite for each target, and in it a test for each check.

    What is not right (wrong, not certain, not implemented) is a failure, as in the exit status.

    Parameters
    ----------
    results : Results

    Returns
    -------
    str
    """
    root = ElementTree.Element("testsuites", name="minnet check")
    for target in results.targets:
        root.append(_suite(target, results))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _suite(target: TargetResult, results: Results) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=clean(target.target))
    for check in target.checks:
        test = _test(suite, check.name)
        if check.verdict != "pass":
            alone = replace(target, checks=(check,), skipped=(), error="", verdict=check.verdict)
            _add(test, check, replace(results, targets=(alone,)))
    for skipped in target.skipped:
        ElementTree.SubElement(_test(suite, skipped.name), "skipped", message=clean(skipped.reason))
    if target.error:
        ElementTree.SubElement(_test(suite, target.target), "error", message=clean(target.error))
    for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        suite.set(count, str(len(suite.findall(f".//{tag}"))))
    suite.set("skipped", str(len(target.skipped)))
    return suite


def _test(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    group = suite.get("name", "")
    return ElementTree.SubElement(suite, "testcase", classname=group, name=clean(name))


def _add(test: ElementTree.Element, check: CheckResult, alone: Results) -> None:
    """Add what is not right with a check."""
    tag = "error" if check.verdict == "error" else "failure"
    found = ElementTree.SubElement(test, tag, type=check.verdict, message=clean(headline(alone)))
    found.text = "\n".join(map(clean, render(alone, Style()).splitlines()))
