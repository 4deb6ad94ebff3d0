"""Gradients that miss what flows through a statistic, or a term that only one pass has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.common import gradient_of, number, rounded, subsets
from minnet.gradcheck.diagnosis.evidence import TELLING, Evidence
from minnet.gradcheck.diagnosis.fits import SPARE, fitted
from minnet.gradcheck.diagnosis.products import formulas, in_words
from minnet.gradcheck.diagnosis.quantities import Index, Quantity, entries_of, quantities
from minnet.records import dataclass
from minnet.report.results import Factor, Finding


def statistic_constant(evidence: Evidence) -> Finding | None:
    """The right one but for what flows through a statistic, which is missing."""
    found = list(_apart(evidence))
    for terms, parts, size in found:
        assert evidence.A is not None
        for kept in _proper_subsets(len(terms)):
            predicted, error = parts.with_shares(kept)
            if np.all(np.abs(evidence.A - predicted) <= evidence.J_tolerance + error):
                lost = [terms[k].name for k in range(len(terms)) if k not in kept]
                return _finding(evidence, lost, size)
    return None if found else _lost_invariance(evidence) or _let_vary(evidence)


def wrong_share(evidence: Evidence) -> Finding | None:
    """The right one but for what flows through a statistic, which is there times a factor."""
    for terms, parts, size in _apart(evidence):
        found = _factor_of_a_share(evidence, parts, terms, size)
        found = found or _quantity_in_a_share(evidence, parts, terms)
        if found is not None:
            return found
    return None


def weight_decay(evidence: Evidence) -> Finding | None:
    """Off by a multiple of the variable itself."""
    extra = _beside_the_right_one(evidence)
    if extra is None:
        return None
    x = evidence.x.astype(float)
    found = fitted(x.reshape(-1, 1), *(part.ravel() for part in extra))
    if found is None:
        return None
    factor = Factor(float(found.coefficients[0]), float(found.errors[0]))
    bar = evidence.bar + factor.error * np.abs(x)
    if factor.near(0.0) or not evidence.agrees(evidence.numeric + factor.value * x, bar):
        return None
    factor = rounded(factor)
    who = "backward adds it and forward has no such term"
    if evidence.case.is_loss:
        who = "a regularisation term is in only one of the two passes, or with another factor"
    message = (
        f"{gradient_of(evidence)} differs from the right one by {number(factor.value)} times "
        f"{evidence.wrt} itself, the gradient of {factor.value / 2:.4g} * sum({evidence.wrt}**2): "
        f"{who}."
    )
    return Finding("weight_decay", message, factor=factor)


# --- helpers ------------------------------------------------------------------------------


def _apart(evidence: Evidence) -> Iterator[tuple[tuple[Term, ...], Parts, int]]:
    """Yield statistics that J is a local part and shares of, and the size of their groups."""
    if evidence.case.is_loss or evidence.J is None or evidence.A is None:
        return
    groups = _groups(evidence, evidence.J) or []
    for terms in _statistics(evidence) if groups else ():
        parts = _decomposed(groups, terms, evidence)
        if parts is not None:
            yield terms, parts, len(groups[0])


def _factor_of_a_share(
    evidence: Evidence, parts: Parts, terms: tuple[Term, ...], size: int
) -> Finding | None:
    """One statistic's share, or several, times a factor each; the local derivative is right."""
    assert evidence.A is not None
    local, error = parts.with_shares(())
    off, bars = (evidence.A - local).ravel(), (evidence.J_tolerance + error).ravel()
    bars = bars + sum(bar.ravel() for _, bar in parts.shares)
    found = fitted(np.stack([share.ravel() for share, _ in parts.shares], axis=1), off, bars)
    if found is None:
        return None
    factors = [
        rounded(Factor(float(c), float(e)))
        for c, e in zip(found.coefficients, found.errors, strict=True)
    ]
    wrong = {t.name: f for t, f in zip(terms, factors, strict=True) if not f.near(1.0)}
    if not wrong:
        return None
    told = {name: f"{factor.value:.4g}" for name, factor in wrong.items()}
    if len(set(told.values())) == 1:
        words = f"what flows through {' and '.join(told)} by {next(iter(told.values()))}"
    else:
        words = " and ".join(f"what flows through {n} by {c}" for n, c in told.items())
    message = (
        f"{gradient_of(evidence)} multiplies {words}, and is right but for that. {size} elements "
        f"share a statistic{_sum_or_mean(list(wrong.values()), size)}."
    )
    facts = {"statistic": list(told), "group": size}
    facts["factors"] = [factor.value for factor in wrong.values()]
    about = tuple(told.items())
    return Finding("statistic_constant", message, facts, about=about, hint=_SHARE_HINT)


