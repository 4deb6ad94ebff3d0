"""The report: everything a check found, ready to be asked, printed, plotted and saved.

`Report` is data with a few questions on it. The text made of it is in `text`, the pictures
and pages in `page` and `plots`; neither is needed to know the verdict.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minnet.arrays import Array
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

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: the most digits that two float64 numbers can be said to share
MOST_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class LocatedGradient(GradientResult):
    """A gradient's result together with the target, check and case that it belongs to."""

    target: str
    check: str
    case: str

    @property
    def name(self) -> str:
        """The gradient's name within a report: ``"conv.w"``."""
        return f"{self.check}.{self.wrt}"


@dataclass(frozen=True)
class Report:
    """What a check found; truthy when every gradient passed.

    Parameters
    ----------
    targets : tuple of TargetResult
        One for each file, module or object that was checked.
    seed : int
        The seed of every random number that was used: the same seed, the same report.

    Examples
    --------
    >>> dx = GradientResult("x", (2, 3), "pass", digits=11)
    >>> case = CaseResult("x (2,3)", "pass", (dx,))
    >>> target = TargetResult("layers.py", "pass", (CheckResult("relu", "any", "pass", (case,)),))
    >>> report = Report((target,), seed=0)
    >>> bool(report), report.verdict, [gradient.name for gradient in report.gradients]
    (True, 'pass', ['relu.x'])
    """

    targets: tuple[TargetResult, ...]
    seed: int = 0
    #: the last report that was asked and said no, for a test's failure message
    refused: ClassVar[Report | None] = None

    def __bool__(self) -> bool:
        passed = self.verdict == "pass"
        if not passed:
            Report.refused = self
        return passed

    def __str__(self) -> str:
        from minnet.report import text

        return text.render(self)

    def __repr__(self) -> str:
        from minnet.report import text

        return f"<Report {self.verdict}: {text.headline(self)}>"

    def _repr_html_(self) -> str:
        from minnet.report.page import fragment

        return fragment(self)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all targets."""
        return worst_of(target.verdict for target in self.targets)

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The checks of all targets, in order."""
        return tuple(check for target in self.targets for check in target.checks)

    @property
    def gradients(self) -> tuple[LocatedGradient, ...]:
        """Every gradient of every case, each with its target, check and case."""
        return tuple(
            LocatedGradient(
                **{field.name: getattr(gradient, field.name) for field in fields(gradient)},
                target=target.target,
                check=check.name,
                case=case.case,
            )
            for target in self.targets
            for check in target.checks
            for case in check.cases
            for gradient in case.gradients
        )

    def gradient(self, name: str | None = None) -> LocatedGradient:
        """Return the gradient of this name in the case where it is most telling.

        Parameters
        ----------
        name : str, optional
            ``"w"``, or ``"conv.w"`` where several checks have a ``w``; by default the worst
            gradient of the report.

        Returns
        -------
        LocatedGradient
            The one with the worst verdict; among equals, the one with most elements measured.

        Raises
        ------
        KeyError
            When the report holds no such gradient; the message lists the names there are.
        """
        found = [g for g in self.gradients if name is None or name in (g.wrt, g.name)]
        if not found:
            names = ", ".join(dict.fromkeys(g.name for g in self.gradients)) or "none"
            raise KeyError(f"no gradient named {name!r} in this report; it has: {names}")
        worst = worst_of(g.verdict for g in found)
        return max(
            (g for g in found if g.verdict == worst),
            key=lambda g: 0 if g.elements is None else len(g.elements),
        )

    def elements(self, name: str | None = None) -> ElementTable:
        """Return the elements of a gradient that were measured one by one, as a table.

        Parameters
        ----------
        name : str, optional
            As for `gradient`.

        Returns
        -------
        ElementTable
            Prints as a table and iterates over its rows.

        Raises
        ------
        KeyError
            When the report holds no such gradient.
        """
        gradient = self.gradient(name)
        elements = gradient.elements
        if elements is None:
            elements = Elements.empty(len(gradient.shape))
        return ElementTable(f"{gradient.name}, {gradient.case}", elements)

    def plot(self, name: str | None = None, *, dark: bool = False) -> Figure:
        """Draw the most telling picture of a gradient (by default of the worst one).

        Parameters
        ----------
        name : str, optional
            As for `gradient`.
        dark : bool
            Draw on a dark background.
        """
        from minnet.report.plots import plot_gradient

        return plot_gradient(self.gradient(name), dark=dark)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-able data (see `to_json`)."""
        from minnet import __version__

        data = {
            "minnet": __version__,
            "verdict": self.verdict,
            "seed": self.seed,
            "targets": [_target_data(target) for target in self.targets],
        }
        return _strict(data)  # type: ignore[no-any-return]

    def to_json(self) -> str:
        """Return the report as strict JSON text; a NaN or an infinity is written as null.

        Keys that are rarely needed (``error`` of a target, ``diagnosis`` and ``notes`` of a
        case as a whole, ``note`` of a gradient) are present only where there is something to
        say.
        """
        return json.dumps(self.to_dict(), indent=1, allow_nan=False, ensure_ascii=False)

    def to_html(self, path: str | Path) -> None:
        """Write the report as one self-contained HTML page.

        Parameters
        ----------
        path : str or Path
            The file to write; it is replaced if it exists.
        """
        from minnet.report.page import page

        Path(path).write_text(page(self), encoding="utf-8")


@dataclass(frozen=True)
class ElementRow:
    """One element of a gradient, claimed and measured."""

    index: tuple[int, ...]
    analytic: float
    numeric: float
    error_bar: float
    difference: float
    same_sign: bool
    matching_digits: int
    at_kink: bool
    wrong: bool


@dataclass(frozen=True)
class ElementTable:
    """The measured elements of one gradient: a table to print, to iterate and to index.

    Examples
    --------
    >>> elements = Elements(np.array([[0], [1]]), np.array([1.0, 2.0]), np.array([1.0, 4.0]),
    ...                     np.array([1e-11, 1e-11]), np.array([False, False]),
    ...                     np.array([False, True]))
    >>> print(ElementTable("square.x", elements))
    square.x
    index  analytic  numeric   +- bar  difference  same sign  matching digits
    (0)           1        1  1.0e-11       0e+00        yes               16
    (1)           2        4  1.0e-11    -2.0e+00        yes                0  wrong
    """

    title: str
    measured: Elements

    def __len__(self) -> int:
        return len(self.measured)

    def __iter__(self) -> Iterator[ElementRow]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, position: int) -> ElementRow:
        m = self.measured
        analytic, numeric = float(m.analytic[position]), float(m.numeric[position])
        return ElementRow(
            index=tuple(int(i) for i in m.index[position]),
            analytic=analytic,
            numeric=numeric,
            error_bar=float(m.error_bar[position]),
            difference=analytic - numeric,
            same_sign=bool(np.sign(analytic) == np.sign(numeric)),
            matching_digits=int(matching_digits(analytic, numeric)),
            at_kink=bool(m.at_kink[position]),
            wrong=bool(m.wrong[position]),
        )

    def __str__(self) -> str:
        from minnet.report import text

        return text.render_elements(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from minnet.report.page import element_table

        return element_table(self)


def matching_digits(analytic: Any, numeric: Any) -> Array:
    """Return how many leading digits two numbers share, elementwise, between 0 and 16.

    Parameters
    ----------
    analytic, numeric : float or array
        Two arrays that broadcast together.

    Returns
    -------
    array of int
        ``floor(-log10(|a - n| / max(|a|, |n|)))``; 16 where the two are equal, 0 where one is
        not finite.

    Examples
    --------
    >>> matching_digits([3.14159, 1.0, 2.0], [3.14160, 1.0, -2.0]).tolist()
    [5, 16, 0]
    """
    a, n = np.asarray(analytic, np.float64), np.asarray(numeric, np.float64)
    with np.errstate(all="ignore"):
        relative = np.abs(a - n) / np.maximum(np.abs(a), np.abs(n))
        digits = np.floor(-np.log10(relative))
    digits = np.where(a == n, MOST_DIGITS, np.nan_to_num(digits, nan=0.0))
    return np.clip(digits, 0, MOST_DIGITS).astype(int)


def _target_data(target: TargetResult) -> dict[str, Any]:
    data: dict[str, Any] = {"target": target.target, "verdict": target.verdict}
    if target.error:
        data["error"] = target.error
    data["checks"] = [
        {
            "name": check.name,
            "convention": check.convention,
            "verdict": check.verdict,
            "cases": [_case_data(case) for case in check.cases],
        }
        for check in target.checks
    ]
    data["skipped"] = [{"name": s.name, "reason": s.reason} for s in target.skipped]
    return data


def _case_data(case: CaseResult) -> dict[str, Any]:
    data: dict[str, Any] = {"case": case.case, "verdict": case.verdict}
    if case.findings:
        data["diagnosis"] = [_finding_data(finding) for finding in case.findings]
    if case.notes:
        data["notes"] = list(case.notes)
    data["warnings"] = [_finding_data(finding) for finding in case.warnings]
    data["gradients"] = [_gradient_data(gradient) for gradient in case.gradients]
    return data


def _gradient_data(gradient: GradientResult) -> dict[str, Any]:
    worst = gradient.worst
    data: dict[str, Any] = {
        "wrt": gradient.wrt,
        "shape": gradient.shape,
        "verdict": gradient.verdict,
        "relative_error": gradient.relative_error,
        "error_bar": gradient.error_bar,
        "digits": gradient.digits,
        "elements_checked": gradient.elements_checked,
        "elements_wrong": gradient.elements_wrong,
        "at_kink": gradient.at_kink,
        "worst": None
        if worst is None
        else {
            "index": worst.index,
            "analytic": worst.analytic,
            "numeric": worst.numeric,
            "error_bar": worst.error_bar,
        },
        "diagnosis": [_finding_data(finding) for finding in gradient.diagnosis],
    }
    if gradient.note:
        data["note"] = gradient.note
    return data


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "message": finding.message, "evidence": finding.evidence}


def _strict(value: Any) -> Any:
    """Return `value` in the types that strict JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_strict(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _strict(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):  # a lone surrogate (an odd file name) is no legal Unicode text
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)
