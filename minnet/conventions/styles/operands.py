"""What operations may be given: arrays by number and the operation's name, settings by theirs."""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.conventions.guessing.kinds import is_of_positive
from minnet.conventions.samples import Rng, Sample
from minnet.gradcheck.under_test.signatures import Signature, has_default

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]
#: the settings that an argument may have; None of an operand; or `_LIST`
_Role = tuple[Any, ...] | str | None

#: a parameter of such a name says how the numbers are rearranged, or added up, and is one of these
_REARRANGING: tuple[tuple[str, tuple[Any, ...]], ...] = (
    (r"axis|axes|dims?", (1, 0, None, (1, 0), np.array([1]), np.array([1, 0]))),
    (r"(axis|axes|dim)_?[0a]", (0,)),
    (r"(axis|axes|dim)_?[1b]", (1,)),
    (r"(axis|axes|dim)_?2", (0,)),
    (r"order|perm|permutation", ((1, 0), np.array([1, 0]))),
    (
        r"(new_?|target_?|out_?|output_)?(shape|sizes?)",
        ((5, 4), (3, 4, 5), (20,), np.array([5, 4])),
    ),
    (r"(in_?|input_)(shape|sizes?)", ((4, 5),)),
    (r"keep_?dims?", (True, False)),
)
#: a parameter of such a name is no operand either, but one of these
_SETTINGS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    *_REARRANGING,
    (r"p|n|power|exponent|scalar|c\d?|const(ant)?", (3.0, 2)),
    (r"alpha|(negative_)?slope|leak(age)?", (0.1, 0.3)),
    (r"idx|index|indices|key|slices?|item", (slice(1, 3), np.array([0, 2, 2]))),
    (r"(kernel|pool|window|filter)_?(size|shape)|ksize|k", (2, (2, 2))),
    (r"(n_|num_)?repeats?|times", (2,)),
    (r"\w*mask", (np.arange(20).reshape(4, 5) % 3 == 0,)),
    (r"(fill_?)?val(ue)?", (0.5,)),
    (r"strides?", (1, 2, (1, 1))),
    (r"pad|padding", (0, 1, (0, 0))),
    (r"dilation", (1, 2)),
    (r"labels?|targets?|t|y|y_true", (np.array([2, 0, 3, 1]),)),
    (r"([axv]_?)?min(_?val(ue)?)?|low|lower", (-0.5,)),
    (r"([axv]_?)?max(_?val(ue)?)?|high|upper", (0.5,)),
    (r"eps|epsilon", (1e-5,)),
    (r"(is_)?train(ing)?", (True,)),
)
#: of these names an operand may be as well, and is tried as one first
OPERANDS_TOO = frozenset(["y", "t", "k", "val", "value"])
#: of these names is a list of two operands
_LISTS = r"(ts|xs|args|tensors|arrays|seq|sequence|arr|(tensor|array)_?list)"
_LIST = "a list of two operands"
#: so many ways to set the settings are tried
_MOST_SETTINGS = 8
#: by what a name holds: the shapes of operands, the most ordinary first
_BY_NAME: tuple[tuple[str, tuple[Shapes, ...]], ...] = (
    (r"conv\w*1d", (((2, 2, 7), (3, 2, 3), (3,)),)),
    (
        r"conv",
        (
            *(((2, 2, 5, 7), (3, 2, 3, 2), (3,)), ((2, 2, 6, 6), (3, 2, 3, 3), (3,))),
            *(((2, 5, 7, 2), (3, 3, 2, 4), (4,)), ((2, 6, 6, 2), (3, 3, 2, 4), (4,))),
        ),
    ),
    (r"norm", (((4, 5), (5,), (5,)), ((2, 3, 4, 5), (3,), (3,)))),
    (r"pool", (((2, 2, 4, 6),), ((2, 2, 4, 4),))),
    (r"linear|affine|dense|fully", (((4, 5), (5, 3), (3,)), ((4, 5), (3, 5), (3,)))),
    (r"mat_?mul|mm$|dot", (((4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3)), ((4, 4), (4, 4)))),
)
_ALIKE: Shapes = ((4, 5),)
_ONE_NUMBER: Shapes = ((),)
#: what else operands may be that are not alike; such a case is left out where it is refused
_BROADCAST: tuple[Shapes, ...] = (((4, 5), (5,)), ((4, 1), (4, 5)))
_MAY_BROADCAST = r"add|sub|mul|div|pow|max|min"
#: operands that these refuse may be these
_OTHERS: tuple[Shapes, ...] = (
    ((4, 1), (4, 1)),
    ((4, 5), (5, 3)),
    ((4, 5), (5,)),
    ((4, 5), (5, 3), (3,)),
    ((5, 1),),  # spread over (5, 4)
    ((2, 3, 4, 5),),
    ((2, 4, 5),),
    ((2, 5),),
)


def is_known(name: str) -> bool:
    """Return whether the name of an operation leaves no doubt about its operands."""
    return any(re.search(pattern, name.lower()) for pattern, _ in _BY_NAME)


def names_of(parameters: Sequence[inspect.Parameter], count: int) -> list[str]:
    """Return names for so many arguments."""
    return Signature(tuple(parameters)).argument_names(count)


def constructions(parameters: Sequence[inspect.Parameter]) -> Iterator[dict[str, Any]]:
    """Yield arguments for the constructor of an operation; none where one of them is not known."""
    wanted = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = [p for p in wanted if not has_default(p)]
    known = {p.name: values for p in wanted if (values := settings_named(p.name)) is not None}
    if all(p.name in known for p in required):
        for values in _settings([known[p.name] for p in required]):
            yield dict(zip((p.name for p in required), values, strict=True))
        for optional in (p for p in wanted if has_default(p) and p.name in known):
            for value in known[optional.name]:
                yield {p.name: known[p.name][0] for p in required} | {optional.name: value}


