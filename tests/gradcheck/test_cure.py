"""The guilty line is the one that an edit cures, and the edit is told where it is asked for."""

import os
import sys
from types import FunctionType

import numpy as np
import pytest
from spoilt import Told, checked, imported, mended, normal, spoilt

import minnet
import minnet.gradcheck.cure.search
from minnet.gradcheck import check_functions, check_gradient, check_layer
from minnet.gradcheck.cure.told import ALONE, WHERE_TO_LOOK

AFFINE = """
def forward(x, w, b):
    return x @ w + b, (x, w)


def backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = np.einsum("ni,no->io", x, dout)
    db = dout.sum(axis=0)
    return dx, dw, db
"""
NORM = """
def forward(x, gamma, eps=0.1):
    mu = x.mean(axis=0)
    xmu = x - mu
    var = np.mean(xmu**2, axis=0)
    std = np.sqrt(var + eps)
    xhat = xmu / std
    return gamma * xhat, (xhat, xmu, var, std, gamma, eps)


def backward(dout, cache):
    xhat, xmu, var, std, gamma, eps = cache
    N = dout.shape[0]
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * -0.5 * (var + eps) ** -1.5
    dmu = -np.sum(dxhat / std, axis=0)
    dx = dxhat / std + dvar * 2 * xmu / N + dmu / N
    return dx, dgamma
"""
GATED_SUM = """
def forward(x, y):
    on = x > 0
    return x * on + y, on


def backward(dout, on):
    dx = dout.copy()
    dx[~on] = 0
    dy = dout
    return dx, dy
"""
TURNED = """
def forward(x):
    N, C, W = x.shape
    return 3 * x.transpose(1, 0, 2).reshape(C, N * W), x.shape


def backward(dout, cache):
    N, C, W = cache
    dx = 3 * dout.reshape(C, N, W).transpose(1, 0, 2)
    return dx
"""
REVERSED = """
def forward(x):
    return 3 * x[::-1], None


def backward(dout, cache):
    dx = 3 * dout[::-1]
    return dx
"""
GATE = """
def forward(x, y):
    s = 1 / (1 + np.exp(-x))
    t = np.tanh(y)
    return s * t, (s, t)


def backward(dout, cache):
    s, t = cache
    ds = dout * t
    dt = dout * s
    dx = ds * s * (1 - s)
    dy = dt * (1 - t**2)
    return dx, dy
"""
STEPS = """
def forward(x, w):
    h = np.zeros_like(x)
    for t in range(len(x)):
        h[t] = w * x[t] + (x[t - 1] if t > 0 else 0)
    return h, (x, w)


def backward(dout, cache):
    x, w = cache
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for t in range(len(x)):
        dx[t] += w * dout[t]
        dw += x[t] * dout[t]
        if t > 0:
            dx[t - 1] += dout[t]
    return dx, dw
"""
PARTS = """
def forward(x):
    y = x.reshape(len(x), -1) ** 2
    return y * np.exp(y) + np.sqrt(y + 1) + y, (x, y)


def backward(dout, cache):
    x, y = cache
    power = dout * np.exp(y)
    root = dout / (2 * np.sqrt(y + 1))
    dy = power + power * y + root + dout
    dx = 2 * x * dy.reshape(x.shape)
    return dx
"""
FLAT = """
def forward(x):
    return 2 * x.reshape(len(x), -1), x


def backward(dout, x):
    dx = 2 * dout.reshape(x.shape)
    return dx
"""
SKIP = """
def forward(x, w):
    return w * x + x, (x, w)


def backward(dout, cache):
    x, w = cache
    dx = w * dout + dout
    return dx, np.sum(x * dout, axis=0)
"""
LOG_COSH = """
def forward(x):
    return np.log(np.cosh(x)), x


def backward(dout, x):
    dx = dout * np.tanh(x)
    return dx
"""
MIXED = """
def forward(x, y):
    return np.exp(x) + 2 * x * y + y**2, (x, y)


def backward(dout, cache):
    x, y = cache
    dx = dout * np.exp(x) + 2 * y * dout
    dy = 2 * x * dout + 2 * y * dout
    return dx, dy
"""
SQUARE = normal((4, 4), (4, 4), (4,))
WIDE = normal((5, 4), (4, 3), (3,))
NORMED = normal((5, 4), (4,))
GATED = normal((3, 4), (3, 4))
TIMES = normal((4, 3), (3,))
CUBE = normal((3, 2, 2))
INNER = "        dw += x[t] * dout[t]\n"
LAST = "        if t > 0:\n            dx[t - 1] += dout[t]\n"

