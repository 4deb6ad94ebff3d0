"""What a module holds that can be checked, and what in it cannot."""

from __future__ import annotations

import fnmatch
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from minnet.conventions.classes import class_subject, find_classes, object_subject
from minnet.conventions.importing import Loaded, TargetError, not_found
from minnet.conventions.own_cases import own_subjects
from minnet.conventions.pairs import find_functions, pair_named, pair_subject
from minnet.conventions.subject import Subject
from minnet.report.results import Skipped


def find(loaded: Loaded, only: str | None = None) -> list[Subject | Skipped]:
    """Return everything in a target that there is to say something about.

    Parameters
    ----------
    loaded : Loaded
    only : str, optional
        A pattern (``conv*``) that names have to match; a part of the name will do.

    Raises
    ------
    TargetError
        When the name asked for is not there, or nothing is found at all.
    """
    found = _named(loaded) if loaded.name else list(_everything(loaded.module))
    label = _label(loaded.module)
    if not found:
        raise TargetError(
            f"{label} holds nothing to check: no X_forward with X_backward, no class with "
            "forward and backward"
        )
    if only is not None:
        kept = [item for item in found if matches(item.name, only)]
        if not kept:
            names = [item.name for item in found]
            raise not_found(only, names, f"--only: {label}")
        return kept
    return found


def matches(name: str, pattern: str) -> bool:
    """Return whether a name matches a pattern, or holds it.

    >>> matches("conv_relu", "conv*"), matches("conv_relu", "relu"), matches("affine", "conv")
    (True, True, False)
    """
    return fnmatch.fnmatchcase(name, pattern) or pattern in name


def members(module: ModuleType) -> dict[str, Any]:
    """Return the public names of a module that were defined in it, in their order."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and _belongs(getattr(value, "__module__", None), module)
    }


def _belongs(defined_in: str | None, module: ModuleType) -> bool:
    """Return whether something is a module's own, or its package's."""
    within = hasattr(module, "__path__") and str(defined_in).startswith(f"{module.__name__}.")
    return defined_in == module.__name__ or within


def _everything(module: ModuleType) -> Iterator[Subject | Skipped]:
    own = members(module)
    given = list(own_subjects(module, vars(module)))
    yield from given
    named = {item.name for item in given}
    functions = {
        name: value
        for name, value in own.items()
        if inspect.isfunction(value)
        and name != "minnet_cases"
        and (name == value.__name__ or own.get(value.__name__) is not value)  # no aliases
    }
    classes = {n: v for n, v in own.items() if inspect.isclass(v)}
    found = [*find_functions(functions), *find_classes(classes)]
    order = {name: position for position, name in enumerate(own)}
    found.sort(key=lambda item: order.get(item.name, len(order)) if item.name in classes else -1)
    for item in found:
        if item.name not in named and f"{item.name}_forward" not in named:
            yield item


def _named(loaded: Loaded) -> list[Subject | Skipped]:
    """Return what a name in a module means: a pair, a function, a class, an object."""
    module, name = loaded.module, loaded.name
    own: list[Subject | Skipped] = [
        item for item in own_subjects(module, vars(module)) if item.name == name
    ]
    if own:
        return own
    functions = {n: v for n, v in vars(module).items() if inspect.isfunction(v)}
    if pairs := pair_named(name, functions):
        return [pair_subject(pair) for pair in pairs]
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            known = [*members(module), *(getattr(p, "name", "") for p in _everything(module))]
            raise not_found(name, list(dict.fromkeys(known)), _label(module))
        value = getattr(value, part)
    if inspect.isclass(value):
        return [class_subject(value)]
    if callable(getattr(value, "backward", None)):
        return [object_subject(value, name)]
    if inspect.isfunction(value):
        if found := list(find_functions({name: value})):
            return found
        raise TargetError(f"{name} is neither X_forward nor X_backward nor a loss")
    raise TargetError(f"{name} in {_label(module)} has no backward: there is nothing to check")


def _label(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    return file.replace("\\", "/").rpartition("/")[2] if file else module.__name__
