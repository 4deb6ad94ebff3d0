"""Find the parameters of any object, and where its backward pass leaves their gradients.

Layers are written in many styles: ``W`` beside ``dW``, ``weights`` beside ``dweights``, a
``params`` and a ``grads`` dict, a backward pass that takes the learning rate and updates the
weights itself. What they have in common is found here by trying them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.passes import has_backward
from minnet.gradcheck.under_test.reach import MOST_OBJECTS, is_users, look_up, slot_values
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import (
    BOXED_GRADIENT,
    BOXED_VALUES,
    CACHES,
    GRADIENT_DICTS,
    PARAMETER_DICTS,
    USUAL_PARAMETERS,
    gradient_names,
    is_kept_average,
    other_names,
)

#: with so large a rate, W - rate * dW holds dW to full precision; a power of two is exact
PROBE_RATE = 2.0**24
#: the way from an object to something inside it
Path = tuple[str | int, ...]
#: a list of more items holds data, no parameters
MOST_ITEMS = 100


@dataclass(frozen=True)
class Parameter:
    """One parameter: where it is kept (an attribute or an item), and where its gradient is."""

    name: str
    owner: Any
    key: Any
    gradient: Callable[[], Any]

    def read(self) -> Any:
        """Return the object that holds the value now (an array, or a float)."""
        if isinstance(self.owner, dict | list | tuple):
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

    def write(self, value: Array) -> None:
        """Set the value, in place where that is possible, so that aliases and dtype stay."""
        current = self.read()
        if (
            isinstance(current, np.ndarray)
            and current.flags.writeable
            and current.shape == value.shape
            and current.dtype.kind == "f"  # whole numbers would be cut off
        ):
            np.copyto(current, value, casting="unsafe")
        elif isinstance(self.owner, dict | list):
            self.owner[self.key] = _as(type(current), value)
        else:
            setattr(self.owner, self.key, _as(type(current), value))


def find_parameters(thing: Any) -> list[Parameter]:
    """Return what may be parameters of `thing` (call it after a forward and backward pass).

    A name is a parameter if a gradient for it is found, or if it is one of `USUAL_PARAMETERS`.
    Parameters of layers inside `thing` come with dotted names.

    >>> class Dense:
    ...     def __init__(self):
    ...         self.W, self.dW, self.x = np.ones((2, 3)), np.zeros((2, 3)), np.ones((4, 2))
    >>> [parameter.name for parameter in find_parameters(Dense())]
    ['W']
    """
    declared = declares_parameters(thing)
    found = _declared(thing) if declared else list[Parameter]()
    seen = {id(parameter.read()) for parameter in found}
    for parameter in _walk(thing, "", set()):
        value = parameter.read()
        if isinstance(value, np.ndarray) and id(value) in seen:
            continue  # the same array as attribute and in `params`
        if declared and parameter.gradient() is None:
            continue  # what is not declared may be a constant, whatever its name
        seen.add(id(value))
        found.append(parameter)
    return found


def all_arrays(thing: Any) -> dict[str, Parameter]:
    """Return every floating-point array attribute of `thing`, for a layer that updates itself."""
    return {
        name: Parameter(name, thing, name, lambda: None)
        for name, value in _attributes(thing).items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }


def held_arrays(thing: Any) -> list[Parameter]:
    """Return every floating-point array that an object and the layers in it hold, once each."""
    return list(_held(thing, "", set()))


def _held(thing: Any, prefix: str, entered: set[int]) -> Iterator[Parameter]:
    if id(thing) in entered or len(entered) > MOST_OBJECTS:
        return
    entered.add(id(thing))
    arrays = [leaf for leaf in leaves_of(thing) if isinstance(leaf.value, np.ndarray)]
    for name, leaf in _named(thing, arrays):
        new = leaf.value.dtype.kind == "f" and id(leaf.value) not in entered
        if new and not is_kept_average(str(leaf.path)):
            entered.add(id(leaf.value))
            yield Parameter(prefix + name, leaf.owner, leaf.key, lambda: None)
    for name, value in _attributes(thing).items():
        for label, inner in _layers_in(name, value):
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
            return lambda: dict(gradients()).get(name)
        owner, _, last = name.rpartition(".")
        holder = _resolve(thing, owner) if owner else thing
        return lambda: _gradient(holder, last)

    return [Parameter(n, _Fixed(pairs[n]), "array", gradient_of(n)) for n in names]


class _Fixed:
    """An array that is a parameter whatever it is called."""

    def __init__(self, array: Array) -> None:
        self.array = array


def _walk(thing: Any, prefix: str, entered: set[int]) -> Iterator[Parameter]:
    if id(thing) in entered or len(entered) > MOST_OBJECTS:
        return
    entered.add(id(thing))
    leaves = list(leaves_of(thing))
    paths = [leaf.path for leaf in leaves]
    numbers = (leaf for leaf in leaves if _is_number(leaf.value, "fiu"))
    for name, leaf in _named(thing, [n for n in numbers if _is_parameter(thing, n, paths)]):
        yield Parameter(prefix + name, leaf.owner, leaf.key, _reader(thing, leaf.path, name))
    for name, value in _attributes(thing).items():
        for label, inner in _layers_in(name, value):
            yield from _walk(inner, f"{prefix}{label}.", entered)


def _is_parameter(thing: Any, leaf: Leaf, paths: Sequence[Path]) -> bool:
    """Return whether this is declared to be a parameter, is claimed a gradient, or usually is."""
    whole = np.asarray(leaf.value).dtype.kind != "f"  # indices, unless a gradient is claimed
    if not whole and len(leaf.path) > 1 and leaf.path[0] in PARAMETER_DICTS:
        return True
    usual = leaf.path[-1] in USUAL_PARAMETERS
    among_gradients = any(map(_holds_gradients, leaf.path[:-1]))
    if (among_gradients or not usual) and any(is_gradient_path(leaf.path, p) for p in paths):
        return False  # the gradient of another
    if usual and not whole and isinstance(leaf.value, np.ndarray):
        return True
    claimed = any(is_gradient_path(path, leaf.path) for path in paths)
    return claimed or _gradient(thing, str(leaf.path[-1])) is not None


@dataclass(frozen=True)
class Leaf:
    """A number or an array inside an object: the way to it, and what holds it by which key."""

    path: Path
    owner: Any
    key: Any
    value: Any


def leaves_of(thing: Any, depth: int = 3) -> Iterator[Leaf]:
    """Yield the numbers and arrays that an object holds, in dicts, lists and plain objects too.

    Layers inside it are not entered. A path says how to get there: ``("weights", "W")``.
    """
    for name, value in _attributes(thing).items():
        yield from _leaves_at((_unmangled(thing, name),), thing, name, value, depth)


def _leaves_at(path: Path, owner: Any, key: Any, value: Any, depth: int) -> Iterator[Leaf]:
    if isinstance(value, np.ndarray | np.number | float | int):
        if isinstance(owner, tuple) and not (
            isinstance(value, np.ndarray) and value.flags.writeable
        ):
            return  # nothing that could be moved
        yield Leaf(path, owner, key, value)
        return
    if depth == 0 or value is None or has_backward(value):
        return
    if isinstance(value, dict):
        inner = [(k, v) for k, v in value.items() if isinstance(k, str | int)]
    elif isinstance(value, list | tuple) and len(value) < MOST_ITEMS:
        inner = list(enumerate(value))
    elif is_users(type(value)) and not callable(value) and not isinstance(value, type):
        inner = list(_attributes(value).items())
    else:
        return
    for k, v in inner:
        yield from _leaves_at((*path, k), value, k, v, depth - 1)


def is_gradient_path(path: Path, of: Path) -> bool:
    """Return whether what lies at `path` is by its names the gradient of what lies at `of`.

    >>> is_gradient_path(("dW", 0), ("W", 0)), is_gradient_path(("dW", 1), ("W", 0))
    (True, False)
    >>> is_gradient_path(("gradients", "dW"), ("weights", "W"))
    True
    >>> is_gradient_path(("grads", "W"), ("W",)), is_gradient_path(("dW",), ("params", "W"))
    (True, True)
    """
    if len(path) == len(of):
        pairs = [(there, here) for there, here in zip(path, of, strict=True) if there != here]
        apart = len(path) > 1 and _holds_gradients(path[0]) and path[0] != of[0]
        if apart and str(of[0]).lstrip("_") in CACHES:
            return False
        return bool(pairs) and all(_is_gradient_name(*pair) for pair in pairs[apart:])
    named = _is_gradient_name(path[-1], of[-1])
    same = path[-1] == of[-1] and len(path) > 1
    return (named or same) and all(_holds_gradients(part) for part in path[:-1])


def _is_gradient_name(name: str | int, of: str | int) -> bool:
    if isinstance(name, int) or isinstance(of, int):
        return False
    boxed = name == BOXED_GRADIENT and of in BOXED_VALUES
    named = name.lstrip("_") in gradient_names(of.lstrip("_"))
    return boxed or named


def _holds_gradients(name: str | int) -> bool:
    return isinstance(name, str) and name.lstrip("_") in GRADIENT_DICTS


def _named(thing: Any, leaves: Sequence[Leaf]) -> Iterator[tuple[str, Leaf]]:
    """Yield each leaf with its name: a short one, or the whole way where that is not its alone."""
    names = [_displayed(thing, leaf) for leaf in leaves]
    for name, leaf in zip(names, leaves, strict=True):
        same = [other for n, other in zip(names, leaves, strict=True) if n == name]
        alone = all(other.value is leaf.value for other in same)
        first, *rest = leaf.path
        yield (name if alone else f"{first}{''.join(f'[{part!r}]' for part in rest)}"), leaf


def _displayed(thing: Any, leaf: Leaf) -> str:
    """Return what to call a parameter: ``W``, ``weights['W']`` is ``W`` too, ``W[0]``."""
    *holders, last = leaf.path
    own = [n for n, v in _attributes(thing).items() if v is leaf.value]
    if own:
        return _unmangled(thing, own[0])
    if last in BOXED_VALUES and holders:
        return str(holders[0]) + "".join(f"[{part!r}]" for part in holders[1:])
    if isinstance(last, str):
        known = not holders or holders[0] in PARAMETER_DICTS or last in USUAL_PARAMETERS
        return last if known else f"{_dotted(holders)}[{last!r}]"
    given = signature_of(type(thing)).argument_names(last + 1)  # __init__(self, W, b): [W, b]
    usual = holders[0] in PARAMETER_DICTS and given[last] in USUAL_PARAMETERS
    return given[last] if usual else f"{_dotted(holders)}[{last}]"


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))


def _unmangled(thing: Any, name: str) -> str:
    """Return an attribute's name as its class writes it: ``__W`` of ``_Dense__W``."""
    for cls in type(thing).__mro__:
        prefix = f"_{cls.__name__.lstrip('_')}"
        if name.startswith(f"{prefix}__"):
            return name.removeprefix(prefix)
    return name


