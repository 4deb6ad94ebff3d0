"""Records that take no time to define: `dataclass` and `NamedTuple`, as Python's libraries have it.

Those write the methods of every class as text and compile them, up to half a millisecond each: for
the checker's together longer than it takes to check a layer. Here the classes share their methods,
which look the fields up. What they do is the same, and what `dataclasses` can do with its own
(`fields`, `asdict`, `replace`) it can do with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
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
        "__signature__": _Signature(),
        "__match_args__": tuple(dict.fromkeys((*inherited, *(() if kw_only else names)))),
        "__replace__": _replace,
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
    return f"{type(self).__qualname__}({_listed(fields)})"


def _listed(fields: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in fields)


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
        cls.__dataclass_fields__ = fields  # asked for once
        return fields


class _Signature:
    """What ``help`` shows of the constructor of a dataclass, made when it does."""

    def __get__(self, held: object, cls: type[Any]) -> Any:
        from inspect import Parameter, Signature

        told = []
        for name, default in cls._defaults.items():
            made = isinstance(default, _Field)
            if made and not default.init:
                continue
            shown = "<made anew>" if made else Parameter.empty if default is _REQUIRED else default
            positional = name in cls.__match_args__
            kind = Parameter.POSITIONAL_OR_KEYWORD if positional else Parameter.KEYWORD_ONLY
            told.append(Parameter(name, kind, default=shown))
        return Signature(sorted(told, key=lambda one: one.kind))


class _NamedTuple(tuple[Any, ...]):
    """A tuple whose items have names, as `typing.NamedTuple` has it."""

    _fields: tuple[str, ...]
    _field_defaults: dict[str, Any]

    def __init_subclass__(cls) -> None:
        fields = tuple(cls.__annotations__)
        defaults = {field: vars(cls)[field] for field in fields if field in vars(cls)}
        about = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        items = {field: property(itemgetter(place)) for place, field in enumerate(fields)}
        for name, value in (about | items).items():
            setattr(cls, name, value)

    def __new__(cls, /, *given: Any, **named: Any) -> Any:
        if named or len(given) != len(cls._fields):
            rest, known = cls._fields[len(given) :], cls._field_defaults | named
            given += tuple(known[field] for field in rest if field in known)
            if len(given) != len(cls._fields) or not named.keys() <= set(rest):
                raise TypeError(f"{cls.__name__} has the fields {', '.join(cls._fields)}")
        return tuple.__new__(cls, given)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_listed(zip(self._fields, self, strict=True))})"

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, /, **changes: Any) -> Any:
        return type(self)(**self._asdict() | changes)

    __replace__ = _replace


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
    from typing import NamedTuple as NamedTuple
else:
    dataclass, field, replace, NamedTuple = _dataclass, _field, _replace, _NamedTuple
