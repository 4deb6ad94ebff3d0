"""What the methods of a class read, leave and call, as their compiled code has it."""

from __future__ import annotations

import dis
import inspect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

from minnet.gradcheck.under_test.spellings import Passes


def remembers(cls: type, passes: Passes) -> bool:
    """Return whether backward reads what forward leaves: then it is given no input, but a dout."""
    left = _of_self(getattr(cls, passes.forward), "STORE_ATTR")
    return not left.isdisjoint(_of_self(getattr(cls, passes.backward), "LOAD_ATTR"))


def unused_by(cls: type, name: str) -> set[str]:
    """Return the parameters of a method that it takes for the sake of others, and never reads."""
    code = _code_of(getattr(cls, name))
    if code is None:
        return set()
    loads = (step for step in _steps(code) if "LOAD" in step.opname)
    read = {argument for step in loads for argument in _arguments(step)}
    return {*code.co_varnames[: code.co_argcount]} - read - {"self", "cls"}


def calls(function: Callable[..., Any], name: str) -> bool:
    """Return whether a function calls a method of such a name itself."""
    return name in getattr(_code_of(function), "co_names", ())


def as_spelled_by(functions: Iterable[Callable[..., Any]], setting: str) -> str:
    """Return a setting as code spells it that is told it, where it does so otherwise.

    >>> def norm(x, kind):
    ...     if kind in ("batch_norm", "Layer Normalization"): return x
    >>> [as_spelled_by([norm], setting) for setting in ("batchnorm", "layernorm", "train")]
    ['batch_norm', 'Layer Normalization', 'train']
    """
    known = dict.fromkeys(text for f in functions for text in _strings_in(_code_of(f)))
    alike = (text for text in known if _letters(text).startswith(setting))
    return setting if setting in known else next(alike, setting)


def _strings_in(code: CodeType | None) -> Iterator[str]:
    """Yield the words in a function, and in those within it; a docstring is no word."""
    for held in getattr(code, "co_consts", ()):
        for one in held if isinstance(held, tuple | frozenset) else (held,):
            if isinstance(one, str) and "\n" not in one:
                yield one
            elif isinstance(one, CodeType):
                yield from _strings_in(one)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _of_self(method: Callable[..., Any], operation: str) -> set[str]:
    """Return the attributes of ``self`` that a method stores, or loads."""
    return {
        step.argval
        for before, step in itertools.pairwise(_steps(_code_of(method)))
        if step.opname == operation and _arguments(before)[-1:] == ("self",)
    }


def _arguments(step: dis.Instruction) -> tuple[str, ...]:
    """Return the names that an instruction is about: of two at once in newer Pythons."""
    return step.argval if isinstance(step.argval, tuple) else (step.argval,)


def _steps(code: CodeType | None) -> list[dis.Instruction]:
    return [] if code is None else list(dis.get_instructions(code))


def _code_of(function: Callable[..., Any]) -> CodeType | None:
    return getattr(inspect.unwrap(function), "__code__", None)
