"""Functions that work out a loss and all of its gradients in one go, and networks that do.

- ``naiveSoftmaxLossAndGradient(...) -> loss, gradient, gradient``, ``skipgram`` and
  ``forward_backward_prop(X, labels, params, dimensions)``, as cs224n has them
- ``lossFun(inputs, targets, hprev) -> loss, dWxh, ...``, whose parameters are globals
- ``net.gradient(x, t) -> grads`` beside ``net.loss(x, t)``, with a dict ``net.params``
- ``net.backprop(x, y) -> nabla_b, nabla_w`` beside ``net.feedforward(a)``, with lists of weights
"""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.style import Styled, Way
from minnet.gradcheck.under_test.signatures import (
    has_default,
    names_returned,
    signature_of,
    unwrapped,
)
from minnet.gradcheck.under_test.spellings import gradient_names

Function = Callable[..., Any]
_WORKS_OUT = re.compile(
    r"(loss|cost)_?(and|n|&)?_?(d_?)?grad|^forward_?backward|^skip_?gram|^cbow|^sg$", re.I
)
_OVER_TIME = re.compile(r"^loss_?fun(c|ction)?$", re.I)
_FORWARD = ("feedforward", "feed_forward", "forward", "predict")
_BACKPROP = ("backprop", "back_prop", "backpropagation", "back_propagation", "backpropagate")
#: a vocabulary, the width of a vector, hidden units, steps
_V, _D, _H, _T = 6, 4, 5, 4
_SIZES = [3, 4, 2]
#: small enough that no gradient reaches the 5 at which many clip theirs
_SCALE = 0.3
_WORDS = "abcdef"


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield what works out a loss and its gradients among what a file holds."""
    for name, value in namespace.items():
        found = None
        if inspect.isfunction(value) and _WORKS_OUT.search(name):
            found = _of_arguments(name, value)
        elif inspect.isfunction(value) and _OVER_TIME.search(name):
            found = _of_globals(name, value)
        elif inspect.isclass(value):
            found = _network(name, value) or _network_of_params(name, value)
        if found is not None:
            yield found


def _styled(
    name: str, style: str, code: Mapping[str, Function], names: Sequence[str], ways: Any
) -> Styled:
    return Styled(
        name, style, code, lambda count: list(names[:count]), ways, (name,), is_loss=True, sure=True
    )


# --- the arguments tell what they are -------------------------------------------------------


class _Words:
    """Gives indices of words, as the data sets of the course do."""

    def sampleTokenIdx(self) -> int:  # noqa: N802 (the course's name)
        return random.randint(0, _V - 1)  # noqa: S311

    sample_token_idx = sampleTokenIdx


#: what an argument is, by its name in small letters without underscores; True: differentiated
_ROLES: tuple[tuple[str, bool, Callable[[Rng], Any]], ...] = (
    (r"centerwordvec|predicted|vc|center", True, lambda rng: rng.standard_normal(_D)),
    (r"outsidewordidx|target|outsideidx|o", False, lambda rng: int(rng.integers(_V))),
    (r"(outside|output|context)(word)?vec(tor)?s", True, lambda rng: rng.standard_normal((_V, _D))),
    (r"(center|input)(word)?vec(tor)?s", True, lambda rng: rng.standard_normal((_V, _D))),
    (r"dataset", False, lambda rng: _Words()),
    (r"current(center)?word|centerword", False, lambda rng: "c"),
    (r"windowsize|c", False, lambda rng: 2),
    (r"(outside|context)words", False, lambda rng: list("abeb")),
    (r"word2ind|tokens", False, lambda rng: {word: i for i, word in enumerate(_WORDS)}),
    (r"x|data", False, lambda rng: rng.standard_normal((4, _SIZES[0]))),
    (r"labels", False, lambda rng: np.eye(_SIZES[2])[rng.integers(_SIZES[2], size=4)]),
    (r"params", True, lambda rng: rng.standard_normal(_parameters_of(_SIZES))),
    (r"dimensions", False, lambda rng: list(_SIZES)),
)


def _parameters_of(sizes: Sequence[int]) -> int:
    return sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))


def _of_arguments(name: str, function: Function) -> Styled | None:
    wanted = [p for p in signature_of(function).named if not has_default(p)]
    roles = [_role(p.name) for p in wanted]
    known = [role for role in roles if role is not None]
    if len(known) != len(roles) or not any(of for of, _ in known):
        return None
    of = tuple(i for i, (differentiated, _) in enumerate(known) if differentiated)

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        loss, *gradients = function(*values)
        return (np.asarray(loss, dtype=float).sum(),), tuple(gradients)

    def backward(upstream: tuple[Array, ...], gradients: Any) -> Any:
        found = dict(zip(of, gradients, strict=False))
        return tuple(found.get(i) for i in range(len(known)))

    def ways(rng: Rng) -> Iterator[Way]:
        samples = [Sample(tuple(make(rng) for _, make in known), ()) for _ in range(3)]
        yield Way(forward, backward, tuple(samples), of=of)

    code = {"forward": unwrapped(function), "backward": unwrapped(function)}
    return _styled(name, "cs224n", code, [p.name for p in wanted], ways)


def _role(name: str) -> tuple[bool, Callable[[Rng], Any]] | None:
    low = name.replace("_", "").lower()
    return next(((of, make) for n, of, make in _ROLES if re.fullmatch(n, low)), None)


# --- parameters that are globals ------------------------------------------------------------

_HELD = {"vocab_size": _V, "hidden_size": _H, "seq_length": _T}
_SHAPES: dict[str, tuple[int, ...]] = {
    "Wxh": (_H, _V), "Whh": (_H, _H), "Why": (_V, _H), "bh": (_H, 1), "by": (_V, 1),
    "U": (_H, _V), "W": (_H, _H), "V": (_V, _H), "b": (_H, 1), "c": (_V, 1),
}  # fmt: skip


def _of_globals(name: str, function: Function) -> Styled | None:
    inputs = [p.name for p in signature_of(function).named if not has_default(p)]
    gradients = names_returned(function)[1:]
    held, first = function.__globals__, len(inputs)
    made = _made_small(held)
    sizes = {name: v for name, v in made.items() if isinstance(v, int)}
    shapes = _SHAPES | {name: v.shape for name, v in made.items() if name not in sizes}
    parameters = {p: i for i, g in enumerate(gradients) if (p := _of_gradient(g, shapes))}
    if first not in (3, 4) or not parameters:
        return None
    plain = unwrapped(function)

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        given = dict(zip(parameters, values[first:], strict=True))
        with _globals_set(held, sizes | given):
            loss, *rest = function(*values[:first])
        return (np.asarray(loss, dtype=float).sum(),), rest

    def backward(upstream: tuple[Array, ...], rest: Any) -> Any:
        return (*([None] * first), *(rest[i] for i in parameters.values()))

    def ways(rng: Rng) -> Iterator[Way]:
        samples = []
        for steps in (_T, 1):
            words = [[int(i) for i in rng.integers(_V, size=steps)] for _ in range(2)]
            start = [_SCALE * rng.standard_normal((_H, 1)) for _ in inputs[2:]]
            arrays = [_SCALE * rng.standard_normal(shapes[p]) for p in parameters]
            samples.append(Sample((*words, *start, *arrays), ()))
        of = tuple(range(first, first + len(parameters)))
        yield Way(forward, backward, tuple(samples), of=of)

    code = {"forward": plain, "backward": plain}
    return _styled(name, "lossFun", code, [*inputs, *parameters], ways)


def _made_small(held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sizes and arrays that a file makes at its top, as its own lines make them.

    The usual ones are set to small ones: they may come from a text that is not here.
    """
    try:
        tree = ast.parse(Path(held["__file__"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError, SyntaxError):
        return dict(_HELD)
    made: dict[str, Any] = dict(_HELD)
    for line in (line for line in tree.body if isinstance(line, ast.Assign)):
        names = [target.id for target in line.targets if isinstance(target, ast.Name)]
        known = [_HELD[name] for name in names if name in _HELD]
        with contextlib.suppress(Exception):  # it is made of something else
            code = compile(ast.Expression(line.value), "<sizes>", "eval")
            value = known[0] if known else eval(code, {**held, **made})  # noqa: S307 (its own line)
            made |= dict.fromkeys(names, value)
    return {name: v for name, v in made.items() if type(v) is int or isinstance(v, np.ndarray)}


def _of_gradient(gradient: str, parameters: Iterable[str]) -> str | None:
    """Return the parameter that a name is the gradient of."""
    return next((p for p in parameters if gradient in gradient_names(p)), None)


@contextlib.contextmanager
def _globals_set(held: dict[str, Any], values: Mapping[str, Any]) -> Iterator[None]:
    before = {name: held[name] for name in values if name in held}
    held.update(values)
    try:
        yield
    finally:
        for name in values:
            held.pop(name, None)
        held.update(before)


# --- networks -------------------------------------------------------------------------------


def _network(name: str, cls: Any) -> Styled | None:
    """Return how a network is called that is made of ``sizes`` and holds lists of parameters."""
    forward_name = next((n for n in _FORWARD if callable(getattr(cls, n, None))), None)
    backprop_name = next((n for n in _BACKPROP if callable(getattr(cls, n, None))), None)
    if not forward_name or not backprop_name:
        return None
    try:
        net = cls(list(_SIZES))
        lists = [net.weights, net.biases]
    except Exception:  # it is made of something else
        return None
    made = all(isinstance(x, list) and all(isinstance(a, np.ndarray) for a in x) for x in lists)
    if not made or any(map(has_default, signature_of(getattr(net, backprop_name)).named[:2])):
        return None

    def run(method: str, values: Any) -> tuple[Any, Any]:
        own = copy.deepcopy(net)
        own.weights, own.biases = list(values[0]), list(values[1])
        return own, getattr(own, method)

    def passes(cost: Callable[[Any, Array, Array], Any]) -> tuple[Any, Any]:
        def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
            own, call = run(forward_name, values)
            return (np.asarray(cost(own, call(values[2]), values[3])).sum(),), values

        def backward(upstream: tuple[Array, ...], values: Any) -> Any:
            first, second = run(backprop_name, values)[1](*values[2:])[:2]
            turned = all(a.shape == b.shape for a, b in zip(first, values[1], strict=True))
            ordered = (second, first) if turned else (first, second)
            return (*(list(gradients) for gradients in ordered), None, None)

        return forward, backward

    def ways(rng: Rng) -> Iterator[Way]:
        samples = tuple(_examples(net, rng) for _ in range(2))
        rows = tuple(replace(s, args=(*s.args[:2], *(v.T for v in s.args[2:]))) for s in samples)
        for laid_out in (samples, rows):
            for cost, convention in _costs(net):
                yield Way(*passes(cost), laid_out, convention, of=(0, 1))

    code = {
        "forward": unwrapped(getattr(cls, forward_name)),
        "backward": unwrapped(getattr(cls, backprop_name)),
    }
    found = _styled(name, "network", code, ["weights", "biases", "x", "y"], ways)
    return replace(found, sure=False)  # how its samples lie is a guess


def _examples(net: Any, rng: Rng) -> Sample:
    weights = [0.8 * rng.standard_normal(w.shape) for w in net.weights]
    biases = [0.8 * rng.standard_normal(b.shape) for b in net.biases]
    target = np.eye(_SIZES[-1])[:, [int(rng.integers(_SIZES[-1]))]]
    return Sample((weights, biases, rng.standard_normal((_SIZES[0], 1)), target), ())


def _costs(net: Any) -> Iterator[tuple[Callable[[Any, Array, Array], Any], str]]:
    """Yield the costs that a network may mean, its own first, then squares and cross-entropy."""
    if callable(getattr(getattr(net, "cost", None), "fn", None)):
        yield lambda own, a, y: own.cost.fn(a, y), ""
        return
    said = "backprop is judged by {}: the network has no method that gives its cost"
    yield lambda own, a, y: 0.5 * np.sum((a - y) ** 2), said.format("half the sum of squares")
    yield lambda own, a, y: np.sum((a - y) ** 2), said.format("the sum of squares")
    yield lambda own, a, y: np.mean((a - y) ** 2), said.format("the mean of squares")
    yield (
        lambda own, a, y: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)),
        said.format("the cross-entropy of each output"),
    )
    yield lambda own, a, y: -np.sum(y * np.log(a)), said.format("the cross-entropy")


