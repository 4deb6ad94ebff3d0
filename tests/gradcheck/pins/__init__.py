"""What pins each tuning constant of the checker: a claim that fails when it is far too small, and
one that fails when it is far too large.

A claim is a function without arguments that asserts what a user would notice. It holds at the
constant's own value; `test_constants.py` turns every constant up and down and sees its claims fail,
and sees that no constant is without them.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minnet.gradcheck

Claim = Callable[[], None]
ROOT = Path(minnet.gradcheck.__file__).parent


@dataclass(frozen=True)
class Pin:
    """One constant, and the claims that hold it in place.

    `small` fails when the constant is divided by `factor`, `large` when it is multiplied by it;
    `position` picks one number of a tuple.
    """

    module: str
    name: str
    small: Claim
    large: Claim
    factor: float = 100.0
    position: int | None = None

    @property
    def label(self) -> str:
        place = "" if self.position is None else f"[{self.position}]"
        return f"{self.module}.{self.name}{place}"

    def turned(self, by: float) -> Any:
        """Return the constant's value times `by`; of a whole number, a whole number."""
        value = getattr(importlib.import_module(f"minnet.gradcheck.{self.module}"), self.name)
        if self.position is None:
            return _scaled(value, by)
        parts = list(value)
        parts[self.position] = _scaled(parts[self.position], by)
        return tuple(parts)


def _scaled(value: Any, by: float) -> Any:
    if isinstance(value, tuple):
        return tuple(_scaled(part, by) for part in value)
    return round(value * by) if isinstance(value, int) else value * by


@contextlib.contextmanager
def turned(pin: Pin, by: float) -> Iterator[None]:
    """Let the constant have another value, in every module of the checker that has it."""
    home = importlib.import_module(f"minnet.gradcheck.{pin.module}")
    original, changed = getattr(home, pin.name), pin.turned(by)
    holders = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("minnet.gradcheck") and getattr(module, pin.name, None) is original
    ]
    for module in holders:
        setattr(module, pin.name, changed)
    try:
        yield
    finally:
        for module in holders:
            setattr(module, pin.name, original)


def fails(claim: Claim, pin: Pin, by: float) -> bool:
    """Return whether a claim no longer holds with the constant turned."""
    with turned(pin, by):
        try:
            claim()
        except Exception:  # a constant far off may also break the checker
            return True
    return False


def constants() -> Iterator[str]:
    """Yield ``module.NAME`` of every number, or tuple of numbers, that the checker names."""
    for path in sorted(ROOT.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                for name in names:
                    if isinstance(name, ast.Name) and name.id.lstrip("_").isupper():
                        value = getattr(
                            importlib.import_module(f"minnet.gradcheck.{module}"), name.id
                        )
                        if _is_number(value) or (
                            isinstance(value, tuple) and value and all(map(_is_number, value))
                        ):
                            yield f"{module}.{name.id}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
