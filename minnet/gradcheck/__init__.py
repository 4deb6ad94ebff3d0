"""The gradient checker: is a hand-written backward pass right, and if not, why not?

case, adapters          what is to be checked, made uniform
contract                what must hold before the numbers mean anything
differences, measure    numeric derivatives with error bars
verdict                 right, wrong, or impossible to tell
diagnosis               what the mistake is
results, report, text   what was found, as data and as text
checks                  the functions a user calls
"""

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