#: what the constructors of such networks take, as far as it has no default that is small
_SMALL = {
    "input_size": 4, "hidden_size": 5, "output_size": 3, "hidden_size_list": [5, 4],
    "input_dim": (1, 10, 10), "weight_init_std": 0.5,
}  # fmt: skip


def _network_of_params(name: str, cls: Any) -> Styled | None:
    """Return how a network is called whose parameters are in a dict, and in its layers as well."""
    if not all(callable(getattr(cls, n, None)) for n in ("loss", "gradient")):
        return None
    wanted = signature_of(cls).named
    try:
        net = cls(**{p.name: _SMALL[p.name] for p in wanted if p.name in _SMALL})
        params = {n: v for n, v in net.params.items() if isinstance(v, np.ndarray)}
    except Exception:  # it is made of something else
        return None
    if not params or len(signature_of(net.gradient).names) != 2:
        return None

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        own = copy.deepcopy(net)
        for key, value in values[0].items():
            np.copyto(own.params[key], value)  # in place: its layers hold the same arrays
        return (np.asarray(own.loss(*values[1:]), dtype=float),), (own, values[1:])

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        own, data = memory
        return own.gradient(*data)

    def ways(rng: Rng) -> Iterator[Way]:
        shape = (1, 10, 10) if "input_dim" in (p.name for p in wanted) else (4,)
        samples = []
        for N in (5, 1):
            held = {k: 0.5 * rng.standard_normal(v.shape) for k, v in params.items()}
            x, t = rng.standard_normal((N, *shape)), rng.integers(3, size=N)
            samples += [Sample((held, x, target), ()) for target in (t, np.eye(3)[t])]
        yield Way(forward, backward, (samples[0], samples[2]), of=(0,))
        yield Way(forward, backward, (samples[1], samples[3]), of=(0,))

    code = {"forward": unwrapped(cls.loss), "backward": unwrapped(cls.gradient)}
    return _styled(name, "network", code, ["params", "x", "t"], ways)
