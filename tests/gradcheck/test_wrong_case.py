"""With which setting it is wrong: told where it is so, and not where it only happens to fit."""

import itertools
import textwrap

import numpy as np
import pytest

from minnet import check
from minnet.conventions.discover import find
from minnet.conventions.importing import load
from minnet.gradcheck.options import Options
from minnet.gradcheck.telling import as_told
from minnet.gradcheck.under_test.called import called_by, name_of
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.traits import settings_in, traits_of
from minnet.gradcheck.wrong_case import Pattern, explained, with_wrong_case
from minnet.report.results import CaseResult, CheckResult, Finding, GradientResult

CONV = """
    import numpy as np

    def conv_forward(x, w, b, conv_param):
        s, p = conv_param["stride"], conv_param["pad"]
        xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        H, W, (kh, kw) = *xp.shape[2:], w.shape[2:]
        out = np.zeros((len(x), len(w), (H - kh) // s + 1, (W - kw) // s + 1))
        for i, j in np.ndindex(*out.shape[2:]):
            piece = xp[:, :, i * s : i * s + kh, j * s : j * s + kw]
            out[:, :, i, j] = np.tensordot(piece, w, ((1, 2, 3), (1, 2, 3))) + b
        return out, (x, xp, w, s, p)

    def conv_backward(dout, cache):
        x, xp, w, s, p = cache
        H, W, (kh, kw) = *x.shape[2:], w.shape[2:]
        dxp, dw, dx = np.zeros_like(xp), np.zeros_like(w), np.zeros_like(x)
        for i, j in np.ndindex(*dout.shape[2:]):
            rows, columns = slice(i * s, i * s + kh), slice(j * s, j * s + kw)
            dxp[:, :, rows, columns] += np.tensordot(dout[:, :, i, j], w, 1)
            dw += np.tensordot(dout[:, :, i, j], xp[:, :, rows, columns], ((0,), (0,)))
        dx = dxp[:, :, p : p + H, p : p + W]
        return dx, dw, dout.sum(axis=(0, 2, 3))
"""
CROP = "dx = dxp[:, :, p : p + H, p : p + W]"
AFFINE = """
    import numpy as np

    def affine_forward(x, w, b):
        return x.reshape(len(x), -1) @ w + b, (x, w)

    def affine_backward(dout, cache):
        x, w = cache
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(len(x), -1).T @ dout
        return dx, dw, dout.sum(axis=0)
"""
DROPOUT = """
    import numpy as np

    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            np.random.seed(dropout_param["seed"])
        mask = (np.random.rand(*x.shape) < p) / p
        return (x * mask if mode == "train" else x), (mask, mode)

    def dropout_backward(dout, cache):
        mask, mode = cache
        if mode == "train":
            dx = dout * mask
        else:
            dx = dout
        return dx
"""


def found(tmp_path, source, *edits, **options):
    """Return the only check of a file, in this process, with all that its cases say together."""
    source = textwrap.dedent(source)
    for old, new in edits:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path = tmp_path / "layers.py"
    path.write_text(source, encoding="utf-8")
    (subject,) = find(load(str(path)), None)
    *results, last = subject.results(Options(**options))
    return list(last()) if callable(last) else [*results, last]


def firsts(results, variable):
    """Return the first finding on a gradient in each case, None where it is right."""
    gradients = [g for case in results for g in case.gradients if g.wrt == variable]
    return [g.diagnosis[0] if g.verdict != "pass" else None for g in gradients]


def the_finding(results, variable):
    wrong = [f for f in firsts(results, variable) if f is not None]
    assert wrong and {f.code for f in wrong} == {"wrong_case"}
    assert len({f.message for f in wrong}) == 1
    return wrong[0]


# --- what is told ----------------------------------------------------------------------------


@pytest.mark.parametrize("crop", ["dxp[:, :, p:-p, p:-p]", "dxp[..., p : -1 * -(-p), p:-p]"])
def test_a_slice_from_both_ends_is_empty_with_pad_0(tmp_path, crop):
    results = found(tmp_path, CONV, (CROP, f"dx = {crop}"))
    told = the_finding(results, "x")
    assert told.message.startswith("dx is wrong in every case with pad 0 and right in all others")
    if "-1" not in crop:
        assert "`p:-p` is `0:-0` there, which is empty" in told.message
        assert told.line.text == f"dx = {crop}"
    assert firsts(results, "w") == [None] * len(results)
    for case in results:
        assert case.verdict == ("fail" if "pad 0" in case.case else "pass")


