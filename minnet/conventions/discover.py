"""What a module holds that can be checked, and what in it cannot."""

from __future__ import annotations

import fnmatch
import inspect
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from minnet.conventions import own_cases, styles, tensors
from minnet.conventions.blame import raised_by
from minnet.conventions.guessing.classes import class_subject, object_subject
from minnet.conventions.guessing.dress import dressed
from minnet.conventions.guessing.kinds import kind_of
from minnet.conventions.importing import Loaded, TargetError, from_beside, not_found
from minnet.conventions.layouts import FITS, fit
from minnet.conventions.pairs import (
    find_functions,
    forwards_lacking,
    pair_named,
    pair_subject,
)
from minnet.conventions.recognise import convention_of_class
from minnet.conventions.shims import Absent
from minnet.conventions.subject import Subject, Unfit
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.passes import has_backward, has_method, passes_of
from minnet.gradcheck.under_test.spellings import (
    BACKWARD_SUFFIXES,
    DERIVATIVE_NAMES,
    FORWARD_SUFFIXES,
    LAYER_PASSES,
)
from minnet.gradcheck.under_test.unwritten import is_left_to_others
from minnet.patterns import pattern
from minnet.report.results import Skipped
from minnet.report.words import plural

#: kinds of a name that says too little for a class to be more than the base of others
_VAGUE = ("", "loss")
#: how a class is called that is the base of many
_BASE = pattern(
    r"(base|abstract|generic|i)?(layer|module|(loss|activation|cost)(function)?|function|op|"
    r"operation|operator|node|criterion|objective|model|network|optimizer)(base|interface|abc)?"
)
#: how the name of a forward pass may end, before which its backward has the same
_FORWARD_ENDING = rf"_({'|'.join(FORWARD_SUFFIXES)})$"
_A_BASE = "it is the base of other classes in the file"
#: under which name a report says what in a file could not be run
_WHAT_FAILED = "the rest of the file"


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
        nothing = (
            "no X_forward with X_backward, no class with forward and backward; what has other "
            "names is checked when the file says so: def minnet_cases(rng): "
            "yield (forward, backward), (x,)"
        )
        why = next(iter((*loaded.failures, *loaded.lacking)), nothing)
        raise TargetError(f"{label} holds nothing to check: {why}")
    if loaded.failures and not loaded.name:
        found.append(Skipped(_WHAT_FAILED, _of_failures(loaded.failures)))
    if only is not None:
        kept = [item for item in found if matches(item.name, only)]
        if not kept:
            names = [item.name for item in found]
            raise not_found(only, names, f"--only: {label}")
        return kept
    return found


def _of_failures(failures: tuple[str, ...]) -> str:
    more = f" (and {plural(len(failures) - 1, 'line')} more)" if len(failures) > 1 else ""
    return f"{failures[0]}{more}"


def subject_of_class(cls: type) -> Subject | Skipped:
    """Return what to check a class by, in the convention that it is written in.

    Raises
    ------
    TargetError
        When it has not got two passes.
    """
    if not _can_be_checked(cls):
        raise TargetError(f"the class {cls.__name__} has not both a forward and a backward")
    cls = dressed(cls)
    return class_subject(tensors.on_arrays(cls), convention_of_class(cls))


def subject_of_object(thing: Any, name: str = "") -> Subject:
    """Return what to check an object by, in the convention that its class is written in."""
    return object_subject(thing, convention_of_class(type(thing)), name)


def matches(name: str, pattern: str) -> bool:
    """Return whether a name matches a pattern, or holds it; of several, with commas, one.

    >>> matches("conv_relu", "conv*"), matches("conv_relu", "relu"), matches("affine", "conv")
    (True, True, False)
    >>> matches("affine", "conv, affine")
    True
    """
    patterns = [part.strip() for part in pattern.split(",")]
    return any(fnmatch.fnmatchcase(name, part) or part in name for part in patterns if part)


