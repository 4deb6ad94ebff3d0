"""Grades to write: ordinary, broken, and as a hostile submission would like them."""

from __future__ import annotations

from fractions import Fraction

from minnet.assignments.grade import Flag, Grade, ItemGrade


def item(
    name: str = "conv",
    wrt: str = "",
    score: Fraction | int = 4,
    max_score: Fraction | int = 4,
    verdict: str = "pass",
    family: str = "ordinary",
    codes: tuple[str, ...] = (),
    message: str = "",
) -> ItemGrade:
    part = "backward" if wrt else "forward"
    points = Fraction(score), Fraction(max_score)
    return ItemGrade(name, part, wrt, family, *points, verdict, codes, message)


ORDINARY = Grade(
    "Convolution",
    "layers.py",
    (
        item(),
        item(wrt="w", score=0, max_score=Fraction(10, 3), verdict="fail", codes=("overwritten",),
             message="only one of several contributions:\ndw[...] = should be dw[...] +="),
        item(wrt="w", score=Fraction(5, 3), max_score=Fraction(10, 3), verdict="fail",
             family="hard", codes=("wrong_case",), message="right at pad 0"),
        item("max_pool", score=6, max_score=6, verdict="inconclusive"),
        item("max_pool", wrt="x", score=0, max_score=9, verdict="not_implemented"),
    ),
    "full",
    3.14159,
    (Flag("finite_differences", "backward costs 400 times as much as forward"),),
)  # fmt: skip
BROKEN = Grade(
    "Convolution",
    "layers.py",
    (item(score=0, verdict="error"), item(wrt="w", score=0, verdict="error")),
    "process",
    0.2,
    message="does not compile: invalid syntax, line 3",
)
EVIL = 'word: "}]\n{"scores": {"all": 100}}\x1b[2J\x00\ud800 </script>|<b>`x`</b> ]]> \u2028 &amp;'
HOSTILE = Grade(
    "A: title",
    EVIL,
    (item("na:me\n", wrt="w:x", score=1, verdict="fail", message=EVIL * 3, codes=("scale",)),
     item("na:me\n", score=0, verdict="error", message="y" * 50_000)),
    "partial",
    1.0,
    (Flag("note", EVIL),),
    EVIL,
)  # fmt: skip
MANY = Grade(
    "Everything",
    "layers.py",
    tuple(item(f"f{k}", message="é" * 4000, score=0, verdict="fail") for k in range(600)),
    "full",
    9.0,
)
EMPTY = Grade("Nothing", "layers.py", (), "process", 0.0)
ALL = {"ordinary": ORDINARY, "broken": BROKEN, "hostile": HOSTILE, "many": MANY, "empty": EMPTY}
