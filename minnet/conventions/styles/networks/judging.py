"""What a network is judged by: its own cost, or else the one that its gradients are right by.

Where it has no method that gives its cost, that is a guess: of the costs that networks have, up
to a factor which the rate takes in, the one by which most of the gradients are right, those of
the last layer at least. Without one no gradient is called wrong.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.blame import makers_of, missing_attribute
from minnet.conventions.samples import Rng
from minnet.conventions.styles.likelihood import log_of, of_each_output
from minnet.conventions.styles.networks.layouts import Layout, axis_of_classes
from minnet.conventions.styles.networks.making import SAMPLES
from minnet.conventions.styles.networks.passes import Called, Passes
from minnet.conventions.styles.networks.running import Network, Ran
from minnet.gradcheck.under_test.copying import independent
from minnet.records import NamedTuple

Cost = Callable[[Ran], Any]
Factor = Callable[[int, int], float]
Factors = Mapping[str, Factor]
#: what code raises that no argument is to blame for
_OF_THE_CODE = (NameError, AttributeError, NotImplementedError)
#: into how many parts a cost may be divided that the gradients are one of
_PARTS, _EXACT = 1000, 1e-7
_STEP, _ALIKE, _DIRECTIONS = 1e-5, 1e-4, 3


class Judge(NamedTuple):
    """What is taken to be the cost of a network, and of which weights it gives gradients.

    Attributes
    ----------
    of : tuple of str
        The weights that backward gives something for; `fitting` are those of which that has the
        shape, `right` those for which it is right.
    unclaimed : tuple of str
        Those that the output depends on, and that it gives nothing for.
    cost : callable
    words : str
        What is a convention, or a guess, in that.
    method : str
        Which of its own gives that cost, if one does.
    doubt : str
        In words, why nothing is called wrong by that.
    in_part : bool
        Whether a factor is in that which holds for so many samples, as far as is known.
    """

    of: tuple[str, ...]
    fitting: tuple[str, ...]
    right: tuple[str, ...]
    unclaimed: tuple[str, ...]
    cost: Cost
    words: str
    method: str
    doubt: str = ""
    in_part: bool = False

    @property
    def is_perfect(self) -> bool:
        """Whether backward is right by a plain cost, and leaves nothing out."""
        return len(self.right) == len(self.of) and not self.unclaimed and not self.in_part

    @property
    def fits(self) -> bool:
        """Whether every gradient has the shape of its weights."""
        return len(self.fitting) == len(self.of)


def judge(network: Network, layout: Layout, rng: Rng) -> Judge | None:
    """Return what the gradients of a network are judged by; None where it takes other data."""
    try:
        values, how = network.drawn(rng), layout.how(SAMPLES)
        data = layout.drawn(rng, SAMPLES)
        ran = network.run(values, *data, how)
        output = ran.output.copy()
        try:
            found = ran.gradients()
        except _OF_THE_CODE as error:
            of_the_code = type(error) in _OF_THE_CODE and not _is_made_later(error, ran.thing)
            return _broken(ran, tuple(values)) if of_the_code else None
        claims = {n: np.asarray(found[n], dtype=float) for n in values if n in found}
        fitting = {n: c for n, c in claims.items() if c.shape == values[n].shape}
        if not any(claim.size > 1 and claim.any() for claim in fitting.values()):
            return None
        if not all(np.isfinite(claim).all() for claim in claims.values()):
            return None
        probes = [*_probes(network, values, fitting, (*data, how), rng)]
        others = {n: {**values, n: values[n] + 0.1} for n in values if n not in claims}
        moved = {n: network.run(changed, *data, how).output for n, changed in others.items()}
    except Exception:
        return None
    unclaimed = tuple(n for n, out in moved.items() if not np.array_equal(out, output))
    if len(unclaimed) > len(fitting):
        return None  # what it gives is not about its weights
    return _best(network.passes, probes, tuple(claims), unclaimed)


def _is_made_later(error: BaseException, thing: Any) -> bool:
    """Return whether an attribute is missing that another method makes, which was not called."""
    name = missing_attribute(error, thing)
    return bool(name) and any(makers_of(type(thing), name))


def _broken(ran: Ran, of: tuple[str, ...]) -> Judge | None:
    """Return by what a network would be judged, the backward of which cannot run."""
    for called in ran.network.passes.costs:
        cost = _own_cost(called)
        with contextlib.suppress(Exception):
            if np.isfinite(np.asarray(cost(ran)).item()):
                return Judge(of, (), (), (), cost, "", called.name)
    return None


class _Probe(NamedTuple):
    """A step of one of the weights to either side, and what the gradient says of it."""

    name: str
    claimed: float
    ahead: Ran
    behind: Ran


def _probes(
    network: Network, values: Mapping[str, Array], claims: Mapping[str, Array],
    data: tuple[Any, ...], rng: Rng,
) -> Iterator[_Probe]:  # fmt: skip
    for name, claim in claims.items():
        for _ in range(_DIRECTIONS):
            move = np.asarray(_STEP * rng.standard_normal(claim.shape))
            ahead, behind = ({**values, name: values[name] + side * move} for side in (1, -1))
            claimed = float(np.sum(claim * move)) / _STEP
            yield _Probe(name, claimed, network.run(ahead, *data), network.run(behind, *data))


# --- the costs that a network may mean --------------------------------------------------------


def _squares(ran: Ran) -> Any:
    return np.sum((ran.output - ran.target) ** 2)


def _cross_entropy(ran: Ran) -> Any:
    return -np.sum(ran.target * log_of(ran.output))


def _of_each_output(ran: Ran) -> Any:
    return of_each_output(ran.output, ran.target)


def _after_softmax(ran: Ran) -> Any:
    out, target = ran.output, ran.target
    axis = axis_of_classes([None if n == SAMPLES else n for n in out.shape])
    return np.sum(np.logaddexp.reduce(out, axis=axis)) - np.sum(target * out)


_COSTS: tuple[tuple[Cost, str], ...] = (
    (_squares, "the sum of squares"),
    (_cross_entropy, "the cross-entropy"),
    (_of_each_output, "the cross-entropy of each output"),
    (_after_softmax, "the cross-entropy after a softmax"),
)
#: by what a cost may be multiplied, in words, with the numbers of samples and of outputs
_FACTORS: Factors = {
    "{}": lambda n, size: 1.0,
    "half {}": lambda n, size: 0.5,
    "twice {}": lambda n, size: 2.0,
    "{} over the number of samples": lambda n, size: 1 / n,
    "half {} over the number of samples": lambda n, size: 0.5 / n,
    "twice {} over the number of samples": lambda n, size: 2 / n,
    "{} over the number of values in the output": lambda n, size: 1 / size,
    "half {} over the number of values in the output": lambda n, size: 0.5 / size,
    "twice {} over the number of values in the output": lambda n, size: 2 / size,
    "{} times the number of samples": lambda n, size: float(n),
}
_GUESSED = "backward is judged by {}: the network has no method that gives its cost"
_UNKNOWN = "backward is judged by {}: what its own cost is was not found out"
_OWN = "backward is judged by {}: a convention"
_MINUS, _OF_STEPS = "minus ", ", which the step adds"
_UPHILL = f"{_MINUS}{{}}{_OF_STEPS}"
_LIKELIHOOD = (
    "backward is judged by minus its own cost: that is negative, so a likelihood, or it lacks a "
    "minus; training goes down by these gradients"
)
_SHARE = "{:.4g} times {{}}"
_OF_NONE = "its gradients are not those of its own cost, as the two were called here"


def _best(
    passes: Passes, probes: Sequence[_Probe], of: tuple[str, ...], unclaimed: tuple[str, ...]
) -> Judge | None:
    """Return the cost by which the most gradients are right, the network's own if it has one."""
    names = {_own_cost(called): called.name for called in passes.costs}
    own = [*_followed([(cost, "its own cost") for cost in names], probes)]
    sides = (1, -1) if passes.adds else (1,)
    found = [_scored(one, side) for one in own or _followed(_COSTS, probes) for side in sides]
    last = {name: i for i, name in enumerate(of)}  # nearer to the cost
    best = max(
        found, default=None,
        key=lambda one: (len(one.right), max((last[n] for n in one.right), default=0)),
    )  # fmt: skip
    if best is None:
        return None
    turned = (_scored(one, -1) for one in own or _followed(_COSTS, probes))
    if not best.right and (wrong := next((o for o in turned if len(o.right) == len(of)), None)):
        if any(one.cost is wrong.cost and one.below_zero for one in own):
            method = names.get(wrong.cost, "")
            return Judge(of, of, of, unclaimed, wrong.scaled, _LIKELIHOOD, method)
        return _turned(wrong, of, unclaimed, _OWN if own else _GUESSED, names)
    if not own and (passes.costs or passes.itself or not best.right) and len(best.right) < len(of):
        return None  # a cost is there that could not be worked out, or there need not be one
    words = (_OWN if own else _UNKNOWN if passes.costs else _GUESSED).format(best.said)
    return Judge(
        of,
        tuple(dict.fromkeys(probe.name for probe in probes)),
        tuple(best.right),
        unclaimed,
        best.scaled,
        "" if best.said == "its own cost" else words,
        names.get(best.cost, ""),
        "" if best.right else _OF_NONE,
        best.in_part,
    )