def members(module: ModuleType) -> dict[str, Any]:
    """Return the public names of a module that were defined in it, in their order."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__") and _belongs(getattr(value, "__module__", None), module)
    }


def _belongs(defined_in: str | None, module: ModuleType) -> bool:
    """Return whether something is a module's own, or its package's."""
    within = "__path__" in vars(module) and str(defined_in).startswith(f"{module.__name__}.")
    return defined_in == module.__name__ or within


def _everything(module: ModuleType) -> Iterator[Subject | Skipped]:
    own = members(module)
    given = list(own_cases.own_subjects(vars(module)))
    yield from given
    named = {item.name for item in given}
    functions = {
        name: tensors.function_on_arrays(value)
        for name, value in (_partners_of(own, module) | own).items()
        if inspect.isfunction(value)
        and name != own_cases.NAME
        and (name == value.__name__ or own.get(value.__name__) is not value)  # no aliases
    }
    classes = {n: v for n, v in own.items() if inspect.isclass(v)}
    styled, spoken_for = styles.find(functions | classes)
    for name in spoken_for:
        functions.pop(name, None), classes.pop(name, None)
    known = [*find_functions(functions), *_find_classes(classes)]
    names = {item.name for item in known}  # of which a style need not say that it is none of its
    found = [s for s in styled if isinstance(s, Subject) or s.name not in names] + known
    order = {name: position for position, name in enumerate(own)}
    found.sort(key=lambda item: order.get(item.name, len(order)) if item.name in classes else -1)
    for item in found:
        if item.name not in named and f"{item.name}_forward" not in named:
            yield item


def _partners_of(own: Mapping[str, Any], module: ModuleType) -> dict[str, Any]:
    """Return the forward passes that a module has from elsewhere, or a file beside it has."""
    held = partners(own, vars(module))
    return held | from_beside(module, forwards_lacking({**own, **held}))


def partners(own: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the functions that a module has from elsewhere, and the backward of which is its own.

    >>> def tanh(x): return np.tanh(x)
    >>> def tanh_backward(dout, x): return dout * (1 - np.tanh(x) ** 2)
    >>> list(partners({"tanh_backward": tanh_backward}, {"tanh": tanh, "find": find}))
    ['tanh']
    """
    endings = [f"{{}}_{ending}" for ending in BACKWARD_SUFFIXES]
    forms = (*endings, *DERIVATIVE_NAMES)
    stems = {name: re.sub(_FORWARD_ENDING, "", name) for name in held if name not in own}
    return {
        name: held[name]
        for name, stem in stems.items()
        if inspect.isfunction(held[name]) and any(form.format(stem) in own for form in forms)
    }


def _find_classes(classes: Mapping[str, type]) -> Iterator[Subject | Skipped]:
    """Yield what can be checked among `classes`, and what cannot, in their order."""
    bases = {base for cls in classes.values() for base in cls.__mro__[1:]}
    for name, cls in classes.items():
        if not _can_be_checked(cls):
            yield from _half_of_a_layer(name, cls)
            continue
        if _is_meant_as_base(name, cls):
            yield Skipped(name, "it is a base class: its passes are for others to write")
            continue
        if lacks := _has_only_an_empty_forward(cls):
            yield Skipped(name, lacks)
            continue
        found = subject_of_class(cls)
        usual = isinstance(found, Subject) and kind_of(name) not in _VAGUE and not _is_general(name)
        if cls in bases and (_is_abstract(cls) or not usual):
            found = Skipped(name, _A_BASE) if _is_abstract(cls) else _if_all_fits(found)
        yield found


def _if_all_fits(found: Subject | Skipped) -> Subject | Skipped:
    """Return what others are derived from, which may not be meant to run, or not by itself."""
    if isinstance(found, Skipped):
        return Skipped(found.name, _A_BASE)

    def build(rng: np.random.Generator) -> Iterator[AdaptedCase]:
        try:
            cases = list(found.build(rng))
        except Exception:
            raise Unfit(_A_BASE) from None
        if any(raised_by(case) or fit(case) != FITS for case in cases):
            raise Unfit(_A_BASE)
        yield from cases

    return found._replace(build=build)


