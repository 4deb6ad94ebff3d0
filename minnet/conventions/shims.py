"""Stand-ins for modules that old course code imports and that are not installed today."""

from __future__ import annotations

import builtins
import functools
import importlib.util
import math
import sys
from collections.abc import Callable
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


def install() -> None:
    """Provide ``past``, ``future``, ``six`` and their kin where they are missing.

    Also ``get_ipython``, which a notebook exported as a script calls, ``numba``'s decorators,
    which leave the function as it is, the book's ``nnfs`` with its data sets, and the few
    functions of ``scipy.special`` that layers are written with.
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
    _provide("nnfs", {"init": lambda *_, **__: None})
    clouds = {"spiral_data": _spirals, "vertical_data": _spirals, "sine_data": _sine}
    _provide("nnfs.datasets", clouds)
    special = {"erf": np.vectorize(math.erf, otypes=[float]), "expit": _sigmoid}
    _provide("scipy", {})
    _provide("scipy.special", special)
    if not hasattr(builtins, "get_ipython"):
        builtins.get_ipython = lambda: _Anything()  # type: ignore[attr-defined]


def stub(name: str, wanted_by: str) -> None:
    """Put a module in the place of one that is missing; using anything of it raises."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        if path not in sys.modules:
            module = _Stub(path)
            module.__dict__["_wanted_by"] = wanted_by
            sys.modules[path] = module


class _Stub(ModuleType):
    """A module that is not installed: it can be imported, and its names too, but not used."""

    __minnet_stub__ = True
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(self.__name__, name)


class _Absent:
    """Something from a module that is not installed: it complains when it is used."""

    def __init__(self, module: str, name: str) -> None:
        self.__dict__.update(_module=module, _name=name)

    def _complain(self, *_: Any, **__: Any) -> Any:
        module = self.__dict__["_module"]
        raise ModuleNotFoundError(
            f"{self.__dict__['_name']} is needed from {module}, which is not installed or not "
            "compiled",
            name=module,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(self.__dict__["_module"], f"{self.__dict__['_name']}.{name}")

    __call__ = __getitem__ = __iter__ = __len__ = __bool__ = _complain
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __array__ = _complain


class _Anything:
    """Accepts every call: the IPython shell for a notebook that runs as a script."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _provide(name: str, contents: dict[str, Any]) -> None:
    """Add a module unless the real one can be imported."""
    top = name.partition(".")[0]
    if name in sys.modules or _real(top):
        return
    module = ModuleType(name)
    module.__dict__.update({k: v for k, v in contents.items() if not k.startswith("__")})
    module.__dict__["__minnet_stub__"] = True
    module.__path__ = []
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


def _spirals(samples: int = 100, classes: int = 3) -> tuple[Any, Any]:
    """Return points (samples * classes, 2) on as many spiral arms as there are classes."""
    labels = np.repeat(np.arange(classes), samples)
    radius = np.tile(np.linspace(0.0, 1.0, samples), classes)
    angle = 4.0 * (labels + radius)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), labels


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x)))


def _sine(samples: int = 1000) -> tuple[Any, Any]:
    x = np.linspace(0.0, 1.0, samples)[:, None]
    return x, np.sin(2 * np.pi * x)


def _items(mapping: Any) -> Any:
    return iter(mapping.items())


def _values(mapping: Any) -> Any:
    return iter(mapping.values())
