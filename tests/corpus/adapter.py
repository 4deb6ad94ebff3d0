"""A second, much simpler way to run a corpus entry, that knows nothing of minnet.

It serves to check the labels of the corpora themselves (`audit.py`) and to hand the same code
to other checkers.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.calls import Call

Values = dict[str, np.ndarray]


class UncopyableError(Exception):
    """The layer holds something that cannot be copied: this simple adapter does not help it."""


@dataclass
class Adapted:
    """`forward(values)` gives all outputs as one vector; `backward(values, upstream)` gradients.

    A gradient that is not there is None. Every call starts from the same state.
    """

    values: Values
    forward: Callable[[Values], np.ndarray]
    backward: Callable[[Values, np.ndarray], dict[str, Any]]


def adapt(call: Call) -> Adapted:
    call = call.witness or call
    make = {
        "check_layer": _layer,
        "check_loss": _loss,
        "check_functions": _functions,
        "check_gradient": _gradient,
    }
    return make[call.check](*call.arguments)


def _is_variable(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


class _Frozen:
    """The global generators as they were."""

    def __init__(self) -> None:
        self.numpy, self.python = np.random.get_state(), random.getstate()  # noqa: NPY002

    def __enter__(self) -> None:
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)

    def __exit__(self, *_: object) -> None:
        np.random.set_state(self.numpy)  # noqa: NPY002
        random.setstate(self.python)


def _flat(out: Any) -> np.ndarray:
    parts = out if isinstance(out, tuple) else (out,)
    return np.concatenate([np.ravel(np.asarray(part)) for part in parts]).astype(np.float64)


def _shaped(vector: np.ndarray, out: Any) -> list[np.ndarray]:
    pieces, start = [], 0
    for part in out if isinstance(out, tuple) else (out,):
        part = np.asarray(part)
        piece = vector[start : start + part.size].reshape(part.shape)
        pieces.append(piece.astype(part.dtype))
        start += part.size
    return pieces


def _as_tuple(grads: Any) -> tuple[Any, ...]:
    return grads if isinstance(grads, tuple | list) else (grads,)


def _functions(forward: Any, backward: Any, *args: Any) -> Adapted:
    names = forward.__code__.co_varnames[: forward.__code__.co_argcount]
    variables = [k for k, arg in enumerate(args) if _is_variable(arg)]
    values = {names[k]: args[k] for k in variables}

    def filled(values: Values) -> list[Any]:
        given = copy.deepcopy(list(args))
        for k in variables:
            given[k] = values[names[k]].copy()
        return given

    def run(values: Values) -> np.ndarray:
        with _Frozen():
            *out, _ = forward(*filled(values))
        return _flat(tuple(out))

    def grads(values: Values, upstream: np.ndarray) -> dict[str, Any]:
        with _Frozen():
            *out, cache = forward(*filled(values))
            given = _as_tuple(backward(*_shaped(upstream, tuple(out)), cache))
        return dict(zip(values, given, strict=False))

    return Adapted(values, run, grads)


PATTERNS = ("d{}", "grad_{}", "{}_grad", "dLd{}")


def _parameters(layer: Any) -> list[str]:
    slots = set(getattr(layer, "__dict__", ())) | set(getattr(layer, "__slots__", ()))
    names = [name for name in slots if _is_variable(getattr(layer, name, None))]
    found = [n for n in names if any(p.format(n) in slots for p in PATTERNS)]
    return found or [n for n in names if n in ("W", "b")]


def _layer(layer: Any, *inputs: Any) -> Adapted:
    count = layer.forward.__code__.co_argcount
    arguments = layer.forward.__code__.co_varnames[1:count]
    floats = [k for k, x in enumerate(inputs) if _is_variable(x)]
    values = {arguments[k]: inputs[k] for k in floats}
    parameters = _parameters(layer)
    values |= {name: getattr(layer, name) for name in parameters}

    def fresh(values: Values) -> tuple[Any, Any]:
        try:
            clone = copy.deepcopy(layer)
        except TypeError as error:
            raise UncopyableError(str(error)) from error
        for name in parameters:
            getattr(clone, name)[...] = values[name]  # in place: there may be other names for it
        given = [
            values[arguments[k]].copy() if k in floats else copy.deepcopy(x)
            for k, x in enumerate(inputs)
        ]
        return clone, clone.forward(*given)

    def run(values: Values) -> np.ndarray:
        with _Frozen():
            return _flat(fresh(values)[1])

    def grads(values: Values, upstream: np.ndarray) -> dict[str, Any]:
        with _Frozen():
            clone, out = fresh(values)
            given = _as_tuple(clone.backward(*_shaped(upstream, out)))
        found = {arguments[k]: g for k, g in zip(floats, given, strict=False)}
        for name in parameters:
            slots = [p.format(name) for p in PATTERNS if hasattr(clone, p.format(name))]
            if slots:
                found[name] = getattr(clone, slots[0])
            else:
                found[name] = getattr(clone, "grads", {}).get(name)
        return found

    return Adapted(values, run, grads)


def _loss(loss: Any, prediction: np.ndarray, target: np.ndarray) -> Adapted:
    def run(values: Values) -> np.ndarray:
        clone = copy.deepcopy(loss)
        return _flat(clone.forward(values["prediction"].copy(), target.copy()))

    def grads(values: Values, upstream: np.ndarray) -> dict[str, Any]:
        clone = copy.deepcopy(loss)
        clone.forward(values["prediction"].copy(), target.copy())
        found = clone.backward()
        return {"prediction": None if found is None else found * upstream[0]}

    return Adapted({"prediction": prediction}, run, grads)


def _gradient(f: Any, gradient: Any, x: np.ndarray) -> Adapted:
    def grads(values: Values, upstream: np.ndarray) -> dict[str, Any]:
        found = gradient(values["x"].copy())
        return {"x": None if found is None else found * upstream[0]}

    return Adapted({"x": x}, lambda values: _flat(f(values["x"].copy())), grads)
