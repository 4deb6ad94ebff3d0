"""Layers written on torch tensors, as layers on arrays: converted where a pass is called.

Torch is not needed for this: the file has imported it, or else there is nothing to convert. A
tensor and the array that stands for it share their memory, so that a parameter of the layer can
be read and moved as any other.
"""

from __future__ import annotations

import copy
import functools
import inspect
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


def _is_on_tensors(cls: type, *passes: str) -> bool:
    """Return whether the passes of a class use what is torch's, or its module has no NumPy."""
    used = [value for name in passes for value in _used_by(getattr(cls, name))]
    module = vars(sys.modules.get(cls.__module__, sys)).values()
    no_arrays = not any(value is np for value in module)
    return any(map(is_torchs, used)) or (no_arrays and any(map(is_torchs, module)))


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
            return _as_arrays(plain(*map(_as_tensors, args)))

    @functools.wraps(plain)
    def bound(self: _OnArrays, *args: Any) -> Any:
        with _in_double():
            returned = getattr(self._layer, name)(*map(_as_tensors, args))
        self.refresh()
        return _as_arrays(returned)

    return staticmethod(static) if isinstance(held, staticmethod) else bound


@contextmanager
def _in_double() -> Iterator[None]:
    """Have torch make numbers of double precision and no graph; shapes that it refuses are values.

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
        with torch.no_grad():
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


def _as_arrays(value: Any) -> Any:
    if isinstance(value, sys.modules["torch"].Tensor):
        return value.detach().numpy()
    return _nested(value, _as_arrays)


def _nested(value: Any, convert: Callable[[Any], Any]) -> Any:
    if type(value) in (tuple, list):
        return type(value)(map(convert, value))
    return {key: convert(item) for key, item in value.items()} if type(value) is dict else value