def _sum_or_mean(factors: list[Factor], size: int) -> str:
    """Say that a factor is the number of elements, if it is, and what that may mean."""
    if any(factor.near(size) for factor in factors):
        return ": a sum stands where a mean belongs, or a division by their number is missing"
    if any(factor.near(1 / size) for factor in factors):
        return ": a mean stands where a sum belongs, or it is divided by their number twice"
    return ""


def _quantity_in_a_share(
    evidence: Evidence, parts: Parts, terms: tuple[Term, ...]
) -> Finding | None:
    """One statistic's share times a quantity that is at hand, or divided by it."""
    entries = entries_of(evidence, everywhere=True)
    shape = evidence.x.shape

    def local_at(index: Index) -> Array:
        return parts.local[np.ravel_multi_index(index[: len(shape)], shape)]

    for k, term in enumerate(terms):
        others = tuple(n for n in range(len(terms)) if n != k)
        rest, error = (part.ravel() for part in parts.with_shares(others))
        off = entries.without(rest, rest, error)
        direct = Quantity("the derivative along the direct path", 1, local_at)
        formula = next(formulas(off, [*quantities(evidence, off), direct]), None)
        if formula is not None:
            message = (
                f"What flows through {term.name} in {gradient_of(evidence)} "
                f"{in_words(formula)}. The rest is right."
            )
            facts = {"statistic": [term.name], "over": formula.names[0], "under": formula.names[1]}
            return Finding(
                "statistic_constant",
                message,
                facts,
                about=(term.name, *formula.names),
                hint=_SHARE_HINT,
            )
    return None


def _let_vary(evidence: Evidence) -> Finding | None:
    """What flows through a statistic that is constant in forward: of a batch, in evaluation."""
    J, A = evidence.J, evidence.A
    if J is None or A is None or J.shape[0] != J.shape[1] or evidence.case.is_loss:
        return None
    if evidence.live[~np.eye(len(J), dtype=bool)].any():
        return None
    groups = _groups_of(np.abs(A) > evidence.J_tolerance)
    if groups is None or len(groups[0]) < 2:
        return None
    for terms in _statistics(evidence):
        parts = _decomposed(groups, terms, evidence, of=A)
        if parts is not None and np.all(
            np.abs(parts.local - np.diag(J)) <= parts.error + np.diag(evidence.J_tolerance)
        ):
            names = [term.name for term in terms]
            which = " and ".join(names)
            message = (
                f"{gradient_of(evidence)} lets gradient flow through {which} of "
                f"{len(groups[0])} elements, and in forward no output depends on any element but "
                "its own: there the statistics are constants (those of training, say)."
            )
            facts = {"statistic": names, "group": len(groups[0]), "varies": True}
            return Finding(
                "statistic_constant",
                message,
                facts,
                about=(*names, "varies"),
                hint="backward has to ask for the mode that forward ran in",
            )
    return None


_SHARE_HINT = (
    "derive this path alone, from the statistic to the input: is it a sum or a mean, to which "
    "power, with which sign?"
)


