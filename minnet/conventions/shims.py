"""Stand-ins for modules that old course code imports and that are not installed today."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from minnet.conventions import course_helpers, like_scipy, old_numpy, python_2
from minnet.report.words import listed

_SAME_NAMES = (
    "range", "zip", "map", "filter", "input", "object", "str", "int", "bytes", "dict", "list",
    "open", "super", "round", "pow", "max", "min", "chr", "ascii", "hex", "oct", "next",
    "isinstance",
)  # fmt: skip
#: modules that are written like others, and so read as these where they are missing
_WRITTEN_LIKE = {
    "cupy": "numpy", "cupyx.scipy": "scipy", "autograd.numpy": "numpy", "autograd.scipy": "scipy",
    "jax.numpy": "numpy", "jax.scipy": "scipy", "minpy.numpy": "numpy",
}  # fmt: skip
_SCATTER = {"scatter_add": np.add.at}
#: what they have besides
_BESIDES: dict[str, dict[str, Any]] = {
    "cupy": {
        "asnumpy": np.asarray,
        "get_array_module": lambda *_: np,
        "cupyx": SimpleNamespace(**_SCATTER),
        **_SCATTER,
    },
    "cupyx": _SCATTER,
}
#: the stand-ins for modules that come with courses
_OF_COURSES: set[str] = set()
#: whether what is absent may be called: not by the code that is checked
_LENIENT = ContextVar("lenient", default=False)


def install(stand_ins: Mapping[str, Mapping[str, Any]]) -> None:
    """Provide ``past``, ``future``, ``six`` and their kin where they are missing.

    Also ``get_ipython``, which a notebook exported as a script calls, ``numba``'s decorators,
    which leave the function as it is, and the few functions of SciPy that layers are written
    with.

    Parameters
    ----------
    stand_ins : dict
        Contents of more modules by their names, those that come with courses.
    """
    names = python_2.NAMES | {name: getattr(builtins, name) for name in _SAME_NAMES}
    _provide("past", {})
    _provide("past.builtins", names)
    _provide("past.utils", {"old_div": python_2.divide})
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
        _OF_COURSES.add(name)
    _provide("scipy", {})
    for name, functions in like_scipy.MODULES.items():
        _provide(name, functions)
    _provide("tqdm", {"tqdm": _progress, "trange": range})
    old_numpy.add_names()
    if not hasattr(builtins, "get_ipython"):
        builtins.get_ipython = lambda: _Anything()  # type: ignore[attr-defined]


def spec_of_a_courses_own(name: str) -> ModuleSpec | None:
    """Return where the stand-in is for what a package should hold, as it comes with a course."""
    parent, _, child = name.rpartition(".")
    if not parent or _is_stub(parent) or child not in _OF_COURSES:
        return None
    return ModuleSpec(name, _Placed(sys.modules[child]))  # type: ignore[arg-type]


class _Placed:
    """A loader of a module that is there already.

    It is no `importlib.abc.Loader`: that takes longer to import than everything else here.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return that module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: it has what it should."""


def stub(name: str) -> None:
    """Put a module in the place of one that is missing; using anything of it raises.

    One that is written like NumPy is read as NumPy.
    """
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        if path not in sys.modules:
            like = _written_like(path)
            besides = {**_BESIDES.get(path, {}), **course_helpers.contents_of(path)}
            _place(_Stub(path), {**(vars(like) if like else {}), **besides})


@contextlib.contextmanager
def lenient() -> Iterator[None]:
    """Let what is absent be called and asked while a file is imported, as long as it lasts.

    So a class keeps its methods that are decorated with something absent.
    """
    token = _LENIENT.set(True)
    try:
        yield
    finally:
        _LENIENT.reset(token)


class Missing(ModuleNotFoundError):
    """Something absent was used; `why` says what is to be done."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Stub(ModuleType):
    """A module in the place of one that is not installed: what it lacks complains when used."""

    __minnet_stub__ = True
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        original = _written_like(self.__name__)
        if hasattr(original, name):
            return getattr(original, name)
        top = self.__name__.partition(".")[0]
        why = f"{self.__name__} is not installed or not compiled; install {top}"
        return Absent(f"{self.__name__}.{name}", why)


