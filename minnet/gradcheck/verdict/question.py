"""The question that a verdict answers: is this gradient right?"""

from __future__ import annotations

from minnet.arrays import Array
from minnet.gradcheck.case import Case
from minnet.gradcheck.measure.bars import Precision, Slope
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.verdict.claims import Claims
from minnet.records import dataclass


@dataclass(frozen=True, eq=False)
class Question:
    """This gradient, of this case, with this upstream gradient: is it right?

    Attributes
    ----------
    probe : Probe
        Measures, at the case's own point.
    claims : Claims
        What backward claims there.
    name : str
        A variable for which ``claims.at(dout)`` has a gradient.
    dout : array (m,)
        The upstream gradient, random and without zeros; 1 for a loss.
    """

    probe: Probe
    claims: Claims
    name: str
    dout: Array

    @property
    def claimed(self) -> Array:
        """The gradient that backward claims, float64, shaped like the variable."""
        return self.claims.at(self.dout)[self.name]

    @property
    def sizes(self) -> Array:
        """The typical size of each element of the variable."""
        return self.probe.size[self.name]

    @property
    def precision(self) -> Precision:
        """The round-off of the forward pass."""
        return self.probe.precision

    def along(self, direction: Array) -> Slope:
        """Measure the outputs' derivatives along a direction of the variable."""
        return self.probe.along(self.name, direction, self.dout)

    def beside(self, distance: float, step: float | None = None) -> Question:
        """Return the same question at a random point this close, in units of the typical sizes.

        Raises
        ------
        CodeError
            When the forward pass raises there.
        """
        other = Probe(beside(self.probe, distance), self.probe.rng, step)
        return Question(other, Claims(other), self.name, self.dout)


def beside(probe: Probe, distance: float) -> Case:
    """Return the case at a random point this close, in units of the typical sizes."""
    values = {}
    for variable, x in probe.case.variables.items():
        away = distance * probe.size[variable] * probe.rng.standard_normal(x.shape)
        values[variable] = (x + away).astype(x.dtype)
    return probe.case.with_variables(values)
