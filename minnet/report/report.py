"""The report: what a check found, ready to be asked, printed, plotted and saved.

`Report` is the face of `Results`, `ElementTable` that of `Elements`: the data knows nothing of
how it is shown, and what shows it takes the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minnet.records import dataclass
from minnet.report import text
from minnet.report.account import headline
from minnet.report.choice import chosen
from minnet.report.results import ElementRow, Elements, LocatedGradient, Results
from minnet.report.terminal import clean

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Report(Results):
    """What a check found; truthy when every gradient passed.

    Parameters
    ----------
    targets : tuple of TargetResult
        One for each file, module or object that was checked.
    seed : int
        The seed of every random number that was used: the same seed, the same report.
    verdicts_only : bool
        Whether nothing is to be told beside what is right and what is wrong.

    Examples
    --------
    >>> from minnet.report.results import CaseResult, CheckResult, GradientResult, TargetResult
    >>> dx = GradientResult("x", (2, 3), "pass", digits=11)
    >>> case = CaseResult("x (2,3)", "pass", (dx,))
    >>> target = TargetResult("layers.py", "pass", (CheckResult("relu", "any", "pass", (case,)),))
    >>> report = Report((target,), seed=0)
    >>> bool(report), report.verdict, [gradient.name for gradient in report.gradients]
    (True, 'pass', ['relu.x'])
    """

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        return text.render(self)

    def __repr__(self) -> str:
        return f"<Report {self.verdict}: {clean(headline(self))}>"

    def _repr_html_(self) -> str:
        from minnet.report.page import fragment

        return fragment(self)

    @property
    def gradients(self) -> tuple[Gradient, ...]:
        """Every gradient of every case, each with its target, check and case."""
        return tuple(Gradient(**vars(gradient)) for gradient in super().gradients)

    def gradient(self, name: str | None = None, case: str | None = None) -> Gradient:
        """Return the gradient of this name in the case that the report's text speaks of.

        Parameters
        ----------
        name : str, optional
            ``"w"``, or ``"conv.w"`` where several checks have a ``w``; by default the worst
            gradient of all.
        case : str, optional
            The case, or a part of what it is called: ``"pad 0"``.

        Raises
        ------
        KeyError
            When there is no such gradient; the message lists the names, or the cases, there are.
        """
        return chosen(self, self.gradients, name, case)

    def elements(self, name: str | None = None, case: str | None = None) -> ElementTable:
        """Return the elements of a gradient that were measured one by one, as a table.

        Parameters and errors as for `gradient`.

        Returns
        -------
        ElementTable
            Prints as a table and iterates over its rows.
        """
        gradient = self.gradient(name, case)
        elements = gradient.elements
        if elements is None:
            elements = Elements.empty(len(gradient.shape))
        return ElementTable(f"{gradient.name}, {gradient.case}", elements)

    def plot(
        self, name: str | None = None, case: str | None = None, *, dark: bool = False
    ) -> Figure:
        """Draw the most telling picture of a gradient, by default of what the text begins with.

        Parameters
        ----------
        name, case : str, optional
            As for `gradient`.
        dark : bool
            Draw on a dark background.

        Raises
        ------
        KeyError
            When there is no such gradient.
        ValueError
            When no element of it was measured one by one.
        """
        return self.gradient(name, case).plot(dark=dark)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-able data (see `to_json`)."""
        from minnet.report.as_json import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """Return the report as strict JSON text; a NaN or an infinity is written as null.

        Keys that are rarely needed (``error`` of a target, ``diagnosis`` and ``notes`` of a
        case as a whole, ``note`` of a gradient) are present only where there is something to
        say.
        """
        from minnet.report.as_json import to_json

        return to_json(self)

    def to_html(self, path: str | Path) -> None:
        """Write the report as one self-contained HTML page.

        Parameters
        ----------
        path : str or Path
            The file to write; it is replaced if it exists, whole or not at all.
        """
        from minnet.files import write_text
        from minnet.report.page import page

        write_text(path, page(self))


@dataclass(frozen=True, kw_only=True)
class Gradient(LocatedGradient):
    """A gradient of a report, which can draw itself."""

    def plot(self, *, dark: bool = False) -> Figure:
        """Draw the most telling picture of it.

        Raises
        ------
        ValueError
            When no element was measured one by one.
        """
        from minnet.report.plots import plot_gradient

        return plot_gradient(self, dark=dark)


@dataclass(frozen=True, repr=False)
class ElementTable:
    """The measured elements of one gradient: a table to print, to iterate and to index.

    Examples
    --------
    >>> import numpy as np
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
        return iter(self.measured)

    def __getitem__(self, position: int) -> ElementRow:
        return self.measured[position]

    def __str__(self) -> str:
        return text.render_elements(self.title, self.measured)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from minnet.report.page import element_table

        return element_table(self.title, self.measured)
