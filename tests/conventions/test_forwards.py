"""Forward is compared with minnet's own where the name is known, and a right one is never wrong."""

import json
from types import ModuleType

import numpy as np
import pytest

import minnet.layers
import minnet.losses
from minnet import check
from minnet.conventions.composed import composed
from minnet.conventions.cs231n import LOSSES, PAIRS
from minnet.conventions.references import functions
from minnet.conventions.references.activations import STAGES
from minnet.conventions.references.classes import of_class
from minnet.conventions.references.comparing import compare, exact
from minnet.conventions.references.dropout import _meaning
from minnet.conventions.references.reading import Seen
from minnet.conventions.references.settling import settled
from minnet.conventions.samples import with_float32
from minnet.gradcheck.options import Options
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss
from minnet.gradcheck.under_test.losses import LossCase
from minnet.report.results import CaseResult, CheckResult

OPTIONS = Options()
#: pairs that are several layers, and what they take beside x
BESIDE = {
    **{f"affine_{name}": "w b" for name in STAGES},
    **{f"conv_{name}": "w b conv_param" for name in STAGES},
    **dict.fromkeys(("affine_bn_relu", "affine_norm_relu"), "w b gamma beta bn_param"),
    **dict.fromkeys(("affine_batchnorm_relu", "affine_relu_bn"), "w b gamma beta bn_params"),
    **dict.fromkeys(("affine_ln_relu", "layernorm_affine"), "gamma beta ln_param w b"),
    "conv_bn_relu": "w b gamma beta conv_param bn_param",
    **dict.fromkeys(("conv_relu_pool", "conv_pool"), "w b conv_param pool_param"),
}
COMPOSED = {name: composed(name, ["x", *names.split()]) for name, names in BESIDE.items()}
KNOWN = {
    **{name: (refs[0], PAIRS[name]) for name, refs in functions.FUNCTIONS.items()},
    **{name: (functions.of_loss(name, "xy")[0], samples) for name, samples in LOSSES.items()},
    **{name: (made.references[0], made.samples) for name, made in COMPOSED.items()},
}
#: whose readings depend on the output alone
FITTED = ("dropout",)


def readings(reference, arguments):
    given = tuple(map(exact, arguments))
    return list(reference.readings(Seen(given, given, ())))


def checked(forward, references, samples):
    """Return what the check of a forward function alone says of forward."""
    rng = np.random.default_rng(0)
    cases = [s.args for s in with_float32(samples, rng) if not s.optional]
    cases = [FunctionsCase(forward, lambda dout, cache: None, args) for args in cases]
    results = [CaseResult("", "pass", forward=compare(references, c, OPTIONS)) for c in cases]
    return CheckResult("it", "cs231n", "pass", settled(results)).forward


