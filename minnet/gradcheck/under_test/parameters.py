"""Find the parameters of any object, and where its backward pass leaves their gradients.

Layers are written in many styles: ``W`` beside ``dW``, ``weights`` beside ``dweights``, a
``params`` and a ``grads`` dict, a backward pass that takes the learning rate and updates the
weights itself. What they have in common is found here by trying them out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.inside import (
    Leaf,
    Path,
    attributes_of,
    holds_gradients,
    is_gradient_path,
    layers_in,
    leaves_of,
    named,
    resolve,
    value_at,
)
from minnet.gradcheck.under_test.reach import MOST_OBJECTS, look_up
from minnet.gradcheck.under_test.spellings import (
    GRADIENT_DICTS,
    PARAMETER_DICTS,
    USUAL_PARAMETERS,
    gradient_names,
    is_kept_average,
    other_names,
)
from minnet.records import NamedTuple, dataclass

#: what keeps its items by a key, and not as attributes
_BY_KEY = (dict, list, tuple)
#: with so large a rate, W - rate * dW holds dW to full precision; a power of two is exact
PROBE_RATE = 2.0**24


class Parameter(NamedTuple):
    """One parameter: where it is kept (an attribute or an item), and where its gradient is."""

    name: str
    owner: Any
    key: Any
    gradient: Callable[[], Any]

    def read(self) -> Any:
        """Return the object that holds the value now (an array, or a float)."""
        if isinstance(self.owner, _BY_KEY):
            return self.owner[self.key]
        return getattr(self.owner, self.key)

    def value(self) -> Array:
        """Return a copy of the value, as floating-point numbers."""
        value = np.array(self.read())
        return value if value.dtype.kind == "f" else value.astype(np.float64)

    def exists(self) -> bool:
        """Return whether there is such a value now, and not None in its place."""
        try:
            return _is_number(self.read(), "fiu")
        except (AttributeError, KeyError, IndexError):
            return False

    def is_usual(self) -> bool:
        """Return whether its name means a parameter by itself."""
        return self.name.rpartition(".")[2] in USUAL_PARAMETERS

    def write(self, value: Array) -> Any:
        """Set the value, in place where aliases and dtype can stay; return what holds it then."""
        current = self.read()
        if (
            isinstance(current, np.ndarray)
            and current.flags.writeable
            and current.shape == value.shape
            and current.dtype.kind == "f"  # whole numbers would be cut off
        ):
            np.copyto(current, value, casting="unsafe")
            return current
        if isinstance(self.owner, dict | list):
            self.owner[self.key] = _as(type(current), value)
        else:
            setattr(self.owner, self.key, _as(type(current), value))
        return self.read()


def find_parameters(thing: Any, wanted: Collection[str] = (), deep: bool = True) -> list[Parameter]:
    """Return what may be parameters of `thing` (call it after a forward and backward pass).

    A name is a parameter if a gradient for it is found, or if it is one of `USUAL_PARAMETERS`.
    `deep`, those of layers inside `thing` too, with dotted names. Where it lists all that are
    `wanted` itself, no others are looked for.

    >>> class Dense:
    ...     def __init__(self):
    ...         self.W, self.dW, self.x = np.ones((2, 3)), np.zeros((2, 3)), np.ones((4, 2))
    >>> [parameter.name for parameter in find_parameters(Dense())]
    ['W']
    """
    declared = declares_parameters(thing)
    found = _declared(thing) if declared else list[Parameter]()
    if wanted and {parameter.name for parameter in found}.issuperset(wanted):
        return found
    for parameter in _walk(thing, "", set(), deep):
        value = parameter.read()
        if known := [i for i, other in enumerate(found) if share_memory(value, other.read())]:
            # the same array as attribute and in `params`, or a view of it; or shared by layers
            found[known[0]] = _shared(found[known[0]], parameter)
            continue
        if declared and parameter.gradient() is None:
            continue  # what is not declared may be a constant, whatever its name
        found.append(_as_its_holder_has_it(thing, parameter))
    return found


def _shared(one: Parameter, other: Parameter) -> Parameter:
    """Return a parameter that stands twice in one list, with a gradient for each: their sum."""
    if not isinstance(one.owner, list) or one.owner is not other.owner:
        return one

    def gradient() -> Any:
        both = one.gradient(), other.gradient()
        twice = both[0] is both[1] or any(part is None for part in both)
        return both[0] if twice else np.add(*both)

    return one._replace(gradient=gradient)


def with_what_is_left(
    thing: Any, found: list[Parameter], left: Mapping[str, Array]
) -> list[Parameter]:
    """Return parameters without a known gradient with the one of their shape that backward left.

    Where one has its gradient so, under a name of its own, another may have its made elsewhere,
    of what else is left: it is none to be missed.
    """
    lacking = [p for p in found if p.is_usual() and p.gradient() is None]
    shapes = [p.value().shape for p in lacking]
    named = {
        p.name: name
        for p, shape in zip(lacking, shapes, strict=True)
        for name, value in left.items()
        if value.shape == shape and shapes.count(shape) == 1
    }
    if not named:
        return found
    elsewhere = {p.name for p in lacking} - {*named} if len(left) > len(named) else set[str]()
    return [
        p._replace(gradient=partial(look_up, thing, named[p.name])) if p.name in named else p
        for p in found
        if p.name not in elsewhere
    ]


def _as_its_holder_has_it(thing: Any, parameter: Parameter) -> Parameter:
    """Return a parameter of an inner layer with the gradient that the outer one has for it, if any.

    A layer that is run at each step of a sequence knows the last one's share alone, and what
    runs it may keep the sum.
    """
    if inner_layer(thing, parameter) is None:
        return parameter

    def gradient() -> Any:
        found = gradient_of_holder(thing, parameter)
        return parameter.gradient() if found is None else found

    return parameter._replace(gradient=gradient)


def inner_layer(thing: Any, parameter: Parameter) -> Any:
    """Return the object in `thing` whose parameter this is; None where it is its own."""
    holder = parameter.name.rpartition(".")[0]
    return resolve(thing, holder) if holder else None


def gradient_of_holder(thing: Any, parameter: Parameter) -> Any:
    """Return the gradient that an object has for a parameter of a layer in it, or None.

    It is ``gradient_weights_hidden`` for the weights of ``hidden``, or ``gradient_weights`` where
    its own property ``weights`` is the array of the inner layer.
    """
    holder, _, last = parameter.name.rpartition(".")
    value, classes = parameter.read(), map(vars, type(thing).__mro__)
    properties = (n for held in classes for n, v in held.items() if isinstance(v, property))
    same = [n for n in properties if isinstance(value, np.ndarray) and look_up(thing, n) is value]
    for name in (*same, f"{last}_{holder}", f"{holder}_{last}"):
        found = _gradient_by_name(thing, name)
        if found is not None and np.shape(found) == np.shape(value):
            return found
    return None


def share_memory(a: Any, b: Any) -> bool:
    """Return whether two arrays have elements in common."""
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    return a is b or (np.may_share_memory(a, b) and np.shares_memory(a, b))


def all_arrays(thing: Any) -> dict[str, Parameter]:
    """Return every floating-point array attribute of `thing`, for a layer that updates itself."""
    return {
        name: Parameter(name, thing, name, lambda: None)
        for name, value in attributes_of(thing).items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }


def held_arrays(thing: Any, averages: bool = False) -> list[Parameter]:
    """Return every floating-point array that an object and the layers in it hold, once each.

    The running averages that a layer keeps are left out, or the only ones.
    """
    found = _held(thing, "", set())
    return [parameter for parameter in found if is_kept_average(parameter.name) is averages]


def _held(thing: Any, prefix: str, entered: set[int]) -> Iterator[Parameter]:
    if id(thing) in entered or len(entered) > MOST_OBJECTS:
        return
    entered.add(id(thing))
    arrays = [leaf for leaf in leaves_of(thing) if isinstance(leaf.value, np.ndarray)]
    for name, leaf in named(thing, arrays):
        new = leaf.value.dtype.kind == "f" and id(leaf.value) not in entered
        if new:
            entered.add(id(leaf.value))
            yield Parameter(prefix + name, leaf.owner, leaf.key, lambda: None)
    for name, value in attributes_of(thing).items():
        for label, inner in layers_in(name, value):
            yield from _held(inner, f"{prefix}{label}.", entered)


def declares_parameters(thing: Any) -> bool:
    """Return whether ``thing.named_parameters()`` gives arrays by name."""
    if not callable(look_up(thing, "named_parameters")):
        return False
    try:
        return all(isinstance(v, np.ndarray) for v in dict(thing.named_parameters()).values())
    except Exception:  # somebody's method of that name with another meaning
        return False


def _declared(thing: Any) -> list[Parameter]:
    """Return what ``named_parameters()`` lists."""
    pairs = dict(thing.named_parameters())
    gradients = look_up(thing, "named_gradients")
    names = list(pairs)

    def gradient_of(name: str) -> Callable[[], Any]:
        if callable(gradients):
            return _Listed(gradients, name)
        owner, _, last = name.rpartition(".")
        holder = resolve(thing, owner) if owner else thing
        return lambda: _gradient(holder, last)

    return [Parameter(n, _Fixed(pairs[n]), "array", gradient_of(n)) for n in names]


@dataclass(frozen=True)
class _Listed:
    """Looks up a gradient in what ``named_gradients()`` lists."""

    gradients: Callable[[], Any]
    name: str

    def __call__(self) -> Any:
        return dict(self.gradients()).get(self.name)


def gradients_of(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Return the gradients of parameters by name; a list of all is asked for once."""
    listed: dict[int, dict[str, Any]] = {}
    found = {}
    for parameter in parameters:
        how = parameter.gradient
        if isinstance(how, _Listed):
            if id(how.gradients) not in listed:
                listed[id(how.gradients)] = dict(how.gradients())
            found[parameter.name] = listed[id(how.gradients)].get(how.name)
        else:
            found[parameter.name] = how()
    return found