def _beside_the_right_one(evidence: Evidence) -> tuple[Array, Array] | None:
    """Return what backward gives beside the right gradient, and how well that is known."""
    if not evidence.case.is_loss:
        at_zero = evidence.claimed_for(0 * evidence.dout)
        if at_zero is None or not np.any(at_zero):
            return None
        return at_zero, evidence.round_off(at_zero)
    if evidence.wrt in evidence.case.batched or not evidence.complete:
        return None
    return evidence.a - evidence.numeric, evidence.tolerance


@dataclass(frozen=True)
class Term:
    """A statistic by name, and its derivative with respect to x up to a factor, flat."""

    name: str
    along: Array
    centred: bool = False


def _statistics(evidence: Evidence) -> Iterator[tuple[Term, ...]]:
    """Yield what the outputs of a group may share, and one statistic before two.

    Two say what one says: x is its mean and what is beyond the mean.
    """
    x, y = evidence.x.astype(float).ravel(), evidence.probe.base
    mean, variance = Term("the mean", np.ones(x.size)), Term("the variance", x, centred=True)
    yield (mean,)
    yield (Term("the norm or mean square", x),)
    yield (Term("the sum that normalises", y),)
    yield (Term("the sum of exponentials", np.exp(y - y.max())),)
    yield (Term("the sum of exponentials", np.exp(x - x.max())),)
    yield (Term("the maximum", np.full(x.size, np.nan)),)
    yield (variance,)
    yield (mean, variance)


def _groups(evidence: Evidence, J: Array) -> list[Array] | None:
    """Return the sets of elements that share a statistic: blocks of J that are full."""
    if J.shape[0] != J.shape[1] or len(evidence.probe.outputs) != 1:
        return None
    if evidence.probe.outputs[0].shape != evidence.x.shape:
        return None
    return _groups_of(evidence.live)


def _groups_of(live: Array) -> list[Array] | None:
    """Return the sets of elements that are all linked to one another, of equal sizes."""
    live = live | np.eye(len(live), dtype=bool)
    together = (live | live.T).astype(float)
    linked = (together @ together) > 0
    _, which = np.unique(linked, axis=0, return_inverse=True)
    which = which.ravel()
    groups = [np.flatnonzero(which == k) for k in range(int(which.max()) + 1)]
    for group in groups:
        if not linked[np.ix_(group, group)].all() or linked[group].sum() != len(group) ** 2:
            return None
    return groups if len({len(group) for group in groups}) == 1 else None


class Parts:
    """A square J as a local part, diagonal, and a share of each of `count` statistics.

    All have the error that they inherit from J and its tolerance.
    """

    def __init__(self, J: Array, tolerance: Array, count: int) -> None:
        self.J, self.tolerance = J, tolerance
        self.local, self.error = np.diag(J).copy(), np.diag(tolerance).copy()
        self.shares = [(np.zeros_like(J), np.zeros_like(J)) for _ in range(count)]

    def take_apart(self, k: int, group: Array, basis: Array) -> bool:
        """Fit the k-th row of a group by a basis; False where it is no such combination.

        Its own element is left out: what that has beyond the fit is the local derivative.
        """
        row, rest = group[k], np.arange(len(group)) != k
        found = fitted(basis[rest], self.J[row, group[rest]], self.tolerance[row, group[rest]])
        if found is None:
            return False
        value, error = found.at(basis[[k]])
        self.local[row] -= value[0]
        self.error[row] += error[0]
        for n, (share, bar) in enumerate(self.shares):
            share[row, group] = found.coefficients[n] * basis[:, n]
            bar[row, group] = found.errors[n] * np.abs(basis[:, n])
        return True

    def with_shares(self, kept: tuple[int, ...]) -> tuple[Array, Array]:
        """Return the local part and some shares added up, (m, m), and the error of the sum."""
        total, error = np.diag(self.local), np.diag(self.error)
        for share, bar in (self.shares[k] for k in kept):
            total, error = total + share, error + bar
        return total, error


