"""Networks that are plain functions: forward is given the weights, backward gives their gradients.

- ``forward_prop(W1, b1, W2, b2, X) -> Z1, A1, Z2, A2`` and ``backward_prop(Z1, A1, Z2, A2, W1, W2,
  X, Y) -> dW1, db1, dW2, db2``
- ``forward(X, params) -> y, cache`` and ``backward(y, y_true, cache, params) -> grads``

Such a pair is made into a class, the objects of which hold the weights: so it is one network more.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minnet.conventions.shims import Absent
from minnet.conventions.styles.networks.making import STARTS
from minnet.conventions.styles.networks.passes import (
    Called,
    Passes,
    adds_its_steps,
    are_backward,
    are_costs,
    are_forward,
    role_of,
)
from minnet.conventions.styles.networks.running import is_output
from minnet.conventions.subject import enabling_calls
from minnet.gradcheck.under_test.signatures import names_returned, signature_of
from minnet.gradcheck.under_test.spellings import CACHES
from minnet.patterns import pattern
from minnet.records import NamedTuple
from minnet.report.results import Skipped
from minnet.report.words import listed

Function = Callable[..., Any]
#: what the gradient of a weight is called, and the weight within
_GRADIENT = pattern(r"(?:(?:d[LJCE]_?)?d|grad|nabla)_?([A-Za-z]+_?\d+)|([A-Za-z]+_?\d+)_?grad")
_MATRIX, _VECTOR = pattern(r"(w|weights?|theta|k)_?\d+", re.I), pattern(r"b(ias)?_?\d+", re.I)
#: what all weights together are called, in a dict
_HOLDERS = frozenset(["params", "parameters", "weights", "model", "net", "network", "theta", "wb"])
#: how much a dropout keeps: all, or nothing could be compared
_SHARES_KEPT = ("keep_prob", "keep_rate")
#: the sizes of layers up to the last, and what that may have
_HIDDEN, _LAST = (4, 5, 6, 4, 5, 6), (3, 1)
#: the sizes that a function of the file makes weights for
_SMALL = ((4, 5, 3), (4, 5, 1))


class FunctionNetwork(NamedTuple):
    """A network of functions as a class, its passes, and objects with weights of some sizes."""

    name: str
    cls: type
    passes: Passes
    nets: list[Any]
    claims: tuple[str, ...]
    supposed: str = ""


def networks_of(namespace: Mapping[str, Any]) -> Iterator[FunctionNetwork | Skipped]:
    """Yield the networks among the functions of a file, and what keeps one from being checked."""
    functions = {n: f for n, f in namespace.items() if inspect.isfunction(f)}
    forwards, backwards = are_forward(functions), are_backward(functions)
    for forward, backward in itertools.product(forwards, backwards):
        if forward != backward and (found := _network(functions, forward, backward)) is not None:
            yield found


def _network(
    functions: Mapping[str, Function], forward: str, backward: str
) -> FunctionNetwork | Skipped | None:
    """Return two functions as a network; None where it is not known what the weights are."""
    wanted = signature_of(functions[forward]).wanted
    weights, sizes = _by_name(wanted, functions[backward]) or _made(wanted, functions)
    data = [n for n in wanted if n not in {*weights, *_HOLDERS}]
    if len(data) != 1 or role_of(data[0]) != "data" or not sizes:
        return None
    costs = {n: functions[n] for n in are_costs(functions)}
    code = [functions[n] for n in (forward, backward, *costs)]
    counts = sorted({name for function in code for name in _counts_in(function)})
    body = {n: _told_the_weights(functions[n], weights) for n in (backward, *costs)}
    body[forward] = _of_data(functions[forward], data[0], weights)
    cls = type(forward, (_Weights,), body)
    passes = Passes(
        Called(forward, {data[0]: "data"}, names_returned(functions[forward])),
        _called(backward, functions[backward], weights),
        tuple(_called(name, function, weights) for name, function in costs.items()),
        {}, adds_its_steps(inspect.getmodule(functions[backward])), itself=False,
    )  # fmt: skip
    if "target" not in passes.backward.roles.values():
        return None
    if unknown := _unknown(passes):
        more = f"{backward} also takes {listed(unknown)}, which nothing explains"
        return Skipped(forward, f"{more}; {enabling_calls(wanted)}")
    supposed = f"the number of samples stands for {listed(counts)}, which its data would tell"
    return FunctionNetwork(
        forward, cls, passes, [cls(values) for values in sizes], (forward, backward),
        supposed if counts else "",
    )  # fmt: skip


def _by_name(wanted: Sequence[str], backward: Function) -> tuple[list[str], list[Any]] | None:
    """Return the weights that a backward has gradients of, and values of all sizes for them.

    None where forward is told some of them neither by name nor all in a dict.
    """
    spelled = {name.lower(): name for name in wanted}  # w1, and its gradient dW1
    weights = [spelled.get(n.lower(), n) for n in _weights_of(backward)]
    in_a_dict = not _HOLDERS.isdisjoint(wanted)
    if not weights or not (in_a_dict or {*weights} <= {*wanted}):
        return None
    return weights, list(_weights_of_all_sizes(weights))


def _made(
    wanted: Sequence[str], functions: Mapping[str, Function]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return what forward is told beside its data, as a function of the file makes it."""
    told = [name for name in wanted if role_of(name) != "data"]
    makers = [f for name, f in functions.items() if STARTS.match(name)]
    made = [_made_by(maker, sizes, told) for maker in makers for sizes in _SMALL]
    return told, [values for values in made if values]


