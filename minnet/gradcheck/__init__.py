"""The gradient checker: is a hand-written backward pass right, and if not, why not?

checks, models   the functions a user calls
engine           one case: contract, then numbers, then what the mistake is
case             what is to be checked, made uniform
under_test/      anyone's object or functions as a case
contract/        what must hold before the numbers mean anything
measure/         numeric derivatives with error bars; the error model
verdict/         right, wrong, or impossible to tell
diagnosis/       what the mistake is
options          the keywords that all checks have in common
randomness       every random number derives from the user's seed

What was found is data of `minnet.report`, which knows nothing of how it was found.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minnet.gradcheck.checks import (
        check_cases,
        check_functions,
        check_gradient,
        check_layer,
        check_loss,
    )
    from minnet.gradcheck.engine import check_case
    from minnet.gradcheck.models import check_model
    from minnet.report.report import Report

__all__ = [
    "Report",
    "check_case",
    "check_cases",
    "check_functions",
    "check_gradient",
    "check_layer",
    "check_loss",
    "check_model",
]

#: where what is not in `checks` stands
_ELSEWHERE = {
    "Report": "minnet.report.report",
    "check_case": "minnet.gradcheck.engine",
    "check_model": "minnet.gradcheck.models",
}


def __getattr__(name: str) -> Any:
    """Import the checker when it is first asked for: its options alone need nothing of it."""
    if name in __all__:
        return getattr(import_module(_ELSEWHERE.get(name, "minnet.gradcheck.checks")), name)
    raise AttributeError(f"module 'minnet.gradcheck' has no attribute {name!r}")