def _mangled(thing: Any, name: str) -> str:
    """Return an attribute's name as it is kept: `_unmangled` turned round."""
    found = (kept for kept in _attributes(thing) if _unmangled(thing, kept) == name)
    return next(found, name) if name.startswith("__") else name


def _attributes(thing: Any) -> dict[str, Any]:
    attributes = dict(getattr(thing, "__dict__", {}))
    return attributes | {n: v for n, v in slot_values(thing) if n not in attributes}


def _is_number(value: Any, kinds: str = "f") -> bool:
    known = isinstance(value, np.ndarray | np.floating | float)
    return known and np.asarray(value).dtype.kind in kinds


def _reader(thing: Any, path: Path, name: str) -> Callable[[], Any]:
    """Return a function that looks up the gradient of what lies at `path`."""
    known: list[Path] = []

    def read() -> Any:
        if known and (value := _at(thing, known[0])) is not None:
            return value
        found = [leaf for leaf in leaves_of(thing) if is_gradient_path(leaf.path, path)]
        if not found:
            return _gradient(thing, name)
        best = min(found, key=lambda leaf: _rank(leaf.path, path))
        known[:] = [best.path]
        return best.value

    return read


def _at(thing: Any, path: Path) -> Any:
    """Return what lies at a path inside an object, or None."""
    for part in path:
        if isinstance(thing, dict | list | tuple):
            try:
                thing = thing[part]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                return None
        else:
            thing = look_up(thing, _mangled(thing, str(part)))
    return thing


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
        for spelled in gradient_names(name):
            found = holder.get(spelled) if isinstance(holder, Mapping) else look_up(holder, spelled)
            if found is not None and not callable(found):
                return found
    return None


def _layers_in(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list | tuple):
        pairs = [(f"{name}.{i}", item) for i, item in enumerate(value)]
    elif isinstance(value, dict):
        pairs = [(f"{name}.{key}", item) for key, item in value.items()]
    else:
        pairs = [(name, value)]
    for label, item in pairs:
        if hasattr(item, "__dict__") and has_backward(item):
            yield label, item


def _resolve(thing: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(thing, list | tuple) and part.isdigit():
            thing = thing[int(part)]
        else:
            thing = look_up(thing, part)
    return thing


def _as(kind: type, value: Array) -> Any:
    return value.item() if kind is float else value.copy()
