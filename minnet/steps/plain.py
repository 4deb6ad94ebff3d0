"""A walk as plain text, one line after the other: for a file, a pipe, a screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from minnet.report.terminal import clean
from minnet.report.words import WORDS, short_place
from minnet.steps.pairs import ALIKE, Pair
from minnet.steps.walk import Place, Walk
from minnet.tracing.terms import Terms, figure
from minnet.tracing.trace import Operation, Value

#: so many numbers of a row, and rows of an array, are written out; and terms of a number
ROW, ROWS, TERMS = 8, 10, 12


def transcript(walk: Walk, at: Place | None = None) -> str:
    """Return everything that a walk shows.

    Parameters
    ----------
    walk : Walk
    at : Place, optional
        A number: what made it is all that is written.
    """
    lines = number(walk, at) if at is not None else whole(walk)
    return "\n".join(clean(line) for line in lines) + "\n"


def whole(walk: Walk) -> Iterator[str]:
    """Yield the lines of a whole walk."""
    yield f"{walk.name}: {walk.description}"
    if walk.cases != 1:
        of = f" of {walk.cases}" if walk.cases else ""
        yield f"case {walk.case}{of}; --case N shows another"
    yield from (f"  {name} = {text}" for name, text in walk.formulas.items())
    yield from _what_is_wrong(walk)
    given = [value for value in walk.trace.values if not value.phase]
    for role in ("input", "parameter"):
        for value in given:
            if value.role == role:
                yield ""
                yield f"{role} {value.name} {shape_of(value)}"
                yield from grid(value)
    phase = ""
    for operation in walk.trace.operations:
        if operation.phase != phase:
            phase = operation.phase
            yield from ("", phase.upper())
            yield from _handed_over(walk, phase)
        yield from step(walk, operation)
    yield ""
    yield from _pairs(walk)
    if walk.passes.crash is not None:
        yield f"here it stopped: {walk.passes.crash}"
    if walk.trace.lost:
        yield f"what made some numbers is not known: {walk.trace.lost}"
    yield "what made one number: minnet step ... --plain --at 'NAME[INDEX]'"


def _what_is_wrong(walk: Walk) -> Iterator[str]:
    if walk.message:
        word = next((it.word for name, it in WORDS.items() if name == walk.verdict), "wrong")
        yield f"{word}: {walk.message}"
    if walk.line is not None:
        place = short_place(walk.line.file, walk.line.number)
        yield f"the line to look at: {place}: {walk.line.text.strip()}"


def _handed_over(walk: Walk, phase: str) -> Iterator[str]:
    for value in walk.trace.values:
        if phase == "backward" and value.role == "upstream":
            yield f"upstream gradient {value.name} {shape_of(value)}, chosen at random"
            yield from grid(value)


def step(walk: Walk, operation: Operation) -> Iterator[str]:
    """Yield the lines of one operation."""
    loop = ", ".join(f"{name} = {value}" for name, value in operation.loop.items())
    place = short_place(operation.file, operation.line)
    yield ""
    yield f"{place}  {operation.text}" + (f"   ({loop})" if loop else "")
    made, handed = [], list[tuple[str, Value]]()
    for index, label in zip(operation.outputs, operation.labels, strict=True):
        value = walk.trace.values[index]
        if walk.maker(value) is operation:
            made.append(value)
        else:
            handed.append((label, value))
    for value in made:
        yield f"  {value.name} {shape_of(value)}".rstrip()
        yield from ("  " + line for line in grid(value))
        yield from ("  " + line for line in _against(walk, value))
    if handed:
        yield f"  {handed_on(handed)}"


def handed_on(handed: Sequence[tuple[str, Value]]) -> str:
    """Say that a line makes no new numbers of some values: it keeps, copies or returns them."""
    names = ", ".join(value.name for _, value in handed)
    if all(label == "return" for label, _ in handed):
        return f"returned: {names}"
    if len(handed) == 1 and handed[0][0].removeprefix("self.") != handed[0][1].name:
        return f"{handed[0][0].removeprefix('self.')}: the same numbers as {names}"
    return f"no new numbers: {names}"


def _against(walk: Walk, value: Value) -> Iterator[str]:
    pair = walk.pair_of(value)
    if pair is None or pair.gradient is not value or pair.difference is None:
        return
    yield f"  {agreement(pair)}"


def agreement(pair: Pair) -> str:
    """Say in one line how a gradient compares with what it should be."""
    expected, difference = pair.expected, pair.difference
    assert expected is not None and difference is not None
    of = f"∂L/∂{pair.value.name}"
    if not difference.size:
        return f"{of} has no elements"
    away = np.abs(np.nan_to_num(difference, nan=np.inf))
    worst = int(np.argmax(away))
    at = pair.gradient.at(worst)
    mine, should = (figure(a.flat[worst]) for a in (pair.gradient.data, expected))
    if pair.bar is None:
        if float(away.flat[worst]) <= ALIKE * float(np.abs(expected).max()):
            return f"it is {of}, by the chain rule along forward"
        return f"not {of}: {at} is {mine}, and by the chain rule along forward {should}"
    measured = f"{mine}, measured {should} ± {float(pair.bar.flat[worst]):.1g}"
    if pair.verdict == "fail":
        return f"not {of}: {at} is {measured}"
    if pair.verdict == "pass" and np.all(away <= pair.bar):
        return f"it is {of}, as measured (± {float(pair.bar.max()):.1g})"
    return f"{of} ({pair.verdict}): {at} is {measured}"


def _pairs(walk: Walk) -> Iterator[str]:
    for pair in walk.pairs:
        if pair.verdict and pair.difference is not None:
            yield f"{pair.gradient.name} ({pair.verdict}): {agreement(pair)}"


def number(walk: Walk, at: Place) -> Iterator[str]:
    """Yield the lines that tell what made one number."""
    terms = walk.terms(at)
    yield f"{terms.of} = {figure(terms.value)}" + _where(walk, at)
    if terms.same_as:
        yield f"taken over from {terms.same_as}"
    yield from _made_of(walk, at, terms)
    pair = walk.pair_of(at.value)
    compared = pair is not None and pair.gradient is at.value and pair.difference is not None
    if pair is not None and compared and pair.expected is not None:
        by = "by the chain rule along forward" if pair.bar is None else "measured"
        bar = "" if pair.bar is None else f" ± {float(pair.bar.flat[at.flat]):.1g}"
        of = pair.value.at(at.flat) if pair.value.shape == at.value.shape else pair.value.name
        yield f"∂L/∂{of}, {by}: {figure(pair.expected.flat[at.flat])}{bar}"
    twin = walk.twin(at)
    if twin is not None:
        yield f"its twin: {twin.name} = {figure(twin.value.data.flat[twin.flat])}"


def _where(walk: Walk, at: Place) -> str:
    maker = walk.maker(at.value)
    if maker is None:
        return f"   ({'chosen' if at.value.role == 'upstream' else 'given'})"
    return f"   ({short_place(maker.file, maker.line)}  {maker.text})"


def _made_of(walk: Walk, at: Place, terms: Terms) -> Iterator[str]:
    says = {
        "given": "a number that was handed over, or written in the code",
        "unset": "nothing has been written there yet",
        "unknown": "how it was made is not known",
    }
    if terms.how in says:
        if at.value.role not in ("input", "parameter", "upstream") or terms.how != "given":
            yield says[terms.how]
        return
    heads = {"sum": "the sum of", "product": "the product of"}
    heads |= {"maximum": "the largest of", "minimum": "the smallest of"}
    alone = len(terms.terms) == 1
    yield "it is" if alone else f"{heads[terms.how]} {len(terms.terms)}:"
    total = 0.0
    for term in terms.terms[:TERMS]:
        total += term.value
        running = f"   so far {figure(total)}" if terms.how == "sum" and not alone else ""
        yield f"  {term.text} = {figure(term.value)}{running}"
    if len(terms.terms) > TERMS:
        yield f"  and {len(terms.terms) - TERMS} more"


def shape_of(value: Value) -> str:
    """Return the shape in words: ``(2, 3)``; "" of a single number."""
    return str(value.shape).replace(",)", ")") if value.shape else ""


def grid(value: Value) -> Iterator[str]:
    """Yield the numbers of a value, a row a line; the corner of what is large."""
    data = value.data
    if data.ndim == 0:
        yield f"  {shown(data)}"
    elif data.ndim == 1:
        yield "  " + _row(data)
    elif data.ndim == 2:
        yield from ("  " + _row(row) for row in data[:ROWS])
        if len(data) > ROWS:
            yield f"  … rows {ROWS} to {len(data) - 1} are not written out"
    else:
        for index in list(np.ndindex(*data.shape[:-2]))[:ROWS]:
            yield f"  {value.name}[{','.join(map(str, index))}]"
            part = Value(0, "", value.role, "", 0, data[index])
            yield from ("  " + line for line in grid(part))
        if int(np.prod(data.shape[:-2])) > ROWS:
            yield "  … and more"


def _row(numbers: np.ndarray) -> str:
    written = "  ".join(f"{shown(x):>9}" for x in numbers[:ROW])
    return written + (f"  … {len(numbers) - ROW} more" if len(numbers) > ROW else "")


def shown(number: object) -> str:
    """Return a number as a grid shows it; a dash where nothing has been written."""
    x = np.asarray(number)[()]
    if isinstance(x, bool | np.bool_ | int | np.integer):
        return str(x)
    return "–" if np.isnan(x) else figure(x)
