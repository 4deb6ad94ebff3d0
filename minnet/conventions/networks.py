"""Networks with a ``loss`` method: ``loss, grads = net.loss(X, y)``, parameters in ``params``.

They are made small, in double precision, and with parameters of ordinary size: the tiny ones
they start with make every activation, and every mistake, tiny too.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minnet.conventions.blame import in_words, raised_by
from minnet.conventions.guessing.constructing import CannotConstruct, made_of
from minnet.conventions.guessing.reads import as_spelled_by
from minnet.conventions.subject import Subject, Unfit, enabling_object
from minnet.conventions.tensors import on_arrays
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.losses import LossFunctionCase
from minnet.gradcheck.under_test.signatures import has_default, method_signature, signature_of
from minnet.gradcheck.under_test.spellings import SEED
from minnet.records import NamedTuple
from minnet.report.results import Skipped

#: the settings of a way that its cases are told by
_SHOWN = ("normalization", "reg", "cell_type")
#: how many words a caption has
_STEPS = 4


class SmallNetwork(NamedTuple):
    """The sizes to make a network with.

    Attributes
    ----------
    values : dict
        A value for every parameter of a constructor that is known.
    inputs : tuple of str
        Those that give the size of a sample; a default that is a tuple means an image.
    image : tuple of int
    classes : int
    """

    values: Mapping[str, Any]
    inputs: tuple[str, ...]
    image: tuple[int, ...]
    classes: int


def network_subject(cls: Any, convention: str, small: SmallNetwork) -> Subject | Skipped:
    """Return what to check such a class by."""
    cls = on_arrays(cls, ("loss",))
    try:
        ways = list(_ways(cls, small))
    except CannotConstruct as error:
        return Skipped(cls.__name__, f"{error}; {enabling_object(cls, 'X, y')}")
    return Subject(cls.__name__, convention, lambda rng: _cases(cls, convention, small, ways, rng))


def _cases(
    cls: Any,
    convention: str,
    small: SmallNetwork,
    ways: list[dict[str, Any]],
    rng: np.random.Generator,
) -> Iterator[AdaptedCase]:
    seed = int(rng.spawn(1)[0].integers(1000))
    seeds = {name: seed for name in signature_of(cls).names if re.fullmatch(SEED, name)}
    note = ""
    for way in ways:
        if not note:
            note = _refused_unless_square(cls, convention, small, way | seeds)
        net = _made(cls, (_square(way) if note else way) | seeds)
        if ignored := _ignored_size(cls, net, way, small):
            raise Unfit(
                f"the sizes of its parameters do not follow its {ignored}; "
                f"{enabling_object(cls, 'X, y')}"
            )
        for N in (4, 1):
            case = _case(net, convention, small, _square(way) if note else way, N, rng)
            case.notes += (note,) if note else ()
            yield case
            if "normalization" in way:  # normalising a batch of one leaves nothing to learn
                break


def _made(cls: Any, arguments: dict[str, Any]) -> Any:
    """Return a network; where it takes its own defaults, it need not take what was guessed.

    Raises
    ------
    Unfit
    """
    try:
        return made_of(cls, arguments)
    except (TypeError, ValueError, IndexError, KeyError, AssertionError) as error:
        if _takes_its_defaults(cls):
            said = f"its constructor refuses the arguments that were guessed: {in_words(error)}"
            raise Unfit(f"{said}; {enabling_object(cls, 'X, y')}") from error
        raise


def _takes_its_defaults(cls: Any) -> bool:
    try:
        return signature_of(cls).required == () and cls() is not None
    except Exception:
        return False


def _case(
    net: Any,
    convention: str,
    small: SmallNetwork,
    way: Mapping[str, Any],
    N: int,
    rng: np.random.Generator,
) -> AdaptedCase:
    """Return the case of a network that was constructed in one way, with so many samples."""
    names = method_signature(type(net), "loss").names
    size = next((way[name] for name in small.inputs if name in way), 5)
    shape = size if isinstance(size, tuple) else (size,)
    targets = (N, _STEPS) if "captions" in names else N
    X, y = rng.standard_normal((N, *shape)), rng.integers(small.classes, size=targets)
    case = LossFunctionCase(
        net.loss,
        (X, y, *((0.3,) if "reg" in names else ())),
        name=type(net).__name__,
        convention=convention,
        owner=net,
        batched=names[:2],
        remark=", ".join(f"{k} {v}" for k, v in way.items() if k in _SHOWN),
    )
    return _ordinary(case, rng)


def _square(way: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor arguments with images that are as wide as high."""
    return {
        name: (*v[:-1], v[-2]) if isinstance(v, tuple) and len(v) == 3 else v
        for name, v in way.items()
    }


