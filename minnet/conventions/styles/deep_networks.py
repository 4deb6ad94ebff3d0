"""The networks of deeplearning.ai's courses, whose parameters are in a dict.

- ``linear_activation_forward(A_prev, W, b, activation)`` and its backward (dA, cache, activation)
- ``L_model_forward(X, parameters)`` and ``L_model_backward(AL, Y, caches)``
- ``forward_propagation(X, parameters)`` and ``backward_propagation(parameters, cache, X, Y)``,
  with more behind the names: ``_n`` gives the cost, ``_with_regularization``, ``_with_dropout``
- ``forward_propagation(x, theta)`` and ``backward_propagation(x, theta)``, of numbers
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
from minnet.conventions.samples import Rng, Sample, data_first
from minnet.conventions.styles.likelihood import of_each_output
from minnet.conventions.styles.style import Styled, Way, runs
from minnet.gradcheck.under_test.functions import without_penalty
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped

Function = Callable[..., Any]
STYLE = "deeplearning.ai"
#: the sizes of the layers, from the inputs to the one output, and how many samples there are
_SIZES, _SAMPLES = ((3, 4, 1), (3, 5, 4, 1)), (5, 1)
_ACTIVATIONS = ("relu", "sigmoid")
_ACTIVATED = ("linear_activation_forward", "linear_activation_backward")
#: the parts of two names around what says which network it is
_NETWORKS = (
    ("L_model_forward", "L_model_backward"),
    ("forward_propagation", "backward_propagation"),
    ("forward_prop", "backward_prop"),
    ("forward_propagation", "back_propagation"),
)
#: what settings are set to, and what else there is that the passes may want
_SETTINGS = {"lambd": 0.7, "lambda_": 0.7, "lmbda": 0.7, "keep_prob": 0.6}
_KNOWN = {"X", "Y", "parameters", "params", "cache", "caches", "AL", "A2", "A3", *_SETTINGS}
_OF_PARAMETERS = r"d[Wb]\d"
_SUM = "the network is judged by the cross-entropy of its outputs, as a sum over the samples"


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the course's functions among what a file holds, networks that are built as its are."""
    return (styled for styled in find_named(namespace) if runs(styled))


