"""How a network is made: small, by the names of what its constructor takes."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minnet.conventions.attempts import attempt
from minnet.conventions.guessing.constructing import (
    LEAVE,
    Asked,
    CannotConstruct,
    Window,
    asked_of,
    guess,
    is_large,
    made_of,
)
from minnet.conventions.guessing.trials import trials
from minnet.conventions.samples import Rng
from minnet.conventions.styles.networks.passes import methods_of, role_of
from minnet.gradcheck.under_test.parameters import held_arrays
from minnet.gradcheck.under_test.signatures import has_default, method_signature
from minnet.patterns import pattern

#: samples: as many as no layer has units
SAMPLES = 7
#: the sizes of the layers of a network that is told a list of them, and what each ends in
_SIZES, _ENDS = [4, 5, 3], ["relu", "sigmoid"]
_LAYERS = pattern(
    r"(?!n_|num_)(layers?|sizes|dim(ension)?s|topology|architecture|structure|neurons|nodes)"
    r"(_?(dim(ension)?s?|sizes?|list|config\w*|shapes?|structure|nodes|neurons|units))*",
    re.I,
)
_HIDDEN = pattern(r"hidden_?(layers?_?)?(sizes|dims)|hidden\w*_list", re.I)
#: an image, where its shape has three numbers by default
IMAGE, _IMAGES = (1, 10, 10), pattern(r"(input|image)_?(dim|shape|size)", re.I)
_ACTIVATIONS = pattern(r"(acts|activations|activation_(functions|list))(_list)?", re.I)
#: by which what makes the weights is known
STARTS = pattern(r"init|((create|make|build|reset|set)_?(params|parameters|weights|network))")
_TRAINS = pattern(r"fit|train")
#: targets in columns, of several classes
_HOT = np.eye(_SIZES[-1])[:, np.arange(SAMPLES) % _SIZES[-1]]
#: how many objects of a class are tried
_MOST = 6


def made(cls: type, rng: Rng) -> Iterator[Any]:
    """Yield objects of a class that hold weights, by the likeliest arguments first."""
    return itertools.islice(_made(cls, rng), _MOST)


def _made(cls: type, rng: Rng) -> Iterator[Any]:
    with contextlib.suppress(CannotConstruct):
        rows = _arguments(cls, rng)
        yield from _begun(cls, rows, rng)
        if columns := {n: _HOT.copy() if role_of(n) == "target" else v.T for n, v in rows.items()
                       if isinstance(v, np.ndarray)}:  # fmt: skip
            yield from _begun(cls, rows | columns, rng)
    for way in trials(cls, rng):
        yield from _begun(cls, way.arguments, rng)


def _begun(cls: type, arguments: Mapping[str, Any], rng: Rng) -> Iterator[Any]:
    """Yield an object if it takes these arguments, with weights that another method may make."""
    try:
        net = made_of(cls, arguments)
    except Exception:  # it is made of something else
        return
    for start in [m for n, m in methods_of(cls).items() if STARTS.match(n)]:
        if not _has_weights(net):
            with attempt():
                getattr(net, start)(**_arguments(getattr(net, start), rng))
    if _has_weights(net):
        yield net
    else:
        yield from _not_trained_yet(cls, arguments, rng)


def _has_weights(net: Any) -> bool:
    return any(p.value().size > 1 for p in held_arrays(net))


def _not_trained_yet(cls: type, arguments: Mapping[str, Any], rng: Rng) -> Iterator[Any]:
    """Yield objects whose training has begun and taken no step: it makes the weights."""
    starts = [m for n, m in methods_of(cls).items() if _TRAINS.fullmatch(n)]
    shapes = (((SAMPLES, _SIZES[0]), (SAMPLES, 1)), ((_SIZES[0], SAMPLES), (1, SAMPLES)))
    for start, (data, target) in itertools.product(starts, shapes):
        known = {"data": rng.standard_normal(data), "target": np.ones(target), "rate": 0.1}
        wanted = method_signature(cls, start).named
        given = {p.name: known.get(role_of(p.name)) for p in wanted if not has_default(p)}
        given |= {p.name: 0 for p in wanted if role_of(p.name) == "times"}
        begun = None
        with attempt():
            net = made_of(cls, arguments)
            for name in [n for n in vars(net) if role_of(n) == "times"]:
                setattr(net, name, 0)
            getattr(net, start)(**given)
            begun = net if _has_weights(net) else None
        if begun is not None:
            yield begun


def _arguments(cls: Any, rng: Rng) -> dict[str, Any]:
    """Return what makes a network or its weights is given: small sizes, a list of them, data.

    Raises
    ------
    CannotConstruct
    """
    known = {"data": rng.standard_normal((SAMPLES, _SIZES[0])), "target": np.ones((SAMPLES, 1)),
             "rate": 0.1}  # fmt: skip
    given: dict[str, Any] = {}
    for asked in asked_of(cls, "", Window(), rng, 0, is_large):
        name, default = asked.name, asked.parameter.default
        optional = has_default(asked.parameter)
        if _LAYERS.fullmatch(name) and (not optional or isinstance(default, list)):
            given[name] = list(_SIZES)
        elif _HIDDEN.fullmatch(name):
            given[name] = list(_SIZES[:2])
        elif _IMAGES.fullmatch(name) and isinstance(default, tuple):
            given[name] = IMAGE
        elif _ACTIVATIONS.fullmatch(name) and not optional:
            given[name] = list(_ENDS)
        elif role_of(name) == "times":
            given[name] = 1
        elif not optional and role_of(name) in known:
            given[name] = known[role_of(name)]
        elif (value := _guessed(asked, cls)) is not LEAVE:
            given[name] = value
    return given


def _guessed(asked: Asked, cls: Any) -> Any:
    """Return a value that a name means; what a method is told that makes weights is a size."""
    if inspect.isclass(cls):
        return guess(asked)
    try:
        return guess(asked._replace(cls=None))
    except CannotConstruct:
        return _SIZES[0]
