"""How the cases of one thing differ: their settings, and what is so of the shapes of their arrays.

A setting is a number, a word or a flag that the code is called or made with; where it stands is
told by its label, such as ``conv_param['pad']``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.nested import leaves
from minnet.gradcheck.under_test.spellings import WINDOW_PAIRS, WINDOW_SIZES
from minnet.patterns import pattern
from minnet.records import dataclass

Setting = bool | int | float | str
#: turns a case into one that is, in this one respect, as another
Turn = Callable[[AdaptedCase, AdaptedCase], Case | None]
#: the words for a trait where it holds and where it does not, whether it does, what turns it
Fact = tuple[str, str, bool, Turn | None]
#: the label of what a dict holds that is an argument
_ITEM = pattern(r"(\w+)\['(\w+)'\]")
#: what the lengths by which windows move are called
_STRIDES = ("stride", "strides")
_PADS = ("pad", "padding")


@dataclass(frozen=True)
class Trait:
    """Something that is so of some of several cases, and not of the others.

    Attributes
    ----------
    words : str
        "with pad 0".
    holds : tuple of bool
        Of which cases, in their order.
    label : str
        The setting that it is about; empty where it is about shapes.
    special : bool
        Whether it is what is rarely tried (0, 1, a batch of one), and not the usual.
    turn : callable, optional
        ``turn(case, other)`` returns the case with this one thing as it is in the other.
    """

    words: str
    holds: tuple[bool, ...]
    label: str = ""
    special: bool = False
    turn: Turn | None = None


def traits_of(cases: Sequence[AdaptedCase]) -> list[Trait]:
    """Return what tells some of these cases from the others, settings first."""
    found = [*_of_settings(cases), *_of_shapes(cases)]
    return [trait for trait in found if len(set(trait.holds)) > 1]


def settings_in(case: AdaptedCase) -> dict[str, Setting]:
    """Return the numbers, words and flags that a case is called or made with, by label.

    >>> from minnet.gradcheck.under_test.functions import FunctionsCase
    >>> case = FunctionsCase(lambda x, p: (x, None), lambda d, c: d, (np.ones(2), {"pad": 0}))
    >>> settings_in(case)
    {"p['pad']": 0}
    """
    inside = [leaves(name, value) for name, value in case.arguments.items()]
    given = {label: leaf for found in inside for label, leaf in found.items()}
    attributes = getattr(case.thing, "__dict__", {})
    given |= {f"self.{name}": value for name, value in attributes.items()}
    return {
        label: value.item() if isinstance(value, np.generic) else value
        for label, value in given.items()
        if label not in case.variables and isinstance(value, bool | int | float | str | np.generic)
    }


def turn_batch(case: AdaptedCase, other: AdaptedCase) -> Case | None:
    """Return a case with a batch of one as in another; None where that has more samples."""
    size = _batch_size(other)
    return case.with_batch(1) if size == 1 else None


def name_in(label: str) -> str:
    """Return what a setting is called: the last name in its label.

    >>> name_in("conv_param['pad']"), name_in("self._p"), name_in("reg")
    ('pad', 'p', 'reg')
    """
    return re.findall(r"\w+", label)[-1].lstrip("_") or label


def _of_settings(cases: Sequence[AdaptedCase]) -> Iterator[Trait]:
    found = [settings_in(case) for case in cases]
    for label in dict.fromkeys(label for settings in found for label in settings):
        values = [settings.get(label) for settings in found]
        name, given = name_in(label), [value for value in values if value is not None]
        if len(given) < len(values):
            one = f" {_text(given[0])}" if len(set(given)) == 1 else ""
            holds = [value is not None for value in values]
            yield Trait(f"with {name}{one}", tuple(holds), label, True, _turn_given(label))
            continue
        turn = _turn_setting(label)
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
            for special in (0, 1):
                yield from _both(*_telling(name, values, special), label, turn)
            continue
        for value in dict.fromkeys(given):
            holds = [other == value for other in values]
            rarer = 2 * sum(holds) < len(holds)
            yield Trait(f"with {name} {_text(value)}", tuple(holds), label, rarer, turn)


def _telling(name: str, values: Sequence[Any], special: int) -> tuple[str, str, list[bool]]:
    """Tell the cases with a setting of 0, or of 1, from those with more."""
    above = "above" if min(values) >= special else "other than"
    holds = [value == special for value in values]
    return f"with {name} {special}", f"with {name} {above} {special}", holds


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _both(
    so: str, otherwise: str, holds: Sequence[bool], label: str = "", turn: Turn | None = None
) -> Iterator[Trait]:
    """Yield a special trait and its opposite."""
    yield Trait(so, tuple(holds), label, True, turn)
    yield Trait(otherwise, tuple(not held for held in holds), label, False, turn)


def _turn_given(label: str) -> Turn:
    def turn(case: AdaptedCase, other: AdaptedCase) -> Case | None:
        place = _ITEM.fullmatch(label)
        if place is None:
            return None
        argument, key = place.groups()
        here, there = case.arguments.get(argument), other.arguments.get(argument)
        if not isinstance(here, dict) or not isinstance(there, dict):
            return None
        rest = {name: value for name, value in here.items() if name != key}
        changed = rest | ({key: there[key]} if key in there else {})
        return case.with_inputs({argument: changed})

    return turn


def _turn_setting(label: str) -> Turn:
    def turn(case: AdaptedCase, other: AdaptedCase) -> Case | None:
        value = settings_in(other).get(label)
        if value is None or label not in settings_in(case):
            return None
        if label.startswith("self."):
            attribute = label.removeprefix("self.")
            if isinstance(value, str) or attribute not in case.settings():
                return None
            return case.with_setting(attribute, value)
        return case.with_inputs({label: value})

    return turn


def _batch_size(case: AdaptedCase) -> int:
    return len(case.variables[case.batched[0]]) if case.batched else 0


def _of_shapes(cases: Sequence[AdaptedCase]) -> Iterator[Trait]:
    sizes = [_batch_size(case) for case in cases]
    if all(sizes):
        one = [size == 1 for size in sizes]
        yield from _both("with a batch of one", "with more than one sample", one, "", turn_batch)
    found = [{fact[:2]: fact[2:] for fact in _facts(case)} for case in cases]
    for words, (_, turn) in found[0].items() if found else ():
        if all(words in facts for facts in found):
            yield from _both(*words, [facts[words][0] for facts in found], "", turn)


def _facts(case: AdaptedCase) -> Iterator[Fact]:
    """Yield what is so of the shapes and formats of one case."""
    arrays = {n: x for n, x in case.arguments.items() if isinstance(x, np.ndarray) and x.ndim}
    single = {x.dtype for x in case.variables.values()} == {np.dtype(np.float32)}
    yield "in float32", "in float64", single, _turn_format
    for position, (name, x) in enumerate(arrays.items()):
        if position == 0:
            words = f"where {name} has two axes", f"where {name} has more than two axes"
            yield *words, x.ndim == 2, partial(_turn_rows, name)
        if position == 0 and x.ndim == 3:
            words = (
                f"where axis 1 of {name} has length 1",
                f"where axis 1 of {name} is longer than 1",
            )
            yield *words, x.shape[1] == 1, partial(_turn_one, name)
        for axis in {2: [0], 3: [1], 4: [1, 2]}.get(x.ndim, []):
            where = f"where axes {axis} and {axis + 1} of {name}"
            equal = x.shape[axis] == x.shape[axis + 1]
            words = f"{where} are equally long", f"{where} differ in length"
            yield *words, equal, partial(_turn_square, name, axis)
    yield from _of_windows(case, list(arrays.values()))


def _turn_format(case: AdaptedCase, other: AdaptedCase) -> Case | None:
    format_ = next(iter(other.variables.values())).dtype
    return case.with_inputs({n: case.variables[n].astype(format_) for n in case.inputs})


def _turn_rows(name: str, case: AdaptedCase, other: AdaptedCase) -> Case | None:
    x = case.arguments[name]
    two = other.arguments[name].ndim == 2
    return case.with_inputs({name: x.reshape(len(x), -1)}) if two else None


def _turn_one(name: str, case: AdaptedCase, other: AdaptedCase) -> Case | None:
    one = other.arguments[name].shape[1] == 1
    return case.with_inputs({name: case.arguments[name][:, :1]}) if one else None


def _turn_square(name: str, axis: int, case: AdaptedCase, other: AdaptedCase) -> Case | None:
    """Cut an axis, so that two are as long as each other, or are not."""
    x, there = case.arguments[name], other.arguments[name].shape
    first, second = x.shape[axis : axis + 2]
    square = there[axis] == there[axis + 1]
    sizes = (min(first, second),) * 2 if square else (first, max(second - 1, 1))
    cut = (slice(None),) * axis + tuple(map(slice, sizes))
    return case.with_inputs({name: x[cut]})


def _of_windows(case: AdaptedCase, arrays: Sequence[Array]) -> Iterator[Fact]:
    """Yield how the windows of a convolution or a pool lie, if there are any."""
    settings = {name_in(label): value for label, value in settings_in(case).items()}
    stride = next((settings[name] for name in _STRIDES if name in settings), None)
    window = _window(settings, arrays)
    if window:
        square = "where the window is square", "where the window is not square"
        yield *square, len(set(window)) == 1, None
    if not window or not isinstance(stride, int) or stride < 1 or arrays[0].ndim != 4:
        return
    pad = next((settings[name] for name in _PADS if name in settings), 0)
    overlap = any(stride < side for side in window)
    yield "where windows do not overlap", "where windows overlap", not overlap, None
    if isinstance(pad, int):
        room = [n + 2 * pad - k for n, k in zip(arrays[0].shape[2:], window, strict=True)]
        left = any(rest % stride for rest in room)
        yield "where the stride does not divide", "where the stride divides", left, None


def _window(settings: Mapping[str, Setting], arrays: Sequence[Array]) -> tuple[int, ...]:
    """Return the two sides of the windows; () where they are not known."""
    pairs = [[settings.get(name) for name in pair] for pair in WINDOW_PAIRS]
    pairs += [[settings.get(name)] * 2 for name in WINDOW_SIZES]
    pairs += [list(x.shape[2:]) for x in arrays[1:] if x.ndim == 4]
    sides = next((pair for pair in pairs if all(isinstance(side, int) for side in pair)), [])
    return tuple(side for side in sides if isinstance(side, int))