#: kind of edit, right code, what of it, what instead, the guilty line, the arrays
MISTAKES = [
    ("augment", STEPS, "dw += x[t]", "dw = x[t]", "dw = x[t] * dout[t]", TIMES),
    ("results", AFFINE, "dx, dw, db", "dx, db, dw", "return dx, db, dw", WIDE),
    ("sign", AFFINE, "db = dout", "db = -dout", "db = -dout.sum(axis=0)", WIDE),
    ("operator", NORM, "/ std + dvar", "* std + dvar", "dx = dxhat * std", NORMED),
    ("transpose", AFFINE, "dout @ w.T", "dout @ w", "dx = dout @ w", SQUARE),
    ("letters", AFFINE, "no->io", "no->oi", "dw = np.einsum", SQUARE),
    ("number", NORM, "dvar * 2", "dvar * 3", "dx = dxhat / std", NORMED),
    ("function", AFFINE, "dout.sum", "dout.mean", "db = dout.mean(axis=0)", WIDE),
    ("axis", AFFINE, "axis=0", "axis=1", "db = dout.sum(axis=1)", SQUARE),
    ("name", NORM, "(dout * xhat", "(dout * xmu", "dgamma = np.sum(dout * xmu", NORMED),
    ("another", NORM, "dxhat / std, axis=0)", "dxhat / eps, axis=0)", "dmu = ", NORMED),
    ("unused", NORM, " + dmu / N", "", "dx = dxhat / std", NORMED),
    ("forward", PARTS, "np.sqrt(y + 1))\n    dy", "np.sqrt(y))\n    dy", "root = ", CUBE),
    ("epsilon", NORM, "(var + eps) **", "var **", "dvar = ", NORMED),
    ("drop", GATE, "dout * s", "np.abs(dout) * s", "dt = np.abs(dout) * s", GATED),
    ("index", STEPS, "dx[t - 1] +=", "dx[t] +=", "dx[t] += dout[t]", TIMES),
    ("scale", NORM, "+ dmu / N", "+ dmu", "dx = dxhat / std", NORMED),
    ("factor", GATE, "dout * t", "dout", "ds = dout", GATED),
    ("regroup", GATE, "s * (1 - s)", "s * 1 - s", "dx = ds * s * 1 - s", GATED),
    ("invert", GATE, "s * (1 - s)", "s * s", "dx = ds * s * s", GATED),
    ("reduce", AFFINE, "dout.sum(axis=0)", "dout", "db = dout", WIDE),
    ("term", SKIP, " + dout", "", "dx = w * dout", TIMES),
    ("missing", MIXED, "exp(x) + 2 * y * dout", "exp(x)", "dx = dout", GATED),
    ("power", NORM, " ** -1.5", "", "dvar = ", NORMED),
    ("wrap", LOG_COSH, "np.tanh(x)", "x", "dx = dout * x", CUBE),
    ("slope", GATE, "dt * (1 - t**2)", "dt", "d", GATED),
    ("own", GATED_SUM, "dout.copy()", "dout", "dx = dout", GATED),
    (
        *("layout", TURNED, "(C, N, W).transpose(1, 0, 2)", "(N, C, W)"),
        *("dx = 3 * dout.reshape", CUBE),
    ),
    ("backwards", REVERSED, "dout[::-1]", "dout", "dx = 3 * dout", CUBE),
    ("reshape", FLAT, ".reshape(x.shape)", "", "dx = 2 * dout", CUBE),
    ("leave out", STEPS, INNER + LAST, INNER + LAST + "        break\n", "break", TIMES),
    (
        *("condition", STEPS, INNER, f"        if isinstance(x, list):\n    {INNER}"),
        *("if isinstance(x, list):", TIMES),
    ),
    ("order", STEPS, INNER + LAST, LAST + INNER[4:], "dw += x[t] * dout[t]", TIMES),
]