def _refused_unless_square(
    cls: Any, convention: str, small: SmallNetwork, way: dict[str, Any]
) -> str:
    """Return what is to be said of a network whose passes run for square images alone, or ""."""
    if way == _square(way):
        return ""

    def raised(one: dict[str, Any]) -> CodeError | None:
        rng = np.random.default_rng(0)
        return raised_by(_case(_made(cls, one), convention, small, one, 4, rng))

    given = raised(way)
    if given is None or raised(_square(way)) is not None:
        return ""
    return (
        f"only square images were given: {given.stage} refuses others, {in_words(given.original)}"
    )


def _ignored_size(cls: Any, net: Any, way: Mapping[str, Any], small: SmallNetwork) -> str:
    """Return the size of a sample that a network was told, if its first parameter ignores it."""
    told = next((name for name in small.inputs if name in way), "")
    defaults = {p.name for p in signature_of(cls).named if has_default(p)}
    if told not in defaults:
        return ""
    as_it_is = _made(cls, {name: value for name, value in way.items() if name != told})
    held = [[np.shape(v) for v in getattr(n, "params", {}).values()] for n in (net, as_it_is)]
    return told if held[0] == held[1] and held[0] and way[told] != _default(cls, told) else ""


def _default(cls: Any, name: str) -> Any:
    return next(p.default for p in signature_of(cls).named if p.name == name)


def _ordinary(case: AdaptedCase, rng: np.random.Generator) -> AdaptedCase:
    """Return the case with parameters of ordinary size."""
    values = {name: 0.5 * rng.standard_normal(v.shape) for name, v in case.variables.items()}
    return case.with_variables({n: v.astype(case.variables[n].dtype) for n, v in values.items()})


def _ways(cls: Any, small: SmallNetwork) -> Iterator[dict[str, Any]]:
    """Yield constructor arguments: without and with regularisation, then normalised."""
    parameters = {p.name: p for p in signature_of(cls).named}
    plain: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if name in small.values:
            plain[name] = _like(parameter.default, small.values[name], small.image)
        elif not has_default(parameter) and not re.fullmatch(SEED, name):
            raise CannotConstruct(f"its constructor wants {name!r}, whose meaning is not known")
    yield plain
    if "reg" in parameters:
        yield plain | {"reg": 0.3}
    if "cell_type" in parameters:
        yield plain | {"cell_type": "lstm"}
    if "normalization" in parameters:
        for kind in ("batchnorm", "layernorm"):
            yield plain | {"normalization": as_spelled_by(_functions_of(cls), kind)}


def _functions_of(cls: type) -> list[Callable[..., Any]]:
    """Return the methods of a class, and the functions that its module holds."""
    held = (*vars(cls).values(), *vars(sys.modules.get(cls.__module__, cls)).values())
    return [value for value in held if inspect.isfunction(value)]


def _like(default: Any, value: Any, image: tuple[int, ...]) -> Any:
    """Return a small value of the kind of a default: the shape of an image, a number a layer."""
    if isinstance(default, tuple):
        return image
    if isinstance(default, list) and len(default) == len(image) and default[1] == default[2]:
        return image
    return [value, value] if isinstance(default, list) and isinstance(value, int) else value