def _written_like(name: str) -> ModuleType | None:
    """Return the module that one of this name is written like, if that is here."""
    for written, like in _WRITTEN_LIKE.items():
        if name == written or name.startswith(f"{written}."):
            with contextlib.suppress(ImportError):
                return importlib.import_module(like + name.removeprefix(written))
    return None


class AbsentBase:
    """What a class is derived from whose base is absent; `minnet_why` says why."""

    minnet_why = ""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Accept everything."""


class Absent:
    """What is not there: it complains when it is used.

    Parameters
    ----------
    name : str
    why : str
        Why it is not there, and what would help.
    """

    def __init__(self, name: str, why: str) -> None:
        self._absent, self.why = name, why

    def _complain(self, *_: Any, **__: Any) -> Any:
        raise Missing(f"{self._absent} is needed: {self.why}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self._absent}.{name}", self.why)

    def __call__(self, *args: Any, **_: Any) -> Any:
        if not _LENIENT.get():
            self._complain()
        is_decorator = len(args) == 1 and (inspect.isfunction(args[0]) or _is_of_a_user(args[0]))
        return args[0] if is_decorator else self

    def __bool__(self) -> bool:
        return False if _LENIENT.get() else bool(self._complain())

    def __setitem__(self, key: Any, value: Any) -> None:
        if not _LENIENT.get():
            self._complain()

    def __enter__(self) -> Absent:
        return self if _LENIENT.get() else self._complain()

    def __exit__(self, *_: object) -> None:
        """Leave a block."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        entry = type(self._absent, (AbsentBase,), {"minnet_why": self.why})
        return (entry,)

    __getitem__ = __iter__ = __len__ = _complain
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __array__ = _complain
    __truediv__ = __rtruediv__ = __floordiv__ = __pow__ = __matmul__ = __rmatmul__ = _complain
    __neg__ = __lt__ = __le__ = __gt__ = __ge__ = __float__ = __int__ = __index__ = _complain


def _is_of_a_user(thing: Any) -> bool:
    """Return whether something is a class that may be decorated, and no ``np.float32``."""
    return inspect.isclass(thing) and thing.__module__ not in ("builtins", "numpy")


class _Anything:
    """Accepts every call: the IPython shell for a notebook that runs as a script."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _provide(name: str, contents: Mapping[str, Any]) -> None:
    """Add a module unless the real one can be imported."""
    if name not in sys.modules and not _real(name.partition(".")[0]):
        _place(_Stub(name), contents)


def _place(module: ModuleType, contents: Mapping[str, Any]) -> None:
    """Make a module known, to its parent as well."""
    for key, value in contents.items():
        if not key.startswith("__"):
            setattr(module, key, value)
    module.__spec__ = ModuleSpec(module.__name__, None)  # others look whether it is there
    sys.modules[module.__name__] = module
    parent, _, child = module.__name__.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def note_on_stand_ins(tree: ast.Module) -> str:
    """Say what a source takes of a course's own modules that are not here; "" for nothing."""
    asked: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            asked.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            asked |= {alias.name: {"*"} for alias in node.names}
    said = [
        f"{listed(taken)} of {module}"
        for module, names in asked.items()
        if _is_stub(module)
        and (taken := [n for n in course_helpers.contents_of(module) if names & {n, "*"}])
    ]
    return f"what is missing here was put in: {listed(said)}, as the course has it" if said else ""


def _is_stub(name: str) -> bool:
    return getattr(sys.modules.get(name), "__minnet_stub__", False)


def _real(top: str) -> bool:
    if top in sys.modules:
        return not _is_stub(top)
    return importlib.util.find_spec(top) is not None


def _decorator(*args: Any, **_: Any) -> Any:
    """Return the function that is decorated, or a decorator that does."""
    if len(args) == 1 and callable(args[0]):
        return args[0]
    return lambda function: function


def _progress(iterable: Any = (), *_: Any, **__: Any) -> Any:
    return iterable


def _items(mapping: Any) -> Any:
    return iter(mapping.items())


def _values(mapping: Any) -> Any:
    return iter(mapping.values())