class _Fixed:
    """An array that is a parameter whatever it is called."""

    def __init__(self, array: Array) -> None:
        self.array = array


def _walk(thing: Any, prefix: str, entered: set[int], deep: bool = True) -> Iterator[Parameter]:
    if id(thing) in entered or len(entered) > MOST_OBJECTS:
        return
    entered.add(id(thing))
    leaves = list(leaves_of(thing))
    paths = [leaf.path for leaf in leaves]
    numbers = (leaf for leaf in leaves if _is_number(leaf.value, "fiu"))
    for name, leaf in named(thing, [n for n in numbers if _is_parameter(thing, n, paths)]):
        yield Parameter(prefix + name, leaf.owner, leaf.key, _reader(thing, leaf.path, name))
    for name, value in attributes_of(thing).items() if deep else ():
        for label, inner in layers_in(name, value):
            yield from _walk(inner, f"{prefix}{label}.", entered)


def _is_parameter(thing: Any, leaf: Leaf, paths: Sequence[Path]) -> bool:
    """Return whether this is declared to be a parameter, is claimed a gradient, or usually is."""
    whole = np.asarray(leaf.value).dtype.kind != "f"  # indices, unless a gradient is claimed
    if not whole and len(leaf.path) > 1 and leaf.path[0] in PARAMETER_DICTS:
        return True
    usual = leaf.path[-1] in USUAL_PARAMETERS
    among_gradients = any(map(holds_gradients, leaf.path[:-1]))
    if (among_gradients or not usual) and any(is_gradient_path(leaf.path, p) for p in paths):
        return False  # the gradient of another
    if usual and not whole and isinstance(leaf.value, np.ndarray):
        return True
    claimed = any(is_gradient_path(path, leaf.path) for path in paths)
    return claimed or _gradient(thing, str(leaf.path[-1])) is not None