def _turned(
    wrong: _Scored, of: tuple[str, ...], unclaimed: tuple[str, ...], words: str,
    names: Mapping[Cost, str],
) -> Judge:  # fmt: skip
    """Return what a network is judged by all the gradients of which have the wrong sign."""
    said = words.format(wrong.said.removeprefix(_MINUS).removesuffix(_OF_STEPS))
    method = names.get(wrong.cost, "")
    return Judge(of, of, (), unclaimed, lambda ran: -wrong.scaled(ran), said, method)


class _Followed(NamedTuple):
    """A cost, in words, how much it changes along each probe, and whether it is negative there."""

    cost: Cost
    said: str
    probes: Sequence[_Probe]
    changes: Sequence[float]
    below_zero: bool


def _followed(costs: Iterable[tuple[Cost, str]], probes: Sequence[_Probe]) -> Iterator[_Followed]:
    """Yield the costs that give a number wherever they are asked."""
    for cost, said in costs:
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            ends = [[np.asarray(cost(ran)).item() for ran in (p.ahead, p.behind)] for p in probes]
            changes = np.diff(np.array(ends, dtype=np.float64)[:, ::-1]).ravel() / (2 * _STEP)
            if np.isfinite(changes).all() and changes.any():
                yield _Followed(cost, said, probes, changes.tolist(), bool(np.max(ends) < 0))


