"""Classes whose passes are otherwise called, or want other arguments, in the usual dress.

A name is read by its parts: ``back_propagate`` is a backward, whatever stands around it. Of what
a backward wants besides one upstream gradient, the input and the output of the forward pass are
known; and where another method works out the gradients of the parameters, that one is called too.
All of this goes by names: what they leave open is left as it is.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minnet.conventions.guessing.kinds import kind_of
from minnet.conventions.guessing.reads import calls, remembers, unused_by
from minnet.gradcheck.diagnosis.customs.neighbours import result_is_multiplied
from minnet.gradcheck.under_test.passes import has_method, passes_of
from minnet.gradcheck.under_test.reach import look_up
from minnet.gradcheck.under_test.signatures import gives_a_function, method_signature
from minnet.gradcheck.under_test.spellings import (
    CACHES,
    LEARNING_RATES,
    MOMENTA,
    Passes,
    is_target,
    is_upstream_name,
)
from minnet.gradcheck.under_test.unwritten import is_left_to_others
from minnet.patterns import pattern

#: the name of a pass, without its underscores and in lower case
_FORWARD = pattern(r"(feed)?forwards?(pass|prop\w*|step)?|f_?prop\w*|propagate|updateoutput")
_BACKWARD = pattern(r"back(w[ao]rds?)?(pass|prop\w*|step|delta)?|bprop\w*|updategradinput")
#: what returns, or leaves, the gradients of the parameters
_OF_PARAMETERS = pattern(
    r"pgrads?|param(eter)?s?grad(ient)?s?|grad(ient)?s?(wrt|of)?param(eter)?s?|"
    r"(acc\w*|compute|calc\w*)gradparam\w*|backwardupdategradients?"
)
#: what returns the parameters, in the order of their gradients
_PARAMETERS = ("get_params", "params", "parameters", "get_parameters")
#: what a backward may call the input and the output of forward
_INPUT = pattern(r"x|inp|inputs?|input_(data|tensor|array)|(a|x|h|input)_?prev|prev_?(a|x)")
_OUTPUT = pattern(r"h|out|outputs?|output_(data|tensor|array)|activations?|activated")
#: what the backward of a recurrent cell calls what forward took and gave: what comes from the layer
#: below, the state of the step before, and the new one
_OF_CELLS = {
    "input": pattern(r"h_?prev_?l(ayer)?|x(_?t)?|inputs?"),
    "state": pattern(r"h_?prev(_?t)?|h_?t_?(prev|minus_?1|1)|prev_?h"),
    "output": pattern(r"h(_?t)?|h_?(next|new|prime)|next_?h|outputs?|out"),
}
#: what a backward takes that is known by its name alone
_KNOWN = (*CACHES, *MOMENTA, *LEARNING_RATES)
#: further names of an upstream gradient
_UPSTREAM = pattern(r"(?i)\w*(grad|delta|err)\w*|d[A-Z]\w*")
#: the method that returns parameters with their gradients
_PAIRS = "param"
#: where an object in the usual dress keeps what its passes were given
_SEEN, _FOUND = "_minnet_seen", "_minnet_found"


@functools.cache
def dressed(cls: type) -> type:
    """Return a class derived from one in odd dress, whose passes are as usual; others as they are.

    >>> class Double:
    ...     def back_propagate(self, out, delta): return 2 * delta
    ...     def forward_propagate(self, x): return 2 * x
    >>> double = dressed(Double)()
    >>> double.forward(3.0), double.backward(1.0)
    (6.0, 2.0)
    """
    usual, passes = Passes("forward", "backward"), passes_of(cls)
    if passes is not None and not is_left_to_others(getattr(cls, passes.backward)):
        usual = passes
    else:
        passes = _otherwise_called(cls) or passes
    if passes is None:
        return _keeping_its_backward(cls)
    body = _told_its_input(cls, passes, usual)
    body = body or _usual_calls(cls, passes, usual) or _lists_in_pairs(cls)
    if not body and passes == passes_of(cls):
        return cls
    body = body or {"named_parameters": _but_for_settings}
    own = {
        usual.forward: inspect.getattr_static(cls, passes.forward),
        usual.backward: inspect.getattr_static(cls, passes.backward),
    }
    about = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__qualname__": cls.__qualname__}
    return type(cls.__name__, (cls,), {**own, **body, **about})


def _keeping_its_backward(cls: type) -> type:
    """Return a class that keeps the backward pass which the forward of one gives beside its output.

    >>> class Double:
    ...     def forward(self, x): return 2 * x, lambda dout: 2 * dout
    >>> double = dressed(Double)()
    >>> double.forward(3.0), double.backward(1.0)
    (6.0, 2.0)
    """
    name = next((n for n in ("forward", "__call__") if inspect.isfunction(look_up(cls, n))), "")
    own = getattr(cls, name, None)
    if own is None or not gives_a_function(own):
        return cls

    @functools.wraps(own)
    def forward(self: Any, *given: Any) -> Any:
        output, backward = own(self, *given)
        vars(self)[_SEEN] = (backward,)
        return output

    @functools.wraps(own)
    def backward(self: Any, dout: Any) -> Any:
        return getattr(self, _SEEN)[0](dout)

    about = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__qualname__": cls.__qualname__}
    body = {"forward": forward, "backward": _taking(backward, ["dout"])}
    return type(cls.__name__, (cls,), {**body, **about})


def _otherwise_called(cls: type) -> Passes | None:
    """Return the passes of a class by the parts of their names, public ones before others."""
    names = [n for n in dir(cls) if _is_written(look_up(cls, n))]
    names.sort(key=lambda n: (n.startswith("_"), n not in ("forward", "backward")))
    forward = next((n for n in names if _FORWARD.fullmatch(_plain(n))), "")
    backward = next((n for n in names if _BACKWARD.fullmatch(_plain(n))), "")
    if not forward and has_method(cls, "__call__"):
        forward = "__call__"
    if not forward or not backward:
        return None
    given = method_signature(cls, forward).names
    wanted = method_signature(cls, backward).required or ()
    fills = _fills(wanted, given, unused_by(cls, backward))
    left = [n for n in wanted if n not in (fills or {}) and n not in {*_KNOWN, *given}]
    takes_one = fills is not None and len(left) == 1 and not is_target(left[0])
    return Passes(forward, backward) if takes_one else None


def _is_written(held: Any) -> bool:
    return callable(held) and not is_left_to_others(held)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _usual_calls(cls: type, passes: Passes, usual: Passes) -> dict[str, Any]:
    """Return the methods of a class that takes one upstream gradient alone; none where it does."""
    if any(_is_static(cls, name) for name in (passes.forward, passes.backward)):
        return {}
    given = method_signature(cls, passes.forward).names
    names = method_signature(cls, passes.backward).required or ()
    fills = _fills(names, given, unused_by(cls, passes.backward))
    more = next((n for n in dir(cls) if _OF_PARAMETERS.fullmatch(_plain(n))), "")
    if fills is None or not _is_of_both(cls, more) or calls(getattr(cls, passes.backward), more):
        more = ""
    if set(fills or {}).issubset(given) and not more:
        return {}
    body: dict[str, Any] = {
        usual.forward: _remembering(getattr(cls, passes.forward)),
        usual.backward: _filling(getattr(cls, passes.backward), names, fills or {}, more),
    }
    if more:
        body["named_gradients"] = lambda self: list(vars(self).get(_FOUND, {}).items())
        body["named_parameters"] = _named_parameters
    return body


def _told_its_input(cls: type, passes: Passes, usual: Passes) -> dict[str, Any]:
    """Return the methods of a class whose backward gives the derivative at the input it is told.

    By its signature alone such a backward takes the upstream gradient by the name of the input, or
    takes it and forgets it. It is told the input where its callers multiply by what it gives, as
    those of an activation may, and where forward gives one number: a penalty on weights.
    """
    own = _of_object(cls, passes.backward)
    given = method_signature(cls, passes.forward).names
    names = method_signature(cls, passes.backward).required or ()
    others = [name for name in names if name not in given]
    local = len(given) == 1 and given[0] in names and {*others} <= unused_by(cls, passes.backward)
    if not local or remembers(cls, passes):
        return {}
    of_function = kind_of(cls.__name__) == "activation"
    multiplied = of_function and result_is_multiplied(getattr(cls, passes.backward))
    if of_function and not multiplied:
        return {}

    @functools.wraps(own)
    def backward(self: Any, upstream: Any) -> Any:
        (x, *_), _ = getattr(self, _SEEN)
        if not multiplied and np.size(x) <= np.size(upstream):
            return own(self, *(upstream for _ in names))
        return upstream * own(self, *(x if name in given else upstream for name in names))

    return {
        usual.forward: _remembering(_of_object(cls, passes.forward)),
        usual.backward: _taking(backward, others[:1] or ["upstream"]),
    }


def _lists_in_pairs(cls: type) -> dict[str, Any]:
    """Return what lists the parameters of a class whose ``param()`` gives each with its gradient.

    In what it gives there may be other things as well; then it lists nothing, and is not asked.
    """
    if not has_method(cls, _PAIRS) or method_signature(cls, _PAIRS).required != ():
        return {}

    def listed(self: Any, place: int) -> list[tuple[str, Any]]:
        own = {id(value): name for name, value in vars(self).items()}
        pairs = [_pair(item) for item in getattr(self, _PAIRS)()]
        return [(own.get(id(p[0]), f"param {i}"), p[place]) for i, p in enumerate(pairs)]

    return {
        "named_parameters": lambda self: listed(self, 0),
        "named_gradients": lambda self: listed(self, 1),
    }


def _pair(item: Any) -> tuple[Any, Any]:
    """Return a parameter and its gradient, None so far, which come as a pair or as an object."""
    value, gradient = item if isinstance(item, tuple | list) else (item.value, item.grad)
    if not hasattr(value, "shape"):
        raise TypeError("not a parameter with its gradient")
    return value, gradient


def _but_for_settings(self: Any) -> list[tuple[str, Any]]:
    """Return no parameters for a layer whose ``params`` are settings: numbers, no arrays.

    Raises
    ------
    TypeError
        For any other: it lists none.
    """
    held = getattr(self, "params", None)
    if not isinstance(held, dict) or any(map(np.ndim, held.values())):
        raise TypeError("not known to be settings")
    return []


def _is_static(cls: type, name: str) -> bool:
    return isinstance(inspect.getattr_static(cls, name), staticmethod | classmethod)


def _of_object(cls: type, name: str) -> Callable[..., Any]:
    """Return a method as it is called with its object first, also one that takes none."""
    own: Callable[..., Any] = getattr(cls, name)
    if not _is_static(cls, name):
        return own

    @functools.wraps(own)
    def method(self: Any, *args: Any, **settings: Any) -> Any:
        return own(*args, **settings)

    return method


def _fills(names: Sequence[str], given: Sequence[str], unused: set[str]) -> dict[str, str] | None:
    """Return which parameters of backward are the input or the output, by their names, or nothing.

    None where one of several is neither, nor anything else that is known.
    """
    if len(given) > 1 and (of_cell := _fills_of_cell(names)):
        return of_cell
    unused = {n for n in unused.intersection(names) if not _is_upstream(n)}
    if len(unused) == len(names):  # a template
        unused = set()
    own = {n: "input" for n in names if n in given[:1]} | dict.fromkeys(unused, "nothing")
    names = [n for n in names if n not in {*_KNOWN, *given, *unused}]
    upstream = [n for n in names if _is_upstream(n)]
    if len(names) <= 1:
        return own
    if len(upstream) != 1:
        return None
    fills = own | {n: _role(n) for n in names if n not in upstream}
    return fills if all(fills.values()) else None


def _fills_of_cell(names: Sequence[str]) -> dict[str, str]:
    """Return which parameters of a recurrent cell's backward are what, if one is its old state.

    >>> _fills_of_cell(["delta", "h", "h_prev_l", "h_prev_t"])
    {'h': 'output', 'h_prev_l': 'input', 'h_prev_t': 'state'}
    >>> _fills_of_cell(["dout", "cache"])
    {}
    """
    upstream, *others = names or [""]
    meant = {
        n: next((role for role, known in _OF_CELLS.items() if known.fullmatch(n.lower())), "")
        for n in others
    }
    roles = list(meant.values())
    told = "state" in roles and all(roles) and len({*roles}) == len(roles)
    return meant if told and _is_upstream(upstream) else {}


def _is_upstream(name: str) -> bool:
    return is_upstream_name(name) or bool(_UPSTREAM.fullmatch(name))


def _role(name: str) -> str:
    low = name.lower()
    if _INPUT.fullmatch(low):
        return "input"
    return "output" if _OUTPUT.fullmatch(low) else ""


def _is_of_both(cls: type, name: str) -> bool:
    """Return whether a method takes an input and an upstream gradient, by position."""
    names = method_signature(cls, name).required if name else None
    return names is not None and len(names) == 2 and _role(names[0]) == "input"


def _remembering(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return a forward that keeps what it was given and what it gave."""

    @functools.wraps(forward)
    def remembering(self: Any, *args: Any, **settings: Any) -> Any:
        out = forward(self, *args, **settings)
        setattr(self, _SEEN, (args, out))
        return out

    return remembering


