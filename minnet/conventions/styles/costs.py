"""A cost and its gradient, each a function of its own.

- ``compute_gradient(X, y, w, b)`` beside ``compute_cost(X, y, w, b)``
- ``ComputeGradients(X, Y, P, W, lambda)`` beside ``ComputeCost(X, Y, W, b, lambda)``, with
  ``P = EvaluateClassifier(X, W, b)`` between them
- ``backward_pass(X, Y, P, network, lam)`` of a dict that a function of the file makes

What an argument is, its name tells; whether samples are rows or columns is tried.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.attempts import attempt
from minnet.conventions.quick_look import is_right
from minnet.conventions.samples import SHAPES_SEED, Rng, Sample
from minnet.conventions.styles.style import Styled, StyledCase, Way
from minnet.gradcheck.under_test.signatures import (
    names_returned,
    signature_of,
    unwrapped,
)
from minnet.patterns import pattern
from minnet.records import NamedTuple

STYLE = "cost"
Function = Callable[..., Any]
Ways = Callable[[Rng], Iterable[Way]]

_GRADIENT = pattern(
    r"((compute|calc(ulate)?|get|find|eval(uate)?)_?)?(the_?)?"
    r"(grad(ient)?s?|back_?prop\w*|backward(_?pass)?)(_\w+)?",
    re.I,
)
_COST = pattern(r"\w*(cost|loss|objective)\w*|J", re.I)
_FORWARD = pattern(r"(evaluate|apply|forward|predict|hypothesis|feed|softmax)\w*", re.I)
_MAKER = pattern(r"\w*init\w*", re.I)
#: what only measures, or does more than work something out
_NOT_MEANT = pattern(r"num(eric\w*)?(?![a-z])|slow|approx|torch|check|test|descent|plot", re.I)
#: what an argument is, by its name
_ROLES = (
    ("data", r"[Xx](_?(train|batch|data))?|data|inputs?|features"),
    ("onehot", r"Y(_?(train|batch))?|one_?hots?"),
    ("target", r"y(_?(train|batch|true))?|labels?|targets?|t|ys"),
    ("between", r"[PpAaSs]|AL|probs?|probabilities|y_?hat|y_?pred|out\w*|h|\w*cache\w*|fp_\w+"),
    ("network", r"(init_?)?net(work)?(_?params)?|params|parameters"),
    ("bias", r"b\d?|bias(es)?|intercept"),
    ("weights", r"[Ww]\d?|weights?|theta|Theta|coef\w*"),
    ("setting", r"lam(bda|da)?_?|lmbda|l2|reg\w*"),
)
_OF_NONE = "there are several costs beside it, and it is the gradient of none, as they were called"
#: of which arguments each layer has its own
_OF_LAYERS = ("weights", "bias")
#: of which there are gradients
_DIFFERENTIATED = ("network", *_OF_LAYERS)
#: samples, features, classes, hidden units
_N, _D, _K, _H = 6, 5, 3, 4
#: the sizes that a function which makes a network asks for
_SIZES: tuple[tuple[str, Any], ...] = (
    (r"K|n_?(classes|out\w*|y)|output_\w+|num_classes", _K),
    (r"d|D|n_?(features|in\w*|x)|input_\w+", _D),
    (r"m|M|h|H|n_?h\w*|hidden_\w+", _H),
    (r"L|n_?layers", 2),
    (r"layers?_?\w*|sizes|dims", [_D, _H, _K]),
)


class _Layout(NamedTuple):
    """The shapes of the arguments: whether samples are rows, and what there is for each."""

    data: tuple[int, ...]
    weights: tuple[int, ...]
    bias: tuple[int, ...]
    target: tuple[int, ...]
    of_classes: bool


#: classes in columns and in rows, then one number for each sample
_LAYOUTS = (
    _Layout((_D, _N), (_K, _D), (_K, 1), (_K, _N), True),
    _Layout((_N, _D), (_D, _K), (_K,), (_N, _K), True),
    _Layout((_N, _D), (_D, _K), (1, _K), (_N, _K), True),
    _Layout((_N, _D), (_D,), (), (_N,), False),
    _Layout((_N, _D), (_D, 1), (), (_N, 1), False),
    _Layout((_D, _N), (_D, 1), (), (1, _N), False),
    _Layout((_N,), (), (), (_N,), False),
)


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the gradients of costs among what a file holds."""
    functions = {
        name: function
        for name, function in namespace.items()
        if inspect.isfunction(function) and not _NOT_MEANT.search(name)
    }
    known = {name: function for name, function in functions.items() if _roles(function)}
    makers = [function for name, function in functions.items() if _MAKER.fullmatch(name)]
    costs = {name: function for name, function in known.items() if _COST.fullmatch(name)}
    forwards = [f for name, f in known.items() if _FORWARD.fullmatch(name) and not _is_told(f)]
    for name, gradient in known.items():
        roles = {*_roles(gradient).values()}
        if _GRADIENT.fullmatch(name) and "data" in roles and not roles.isdisjoint(_DIFFERENTIATED):
            others = [cost for cost in costs.values() if cost is not gradient]
            alike = [cost for cost in others if _roles(cost).keys() <= _roles(gradient).keys()]
            others = alike if len(alike) == 1 else others
            found = [
                _styled(gradient, cost, part, forward, makers)
                for cost in others
                for part in range(len(names_returned(cost)) or 1)
                for forward in _between(gradient, cost, forwards)
            ]
            right = [styled for styled in map(_if_right, found) if styled is not None]
            yield from (right[:1] or (found if len(found) == 1 else map(_doubted, found[:1])))


