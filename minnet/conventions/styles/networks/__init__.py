"""Whole networks that are trained: ``forward(X)`` beside ``backward(X, y)``, however it is called.

- ``backward(X, y, out)`` that updates the weights, ``back_propagation(cache, Y)`` of private
  methods, ``compute_gradients(X, Y)``, ``gradient(x, t)``, ``backprop(x, y) -> nabla_b, nabla_w``
- ``feedforward()`` and ``backprop()`` of a network that holds its data
- the same as plain functions that are told the weights (`functions`)
- ``forward(inputs, h_prev)`` and ``backward(xs, hs, ps, targets)`` of characters

Each is made small (`making`), given data of a shape that its forward takes (`layouts`), and
judged by its own cost, or by one that networks have (`judging`).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.blame import in_words
from minnet.conventions.guessing.dress import dressed
from minnet.conventions.samples import SHAPES_SEED, Rng, Sample
from minnet.conventions.styles.networks.functions import networks_of
from minnet.conventions.styles.networks.judging import Judge, judge
from minnet.conventions.styles.networks.layouts import Layout, layouts_of
from minnet.conventions.styles.networks.making import SAMPLES, made
from minnet.conventions.styles.networks.passes import passes_in
from minnet.conventions.styles.networks.running import Network, Ran
from minnet.conventions.styles.style import Styled, Way
from minnet.conventions.subject import enabling_calls, enabling_object
from minnet.gradcheck.under_test.crash import locate
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.records import replace
from minnet.report.results import Skipped

STYLE = "network"
_NO_WAY = "no data and no cost were found by which its gradients could be judged"
_Judged = tuple[Network, Layout, Judge]


def find(namespace: Mapping[str, Any]) -> Iterator[Styled | Skipped]:
    """Yield the networks among the classes of a file."""
    for name, cls in namespace.items():
        known = [*passes_in(cls)] if inspect.isclass(cls) else []
        for passes in known:
            rng = np.random.default_rng(SHAPES_SEED)
            nets = (Network(net, passes) for net in made(cls, rng))
            if (found := _found(name, cls, nets, rng)) is not None:
                yield found
                break
        else:
            if known and passes_of(dressed(cls)) is None:
                why = _never_made(cls) or f"{_NO_WAY}; {enabling_object(cls, 'X, y')}"
                yield Skipped(name, why)


def _never_made(cls: type) -> str:
    """Return what a constructor raises by itself, which may be called without arguments, or ""."""
    if signature_of(cls).required != ():
        return ""
    try:
        cls()
    except (AttributeError, NameError) as error:
        line, _ = locate(error)
        where = f" ({Path(line.file).name}, line {line.number})" if line is not None else ""
        return f"without arguments its constructor raises {in_words(error)}{where}" if where else ""
    except Exception:  # of what it reads, perhaps
        return ""
    return ""


def find_functions(namespace: Mapping[str, Any]) -> Iterator[Styled | Skipped]:
    """Yield the networks among the functions of a file, each function in one of them at most.

    A cost in the file is theirs where the gradients are right by it, and may be another's.
    """
    taken, unclear = set[str](), dict[str, Skipped]()
    for network in networks_of(namespace):
        if isinstance(network, Skipped):
            unclear.setdefault(network.name, network)
            continue
        name, cls, passes, nets, claims, supposed = network
        rng = np.random.default_rng(SHAPES_SEED)
        of_any_cost = passes._replace(costs=())
        both = (passes, of_any_cost) if passes.costs else (passes,)
        networks = (Network(net, one) for one in both for net in nets)
        forward, backward = claims
        if backward in taken:
            continue
        found = _found(name, cls, networks, rng, supposed, only_right=forward in taken)
        if found is not None:
            named = backward if forward in taken else name
            taken |= {*claims}
            yield found._replace(name=named, claims=claims)
        elif taken.isdisjoint(claims):
            wanted = signature_of(getattr(cls, name)).names
            unclear.setdefault(name, Skipped(name, f"{_NO_WAY}; {enabling_calls(wanted)}"))
    yield from (skipped for name, skipped in unclear.items() if name not in taken)


def _found(
    name: str, cls: type, networks: Iterable[Network], rng: Rng, supposed: str = "",
    only_right: bool = False,
) -> Styled | None:  # fmt: skip
    """Return how a network is called; None where it is none, or fits no cost that is known.

    Of two functions that may not belong together, `only_right` gradients say that they do.
    """
    found: list[_Judged] = []
    for network in networks:
        found += _judged(network, rng)
        if found and found[-1][2].is_perfect:
            return _styled(name, cls, *max(found, key=_rank), supposed)
    best = max(found, key=_rank, default=None)
    if best is None or only_right or (best[2].doubt and not best[1].counts):
        return None
    return _styled(name, cls, *best, supposed)


def _judged(plain: Network, rng: Rng) -> Iterator[_Judged]:
    """Yield how data may lie, up to a way in which all is right, with what it is judged by."""
    for layout in layouts_of(plain, rng):
        for network in (plain, *(replace(plain, rate=rate) for rate in plain.rates)):
            judged = judge(network, layout, rng)
            if judged is not None:
                yield network, layout, judged
                if judged.is_perfect and layout.counts:
                    return


def _rank(found: _Judged) -> tuple[bool, bool, int]:
    """Return how likely data lie so: the shapes tell, then that there may be several samples.

    Then the more gradients are right the better; a share of a cost may be found in anything.
    """
    _, layout, judged = found
    right = 0 if judged.in_part else len(judged.right) - len(judged.unclaimed)
    return judged.fits, layout.counts, right


def _styled(
    name: str, cls: type, network: Network, layout: Layout, judged: Judge, supposed: str
) -> Styled:
    of, passes = judged.of, network.passes
    words = "; ".join(filter(None, (judged.words, supposed)))

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        weights, (data, target) = dict(zip(of, values, strict=False)), values[len(of) :]
        ran = network.run(weights, data, target, layout.how(layout.samples_in(data)))
        return (np.asarray(judged.cost(ran), dtype=np.float64).reshape(()),), ran

    def backward(upstream: tuple[Array, ...], ran: Ran) -> Any:
        found = ran.gradients()
        return (*(found.get(name) for name in of), None, None)

    def ways(rng: Rng) -> Iterator[Way]:
        samples: list[Sample] = []
        several = (SAMPLES, SAMPLES if judged.in_part else 1)
        for count in several if layout.counts else (1,):
            weights = network.drawn(rng)
            values = (*(weights[name] for name in of), *layout.drawn(rng, count))
            samples.append(Sample(values, (), optional=bool(samples)))
        yield Way(
            forward, backward, tuple(samples), words, of=tuple(range(len(of))),
            guessed=judged.doubt, unclaimed=judged.unclaimed,
        )  # fmt: skip

    code = {"forward": judged.method or passes.forward.name, "backward": passes.backward.name}
    names = [*of, "X", "Y"]
    return Styled(
        name, STYLE, {key: unwrapped(getattr(cls, method)) for key, method in code.items()},
        lambda count: names[:count], ways, (name,), is_loss=True, sure=True,
    )  # fmt: skip
