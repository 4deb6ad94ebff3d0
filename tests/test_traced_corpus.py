"""A traced run of a layer is bit-identical to the untraced one: every right layer there is."""

import inspect

import numpy as np
import pytest
from corpus.right import RIGHT

import minnet.layers
import minnet.losses
from minnet.gradcheck.case import CodeError, output_vector, split_like
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.gradient import GradientCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.losses import loss_case
from minnet.tracing.running import sources_that_run
from minnet.tracing.taps import Taps

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


def assert_traced_alike(case):
    size = sum(out.size for out in case.run().outputs)
    dout = np.ones(size) if case.is_loss else np.random.default_rng(1).uniform(0.5, 1.5, size)

    def passes():
        run = case.run()
        return output_vector(run), run.backward(split_like(dout, run.outputs))

    plain = passes()
    own = {f.__code__.co_filename for f in case.code.values() if hasattr(f, "__code__")}
    sources = sources_that_run(passes, own.__contains__)
    for expressions in (False, True):
        taps = Taps(sources, expressions=expressions)
        seen = []
        look = {tap.number: lambda value, seen=seen: seen.append(1) or value for tap in taps.taps}
        for handlers in ({}, look):
            with taps.handled(handlers):
                found = passes()
            assert all(map(same, found, plain))
        assert bool(seen) == bool(taps.taps)
    assert all(map(same, passes(), plain))
    return bool(taps.taps)


@pytest.mark.parametrize("entry", RIGHT, ids=lambda entry: entry.name)
def test_a_traced_run_of_the_corpus_is_the_untraced_one(entry):
    try:
        case = case_of(entry.call(0))
        case.run()
    except (CodeError, TypeError, KeyError):  # it takes a convention to know how it is called
        return
    assert_traced_alike(case)


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_traced_run_of_minnets_own_is_the_untraced_one(name):
    for thing, inputs in OWN[name].examples(np.random.default_rng(0)):
        given = inputs if isinstance(inputs, tuple) else (inputs,)
        loss = issubclass(OWN[name], getattr(minnet.losses, "Loss", ()))
        assert assert_traced_alike(loss_case(thing, *given) if loss else LayerCase(thing, given))
