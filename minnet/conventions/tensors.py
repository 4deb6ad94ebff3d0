"""Layers written on torch tensors, as layers on arrays: converted where a pass is called.

Torch is not needed for this: the file has imported it, or else there is nothing to convert. A
tensor and the array that stands for it share their memory, so that a parameter of the layer can
be read and moved as any other.
"""

from __future__ import annotations

import copy
import functools
import inspect
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.spellings import LOSS_PASSES


def on_arrays(cls: type, names: tuple[str, ...] = ()) -> type:
    """Return a class that does on arrays what a class does on torch tensors; others as they are.

    `names` are the methods that are called, by default its two passes.
    """
    passes = passes_of(cls, LOSS_PASSES)
    if not names and passes is not None:
        names = passes.forward, passes.backward
    if "torch" not in sys.modules or not names or not _is_on_tensors(cls, *names):
        return cls
    body: dict[str, Any] = {
        "__init__": _constructor(cls),
        "__module__": cls.__module__,
        "__doc__": cls.__doc__,
    }
    for name in names:
        body[name] = _method(cls, name)
    return type(cls.__name__, (_OnArrays,), body)


def function_on_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does on arrays what one does on torch tensors; others as they are."""
    if "torch" not in sys.modules or not _are_on_tensors(function):
        return function

    @functools.wraps(function)
    def converted(*args: Any, **settings: Any) -> Any:
        with _in_double():
            return _returned(function(*map(_as_tensors, args), **settings))

    return converted


def _is_on_tensors(cls: type, *passes: str) -> bool:
    return _are_on_tensors(*(getattr(cls, name) for name in passes))


def _are_on_tensors(*functions: Any) -> bool:
    """Return whether functions use what is torch's, or have no NumPy and torch is at hand."""
    if any(is_torchs(value) for function in functions for value in _used_by(function)):
        return True
    home = sys.modules.get(functions[0].__module__)
    if home is None or any(value is np for value in vars(home).values()):
        return False
    return any(is_torchs(value) for module in beside(home) for value in vars(module).values())


def beside(home: ModuleType) -> Iterator[ModuleType]:
    """Yield a module and those that were imported from its folder."""
    folder = _folder(home)
    yield home
    yield from (m for m in list(sys.modules.values()) if folder and _folder(m) == folder)


def _folder(module: Any) -> str:
    return os.path.dirname(vars(module).get("__file__") or "") if inspect.ismodule(module) else ""


def is_torchs(value: Any) -> bool:
    """Return whether a module, class or function belongs to torch."""
    name = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
    return str(name).partition(".")[0] == "torch"


def _used_by(function: Any) -> list[Any]:
    plain = inspect.unwrap(getattr(function, "__func__", function))
    names = getattr(getattr(plain, "__code__", None), "co_names", ())
    held = getattr(plain, "__globals__", {})
    return [held[name] for name in names if name in held]


class _OnArrays:
    """The base of such classes: ``_layer`` is the author's object; its arrays are attributes."""

    __slots__ = ("__dict__", "_layer")
    _layer: Any

    def __deepcopy__(self, memo: dict[int, Any]) -> _OnArrays:
        other = object.__new__(type(self))
        other._layer = copy.deepcopy(self._layer)
        other.refresh()
        return other

    def refresh(self) -> None:
        """Take over the attributes of the author's object as they are now."""
        held = dict(vars(self._layer))
        held |= held.get("_parameters") or {}
        self.__dict__.clear()
        self.__dict__.update((name, _as_arrays(value)) for name, value in held.items())


def _constructor(cls: Any) -> Callable[..., None]:
    @functools.wraps(cls.__init__)
    def construct(self: _OnArrays, *args: Any, **settings: Any) -> None:
        with _in_double():
            self._layer = cls(*map(_as_tensors, args), **_as_tensors(settings))
        self.refresh()

    return construct


def _method(cls: Any, name: str) -> Any:
    """Return a pass that takes and returns arrays; a static one where it is static."""
    held = inspect.getattr_static(cls, name)
    plain = getattr(held, "__func__", held)

    @functools.wraps(plain)
    def static(*args: Any) -> Any:
        with _in_double():
            return _returned(plain(*map(_as_tensors, args)))

    @functools.wraps(plain)
    def bound(self: _OnArrays, *args: Any) -> Any:
        with _in_double():
            returned = getattr(self._layer, name)(*map(_as_tensors, args))
        self.refresh()
        return _returned(returned)

    return staticmethod(static) if isinstance(held, staticmethod) else bound


@contextmanager
def _in_double() -> Iterator[None]:
    """Have torch make numbers of double precision; shapes that it refuses are values.

    Its random numbers follow NumPy's, which the checker freezes.

    Raises
    ------
    ValueError
        As NumPy does, in place of torch's RuntimeError.
    """
    torch = sys.modules["torch"]
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(zlib.crc32(repr(np.random.get_state()).encode()))  # noqa: NPY002
    fresh = torch.get_rng_state()
    try:
        yield
        if not torch.equal(fresh, torch.get_rng_state()):
            np.random.random()  # noqa: NPY002 (it is seen, and the next numbers are others)
    except RuntimeError as error:
        if type(error) is not RuntimeError:
            raise
        raise ValueError(str(error)).with_traceback(error.__traceback__) from None
    finally:
        torch.set_default_dtype(before)


def _as_tensors(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return sys.modules["torch"].from_numpy(np.array(value))
    if value is np.float64:
        return sys.modules["torch"].float64
    return _nested(value, _as_tensors)


def _returned(value: Any) -> Any:
    """Return what a function gives as arrays; a graph in its cache stays for its backward."""
    if type(value) is tuple:
        return tuple(_but_for_graphs(v) if type(v) is tuple else _as_arrays(v) for v in value)
    return _as_arrays(value)


def _but_for_graphs(value: Any) -> Any:
    if _is_tensor(value):
        return value if value.requires_grad else _as_arrays(value)
    return _nested(value, _but_for_graphs)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, sys.modules["torch"].Tensor)


def _as_arrays(value: Any) -> Any:
    return value.detach().numpy() if _is_tensor(value) else _nested(value, _as_arrays)


def _nested(value: Any, convert: Callable[[Any], Any]) -> Any:
    if type(value) in (tuple, list):
        return type(value)(map(convert, value))
    return {key: convert(item) for key, item in value.items()} if type(value) is dict else value
