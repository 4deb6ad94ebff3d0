"""Layers written on torch tensors, as layers on arrays: converted where a pass is called.

Torch is not needed for this: the file has imported it, or else there is nothing to convert. A
tensor and the array that stands for it share their memory, so that a parameter of the layer can
be read and moved as any other.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import inspect
import os
import sys
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.signatures import method_signature
from minnet.gradcheck.under_test.spellings import IN_TENSORS, LOSS_PASSES


def on_arrays(cls: type, names: tuple[str, ...] = ()) -> type:
    """Return a class that does on arrays what a class does on torch tensors; others as they are.

    `names` are the methods that are called, by default its two passes.
    """
    passes = passes_of(cls, LOSS_PASSES)
    if not names and passes is not None:
        names = passes.forward, passes.backward
    if not names or not _is_on_tensors(cls, *names):
        return cls
    body: dict[str, Any] = {
        "__init__": _constructor(cls),
        "__module__": cls.__module__,
        "__doc__": cls.__doc__,
    }
    for name in names:
        body[name] = _method(cls, name)
    for name in ("named_parameters", "named_gradients"):
        if hasattr(cls, name) and method_signature(cls, name).required == ():
            body[name] = _listing(name)
    return type(cls.__name__, (_OnArrays,), body)


def function_on_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does on arrays what one does on torch tensors; others as they are."""
    if not _are_on_tensors(function):
        return function

    @functools.wraps(function)
    def converted(*args: Any, **settings: Any) -> Any:
        with _in_double():
            return _returned(function(*map(_as_tensors, args), **settings))

    setattr(converted, IN_TENSORS, True)
    return converted


def _is_on_tensors(cls: type, *passes: str) -> bool:
    return _are_on_tensors(*(getattr(cls, name) for name in passes))


def _are_on_tensors(*functions: Any) -> bool:
    """Return whether functions use what is torch's, or have no NumPy and torch is at hand.

    Or they call what only tensors have: a file needs no import for that. What makes tensors of
    arrays, and arrays of tensors, is on arrays.
    """
    if _names_in(*functions) >= {"from_numpy", "numpy"}:
        return False
    if _have_methods_of_tensors(*functions):
        return True
    if "torch" not in sys.modules:
        return False
    if any(map(is_torchs, _used_by(*functions))):
        return True
    home = sys.modules.get(functions[0].__module__)
    if home is None or any(value is np for value in vars(home).values()):
        return False
    return any(is_torchs(value) for module in beside(home) for value in vars(module).values())


def _have_methods_of_tensors(*functions: Any) -> bool:
    """Return whether functions call methods of tensors, in a file of such, and torch is installed.

    What some make of a tensor themselves has ``exp`` as well: no file of NumPy's is meant.
    """
    held = vars(sys.modules.get(functions[0].__module__, object))
    called = [value for value in _used_by(*functions) if inspect.isroutine(value)]
    if _MAY_BE_OF_TENSORS.isdisjoint(_names_in(*functions, *called)):
        return False
    methods = [m for v in held.values() if inspect.isclass(v) for m in vars(v).values()]
    written = filter(inspect.isroutine, (*functions, *held.values(), *methods))
    if _OF_TENSORS.isdisjoint(_names_in(*written)) or any(v is np for v in held.values()):
        return False
    with contextlib.suppress(ImportError):
        importlib.import_module("torch")
    return "torch" in sys.modules


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


def _used_by(*functions: Any) -> list[Any]:
    return [
        held[name]
        for function in functions
        if (held := getattr(_plain(function), "__globals__", {}))
        for name in _names_in(function)
        if name in held
    ]


def _names_in(*functions: Any) -> set[str]:
    codes = (getattr(_plain(function), "__code__", None) for function in functions)
    return {name for code in codes for name in getattr(code, "co_names", ())}


def _plain(function: Any) -> Any:
    return inspect.unwrap(getattr(function, "__func__", function))


#: methods of a tensor that neither an array has nor what somebody makes of one
_OF_TENSORS = frozenset(
    ["double", "mm", "masked_fill", "masked_fill_", "zero_", "fill_", "normal_", "addmm", "add_"]
    + ["sub_", "mul_", "type_as", "expand_as"]
)
#: methods of a tensor that something else may have, too
_MAY_BE_OF_TENSORS = _OF_TENSORS | {
    "clone", "detach", "exp", "expand", "float", "log", "pow", "relu", "sigmoid", "sqrt", "t",
    "tanh", "unsqueeze", "view",
}  # fmt: skip
#: where a tensor keeps the array that shares its memory, and what holds some what stands for it
_SEEN_AS = "_minnet_array"


