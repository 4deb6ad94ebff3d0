"""What is told of a guilty line: what its value should be, and what sort of edit cures it."""

from __future__ import annotations

from collections.abc import Iterable

from minnet.gradcheck.cure.meanings import Meaning
from minnet.report.words import listed

#: what an edit of each kind changes, for someone who is to find it
WHERE_TO_LOOK = {
    "augment": "whether it assigns (=) or adds (+=)",
    "results": "the order of what it returns",
    "own": "whether it makes an array of its own, or gives a second name to one that changes",
    "sign": "a sign",
    "operator": "an operator",
    "unused": "a name that is given a value and never used",
    "forward": "how forward computes the same",
    "transpose": "what is transposed, and the order of the factors",
    "letters": "the letters of the einsum",
    "number": "a number",
    "function": "which function it calls, and the order of its arguments",
    "axis": "an axis, or keepdims",
    "name": "one of the names",
    "another": "one of the names",
    "epsilon": "a small number that belongs there",
    "drop": "something that is one too many",
    "index": "an index, or the end of a slice",
    "backwards": "the direction in which an array is read",
    "layout": "the order of the axes where it reshapes",
    "scale": "a factor",
    "factor": "a factor that is missing",
    "regroup": "the parentheses",
    "invert": "what is subtracted from one",
    "reduce": "a sum that is missing",
    "term": "a term that is missing",
    "missing": "a term that is missing",
    "power": "a power",
    "wrap": "a function that is missing",
    "slope": "a factor that is missing",
    "reshape": "the shape",
    "leave out": "whether it belongs there at all",
    "condition": "the condition",
    "order": "its place among the other lines",
}

#: what is said of a line that no edit has cured
ALONE = "of the lines that the wrong gradients go through, this alone can be the wrong one"


def value_there(
    meaning: Meaning, file: str, name: str, yours: float, measured: float, bar: float
) -> str:
    """Return what a value should be, with both numbers at the element that shows it best."""
    said = f"{name} should be dL/d({meaning.name})" if name else f"this is dL/d({meaning.name})"
    where = f" (line {meaning.line})" if meaning.file == file else ""
    return f"{said}{where}: yours {yours:.6g}, measured {measured:.6g} ± {bar:.1e}"


def edit_there(kind: str, cured: Iterable[str], everything: bool, is_written: bool) -> str:
    """Return what sort of edit was tried, and what it makes right."""
    names = listed(sorted(cured))
    right = "every gradient of every case is" if everything else f"the gradient of {names} is"
    shown = " (--hints fix shows it)" if is_written else ""
    return f"look at {WHERE_TO_LOOK[kind]}: with one such edit {right} right{shown}"
