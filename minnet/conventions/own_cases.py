"""Cases that a file gives itself, in a function or list called ``minnet_cases``.

Each item is a pair: what is checked, and what it is given::

    def minnet_cases(rng):
        yield "conv", (x, w, b, {"stride": 1, "pad": 0})     # conv_forward and conv_backward
        yield Dense(3, 4), rng.standard_normal((5, 3))       # a layer and its input
        yield softmax_loss, (scores, labels)                 # a function (loss, dx)
        yield (forward, backward), (x, w)                    # any two functions
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from reprlib import repr as shortened
from typing import Any

import numpy as np

from minnet.conventions.pairs import pair_named, references_of
from minnet.conventions.recognise import convention_of_class
from minnet.conventions.references.classes import of_class
from minnet.conventions.references.reading import Reference
from minnet.conventions.samples import SHAPES_SEED
from minnet.conventions.subject import Subject
from minnet.gradcheck.case import Refused
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss, prediction_and_target
from minnet.gradcheck.under_test.losses import LossCase, LossFunctionCase
from minnet.gradcheck.under_test.passes import expect_object
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import LAYER_PASSES, LOSS_PASSES
from minnet.report.words import nearest

NAME = "minnet_cases"


def own_subjects(namespace: Mapping[str, Any]) -> Iterator[Subject]:
    """Yield one subject for each thing that a module's own cases name.

    A wrong item is a subject too, whose result is the error.
    """
    if NAME not in namespace:
        return
    try:
        items = _items(namespace, np.random.default_rng(SHAPES_SEED))
        named = {_name_of(what): what for what, _ in items}
    except Exception as error:  # it is the user's code: say so in the report
        yield Subject(NAME, "any", _raiser(error), building=NAME)
        return
    for name, what in named.items():
        references = _references(what, namespace)
        yield Subject(name, "any", _builder(name, namespace), references=references, building=NAME)


def _items(namespace: Mapping[str, Any], rng: np.random.Generator) -> list[tuple[Any, Any]]:
    given = namespace[NAME]
    if callable(given):
        given = given(rng) if signature_of(given).parameters else given()
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise Refused(f"{NAME} has to give pairs (what, arguments), not {shortened(given)}")
    items = list(given)
    for item in items:
        if not (isinstance(item, tuple) and len(item) == 2):
            raise Refused(f"{NAME}: each item is a pair (what, arguments), not {shortened(item)}")
    return items


def _builder(name: str, namespace: Mapping[str, Any]) -> Any:
    def build(rng: np.random.Generator) -> Iterator[AdaptedCase]:
        for what, given in _items(namespace, rng):
            if _name_of(what) == name:
                yield _case(what, given, namespace)

    return build


def _raiser(error: Exception) -> Any:
    def build(rng: np.random.Generator) -> Iterator[AdaptedCase]:
        raise error

    return build


def _case(what: Any, given: Any, namespace: Mapping[str, Any]) -> AdaptedCase:
    values = tuple(given) if isinstance(given, tuple | list) else (given,)
    if isinstance(what, str):
        functions = {n: v for n, v in namespace.items() if inspect.isfunction(v)}
        if pairs := pair_named(what, functions):
            pair = pairs[0]
            return FunctionsCase(pair.forward, pair.backward, values, name=what)
        if what not in namespace:
            raise _not_in_the_file(what, namespace)
        what = namespace[what]
    if isinstance(what, tuple) and len(what) == 2:
        return FunctionsCase(*what, values, name=_name_of(what))
    if inspect.isfunction(what):
        return LossFunctionCase(what, values)
    expect_object(what, (*LAYER_PASSES, *LOSS_PASSES))
    if is_loss(what, *values):
        return LossCase(what, *prediction_and_target(what, values))
    return LayerCase(what, values, convention=convention_of_class(type(what)).name)


def _not_in_the_file(what: str, namespace: Mapping[str, Any]) -> Refused:
    own = (n for n, v in namespace.items() if inspect.isfunction(v) or inspect.isclass(v))
    near = nearest(what, [name.removesuffix("_forward") for name in own])
    hint = f"; did you mean {near}?" if near else ""
    return Refused(f"{NAME} names {what!r}, which is not in the file{hint}")


def _references(what: Any, namespace: Mapping[str, Any]) -> tuple[Reference, ...]:
    """Return what the forward of an item is compared with: it may be a name, or an object."""
    functions = {n: v for n, v in namespace.items() if inspect.isfunction(v)}
    if isinstance(what, str) and (pairs := pair_named(what, functions)):
        return references_of(pairs[0])
    if isinstance(what, str):
        what = namespace.get(what)
    if what is None or inspect.isfunction(what) or isinstance(what, tuple):
        return ()
    return of_class(type(what), convention_of_class(type(what)).name)


def _name_of(what: Any) -> str:
    if isinstance(what, tuple):
        what = what[0]
    if isinstance(what, str):
        return what
    name = getattr(what, "__name__", type(what).__name__)
    return str(name).removesuffix("_forward")
