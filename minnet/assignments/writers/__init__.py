"""A grade in the form that each platform reads: one small file a format, `write(grade) -> str`.

`FORMATS` has them by name; `deliver` puts one in its place so that a reader finds the old result
or the new one, whole, whatever happens in between. `classes` has the tables of a whole class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minnet.assignments.grade import Grade
from minnet.assignments.writers import (
    actions,
    autolab,
    classroom50,
    coderunner,
    gradescope,
    plain_json,
    prairielearn,
    text,
)
from minnet.assignments.writers.deliver import deliver

__all__ = ["FORMATS", "deliver"]

#: what ``--format`` takes
FORMATS: Mapping[str, Callable[[Grade], str]] = {
    "json": plain_json.write,
    "gradescope": gradescope.write,
    "prairielearn": prairielearn.write,
    "autolab": autolab.write,
    "classroom50": classroom50.write,
    "actions": actions.write,
    "coderunner": coderunner.write,
    "text": text.write,
}