def _is_number(value: Any, kinds: str = "f") -> bool:
    known = isinstance(value, np.ndarray | np.floating | float)
    return known and np.asarray(value).dtype.kind in kinds


def _reader(thing: Any, path: Path, name: str) -> Callable[[], Any]:
    """Return a function that looks up the gradient of what lies at `path`."""
    known: list[Path] = []

    def read() -> Any:
        if known and (value := value_at(thing, known[0])) is not None:
            return value
        found = [leaf for leaf in leaves_of(thing) if is_gradient_path(leaf.path, path)]
        if not found:
            return _gradient(thing, name)
        best = min(found, key=lambda leaf: _rank(leaf.path, path))
        known[:] = [best.path]
        return best.value

    return read


def _rank(path: Path, of: Path) -> tuple[bool, int]:
    """Return how usual a place for the gradient is, the most usual first."""
    names = gradient_names(str(of[-1]))
    return len(path) != len(of), names.index(path[-1]) if path[-1] in names else -1


def _gradient(thing: Any, name: str) -> Any:
    """Return the gradient that `thing` has for `name` under one of its names, or None."""
    if (found := _gradient_by_name(thing, name)) is not None:
        return found
    others = other_names(name)
    if any(look_up(thing, other) is not None for other in others):
        return None  # which have gradients of their own
    found = (_gradient_by_name(thing, other) for other in others)
    return next((gradient for gradient in found if gradient is not None), None)


def _gradient_by_name(thing: Any, name: str) -> Any:
    holders = [thing, *(h for h in (look_up(thing, n) for n in GRADIENT_DICTS) if h is not None)]
    for holder in holders:
        read = holder.get if isinstance(holder, Mapping) else partial(look_up, holder)
        for spelled in gradient_names(name):
            found = read(spelled)
            if found is not None and not callable(found):
                of_one = isinstance(found, list) and len(found) == 1  # of one call of backward
                return found[0] if of_one and np.ndim(found[0]) else found
    return None


def _as(kind: type, value: Array) -> Any:
    return value.item() if kind is float else value.copy()


def untouched(
    before: Mapping[str, Any], contents: Mapping[str, Any], after: Mapping[str, Any]
) -> set[str]:
    """Return the names whose gradient is the same object as before, with the same contents."""
    return {
        name
        for name, gradient in after.items()
        if gradient is not None
        and gradient is before.get(name)
        and np.array_equal(np.asarray(gradient), np.asarray(contents[name]))
    }
