"""A solution is handed out by no accident: holes are read strictly, and nothing of them is left."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minnet.assignments.holes import HoleError, Marked, read_holes
from minnet.assignments.markers import left_over, looks_like_a_marker

CS231N = '''"""Layers."""
import numpy as np


def affine_forward(x, w, b):
    """Return x w + b, and what backward needs."""
    # BEGIN SOLUTION
    # MISTAKE forward: out = x.reshape(len(x), -1) @ w
    out = x.reshape(len(x), -1) @ w + b
    # END SOLUTION
    return out, (x, w, b)


def affine_backward(dout, cache):
    """Return dx, dw, db."""
    x, w, b = cache
    # BEGIN SOLUTION
    dx = (dout @ w.T).reshape(x.shape)
    # MISTAKE shape: dw = (x.reshape(len(x), -1).T @ dout).T
    # MISTAKE zero: dw = np.zeros_like(w)
    dw = x.reshape(len(x), -1).T @ dout
    # MISTAKE scale: db = dout.mean(axis=0)
    db = dout.sum(axis=0)
    # END SOLUTION
    return dx, dw, db
'''
CLASS = '''class Linear:
    """A W + b."""

    def forward(self, A):
        #BEGIN SOLUTION
        self.A = A
        return A @ self.W.T + self.b.T
        #END SOLUTION

    def backward(self, dLdZ):
        ### begin solution gradients ###
        self.dLdW = dLdZ.T @ self.A
        return dLdZ @ self.W
        ### end solution gradients ###
'''
BRANCHES = """def f(x, mode):
    if mode == "train":
        # BEGIN SOLUTION
        out = x * 2 + offset
        # END SOLUTION
    else:
        # BEGIN SOLUTION
        out = x * 3 + offset
        # END SOLUTION
    return out
