"""Reports made by hand, for the tests of everything that shows a report."""

import numpy as np

from minnet.report.report import Report
from minnet.report.results import (
    CaseResult,
    CheckResult,
    Elements,
    Finding,
    GradientResult,
    Skipped,
    SourceLine,
    TargetResult,
    Worst,
)

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def elements(shape, wrong=(), kink=(), off=1.0, seed=0):
    """Return all elements of a gradient, those at the flat indices `wrong` off by `off`."""
    numeric = np.random.default_rng(seed).normal(size=int(np.prod(shape)))
    index = np.array(list(np.ndindex(*shape)), int).reshape(numeric.size, len(shape))
    is_wrong, at_kink = np.zeros(numeric.size, bool), np.zeros(numeric.size, bool)
    is_wrong[list(wrong)], at_kink[list(kink)] = True, True
    bar = np.where(at_kink, 0.5, 1e-11)
    return Elements(index, numeric + off * is_wrong, numeric, bar, at_kink, is_wrong)


def gradient(wrt="w", shape=(2, 3, 3, 3), wrong=(), kink=(), verdict=None, **more):
    found = elements(shape, wrong, kink)
    verdict = verdict or ("fail" if wrong else "pass")
    worst = Worst((0,) * len(shape), 1.0, 2.0, 1e-11) if wrong else None
    return GradientResult(
        wrt, shape, verdict, 0.4 if wrong else 1e-12, 3e-11, 0 if wrong else 11, len(found),
        len(wrong), len(kink), worst, elements=found, **more,
    )  # fmt: skip


def report(*checks, target="layers.py", skipped=(), error=""):
    verdicts = ["error"] if error else [check.verdict for check in checks]
    order = ["pass", "inconclusive", "not_implemented", "fail", "error"]
    worst = max(verdicts, key=order.index, default="pass")
    return Report((TargetResult(target, worst, checks, tuple(skipped), error),), seed=3)


def check(name, *gradients, case="x (2,3,7,5), w (2,3,3,3), stride 2, pad 1", **more):
    order = ["pass", "inconclusive", "not_implemented", "fail", "error"]
    verdict = max((g.verdict for g in gradients), key=order.index, default="pass")
    verdict = more.pop("verdict", verdict)
    return CheckResult(name, "cs231n", verdict, (CaseResult(case, verdict, gradients, **more),))


def wrong_conv():
    """A convolution whose dw is wrong in its last column, and one that is right beside it."""
    last_column = [i for i in range(54) if i % 3 == 2]
    scale = Finding(
        "region",
        "dw is wrong in the last column of each filter only",
        line=SourceLine("layers.py", 412, "  dw[f] += patch[:, :, :-1]"),
        hint="does the loop stop one too early?",
    )
    warning = Finding("mutates_upstream", "backward changes dout", hint="work on a copy")
    return report(
        check("conv", gradient("x", (2, 3)), gradient("w", wrong=last_column, diagnosis=(scale,)),
              warnings=(warning,)),
        check("relu", gradient("x", (4, 5), kink=[3, 4]), case="x (4,5)"),
        check("batchnorm", verdict="not_implemented", case="x (4,5)",
              findings=(Finding("not_implemented", "backward is not written yet"),)),
        check("max_pool", verdict="error", case="x (2,3,4,4)",
              findings=(Finding("crash", "forward raised\nIndexError: 3"),)),
        check("softmax", gradient("x", (3,), verdict="inconclusive", note="computed in float16")),
        skipped=[Skipped("helper", "no backward of this name")],
    )  # fmt: skip


def hostile():
    """A report in which every string of the user's tries to become something else."""
    finding = Finding(
        "unexplained",
        HOSTILE,
        line=SourceLine(HOSTILE, 1, HOSTILE),
        hint=HOSTILE,
        where=HOSTILE,
    )
    bad = gradient(HOSTILE, (2, 2), wrong=[1], diagnosis=(finding,), note=HOSTILE)
    return report(
        check(HOSTILE, bad, case=HOSTILE, notes=(HOSTILE,), warnings=(finding,)),
        target=HOSTILE,
        skipped=[Skipped(HOSTILE, HOSTILE)],
        error=HOSTILE,
    )


def large(count=200):
    """A report of `count` gradients with 54 elements each, half of them wrong."""
    rows = [
        check(f"layer{i}", gradient("w", wrong=range(0, 54, 2) if i % 2 else ()))
        for i in range(count)
    ]
    return report(*rows)
