"""Stand-ins for modules that old course code imports and that are not installed today."""

from __future__ import annotations

import builtins
import functools
import importlib.util
import math
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

#: what Python 2 called differently
_OLD_NAMES: dict[str, Any] = {
    "xrange": range, "unicode": str, "basestring": str, "long": int, "raw_input": input,
    "unichr": chr, "reduce": functools.reduce,
}  # fmt: skip
_SAME_NAMES = (
    "range", "zip", "map", "filter", "input", "object", "str", "int", "bytes", "dict", "list",
    "open", "super", "round", "pow", "max", "min", "chr", "ascii", "hex", "oct", "next",
    "isinstance",
)  # fmt: skip


def install(stand_ins: Mapping[str, Mapping[str, Any]]) -> None:
    """Provide ``past``, ``future``, ``six`` and their kin where they are missing.

    Also ``get_ipython``, which a notebook exported as a script calls, ``numba``'s decorators,
    which leave the function as it is, and the few functions of ``scipy.special`` that layers
    are written with.

    Parameters
    ----------
    stand_ins : dict
        Contents of more modules by their names, those that come with courses.
    """
    names = _OLD_NAMES | {name: getattr(builtins, name) for name in _SAME_NAMES}
    _provide("past", {})
    _provide("past.builtins", names)
    _provide("past.utils", {"old_div": _old_div})
    _provide("future", {})
    _provide("future.builtins", names)
    _provide("future.standard_library", {"install_aliases": lambda: None})
    _provide("future.utils", {"iteritems": _items, "itervalues": _values, "viewitems": _items})
    _provide("six", {"iteritems": _items, "itervalues": _values, "string_types": (str,)})
    _provide("six.moves", names | {"cPickle": __import__("pickle")})
    _provide("six.moves.cPickle", vars(__import__("pickle")))
    _provide("cPickle", vars(__import__("pickle")))
    decorators = dict.fromkeys(("jit", "njit", "vectorize", "guvectorize"), _decorator)
    _provide("numba", decorators | {"prange": range})
    for name, contents in stand_ins.items():
        _provide(name, contents)
    special = {"erf": np.vectorize(math.erf, otypes=[float]), "expit": _sigmoid}
    _provide("scipy", {})
    _provide("scipy.special", special)
    if not hasattr(builtins, "get_ipython"):
        builtins.get_ipython = lambda: _Anything()  # type: ignore[attr-defined]


def stub(name: str) -> None:
    """Put a module in the place of one that is missing; using anything of it raises."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        if path not in sys.modules:
            sys.modules[path] = _Stub(path)


class _StandIn(ModuleType):
    """A module of minnet's own in the place of one that is not installed."""

    __minnet_stub__ = True
    __path__: list[str] = []


class _Stub(_StandIn):
    """A module that is not installed: it can be imported, and its names too, but not used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(self.__name__, name)


class _Absent:
    """Something from a module that is not installed: it complains when it is used."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _complain(self, *_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError(
            f"{self._name} is needed from {self._module}, which is not installed or not compiled",
            name=self._module,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(self._module, f"{self._name}.{name}")

    __call__ = __getitem__ = __iter__ = __len__ = __bool__ = _complain
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __array__ = _complain


class _Anything:
    """Accepts every call: the IPython shell for a notebook that runs as a script."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _provide(name: str, contents: Mapping[str, Any]) -> None:
    """Add a module unless the real one can be imported."""
    top = name.partition(".")[0]
    if name in sys.modules or _real(top):
        return
    module = _StandIn(name)
    for key, value in contents.items():
        if not key.startswith("__"):
            setattr(module, key, value)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def _real(top: str) -> bool:
    module = sys.modules.get(top)
    if module is not None:
        return not getattr(module, "__minnet_stub__", False)
    return importlib.util.find_spec(top) is not None


def _decorator(*args: Any, **_: Any) -> Any:
    """Return the function that is decorated, or a decorator that does."""
    if len(args) == 1 and callable(args[0]):
        return args[0]
    return lambda function: function


def _old_div(a: Any, b: Any) -> Any:
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x)))


def _items(mapping: Any) -> Any:
    return iter(mapping.items())


def _values(mapping: Any) -> Any:
    return iter(mapping.values())
