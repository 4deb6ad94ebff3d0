"""`minnet derivative` with expressions that are none, are code, or are no function of one x."""

from __future__ import annotations

import random
from collections.abc import Iterator

from .command_line import captured, in_folder
from .judge import Trial, unclear_output

RIGHT = (
    "x**2 + sin(3*x)", "exp(-x)/(1+x)", "max(x, 0)", "log(abs(x))", "x^3 - 2*x", "sigmoid(x)*x",
    "(x+1)*(x-1)", "2**x", "sqrt(1-x*x)", "tanh(pi*x/2)", "min(x, x**2)", "erf(x)", "1/x",
)  # fmt: skip
#: as people write by hand, or hope for
BY_HAND = (
    *("2x", "sin x", "3(x+1)", "x²", "|x|", "sinx", "ln x", "x**", "pow(x,2)", "max(x)", "e^x"),
    *("sin²(x)", "x!", "√x", "f(x)", "y", "2 x", "x y", "dx", "lim x", "x=2", "x==2", "x<1", "∞"),
    *("sin(x", "sin x)", "()", ")", "((x)", "x,", ",", "x;", "'x'", "x\n+1", "\tx", "x # hello"),
    *("max(x,1,2)", "max()", "sin()", "sin(x,2)", "sin(x=1)", "sin(*x)", "exp", "sin", "π", "x·2"),
)
#: what would be a hole if it ran
CODE = (
    "__import__('os').system('touch hole')", "open('hole','w')", "x.__class__.__mro__", "lambda: x",
    "[x for x in (1,2)]", "exec('x')", "eval('x')", "f'{x}'", "(yield)", "x := 1", "await x", "*x",
    "globals()", "().__class__.__base__.__subclasses__()", "os:system", "os:getcwd", "sys:exit",
    "builtins:exec", "minnet:nope", "minnet:Dense", "numpy:sin.nope", "nope:nope", "os.path:join",
    "time:sleep", "math:nan", "math:hypot", "math:factorial", "numpy:ones", "json:loads", "this:s",
)  # fmt: skip
HUGE = (
    "9**9**9**9", "x" * 600, "9" * 400, "-" * 300 + "x", "(" * 200 + "x" + ")" * 200, "exp(" * 70,
    "1e999", "1e308*x*x", "x**1e308", "0*x/0", "0**x", "(-1)**x", "x**x", "log(0*x)", "1j*x",
    "None", "...", "x if x else 1", "not x", "x and x", "~x", "x//2", "x%2", "x@x", "x<<2",
    "{x}", "{}", "[]", "\\x", "x\\", "0x1F*x", "1_000*x", "0b11", "07", "1.2.3", "1e", "x[0]",
)  # fmt: skip
POINTS = ("0", "1", "-1", "0.5", "1e-300", "1e300", "-1e308", "5e-324", "3", "pi/2", "-0.0", "1e16")
NO_POINTS = (
    "", " ", "x", "nan", "inf", "-inf", "1,5", "one", "1e999", "0/0", "1/0", "--", "-", "1j", "2x",
    "sin", "sin(x)", "nan+1", "9**9**9", "[]", "None", "1 2", "\udcff", "9" * 400, "-x", "²",
)  # fmt: skip
STEPS = ("0", "-1", "nan", "inf", "x", "", "1e-320", "1e308", "1e-17", "--", "tiny", "-1e-5", "1,0")


def trials() -> Iterator[Trial]:
    """Yield what is written by hand and on purpose, then random slips of a right one."""
    for text in (*BY_HAND, *CODE, *HUGE):
        for at in ("1", "0"):
            yield _trial(text, at)
    for at in NO_POINTS:
        yield _trial("x**2", at, must=True)
        yield _trial("sin", at, must=True)
    for at in POINTS:
        for text in RIGHT:
            yield _trial(text, at)
        for step in STEPS:
            yield _trial("x**2", at, step)
    yield from _slips(random.Random(0))


def _slips(rng: random.Random) -> Iterator[Trial]:
    """Yield right expressions with a few characters missing, doubled or others."""
    letters = "x()+-*/^.,0123 9e'\"_[]{}=<>!:;\\|&%$#@~`?éπ²\x00\x1b\n"
    for _ in range(400):
        text = list(rng.choice(RIGHT))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(text) + 1)
            text[place : place + rng.randint(0, 2)] = rng.choice(letters) * rng.randint(0, 2)
        yield _trial("".join(text), rng.choice(POINTS))


def _trial(text: str, at: str, step: str | None = None, must: bool = False) -> Trial:
    line = ["derivative", f"--at={at}", *([] if step is None else [f"--step={step}"])]
    line += ["--", text] if text.startswith("-") else [text]

    def run() -> str:
        with in_folder() as folder:
            status, out, err = captured(line)
            if (folder / "hole").exists():
                (folder / "hole").unlink()
                return "it was executed"
        if problem := unclear_output(out, err):
            return problem
        if status not in ((2,) if must else (0, 1, 2)):
            return f"status {status}: {(err or out)[:200]!r}"
        if status == 2 and not 0 < len(err.splitlines()) <= 9:
            return f"{len(err.splitlines())} lines: {err[:200]!r}"
        return ""

    return Trial("minnet " + " ".join(line)[:90], run)
