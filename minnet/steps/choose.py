"""What is stepped through: one of minnet's own layers, or what is found in a file; and its case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.discover import find
from minnet.conventions.importing import TargetError, load, looks_like_file, split_target
from minnet.conventions.minnet_layers import own_subjects
from minnet.conventions.subject import Subject, Unfit
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.conclude import conclude
from minnet.gradcheck.engine import check_case
from minnet.gradcheck.options import Options
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.report.results import CaseResult, Finding, Skipped
from minnet.report.words import did_you_mean
from minnet.steps.demo import demo_case

#: the largest sizes of a small case: samples (3 where 2 make all gradients 0), steps of a
#: sequence; an image is 4×5
SAMPLES, LENGTH, IMAGE = (2, 3), 3, (4, 5)
#: so many numbers have one decimal, more of them two, or many would be equal
FEW = 24
#: a gradient of nothing but such numbers teaches nothing
DULL = 1e-2
#: other names of minnet's layers and losses
ALSO = {
    **{"linear": "Dense", "affine": "Dense", "fc": "Dense", "bn": "BatchNorm", "ln": "LayerNorm"},
    **{"pool": "MaxPool2D", "maxpool": "MaxPool2D", "avgpool": "AvgPool2D", "conv": "Conv2D"},
    **{"softmaxloss": "SoftmaxCrossEntropy", "crossentropy": "SoftmaxCrossEntropy"},
    **{"mha": "MultiHeadAttention", "transformer": "TransformerBlock", "bce": "BinaryCrossEntropy"},
}
#: told the name and how many cases have been looked at
Progress = Callable[[str, int], None]


@dataclass(frozen=True, eq=False)
class Chosen:
    """What is stepped through.

    Attributes
    ----------
    name, description : str
        The thing, and its case.
    case : AdaptedCase
    result : CaseResult, optional
        What the checker says of this case; None where it was not asked.
    number, count : int
        Which of how many cases, from 1; count is 0 where there may be more.
    """

    name: str
    description: str
    case: AdaptedCase
    result: CaseResult | None
    number: int = 1
    count: int = 1

    @property
    def finding(self) -> Finding | None:
        """The first thing that is wrong, with its line where that is known."""
        if self.result is None:
            return None
        found = [*self.result.findings, *(d for g in self.result.gradients for d in g.diagnosis)]
        return next((f for f in found if f.line is not None), next(iter(found), None))


def choose(
    target: str | None, number: int | None = None, seed: int = 0, progress: Progress | None = None
) -> Chosen:
    """Return what a target names, at a case that is worth looking at.

    Parameters
    ----------
    target : str, optional
        A layer or loss of minnet's, in any spelling; ``FILE.py:NAME``; ``demo``.
    number : int, optional
        Which case, from 1; by default the first that fails, or else the first.
    seed : int
    progress : callable, optional

    Raises
    ------
    TargetError
        In one line, with a remedy.
    """
    if target is None or target == "demo":
        return _judged("demo", demo_case(seed), seed)
    if looks_like_file(split_target(target)[0]) or ":" in target or "." in target:
        return _of_file(target, number, seed, progress)
    return _of_minnet(_own(target), number, seed)


def chosen_of(case: AdaptedCase, seed: int = 0) -> Chosen:
    """Return a case as it is, judged."""
    return _judged(case.name, case, seed)


def own_names() -> list[str]:
    """Return the names of minnet's own layers and losses."""
    return [item.name for item in own_subjects() if isinstance(item, Subject)]


def _own(wanted: str) -> Subject:
    subjects = {item.name: item for item in own_subjects() if isinstance(item, Subject)}
    lower = {name.lower(): item for name, item in subjects.items()}
    key = wanted.lower().replace("_", "").replace("-", "")
    key = ALSO.get(key, key).lower()
    found = lower.get(key) or next((i for n, i in lower.items() if n.startswith(key)), None)
    if found is None:
        hint = did_you_mean(key, subjects)
        raise TargetError(
            f"minnet has no layer or loss {wanted!r}; {hint} (code of your own: FILE.py:NAME)"
        )
    return found


def _of_minnet(subject: Subject, number: int | None, seed: int) -> Chosen:
    cases = list(subject.build(np.random.default_rng(seed)))
    if number is not None:
        case = _numbered(cases, number, subject.name)
        return replace(_judged(subject.name, case, seed), number=number, count=len(cases))
    tried = (_small(case, seed, samples) for case in cases for samples in SAMPLES)
    small = next((case for case in tried if case is not None), cases[0])
    return replace(_judged(subject.name, small, seed), count=len(cases))


