"""Find the parameters of any object, and where its backward pass leaves their gradients.

Layers are written in many styles: ``W`` beside ``dW``, ``weights`` beside ``dweights``, a
``params`` and a ``grads`` dict, a backward pass that takes the learning rate and updates the
weights itself. What they have in common is found here by trying them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.passes import has_backward
from minnet.gradcheck.under_test.reach import MOST_OBJECTS, look_up, slot_values
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import (
    BOXED_GRADIENT,
    BOXED_VALUES,
    GRADIENT_DICTS,
    PARAMETER_DICTS,
    USUAL_PARAMETERS,
    gradient_names,
    is_kept_average,
    other_names,
)

#: with so large a rate, W - rate * dW holds dW to full precision; a power of two is exact
PROBE_RATE = 2.0**24


@dataclass(frozen=True)
class Parameter:
    """One parameter: where it is kept (an attribute or an item), and where its gradient is."""

    name: str
    owner: Any
    key: Any
    gradient: Callable[[], Any]

    def read(self) -> Any:
        """Return the object that holds the value now (an array, or a float)."""
        if isinstance(self.owner, dict | list):
            return self.owner[self.key]
        return getattr(self.owner, self.key)

    def exists(self) -> bool:
        """Return whether there is such a value now, and not None in its place."""
        try:
            return _is_number(self.read())
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


def held_arrays(thing: Any, prefix: str = "", depth: int = 3) -> list[Parameter]:
    """Return every floating-point array that an object holds, in dicts, lists and objects too."""
    found = []
    for name, value in _attributes(thing).items():
        for label, owner, key, item in _places(prefix + name, thing, name, value):
            if isinstance(item, np.ndarray):
                if item.dtype.kind == "f" and not is_kept_average(label):
                    found.append(Parameter(label, owner, key, lambda: None))
            elif depth and hasattr(item, "__dict__") and not callable(item):
                found += held_arrays(item, f"{label}.", depth - 1)
    return found


def _places(label: str, owner: Any, key: Any, value: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield where each thing inside an attribute is: its name, what holds it, the key, itself."""
    if isinstance(value, dict | list):
        for inner, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(f"{label}[{inner!r}]", value, inner, item)
    else:
        yield label, owner, key, value


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
    attributes = _attributes(thing)
    gradients = {spelled for name in attributes for spelled in gradient_names(name)}
    for name, value in attributes.items():
        if _is_number(value) and (name not in gradients or name in USUAL_PARAMETERS):
            known = name in USUAL_PARAMETERS and isinstance(value, np.ndarray)
            if known or _gradient(thing, name) is not None:
                yield Parameter(prefix + name, thing, name, _reader(thing, name))
        elif name in PARAMETER_DICTS and isinstance(value, dict | list):
            yield from _items(thing, name, value, prefix)
        elif _holds_value_and_gradient(value):
            yield _boxed(prefix + name, value)
        else:
            for label, inner in _layers_in(name, value):
                yield from _walk(inner, f"{prefix}{label}.", entered)


def _attributes(thing: Any) -> dict[str, Any]:
    attributes = dict(getattr(thing, "__dict__", {}))
    return attributes | {n: v for n, v in slot_values(thing) if n not in attributes}


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray | np.floating | float) and np.asarray(value).dtype.kind == "f"
    )


def _reader(thing: Any, name: str) -> Callable[[], Any]:
    return lambda: _gradient(thing, name)


def _gradient(thing: Any, name: str) -> Any:
    """Return the gradient that `thing` holds for its parameter `name`, or None."""
    if (found := _gradient_by_name(thing, name)) is not None:
        return found
    others = other_names(name)
    if any(look_up(thing, other) is not None for other in others):
        return None  # which have gradients of their own
    found = (_gradient_by_name(thing, other) for other in others)
    return next((gradient for gradient in found if gradient is not None), None)


def _gradient_by_name(thing: Any, name: str) -> Any:
    for spelled in gradient_names(name):
        value = look_up(thing, spelled)
        if value is not None and not callable(value):
            return value
    for holder in GRADIENT_DICTS:
        grads = look_up(thing, holder)
        if isinstance(grads, Mapping):
            for key in (name, *gradient_names(name)):
                if grads.get(key) is not None:
                    return grads[key]
    return None


def _items(thing: Any, holder: str, values: Any, prefix: str) -> Iterator[Parameter]:
    """Yield the parameters in a dict or list ``params`` whose gradients are in another."""
    given = signature_of(type(thing)).argument_names(len(values))  # __init__(self, W, b): [W, b]
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        if not (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            continue
        own = [n for n, v in _attributes(thing).items() if v is value]
        fallback = key if isinstance(key, str) else f"{holder}[{key}]"
        if isinstance(key, int) and given[key] in USUAL_PARAMETERS:
            fallback = given[key]
        name = own[0] if own else fallback
        yield Parameter(prefix + name, values, key, _item_reader(thing, key, name))


def _item_reader(thing: Any, key: Any, name: str) -> Callable[[], Any]:
    def read() -> Any:
        for holder in GRADIENT_DICTS:
            grads = look_up(thing, holder)
            if isinstance(grads, list | tuple) and isinstance(key, int) and key < len(grads):
                return grads[key]
        return _gradient(thing, name)

    return read


def _holds_value_and_gradient(value: Any) -> bool:
    """Return whether this is a parameter object: a value and its gradient in one."""
    return (
        hasattr(value, BOXED_GRADIENT)
        and any(isinstance(look_up(value, name), np.ndarray) for name in BOXED_VALUES)
        and not isinstance(value, np.ndarray)
    )


def _boxed(name: str, box: Any) -> Parameter:
    key = next(k for k in BOXED_VALUES if isinstance(look_up(box, k), np.ndarray))
    return Parameter(name, box, key, lambda: getattr(box, BOXED_GRADIENT))


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
