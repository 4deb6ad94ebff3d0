"""Objects that need something done before their first forward pass, or other shapes of a bias."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minnet.conventions.blame import makers_of, missing_attribute, raised_by
from minnet.conventions.guessing.descent import PlainDescent
from minnet.conventions.guessing.kinds import kind_of
from minnet.conventions.guessing.stand_ins import Spread
from minnet.gradcheck.case import CodeError, user_code
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.parameters import PROBE_RATE, Parameter, find_parameters
from minnet.gradcheck.under_test.passes import expect_passes, passes_of
from minnet.gradcheck.under_test.signatures import method_signature
from minnet.gradcheck.under_test.spellings import is_penalty
from minnet.patterns import pattern
from minnet.report.words import listed

#: how many methods, one for the sake of the next, may have to be called before forward
_STEPS = 3
#: methods that an object is made ready by, without which its forward refuses
_SETS_UP = pattern(
    r"_{0,2}(build|compile|set_?up|prepare|configure|init(iali[sz]e)?(_?\w*(weights?|param\w*|"
    r"layer))?|(set|add)_?input(_?(shape|size|dim))?|(create|make|reset)_(weights|param\w*))"
)
#: methods that empty what the passes of an object append to
_EMPTIES = pattern(r"_?(flush|clear|reset)_(gradients?|grads?|cache)")
#: by which a forward that calls one of them is known
_EMPTYING = "minnet_empties"


def prepared(thing: Any, case: AdaptedCase) -> Any:
    """Return an object that was told what its forward pass waits for.

    That is the shape of a sample, where it keeps one; and where forward needs an attribute that
    one of the object's methods makes, or refuses an object that was not set up, such a method is
    called, if what it takes is plain: nothing, a shape, an optimizer.
    """
    given = tuple(case.arguments.values())
    ready = told_the_shape(thing, *given[:1])
    trial = case if ready is thing else LayerCase(ready, given)
    for _ in range(_STEPS):
        error = raised_by(trial)
        if error is not None and error.stage == "backward":
            return _told_to_keep(ready, given) if isinstance(case, LayerCase) else ready
        if error is None:
            break
        name = missing_attribute(error.original, trial.thing)
        makers = list(makers_of(type(thing), name)) if name else []
        made = [other for method in makers for other in _called(ready, method, given)]
        if isinstance(case, LayerCase):
            made = list(filter(lambda other: _runs(other, given), made)) or made[:1]
        if not made:
            return ready if not isinstance(case, LayerCase) else _set_up(ready, given)
        ready = made[0]
        if not isinstance(case, LayerCase):
            break
        trial = LayerCase(ready, given)
    return ready


def can_be_set_up(thing: Any) -> bool:
    """Return whether an object has a method that is named for making it ready."""
    return any(map(_SETS_UP.fullmatch, dir(type(thing))))


def _told_to_keep(thing: Any, given: tuple[Any, ...]) -> Any:
    """Return an object whose backward runs, since forward is told to keep what that needs."""
    forward = expect_passes(thing).forward
    flags = {p.name: True for p in method_signature(thing, forward).named if p.default is False}
    if not flags:
        return thing
    own = getattr(type(thing), forward)
    ready = independent(thing)
    told = functools.wraps(own)(lambda self, *args, **more: own(self, *args, **(flags | more)))
    ready.__class__ = derived(type(thing), {forward: told})
    now, before = raised_by(LayerCase(ready, given)), raised_by(LayerCase(thing, given))
    return thing if now and before and str(now) == str(before) else ready


def derived(cls: type, body: dict[str, Any]) -> type:
    """Return a class that is another to whoever asks, but for some methods."""
    about = {name: vars(cls)[name] for name in ("__module__", "__doc__") if name in vars(cls)}
    return type(cls.__name__, (cls,), about | body)


def _set_up(thing: Any, given: tuple[Any, ...]) -> Any:
    """Return an object whose forward runs since a method was called that is named for that."""
    methods = [name for name in dir(type(thing)) if _SETS_UP.fullmatch(name)]
    tried = (other for name in methods for other in _called(thing, name, given))
    return next((other for other in tried if _runs(other, given)), thing)


def _runs(thing: Any, given: tuple[Any, ...]) -> bool:
    error = raised_by(LayerCase(thing, given))
    return error is None or error.stage != "forward"


def _called(thing: Any, method: str, given: tuple[Any, ...]) -> Iterator[Any]:
    """Yield an object on which a method was called with what its arguments may be."""
    if method.startswith("__"):  # of a class that keeps it to itself
        owner = next(
            c for c in type(thing).__mro__ if f"_{c.__name__.lstrip('_')}{method}" in vars(c)
        )
        method = f"_{owner.__name__.lstrip('_')}{method}"
    x = given[0] if given else None
    meant: dict[str, tuple[Any, ...]] = {"optim": (PlainDescent(),), "init": (Spread(), "random")}
    meant["layers"] = ([],)  # of a loss that adds their penalties
    if isinstance(x, np.ndarray) and x.ndim:
        shapes = (x.shape[1:], x.shape, x.shape[-1], (None, *x.shape[1:]))
        meant |= {"shape": shapes, "dim": shapes[2:3], "size": shapes[2:3] + shapes[:2]}
        meant |= {"feature": shapes[2:3], "channel": x.shape[1:2], "input": (x, *shapes)}
        meant |= dict.fromkeys(("neuron", "unit", "prev", "fan_in", "n_in"), shapes[2:3])
    wanted = method_signature(thing, method).required or ()
    options = [
        next((values for word, values in meant.items() if word in name.lower()), ())
        for name in wanted
    ]
    for arguments in itertools.product(*options):
        ready = independent(thing)
        try:
            with user_code("forward"):
                getattr(ready, method)(*arguments)
        except CodeError:
            continue
        if any(isinstance(value, PlainDescent) for value in arguments):
            ready.learning_rate = PROBE_RATE
        yield ready


def emptied_before(thing: Any) -> Any:
    """Return an object that empties, before each forward, what its passes append to.

    Some libraries keep the inputs and gradients of all passes since the last call of a method
    such as ``flush_gradients``, which the one who trains makes. And where ``apply`` makes an
    object for each use, its lists begin empty.
    """
    cls = type(thing)
    method = next((name for name in dir(cls) if _EMPTIES.fullmatch(name)), "")
    once = isinstance(inspect.getattr_static(cls, "apply", None), classmethod)
    lists = [n for n, v in getattr(thing, "__dict__", {}).items() if once and v == []]
    passes = passes_of(cls)
    if passes is None or not (lists or method) or method_signature(thing, method).required:
        return thing
    own = getattr(cls, passes.forward)
    if hasattr(own, _EMPTYING):
        return thing

    @functools.wraps(own)
    def forward(self: Any, *args: Any, **settings: Any) -> Any:
        for name in lists:
            setattr(self, name, [])
        if method:
            getattr(self, method)()
        return own(self, *args, **settings)

    setattr(forward, _EMPTYING, True)
    ready = independent(thing)
    ready.__class__ = derived(cls, {passes.forward: forward})
    return ready


def is_emptied(thing: Any) -> bool:
    """Return whether an object is one of `emptied_before`."""
    passes = passes_of(thing)
    return passes is not None and hasattr(getattr(type(thing), passes.forward), _EMPTYING)


class _Told(tuple[int, ...]):
    """The shape of a sample, as an object was told it here, and not by its author."""


def told_the_shape(thing: Any, x: Any = None) -> Any:
    """Return an object whose ``input_shape``, where it is still None, is that of a sample.

    Dropout draws numbers for all samples.
    """
    if getattr(thing, "input_shape", 0) is not None or not isinstance(x, np.ndarray):
        return thing
    told = independent(thing)
    with contextlib.suppress(AttributeError):
        whole = kind_of(type(thing).__name__) == "dropout"
        told.input_shape = _Told(x.shape if whole else x.shape[1:])
        return told
    return thing


def told_again(thing: Any, x: Any = None) -> Any:
    """Return an object that was told the shape of another sample as one that is told this one's."""
    held = getattr(thing, "input_shape", None)
    if not isinstance(held, _Told) or not isinstance(x, np.ndarray):
        return thing
    told = independent(thing)
    told.input_shape = _Told(x.shape[x.ndim - len(held) :])
    return told