def _numbered(cases: list[AdaptedCase], number: int, name: str) -> AdaptedCase:
    if not 1 <= number <= len(cases):
        raise TargetError(f"{name} has {len(cases)} cases: --case takes 1 to {len(cases)}")
    return cases[number - 1]


def _small(case: AdaptedCase, seed: int, samples: int) -> AdaptedCase | None:
    """Return a case with few and short numbers; None where the layer refuses them."""
    double = case.in_double()
    short = double if isinstance(double, AdaptedCase) else case
    cut = {name: _cut(value, samples) for name, value in short.arguments.items()}
    cut = {name: value for name, value in cut.items() if isinstance(value, np.ndarray)}
    found = short.with_inputs(cut)
    if not isinstance(found, AdaptedCase):
        return None
    rng = np.random.default_rng(seed)
    values = {name: _tenths(value, rng) for name, value in found.variables.items()}
    chosen = found.with_variables(values)
    try:
        run = chosen.run()
        claims = run.backward(tuple(rng.normal(size=out.shape) for out in run.outputs))
    except CodeError:
        return None
    dull = any(g is not None and np.max(np.abs(g), initial=0.0) < DULL for g in claims.values())
    finite = all(np.isfinite(out).all() for out in run.outputs)
    return chosen if finite and not dull else None


def _cut(value: Any, samples: int) -> Any:
    """Return the corner of an array that a small case has."""
    if not isinstance(value, np.ndarray) or not value.ndim:
        return value
    sizes = list(value.shape)
    sizes[0] = min(sizes[0], samples)
    if value.ndim == 4:
        sizes[2:] = [min(have, most) for have, most in zip(sizes[2:], IMAGE, strict=True)]
    elif value.ndim == 3:
        sizes[1] = min(sizes[1], LENGTH)
    return value[tuple(slice(size) for size in sizes)].copy()


def _tenths(value: Array, rng: np.random.Generator) -> Array:
    """Return numbers of one decimal or two, and none of them 0."""
    if value.dtype != np.float64:
        return value
    if np.all((value >= 0) & (value <= 1)) and value.size > 1:  # probabilities: as they are
        return value
    rounded = np.round(value, 1 if value.size <= FEW else 2)
    return np.where(rounded == 0, 0.1 * rng.choice([-1.0, 1.0], value.shape), rounded)


def _of_file(target: str, number: int | None, seed: int, progress: Progress | None) -> Chosen:
    found = find(load(target))
    subjects = [item for item in found if isinstance(item, Subject)]
    if not subjects:
        first = next((item for item in found if isinstance(item, Skipped)), None)
        reason = f": {first.name}: {first.reason}" if first else ""
        raise TargetError(f"nothing in {target} can be stepped through{reason}")
    if number is not None and len(subjects) > 1:
        raise TargetError(f"--case needs one name: {target}:{subjects[0].name}, for example")
    first_right = None
    for subject in subjects:
        chosen = _of_subject(subject, number, seed, progress)
        if chosen.result is not None and chosen.result.verdict == "fail":
            return chosen
        first_right = first_right or chosen
    assert first_right is not None
    return first_right


def _of_subject(
    subject: Subject, number: int | None, seed: int, progress: Progress | None
) -> Chosen:
    first = None
    for position, case in enumerate(_built(subject, seed), start=1):
        if number is not None and position != number:
            continue
        if progress is not None:
            progress(subject.name, position)
        chosen = replace(_judged(subject.name, case, seed), number=position, count=0)
        if number is not None or (chosen.result and chosen.result.verdict == "fail"):
            return chosen
        first = first or chosen
    if first is None:
        which = f" number {number}" if number is not None else ""
        raise TargetError(f"there is no case{which} of {subject.name}")
    return first


def _built(subject: Subject, seed: int) -> Iterator[AdaptedCase]:
    try:
        yield from subject.build(np.random.default_rng(seed))
    except Unfit as error:
        raise TargetError(f"{subject.name}: {error}") from None
    except CodeError as error:
        raise TargetError(f"{subject.name}: {error}") from None


def _judged(name: str, case: AdaptedCase, seed: int) -> Chosen:
    """Return a case with what the checker says of it, the guilty line included."""
    options = Options(seed)
    result = check_case(case, options)
    (result,) = conclude([(case, result)], options)
    return Chosen(name, case.description, case, result)
