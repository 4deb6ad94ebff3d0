"""From analytic and numeric gradients with error bars to a verdict on each gradient.

A gradient is wrong when analytic and numeric differ by more than the error bar, right when
they agree within it and the bar is small enough to mean something, inconclusive otherwise.
A tensor is screened along random directions, which see one wrong element among many; single
elements are measured where the screen fails or cannot tell, and a few of them always.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.measure.probe import Probe, Sums, gather, reach_of
from minnet.gradcheck.options import ElementCount
from minnet.gradcheck.verdict.claims import Claims
from minnet.report.results import Elements, GradientResult, Verdict, Worst, worst_of

#: random directions per tensor
DIRECTIONS = 2
#: screened together, a variable has been seen if the error bar is below this share of its gradient
SEEN_TOGETHER = 3e-8
#: an error bar above this share of the gradient says nothing
MEANINGFUL = 0.2
#: a gradient within this share of what the outputs could do counts as zero
NEGLIGIBLE = 1e-6
#: round-off allowed to the analytic gradient, in units of the forward pass's own
ROUNDING = 64.0
#: how far beside a kink to look, as a fraction of the typical size
BESIDE = 1e-3
#: points close by whose gradients a claim at a kink may equal
NEIGHBOURS = 12
#: elements measured one by one when all is well (none where there are more than so many
#: variables: a network, whose layers are better checked one by one), and at most beside a kink
SAMPLE, SAMPLE_VARIABLES, KINK_SAMPLE = 1, 4, 256
#: seconds that one gradient's elements may take when the screen fails
ELEMENT_SECONDS = 1.5


@dataclass(frozen=True)
class Agreement:
    """Analytic against numeric along one direction, or over the elements measured."""

    verdict: Verdict
    difference: float
    error_bar: float
    size: float


def judge(
    probe: Probe,
    name: str,
    claims: Claims,
    weight: Array,
    elements: ElementCount = None,
    screen: list[Agreement] | None = None,
) -> GradientResult:
    """Reach the verdict on the gradient of variable `name`.

    Parameters
    ----------
    probe : Probe
    name : str
        A variable for which ``claims.at(weight)`` has a gradient.
    claims : Claims
    weight : array (m,)
        The upstream gradient, random and without zeros; 1 for a loss.
    elements : int or "all", optional
        How many elements to measure one by one, whatever the screen says.
    screen : list of Agreement, optional
        What `screen_together` found for this variable.

    Returns
    -------
    GradientResult
        Without a diagnosis.
    """
    if not len(weight):  # an empty batch: no output, so nothing depends on anything
        zero = not claims.at(weight)[name].any()
        verdict: Verdict = "pass" if zero else "fail"
        return _result(probe, name, verdict, [], Elements.empty(probe.size[name].ndim))
    kinks = False
    if not screen:
        screen, kinks = _screen(probe, name, claims, weight)
    verdict = worst_of(s.verdict for s in screen)
    chosen = _choose_elements(probe, name, elements, verdict, kinks)
    patient = elements is not None
    measured = _measure_elements(probe, name, claims, weight, chosen, patient)
    if verdict == "fail" and not measured.wrong.any() and len(measured) < probe.size[name].size:
        found = _search(probe, name, claims, weight)
        measured = _joined(measured, _measure_elements(probe, name, claims, weight, found, patient))
    kinks = kinks or bool(measured.at_kink.any())
    if kinks and not (measured.wrong & ~measured.at_kink).any():
        # Where slopes are one-sided, directions do not add up: judge the elements, each by its
        # own interval, and the directions at a point beside the kinks.
        nearby = _screen_beside(probe, name, weight)
        if measured.wrong.any() and nearby != "fail":
            measured = _excused(probe, name, weight, measured)
        wrong = nearby == "fail" or measured.wrong.any()
        verdict = "fail" if wrong else nearby
        if verdict == "inconclusive":
            verdict = _verdict_of_elements(measured)
    elif measured.wrong.any():
        verdict = "fail"
    elif verdict == "fail":
        # Nothing wrong found one by one: believe the screen only if it repeats itself.
        screen = _screen(probe, name, claims, weight)[0]
        verdict = worst_of(s.verdict for s in screen)
    elif verdict == "inconclusive":
        verdict = _verdict_of_elements(measured)
    if verdict == "inconclusive" and _is_nothing(probe, name, claims, weight, measured):
        verdict = "pass"
    elif verdict == "fail" and not kinks and _is_round_off(probe, name, claims, weight, measured):
        verdict, measured = "pass", replace(measured, wrong=np.zeros(len(measured), bool))
    return _result(probe, name, verdict, screen, measured)


def _is_nothing(probe: Probe, name: str, claims: Claims, weight: Array, measured: Elements) -> bool:
    """Return whether the gradient is zero beside what the outputs do further away.

    All outputs of a dead ReLU are 0, and nothing at the point itself says what is small.
    """
    reach = float(np.linalg.norm(weight * probe.far()))
    smooth = ~measured.at_kink
    sizes = probe.size[name][tuple(measured.index.T)]
    claimed = (claims.at(weight)[name] * probe.size[name]).ravel()
    if len(measured) and not smooth.all():
        claimed = (measured.analytic * sizes)[smooth]
    bar = float((measured.error_bar * sizes)[smooth].max(initial=0.0))
    zero = ROUNDING * np.finfo(float).eps * reach
    return bool(smooth.any() and np.linalg.norm(claimed) <= zero and bar <= NEGLIGIBLE * reach)


def _is_round_off(
    probe: Probe, name: str, claims: Claims, weight: Array, measured: Elements
) -> bool:
    """Return whether what differs is round-off in backward.

    Where every sample is saturated, it takes two numbers near 1 from each other, and of a
    derivative of 1e-20 nothing is left.
    """
    direction = probe.random_direction(name)
    value, bar = gather(probe.along(name, direction, weight), weight, kinks=True)
    analytic = claims.at(weight)[name]
    apart = np.abs(measured.analytic - measured.numeric) - measured.error_bar
    off = abs(float((analytic * direction).sum()) - value) - bar
    limit = ROUNDING * min(probe.relative_noise, NEGLIGIBLE)
    for slack in claims.round_off(name, weight, measured.index[measured.wrong], limit):
        if not np.all(apart <= slack) or off > slack * float(np.linalg.norm(direction)):
            return False
    return True


# --- the screen ---------------------------------------------------------------------------


def screen_together(probe: Probe, claims: Claims, weight: Array) -> dict[str, list[Agreement]]:
    """Screen all variables at once, along random directions in which all of them move.

    Most layers are right, and this says so at the price of a single variable. A variable is
    left out of the result, to be screened alone, where the directions disagree, meet a kink, or
    see too little of it beside the others.
    """
    gradients = claims.at(weight)
    if not gradients:
        return {}
    agreements: dict[str, list[Agreement]] = {name: [] for name in gradients}
    for _ in range(DIRECTIONS):
        directions = {name: probe.random_direction(name) for name in gradients}
        found = probe.along_all(directions, weight)
        numeric, bar = gather(found, weight, kinks=False)
        terms = {name: gradients[name] * v for name, v in directions.items()}
        sizes = {name: float(np.linalg.norm(term)) for name, term in terms.items()}
        bar += ROUNDING * probe.relative_noise * sum(sizes.values())
        difference = abs(sum(float(term.sum()) for term in terms.values()) - numeric)
        if found.at_kink.any() or not difference <= bar:
            return {}
        for name, size in sizes.items():
            if bar <= SEEN_TOGETHER * size:
                agreements[name].append(Agreement("pass", difference, bar, size))
    return {name: found for name, found in agreements.items() if len(found) == DIRECTIONS}


def _screen(probe: Probe, name: str, claims: Claims, weight: Array) -> tuple[list[Agreement], bool]:
    """Compare along random directions; outputs at a kink are set aside, which is reported."""
    agreements, kinks = [], False
    for _ in range(DIRECTIONS):
        direction = probe.random_direction(name)
        found = probe.along(name, direction, weight)
        smooth = np.where(found.at_kink, 0.0, weight)
        kinks = kinks or bool(found.at_kink.any())
        if found.at_kink.any() and not (claims.adjustable and smooth.any()):
            continue  # the elements decide
        try:
            analytic = claims.at(smooth)[name] * direction
        except (KeyError, CodeError):
            analytic = claims.at(weight)[name] * direction
        numeric, bar = gather(found, smooth, kinks=False)
        agreements.append(_compare(probe, analytic, numeric, bar, reach_of(found, smooth)))
    return agreements, kinks


def _excused(probe: Probe, name: str, weight: Array, measured: Elements) -> Elements:
    """Take back "wrong" where, at a kink, the claim is a gradient that holds close by.

    Where three entries of a sort are equal, the claim for one may be what holds for an order
    of the three that no step along a single element leads to.
    """
    flat = np.ravel_multi_index(tuple(measured.index.T), probe.case.variables[name].shape)
    nearby = []
    for _ in range(NEIGHBOURS):
        try:
            other = Probe(beside(probe, BESIDE**2), probe.rng)
            nearby.append(Claims(other).at(weight)[name].ravel()[flat])
        except (CodeError, KeyError):
            continue
    if not nearby:
        return measured
    values, close = np.sort(nearby, axis=0), 1e-3 * np.abs(measured.analytic)
    # Where many kinks meet, a few points close by have not shown all that may be claimed.
    many = np.sum(np.diff(values, axis=0) > close, axis=0) > 1
    slack = close + np.where(many, measured.error_bar, 0.0)
    low, high = values[0], values[-1]
    held = (measured.analytic >= low - slack) & (measured.analytic <= high + slack)
    return replace(measured, wrong=measured.wrong & ~(held & measured.at_kink))


def beside(probe: Probe, distance: float) -> Case:
    """Return the case at a random point this close, in units of the typical sizes."""
    values = {}
    for variable, x in probe.case.variables.items():
        away = distance * probe.size[variable] * probe.rng.standard_normal(x.shape)
        values[variable] = (x + away).astype(x.dtype)
    return probe.case.with_variables(values)


def _screen_beside(probe: Probe, name: str, weight: Array) -> Verdict:
    """Screen at a point close by, where no element is at a kink any more."""
    try:
        other = Probe(beside(probe, BESIDE), probe.rng, probe.step)
        agreements, kinks = _screen(other, name, Claims(other), weight)
    except (CodeError, KeyError):
        return "inconclusive"
    if kinks or not np.isfinite(other.base).all():
        return "inconclusive"
    return worst_of(a.verdict for a in agreements)


def _compare(probe: Probe, analytic: Array, numeric: float, bar: float, reach: float) -> Agreement:
    """Judge the sum of `analytic` (the terms of a directional derivative) against `numeric`."""
    if not np.isfinite(analytic).all():
        return Agreement("fail", math.inf, bar, abs(numeric))
    size = max(float(np.linalg.norm(analytic)), abs(numeric))
    bar += ROUNDING * probe.relative_noise * float(np.linalg.norm(analytic))
    bar += 4 * np.finfo(float).eps * float(np.abs(analytic).sum())
    difference = abs(float(analytic.sum()) - numeric)
    return Agreement(_decide(difference, bar, size, reach), difference, bar, size)


def _decide(difference: float, bar: float, size: float, reach: float) -> Verdict:
    """Say what a difference means: `reach` is how large the derivative might have been."""
    if difference > bar:
        return "fail"
    if bar <= MEANINGFUL * size or bar <= NEGLIGIBLE * reach:
        return "pass"
    return "inconclusive"


# --- single elements ----------------------------------------------------------------------


def _choose_elements(
    probe: Probe, name: str, elements: ElementCount, screened: Verdict, kinks: bool
) -> Array:
    """Return the flat indices of the elements to measure one by one."""
    n = probe.size[name].size
    count = n if elements == "all" else elements
    if count is None:
        affordable = int(ELEMENT_SECONDS / (11 * probe.seconds_per_run))
        if screened == "fail" or screened == "inconclusive":
            count = max(affordable, 16)
        else:
            sample = SAMPLE if len(probe.size) <= SAMPLE_VARIABLES else 0
            count = max(min(affordable, KINK_SAMPLE), 16) if kinks else sample
    if count >= n:
        return np.arange(n)
    return np.sort(probe.rng.choice(n, count, replace=False))


def _measure_elements(
    probe: Probe, name: str, claims: Claims, weight: Array, chosen: Array, patient: bool
) -> Elements:
    """Measure the chosen elements one by one and compare each with its claim.

    Where not `patient`, it stops when ELEMENT_SECONDS have passed.
    """
    claimed = claims.at(weight)[name]
    if not len(chosen):
        return Elements.empty(claimed.ndim)
    parts: list[Sums] = []
    start = time.perf_counter()
    for part in probe.elements(name, chosen, weight):
        parts.append(part)
        if not patient and time.perf_counter() - start > ELEMENT_SECONDS:
            break
    flat, numerics, bars, at_kinks, reach = (
        np.concatenate([getattr(part, field) for part in parts])
        for field in ("elements", "value", "error_bar", "at_kink", "reach")
    )
    order = np.argsort(flat)
    flat, numerics, bars = flat[order], numerics[order], bars[order]
    at_kinks, reach = at_kinks[order], reach[order]
    analytic = claimed.ravel()[flat]
    with np.errstate(invalid="ignore"):
        finite = np.abs(claimed[np.isfinite(claimed)])
        typical = float(np.sqrt(np.mean(finite**2))) if finite.size else 0.0
        bars = bars + ROUNDING * probe.relative_noise * (np.abs(analytic) + typical)
        wrong = ~(np.abs(analytic - numerics) <= bars)
    index = np.indices(claimed.shape).reshape(claimed.ndim, claimed.size).T[flat]
    return Elements(index, analytic, numerics, bars, at_kinks, wrong, reach)


def _search(probe: Probe, name: str, claims: Claims, weight: Array) -> Array:
    """Find a few wrong elements by halving: a part whose own direction agrees is cleared."""
    claimed = claims.at(weight)[name]
    suspects = [np.arange(claimed.size)]
    found: list[int] = []
    for _ in range(200):
        if not suspects or len(found) >= 8:
            break
        part = suspects.pop()
        mask = np.zeros(claimed.size)
        mask[part] = 1.0
        direction = probe.random_direction(name) * mask.reshape(claimed.shape)
        slopes = probe.along(name, direction, weight)
        numeric, bar = gather(slopes, weight, kinks=True)
        if _compare(probe, claimed * direction, numeric, bar, 0.0).verdict != "fail":
            continue
        if len(part) == 1:
            found.append(int(part[0]))
        else:
            suspects += np.array_split(part, 2)
    return np.array(sorted(found), int)


def _verdict_of_elements(measured: Elements) -> Verdict:
    """Judge a gradient by its elements, none of them wrong, where the screen could not."""
    smooth = ~measured.at_kink
    if not smooth.any():
        return "pass" if len(measured) else "inconclusive"
    bar = float(np.linalg.norm(measured.error_bar[smooth]))
    size = float(np.linalg.norm(np.maximum(np.abs(measured.analytic), np.abs(measured.numeric))))
    return _decide(0.0, bar, size, float(np.linalg.norm(measured.reach[smooth])))


# --- the result ---------------------------------------------------------------------------


def _result(
    probe: Probe, name: str, verdict: Verdict, screen: list[Agreement], measured: Elements
) -> GradientResult:
    size = max((s.size for s in screen), default=0.0)
    difference = max((s.difference for s in screen), default=0.0)
    bar = max((s.error_bar for s in screen), default=0.0)
    if len(measured) and (not screen or measured.wrong.any()):
        smooth = ~measured.at_kink | measured.wrong
        off = (measured.analytic - measured.numeric)[smooth]
        size = float(np.linalg.norm(np.maximum(abs(measured.analytic), abs(measured.numeric))))
        difference = float(np.linalg.norm(off))
        bar = float(np.linalg.norm(measured.error_bar[smooth]))
    relative = difference / size if size > 0 else (0.0 if difference == 0 else math.inf)
    return GradientResult(
        wrt=name,
        shape=tuple(probe.case.variables[name].shape),
        verdict=verdict,
        relative_error=relative,
        error_bar=bar / size if size > 0 else bar,
        digits=matching_digits(relative),
        elements_checked=len(measured),
        elements_wrong=int(measured.wrong.sum()),
        at_kink=int(measured.at_kink.sum()),
        worst=_worst(measured),
        elements=measured,
        note=_precision_note(probe),
    )


def matching_digits(relative_error: float) -> int:
    """Return how many leading digits two numbers share that differ by `relative_error`.

    >>> matching_digits(3e-9), matching_digits(0.5), matching_digits(0.0)
    (8, 0, 16)
    """
    if not math.isfinite(relative_error):
        return 0
    return 16 if relative_error < 1e-16 else max(0, math.floor(-math.log10(relative_error)))


def _precision_note(probe: Probe) -> str:
    noise = probe.relative_noise
    if noise < 1e-11:
        return ""
    digits = matching_digits(noise)
    return f"the forward pass is only good to about {digits} digits, so the error bar is wide"


def _worst(measured: Elements) -> Worst | None:
    if not len(measured):
        return None
    if measured.wrong.any():
        k = int(measured.furthest(1)[0])
    else:
        k = int(np.argmax(np.abs(measured.analytic - measured.numeric)))
    return Worst(
        tuple(int(i) for i in measured.index[k]),
        float(measured.analytic[k]),
        float(measured.numeric[k]),
        float(measured.error_bar[k]),
    )


def _joined(first: Elements, second: Elements) -> Elements:
    fields = ("index", "analytic", "numeric", "error_bar", "at_kink", "wrong", "reach")
    return Elements(*(np.concatenate([getattr(first, f), getattr(second, f)]) for f in fields))