class _Scored(NamedTuple):
    """A cost with a factor, in words and as a number, and which gradients are right by it."""

    right: list[str]
    cost: Cost
    said: str
    times: Factor
    in_part: bool = False

    def scaled(self, ran: Ran) -> Any:
        return self.times(ran.how.count, ran.output.size) * self.cost(ran)


def _own_cost(called: Called) -> Cost:
    return lambda ran: ran.call(called, independent(ran.thing))


def _scored(followed: _Followed, side: int) -> _Scored:
    """Return which gradients are right by a cost, with the factor by which the most of them are.

    Where no plain factor makes any right, it may be a share that all of the gradients have.
    """
    plain = max(_with_factors(followed, side, _FACTORS), key=lambda one: len(one.right))
    if plain.right or (share := _share(followed, side)) is None:
        return plain
    factors = {_SHARE.format(share): lambda n, size: share}
    found = next(_with_factors(followed, side, factors))
    whole = len(found.right) * _DIRECTIONS == len(followed.probes)
    return found._replace(in_part=True) if whole else plain


def _with_factors(followed: _Followed, side: int, factors: Factors) -> Iterator[_Scored]:
    """Yield which gradients are right by a cost with each of the factors."""
    ran = followed.probes[0].ahead
    for said, times in factors.items():
        c = side * times(ran.how.count, ran.output.size)
        pairs = zip(followed.probes, followed.changes, strict=True)
        near = [p.name for p, x in pairs if abs(p.claimed - c * x) <= _ALIKE * abs(c * x)]
        right = [n for n, k in Counter(near).items() if k == _DIRECTIONS]
        words = said.format(followed.said)
        words = words if side > 0 else _UPHILL.format(words)
        yield _Scored(right, followed.cost, words, _signed(times, side))


def _share(followed: _Followed, side: int) -> float | None:
    """Return the factor that most gradients have to a cost, if it is a plain fraction."""
    with np.errstate(all="ignore"):
        claimed = np.array([probe.claimed for probe in followed.probes])
        ratio = side * float(np.median(claimed / np.array(followed.changes)))
    share = Fraction(ratio).limit_denominator(_PARTS) if np.isfinite(ratio) else Fraction(0)
    return float(share) if share > 0 and abs(float(share) - ratio) <= _EXACT * ratio else None


def _signed(times: Factor, side: int) -> Factor:
    return lambda n, size: side * times(n, size)
