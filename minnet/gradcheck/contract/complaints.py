"""Where numbers cease to be finite: NumPy notices, and knows the operation and the line."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from minnet.gradcheck.case import FLOATING, CodeError
from minnet.gradcheck.under_test.crash import line_of, nearest
from minnet.patterns import pattern
from minnet.records import dataclass
from minnet.report.results import SourceLine

#: what NumPy is to tell of: a result that is no number, and not one that is merely small
_TELL = {"over": "warn", "divide": "warn", "invalid": "warn", "under": "ignore"}
_SAID = pattern(r"(overflow|divide by zero|invalid value) encountered in (?:scalar )?(\w+)")
_LOGS = ("log", "log2", "log10", "log1p")

#: where NumPy does not tell
ANYTHING = (
    "look for an exp that overflows, and for a log of 0 or a division by 0 where one underflows"
)
EXP = (
    "{operation} overflows. Subtract the maximum before exp, which leaves a ratio as it is, or use "
    "np.tanh, np.logaddexp, np.log1p"
)
LOG = (
    "the log is taken of a number that has become 0, like a probability that underflows. Take the "
    "log first, on paper: log(softmax(z)) is z - max(z) - log(sum(exp(z - max(z)))), and "
    "log(sigmoid(z)) is -logaddexp(0, -z)"
)
DIVISION = "it divides by a number that has become 0"
OTHER = "{operation} gives {result} there"


@dataclass(frozen=True)
class Complaint:
    """One complaint of NumPy's: what happened, in which operation, at which line."""

    what: str
    operation: str
    line: SourceLine | None

    @property
    def in_words(self) -> str:
        """What went wrong, and what to do about it."""
        if self.what == "overflow":
            exponential = self.operation in ("exp", "expm1", "exp2", "cosh", "sinh")
            text = EXP if exponential else OTHER
            name = {"cast": "a cast to a shorter format"}.get(self.operation, self.operation)
            return text.format(operation=name, result="numbers too large to hold")
        if self.what == "divide by zero" and self.operation in _LOGS:
            return LOG
        if self.what == "divide by zero":
            return DIVISION
        return OTHER.format(operation=self.operation, result="nan (0/0, inf - inf, 0 * inf)")


def first_cause(act: Callable[[], Any]) -> Complaint | None:
    """Return what makes the numbers not finite while `act` runs code under test, if NumPy tells.

    An exp that overflows may be well (1/(1 + inf) is 0): it is to blame where what comes next is
    no number, or where nothing else went wrong.
    """
    with _told() as told, contextlib.suppress(CodeError):
        act()
    worst = next((k for k, complaint in enumerate(told) if complaint.what != "overflow"), len(told))
    overflow = next((complaint for complaint in told[:worst] if complaint.what == "overflow"), None)
    if worst == len(told) or (overflow is not None and told[worst].what == "invalid value"):
        return overflow
    return told[worst]


@contextlib.contextmanager
def _told() -> Iterator[list[Complaint]]:
    """Note what NumPy complains of in the block."""
    told: list[Complaint] = []

    def note(message: Warning | str, *_: Any, **__: Any) -> None:
        if said := _SAID.search(str(message)):
            frame: FrameType | None = nearest(sys._getframe(1))
            told.append(Complaint(said[1], said[2], line_of(frame) if frame else None))

    before = FLOATING.set(_TELL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = note
            yield told
    finally:
        FLOATING.reset(before)