#: edits that are not yet made, or not yet written down
WAITING = {
    "order": "a line that moves into a loop is not written down",
}


@pytest.mark.parametrize(
    ("kind", "text", "old", "new", "line", "arrays"),
    [
        pytest.param(
            *mistake,
            id=mistake[0],
            marks=[pytest.mark.xfail(strict=True, reason=WAITING.get(mistake[0]))]
            * (mistake[0] in WAITING),
        )
        for mistake in MISTAKES
    ],
)
def test_a_mistake_of_each_kind_is_found_on_its_line_and_cured(
    tmp_path, kind, text, old, new, line, arrays
):
    module = imported(tmp_path, spoilt(text, old, new))
    found = checked(module, *arrays).one
    assert found.line.text.startswith(line)
    assert WHERE_TO_LOOK[kind] in found.reason
    assert checked(mended(tmp_path, module, found.fix), *arrays).report


def test_every_kind_of_edit_has_its_mistake_here():
    assert {m[0] for m in MISTAKES} == set(WHERE_TO_LOOK)


@pytest.mark.parametrize("text,arrays", [(AFFINE, WIDE), (NORM, NORMED), (PARTS, CUBE)])
def test_right_code_has_no_guilty_line(tmp_path, text, arrays):
    told = checked(imported(tmp_path, text), *arrays)
    assert told.report and not told.findings


def test_a_missing_term_is_looked_up(tmp_path):
    found = checked(
        imported(tmp_path, spoilt(MIXED, "exp(x) + 2 * y * dout", "exp(x)")), *GATED
    ).one
    assert "2 *" in found.fix.new and "dout" in found.fix.new and "y" in found.fix.new


def test_an_edit_that_only_makes_up_for_a_mistake_is_not_believed(tmp_path):
    """Dividing dvar by N makes dx right; but dvar is right, and what is made of it is not."""
    found = checked(imported(tmp_path, spoilt(NORM, "xmu / N", "xmu")), *NORMED).one
    assert found.line.text.startswith("dx = ") and found.fix.old.startswith("dx = ")


def test_two_mistakes_have_two_lines_and_two_fixes(tmp_path):
    text = spoilt(spoilt(AFFINE, "db = dout", "db = -dout"), "dw = np", "dw = 2 * np")
    module = imported(tmp_path, text)
    found = checked(module, *WIDE).findings
    assert {wrt: f.line.text[:2] for wrt, f in found.items()} == {"w": "dw", "b": "db"}
    fixes = [f.fix for f in found.values()]
    assert checked(mended(tmp_path, module, *fixes), *WIDE).report
    assert "the gradient of b is right" in found["b"].reason


def test_a_mistake_in_a_helper_of_backward_is_shown_in_the_helper(tmp_path):
    helper = "\n\ndef slope(t):\n    return 1 - t**3\n"
    text = spoilt(GATE, "(1 - t**2)", "slope(t)") + helper
    module = imported(tmp_path, text)
    found = checked(module, *GATED).one
    assert found.line.text == "return 1 - t**3"
    assert checked(mended(tmp_path, module, found.fix), *GATED).report