def _filling(
    backward: Callable[..., Any], names: Sequence[str], fills: dict[str, str], more: str
) -> Callable[..., Any]:
    """Return a backward that is given the rest alone, and works out all gradients."""
    rest = [name for name in names if name not in fills]

    @functools.wraps(backward)
    def filling(self: Any, *args: Any) -> Any:
        took, out = getattr(self, _SEEN)
        x, state = (*took, None, None)[:2]
        seen = {"input": x, "state": state, "output": out, "nothing": None}
        given = dict(zip(rest, args, strict=False))
        handed = [seen[fills[name]] if name in fills else given[name] for name in names]
        answer = backward(self, *handed)
        upstream = next(value for name, value in given.items() if name not in _KNOWN)
        if isinstance(answer, tuple) and len(answer) == 2 and more:  # at the sum, at the input
            upstream, answer = answer
        if more:
            _keep_gradients(self, getattr(self, more)(x, upstream))
        return answer

    return _taking(filling, rest)


def _taking(method: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Return a method that says that it takes arguments of these names."""
    where = inspect.Parameter.POSITIONAL_OR_KEYWORD
    own = [inspect.Parameter(name, where) for name in ("self", *names)]
    method.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    return method


def _keep_gradients(layer: Any, found: Any) -> None:
    """Keep gradients, which come in the order of the parameters, under the names of these.

    Where none are returned, they are left in attributes: ``_gradient`` for ``_parameters``.
    """
    if isinstance(found, tuple | list):
        names = [name for name, _ in _named_parameters(layer)]
        setattr(layer, _FOUND, dict(zip(names, found, strict=False)))
    elif found is None:
        left = {name: getattr(layer, twin) for name, twin in _twins(layer).items()}
        setattr(layer, _FOUND, left)


def _twins(layer: Any) -> dict[str, str]:
    """Return the arrays of a layer that are called parameters, each with that of its gradient."""
    held = {n for n, v in vars(layer).items() if isinstance(v, np.ndarray)}
    named = {name: re.sub("param(eter)?s?", "gradient", name) for name in held}
    return {name: twin for name, twin in named.items() if twin != name and twin in held}


def _named_parameters(layer: Any) -> list[tuple[str, Any]]:
    """Return what a layer lists as its parameters, by the names of its attributes."""
    arrays = None
    with contextlib.suppress(Exception):  # somebody's method, perhaps still to be written
        listed = next((getattr(layer, n) for n in _PARAMETERS if hasattr(layer, n)), None)
        arrays = listed() if callable(listed) else listed
    own = {id(v): name for name, v in vars(layer).items() if isinstance(v, np.ndarray)}
    if not isinstance(arrays, tuple | list):
        return [(name, getattr(layer, name)) for name in _twins(layer)]
    return [(own[id(a)], a) for a in arrays if id(a) in own]