def without_penalty(case: LayerCase) -> LayerCase:
    """Return a case of a layer that adds no penalty's gradient in backward alone.

    It is added where nothing comes from above. Forward gives the output and no penalty; so the
    number that is its strength is set to 0 for the check, and the case notes that.
    """
    held = vars(case.thing).items() if hasattr(case.thing, "__dict__") else ()
    told = [n for n, v in held if type(v) in (int, float) and v and is_penalty(n.strip("_"))]
    if not told or not _gives_without_upstream(case):
        return case
    layer = independent(case.thing)
    for name in told:
        setattr(layer, name, 0)
    other = case.of(layer)
    if _gives_without_upstream(other):
        return case
    names = listed(told)
    other.notes += (f"{names} is 0 here: backward adds a penalty's gradient, forward none",)
    return other


def _gives_without_upstream(case: LayerCase) -> bool:
    """Return whether some gradient is not 0 where the upstream gradient is."""
    try:
        run = case.run()
        raw = run.backward(tuple(np.zeros_like(out) for out in run.outputs))
    except CodeError:
        return False
    return any(np.any(value) for value in raw.values() if isinstance(value, np.ndarray))


def as_prepared(layer: Any) -> Any:
    """Return a layer whose parameters have the shapes of the gradients that were made ready."""

    def ready(parameter: Parameter) -> tuple[int, ...] | None:
        gradient = parameter.gradient()
        alike = gradient is not None and np.size(gradient) == np.size(parameter.read())
        return np.shape(gradient) if alike else None

    return _reshaped(layer, ready)


def with_columns(layer: Any) -> Any:
    """Return a layer whose vectors of parameters are columns: a bias (n, 1) in place of (n,)."""
    return _reshaped(layer, lambda parameter: (-1, 1) if np.ndim(parameter.read()) == 1 else None)


def _reshaped(layer: Any, shape_of: Callable[[Parameter], tuple[int, ...] | None]) -> Any:
    """Return a copy of a layer whose parameters have other shapes, where one is told."""
    other = independent(layer)
    for parameter in find_parameters(other):
        shape = shape_of(parameter)
        if shape is not None and hasattr(parameter.owner, parameter.name):
            setattr(parameter.owner, parameter.name, np.reshape(parameter.read(), shape))
    return other