def find_named(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield what is called as the course's functions are."""
    functions = {n: f for n, f in namespace.items() if inspect.isfunction(f)}
    if functions.keys() >= {*_ACTIVATED}:
        yield _linear_activation((functions[_ACTIVATED[0]], functions[_ACTIVATED[1]]))
    for names, passes in _pairs(functions):
        claims = tuple(name for name in names if name in functions)
        found = _of_numbers(names[1], passes, claims) or _network(names, passes, claims)
        if found is not None:
            yield found
    whole = functions.get("propagate")
    if whole and signature_of(whole).wanted == ["w", "b", "X", "Y"]:
        yield _propagate(whole)


def _pairs(
    functions: Mapping[str, Function],
) -> Iterator[tuple[tuple[str, str], tuple[Function, Function]]]:
    """Yield pairs by name; a backward without a forward of its own has the plain one.

    >>> def f(): ...
    >>> held = {"forward_prop": f, "backward_prop": f, "backward_prop_with_regularization": f}
    >>> [backward for (_, backward), _ in _pairs(held)]
    ['backward_prop', 'backward_prop_with_regularization']
    """
    for name, function in functions.items():
        known = {**getattr(function, "__globals__", {}), **functions}  # forward may be imported
        candidates = (
            own
            for forward, backward in _NETWORKS
            if re.fullmatch(rf"{backward}(_\w+)?", name)
            for own in (forward + name.removeprefix(backward), forward)
        )
        found = next((own for own in candidates if inspect.isfunction(known.get(own))), None)
        if found is not None:
            yield (found, name), (known[found], function)


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

    order = data_first(signature_of(forward).names[:3])
    told = without_penalty(backward, ())
    takes = len(signature_of(told).required or ())

    def back(upstream: tuple[Array, ...], memory: Any) -> Any:
        return told(upstream[0], *memory[: takes - 1])

    def ways(rng: Rng) -> Iterator[Way]:
        samples = []
        for m in _SAMPLES:
            arrays = [rng.standard_normal(((4, m), (3, 4), (3, 1))[k]) for k in order]
            quantities = {"the batch size": float(m)}
            samples += [
                Sample((*arrays, a), (), quantities=quantities)
                for a in _ACTIVATIONS
                if a in _strings_in(forward) or not _strings_in(forward)
            ]
        yield Way(run, back, tuple(samples))

    names = [("A_prev", "W", "b")[k] for k in order] + ["activation"]
    return _styled("linear_activation", passes, names, ways, _ACTIVATED, is_loss=False)


def _strings_in(function: Function) -> set[Any]:
    """Return the constants in the code of a function: the activations that it knows."""
    plain = unwrapped(function)
    return {c for c in plain.__code__.co_consts if isinstance(c, str) and c != plain.__doc__}


def _of_numbers(
    name: str, passes: tuple[Function, Function], claims: tuple[str, ...]
) -> Styled | None:
    forward, backward = passes
    if not all(signature_of(f).wanted == ["x", "theta"] for f in passes):
        return None

    def run(*values: Any) -> tuple[tuple[Any, ...], Any]:
        return (np.asarray(forward(*values)),), values

    def back(upstream: tuple[Array, ...], values: Any) -> Any:
        return None, np.asarray(backward(*values))

    def ways(rng: Rng) -> Iterator[Way]:
        drawn = (tuple(np.asarray(v) for v in rng.standard_normal(2)) for _ in range(2))
        yield Way(run, back, tuple(Sample(values, ()) for values in drawn), of=(1,))

    return _styled(name, passes, ["x", "theta"], ways, claims)


def _network(
    names: tuple[str, str], passes: tuple[Function, Function], claims: tuple[str, ...]
) -> Styled | None:
    """Return how a network is called; None where its passes take other things."""
    forward, backward = passes
    taken = [n for n in signature_of(forward).names if n in _KNOWN]
    wanted = [n for n in signature_of(backward).names if n in _KNOWN]
    required = {*signature_of(forward).wanted, *signature_of(backward).wanted}
    if "X" not in taken or {"parameters", "params"}.isdisjoint(taken) or required - _KNOWN:
        return None

    def run(summed: bool) -> Callable[..., tuple[tuple[Any, ...], Any]]:
        def forward_and_cost(*values: Any) -> tuple[tuple[Any, ...], Any]:
            parameters, X, Y = values
            given = {"X": X, "Y": Y, "parameters": parameters, "params": parameters} | _SETTINGS
            out, cache, *_ = forward(**{name: given[name] for name in taken})
            given |= dict.fromkeys(("AL", "A2", "A3"), out)
            given |= dict.fromkeys(("cache", "caches"), cache)
            cost = out if "Y" in taken else _cross_entropy(out, Y, summed)
            if penalty := next((given[n] for n in wanted if n.startswith(("lam", "lm"))), 0.0):
                squares = sum(np.sum(w**2) for n, w in parameters.items() if n[0] == "W")
                cost = cost + penalty / 2 * squares / (1 if summed else Y.shape[1])
            return (np.asarray(cost, dtype=float).reshape(()),), given

        return forward_and_cost

    def back(upstream: tuple[Array, ...], given: Any) -> Any:
        gradients = backward(**{name: given[name] for name in wanted})
        return {n: g for n, g in gradients.items() if re.fullmatch(_OF_PARAMETERS, n)}

    def ways(rng: Rng) -> Iterator[Way]:
        for sizes in _SIZES:
            samples = tuple(_sample(sizes, m, rng) for m in _SAMPLES)
            yield Way(run(summed=False), back, samples, of=(0,))
            yield Way(run(summed=True), back, samples, _SUM, of=(0,))

    plain = names[1] in {backward for _, backward in _NETWORKS}
    name = names[0].removesuffix("_forward") if plain else names[1]
    return _styled(name, passes, ["parameters", "X", "Y"], ways, claims)


def _cross_entropy(out: Array, Y: Array, summed: bool) -> Any:
    cost = of_each_output(out, Y)
    return cost if summed else cost / Y.shape[1]


def _sample(sizes: Sequence[int], m: int, rng: Rng) -> Sample:
    parameters = {}
    for layer, (before, after) in enumerate(zip(sizes, sizes[1:], strict=False), start=1):
        parameters[f"W{layer}"] = 0.8 * rng.standard_normal((after, before))
        parameters[f"b{layer}"] = 0.8 * rng.standard_normal((after, 1))
    X, Y = rng.standard_normal((sizes[0], m)), rng.integers(2, size=(1, m)).astype(float)
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
