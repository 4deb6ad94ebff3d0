"""Dataclasses that take no time to define: `dataclass`, `field` and `replace` as Python's have it.

Python's decorator writes the methods of every class as text and compiles them, half a millisecond
each: for the checker's together longer than it takes to check a layer. Here the classes share
their methods, which look the fields up. What they do is the same, and what `dataclasses` can do
with its own (`fields`, `asdict`, `replace`) it can do with these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
_REQUIRED: Any = object()


class _Field:
    """A field that each object has made for it, or (`init` is False) makes itself."""

    def __init__(self, default_factory: Callable[[], Any] | None, init: bool) -> None:
        self.make, self.init = default_factory, init


def _field(*, default_factory: Callable[[], Any] | None = None, init: bool = True) -> Any:
    return _Field(default_factory, init)


def _dataclass(
    cls: type[T] | None = None,
    *,
    frozen: bool = False,
    eq: bool = True,
    repr: bool = True,
    kw_only: bool = False,
) -> Any:
    """Have a class take what its body annotates, as `dataclasses.dataclass` does."""
    if cls is None:
        return lambda cls: _dataclass(cls, frozen=frozen, eq=eq, repr=repr, kw_only=kw_only)
    own = {name: vars(cls).get(name, _REQUIRED) for name in cls.__annotations__}
    names = [n for n, default in own.items() if not isinstance(default, _Field) or default.init]
    for name, default in own.items():
        if isinstance(default, _Field):
            delattr(cls, name)
    inherited: tuple[str, ...] = getattr(cls, "__match_args__", ())
    methods: dict[str, Any] = {
        "__init__": _init,
        "__dataclass_fields__": _Fields(),
        "__match_args__": tuple(dict.fromkeys((*inherited, *(() if kw_only else names)))),
        "_defaults": getattr(cls, "_defaults", {}) | own,
    }
    if repr:
        methods["__repr__"] = _repr
    if eq:
        methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)
    return cls


def _replace(held: T, /, **changes: Any) -> T:
    """Return an object that differs from another in some fields."""
    return type(held)(**{name: getattr(held, name) for name in _defaults(held)} | changes)


def _defaults(held: object) -> dict[str, Any]:
    """Return all fields, in order, and the default of each."""
    defaults: dict[str, Any] = type(held)._defaults  # type: ignore[attr-defined]
    return defaults


def _values(held: object) -> tuple[Any, ...]:
    return tuple(getattr(held, name) for name in _defaults(held))


def _init(self: Any, /, *given: Any, **named: Any) -> None:
    positional = self.__match_args__
    if len(given) > len(positional) or not named.keys().isdisjoint(positional[: len(given)]):
        raise TypeError(
            f"{type(self).__name__} is given more than its fields, or one of them twice"
        )
    named.update(zip(positional, given, strict=False))
    held = vars(self)
    for name, default in _defaults(self).items():
        if name in named:
            held[name] = named.pop(name)
        elif default is _REQUIRED:
            raise TypeError(f"{type(self).__name__} is not given its field {name}")
        elif not isinstance(default, _Field):
            held[name] = default
        elif default.make is not None:
            held[name] = default.make()
    if named:
        raise TypeError(f"{type(self).__name__} has no field {', '.join(named)}")
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _repr(self: object) -> str:
    fields = zip(_defaults(self), _values(self), strict=True)
    return f"{type(self).__qualname__}({', '.join(f'{name}={v!r}' for name, v in fields)})"


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _refuse(self: object, name: str, value: object = None) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


class _Fields:
    """What `dataclasses` looks for in a dataclass, made when it does."""

    def __get__(self, held: object, cls: type[Any]) -> dict[str, Any]:
        from dataclasses import make_dataclass

        twin: Any = make_dataclass(cls.__name__, cls._defaults)
        fields: dict[str, Any] = twin.__dataclass_fields__
        return fields


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
else:
    dataclass, field, replace = _dataclass, _field, _replace
