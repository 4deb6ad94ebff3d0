"""What a diagnosis or a warning says: its sentence, its line, its cure, and what it rests on."""

from __future__ import annotations

import math
from typing import Any

from minnet.records import dataclass, field

#: two numbers that are equal but for their own rounding differ by less than this share
ROUNDED = 1e-12


@dataclass(frozen=True)
class SourceLine:
    """One line of the user's own code."""

    file: str
    number: int
    text: str


@dataclass(frozen=True)
class Fix:
    """An edit of one place that was tried, after which every gradient of every case is right.

    number is that of the first line changed; old and new are the lines as they are and as they
    would be, dedented.
    """

    number: int
    old: str
    new: str


@dataclass(frozen=True)
class Factor:
    """A constant factor: analytic = value × numeric, where ``value ± error`` fits every element."""

    value: float
    error: float = 0.0

    def near(self, other: float, slack: float = 0.0) -> bool:
        """Return whether the factor may be `other`."""
        if not math.isfinite(other):
            return False
        return abs(self.value - other) <= self.error + slack + ROUNDED * abs(other)


@dataclass(frozen=True)
class Finding:
    """A diagnosis or a warning: its code, the sentence for the user, and what it rests on.

    Attributes
    ----------
    code, message : str
    facts : dict
        The numbers behind the sentence, JSON-able; for the reader, nothing is decided by them.
    line : SourceLine, optional
        The user's own line that it is about.
    reason : str
        What is wrong on that line, in words.
    fix : Fix, optional
        What was tried, and cures it; told only where it was asked for.
    hint : str
        What to try.
    where : str
        Which elements are wrong, in words.
    factor : Factor, optional
        How many times the right gradient it is.
    about : tuple
        What the finding is about: axes, a variable, a rule. It has to be the same where the
        finding is confirmed, or told only once.
    """

    code: str
    message: str
    facts: dict[str, Any] = field(default_factory=dict)
    line: SourceLine | None = None
    reason: str = ""
    fix: Fix | None = None
    hint: str = ""
    where: str = ""
    factor: Factor | None = None
    about: tuple[Any, ...] = ()

    @property
    def evidence(self) -> dict[str, Any]:
        """Everything beside code and message as one dict, as JSON has it."""
        found = dict(self.facts)
        if self.factor is not None:
            found["factor"] = self.factor.value
        if self.where:
            found["where"] = self.where
        if self.line is not None:
            found["line"] = dict(vars(self.line))
        if self.reason:
            found["reason"] = self.reason
        if self.fix is not None:
            found["fix"] = dict(vars(self.fix))
        if self.hint:
            found["hint"] = self.hint
        return found