def test_the_slice_is_found_in_a_helper_and_where_it_raises(tmp_path):
    helper = "def crop(a, p):\n    return a[:, :, p:-p, p:-p]\n\ndef conv_forward"
    edits = ("def conv_forward", helper), (CROP, "dx[...] = crop(dxp, p)")
    stopped = [case for case in found(tmp_path, CONV, *edits) if case.verdict == "error"]
    assert stopped
    for case in stopped:
        told, crash = case.findings
        assert told.message == (
            "backward raises in every case with pad 0 and in no other: `p:-p` is `0:-0` there, "
            "which is empty."
        )
        assert told.line.text == "return a[:, :, p:-p, p:-p]" and crash.code == "crash"
        assert all(g.diagnosis == case.findings for g in case.gradients)


def test_pad_0_is_not_blamed_on_a_slice_that_has_no_part_in_it(tmp_path):
    wrong = CROP + "\n    unused = xp[:, :, p:-p]\n    dx = dx * 2 if p == 0 else dx"
    told = the_finding(found(tmp_path, CONV, (CROP, wrong)), "x")
    assert "pad 0" in told.message and "0:-0" not in told.message
    assert told.line.text == "dx = dx * 2 if p == 0 else dx"


def test_it_is_told_that_only_a_stride_above_1_is_wrong(tmp_path):
    edit = "dxp[:, :, rows, columns] +=", "dxp[:, :, i : i + kh, j : j + kw] +="
    told = the_finding(found(tmp_path, CONV, edit), "x")
    assert told.message == "dx is wrong in every case with stride above 1 and right in all others."


def test_in_test_mode_the_line_is_that_of_the_branch_that_ran(tmp_path):
    edit = "        dx = dout\n", "        half = dout * 0.5\n        dx = half\n"
    told = the_finding(found(tmp_path, DROPOUT, edit), "x")
    assert told.message.startswith("dx is wrong in the one case with mode test and right")
    assert told.line.text == "half = dout * 0.5"


def test_of_a_branch_with_two_lines_that_compute_something_the_one_to_cure_is_told(tmp_path):
    edit = "        dx = dout\n", "        half = dout * 0.5\n        dx = half + 0 * dout\n"
    told = the_finding(found(tmp_path, DROPOUT, edit), "x")
    assert "with mode test" in told.message and told.line.text == "half = dout * 0.5"


def test_a_crash_is_told_by_itself_and_the_setting_beside_it(tmp_path):
    edit = "        dx = dout\n", "        dx[...] = dout\n"
    (case,) = [case for case in found(tmp_path, DROPOUT, edit) if case.verdict == "error"]
    crash, when = case.findings
    assert crash.code == "crash" and when.code == "wrong_case" and when.line == crash.line
    assert when.message == "backward raises in the one case with mode test and in no other."


def test_a_batch_of_one_is_told(tmp_path):
    edit = "    return dx, dw", "    dw = dw + (len(x) == 1)\n    return dx, dw"
    told = the_finding(found(tmp_path, AFFINE, edit), "w")
    assert told.message.startswith("dw is wrong in the one case with a batch of one and right")


def test_more_than_two_axes_are_told(tmp_path):
    ramp = "np.linspace(1, 2, x.size).reshape(x.shape)"
    edit = "    return dx, dw", f"    dx = dx * {ramp} if x.ndim > 2 else dx\n    return dx, dw"
    told = the_finding(found(tmp_path, AFFINE, edit), "x")
    assert "in every case where x has more than two axes and right in all others" in told.message


# --- what comes first ------------------------------------------------------------------------


def test_a_named_mistake_that_a_special_setting_hides_stays_first(tmp_path):
    edit = "dout.sum(axis=0)", "dout.mean(axis=0)"
    wrong = [case for case in found(tmp_path, AFFINE, edit) if case.verdict == "fail"]
    codes = [[f.code for f in g.diagnosis] for case in wrong for g in case.gradients]
    assert codes == [[], [], ["scale"]] * 4  # and nothing of "more than one sample"


