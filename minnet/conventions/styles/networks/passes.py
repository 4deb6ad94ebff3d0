"""The passes of a whole network: which methods they are, and what each of them is told.

Its backward is told the targets, or the network holds them. What the arguments of its methods
are, their names tell: the data, the targets, a rate, how many samples there are, a state to
begin with, or what forward has given.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from minnet.gradcheck.under_test.signatures import method_signature, names_returned, unwrapped
from minnet.gradcheck.under_test.spellings import LATER_LEARNING_RATES, LEARNING_RATES

_FORWARD = re.compile(
    r"(feed_?)?(forward|fwd)(_?(pass|prop\w*|feed))?|f_?prop|feed|predict(_proba)?|__call__|"
    r"(evaluate|apply|run|compute)_?(classifier|network|forward)|propagate",
    re.I,
)
_BACKWARD = re.compile(
    r"back_?prop\w*|(backward|bwd)(_?(pass|prop\w*))?|b_?prop|back_?pass|"
    r"((compute|calc(ulate)?|get|eval(uate)?)_?)?grad(ient)?s?",
    re.I,
)
_COST = re.compile(r"\w*(loss|cost|objective|entropy)\w*|J", re.I)
#: what does more than work a cost out, or something else
_NO_COST = re.compile(r"grad|deriv|prime|back|delta|d_|plot|print|log_|history|update", re.I)
_ROLES = (
    ("data", r"[Xx](_?(train|batch|data|in(put)?s?))?|in(put)?s?(_?(data|batch|layer|list|array))?"
             r"|data|features|images?|samples?|batch(_?x)?"),
    ("target", r"[YyTt](_?(train|batch|true|one_?hot|hot|target|real))?|(target|label)s?"
               r"(_?(list|array|vector|y))?|expected\w*|desired\w*|one_?hots?\w*|actual\w*|"
               r"(ground_?)?truths?|answers?|correct\w*|real\w*|gt"),
    ("count", r"[mnN]|batch_?size|n(um)?_?(samples|examples)"),
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


@dataclass(frozen=True)
class Called:
    """A method: what each argument is that a call has to give, and what its ``return`` lists."""

    name: str
    roles: Mapping[str, str]
    returned: Sequence[str]


@dataclass(frozen=True)
class Passes:
    """The two passes of a network, and the methods that may give its cost.

    Attributes
    ----------
    forward, backward : Called
    costs : tuple of Called
    held : dict of str to str
        The attributes that hold the data and the targets, where forward takes no data.
    adds : bool
        Whether something in the class adds its gradients, times a rate, to the weights.
    """

    forward: Called
    backward: Called
    costs: tuple[Called, ...]
    held: Mapping[str, str]
    adds: bool


def passes_in(cls: type) -> Iterator[Passes]:
    """Yield what may be the passes of a class, if it is a network, the likeliest first."""
    methods = methods_of(cls)
    costs = [m for n, m in methods.items() if _COST.fullmatch(n) and not _NO_COST.search(n)]
    known = tuple(c for c in (_called(cls, name) for name in costs) if c is not None)
    for backward in _matching(cls, methods, _BACKWARD):
        for forward in map(_of_data, _matching(cls, methods, _FORWARD)):
            if forward is None:
                continue
            held = {} if forward.roles else _held(cls, forward, backward)
            if "target" in {*backward.roles.values(), *held.values()}:
                yield Passes(forward, backward, known, held, _adds_its_steps(cls))


def _of_data(forward: Called) -> Called | None:
    """Return a forward that takes data, whatever their name, or nothing; None if it takes more."""
    roles = dict(forward.roles)
    data = [name for name, role in roles.items() if role in ("data", "memory")]
    if len(data) == 1:
        roles[data[0]] = "data"
    if len(data) > 1 or {*roles.values()} - {"data", "state"}:
        return None
    return Called(forward.name, roles, forward.returned)


def _called(cls: type, name: str) -> Called | None:
    required = method_signature(cls, name).required
    if required is None:
        return None
    returned = names_returned(unwrapped(getattr(cls, name)))
    return Called(name, {n: role_of(n) for n in required}, returned)


def _matching(cls: type, methods: Mapping[str, str], pattern: re.Pattern[str]) -> list[Called]:
    names = [method for plain, method in methods.items() if pattern.fullmatch(plain)]
    return [c for c in (_called(cls, name) for name in names) if c is not None]


def _held(cls: type, *methods: Called) -> dict[str, str]:
    """Return the attributes in the code of some methods that are data or targets by their name."""
    code = (getattr(unwrapped(getattr(cls, m.name)), "__code__", None) for m in methods)
    roles = {name: role_of(name) for each in code for name in getattr(each, "co_names", ())}
    return {name: role for name, role in roles.items() if role in ("data", "target")}


def _adds_its_steps(cls: type) -> bool:
    try:
        source = inspect.getsource(cls)
    except (OSError, TypeError):
        return False
    return bool(re.search(rf"\+=?\s*(self\.)?_*({'|'.join(RATES)})\b", source))
