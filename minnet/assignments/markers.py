"""The comments by which an author marks a hole, read strictly.

A marker is a comment of its own line, in any case, with any number of ``#`` and spaces:

``# BEGIN SOLUTION [id]`` ... ``# END SOLUTION [id]``
    what students are to write
``# MISTAKE code: replacement``
    in a hole: a classic mistake, in place of the statement below it
``# STUDENT: code``
    in a hole: what students find there, in place of an exception
``# TEACHER ONLY`` ... ``# END TEACHER ONLY``
    what students do not see at all

What looks like a marker and is none is an error: it would hand out the solution without a word.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

BEGIN, END, MISTAKE, STUDENT = "begin", "end", "mistake", "student"
TEACHER, END_TEACHER = "teacher", "end teacher"

_ID = r"(?:\s+(?P<id>[A-Za-z_][\w.-]*))?"
_GRAMMAR = {
    BEGIN: re.compile(rf"begin\s+solution{_ID}", re.I),
    END: re.compile(rf"end\s+solution{_ID}", re.I),
    MISTAKE: re.compile(r"mistake\s+(?P<id>[a-z]\w*)\s*:\s*(?P<text>\S.*)", re.I),
    STUDENT: re.compile(r"student:(?: (?P<text>.*))?", re.I),
    TEACHER: re.compile(r"teacher\s+only", re.I),
    END_TEACHER: re.compile(r"end\s+teacher\s+only", re.I),
}
_BORDERS = {"begin", "end", "start", "stop"}
#: what a comment that begins so is meant to be, whatever stands between its letters
_MEANT = re.compile(
    r"(begin|start|end|stop)(your|the|of|my)*(solution|hiddentest|teacheronly)"
    r"|solution(begin|start|end|stop|noprompt|$)|teachersonly|teacheronly|hiddentests?$"
)
_MEANT_INSIDE = re.compile(r"\W*(MISTAKE|STUDENT)\b|\W*(?i:mistake|student)\b[\w\s]*:")
#: as close as this to a marker's words is a slip of the pen
_NEAR = 0.84
_WRITE = (
    "write # BEGIN SOLUTION, # END SOLUTION, # MISTAKE code: statement, # STUDENT: code, "
    "# TEACHER ONLY or # END TEACHER ONLY"
)


class HoleError(Exception):
    """What is wrong with the holes of a file, in one line that names file and line."""


@dataclass(frozen=True)
class Marker:
    """A marker: what it is, where it stands, and what it says."""

    kind: str
    line: int
    column: int
    id: str = ""
    text: str = ""


def comments(source: str, name: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the comments of a program; what looks like one in a string is none.

    Raises
    ------
    HoleError
        When the text is not Python.
    """
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token
    except (tokenize.TokenError, SyntaxError) as error:
        line = getattr(error, "lineno", None) or error.args[-1][0]
        raise HoleError(f"{name}, line {line}: this is not Python: {error.args[0]}") from None


def markers(source: str, name: str) -> list[Marker]:
    """Return the markers of a program in their order.

    Raises
    ------
    HoleError
        When a comment looks like a marker and is none, or stands behind code.

    Examples
    --------
    >>> markers("def f():\\n    ##begin solution\\n    return 1\\n    # END SOLUTION", "f.py")[0]
    Marker(kind='begin', line=2, column=4, id='', text='')
    """
    found = []
    for token in comments(source, name):
        marker = _marker(token)
        where = f"{name}, line {token.start[0]}"
        if marker is None and looks_like_a_marker(token.string):
            raise HoleError(f"{where}: {token.string.strip()!r} is not a marker; {_WRITE}")
        if marker is not None and token.line[: token.start[1]].strip():
            raise HoleError(f"{where}: a marker has a line of its own, {token.string.strip()!r}")
        if marker is not None:
            found.append(marker)
    return found


def _marker(token: tokenize.TokenInfo) -> Marker | None:
    text = token.string.lstrip("#")
    for kind, grammar in _GRAMMAR.items():
        bare = text.strip() if kind == STUDENT else text.strip(" \t#")
        if match := grammar.fullmatch(bare):
            said = match.groupdict()
            return Marker(kind, *token.start, said.get("id") or "", said.get("text") or "")
    return None


def looks_like_a_marker(text: str) -> bool:
    """Return whether a line of text is meant to be a marker, in whatever spelling.

    >>> [looks_like_a_marker(t) for t in ("#BEGIN_SOLUTION", "# Begin solutoin", "# the end")]
    [True, True, False]
    """
    words = re.findall(r"[a-z]+", text.lower())
    if _BORDERS.intersection(words) and {"solution", "solutions"}.intersection(words):
        return True
    if _MEANT.match("".join(words)) or _MEANT_INSIDE.match(text):
        return True
    first_two = " ".join(words[:2])
    return any(
        first_two[:1] == known[0]
        and difflib.SequenceMatcher(None, first_two, known).ratio() >= _NEAR
        for known in ("begin solution", "end solution", "teacher only")
    )


def left_over(text: str) -> list[int]:
    """Return the numbers of the lines in which something looks like a marker: comments, strings.

    >>> left_over("x = 1\\ns = '# BEGIN SOLUTION'\\n")
    [2]
    """
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if looks_like_a_marker(line)
        or any(looks_like_a_marker(part) for part in line.split("#")[1:])
    ]