def sweeps(
    name: str, parameters: Sequence[inspect.Parameter], rng: Rng, rearranges: bool = False
) -> Iterator[tuple[Sample, ...]]:
    """Yield what an operation may be given, each as samples to sweep; the likeliest first.

    One that rearranges numbers, or adds them up, is given no single number: of that it says little.

    Parameters
    ----------
    name : str
        Of the operation.
    parameters : sequence of Parameter
        Of its forward pass, without the context.
    rearranges : bool
        Whether its constructor is told an axis, or a shape.
    """
    wanted = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    plain = [p.replace(name=f"{p.name}_") if p.name in OPERANDS_TOO else p for p in wanted]
    given = [
        p.replace(default=p.empty) for p in wanted if settings_named(p.name) or not has_default(p)
    ]
    single = [p.replace(name=f"{p.name}_") if is_list(p.name) else p for p in plain]
    seen: list[Sequence[inspect.Parameter]] = []
    for taken in (plain, wanted, given, single):
        if taken not in seen:
            found = _sweeps(name, taken, rng)
            yield from (s for s in found if not rearranges or any(map(_is_array, s[0].args)))
        seen.append(taken)


def _is_array(value: Any) -> bool:
    return isinstance(value, list) or np.ndim(value) > 0


def _sweeps(
    name: str, wanted: Sequence[inspect.Parameter], rng: Rng
) -> Iterator[tuple[Sample, ...]]:
    for count in (2, 1) if any(p.kind is p.VAR_POSITIONAL for p in wanted) else (0,):
        roles = list(_roles(wanted, count))
        arrays = roles.count(None) + 2 * roles.count(_LIST)
        for shapes in _shapes(name, arrays):
            for settings in _settings(roles):
                for draw in (_positive,) if is_of_positive(name) else (_normal, _positive):
                    yield tuple(_samples(name, shapes, roles, settings, draw, rng))


def _roles(wanted: Sequence[inspect.Parameter], count: int) -> Iterator[_Role]:
    """Yield for each argument the settings it may have, or that it is an operand, or several."""
    for parameter in wanted:
        if parameter.kind is parameter.VAR_POSITIONAL:
            yield from [None] * count
            continue
        if has_default(parameter) or parameter.kind is parameter.KEYWORD_ONLY:
            return
        yield _LIST if is_list(parameter.name) else settings_named(parameter.name)


def is_list(name: str) -> bool:
    """Return whether a parameter of this name is a list of operands."""
    return re.fullmatch(_LISTS, name.lower()) is not None


def settings_named(name: str) -> tuple[Any, ...] | None:
    """Return what a parameter of this name may be set to; None where it is an operand."""
    return next((v for n, v in _SETTINGS if re.fullmatch(n, name.lower())), None)


def rearranges(parameters: Sequence[inspect.Parameter]) -> bool:
    """Return whether an operation has to be told an axis, or a shape: then it is no layer."""
    required = (p.name.lower() for p in parameters if not has_default(p))
    return any(re.fullmatch(n, name) for name in required for n, _ in _REARRANGING)


def _shapes(name: str, arrays: int) -> Iterator[Shapes]:
    low = name.lower()
    for pattern, known in _BY_NAME:
        if re.search(pattern, low):
            yield from (shapes[:arrays] for shapes in known if len(shapes) >= arrays)
    yield _ALIKE * arrays
    yield _ONE_NUMBER * arrays
    yield from (shapes for shapes in _OTHERS if len(shapes) == arrays)


def _settings(roles: Sequence[_Role]) -> Iterator[tuple[Any, ...]]:
    choices = [role for role in roles if isinstance(role, tuple)]
    yield from itertools.islice(itertools.product(*choices), _MOST_SETTINGS)
    if math.prod(map(len, choices)) > _MOST_SETTINGS:
        yield tuple(choice[-1] for choice in choices)  # all of them pairs


def _samples(
    name: str,
    shapes: Shapes,
    roles: Sequence[_Role],
    settings: tuple[Any, ...],
    draw: Any,
    rng: Rng,
) -> Iterator[Sample]:
    yield _sample(shapes, roles, settings, draw, rng)
    if shapes == _ONE_NUMBER * len(shapes):
        for _ in range(2):
            yield _sample(shapes, roles, settings, draw, rng)
        return
    alone = tuple((1, *shape[1:]) for shape in shapes)
    if not settings and shapes == _ALIKE * len(shapes):
        yield _sample(alone, roles, settings, draw, rng, optional=True)
    if len(shapes) == 2 and re.search(_MAY_BROADCAST, name.lower()) and "mat" not in name.lower():
        for other in _BROADCAST:
            yield _sample(other, roles, settings, draw, rng, optional=True)


def _sample(
    shapes: Shapes, roles: Sequence[Any], settings: tuple[Any, ...], draw: Any, rng: Rng,
    optional: bool = False,
) -> Sample:  # fmt: skip
    arrays, given = iter(shapes), iter(settings)

    def argument(role: _Role) -> Any:
        if role == _LIST:
            return [draw(rng, next(arrays)), draw(rng, next(arrays))]
        return draw(rng, next(arrays)) if role is None else next(given)

    return Sample(tuple(map(argument, roles)), (), optional=optional)


def _normal(rng: Rng, shape: Shape) -> Any:
    return np.asarray(rng.standard_normal(shape))


def _positive(rng: Rng, shape: Shape) -> Any:
    return np.asarray(rng.uniform(0.3, 2.0, shape))
