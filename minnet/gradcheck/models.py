"""Check a whole network: every layer on what really reaches it, then all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import Case, CodeError, user_code
from minnet.gradcheck.checks import convention_of
from minnet.gradcheck.conclude import conclude
from minnet.gradcheck.engine import check_case, checked
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.options import ElementCount, Hints, Options
from minnet.gradcheck.randomness import stream
from minnet.gradcheck.telling import report_on
from minnet.gradcheck.under_test.crash import describe_crash
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import in_forwards_order
from minnet.gradcheck.under_test.losses import loss_case
from minnet.gradcheck.under_test.passes import expect_passes, passes_of
from minnet.gradcheck.under_test.returned import loss_and_rest
from minnet.gradcheck.under_test.spellings import LAYER_LISTS, LOSS_PASSES
from minnet.gradcheck.verdict.claims import BESIDE
from minnet.gradcheck.verdict.question import beside
from minnet.gradcheck.wiring import with_wiring
from minnet.records import replace
from minnet.report.report import Report
from minnet.report.results import CaseResult, CheckResult, Skipped, TargetResult, worst_of


def check_model(
    model: Any,
    loss: Any,
    x: Array,
    y: Any,
    *,
    seed: int = 0,
    elements: ElementCount = None,
    step: float | None = None,
    hints: Hints = "full",
) -> Report:
    """Check every layer of a model at its own real activations, and name the guilty one.

    Each layer is checked alone, at the activations that reach it when the model is run on `x`
    and with a random upstream gradient, so that a mistake in one is not blamed on those before
    it. If all are right, the model is checked end to end, loss included, at a point close by,
    which shows a mistake in the wiring between them.

    Parameters
    ----------
    model : object
        A container whose ``layers`` (or the like) are called one after the other; of any other
        object with forward and backward, only the whole is checked.
    loss : object
        ``forward(prediction, target) -> float`` and ``backward() -> dprediction``; or a
        function ``(prediction, target) -> (loss, dprediction)``.
    x : array
        A small batch.
    y : array
        Its targets.
    seed, elements, step, hints
        As in `check_layer`.

    Returns
    -------
    Report
        One check for each layer ("0 Conv2D", "1 ReLU", ...), one for the loss, and one named
        "end to end".

    Examples
    --------
    >>> from minnet import Dense, MSE, Sequential, Tanh
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Dense(3, 4, rng=rng), Tanh(), Dense(4, 2, rng=rng))
    >>> report = check_model(model, MSE(), rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    >>> [check.name for check in report.checks]
    ['0 Dense', '1 Tanh', '2 Dense', 'loss MSE', 'end to end']
    >>> bool(report)
    True
    """
    options = Options(seed, elements, step, hints)
    name = type(model).__name__
    checks: list[CheckResult] = []
    skipped: list[Skipped] = []
    try:
        prediction = _check_layers(model, x, checks, options)
        case = loss_case(loss, prediction, y)
        loss_name = getattr(loss, "__name__", type(loss).__name__)
        checks.append(_check_of(f"loss {loss_name}", loss, _of_one(case, options)))
        if all(check.verdict == "pass" for check in checks):
            network = _Network(model, loss, y)
            case = LayerCase(network, (x,), description="the whole network")
            # At x itself, kinks may coincide (blank pixels tie in a pool, at 0 in a ReLU), and
            # the chain rule need not hold there: look close by.
            whole = beside(Probe(case, stream(seed)), BESIDE)
            once = replace(options, elements=None)  # they have been measured layer by layer
            result = _with_wiring(check_case(whole, once), whole, network, model, options.hints)
            checks.append(_check_of("end to end", model, result))
        else:
            reason = "the layers have to be right first"
            skipped.append(Skipped("end to end", reason))
    except CodeError as error:
        failed = CaseResult("running the model", "error", findings=(describe_crash(error),))
        checks.append(_check_of("end to end", model, failed))
    verdict = worst_of(check.verdict for check in checks)
    found = TargetResult(name, verdict, tuple(checks), tuple(skipped))
    return report_on([found], seed, hints)


def _check_layers(model: Any, x: Array, checks: list[CheckResult], options: Options) -> Array:
    """Check each layer at its own input; return the prediction."""
    layers = layers_of(model)
    for index, layer in enumerate(layers):
        case = LayerCase(layer, (x,), convention=convention_of(layer))
        checks.append(_check_of(f"{index} {type(layer).__name__}", layer, _of_one(case, options)))
        x = case.run().outputs[0]
        case.restore()
    if layers:
        return x
    case = LayerCase(model, (x,), convention=convention_of(model))
    return case.run().outputs[0]


def layers_of(model: Any) -> list[Any]:
    """Return the layers that a model calls one after the other; none where it is no chain.

    >>> from minnet import ReLU, Sequential
    >>> layers_of(Sequential(ReLU(), ReLU()))
    [ReLU(), ReLU()]
    """
    for attribute in LAYER_LISTS:
        found = getattr(model, attribute, None)
        chain = found if isinstance(found, list | tuple) else ()
        if chain and all(passes_of(layer) is not None for layer in chain):
            return list(chain)
    return []


def _of_one(case: Case, options: Options) -> CaseResult:
    return conclude([checked(case, options)], options)[0]


def _check_of(name: str, thing: Any, result: CaseResult) -> CheckResult:
    return CheckResult(name, convention_of(thing), result.verdict, (result,))


def _with_wiring(
    result: CaseResult, whole: Case, network: _Network, model: Any, hints: Hints
) -> CaseResult:
    """Say in which order the model's backward calls its layers, where that is what is wrong."""

    def wired(order: Sequence[int]) -> Case:
        case = LayerCase(
            _Wired(network.model, network.loss, network.target, order),
            (whole.variables[whole.inputs[0]],),
        )
        return case.with_variables(whole.variables)

    names = [type(layer).__name__ for layer in layers_of(model)]
    return with_wiring(result, whole, wired, names, hints)


class _Network:
    """The model and its loss as one layer whose output is the loss."""

    def __init__(self, model: Any, loss: Any, target: Any) -> None:
        self.model, self.loss, self.target = model, loss, target
        self._passes, self._loss_passes = expect_passes(model), passes_of(loss, LOSS_PASSES)
        if callable(getattr(model, "named_parameters", None)):
            self.named_parameters = model.named_parameters
            self.named_gradients = model.named_gradients

    def forward(self, x: Array) -> Array:
        with user_code("forward"):
            prediction = getattr(self.model, self._passes.forward)(x)
            given = in_forwards_order(self.loss, prediction, self.target)
            if self._loss_passes is None:
                loss, self.gradient = self.loss(*given)
                return np.asarray(loss)
            loss, _ = loss_and_rest(getattr(self.loss, self._loss_passes.forward)(*given))
            return np.asarray(loss)

    def backward(self, dout: Array) -> Any:
        with user_code("backward"):
            if self._loss_passes is not None:
                self.gradient = getattr(self.loss, self._loss_passes.backward)()
            return self._back(self.gradient * float(dout))

    def _back(self, gradient: Array) -> Any:
        return getattr(self.model, self._passes.backward)(gradient)


class _Wired(_Network):
    """The same, with a backward of its own that calls the layers in a given order."""

    def __init__(self, model: Any, loss: Any, target: Any, order: Sequence[int]) -> None:
        super().__init__(model, loss, target)
        self.order = tuple(order)

    def _back(self, gradient: Array) -> Any:
        layers = layers_of(self.model)
        for index in self.order:
            gradient = getattr(layers[index], expect_passes(layers[index]).backward)(gradient)
        return gradient