def giving(reference, role, words=""):
    """Return a forward function that gives what one of the readings says."""

    def forward(*arguments):
        found = readings(reference, arguments)
        values = (r.values(()) for r in found if (r.role, r.words) == (role, words))
        fitting = [v for v in values if v is not None and all(np.isfinite(a).all() for a in v)]
        return (*fitting[0], None)

    return forward


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_what_minnet_itself_gives_is_right(name):
    reference, samples = KNOWN[name]
    if name not in FITTED:
        found = checked(giving(reference, "right"), [reference], samples)
        assert (found.verdict, found.against) == ("pass", reference.against)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_known_slip_that_can_be_seen_is_wrong_and_named(name):
    reference, samples = KNOWN[name]
    arguments = [s.args for s in samples(np.random.default_rng(0)) if not s.optional]
    with np.errstate(all="ignore"):
        found = [readings(reference, args) for args in arguments]
    slips = sorted({r.words for each in found for r in each if r.role == "slip"})
    assert slips
    named = {words for words in slips if name not in FITTED and is_told(reference, words, samples)}
    unseen = set(slips) - named if name not in FITTED else set()
    assert len(unseen) <= max(1, len(slips) // 3), unseen


def is_told(reference, words, samples):
    found = checked(giving(reference, "slip", words), [reference], samples)
    return found.verdict == "fail" and any("slip" in f.facts for f in found.findings)


OWN = [
    cls
    for module in (minnet.layers, minnet.losses)
    for cls in vars(module).values()
    if isinstance(cls, type) and hasattr(cls, "examples")
]


@pytest.mark.parametrize("cls", OWN, ids=lambda cls: cls.__name__)
def test_a_copy_of_a_layer_of_minnet_s_is_never_wrong(cls):
    copy = type(cls.__name__, (cls,), {"__module__": "mine"})
    for course in ("any", "mytorch", "nnfs"):
        references = of_class(copy, course)
        for layer, inputs in copy.examples(np.random.default_rng(1)):
            make = LossCase if is_loss(layer, *inputs) else lambda layer, *x: LayerCase(layer, x)
            found = compare(references, make(layer, *inputs), OPTIONS)
            assert found.verdict != "fail", found
            assert not (references and found.verdict == "not_compared" and course == "any") or (
                cls.__name__ in NOT_ALWAYS
            ), found


#: of which some examples are not compared: settings or shapes that only minnet has
NOT_ALWAYS = (
    "Dropout",
    "AvgPool2D",
    "MaxPool2D",
    "Conv2D",
    "Conv1D",
    "BatchNorm",
    "LayerNorm",
    "GroupNorm",
)


def module_with(**functions):
    module = ModuleType("layers")
    for name, function in functions.items():
        function.__module__, function.__name__ = "layers", name
        setattr(module, name, function)
    return module


def relu_times(factor):
    def forward(x):
        return factor * np.maximum(x, 0), x

    def backward(dout, x):
        return factor * dout * (x > 0)

    return check(module_with(relu_forward=forward, relu_backward=backward)).checks[0]


def test_a_forward_off_by_a_thousandth_is_not_judged_and_one_off_by_a_tenth_is_wrong():
    assert relu_times(1 + 1e-6).forward.verdict == "pass"
    assert relu_times(1 + 1e-3).forward.verdict == "not_compared"
    assert relu_times(1.1).forward.verdict == "fail"
    assert (relu_times(1 + 1e-3).verdict, relu_times(1.1).verdict) == ("pass", "fail")


def transposed_affine():
    def affine_forward(x, w, b):
        return (x.reshape(len(x), -1) @ w + b).T, (x, w)

    def affine_backward(dout, cache):
        x, w = cache
        return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)

    return check(module_with(affine_forward=affine_forward, affine_backward=affine_backward))


def test_a_wrong_shape_is_said_before_the_crash_that_follows_from_it():
    report = transposed_affine()
    first = report.checks[0].cases[0].findings
    assert [finding.code for finding in first] == ["forward", "crash"]
    assert "(3, 4), and minnet.Dense gives (4, 3): it is transposed" in first[0].message
    assert report.verdict == "fail"
    text = str(report)
    assert text.index("FAIL[forward]") < text.index("[crash]")


def test_json_has_forward_for_each_check():
    def cube_forward(x):
        return x**3, x

    def cube_backward(dout, x):
        return 3 * dout * x**2

    module = module_with(cube_forward=cube_forward, cube_backward=cube_backward)
    module.minnet_cases = lambda rng: [("cube", (rng.normal(size=(3, 4)),))]
    report = check(module)
    (found,) = json.loads(report.to_json())["targets"][0]["checks"]
    assert found["forward"] == {"verdict": "not_compared", "against": None}
    assert str(report).endswith("(1 gradient, seed 0; forward not compared)")
    (wrong,) = json.loads(transposed_affine().to_json())["targets"][0]["checks"]
    assert wrong["forward"] == {"verdict": "fail", "against": "minnet.Dense"}
    assert wrong["cases"][0]["diagnosis"][0]["code"] == "forward"


