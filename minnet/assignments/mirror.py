"""The solution's cases with the submission in the solution's place."""

from __future__ import annotations

from typing import Any

import numpy as np

from minnet.assignments.isolation.remote import Function
from minnet.assignments.isolation.session import Session
from minnet.assignments.plan import Asked
from minnet.gradcheck.case import user_code
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.losses import LossFunctionCase
from minnet.gradcheck.under_test.sharing import share_out
from minnet.gradcheck.under_test.signatures import signature_of


class Unknown(Exception):
    """A case of a kind that a submission cannot be put into."""


def mirrored(case: AdaptedCase, session: Session) -> AdaptedCase:
    """Return the same case of the submission's code: its functions are asked of its process.

    What arguments are called, and which are differentiated, is as in the assignment.

    Raises
    ------
    Unknown
    """
    about: About = {
        "name": case.name,
        "description": case.description,
        "convention": case.convention,
        "batched": case.batched_arguments,
        "quantities": case.quantities,
    }
    names = list(case.arguments)
    values = tuple(case.arguments.values())
    wanted = list(case.variables)
    if isinstance(case, FunctionsCase):
        backward = case.code["backward"]
        pair = (
            Function(session, case.code["forward"].__name__, names, cache=True),
            Function(session, backward.__name__, names_of(backward)),
        )
        return FunctionsCase(*pair, values, differentiate=wanted, **about)
    if isinstance(case, LossFunctionCase):
        function = Function(session, case.code["forward"].__name__, names)
        return LossFunctionCase(function, values, differentiate=wanted, **about)
    raise Unknown(f"{case.name}: {type(case).__name__}")


def names_of(function: Any) -> list[str]:
    """Return the names of a function's parameters."""
    return list(signature_of(function).names)


def with_known_cache(asked: Asked, session: Session) -> dict[str, Any] | None:
    """Return the gradients of a backward that is given the solution's cache; None where it cannot.

    The cache is part of the assignment: it stands around the holes. It has to be of arrays,
    numbers and text.

    Raises
    ------
    CodeError
    """
    case = asked.case
    if not isinstance(case, FunctionsCase):
        return None
    run = case.run()
    if not is_plain(run.memory):
        return None
    backward = case.code["backward"]
    function = Function(session, backward.__name__, names_of(backward))
    with user_code("backward"):
        answer = function(*asked.dout, run.memory)
    given = share_out(answer, case.arguments, case.inputs).inputs
    return {name: given.get(name) for name in case.variables}


def is_plain(value: Any) -> bool:
    """Return whether something can cross to a submission.

    >>> is_plain((np.ones(2), {"pad": 1}, None)), is_plain(lambda x: x)
    (True, False)
    """
    if isinstance(value, tuple | list):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fiub"
    return value is None or isinstance(value, bool | int | float | str)
