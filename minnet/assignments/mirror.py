"""The solution's cases with the submission in the solution's place."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from minnet.assignments.isolation.objects import (
    Blueprint,
    ObjectBackward,
    ObjectForward,
    ObjectLoss,
)
from minnet.assignments.isolation.remote import Function, Meaning
from minnet.assignments.isolation.session import Session
from minnet.conventions.nnfs import NnfsLossCase
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.losses import LossCase, LossFunctionCase
from minnet.gradcheck.under_test.parameters import Parameter
from minnet.gradcheck.under_test.passes import expect_passes, has_backward
from minnet.gradcheck.under_test.sharing import share_out
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import (
    GRADIENT_DICTS,
    INPUT_GRADIENTS,
    LAYER_PASSES,
    LOSS_PASSES,
    OUTPUTS,
    gradient_names,
)

#: where an object of the solution's has what it was made with
_MADE_WITH = "_minnet_made_with"


class Unknown(Exception):
    """A case of a kind that a submission cannot be put into; the message says why."""


class MadeWith:
    """What a constructor was called with; a copy of the object keeps it."""

    __slots__ = ("args", "named")

    def __init__(self, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.args, self.named = args, named

    def __deepcopy__(self, memo: Any) -> MadeWith:
        return self


def remember_making(module: types.ModuleType) -> None:
    """Have every object of a module's layers keep what it was made with."""
    for cls in vars(module).values():
        if inspect.isclass(cls) and cls.__module__ == module.__name__ and has_backward(cls):
            _remember(cls)


def _remember(cls: Any) -> None:
    make = cls.__init__

    @functools.wraps(make)
    def remembering(self: Any, *args: Any, **named: Any) -> None:
        self.__dict__.setdefault(_MADE_WITH, MadeWith(args, named))  # not that of a base class
        make(self, *args, **named)

    cls.__init__ = remembering


def mirrored(case: AdaptedCase, session: Session) -> AdaptedCase:
    """Return the same case of the submission's code: its process is asked.

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
    names, wanted = list(case.arguments), list(case.variables)
    values: tuple[Any, ...] = tuple(case.arguments.values())
    if isinstance(case, FunctionsCase):
        backward = case.code["backward"]
        pair = (
            Function(Meaning(session, case.code["forward"].__name__, names, cache=True)),
            Function(Meaning(session, backward.__name__, names_of(backward))),
        )
        return FunctionsCase(*pair, values, differentiate=wanted, **about)
    if isinstance(case, LossFunctionCase) and case.thing is case.code["forward"]:
        function = Function(Meaning(session, case.code["forward"].__name__, names))
        return LossFunctionCase(function, values, differentiate=wanted, **about)
    if isinstance(case, LayerCase):
        blueprint = blueprint_of(case)
        pair = (
            Function(ObjectForward(session, blueprint)),
            Function(ObjectBackward(session, blueprint)),
        )
        values += tuple(case.variables[name] for name in case.parameters)
        return FunctionsCase(*pair, values, differentiate=wanted, **about)
    if isinstance(case, LossCase) and not case.parameters:
        loss = ObjectLoss(session, blueprint_of(case), functools.partial(_handed, case))
        return LossFunctionCase(Function(loss), values, differentiate=wanted, **about)
    raise Unknown(f"{case.name} is a {type(case).__name__}, which cannot be asked from outside")


def refuse_unknown(case: AdaptedCase) -> None:
    """Refuse a case of a kind that `mirrored` does not know.

    Raises
    ------
    Unknown
        Which says why.
    """
    if isinstance(case, LayerCase | LossCase):
        blueprint_of(case)
    elif not isinstance(case, FunctionsCase | LossFunctionCase):
        raise Unknown(f"a {type(case).__name__} cannot be asked from outside")


def blueprint_of(case: LayerCase | LossCase) -> Blueprint:
    """Return how the object of a case is made and used.

    Raises
    ------
    Unknown
    """
    thing = case.thing
    made = getattr(thing, _MADE_WITH, None)
    if made is None or not is_plain((made.args, made.named)):
        raise Unknown(f"{case.name} is not made of numbers, text and arrays")
    if any(not name.isidentifier() for name in case.variables):
        raise Unknown(f"the layers within {case.name} have parameters of their own")
    known = LOSS_PASSES if isinstance(case, LossCase) else LAYER_PASSES
    passes = expect_passes(thing, known)
    parameters = [_place(thing, parameter) for parameter in case.found_parameters]
    return Blueprint(
        cls=type(thing).__name__,
        forward=passes.forward,
        backward=passes.backward,
        args=made.args,
        named=made.named,
        inputs=tuple(case.arguments),
        parameters=tuple(parameters),
        gradients=tuple(map(_gradient_places, parameters)),
        outputs=OUTPUTS,
        input_gradients=INPUT_GRADIENTS,
    )


def _place(thing: Any, parameter: Parameter) -> str:
    """Return where an object has a parameter: an attribute, or an item of a dict in one."""
    if parameter.owner is thing:
        return str(parameter.key)
    for name, value in vars(thing).items():
        if value is parameter.owner and isinstance(value, dict):
            return f"{name}.{parameter.key}"
    raise Unknown(f"the parameter {parameter.name} is not an attribute of its layer")


def _gradient_places(place: str) -> tuple[str, ...]:
    """Return where the gradient of a parameter may be."""
    last = place.rpartition(".")[2]
    own = gradient_names(last)
    return (*own, *(f"{h}.{name}" for h in GRADIENT_DICTS for name in (last, *own)))


def _handed(case: LossCase, args: Sequence[Any], output: Any) -> list[Any]:
    """Return what the backward of a loss is called with, of forward's arguments and output."""
    if isinstance(case, NnfsLossCase):
        return [args[0] if output is None else output, args[1]]
    named = dict(zip(case.arguments, args, strict=True))
    return case.handed(SimpleNamespace(arguments=named, memory=(None, 1)))


def with_known_cache(
    case: AdaptedCase, dout: Sequence[Any], session: Session
) -> dict[str, Any] | None:
    """Return the gradients of a backward that is given the solution's cache; None where it cannot.

    The cache is part of the assignment: it stands around the holes. It has to be of arrays,
    numbers and text.

    Raises
    ------
    NotImplementedError, SubmissionError
    """
    if not isinstance(case, FunctionsCase):
        return None
    run = case.run()
    if not is_plain(run.memory):
        return None
    backward = case.code["backward"]
    answer = Function(Meaning(session, backward.__name__, names_of(backward)))(*dout, run.memory)
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


def names_of(function: Any) -> list[str]:
    """Return the names of a function's parameters."""
    return list(signature_of(function).names)
