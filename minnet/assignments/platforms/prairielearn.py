"""PrairieLearn: a question with an external grader, and minnet in ``serverFilesCourse``."""

from __future__ import annotations

import html
import json
import math
import uuid

from minnet.assignments.packing import Packed, text, under, vendored
from minnet.assignments.platforms.source import Source

RUN = """\
#!/usr/bin/env bash
# The entrypoint: run for every submission in the folder that holds student, tests and results.
cd "$(dirname "$0")/.."
mkdir -p results
PYTHONPATH=serverFilesCourse "${MINNET_PYTHON:-python3}" -m minnet grade student \\
  --assignment tests/assignment --format prairielearn --out results/results.json
"""
#: PrairieLearn allows no more, in seconds; and what starting and reading takes
_MOST, _EXTRA = 600, 30


def files(source: Source) -> dict[str, Packed]:
    """Return the files to put into a course's repository."""
    question = {
        "info.json": text(json.dumps(_info(source), indent=2) + "\n"),
        "question.html": text(_question(source)),
        "tests/run.sh": text(RUN, executable=True),
        **under("tests/assignment", source.private()),
    }
    return {**under(f"questions/{source.slug}", question), **under("serverFilesCourse", vendored())}


def _info(source: Source) -> dict[str, object]:
    assignment = source.assignment
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"minnet {assignment.title} {assignment.file}")),
        "title": assignment.title,
        "topic": "Backpropagation",
        "tags": ["minnet"],
        "type": "v3",
        "singleVariant": True,
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": "prairielearn/grader-python",
            "entrypoint": "/grade/tests/run.sh",
            "serverFilesCourse": ["minnet/"],
            "timeout": min(_MOST, math.ceil(assignment.seconds) + _EXTRA),
        },
    }


def _question(source: Source) -> str:
    name = html.escape(source.assignment.file)
    readme = source.readme.replace("{{", "{ {").replace("</markdown>", "")
    return f"""\
<pl-question-panel>
<markdown>
{readme.strip()}
</markdown>
<pl-file-upload file-names="{name}"></pl-file-upload>
</pl-question-panel>
<pl-submission-panel>
  <pl-file-preview></pl-file-preview>
  <pl-external-grader-results></pl-external-grader-results>
</pl-submission-panel>
"""
