"""Stepping through a layer computes what running it does, bit by bit: every right one there is."""

import inspect

import numpy as np
import pytest
from corpus.right import RIGHT

import minnet.layers
import minnet.losses
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.gradient import GradientCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.losses import loss_case
from minnet.steps.run import passes_of

CASES = {
    "check_layer": lambda layer, *inputs: LayerCase(layer, inputs),
    "check_loss": loss_case,
    "check_functions": lambda forward, backward, *args: FunctionsCase(forward, backward, args),
    "check_gradient": GradientCase,
}
OWN = {
    name: cls
    for module in (minnet.layers, minnet.losses)
    for name, cls in vars(module).items()
    if inspect.isclass(cls) and hasattr(cls, "examples") and not inspect.isabstract(cls)
}


def case_of(call):
    call = call.witness or call
    return CASES[call.check](*call.arguments)


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if a is None or b is None:
        return a is b
    return np.asarray(a).dtype == np.asarray(b).dtype and np.array_equal(a, b, equal_nan=True)


def assert_stepped_alike(case):
    outputs = case.run().outputs
    upstream = tuple(np.ones_like(out) for out in outputs)
    run = case.run()
    claims = run.backward(tuple(dout.copy() for dout in upstream))
    found = passes_of(case, upstream, {})
    assert same(dict(enumerate(run.outputs)), dict(enumerate(found.outputs)))
    assert same(claims, found.claims)
    assert found.crash is None and "\n" not in found.trace.lost
    again = case.run()
    assert same(dict(enumerate(again.outputs)), dict(enumerate(outputs)))
    assert same(again.backward(upstream), claims)
    return found.trace


@pytest.mark.parametrize("entry", RIGHT, ids=lambda entry: entry.name)
def test_stepping_through_the_corpus_computes_what_running_it_does(entry):
    try:
        case = case_of(entry.call(0))
        case.run()
    except (CodeError, TypeError, KeyError):  # it takes a convention to know how it is called
        return
    trace = assert_stepped_alike(case)
    assert trace.operations or trace.lost


@pytest.mark.parametrize("name", sorted(OWN))
def test_stepping_through_minnets_own_computes_what_running_it_does(name):
    for thing, inputs in OWN[name].examples(np.random.default_rng(0)):
        given = inputs if isinstance(inputs, tuple) else (inputs,)
        loss = issubclass(OWN[name], getattr(minnet.losses, "Loss", ()))
        trace = assert_stepped_alike(loss_case(thing, *given) if loss else LayerCase(thing, given))
        assert trace.operations
        assert not trace.lost or "float32" in str(vars(thing)) + str(given[0].dtype)