def _is_meant_as_base(name: str, cls: type) -> bool:
    """Return whether a class is never meant to run, in whatever file its subclasses are."""
    if getattr(cls, "_is_protocol", False) or inspect.isabstract(dressed(cls)):
        return True
    if _is_abstract(cls):
        return _is_general(name) or bool(cls.__subclasses__())
    others: list[type] = cls.__subclasses__()
    passes = passes_of(cls)
    return (
        passes is not None
        and len(others) > 1
        and is_left_to_others(getattr(cls, passes.forward))
        and all({passes.forward, passes.backward} <= vars(other).keys() for other in others)
    )


def _has_only_an_empty_forward(cls: type) -> str:
    """Return that a class writes a backward, and has an empty forward from its base, or ""."""
    passes = passes_of(cls)
    if passes is None or passes.backward not in vars(cls) or passes.forward in vars(cls):
        return ""
    owner = next(base for base in cls.__mro__ if passes.forward in vars(base))
    if not is_left_to_others(getattr(owner, passes.forward)) or owner is object:
        return ""
    return (
        f"its {passes.forward} is that of {owner.__name__}, which is empty; if another method is "
        f"that, add a line to the class: {passes.forward} = its_name"
    )


def _is_general(name: str) -> bool:
    return _BASE.fullmatch(name.replace("_", "").lower()) is not None


def _can_be_checked(cls: type) -> bool:
    return passes_of(dressed(cls)) is not None or convention_of_class(cls).subject is not None


def _half_of_a_layer(name: str, cls: type) -> Iterator[Skipped]:
    """Say of a class with one of the two passes that the other is not there."""
    usual = LAYER_PASSES[0]
    for has, lacks in ((usual.forward, usual.backward), (usual.backward, usual.forward)):
        if has_method(cls, has):
            cure = f"if another method is that, add a line to the class: {lacks} = its_name"
            yield Skipped(name, f"it has a {has} but no {lacks}; {cure}")


def _is_abstract(cls: type) -> bool:
    """Return whether forward and backward of a class are only placeholders."""
    passes = passes_of(cls := dressed(cls))
    return passes is not None and all(
        is_left_to_others(getattr(cls, name)) for name in (passes.forward, passes.backward)
    )


def _named(loaded: Loaded) -> list[Subject | Skipped]:
    """Return what a name in a module means: a pair, a function, a class, an object."""
    module, name = loaded.module, loaded.name
    own: list[Subject | Skipped] = [
        item for item in own_cases.own_subjects(vars(module)) if item.name == name
    ]
    if own:
        return own
    functions = {
        n: tensors.function_on_arrays(v) for n, v in vars(module).items() if inspect.isfunction(v)
    }
    if pairs := pair_named(name, functions):
        return [pair_subject(pair) for pair in pairs]
    if spoken := [s for s in styles.find(members(module))[0] if s.name == name]:
        return spoken
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            known = [*members(module), *(getattr(p, "name", "") for p in _everything(module))]
            raise not_found(name, list(dict.fromkeys(known)), _label(module))
        value = getattr(value, part)
    if isinstance(value, Absent):
        raise TargetError(f"{name} could not be made: {value.why}")
    if inspect.isclass(value):
        return [subject_of_class(value)]
    if has_backward(value):
        return [subject_of_object(value, name)]
    if inspect.isfunction(value):
        if found := list(find_functions({name: tensors.function_on_arrays(value)})):
            return found
        raise TargetError(f"{name} is neither X_forward nor X_backward nor a loss")
    raise TargetError(f"{name} in {_label(module)} has no backward: there is nothing to check")


def _label(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    return file.replace("\\", "/").rpartition("/")[2] if file else module.__name__