def _decomposed(
    groups: list[Array], terms: tuple[Term, ...], evidence: Evidence, of: Array | None = None
) -> Parts | None:
    """Split J, or A, into a local part and each statistic's share; None: it is not so."""
    assert evidence.J is not None and evidence.A is not None
    parts = Parts(evidence.J if of is None else of, evidence.J_tolerance, len(terms))
    for group in groups:
        basis = _basis(evidence, terms, group)
        if basis is None:
            return None
        for k, row in enumerate(group):
            if not np.delete(basis, k, axis=0).any():
                # the maximum itself, whose own row says nothing of it
                parts.local[row] = evidence.A[row, row]
            elif not parts.take_apart(k, group, basis):
                return None
    return parts


def _basis(evidence: Evidence, terms: tuple[Term, ...], group: Array) -> Array | None:
    vectors = []
    for term in terms:
        v = term.along[group]
        if term.name == "the maximum":
            x = evidence.x.astype(float).ravel()[group]
            v = (x == x.max()).astype(float)
        vectors.append(v - v.mean() if term.centred else v)
    basis = np.stack(vectors, axis=1)
    enough = len(group) > len(terms) + SPARE  # its own derivative is local as well
    return basis if enough and np.isfinite(basis).all() and basis.any(axis=0).all() else None


def _proper_subsets(count: int) -> Iterator[tuple[int, ...]]:
    for size in range(count):
        yield from itertools.combinations(range(count), size)


def _lost_invariance(evidence: Evidence) -> Finding | None:
    """Judge by the numbers alone, where there is no square Jacobian to take apart.

    A function that does not feel x shifted, or scaled, along some axes has a gradient that is
    orthogonal to ones, or to x, along them. Backward's is not, and is right but for that.
    """
    x, a = evidence.x.astype(float), evidence.a
    if not evidence.complete or x.ndim == 0:
        return None
    for axes in subsets(range(x.ndim)):
        size = int(np.prod([x.shape[axis] for axis in axes]))
        for moved, v in (("shifted by one number", np.ones_like(x)), ("scaled by one factor", x)):
            length = (v**2).sum(axis=axes, keepdims=True)
            invariant = np.abs((evidence.numeric * v).sum(axis=axes))
            allowed = (evidence.tolerance * np.abs(v)).sum(axis=axes)
            if np.any(length == 0) or np.any(invariant > allowed):
                continue
            if allowed.max() > TELLING * np.abs(evidence.numeric * v).sum(axis=axes).max():
                continue  # the bars are too wide to tell
            extra = (a * v).sum(axis=axes, keepdims=True) / length * v
            spread = (evidence.tolerance * np.abs(v)).sum(axis=axes, keepdims=True) / length
            if evidence.agrees(evidence.numeric + extra, evidence.bar + spread * np.abs(v)):
                return _share_lost(
                    evidence, moved, size, float(np.abs((a * v).sum(axis=axes)).max())
                )
    return None


def _share_lost(evidence: Evidence, moved: str, size: int, reached: float) -> Finding:
    name, wrt = gradient_of(evidence), evidence.wrt
    sum_of = f"sum({name})" if moved.startswith("shifted") else f"sum({wrt} * {name})"
    message = (
        f"{name} is right but for what flows back through a statistic of {size} elements (a mean, "
        f"a norm, a maximum, a sum): forward does not change when all of them are {moved}, so "
        f"{sum_of} over them has to be 0, and it reaches {reached:.3g}."
    )
    facts = {"statistic": ["a statistic"], "group": size}
    return Finding("statistic_constant", message, facts, about=(moved,))


def _finding(evidence: Evidence, lost: list[str], size: int) -> Finding:
    which = " and ".join(lost)
    they, it = ("they depend", "them") if len(lost) > 1 else ("it depends", "it")
    message = (
        f"{gradient_of(evidence)} treats {which} of {size} elements as constant: what is missing "
        f"is exactly what flows back through {it}. In forward {they} on {evidence.wrt}, so every "
        "element of a group moves all its outputs."
    )
    facts = {"statistic": lost, "group": size}
    return Finding("statistic_constant", message, facts, about=tuple(lost))