"""


def mistake(source: str) -> str:
    with pytest.raises(HoleError) as caught:
        read_holes(source, "layers.py").student()
    said = str(caught.value)
    assert "\n" not in said and said.startswith("layers.py")
    return said


def in_function(*lines: str) -> str:
    return "\n".join(["def f(x):", *("    " + line for line in lines), ""])


# --- what students are given ------------------------------------------------------------------


def test_a_function_keeps_everything_but_its_hole():
    student = read_holes(CS231N).student()
    kept = "def affine_backward(dout, cache):", '"""Return dx, dw, db."""', "x, w, b = cache"
    assert all(line in student for line in (*kept, "return dx, dw, db", "import numpy as np"))
    assert "SOLUTION" not in student and "MISTAKE" not in student and "dout" in student
    assert "    # --- your code: affine_backward ---\n    raise NotImplementedError(" in student


def test_a_hole_says_what_is_due():
    student = read_holes(CS231N).student()
    assert 'NotImplementedError("affine_forward: out")' in student
    assert 'NotImplementedError("affine_backward: dx, dw, db")' in student


def test_every_hole_raises():
    names: dict = {}
    exec(read_holes(CS231N).student(), names)
    with pytest.raises(NotImplementedError, match="affine_forward: out"):
        names["affine_forward"](1, 2, 3)
    with pytest.raises(NotImplementedError, match="affine_backward"):
        names["affine_backward"](1, (1, 2, 3))


def test_methods_have_holes_too_and_markers_may_be_written_freely():
    marked = read_holes(CLASS)
    assert [hole.name for hole in marked.holes] == ["Linear.forward", "gradients"]
    student = marked.student()
    assert student.count("raise NotImplementedError") == 2 and "@" not in student


def test_both_branches_of_an_if_raise():
    names: dict = {"offset": 1}
    exec(read_holes(BRANCHES).student(), names)
    for mode in ("train", "test"):
        with pytest.raises(NotImplementedError, match="f: out"):
            names["f"](1, mode)


def test_two_holes_in_a_function_have_two_names():
    assert [hole.name for hole in read_holes(BRANCHES).holes] == ["f", "f (2)"]


def test_student_lines_replace_the_exception():
    source = in_function(
        "# BEGIN SOLUTION", "# STUDENT: y = None", "# STUDENT: # a list will do",
        "y = [x, x + x + x]", "# END SOLUTION", "return y",
    )  # fmt: skip
    student = read_holes(source).student()
    assert "    y = None\n    # a list will do\n" in student and "raise" not in student


def test_what_only_teachers_see_is_gone_without_a_trace():
    source = CS231N + "# TEACHER ONLY\ndef hidden():\n    return 42\n# END TEACHER ONLY\n"
    student = read_holes(source).student()
    assert student == read_holes(CS231N).student()


def test_a_script_in_cells_has_holes_inside_its_functions():
    source = (
        "# %% [markdown]\n# # Softmax\n\n# %%\nimport math\n\n# %%\n"
        + in_function("# BEGIN SOLUTION", "y = math.exp(x) + 1", "# END SOLUTION", "return y")
        + "\n# %%\nprint(f)\n"
    )
    student = read_holes(source).student()
    assert student.count("# %%") == 4 and "print(f)" in student and "exp" not in student


def test_windows_line_ends_do_not_matter():
    windows = CS231N.replace("\n", "\r\n")
    assert read_holes(windows).student() == read_holes(CS231N).student()


def test_a_marker_in_a_string_is_none_and_is_refused_in_what_students_see():
    source = 'text = "# BEGIN SOLUTION"\n' + CS231N
    assert len(read_holes(source).holes) == 2
    assert "looks like a marker" in mistake(source)


# --- one hole, one mistake --------------------------------------------------------------------


def test_one_hole_alone_can_be_emptied():
    marked = read_holes(CS231N)
    emptied = marked.without(marked.holes[0])
    assert emptied.count("raise NotImplementedError") == 1
    assert "db = dout.sum(axis=0)" in emptied and "@ w + b" not in emptied


def test_a_stated_mistake_replaces_the_statement_below_it():
    marked = read_holes(CS231N)
    codes = [m.code for hole in marked.holes for m in hole.mistakes]
    assert codes == ["forward", "shape", "zero", "scale"]
    for given_mistake in marked.holes[1].mistakes:
        wrong = marked.with_mistake(given_mistake)
        ast.parse(wrong)
        changed = [
            (a, b) for a, b in zip(CS231N.split("\n"), wrong.split("\n"), strict=True) if a != b
        ]
        ((before, after),) = changed
        assert after.strip() == given_mistake.replacement and before.strip()[:2] in ("dw", "db")


def test_a_mistake_replaces_a_statement_of_several_lines_as_a_whole():
    source = in_function(
        "# BEGIN SOLUTION", "y = 0", "# MISTAKE overwritten: y = x[0]", "for v in x:",
        "    # MISTAKE sign: y -= v", "    y += v", "# END SOLUTION", "return y",
    )  # fmt: skip
    marked = read_holes(source)
    whole, inner = marked.holes[0].mistakes
    names: dict = {}
    exec(marked.with_mistake(whole), names)
    assert names["f"]([1, 2]) == 1
    exec(marked.with_mistake(inner), names)
    assert names["f"]([1, 2]) == -3


# --- what is refused --------------------------------------------------------------------------

BODY = "y = x + x + x", "return y"


@pytest.mark.parametrize(
    "marker",
    ["# BEGIN_SOLUTION", "#BEGINSOLUTION", "# BEGIN-SOLUTION", "# begin your solution",
     "# BEGIN SOLUTION:", "# BEGIN SOLUTOIN", "# BIGIN SOLUTION", "# SOLUTION", "# solution end",
     "# BEGIN SOLUTION points=3", "# BEGIN SOLUTION NO PROMPT", "# START SOLUTION",
     "# BEGIN HIDDEN TESTS", "# TEACHERS ONLY", "# MISTAKE: y = 1", "# MISTAKE scale y = 1",
     "# >>> BEGIN SOLUTION <<<", "# TEACHER-ONLY", "# STUDENT:y = 1", "# END OF SOLUTION"],
)  # fmt: skip
def test_what_looks_like_a_marker_and_is_none_is_refused(marker):
    assert "line 2: " in mistake(in_function(marker, *BODY))


@pytest.mark.parametrize(
    "comment",
    ["# the solution of x + 1 = 0", "# at the end, the sum", "# begin with zeros", "# resolution",
     "# and so on", "# a common mistake is a factor", "# students see this", "# find solutions"],
)  # fmt: skip
def test_an_ordinary_comment_is_none(comment):
    assert not looks_like_a_marker(comment)
    read_holes(in_function(comment, *BODY))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("# BEGIN SOLUTION", *BODY), "what begins here has no end"),
        ((*BODY, "# END SOLUTION"), "line 4: this ends what has not begun"),
        (("# BEGIN SOLUTION", "# BEGIN SOLUTION", *BODY), "begun in line 2 has no end yet"),
        (("# BEGIN SOLUTION a", *BODY, "# END SOLUTION b"), "'b' does not end 'a'"),
        (("# BEGIN SOLUTION", "# END SOLUTION", *BODY), "no whole statements"),
        (("# BEGIN SOLUTION", "y = 1", "  # END SOLUTION", "return y"), "no whole statements"),
        (("# BEGIN SOLUTION", "y = (x +", "# END SOLUTION", "1)"), "no whole statements"),
        (("if x:", "    # BEGIN SOLUTION", "    y = 1", "else:", "    y = 2",
          "    # END SOLUTION"), "'else:' belongs to a statement that is not whole"),
        (("if x:", "    y = 1", "# BEGIN SOLUTION", "elif x + 1:", "    y = 2",
          "# END SOLUTION"), "elif is a part of the if above"),
        (("# BEGIN SOLUTION", "for v in x:", "    pass", "    # END SOLUTION", "    x = 1"),
         "no whole statements"),
        (("y = 1  # BEGIN SOLUTION", "y = 2", "# END SOLUTION"), "a marker has a line of its own"),
        (("# BEGIN SOLUTION", '"""What f does."""', "y = x", "# END SOLUTION"), "the docstring"),
        (("# BEGIN SOLUTION", "y = 1", "# %%", "y = 2", "# END SOLUTION"), "a cell begins inside"),
        (("# MISTAKE scale: y = 1", *BODY), "MISTAKE stands outside a hole"),
        (("# STUDENT: y = 1", *BODY), "STUDENT stands outside a hole"),
        (("# BEGIN SOLUTION", "y = 1", "# MISTAKE scale: y = 1", "# END SOLUTION"), "above the"),
        (("# BEGIN SOLUTION", "# MISTAKE scale: y = (", "y = 1", "# END SOLUTION"), "not Python"),
        (("# BEGIN SOLUTION", "# STUDENT: y = (", "y = 1", "# END SOLUTION"), "not Python"),
        (("# BEGIN SOLUTION", "# STUDENT: z = 1", "y = 1", "# END SOLUTION", "return y"),
         "y is used below the hole"),
        (("# BEGIN SOLUTION", "# TEACHER ONLY", "y = 1", "# END TEACHER ONLY", "# END SOLUTION"),
         "this stands in what began in line 2"),
        (("# TEACHER ONLY", *BODY, "# END TEACHER ONLY"), "does not compile"),
        (("y = (",), "this is not Python"),
        (("return = 1",), "this does not compile"),
    ],
)  # fmt: skip
def test_a_wrong_hole_is_told_with_its_line(lines, said):
    assert said in mistake(in_function(*lines))


def test_a_hole_that_would_stop_the_import_is_refused():
    hole = "# BEGIN SOLUTION\nrate = 0.1 + 0.2 * 0.3\n# END SOLUTION\n"
    assert "would stop the import" in mistake(hole)
    student = read_holes(hole.replace("rate", "# STUDENT: rate = ...\nrate", 1)).student()
    assert "rate = ..." in student


HOLE = "def f(x, dout):\n    # BEGIN SOLUTION\n    dw = x.T @ dout\n    # END SOLUTION\n"


@pytest.mark.parametrize(
    "elsewhere",
    [
        '"""It is dw = x.T @ dout."""\n',
        "def demo(x, dout):\n    dw = x.T@dout\n",
        "# dw=x.T   @dout\n",
        'hint = ["dw = x.T @ dout"]\n',
    ],
)
def test_no_line_of_a_solution_is_met_anywhere_else(elsewhere):
    assert "students would still see 'dw=x.T@dout' of the hole f" in mistake(elsewhere + HOLE)


def test_a_line_that_computes_nothing_may_be_met_again():
    lines = "N, C, H, W = x.shape", "y = x.sum() + N + C + H + W", "return y, N, C, H, W, x, y, x"
    hole = in_function("# BEGIN SOLUTION", *lines, "# END SOLUTION")
    given_code = "def g(x):\n    " + lines[0] + "\n    y = 1\n    " + lines[2] + "\n"
    read_holes(hole + given_code).student()
    assert "y=x.sum()+N+C+H+W" in mistake(hole + f"def g(x):\n    {lines[1]}\n")


# --- whatever the program -----------------------------------------------------------------------

STATEMENTS = st.sampled_from(
    ["alpha = beta * 17 + 4", "for item in range(3):\n    total = item * 99 + seen",
     "if flag > 2:\n    branch = compute(31)\nelse:\n    branch = compute(57)",
     "text = '''a\n# BEGIN SOLUTIONS of old\nb'''", "values = [\n    element * 5 + 1,\n]",
     "with opened(83) as stream:\n    content = stream.read(83)", "first = 1; second = first + 23"]
)  # fmt: skip


def indented(text: str, indent: str) -> list[str]:
    lines = text.split("\n")
    return lines if "'''" in text else [indent + line for line in lines]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(STATEMENTS, min_size=1, max_size=4, unique=True),
    st.sampled_from(["    ", "        "]),
    st.sampled_from(["# BEGIN SOLUTION", "#begin  solution", "### Begin Solution ###"]),
)
def test_whatever_stands_in_a_hole_is_gone_and_the_rest_is_as_it_was(body, indent, begin):
    body = [text for text in body if "'''" not in text] or ["alpha = beta * 17 + 4"]
    lines = [line for text in body for line in indented(text, indent)]
    head = ["def f(flag):"] + (["    if flag:"] if len(indent) == 8 else [])
    tail = ["    return flag"]
    source = [*head, indent + begin, *lines, indent + "# END SOLUTION", *tail]
    marked = read_holes("\n".join(source))
    student = marked.student()
    assert student.split("\n")[: len(head)] == head and student.split("\n")[-1:] == tail
    assert not left_over(student) and not marked.leaks(student)
    assert not set(student.split("\n")) & {line for line in lines if len(line.split()) > 3}
    names: dict = {}
    exec(student, names)
    with pytest.raises(NotImplementedError):
        names["f"](1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["# BEGIN SOLUTION", "# END SOLUTION", "x = secret(1234)", "if x:",
                         "else:", "pass", "# BEGIN SOLUTIONS", "@wrap", "def g():", "y = (", ")"]),
        max_size=9,
    ),
    st.data(),
)  # fmt: skip
def test_of_any_lines_either_an_error_comes_or_a_file_without_secret(lines, data):
    depths = [data.draw(st.integers(1, 3)) for _ in lines]
    body = ["    " * depth + line for depth, line in zip(depths, lines, strict=True)]
    text = "\n".join(["def f(x):", *body, "    return x"])
    try:
        marked = read_holes(text)
        student = marked.student()
    except HoleError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(marked, Marked)
    compile(student, "student", "exec")
    assert not left_over(student)
    if any("x=secret(1234)" in hole.telling for hole in marked.holes):
        assert "secret" not in student