def test_a_mistake_in_what_forward_only_caches_is_shown_in_forward(tmp_path):
    text = spoilt(GATE, "    return s * t, (s, t)", "    u = t - 1\n    return s * t, (s, t, u)")
    text = spoilt(spoilt(text, "s, t = cache", "s, t, u = cache"), "1 - t**2", "-u * (1 + t)")
    assert checked(imported(tmp_path, text), *GATED).report
    module = imported(tmp_path, spoilt(text, "u = t - 1", "u = s - 1"))
    found = checked(module, *GATED).one
    assert found.line.text == "u = s - 1" and found.fix.new == "u = t - 1"


LOSS = """
def softmax_loss(x, y):
    N = x.shape[0]
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).sum() / N
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx
"""


def test_in_a_loss_that_returns_its_gradient_the_line_of_the_gradient_is_shown(tmp_path):
    module = imported(tmp_path, spoilt(LOSS, "p.copy()", "2 * p"))
    found = Told(minnet.check(module.__file__, hints="fix")).one
    assert found.line.text == "dx = 2 * p" and found.fix.new in ("dx = 1 * p", "dx = p")


PENALISED = """
def svm_loss_naive(W, X, y, reg):
    dW, loss = np.zeros_like(W), 0.0
    for i in range(X.shape[0]):
        scores = X[i] @ W
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss = loss / X.shape[0] + reg * np.sum(W * W)
    dW += 2 * reg * W
    dW /= X.shape[0]
    return loss, dW
"""


def test_what_is_right_by_chance_in_the_wrong_cases_is_no_fix(tmp_path):
    # where it shows, j is 3 at the end, which is reg times the number of samples: 0.5 * 6
    module = imported(tmp_path, PENALISED)
    fix = Told(minnet.check(module.__file__, hints="fix")).one.fix
    assert fix.new.splitlines()[:2] == ["dW /= X.shape[0]", "dW += 2 * reg * W"]


PENALTY = """
def loss(w):
    return np.sin(w).sum()


def gradient(w):
    return np.cos(w) + 0.3 * w
"""


def test_of_a_penalty_no_line_is_told_without_a_cure(tmp_path, monkeypatch):
    # either the gradient has it too much, or the loss forgot it
    module, w = imported(tmp_path, PENALTY), np.random.default_rng(0).normal(size=(3, 4))

    def told():
        return check_gradient(module.loss, module.gradient, w).gradients[0].diagnosis[0]

    assert told().code == "weight_decay" and told().line is not None
    monkeypatch.setattr(minnet.gradcheck.cure.search, "TRIES", 0)
    assert told().line is None


WRONG = spoilt(NORM, "dvar * 2", "dvar * 3")


@pytest.mark.parametrize("hints", ["none", "code", "full", "fix"])
def test_the_line_is_told_from_full_hints_on_and_the_fix_when_asked_for(tmp_path, hints):
    found = checked(imported(tmp_path, WRONG), *NORMED, hints=hints).report.gradients[0].diagnosis
    first = found[0] if found else None
    assert bool(first and first.line) == (hints in ("full", "fix"))
    assert bool(first and first.reason) == (hints in ("full", "fix"))
    assert bool(first and first.fix) == (hints == "fix")


def state_of(module):
    functions = [v for v in vars(module).values() if isinstance(v, FunctionType)]
    return {f: f.__code__ for f in functions}, dict(vars(module))


def test_the_functions_and_their_module_are_afterwards_what_they_were(tmp_path):
    module = imported(tmp_path, WRONG)
    before = state_of(module)
    assert checked(module, *NORMED).one.line
    after = state_of(module)
    assert all(after[0][f] is code for f, code in before[0].items())
    assert after[1] == before[1]


@pytest.mark.parametrize("where", ["terms_for", "changed_by"])
def test_they_are_so_too_when_the_search_breaks(tmp_path, monkeypatch, where):
    def broken(*args):
        raise RuntimeError("broken")

    module = imported(tmp_path, spoilt(MIXED, "exp(x) + 2 * y * dout", "exp(x)"))
    before, tracer = state_of(module), sys.gettrace()
    monkeypatch.setattr(minnet.gradcheck.cure.search, where, broken)
    said = " ".join(str(checked(module, *GATED).report).split())
    assert "the line was not looked for: " in said and "RuntimeError: broken" in said
    assert state_of(module) == before and sys.gettrace() is tracer