def _between(gradient: Function, cost: Function, forwards: Sequence[Function]) -> Sequence[Any]:
    """Return what may be called between the two, if one of them is told what it gives."""
    return forwards if _is_told(gradient) or _is_told(cost) else [None]


def _is_told(function: Function) -> bool:
    """Return whether a function is given what another makes of the data."""
    return "between" in _roles(function).values()


def _doubted(styled: Styled) -> Styled:
    """Return ways by which nothing is called wrong: the gradient may be that of another cost."""
    ways = styled.ways
    return styled._replace(ways=lambda rng: (w._replace(guessed=_OF_NONE) for w in ways(rng)))


def _if_right(styled: Styled) -> Styled | None:
    """Return what a gradient is right by: the cost that it is tried with, in one layout."""
    for index, way in enumerate(styled.ways(np.random.default_rng(SHAPES_SEED))):
        if all(is_right(StyledCase(styled, way, sample)) for sample in way.samples):
            claims = (*styled.claims, styled.code["forward"].__name__)
            return styled._replace(ways=_from(styled.ways, index), claims=claims)
    return None


def _from(ways: Ways, index: int) -> Ways:
    return lambda rng: itertools.islice(ways(rng), index, None)


def _styled(
    gradient: Function,
    cost: Function,
    part: int,
    forward: Function | None,
    makers: Sequence[Function],
) -> Styled:
    """Return how a gradient is called, as that of a cost, or of one of several that it gives."""
    calls = (gradient, cost) if forward is None else (forward, cost, gradient)
    asked = {_key(*item): item for f in calls for item in _roles(f).items()}
    asked.pop("between", None)
    roles = [role for _, role in asked.values()]
    of = tuple(i for i, role in enumerate(roles) if role in _DIFFERENTIATED)

    def ways(rng: Rng) -> Iterator[Way]:
        for held, layout in itertools.product(_networks(roles, makers, rng), _LAYOUTS):
            samples = tuple(Sample(_made(asked, held, layout, rng), ()) for _ in range(2))
            yield Way(*_passes([*asked], cost, part, forward, gradient), samples, of=of)

    name, names = gradient.__name__, [name for name, _ in asked.values()]
    code = {"forward": unwrapped(cost), "backward": unwrapped(gradient)}
    return Styled(name, STYLE, code, lambda count: names[:count], ways, (name,), is_loss=True)


