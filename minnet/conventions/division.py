"""Whether the layers of a file divide by the batch size by agreement: seen in all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from minnet.records import replace
from minnet.report.results import CaseResult, Division, Finding, worst_of

IN_THE_LAYER = (
    "The gradients of the parameters are divided by the batch size here, in the layer: a "
    "convention, which the loss makes up for by leaving out its own 1/N. Divide in one of the "
    "two places only."
)
NOT_IN_THE_LOSS = (
    "The gradient of the loss leaves out what its mean divides by, or that and the 2 of a square, "
    "which the layers beside it make up for by dividing by the batch size: a convention. Divide in "
    "one of the two places only."
)
#: so many layers that all divide are no slip
_NO_SLIP = 2

Cases = Mapping[int, Sequence[CaseResult]]


def settled(cases: Cases, dividing: Collection[int]) -> dict[int, tuple[CaseResult, ...]]:
    """Return the results of a file, a division by the batch size excused where it is agreed on.

    It is where the course of a layer divides so, or where all layers of the file divide, at
    least two or beside a loss that leaves the division out, and no loss divides too.

    Parameters
    ----------
    cases : dict
        The results for each thing in the file.
    dividing : collection
        Which of them are written in the convention of a course whose layers divide, or are losses
        that live among layers which do.
    """
    found = {key: _divisions(results, key in dividing) for key, results in cases.items()}
    divided = {key for key, kinds in found.items() if kinds == {"divided"}}
    every = set().union(*found.values())
    alone = not every & {"whole", "averaged"}
    agreed = alone and divided and (len(divided) >= _NO_SLIP or every & {"left", "summed"})
    excused = {key for key in divided if agreed or key in dividing}
    of_losses = {key for key, kinds in found.items() if kinds == {"left"}}
    left = {key for key in of_losses if excused or key in dividing}
    return {
        key: tuple(
            _excused(result, IN_THE_LAYER if key in excused else NOT_IN_THE_LOSS)
            if key in excused | left and result.division in ("divided", "left")
            else result
            for result in results
        )
        for key, results in cases.items()
    }


def _divisions(results: Sequence[CaseResult], is_usual: bool) -> set[Division]:
    """Return what the cases of one thing do.

    Nothing where some of them fail otherwise, unless dividing is usual there.
    """
    bad = (r.verdict not in ("pass", "inconclusive") and not r.division for r in results)
    if not is_usual and any(bad):
        return set()
    return {result.division for result in results} - {""}


def _excused(result: CaseResult, convention: str) -> CaseResult:
    # late: the checker comes with it
    from minnet.gradcheck.diagnosis.customs import excused
    from minnet.gradcheck.diagnosis.customs.batch import is_misshaped

    gradients = tuple(
        excused(g, convention) if g.verdict == "fail" and not is_misshaped(g) else g
        for g in result.gradients
    )
    said = Finding("convention", convention, about=(convention,))
    return replace(
        result,
        verdict=worst_of(gradient.verdict for gradient in gradients),
        gradients=gradients,
        warnings=(*result.warnings, said),
    )