def test_how_much_is_told_is_the_user_s_choice(tmp_path):
    edit = CROP, "dx = dxp[:, :, p:-p, p:-p]"
    check = CheckResult("conv", "function", "fail", tuple(found(tmp_path, CONV, edit)))
    assert the_finding(as_told(check, "full").cases, "x").line is not None
    assert the_finding(as_told(check, "code").cases, "x").line is None
    assert all(g.diagnosis == () for case in as_told(check, "none").cases for g in case.gradients)


def test_a_gradient_that_is_zero_is_not_right_because_of_its_batch_of_one(tmp_path):
    ramp = "np.linspace(1, 2, x.size).reshape(x.shape)"
    edits = (
        ("@ w + b, (x, w)", "@ w * (len(x) > 1) + b, (x, w)"),
        ("dx = (dout @ w.T).reshape(x.shape)",
         f"dx = (dout @ w.T).reshape(x.shape) * {ramp} * (len(x) > 1)"),
        ("dw = x.reshape(len(x), -1).T @ dout",
         "dw = x.reshape(len(x), -1).T @ dout * (len(x) > 1)"),
    )  # fmt: skip
    codes = {f.code for f in firsts(found(tmp_path, AFFINE, *edits), "x") if f}
    assert codes == {"unexplained"}


# --- what is not told ------------------------------------------------------------------------


def cases_of(settings, shape=(2, 3)):
    """Return cases of a right function, one for each dict of settings."""
    rng = np.random.default_rng(0)
    return [
        FunctionsCase(lambda x, p: (2 * x, None), lambda d, c: 2 * d, (rng.normal(size=shape), s))
        for s in settings
    ]


def told_of(cases, wrong, is_wrong):
    pattern = Pattern("dx is wrong", "right in all others", cases, tuple(wrong), is_wrong)
    return [finding.message for _, finding in explained(pattern)]


def test_a_setting_that_agrees_by_accident_is_not_told_when_it_can_be_tried():
    cases = cases_of([{"pad": pad, "stride": s} for pad in (0, 1, 2) for s in (1, 2)])
    for wrong in itertools.product((False, True), repeat=len(cases)):
        marked = {id(case) for case, is_so in zip(cases, wrong, strict=True) if is_so}
        assert told_of(cases, wrong, lambda case, marked=marked: id(case) in marked) == []


def test_what_a_setting_does_is_told_whichever_cases_there_are():
    cases = cases_of([{"pad": pad, "stride": s} for pad in (0, 1, 2) for s in (1, 2)])

    def is_wrong(case):
        return settings_in(case)["p['stride']"] == 2

    for some in itertools.combinations(cases, 3):
        wrong = [is_wrong(case) for case in some]
        expected = len(set(wrong)) == 2
        assert bool(told_of(list(some), wrong, is_wrong)) is expected
        assert all("stride above 1" in message for message in told_of(list(some), wrong, is_wrong))


class Attributed:
    """A layer whose settings are no arguments of its constructor: they cannot be tried."""

    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout


def layers(*settings):
    x, cases = np.random.default_rng(0).normal(size=(2, 3)), []
    for attributes in settings:
        layer = Attributed()
        vars(layer).update(attributes)
        cases.append(LayerCase(layer, x))
    return cases


@pytest.mark.parametrize(
    ("pads", "wrong", "told"),
    [
        ((1, 2, 0, 0), (0, 0, 1, 1), True),
        ((1, 0, 0), (0, 1, 1), False),  # one that is right
        ((1, 2, 0), (0, 0, 1), False),  # one that is wrong, and two that are right
        ((1, 2, 3, 0), (0, 0, 0, 1), True),
        ((1, 2, 0, 0), (0, 1, 1, 1), False),  # not exactly these
        ((1, 2, 0, 0), (1, 1, 1, 1), False),
    ],
)
def test_what_cannot_be_tried_takes_more_cases(pads, wrong, told):
    cases = layers(*({"pad": pad} for pad in pads))
    found = told_of(cases, map(bool, wrong), lambda case: False)
    assert bool(found) is told
    assert not told or "with pad 0" in found[0]