def test_another_tracer_goes_on_afterwards(tmp_path):
    def tracer(frame, event, argument):
        return None

    module, before = imported(tmp_path, WRONG), sys.gettrace()
    sys.settrace(tracer)
    try:
        checked(module, *NORMED)
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is tracer


def test_a_loop_that_an_edit_makes_endless_is_ended(tmp_path):
    loop = "    t = len(x)\n    while t > 0:\n        t -= 1\n"
    head, tail = STEPS.split("    dw = np.zeros_like(w)\n    for t in range(len(x)):\n")
    text = f"{head}    dw = np.zeros_like(w)\n{loop}{tail}"
    assert checked(imported(tmp_path, text), *TIMES).report
    module = imported(tmp_path, spoilt(text, "dx[t] += w * dout", "dx[t] += dout"))
    found = checked(module, *TIMES).one
    assert found.line.text == "dx[t] += dout[t]"


def facts_of(report):
    return [(g.wrt, g.verdict, [d.code for d in g.diagnosis]) for g in report.gradients]


def test_code_without_a_source_is_checked_as_before_but_has_no_line(tmp_path):
    space = {"np": np}
    exec(WRONG, space)  # noqa: S102
    blind = check_functions(space["forward"], space["backward"], *NORMED, hints="fix")
    assert facts_of(blind) == facts_of(checked(imported(tmp_path, WRONG), *NORMED).report)
    assert all(not f.fix and not f.reason for f in Told(blind).findings.values())


def test_lambdas_are_checked_as_before_but_have_no_line():
    report = check_functions(
        lambda x: (x**2, x), lambda dout, x: 3 * dout * x, *normal((3, 2)), hints="fix"
    )
    assert report.verdict == "fail"
    assert all(not f.fix and not f.reason for f in Told(report).findings.values())


def test_a_file_edited_after_its_import_has_no_line(tmp_path):
    module = imported(tmp_path, WRONG)
    with open(module.__file__, "w", encoding="utf-8") as file:
        file.write("import numpy as np\n" + spoilt(WRONG, "dvar * 3", "dvar * 5 * N"))
    os.utime(module.__file__, (0, 0))
    told = checked(module, *NORMED)
    assert told.report.verdict == "fail"
    assert all(not f.fix and not f.reason for f in told.findings.values())


@pytest.mark.parametrize("seed", range(2))
def test_the_same_seed_tells_the_same_twice(tmp_path, seed):
    module = imported(tmp_path, spoilt(NORM, "xmu / N", "xmu"))
    one, other = (checked(module, *NORMED, seed=seed).one for _ in range(2))
    assert (one.line, one.reason, one.fix) == (other.line, other.reason, other.fix)


COUNTER = """
class Square:
    def __init__(self):
        self.backwards = 0
        self.seen = []

    def forward(self, x):
        self.x = x
        return x ** 2

    def backward(self, dout):
        self.backwards += 1
        self.seen.append(self.backwards)
        dx = 3 * dout * self.x
        return dx
"""


def test_what_the_edited_passes_leave_in_an_object_is_gone(tmp_path):
    left = []
    for hints in ("code", "fix"):
        layer = imported(tmp_path, COUNTER).Square()
        report = check_layer(layer, *normal((3, 2)), hints=hints)
        left.append((layer.backwards, list(layer.seen)))
    assert left[0] == left[1]
    assert Told(report).one.fix.new == "dx = 2 * dout * self.x"


def test_the_edited_passes_print_nothing(tmp_path, capsys):
    printed = []
    for hints in ("code", "fix"):
        text = spoilt(WRONG, "    return dx", "    print('backward')\n    return dx")
        checked(imported(tmp_path, text), *NORMED, hints=hints)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_an_array_that_nobody_filled_is_never_proposed(tmp_path):
    """Fresh memory is often full of zeros, and an edit that relies on it cures by luck."""
    module = imported(tmp_path, spoilt(STEPS, "dw = np.zeros_like", "dw = np.ones_like"))
    found = checked(module, *TIMES).one
    assert found.fix.new == "dw = np.zeros_like(w)"


