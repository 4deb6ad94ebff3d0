"""Ways to construct a class where a name does not say enough: each meaning that it may have.

Only if both passes run then, and each gradient has its input's shape, may it have been meant so.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.conventions.guessing.constructing import (
    LEAVE,
    Asked,
    Candidate,
    CannotConstruct,
    Window,
    asked_of,
    guess,
    is_empty,
    is_made_up,
)
from minnet.conventions.guessing.descent import PlainDescent
from minnet.conventions.guessing.kinds import (
    CHANNELLED,
    CHANNELS_IN,
    CHANNELS_OUT,
    FEATURES_IN,
    FEATURES_OUT,
    kind_of,
)
from minnet.conventions.guessing.stand_ins import Before, Bent, Mixing, Spread, slope
from minnet.gradcheck.under_test.signatures import has_default

Rng = np.random.Generator

#: how many ways to construct a class are tried
MOST_TRIALS = 40
#: the parts of a name that say which side of a layer it is about
_INWARD = r"(?<![a-z])(i|in|inp|inputs?|idim|nin|prev|previous|from|fan_?in)(?![a-z])"
_OUTWARD = (
    r"(?<![a-z])(o|out|outp|outputs?|odim|nout|next|to|fan_?out|units?|neurons?|nodes?|hidden)"
    r"(?![a-z])"
)
_DERIVATIVE = r"prime|deriv|grad|(^|_)d?f?p$|^d"
_FUNCTION = r"activ|^act(_|$)|nonlin|func|^f$|^fn$|^g$|^f_|transfer"
_IMAGES = ((CHANNELS_IN, 5, 4), (5, 4, CHANNELS_IN), (5, 4))
#: the objects that a parameter means, by a part of its lower-case name
_OBJECTS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"optimi[sz]er|^optim$|^solver$", (PlainDescent,)),
    (r"init\w*_(fn|func\w*)$", (lambda: None, Spread)),
    (r"initiali[sz]er|_init$", (Spread, "random", "xavier")),
    (r"(?<!num_)(?<!n_)(layers|modules|blocks)(_list)?$", (lambda: [Bent(), Mixing()],)),
    (r"^(layer|module|block)$", (Mixing,)),
    (r"^(model|net|network)$", (Before,)),
)
#: what a parameter of unknown meaning may be, by a part of its lower-case name
_MAY_BE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"stride|strid", (2, (2, 2), 1, (1, 1))),
    (r"filters$|kernels$|channels|maps$|depth", (CHANNELS_OUT, CHANNELS_IN)),
    (r"pool", ((2, 2), 2)),
    (r"^window_size$|context_size", (1, 3)),
    (r"sample_size|power", (2, 0.75)),
    (
        r"convolution|kernel|filter|window",
        ((3, 3), (2, 2), 3, (CHANNELS_IN, 3, 3), (CHANNELS_IN, 3)),
    ),
    (r"neurons|sizes|widths|layers$|hidden_dims|dims$|structure", ([4, FEATURES_OUT], 2)),
    (r"rate|prob|eps|lr|alpha|beta|lambda|momentum|decay|scale|slope", (0.3, 3)),
    (r"^(name|id|label)$", ("a", 0)),
)


def trials(cls: type, rng: Rng) -> Iterator[Candidate]:
    """Yield ways to construct a class, the likeliest first: those that differ in few meanings."""
    kind = kind_of(cls.__name__)
    asked = asked_of(cls, kind, Window(), rng, int(rng.integers(1000)), is_made_up)
    numbers = itertools.cycle((FEATURES_IN, FEATURES_OUT, 4, 2))
    tried = [
        None if _is_function(ask) else _meanings(ask, numbers, asked_of_images(kind))
        for ask in asked
    ]
    functions = [_functions(ask.name) if _is_function(ask) else () for ask in asked]
    themes = max(map(len, functions), default=0)
    sizes = [max(themes, 1), *(1 if values is None else len(values) for values in tried)]
    for theme, *place in itertools.islice(_places(sizes), MOST_TRIALS):
        found = {
            ask.name: _made(values[i] if values is not None else own[min(theme, len(own) - 1)])
            for ask, values, own, i in zip(asked, tried, functions, place, strict=True)
        }
        yield Candidate(kind, {n: value for n, value in found.items() if value is not LEAVE})


def _places(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield which of so many meanings each has, those first where few have not their likeliest.

    >>> list(_places([2, 2]))
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    for changes in range(len(sizes) + 1):
        for changed in itertools.combinations(range(len(sizes)), changes):
            for values in itertools.product(*(range(1, sizes[i]) for i in changed)):
                place = [0] * len(sizes)
                for i, value in zip(changed, values, strict=True):
                    place[i] = value
                yield place


def asked_of_images(kind: str) -> bool:
    """Return whether a layer of a kind takes images."""
    return kind in (*CHANNELLED, "reshape")


def _made(value: Any) -> Any:
    if value is slope or value is LEAVE:
        return value
    return value() if callable(value) else copy.copy(value)


def _is_function(ask: Asked) -> bool:
    """Return whether a parameter that has to be given is an activation, or its derivative."""
    low = ask.name.lower()
    return not has_default(ask.parameter) and bool(re.search(_FUNCTION, low)) and "init" not in low


def _functions(name: str) -> tuple[Any, ...]:
    """Return what a parameter that means a function is given, all of one kind at a time."""
    low = name.lower()
    if re.search(_DERIVATIVE, low):
        return "relu", "tanh", slope
    if re.search(r"(activation|function|nonlinearit)(s|ies)$|^acts$", low):
        return ["relu", "identity"], ["tanh", "identity"], lambda: [Bent(), Bent()]
    return "relu", "tanh", Bent


def _meanings(ask: Asked, numbers: Iterator[int], images: bool) -> tuple[Any, ...]:
    """Return what a parameter is given, or, where its meaning is not known, all it may be."""
    low = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", ask.name).lower()
    objects = [values for part, values in _OBJECTS if re.search(part, low)]
    if objects and (not has_default(ask.parameter) or is_empty(ask.parameter)):
        return objects[0]
    try:
        known = guess(ask)
    except CannotConstruct:
        pass
    else:
        if not (known is LEAVE and ask.also):
            return _also(known, low, images)
    sides = tuple(
        size
        for pattern, size in ((_INWARD, FEATURES_IN), (_OUTWARD, FEATURES_OUT))
        if re.search(pattern, low.replace("_", " "))
    )
    if sides:
        size = sides[0]
        if images:
            size = CHANNELS_IN if size == FEATURES_IN else CHANNELS_OUT
        shapes = _IMAGES if images else ((size,), (1, size), (size, 1))
        return (*shapes, size) if "shape" in low else (size, *shapes)
    for part, values in _MAY_BE:
        if re.search(part, low):
            return values
    if re.fullmatch(r"(wx|w_?xh|w_?ih|w1|wx1)", low):
        return (ask.rng.standard_normal((FEATURES_IN, FEATURES_OUT)),)
    if re.fullmatch(r"(wh|w_?hh|w2|wh1)", low):
        return (ask.rng.standard_normal((FEATURES_OUT, FEATURES_OUT)),)
    n = next(numbers)
    return n, (n, 3), 0.5, (2, 2)


def _also(known: Any, low: str, images: bool) -> tuple[Any, ...]:
    """Return a value that is likely, and others that a parameter of the name may be given."""
    if not isinstance(known, int) or known is LEAVE:
        return (known,)
    if re.search("s$|hidden", low) and not re.search("channels|features", low):
        return known, [known + 1, known]
    if re.search(_INWARD, low.replace("_", " ")):
        return known, *(_IMAGES if images else ((known,),))
    return known, (known, known)
