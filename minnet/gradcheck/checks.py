"""The checks a user calls: wrap what is given in cases, check each, and gather a `Report`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError, Refused
from minnet.gradcheck.conclude import conclude
from minnet.gradcheck.engine import check_case, checked
from minnet.gradcheck.options import ElementCount, Hints, Options
from minnet.gradcheck.own_failure import own_failure
from minnet.gradcheck.telling import report_on
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.gradient import GradientCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss, prediction_and_target
from minnet.gradcheck.under_test.losses import loss_case
from minnet.gradcheck.under_test.passes import expect_object, passes_of
from minnet.gradcheck.under_test.sandbox import generators_put_back
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.spellings import LAYER_PASSES, LOSS_PASSES, Passes
from minnet.gradcheck.variations import with_variations
from minnet.report.report import Report
from minnet.report.results import (
    CaseResult,
    CheckResult,
    TargetResult,
    worst_of,
)

#: stands for a target, of a loss that takes none
NOT_GIVEN: Any = object()


def check_layer(
    layer: Any,
    *inputs: Any,
    seed: int = 0,
    elements: ElementCount = None,
    step: float | None = None,
    hints: Hints = "full",
) -> Report:
    """Check every gradient that a layer's backward pass gives.

    Parameters
    ----------
    layer : object
        Anything with ``forward(*inputs)`` and ``backward(dout)``. It is not changed.
    *inputs
        What forward is given: arrays, or dicts, lists and tuples of them. Floating-point arrays
        are differentiated, but for data (a mask, a target) that backward gives no gradient;
        integers only where backward gives them one.
    seed : int
        Seeds the upstream gradient and the directions.
    elements : int or "all", optional
        How many elements per gradient to measure one by one.
    step : float, optional
        The longest step h to use, instead of choosing it.
    hints : "none", "code", "full" or "fix"
        How much a diagnosis tells: nothing, its code, all but the cure, or that as well.

    Returns
    -------
    Report
        Truthy when everything passed.

    Raises
    ------
    TypeError
        When the two methods are not there, or forward cannot be given so many inputs.

    Examples
    --------
    >>> class Square:
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**2
    ...     def backward(self, dout):
    ...         return dout * self.x  # the 2 is missing
    >>> report = check_layer(Square(), np.array([[1.0, 2.0], [3.0, -4.0]]))
    >>> report.gradients[0].verdict, report.gradients[0].diagnosis[0].code
    ('fail', 'scale')
    """
    _expect(layer, LAYER_PASSES, inputs, "check_layer")
    build = lambda: LayerCase(layer, inputs, convention=convention_of(layer))  # noqa: E731
    return _report(build, type(layer).__name__, Options(seed, elements, step, hints))


def check_loss(
    loss: Any,
    prediction: Array,
    target: Any = NOT_GIVEN,
    *more: Any,
    seed: int = 0,
    elements: ElementCount = None,
    step: float | None = None,
    hints: Hints = "full",
) -> Report:
    """Check the gradient that a loss gives for its prediction.

    Parameters
    ----------
    loss : object
        ``forward(prediction, target) -> float`` and ``backward() -> dprediction``; or a
        function ``(prediction, target) -> (loss, dprediction)``. A ``forward(y_true, y_pred)``
        is given the two in its own order.
    prediction : array
    target : array, optional
        Labels or values; handed over as it is.
    *more
        What else the loss takes. Of several inputs (anchor, positive, negative) each is
        differentiated for which backward returns a gradient, in a tuple or a dict.
    seed, elements, step, hints
        As in `check_layer`.

    Returns
    -------
    Report

    Examples
    --------
    >>> def squared_error(y, t):
    ...     return 0.5 * np.sum((y - t) ** 2), y - t
    >>> bool(check_loss(squared_error, np.array([1.0, 2.0]), np.array([0.5, 2.5])))
    True
    """
    name = getattr(loss, "__name__", type(loss).__name__)
    values = (prediction, *(() if target is NOT_GIVEN else (target,)), *more)
    _expect(loss, LOSS_PASSES, values, "check_loss")
    build = lambda: loss_case(loss, *values, convention=convention_of(loss))  # noqa: E731
    return _report(build, name, Options(seed, elements, step, hints))


def check_functions(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *args: Any,
    seed: int = 0,
    elements: ElementCount = None,
    step: float | None = None,
    hints: Hints = "full",
) -> Report:
    """Check ``out, cache = forward(*args)`` against ``gradients = backward(dout, cache)``.

    Parameters
    ----------
    forward, backward : callable
    *args
        The arguments of forward; its floating-point arrays are differentiated, and backward
        returns their gradients in that order (a bare array if there is one).
    seed, elements, step, hints
        As in `check_layer`.

    Returns
    -------
    Report

    Examples
    --------
    >>> def sin_forward(x):
    ...     return np.sin(x), x
    >>> def sin_backward(dout, x):
    ...     return dout * np.cos(x)
    >>> bool(check_functions(sin_forward, sin_backward, np.linspace(-2, 2, 5)))
    True
    """
    for what, function in (("forward", forward), ("backward", backward)):
        _expect_callable(function, f"check_functions(forward, backward, *args): {what}")
    _expect_fit(forward, args, "check_functions")
    name = getattr(forward, "__name__", "forward").removesuffix("_forward")
    build = lambda: FunctionsCase(forward, backward, args, name=name)  # noqa: E731
    return _report(build, name, Options(seed, elements, step, hints))


def check_gradient(
    f: Callable[[Array], Any],
    gradient: Any,
    x: Array,
    *,
    seed: int = 0,
    elements: ElementCount = None,
    step: float | None = None,
    hints: Hints = "full",
) -> Report:
    """Check the gradient claimed for any function of one array.

    Parameters
    ----------
    f : callable
        x -> a number.
    gradient : callable or array
        x -> the gradient of f there; or the gradient at `x` itself, of x's shape.
    x : array
    seed, elements, step, hints
        As in `check_layer`.

    Returns
    -------
    Report

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> bool(check_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2, x))
    True
    """
    _expect_callable(f, "check_gradient(f, gradient, x): f")
    name = getattr(f, "__name__", "f")
    build = lambda: GradientCase(f, gradient, x)  # noqa: E731
    return _report(build, name, Options(seed, elements, step, hints))


def check_cases(
    cls: Any,
    *,
    seed: int = 0,
    elements: ElementCount = None,
    hints: Hints = "full",
) -> Iterator[Report]:
    """Check a class on each of its own ``examples(rng)``, one report for each.

    Parameters
    ----------
    cls : type
        Has a class method ``examples(rng)`` that yields ``(layer, inputs)`` pairs.
    seed, elements, hints
        As in `check_layer`.

    Yields
    ------
    Report

    Examples
    --------
    In a test file, one test for each example::

        @pytest.mark.parametrize("report", list(check_cases(MyLayer)))
        def test_gradients(report):
            assert report
    """
    if not callable(getattr(cls, "examples", None)):
        name = getattr(cls, "__name__", repr(cls))
        raise TypeError(f"{name} has no class method examples(rng) that yields (layer, inputs)")
    for layer, inputs in cls.examples(np.random.default_rng(seed)):
        given = inputs if isinstance(inputs, tuple | list) else (inputs,)
        if is_loss(layer, *given):
            pair = prediction_and_target(layer, given)
            yield check_loss(layer, *pair, seed=seed, elements=elements, hints=hints)
        else:
            yield check_layer(layer, *given, seed=seed, elements=elements, hints=hints)


def _expect(thing: Any, known: Sequence[Passes], values: Sequence[Any], called: str) -> None:
    """Refuse a class in the place of an object, and values that its forward cannot be given."""
    passes = expect_object(thing, known, called)
    forward = thing if passes is None else getattr(thing, passes.forward)
    if callable(forward):
        _expect_fit(forward, values, called)


def _expect_fit(forward: Callable[..., Any], values: Sequence[Any], called: str) -> None:
    signature = signature_of(forward)
    if not signature.accepts(len(values)):
        own = getattr(forward, "__qualname__", "forward").rpartition("<locals>.")[2]
        takes = ", ".join(str(p).partition(":")[0] for p in signature.parameters)
        count = "the one input" if len(values) == 1 else f"the {len(values)} inputs"
        raise TypeError(f"{own}({takes}) cannot be called with {count} that {called} was given")


def _expect_callable(thing: Any, place: str) -> None:
    if not callable(thing):
        raise TypeError(f"{place} is to be a function, not {thing!r:.60}")


def report_of(name: str, convention: str, cases: Sequence[CaseResult], options: Options) -> Report:
    """Make the report on one thing out of its cases."""
    verdict = worst_of(case.verdict for case in cases)
    check = CheckResult(name, convention, verdict, tuple(cases))
    return report_on([TargetResult(name, verdict, (check,))], options.seed, options.hints)


@generators_put_back()
def _report(
    build: Callable[[], AdaptedCase],
    name: str,
    options: Options,
) -> Report:
    try:
        case = build()
    except Refused:  # it is the call of the check that is wrong
        raise
    except CodeError as error:
        finding = describe_crash(error)
    except Exception as error:
        finding = own_failure(error)
    else:
        (result,) = conclude([checked(case, options)], options)
        result = with_variations(case, result, options, check_case)
        return report_of(case.name, case.convention, [result], options)
    return report_of(name, "any", [CaseResult("", "error", findings=(finding,))], options)


def convention_of(thing: Any) -> str:
    """Return the name of the convention that an object was written in, as far as that shows."""
    if str(type(thing).__module__).startswith("minnet."):
        return "minnet"
    passes = passes_of(thing)
    return passes.course if passes and passes.course else "any"
