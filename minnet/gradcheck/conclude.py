"""What all cases of one thing say together, when each has been checked on its own.

One case says which gradient is wrong; the cases together say with which setting, and what edit
of which line would make all of them right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from minnet.gradcheck.case import Case
from minnet.gradcheck.options import Options
from minnet.gradcheck.own_failure import own_failure
from minnet.gradcheck.under_test.called import called_by, name_of
from minnet.records import replace
from minnet.report.results import CaseResult, GradientResult

if TYPE_CHECKING:
    from minnet.gradcheck.cure.cases import Remedy

Checked = tuple[Case, CaseResult]


def conclude(
    checked: Sequence[Checked], options: Options, beside: Callable[[], Iterable[Case]] = tuple
) -> tuple[CaseResult, ...]:
    """Return the results of all cases of one thing, with what only all of them tell.

    Parameters
    ----------
    checked : sequence of (Case, CaseResult)
        In the order in which they were checked, each at the point where its result was found.
    options : Options
    beside : callable
        Gives cases of other things in the file: what cures this one has to leave them right.

    Returns
    -------
    tuple of CaseResult
        As many as were given, in their order.
    """
    # late, as the search for a cure: right code needs nothing of it
    from minnet.gradcheck.wrong_case import with_wrong_case

    cases = [case for case, _ in checked]
    results = [result for _, result in checked]
    try:
        results = list(with_wrong_case(checked, options))
        if options.hints in ("full", "fix") and any(map(_may_be_cured, results)):
            from minnet.gradcheck.cure.cases import remedies

            for remedy in remedies(checked, options.seed, beside):
                results = [_with(remedy, result, options) for result in results]
    except Exception as error:  # the verdicts stand, whatever more could have been said of them
        said = f"the line was not looked for: {own_failure(error).message}"
        results[0] = replace(results[0], notes=(*results[0].notes, said))
    return tuple(
        result if result.verdict == "pass" else replace(result, code=_functions_of(case))
        for case, result in zip(cases, results, strict=True)
    )


def _may_be_cured(result: CaseResult) -> bool:
    """Whether a gradient is wrong, the same wrong one at each call, and forward is not.

    Where forward gives something else than it should, backward may be right for what it should.
    """
    codes = {found.code for g in result.gradients for found in g.diagnosis}
    forward = result.forward.verdict == "fail"
    return result.verdict == "fail" and not forward and "new_random_numbers" not in codes


def _with(remedy: Remedy, result: CaseResult, options: Options) -> CaseResult:
    """Return a result with the line, and the edit where it is asked for, of what it cures."""
    fix = remedy.fix if options.hints == "fix" else None
    gradients = []
    for g in result.gradients:
        if g.verdict == "fail" and g.wrt in remedy.cured and _has_a_line(g, remedy):
            first = replace(g.diagnosis[0], line=remedy.line, reason=remedy.reason, fix=fix)
            g = replace(g, diagnosis=(first, *g.diagnosis[1:]))
        gradients.append(g)
    return replace(result, gradients=tuple(gradients))


def _has_a_line(gradient: GradientResult, remedy: Remedy) -> bool:
    """Whether one pass is to blame: of a variable that forward leaves out, nobody can say which.

    Nor of a penalty, unless an edit of backward was found that cures it.
    """
    if not gradient.diagnosis:
        return False
    first = gradient.diagnosis[0]
    in_either = first.code == "weight_decay" and remedy.fix is None
    return "left_out" not in first.evidence and not in_either


def _functions_of(case: Case) -> tuple[str, ...]:
    """Return the names of the user's functions that backward runs through, its own first."""
    thing = getattr(case, "thing", None)
    return tuple(map(name_of, called_by(case.code.get("backward"), thing)))