def test_settings_that_go_together_are_both_said_and_three_are_none():
    wrong = (False, False, True, True)
    some, other = {"pad": 1, "mode": "train"}, {"pad": 0, "mode": "test"}
    (message,) = told_of(layers(some, some, other, other), wrong, lambda case: False)
    assert message == (
        "dx is wrong in every case with pad 0 (here the same cases as those with mode test) and "
        "right in all others."
    )
    some, other = some | {"stride": 2}, other | {"stride": 1}
    assert told_of(layers(some, some, other, other), wrong, lambda case: False) == []


def test_of_two_settings_that_go_together_the_one_that_does_it_is_named():
    given = {"eps": 0.3, "momentum": 0.7}

    def is_wrong(case):
        return "p['eps']" in settings_in(case)

    (message,) = told_of(cases_of([{}, {}, given]), (False, False, True), is_wrong)
    assert message.startswith("dx is wrong in the one case with eps 0.3 and right")


@pytest.mark.parametrize("seed", range(6))
def test_labels_that_are_exchanged_between_the_cases_of_real_code_are_not_explained(tmp_path, seed):
    (tmp_path / "layers.py").write_text(textwrap.dedent(CONV), encoding="utf-8")
    (subject,) = find(load(str(tmp_path / "layers.py")), None)
    cases = list(subject.build(np.random.default_rng(0)))
    wrong = np.random.default_rng(seed).permutation(len(cases)) < len(cases) // 2
    results = with_wrong_case(
        [(c, result(c, w)) for c, w in zip(cases, wrong, strict=True)], Options()
    )
    assert {f.code for f in firsts(results, "x") if f} == {"region"}


def result(case, wrong):
    bad = GradientResult("x", (), "fail", diagnosis=(Finding("region", "dx is wrong"),))
    return CaseResult(case.description, "fail" if wrong else "pass", (
        bad if wrong else GradientResult("x", (), "pass"),
    ))  # fmt: skip


# --- the traits ------------------------------------------------------------------------------


def test_numbers_words_and_flags_are_settings_and_arrays_are_not():
    (case,) = cases_of([{"pad": 0, "mode": "test", "eps": 0.5, "mask": np.ones(2), "flag": True}])
    assert settings_in(case) == {
        "p['pad']": 0, "p['mode']": "test", "p['eps']": 0.5, "p['flag']": True
    }  # fmt: skip


def test_what_is_so_of_all_cases_is_no_trait():
    assert traits_of(cases_of([{"pad": 1}, {"pad": 1}])) == []
    words = {trait.words for trait in traits_of(cases_of([{"pad": 0}, {"pad": 2}]))}
    assert words == {"with pad 0", "with pad above 0"}


def test_the_report_of_a_file_says_so(tmp_path):
    path = tmp_path / "layers.py"
    edited = textwrap.dedent(CONV).replace(CROP, "dx = dxp[:, :, p:-p, p:-p]")
    path.write_text(edited, encoding="utf-8")
    text = " ".join(str(check(path)).split())
    assert "FAIL[wrong_case] conv: gradient of x: dx is wrong in every case with pad 0" in text
    assert "there: The gradient of x has shape" in text


# --- what backward calls ---------------------------------------------------------------------


def helper(x):
    return x


def through_a_helper(dout):
    return [helper(d) for d in dout]


class Calls:
    kept = np.zeros(2)  # of the class: what is an array is asked nothing

    @staticmethod
    def scaled(x):
        return x

    def own(self, x):
        return self.scaled(x) + self.kept

    def backward(self, dout):
        return through_a_helper(self.own(dout)) + np.zeros(2)


def test_all_that_backward_refers_to_in_the_user_s_code_is_found():
    called = called_by(Calls.backward, Calls())
    assert [f.__name__ for f in called] == [
        "backward", "through_a_helper", "own", "helper", "scaled"
    ]  # fmt: skip
    assert len({name_of(f) for f in called}) == 5


def test_a_function_that_calls_itself_is_found_once():
    def again(x):
        return again(x) if x else x

    assert called_by(again) == [again]
