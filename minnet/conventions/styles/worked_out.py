"""Functions that work out a loss and all of its gradients in one go.

- ``naiveSoftmaxLossAndGradient(...) -> loss, gradient, gradient``, ``skipgram`` and
  ``forward_backward_prop(X, labels, params, dimensions)``, as cs224n has them
- ``lossFun(inputs, targets, hprev) -> loss, dWxh, ...``, whose parameters are globals
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from minnet.patterns import pattern

Function = Callable[..., Any]
_WORKS_OUT = pattern(
    r"(loss|cost)_?(and|n|&)?_?(d_?)?grad|^forward_?backward|^skip_?gram|^cbow|^sg$", re.I
)
_OVER_TIME = pattern(r"^loss_?fun(c|ction)?$", re.I)
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
    inputs = signature_of(function).wanted
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
