"""For tests: ``assert check_layer(MyLayer(), x)`` fails with the report below the traceback.

pytest loads this by itself where minnet is installed. It shows the last report that was asked
whether it passed, and said no; and it names parametrised reports by their layer and case.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest


def pytest_make_parametrize_id(config: Any, val: object, argname: str) -> str | None:
    """Name a report in the list of tests by what was checked, not by its number."""
    module = sys.modules.get("minnet.report.report")
    if module is None or not isinstance(val, module.Report):
        return None
    names = [f"{check.name} {case.case}" for check in val.checks for case in check.cases]
    return names[0] if names else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Generator[None, Any, Any]:
    """Add the report that failed the assertion to what pytest shows."""
    outcome = yield
    module = sys.modules.get("minnet.report.report")
    if module is not None and call.when == "call":
        refused, module.Report.refused = module.Report.refused, None
        if outcome.failed and refused is not None and call.excinfo.errisinstance(AssertionError):
            outcome.sections.append(("minnet", str(refused)))
    return outcome
