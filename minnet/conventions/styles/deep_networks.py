"""The networks of deeplearning.ai's courses, whose parameters are in a dict.

- ``linear_activation_forward(A_prev, W, b, activation)`` and its backward (dA, cache, activation)
- ``L_model_forward(X, parameters)`` and ``L_model_backward(AL, Y, caches)``
- ``forward_propagation(X, parameters)`` and ``backward_propagation(parameters, cache, X, Y)``
- ``propagate(w, b, X, Y) -> grads, cost``

Features lie along axis 0 and samples along axis 1. What a whole network is judged by is the mean
cross-entropy, as the course has it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.style import Styled, Way
from minnet.gradcheck.under_test.signatures import has_default, signature_of, unwrapped

Function = Callable[..., Any]
STYLE = "deeplearning.ai"
#: the sizes of the layers, from the inputs to the one output, and how many samples there are
_SIZES, _SAMPLES = (3, 4, 1), (5, 1)
_ACTIVATIONS = ("relu", "sigmoid")
_ACTIVATED = ("linear_activation_forward", "linear_activation_backward")
_NETWORKS = (
    ("L_model_forward", "L_model_backward"),
    ("forward_propagation", "backward_propagation"),
    ("forward_prop", "backward_prop"),
    ("forward_propagation", "back_propagation"),
)
_SUM = "the network is judged by the cross-entropy of its outputs, as a sum over the samples"


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the course's functions among what a file holds."""
    functions = {n: f for n, f in namespace.items() if inspect.isfunction(f)}
    if functions.keys() >= {*_ACTIVATED}:
        yield _linear_activation((functions[_ACTIVATED[0]], functions[_ACTIVATED[1]]))
    for pair in _NETWORKS:
        if functions.keys() >= {*pair}:
            found = _network((functions[pair[0]], functions[pair[1]]), pair)
            if found is not None:
                yield found
    if "propagate" in functions and _required(functions["propagate"]) == ["w", "b", "X", "Y"]:
        yield _propagate(functions["propagate"])


def _required(function: Function) -> list[str]:
    return [p.name for p in signature_of(function).named if not has_default(p)]


def _styled(
    name: str, passes: tuple[Function, Function], names: Sequence[str], ways: Any,
    claims: tuple[str, ...], is_loss: bool = True,
) -> Styled:  # fmt: skip
    code = dict(zip(("forward", "backward"), map(unwrapped, passes), strict=True))
    return Styled(
        name, STYLE, code, lambda count: list(names[:count]), ways, claims,
        is_loss=is_loss, sure=True, layers_divide=True,
    )  # fmt: skip


def _linear_activation(passes: tuple[Function, Function]) -> Styled:
    forward, backward = passes

    def run(*values: Any) -> tuple[tuple[Any, ...], Any]:
        out, cache = forward(*values)
        return (out,), (cache, values[-1])

    def back(upstream: tuple[Array, ...], memory: Any) -> Any:
        return backward(upstream[0], *memory)

    def ways(rng: Rng) -> Iterator[Way]:
        samples = []
        for m in _SAMPLES:
            arrays = [rng.standard_normal(shape) for shape in ((4, m), (3, 4), (3, 1))]
            quantities = {"the batch size": float(m)}
            samples += [Sample((*arrays, a), (), quantities=quantities) for a in _ACTIVATIONS]
        yield Way(run, back, tuple(samples))

    names = ["A_prev", "W", "b", "activation"]
    return _styled("linear_activation", passes, names, ways, _ACTIVATED, is_loss=False)


def _network(passes: tuple[Function, Function], claims: tuple[str, str]) -> Styled | None:
    """Return how a network is called; None where its passes take other things."""
    forward, backward = passes
    wanted = _required(backward)
    known = ("parameters", "params", "cache", "caches", "X", "Y", "AL", "A2")
    if _required(forward) not in (["X", "parameters"], ["X", "params"]) or {*wanted} - {*known}:
        return None

    def run(summed: bool) -> Callable[..., tuple[tuple[Any, ...], Any]]:
        def forward_and_cost(*values: Any) -> tuple[tuple[Any, ...], Any]:
            parameters, X, Y = values
            out, cache, *_ = forward(X, parameters)
            cost = -np.sum(Y * np.log(out) + (1 - Y) * np.log(1 - out))
            given = dict.fromkeys(("AL", "A2"), out) | dict.fromkeys(("cache", "caches"), cache)
            given |= {"X": X, "Y": Y, "parameters": parameters, "params": parameters}
            return (np.asarray(cost if summed else cost / Y.shape[1]),), given

        return forward_and_cost

    def back(upstream: tuple[Array, ...], given: Any) -> Any:
        gradients = backward(*(given[name] for name in wanted))
        return {n: g for n, g in gradients.items() if re.fullmatch(r"d[Wb]\d", n)}

    def ways(rng: Rng) -> Iterator[Way]:
        samples = tuple(_sample(m, rng) for m in _SAMPLES)
        yield Way(run(summed=False), back, samples, of=(0,))
        yield Way(run(summed=True), back, samples, _SUM, of=(0,))

    name = claims[0].removesuffix("_forward")
    return _styled(name, passes, ["parameters", "X", "Y"], ways, claims)


def _sample(m: int, rng: Rng) -> Sample:
    parameters = {}
    for layer, (before, after) in enumerate(zip(_SIZES, _SIZES[1:], strict=False), start=1):
        parameters[f"W{layer}"] = 0.8 * rng.standard_normal((after, before))
        parameters[f"b{layer}"] = 0.8 * rng.standard_normal((after, 1))
    X, Y = rng.standard_normal((_SIZES[0], m)), rng.integers(2, size=(1, m)).astype(float)
    return Sample((parameters, X, Y), (), quantities={"the batch size": float(m)})


def _propagate(function: Function) -> Styled:
    def run(*values: Any) -> tuple[tuple[Any, ...], Any]:
        returned = function(*values)
        gradients, cost = returned if isinstance(returned[0], dict) else returned[::-1]
        return (np.asarray(cost, dtype=float).reshape(()),), gradients

    def back(upstream: tuple[Array, ...], gradients: Any) -> Any:
        return np.asarray(gradients["dw"]), np.asarray(gradients["db"]), None, None

    def ways(rng: Rng) -> Iterator[Way]:
        samples = []
        for m in _SAMPLES:
            X, Y = rng.standard_normal((4, m)), rng.integers(2, size=(1, m)).astype(float)
            w, b = rng.standard_normal((4, 1)), np.asarray(rng.standard_normal())
            samples.append(Sample((w, b, X, Y), ()))
        yield Way(run, back, tuple(samples), of=(0, 1))

    names = ["w", "b", "X", "Y"]
    return _styled("propagate", (function, function), names, ways, ("propagate",))