class _OnArrays:
    """The base of such classes: ``_layer`` is the author's object; its arrays are attributes."""

    __slots__ = ("__dict__", "_layer")
    _layer: Any
    minnet_in_tensors = True

    def __deepcopy__(self, memo: dict[int, Any]) -> _OnArrays:
        other = object.__new__(type(self))
        other._layer = copy.deepcopy(self._layer)
        other.refresh()
        return other

    def put_back(self) -> None:
        """Give the author's object the attributes that were restored to what they were before."""
        _put_back(vars(self._layer), self.__dict__)

    def refresh(self) -> None:
        """Take over the attributes of the author's object as they are now."""
        held = dict(vars(self._layer))
        held |= held.get("_parameters") or {}
        self.__dict__.clear()
        self.__dict__.update((name, _as_arrays(value)) for name, value in held.items())


def _put_back(held: dict[str, Any], values: dict[str, Any]) -> None:
    """Give the attributes of an object, and of those it holds tensors in, what arrays are now."""
    for name in held.keys() & values.keys():
        value, now = values[name], held[name]
        if isinstance(value, np.ndarray):
            if not _is_tensor(now) or now.data_ptr() != value.ctypes.data:
                held[name] = sys.modules["torch"].from_numpy(value.copy())
        elif isinstance(value, SimpleNamespace):
            _put_back(vars(now), vars(value))
        elif value is None or isinstance(value, int | float | str):
            held[name] = value


def _constructor(cls: Any) -> Callable[..., None]:
    @functools.wraps(cls.__init__)
    def construct(self: _OnArrays, *args: Any, **settings: Any) -> None:
        with _in_double():
            self._layer = cls(*map(_as_tensors, args), **_as_tensors(settings))
            _widen(self._layer, {})
        self.refresh()

    return construct


def _widen(thing: Any, known: dict[int, Any]) -> Any:
    """Return a tensor of single precision in double, and what holds some with others in place.

    Whoever asks for a FloatTensor asks for tensors; the inputs are of double precision.
    """
    torch = sys.modules["torch"]
    if id(thing) in known:
        return known[id(thing)]
    known[id(thing)] = thing
    if _is_tensor(thing):
        if thing.dtype is torch.float32 and type(thing) is torch.Tensor:
            wide = thing.detach().double().requires_grad_(thing.requires_grad)
            known[id(wide)] = known[id(thing)] = wide
    elif type(thing) in (list, dict):
        for key, value in list(thing.items() if type(thing) is dict else enumerate(thing)):
            thing[key] = _widen(value, known)
    elif type(thing) is tuple:
        known[id(thing)] = tuple(_widen(value, known) for value in thing)
    elif hasattr(thing, "__dict__") and not inspect.ismodule(thing) and not callable(thing):
        for name, value in list(vars(thing).items()):
            vars(thing)[name] = _widen(value, known)
    return known[id(thing)]


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
        self.put_back()
        with _in_double():
            returned = getattr(self._layer, name)(*map(_as_tensors, args))
        self.refresh()
        return _returned(returned)

    return staticmethod(static) if isinstance(held, staticmethod) else bound


def _listing(name: str) -> Callable[[Any], list[tuple[str, Any]]]:
    def listed(self: _OnArrays) -> list[tuple[str, Any]]:
        self.put_back()
        return [(key, _as_arrays(value)) for key, value in getattr(self._layer, name)()]

    return listed


@contextlib.contextmanager
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
    if _is_tensor(value):
        return _array_of(value)
    if _is_box(value):
        return _with_arrays(value)
    return _nested(value, _as_arrays)


def _with_arrays(box: Any) -> SimpleNamespace:
    """Return what stands for an object that holds tensors: the same one whenever it is asked for.

    A parameter would be taken for another one else.
    """
    held = {name: _as_arrays(v) for name, v in vars(box).items() if name != _SEEN_AS}
    known: SimpleNamespace = vars(box).setdefault(_SEEN_AS, SimpleNamespace())
    vars(known).clear()
    vars(known).update(held)
    return known


def _array_of(tensor: Any) -> Any:
    """Return the array that shares a tensor's memory: the same one whenever it is asked for."""
    array, known = tensor.detach().numpy(), vars(tensor).get(_SEEN_AS)
    place = array.__array_interface__
    if known is None or known.__array_interface__ != place:
        setattr(tensor, _SEEN_AS, known := array)
    return known


def _is_box(value: Any) -> bool:
    """Return whether something is an author's object that holds tensors, such as a parameter."""
    held = getattr(value, "__dict__", {}) if not inspect.ismodule(value) else {}
    return not is_torchs(type(value)) and any(map(_is_tensor, held.values()))


def _nested(value: Any, convert: Callable[[Any], Any]) -> Any:
    if type(value) in (tuple, list):
        return type(value)(map(convert, value))
    if type(value) in (dict, OrderedDict):
        return type(value)((key, convert(item)) for key, item in value.items())
    return value
