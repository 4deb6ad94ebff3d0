"""The passes of a whole network: which methods they are, and what each of them is told.

Its backward is told the targets, or the network holds them. What the arguments of its methods
are, their names tell: the data, the targets, a rate, how many samples there are, a state to
begin with, or what forward has given.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minnet.gradcheck.under_test.signatures import method_signature, names_returned, unwrapped
from minnet.gradcheck.under_test.spellings import LATER_LEARNING_RATES, LEARNING_RATES
from minnet.patterns import pattern
from minnet.records import NamedTuple

#: one pass of a part, or what only has to do with one
_OF_A_PART = pattern(
    r"linear|activat|layer|cell|single|conv|pool|one_|relu|sigmoid|softmax|tanh|block|norm(?!al)|"
    r"check|num(eric|_)|clip|descent|approx|zero|plot|hidden|error$|loss|cost",
    re.I,
)
_FORWARD = pattern(r"forward|fwd|f_?prop|feed", re.I)
_OTHER_FORWARD = pattern(
    r"__call__|query|think|propagate|hypothesis|((evaluate|apply|run)_?)?(classifier|network)|"
    r"predict(_proba\w*)?|evaluate",
    re.I,
)
_BACKWARD = pattern(r"back_?(ward|prop|pass)|b_?prop|bwd|grad(ient)?s?", re.I)
#: what takes a whole step, forward and backward
_STEPS = pattern(
    r"(train|fit|learn|update)(_?(step|(on_)?batch|one|sample|epoch|network))?|partial_fit|step",
    re.I,
)
_COST = pattern(r"\w*(loss|cost|objective|entropy)\w*|(\w*_)?(mse|sse|nll|bce|cce)(_\w+)?|J", re.I)
#: what does more than work a cost out, or something else
_NO_COST = pattern(r"grad|deriv|prime|back|delta|d_|plot|print|log_|history|update", re.I)
_ROLES = (
    ("data", r"[Xx]1?(_?(train|batch|data|in(put)?s?))*|"
             r"in(put)?s?(_?(data|batch|layer|list|array))?|data|features|images?|samples?|batch(_?x)?|train(ing)?_(set_)?(inputs?|data|x)"),
    ("target", r"[YyTt](_?(train|batch|true|one_?hot|hot|target|real))*|(target|label)s?"
               r"(_?(list|array|vector|y))?|expected\w*|desired\w*|one_?hots?\w*|actual\w*|"
               r"(ground_?)?truths?|answers?|correct\w*|real\w*|gt|"
               r"train(ing)?_(set_)?(outputs?|labels?|targets?|y)"),
    ("times", r"(n(um(ber)?)?_?(of_)?)?(max_|train(ing)?_)?(iter\w*|epochs?|steps|itr)"),
    ("count", r"[mnN](_?(train|batch|samples|examples))?|batch_?size|n(um)?_?(samples|examples)"),
    ("state", r"[hH]_?[st]?_?(prev|0|init)|(prev(ious)?|init(ial)?)_?([hH]|(hidden_?)?state)\w*|"
              r"hidden(_state)?"),
    ("setting", r"lam(bda|da|bd)?_?|lmbda|l2\w*|reg\w*"),
)  # fmt: skip
#: the names of learning rates
RATES = (*LEARNING_RATES, *LATER_LEARNING_RATES, "rate", "step_size")


def role_of(name: str) -> str:
    """Return what an argument is by its name; "memory" is something that forward has given.

    >>> [role_of(name) for name in ("X", "y_true", "lr", "m", "cache")]
    ['data', 'target', 'rate', 'count', 'memory']
    """
    if name.lower() in RATES:
        return "rate"
    return next((role for role, names in _ROLES if re.fullmatch(names, name)), "memory")


def methods_of(cls: type) -> dict[str, str]:
    """Return the methods of a class: by the name that the code has, that of the attribute.

    >>> class Net:
    ...     def __backprop(self): ...
    >>> methods_of(Net)
    {'backprop': '_Net__backprop'}
    """
    found: dict[str, str] = {}
    for owner in reversed(cls.__mro__[:-1]):
        private = f"_{owner.__name__.lstrip('_')}__"
        for name, value in vars(owner).items():
            plain = name if name == "__call__" else name.removeprefix(private).lstrip("_")
            if inspect.isfunction(getattr(value, "__func__", value)):
                found[plain] = name
    return found


class Called(NamedTuple):
    """A method: what each argument is that a call has to give, and what its ``return`` lists."""

    name: str
    roles: Mapping[str, str]
    returned: Sequence[str]


class Passes(NamedTuple):
    """The two passes of a network, and the methods that may give its cost.

    Where it has no forward that gives an output, its cost is that.

    Attributes
    ----------
    forward, backward : Called
    costs : tuple of Called
    held : dict of str to str
        The attributes that hold the data and the targets, where forward takes no data, and how
        many samples there are.
    adds : bool
        Whether something in the class adds its gradients, times a rate, to the weights.
    itself : bool
        Whether the targets may be the data themselves: backward is told nothing else.
    """

    forward: Called
    backward: Called
    costs: tuple[Called, ...]
    held: Mapping[str, str]
    adds: bool
    itself: bool


def passes_in(cls: type) -> Iterator[Passes]:
    """Yield what may be the passes of a class, if it is a network, the likeliest first."""
    methods = {n: m for n, m in methods_of(cls).items() if not _OF_A_PART.search(n)}
    costs = [methods_of(cls)[n] for n in are_costs(methods_of(cls))]
    known = tuple(c for c in (_called(cls, name) for name in costs) if c is not None)
    adds = adds_its_steps(cls)
    forwards = are_forward(methods) + [n for n in methods if _OTHER_FORWARD.fullmatch(n)]
    backwards = are_backward(methods)
    all_in_one = [c for c in known if {*c.roles.values()} == {"data", "target"}]
    for plain in backwards + [n for n in methods if _STEPS.fullmatch(n)]:
        backward = _called(cls, methods[plain], one_step=plain not in backwards)
        usual = [_of_data(_called(cls, methods[n])) for n in forwards if n != plain]
        for forward in usual or all_in_one:
            if backward is not None and forward is not None:
                held = {} if forward.roles else _held(cls, forward, backward)
                roles = {*backward.roles.values(), *held.values()}
                itself = roles - {"count"} == {"data"} and plain in backwards
                if "target" in roles or itself:
                    yield Passes(forward, backward, known, held, adds, itself)


def are_forward(names: Iterable[str]) -> list[str]:
    """Return the names that are those of the forward pass of a whole network.

    >>> are_forward(["forward_prop", "linear_forward", "backward", "feedforward"])
    ['forward_prop', 'feedforward']
    """
    whole = (n for n in names if not _OF_A_PART.search(n))
    return [n for n in whole if _FORWARD.search(n) and not _BACKWARD.search(n)]


def are_backward(names: Iterable[str]) -> list[str]:
    """Return the names that are those of the backward pass of a whole network."""
    return [n for n in names if _BACKWARD.search(n) and not _OF_A_PART.search(n)]


def are_costs(names: Iterable[str]) -> list[str]:
    """Return the names that are those of what works out a cost."""
    return [n for n in names if _COST.fullmatch(n) and not _NO_COST.search(n)]


def _of_data(forward: Called | None) -> Called | None:
    """Return a forward that takes data, whatever their name, or nothing; None if it takes more."""
    if forward is None:
        return None
    roles = dict(forward.roles)
    data = [name for name, role in roles.items() if role in ("data", "memory")]
    if len(data) == 1:
        roles[data[0]] = "data"
    if len(data) > 1 or {*roles.values()} - {"data", "state"}:
        return None
    return Called(forward.name, roles, forward.returned)


def _called(cls: type, name: str, one_step: bool = False) -> Called | None:
    """Return a method with what its arguments are; of what trains, how often is one of them."""
    signature = method_signature(cls, name)
    if signature.required is None:
        return None
    roles = {n: role_of(n) for n in signature.required}
    if one_step:
        roles = {n: "times" if role == "count" else role for n, role in roles.items()}
        roles |= {n: r for n in signature.names if (r := role_of(n)) in ("times", "rate")}
    return Called(name, roles, names_returned(unwrapped(getattr(cls, name))))


def _held(cls: type, *methods: Called) -> dict[str, str]:
    """Return the attributes in the code of some methods that hold the data, by their names."""
    code = (getattr(unwrapped(getattr(cls, m.name)), "__code__", None) for m in methods)
    roles = {name: role_of(name) for each in code for name in getattr(each, "co_names", ())}
    return {name: role for name, role in roles.items() if role in ("data", "target", "count")}


def adds_its_steps(code: Any) -> bool:
    """Return whether a class, or a module, adds something times a learning rate."""
    try:
        source = inspect.getsource(code)
    except (OSError, TypeError, SyntaxError):  # or Python 2
        return False
    return bool(re.search(rf"\+=?\s*(self\.)?_*({'|'.join(RATES)})\b", source))