def _made_by(maker: Function, sizes: Sequence[int], told: Sequence[str]) -> dict[str, Any]:
    """Return the weights that a function makes for layers of some sizes, by what they are told as.

    They are told by the names that its ``return`` has, or in its order.
    """
    wanted = signature_of(maker).wanted
    given = [list(sizes)] if len(wanted) == 1 else list(sizes[: len(wanted)])
    try:
        made = maker(*given)
    except Exception:  # it makes something else, or of something else
        return {}
    several = made if isinstance(made, tuple) else (made,)
    names = names_returned(maker)
    if len(several) != len(told):
        return {}
    by_name = dict(zip(names, several, strict=True)) if {*names} == {*told} else None
    return by_name or dict(zip(told, several, strict=True))


def _unknown(passes: Passes) -> list[str]:
    """Return what backward takes that neither its name explains, nor that forward gives it."""
    given = {*passes.forward.returned, *CACHES}
    others = [n for n, r in passes.backward.roles.items() if r == "memory" and n not in given]
    return [name for name in others if not is_output(name)]


class _Weights:
    """An object that holds the weights of a network, and is told how many samples there are."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        vars(self).update(values, batch_size=1)


def _counts_in(function: Function) -> list[str]:
    """Return the numbers of samples that a function takes from data which are not here."""
    code, held = function.__code__, function.__globals__
    return [n for n in code.co_names if isinstance(held.get(n), Absent) and role_of(n) == "count"]


@contextlib.contextmanager
def _counted(function: Function, count: int) -> Iterator[None]:
    """Run the block with the numbers of samples that a function takes from elsewhere."""
    held, names = function.__globals__, _counts_in(function)
    absent = {name: held[name] for name in names}
    held.update(dict.fromkeys(names, count))
    try:
        yield
    finally:
        held.update(absent)


def _weights_of(backward: Function) -> list[str]:
    """Return the weights whose gradients a function returns, or puts into a dict, by their names.

    Where the names are put together, ``f"dW{l}"``, there may be any number of layers.

    >>> def backward_prop(A1, A2, W2, X, Y):
    ...     dW2, db2 = A2 - Y, A2
    ...     return dW2, db2
    >>> _weights_of(backward_prop)
    ['W2', 'b2']
    """
    code = getattr(inspect.unwrap(backward), "__code__", None)
    held = code.co_consts if code is not None else ()
    keys = [c for one in held for c in (one if isinstance(one, tuple) else (one,))]
    keys = [key for key in keys if isinstance(key, str)]
    found = (_GRADIENT.fullmatch(name) for name in (*names_returned(backward), *keys))
    names = {m[1] or m[2] for m in found if m is not None} or {*keys}
    if {"dW", "db"} <= names:
        names = {f"{letter}{layer}" for layer in (1, 2, 3) for letter in "Wb"}
    matrices, vectors = (filter(kind.fullmatch, names) for kind in (_MATRIX, _VECTOR))
    return sorted([*matrices, *vectors], key=lambda name: (_layer(name), bool(_VECTOR.match(name))))


def _layer(name: str) -> int:
    """Return the number of the layer that a weight is of."""
    return int(re.sub(r"\D", "", name))


def _weights_of_all_sizes(weights: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield weights: samples in rows, or in columns; biases in one row, without axes, a column.

    Last come layers of one size: some mistakes run with no others.
    """
    layers = sorted({*map(_layer, weights)})
    n = len(layers)
    if n > len(_HIDDEN) or not any(map(_MATRIX.fullmatch, weights)):
        return
    of_all = [(*_HIDDEN[:n], last) for last in _LAST] + [(_HIDDEN[0], *_LAST[:1] * n)]
    for sizes, in_rows, flat in itertools.product(of_all, (True, False), (False, True)):
        values = {}
        for name in weights:
            k = layers.index(_layer(name))
            before, after = sizes[k : k + 2]
            bias = (after,) if flat else (1, after)
            shape = (before, after) if _MATRIX.fullmatch(name) else bias
            values[name] = np.ones(shape if in_rows else shape[::-1])
        yield values


def _given(self: Any, function: Function, weights: Sequence[str]) -> dict[str, Any]:
    """Return the weights as a function wants them: each by its name, or all in a dict."""
    held = {name: getattr(self, name) for name in weights}
    wanted = signature_of(function).names
    return {n: held[n] if n in held else dict(held) for n in wanted if n in {*held, *_HOLDERS}}


def _of_data(forward: Function, data: str, weights: Sequence[str]) -> Function:
    whole = {name: 1.0 for name in signature_of(forward).names if name in _SHARES_KEPT}

    @functools.wraps(forward)
    def run(self: Any, x: Any) -> Any:
        with _counted(forward, self.batch_size):
            found = forward(**{data: x}, **_given(self, forward, weights), **whole)
        if isinstance(found, dict):  # its last array is the output
            return found, [v for v in found.values() if isinstance(v, np.ndarray)][-1]
        return found

    return run


def _told_the_weights(function: Function, weights: Sequence[str]) -> Function:
    @functools.wraps(function)
    def call(self: Any, **told: Any) -> Any:
        with _counted(function, self.batch_size):
            return function(**told, **_given(self, function, weights))

    return call


def _called(name: str, function: Function, weights: Sequence[str]) -> Called:
    wanted = [n for n in signature_of(function).wanted if n not in {*weights, *_HOLDERS}]
    return Called(name, {n: role_of(n) for n in wanted}, names_returned(function))
