"""Arguments for a pair of functions that no course has: by the names of the parameters, or tried.

Nothing says what such a function wants. What is tried counts only where both passes run, and each
array gets a gradient of its own shape.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minnet.conventions.blame import ABOUT_ARGUMENTS, refusal
from minnet.conventions.guessing.kinds import FEATURES_IN, FEATURES_OUT, GROUPS, HEADS, WIDTH
from minnet.conventions.layouts import FITS, NO_BACKWARD, REFUSED, WRONG_SHAPES, fit
from minnet.conventions.quick_look import is_right
from minnet.conventions.samples import SHAPES_SEED, Rng, Sample
from minnet.conventions.subject import Unfit
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.nested import leaves

Shape = tuple[int, ...]
#: draws an array of a shape
_Draw = Callable[[Rng, Shape], Any]
#: gives the case of a sample
_CaseOf = Callable[[Sample], AdaptedCase]

#: how many shapes are tried, and how many of those that fit are looked at
MOST, ENOUGH = 200, 6
#: the shapes of the first argument: rows, a batch of sequences, of images, one vector
_DATA: tuple[Shape, ...] = (
    (4, FEATURES_IN), (2, 4, WIDTH), (2, 2 * GROUPS, 5, 6), (FEATURES_IN,), (4, 4), (2, 2, 4, 6),
)  # fmt: skip
#: settings, by the whole name
_SETTINGS: tuple[tuple[str, Any], ...] = (
    (r"eps|epsilon", 1e-5),
    (r"alpha|(negative_)?slope|leak\w*", 0.1),
    (r"axis|dim", -1),
    (r"\w*stride\w*", 1),
    (r"\w*pad(ding)?", 0),
    (r"(n_|num_)?heads?", HEADS),
    (r"(n_|num_)?groups?|G", GROUPS),
    (r"(kernel|pool|window|filter)_?(size)?|size|k|n", 2),
    (r"\w*train(ing)?|is_train(ing)?|keepdims", True),
)
_INTEGERS = r"idx|ind(ex|ices)|ids?|tokens?|labels?|words?"
_VECTORS = r"b\w?|bias(es)?|gamma|beta|shift|scale|g|gain|offset"
_MATRICES = r"[Ww]\w{0,2}|\w*[Ww]eights?|[UVA]|kernels?|mat\w*"
#: what is raised for want of the right arguments; a name is unset where a flag is none it knows
_ABOUT = (*ABOUT_ARGUMENTS, UnboundLocalError)
_ALONE = "checked with one vector, without a batch: its gradients fit nothing else that was tried"
_DRAWS: tuple[_Draw, ...] = (
    lambda rng, shape: rng.standard_normal(shape),
    lambda rng, shape: rng.uniform(0.4, 2.0, shape),  # as a logarithm wants it
    lambda rng, shape: rng.uniform(0.1, 0.9, shape),  # a probability
)


def samples_that_fit(names: Sequence[str], case_of: _CaseOf, rng: Rng) -> Iterator[Sample]:
    """Yield arguments with which a pair may be meant to be called.

    Parameters
    ----------
    names : sequence of str
        Of the parameters of forward that have no default.
    case_of : callable
        Gives the case of a sample.
    rng : Generator

    Raises
    ------
    Unfit
        When it takes none of what was tried.
    """
    draw, shapes = _chosen(names, case_of)
    yield _sample(names, shapes, draw, rng)
    yield _sample(names, shapes, draw, rng)
    N = shapes[0][0]
    alone = tuple((1, *s[1:]) if s and s[0] == N else s for s in shapes)
    if len(shapes[0]) > 1 and fit(case_of(_sample(names, alone, draw, rng))) == FITS:
        yield _sample(names, alone, draw, rng)


def _chosen(names: Sequence[str], case_of: _CaseOf) -> tuple[_Draw, tuple[Shape, ...]]:
    """Return how to draw arguments and their shapes: of those that fit, the first that is right."""
    for draw in _DRAWS:
        tried: list[_Trial] = []
        for shapes in itertools.islice(shapes_named(names), MOST):
            sample = _sample(names, shapes, draw, np.random.default_rng(SHAPES_SEED))
            trial = _Trial(shapes, case_of(sample))
            if trial.fits and trial.in_rows and is_right(trial.case):
                return draw, shapes
            tried.append(trial)
            if sum(trial.fits for trial in tried) == ENOUGH:
                break
        if found := _likeliest(tried, named=all(map(_kind, names[1:]))):
            return draw, found.shapes
    raise Unfit("it takes none of what was tried")


class _Trial:
    """Arguments of some shapes, and how well they fit; None where they give no finite numbers."""

    def __init__(self, shapes: tuple[Shape, ...], case: AdaptedCase) -> None:
        self.shapes, self.case = shapes, case
        self.how = fit(case) if _is_finite(case) else None
        if self.how == FITS and not _accounts_for_all(case):
            self.how = WRONG_SHAPES

    @property
    def fits(self) -> bool:
        return self.how == FITS

    @property
    def in_rows(self) -> bool:
        """Whether there is more than one sample."""
        return len(self.shapes[0]) > 1


def _likeliest(tried: Sequence[_Trial], named: bool) -> _Trial | None:
    """Return what may be meant though it is not right; `named`: all arguments say what they are.

    Then a gradient of another shape is a mistake. And where a name is not defined, or so, that is
    not for want of the right arguments.
    """
    fitting = [trial for trial in tried if trial.fits]
    orders = (
        (trial for trial in fitting if trial.in_rows),
        (trial for trial in fitting if is_right(trial.case)),
        (trial for trial in tried if named and trial.how == WRONG_SHAPES),
        iter(fitting),
        (t for t in tried if t.how in (NO_BACKWARD, REFUSED) and not refusal(t.case, _ABOUT)),
    )
    return next(itertools.chain.from_iterable(orders), None)


def shapes_named(names: Sequence[str]) -> Iterator[tuple[Shape, ...]]:
    """Yield the shapes of the arguments: first those where what is alike is so."""
    operands = names[0] in ("a", "A")  # then b is no bias
    kinds = ["" if operands and len(name) == 1 else _kind(name) for name in names[1:]]
    for data in _DATA:
        shapes = {kind: _shapes(kind, data) for kind in kinds}
        for choice in itertools.product(*shapes.values()):
            of = dict(zip(shapes, choice, strict=True))
            yield data, *(of[kind] for kind in kinds)
        if len(shapes) < len(kinds):
            each = itertools.product(*(shapes[kind] for kind in kinds))
            yield from ((data, *rest) for rest in each)


def _kind(name: str) -> str:
    """Return what the name of an argument says that it is, or ""."""
    if _setting(name) is not None:
        return "setting"
    kinds = {"integers": _INTEGERS, "vector": _VECTORS, "matrix": _MATRICES, "mask": r"\w*mask\w*"}
    return next((kind for kind, names in kinds.items() if re.fullmatch(names, name)), "")


def _shapes(kind: str, data: Shape) -> tuple[Shape, ...]:
    """Return the shapes that an argument of a kind may have beside data of such a shape."""
    D, M = data[-1], FEATURES_OUT
    C = data[min(1, len(data) - 1)]
    kernels: tuple[Shape, ...] = ((M, C, 2, 2), (M, C, 3, 3)) if len(data) == 4 else ()
    return {
        "setting": ((),),
        "integers": (data[:1], data),
        "vector": ((D,), (M,), (C,), (1, D), (1, M), ()),
        "matrix": (*kernels, (D, M), (M, D), (D,), (D, D), data),
        "mask": (data, data[:-1]),
        "": (data, (D,), (D, M), data[:-1], (C,), ()),
    }[kind]


def _setting(name: str) -> Any:
    return next((value for names, value in _SETTINGS if re.fullmatch(names, name)), None)


def _sample(names: Sequence[str], shapes: Sequence[Shape], draw: _Draw, rng: Rng) -> Sample:
    values = [_value(name, shape, draw, rng) for name, shape in zip(names, shapes, strict=True)]
    if len(shapes[0]) == 1:
        return Sample(tuple(values), (), _ALONE)
    N = shapes[0][:1]
    return Sample(tuple(values), tuple(i for i, shape in enumerate(shapes) if shape[:1] == N))


def _value(name: str, shape: Shape, draw: _Draw, rng: Rng) -> Any:
    kind = _kind(name)
    if kind == "setting":
        return _setting(name)
    if kind == "integers":
        return rng.integers(FEATURES_OUT, size=shape)
    if kind == "mask":
        return (rng.random(shape) < 0.6).astype(float)
    return draw(rng, shape) if shape else float(draw(rng, ()))  # a number may be a setting


def _is_finite(case: AdaptedCase) -> bool:
    try:
        return all(np.isfinite(out).all() for out in case.run().outputs)
    except CodeError:
        return True
    except TypeError:  # what comes back is no numbers
        return False


def _accounts_for_all(case: AdaptedCase) -> bool:
    """Return whether all that backward gives is the gradient of something, and some is not 0."""
    run = case.run()
    claimed = run.backward_of_ones()
    given = [leaf for leaf in leaves("", run.answer).values() if leaf is not None]
    return len(given) <= len(case.variables) and any(map(np.any, claimed.values()))