SPREAD = """
def spread(x):
    centred = x - x.mean(axis=0)
    var = np.mean(centred**2, axis=0)
    return np.sum(np.sqrt(var + 1))


def gradient(x):
    N = len(x)
    centred = x - x.mean(axis=0)
    root = np.sqrt(np.mean(centred**2, axis=0) + 1)
    dvar = 0.5 / root
    dx = dvar * 2 * centred / N
    return dx
"""


def test_the_number_that_is_told_is_the_true_one(tmp_path):
    x = normal((5, 4))[0]
    module = imported(tmp_path, spoilt(SPREAD, "0.5 / root", "1.5 / root"))
    reason = Told(check_gradient(module.spread, module.gradient, x, hints="fix")).one.reason
    assert reason.startswith("dvar should be dL/d(var) (line 5): yours ")
    yours, measured = reason.split("; ")[0].split("yours ")[1].split(", measured ")
    number, bar = map(float, measured.split(" ± "))
    dvar = 0.5 / np.sqrt(x.var(axis=0) + 1)
    worst = dvar.max()
    assert number == pytest.approx(worst, rel=1e-5) and 0 < bar < 1e-6
    assert float(yours) == pytest.approx(3 * worst, rel=1e-5)


HOME_MADE = """
def forward(x):
    return np.log(np.cosh(x)) * np.arctan(x), x


def backward(dout, x):
    slope = {slope}
    dx = dout * slope
    return dx
"""


def test_where_no_edit_cures_the_line_is_told_that_alone_can_be_wrong(tmp_path):
    text = HOME_MADE.replace("    slope = {slope}\n", "").replace("* slope", "* np.sinh(x) ** 3")
    found = checked(imported(tmp_path, text), *CUBE).one
    assert found.line.text == "dx = dout * np.sinh(x) ** 3"
    assert found.reason == ALONE and found.fix is None


def test_of_two_lines_that_may_be_wrong_none_is_told(tmp_path):
    text = HOME_MADE.format(slope="np.sinh(x) ** 3")
    assert checked(imported(tmp_path, text), *CUBE).one.line is None


LOOKS_LIKE_FORWARD = """
def forward(x):
    small = np.abs(x) <= 1
    return np.where(small, x**2, 3 * np.abs(x)), x


def backward(dout, x):
    small = np.abs(x) <= 1
    dx = dout * np.where(small, 3 * np.sign(x), 2 * x)
    return dx
"""


def test_a_line_that_forward_has_as_well_is_not_the_guilty_one(tmp_path):
    found = checked(imported(tmp_path, LOOKS_LIKE_FORWARD), *CUBE).one
    assert found.line.text.startswith("dx = dout")


def test_a_value_that_would_be_left_unused_is_at_fault_itself(tmp_path):
    text = spoilt(GATE, "dt = dout * s", "dt = dout * s\n    one = np.zeros_like(s)")
    text = spoilt(text, "dx = ds * s", "dx = one * ds * s")
    assert checked(imported(tmp_path, text), *GATED).one.line.text == "one = np.zeros_like(s)"


DIVIDED = """
def forward(x, w):
    return x @ w, (x, w)


def backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout / len(x)
    return {dx}, dw
"""


def test_a_division_by_the_batch_size_is_blamed_in_an_otherwise_right_layer_only(tmp_path):
    alone = checked(imported(tmp_path, DIVIDED.format(dx="dx")), *WIDE[:2])
    assert alone.one.line.text.startswith("dw = ")
    beside = checked(imported(tmp_path, DIVIDED.format(dx="np.abs(dx)")), *WIDE[:2]).findings
    assert beside["w"].line is None and beside["x"].line.text.startswith("return np.abs")