def _passes(
    keys: Sequence[str], cost: Function, part: int, forward: Function | None, gradient: Function
) -> tuple[Any, Any]:
    """Return the cost and its gradient as functions of everything that is asked for."""

    def called(function: Function, known: Mapping[str, Any]) -> Any:
        between = called(forward, known) if forward and _is_told(function) else None
        given = (
            _part(between, name, forward) if role == "between" else known[_key(name, role)]
            for name, role in _roles(function).items()
        )
        return function(*given)

    def loss(*values: Any) -> tuple[tuple[Any, ...], Any]:
        known = dict(zip(keys, values, strict=True))
        given = called(cost, known)
        made = np.asarray(given[part] if isinstance(given, tuple) else given, dtype=float)
        if made.size != 1:
            raise ValueError("a cost is one number")
        return (made.reshape(()),), known

    return loss, lambda upstream, known: called(gradient, known)


def _part(between: Any, name: str, forward: Function | None) -> Any:
    """Return what forward gives under a name, of several things, or else all that it gives."""
    if isinstance(between, tuple) and name in (names := names_returned(forward)):
        return between[names.index(name)]
    return between.get(name, between) if isinstance(between, dict) else between


def _key(name: str, role: str) -> str:
    """Return what an argument is known by: of weights there are several, of the rest one each."""
    return name if role in ("weights", "bias") else role


def _roles(function: Function) -> dict[str, str]:
    """Return what each argument of a function is; nothing where one of them is not known."""
    required = signature_of(function).wanted
    found = {name: _role(name) for name in required}
    return found if all(found.values()) else {}


def _role(name: str) -> str:
    return next((role for role, pattern in _ROLES if re.fullmatch(pattern, name)), "")


def _layer(name: str) -> str:
    """Return the number of the layer that a weight is of, "" of the only one."""
    return "".join(filter(str.isdigit, name))


def _networks(
    roles: Sequence[str], makers: Sequence[Function], rng: Rng
) -> Iterator[dict[str, Any]]:
    """Yield the dicts that functions of the file make as a network, with ordinary numbers."""
    if "network" not in roles:
        yield {}
        return
    for function in makers:
        required = signature_of(function).wanted
        sizes = [next((s for n, s in _SIZES if re.fullmatch(n, name)), None) for name in required]
        if None in sizes:
            continue
        held = None
        with attempt():  # it makes something else
            made = function(*sizes)
            held = made if isinstance(made, dict) else next(m for m in made if isinstance(m, dict))
        if held is not None:
            yield {name: _ordinary(value, rng) for name, value in held.items()}


def _ordinary(value: Any, rng: Rng) -> Any:
    if isinstance(value, list):
        return [_ordinary(item, rng) for item in value]
    return 0.5 * rng.standard_normal(value.shape) if isinstance(value, np.ndarray) else value


def _made(
    asked: Mapping[str, tuple[str, str]], held: dict[str, Any], layout: _Layout, rng: Rng
) -> tuple[Any, ...]:
    """Return a value for each argument, of one draw of labels."""
    labels = rng.integers(_K if layout.of_classes else 2, size=_N)
    hot = np.eye(_K)[labels]
    layers = sorted({_layer(name) for name, role in asked.values() if role in _OF_LAYERS})
    sizes = [_D, *[_H] * (len(layers) - 1), _K]

    def weight(name: str, shape: tuple[int, ...]) -> Array:
        before, after = sizes[layers.index(_layer(name)) :][:2]
        of_layer = [{_D: before, _K: after}.get(n, n) for n in shape]
        return np.asarray(0.7 * rng.standard_normal(of_layer))

    values: dict[str, Callable[[str], Any]] = {
        "network": lambda _: held,
        "setting": lambda _: 0.3,
        "target": lambda _: labels if layout.of_classes else labels.reshape(layout.target) * 1.0,
        "onehot": lambda _: hot if layout.target[0] == _N else hot.T,
        "data": lambda _: rng.standard_normal(layout.data),
        "weights": lambda name: weight(name, layout.weights),
        "bias": lambda name: weight(name, layout.bias),
    }
    if not layout.of_classes:
        values["onehot"] = values["target"]
    return tuple(values[role](name) for name, role in asked.values())
