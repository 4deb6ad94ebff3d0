"""The page that says what to do with each part of a release."""

from __future__ import annotations

from collections.abc import Mapping

from minnet.assignments.platforms.source import Source
from minnet.assignments.writers.autolab import problems
from minnet.assignments.writers.words import shown

#: its name; a folder that has it is a release
HOWTO = "HOWTO.md"
_SECTIONS = {
    "student": """\
`{file}` with holes, the hand-out, and a notebook of both. Nothing else is for students: the other
parts hold the solution, unless they say otherwise.""",
    "gradescope.zip": """\
In the assignment choose *Configure Autograder* and upload the archive as it is. Set the
container's memory to {memory} MB at least and its time limit to {minutes} minutes at least.""",
    "prairielearn": """\
Copy `questions/{slug}` and `serverFilesCourse/minnet` into your course's repository, and add the
question to an assessment. The image is PrairieLearn's own `prairielearn/grader-python`.""",
    "autolab": """\
Upload `autograde-Makefile` and `autograde.tar` in the lab's autograder settings, with a time limit
of {limit} seconds; students hand in `{file}`. The machine's image needs Python 3.11 or later with
NumPy. Define these problems:

{problems}""",
    "classroom50": """\
Copy it to `CLASSROOM/autograders/ASSIGNMENT`. Everybody can read it there, so it has neither your
solution nor the secret; minnet's own layers stand in. Students own the repository that grades
them: a score is a hint until you grade what they handed in yourself.""",
    "notebooks": """\
The teacher's notebooks, solution included: `nbgrader/` for `nbgrader generate_assignment`, `otter/`
for `otter assign`. Both graders need minnet installed, and both run the student's code beside the
check: for marks that count, grade what was handed in with `minnet grade` as well.""",
    "actions": """\
Copy it into the repository that students start from. It has neither your solution nor the secret.
Students can change it: a score is a hint until you grade what they handed in yourself.""",
}
_CLASS = """\
## A class on your own machine

```
minnet grade --class SUBMISSIONS --assignment ASSIGNMENT --csv grades.csv --html feedback
```

A file or a folder for each student. It can be stopped and started again at any time.
"""


def howto(source: Source, left_out: Mapping[str, str]) -> str:
    """Return the page; `left_out` has the parts that are not there, with the reason."""
    assignment = source.assignment
    values = {
        "file": assignment.file,
        "slug": source.slug,
        "memory": assignment.memory_mb + 256,  # the grader's own
        "minutes": int(assignment.seconds // 60) + 2,
        "limit": min(900, int(assignment.seconds) + 60),
        "problems": "\n".join(
            f"- `{name}`, {shown(points)} points" for name, points in problems(assignment).items()
        ),
    }
    parts = [f"# {assignment.title}: what to do with each part"]
    for name, section in _SECTIONS.items():
        parts.append(f"## {name}\n\n{left_out.get(name) or section.format(**values)}")
    return "\n\n".join([*parts, _CLASS])
