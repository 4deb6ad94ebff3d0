"""A network that runs: forward, and what its backward makes of that."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.samples import Rng
from minnet.conventions.styles.networks.passes import RATES, Called, Passes
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.parameters import Parameter, find_parameters, held_arrays
from minnet.gradcheck.under_test.sharing import gradients_of_parameters, left_over
from minnet.gradcheck.under_test.spellings import USUAL_PARAMETERS
from minnet.patterns import pattern
from minnet.records import NamedTuple, dataclass, field

#: what is the output of a network, by its name
_OUTPUT = pattern(
    r"o|O|out(put)?s?\w*|final_out\w*|[yY]_?(hat|pred|cap|out)\w*|pred\w*|prob\w*|P|p|ps|A\d?|AL|"
    r"a\d?|scores|result|activations?"
)
#: the attribute that says how many samples there are
_BATCH = pattern(r"_*batch_?size", re.I)
#: what a setting is where a pass asks for one
_SETTING = 0.3
#: the learning rate: what it takes is the gradient
_RATE = 1.0
#: small enough that no gradient reaches the 5 at which many clip theirs
_SCALE = 0.5
#: from so many inputs on, weights are the smaller the more there are
_MANY = 8


@dataclass(frozen=True)
class How:
    """How many samples a network is given, and which of what it gives is its output."""

    count: int = 1
    pick: int = 0


@dataclass(frozen=True)
class Network:
    """An object that holds weights, its passes, and which attribute is its rate, if one is.

    The weights are what it holds before any pass has run: of an object that cannot be copied
    the passes leave more behind.
    """

    net: Any
    passes: Passes
    rate: str = ""
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.weights:
            held = {p.name: p.value().shape for p in _weights(self.net)}
            object.__setattr__(self, "weights", held)

    @property
    def rates(self) -> list[str]:
        """The attributes that may be its learning rate."""
        held = vars(self.net).items()
        return [n for n, v in held if n.strip("_").lower() in RATES and isinstance(v, float | int)]

    def drawn(self, rng: Rng) -> dict[str, Array]:
        """Return ordinary values for all the weights that it may have.

        Those of many inputs are smaller: else a softmax after them is 0 or 1, and has no slope.
        """
        return {n: np.asarray(_scale(s) * rng.standard_normal(s)) for n, s in self.weights.items()}

    @functools.cached_property
    def _state(self) -> Array:
        """What a recurrent network starts from: it has as many places as its square weight."""
        square = next(
            (shape[0] for shape in self.weights.values() if shape and shape == shape[:1] * 2), 1
        )
        return np.zeros((square, 1))

    def run(self, values: Mapping[str, Array], data: Any, target: Any, how: How) -> Ran:
        """Return a copy of it that has run forward, with other values in its weights.

        Parameters
        ----------
        values : dict of str to array
        data, target : anything
        how : How
        """
        thing = independent(self.net)
        for weight in _weights(thing):
            if weight.name in values:
                weight.write(values[weight.name])
        known = {
            "data": data, "target": data if self.passes.itself else target, "count": how.count,
            "setting": _SETTING, "rate": _RATE, "times": 1, "state": self._state.copy(),
        }  # fmt: skip
        for name, role in self.passes.held.items():
            if role != "count" or not hasattr(thing, name):
                setattr(thing, name, known[role])
        for name in [n for n in vars(thing) if _BATCH.fullmatch(n)]:
            setattr(thing, name, how.count)
        if self.rate:
            setattr(thing, self.rate, _RATE)
        before = dict(vars(thing))
        forward = self.passes.forward
        returned = getattr(thing, forward.name)(*(known[r] for r in forward.roles.values()))
        return Ran(thing, known, outputs_of(returned, forward.returned, thing, before), how, self)


def _weights(thing: Any) -> list[Parameter]:
    """Return what may be the weights of a network: its arrays, and a bias that is one number."""
    numbers = (
        n for n, v in vars(thing).items() if isinstance(v, float | int) and n in USUAL_PARAMETERS
    )
    return held_arrays(thing) + [Parameter(n, thing, n, lambda: None) for n in numbers]


def is_output(name: str) -> bool:
    """Return whether something is by its name what a network says."""
    return _OUTPUT.fullmatch(name) is not None


class Given(NamedTuple):
    """One thing that forward gave, or left on its object: its name, itself, and as an array."""

    name: str
    value: Any
    array: Array | None


def outputs_of(
    returned: Any, names: Sequence[str], thing: Any, before: Mapping[str, Any]
) -> list[Given]:
    """Return what forward gave, what is called an output first, then what comes last."""
    if isinstance(returned, list) and len(names) == 1:
        pairs: list[tuple[str, Any]] = [(names[0], returned)]
    elif isinstance(returned, tuple | list):
        named = names if len(names) == len(returned) else [""] * len(returned)
        pairs = [*zip(named, returned, strict=True)]
    elif returned is not None:
        pairs = [(next(iter(names), ""), returned)]
    else:
        pairs = [(n, v) for n, v in vars(thing).items() if before.get(n) is not v]
    found = [Given(name, value, _as_array(value)) for name, value in pairs[::-1]]
    return sorted(found, key=lambda one: (one.array is None, not _OUTPUT.fullmatch(one.name)))


def _as_array(value: Any) -> Array | None:
    """Return an array of floating-point numbers, of one that is kept for each step too, or None."""
    if isinstance(value, dict) and value and all(isinstance(key, int) for key in value):
        steps = [np.ravel(value[key]) for key in sorted(value) if key >= 0]
        value = np.stack(steps) if len({len(step) for step in steps}) == 1 else None
    if isinstance(value, list) and value:  # one of each layer
        value = value[-1]
    value = np.asarray(value) if isinstance(value, float) else value
    return value if isinstance(value, np.ndarray) and value.dtype.kind == "f" else None


class Ran(NamedTuple):
    """A network that has run forward; `known` is what it is told, by its role."""

    thing: Any
    known: Mapping[str, Any]
    given: Sequence[Given]
    how: How
    network: Network

    @property
    def output(self) -> Array:
        """The output, as far as it is known which it is."""
        return np.asarray(self.given[self.how.pick].array)

    @property
    def target(self) -> Array:
        """The targets, laid out as the output is."""
        target, output = np.asarray(self.known["target"]), self.output
        if target.size == output.size:
            return target.reshape(output.shape)
        target = target.astype(int)
        axis = next(i for i, n in enumerate(output.shape) if n != len(target))
        return np.moveaxis(np.eye(output.shape[axis])[target], -1, axis)

    def call(self, method: Called, thing: Any) -> Any:
        """Call a method of the network, or of a copy: the names of its arguments tell what with."""
        known = self.known
        return getattr(thing, method.name)(
            **{n: known[r] if r != "memory" else self._part(n) for n, r in method.roles.items()}
        )

    def _part(self, name: str) -> Any:
        """Return what an argument of backward is that forward has given."""
        output = self.given[self.how.pick]
        for one in self.given:
            if name == one.name:
                return one.value
            if isinstance(one.value, dict) and name in one.value:
                return one.value[name]
        rest = [one.value for one in self.given if one is not output]
        whole = output.array if isinstance(output.value, list) else output.value
        return rest[0] if len(rest) == 1 and not _OUTPUT.fullmatch(name) else whole

    def gradients(self) -> dict[str, Any]:
        """Run backward and return the gradients of the weights, by name.

        They are returned, left in attributes, or read off the step that it takes.
        """
        thing, backward = self.thing, self.network.passes.backward
        weights = _weights(thing)
        before = {p.name: p.value() for p in weights}
        held = {p.name: p.gradient() for p in find_parameters(thing)}
        raw = self.call(backward, thing)
        if steps := _taken_back(weights, before):
            return steps
        found = {p.name: p.gradient() for p in find_parameters(thing)}
        found = {n: g for n, g in found.items() if g is not None and g is not held.get(n)}
        if raw is not None and not found:
            names = backward.returned
            named = isinstance(raw, tuple) and len(raw) == len(names)
            left = tuple(left_over(dict(zip(names, raw, strict=True)) if named else raw))
            shapes = {name: value.shape for name, value in before.items()}
            return gradients_of_parameters(left, shapes)
        return found


def _taken_back(weights: Sequence[Parameter], before: Mapping[str, Array]) -> dict[str, Array]:
    """Return the steps that were taken, and put the weights back."""
    steps = {}
    for weight in weights:
        old = before[weight.name]
        if weight.exists() and np.shape(weight.read()) == old.shape:
            step = old - weight.value()
            weight.write(old)
            if np.any(step):
                steps[weight.name] = step
    return steps


def _scale(shape: tuple[int, ...]) -> float:
    """Return the size of ordinary weights, of which so many lead to one output at the most.

    >>> _scale((5, 3)), _scale((4, 800)) < _scale((4, 80))
    (0.5, True)
    """
    most = math.prod(shape) / min(shape[0], shape[-1]) if len(shape) > 1 and all(shape) else 1
    return _SCALE * min(1.0, math.sqrt(_MANY / most))