@pytest.mark.parametrize(("hints", "said"), [("none", 0), ("code", 1), ("full", 1)])
def test_hints_bound_what_is_told_of_forward(hints, said):
    def sigmoid_forward(x):
        return np.tanh(x), x

    def sigmoid_backward(dout, x):
        return dout * (1 - np.tanh(x) ** 2)

    module = module_with(sigmoid_forward=sigmoid_forward, sigmoid_backward=sigmoid_backward)
    result = check(module, hints=hints).checks[0]
    assert (result.verdict, result.forward.verdict) == ("fail", "fail")
    findings = result.cases[0].findings
    assert len(findings) == said
    assert all(("tanh" in finding.message) is (hints == "full") for finding in findings)


def test_a_loss_that_gives_0_whatever_it_is_given_is_still_to_be_written():
    def softmax_loss(x, y):
        return 0.0, np.zeros_like(x)

    result = check(module_with(softmax_loss=softmax_loss)).checks[0]
    assert (result.verdict, result.forward.verdict) == ("not_implemented", "not_compared")


def dropout_check(documentation, keep, scale, in_test=1.0):
    def dropout_forward(x, dropout_param):
        p, rng = dropout_param["p"], np.random.default_rng(3)
        if dropout_param["mode"] == "test":
            return x * (keep(p) if in_test is None else in_test), None
        mask = (rng.random(x.shape) < keep(p)) * scale(p)
        return x * mask, mask

    def dropout_backward(dout, mask):
        return dout if mask is None else dout * mask

    dropout_forward.__doc__ = documentation
    module = module_with(dropout_forward=dropout_forward, dropout_backward=dropout_backward)
    return check(module).checks[0].forward


KEEP, DROP = "p: we keep each neuron with probability p.", "p: the probability of dropping x."


@pytest.mark.parametrize(
    ("documentation", "keep", "scale", "in_test", "verdict"),
    [
        (KEEP, lambda p: p, lambda p: 1 / p, 1.0, "pass"),
        (DROP, lambda p: 1 - p, lambda p: 1 / (1 - p), 1.0, "pass"),
        ("", lambda p: 1 - p, lambda p: 1 / (1 - p), 1.0, "pass"),
        (KEEP, lambda p: 1 - p, lambda p: 1 / (1 - p), 1.0, "fail"),
        (DROP, lambda p: p, lambda p: 1 / p, 1.0, "fail"),
        (KEEP, lambda p: p, lambda p: 1.0, 1.0, "fail"),
        (KEEP, lambda p: p, lambda p: 1 / (1 - p), 1.0, "fail"),
        (KEEP, lambda p: 1 - p, lambda p: 1 / p, 1.0, "fail"),
        (KEEP, lambda p: 1.0, lambda p: 1 / p, 1.0, "fail"),
        (KEEP, lambda p: p, lambda p: 1.0, None, "not_compared"),
        (KEEP, lambda p: p, lambda p: 1 / p, None, "fail"),
    ],
)
def test_p_is_what_the_docstring_says_and_another_dropout_is_no_mistake(
    documentation, keep, scale, in_test, verdict
):
    assert dropout_check(documentation, keep, scale, in_test).verdict == verdict


def test_a_mask_of_normal_numbers_keeps_another_share():
    def dropout_forward(x, dropout_param):
        """p: We drop each neuron output with probability p."""
        p, rng = dropout_param["p"], np.random.default_rng(3)
        if dropout_param["mode"] == "test":
            return x, None
        mask = (rng.normal(size=x.shape) < 1 - p) / (1 - p)  # normal, not uniform
        return x * mask, mask

    def dropout_backward(dout, mask):
        return dout if mask is None else dout * mask

    module = module_with(dropout_forward=dropout_forward, dropout_backward=dropout_backward)
    findings = check(module).checks[0].forward.findings
    assert [f.facts["slip"] for f in findings] == ["another share is kept than p says"]


def test_the_docstring_of_either_generation_of_the_course_is_understood():
    assert _meaning("p: We drop each neuron output with probability p.") == "drop"
    assert _meaning("p: We keep each neuron output with\n    probability p.") == "keep"
    assert _meaning("p: a number; see cs231n on keeping and dropping.") == ""
