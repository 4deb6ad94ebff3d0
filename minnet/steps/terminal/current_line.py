"""The upper part of the screen: the code and its current line; at the start and end, a summary."""

from __future__ import annotations

import linecache
from collections import Counter
from pathlib import Path

from minnet.steps.terminal.compare import compared
from minnet.steps.terminal.grid import shape_of
from minnet.steps.terminal.ink import Ink, cut, ink, length, wrapped
from minnet.steps.terminal.state import State
from minnet.steps.terminal.stations import operation_at, results
from minnet.steps.walk import Walk
from minnet.tracing.trace import Operation, Value

#: below this height a screen says less; from the other on it shows more of the code
LOW, HIGH = 18, 28
#: lines that the numbers need
NUMBERS = 13
#: so many lines say what is wrong
MESSAGE = 3


def current_line(walk: Walk, state: State, width: int, height: int) -> list[Ink]:
    """Return the lines around the one that has run, or what there is to say where none has."""
    operation = operation_at(walk, state.station)
    if operation is not None:
        return _code(walk, operation, width, height)
    if height < LOW:
        return [_in_one_line(walk, state)]
    lines = _end(walk, width) if state.station else _start(walk, width)
    room = max(height - NUMBERS, 2)
    if len(lines) > room:
        lines = [*lines[: room - 1], ink(f"  … {len(lines) - room + 1} more", "dim")]
    return lines


def _code(walk: Walk, operation: Operation, width: int, height: int) -> list[Ink]:
    around = 0 if height < LOW else 1 if height < HIGH else 3
    loop = ", ".join(f"{name} = {value}" for name, value in operation.loop.items())
    where = f"{Path(operation.file).name}, in {operation.function}" + (f", {loop}" if loop else "")
    lines = [] if height < LOW // 2 else [ink(where, "dim")]
    wrong = is_wrong(walk, operation)
    for number in range(operation.line - around, operation.line + around + 1):
        text = linecache.getline(operation.file, number).rstrip().expandtabs(4)
        if number == operation.line:
            mark = ink("  ← first wrong line", "fail") if wrong else Ink()
            line = ink(f"> {number:4} {text or operation.text}", "fail" if wrong else "bold")
            lines.append([*cut(line, width - length(mark)), *mark])
        else:
            lines.append(ink(f"  {number:4} {text}" if number > 0 and text else "", "dim"))
    return lines + (
        wrapped(walk.message, width, "fail", 1 if height < LOW else MESSAGE) if wrong else []
    )


def is_wrong(walk: Walk, operation: Operation) -> bool:
    """Return whether an operation is the first wrong line."""
    line = walk.line
    return line is not None and (line.file, line.number) == (operation.file, operation.line)


def _start(walk: Walk, width: int) -> list[Ink]:
    phases = Counter(operation.phase for operation in walk.trace.operations)
    steps = ", ".join(f"{count} {phase}" for phase, count in phases.items())
    lines = wrapped(f"{steps} steps. Right goes to the first, ? lists all keys.", width)
    if walk.message:
        lines += wrapped(f"WRONG: {walk.message} (w goes there)", width, "fail", MESSAGE)
    if walk.trace.lost:
        lost = f"From where some numbers came is not known: {walk.trace.lost}"
        lines += wrapped(lost, width, "warning")
    for name, text in walk.formulas.items():
        lines += wrapped(f"{name} = {text}", width, "dim", indent=len(name) + 3)
    if walk.cases != 1:
        of = f" of {walk.cases}" if walk.cases else ""
        lines += wrapped(f"This is case {walk.case}{of}; --case N shows another.", width)
    return lines


def _in_one_line(walk: Walk, state: State) -> Ink:
    """Return the start or the end, where there is no room for more."""
    if state.station and walk.passes.crash is not None:
        return ink(f"Here the code stopped: {walk.passes.crash}", "fail")
    if walk.message:
        return ink(f"WRONG (w goes there): {walk.message}", "fail")
    if state.station:
        return ink("This is the end: p or left goes back.")
    return ink(f"{len(walk.trace.operations)} steps: right goes on, ? lists keys.")


def _end(walk: Walk, width: int) -> list[Ink]:
    if walk.passes.crash is not None:
        said = wrapped(f"Here the code stopped: {walk.passes.crash}", width, "fail")
        line = walk.line
        return said if line is None else [ink(f"> {line.number:4} {line.text}", "fail"), *said]
    lines = [_result(walk, gradient) for gradient in results(walk)]
    return lines or [ink("This is the end: p or left goes back.")]


def _result(walk: Walk, gradient: Value) -> Ink:
    pair, seen = walk.pair_of(gradient), compared(walk, gradient)
    assert pair is not None
    says = f"{gradient.name} {shape_of(gradient)}, which is ∂L/∂{pair.value.name}: "
    if seen is not None and seen.wrong.any():
        return ink(f"{says}{int(seen.wrong.sum())} of {seen.wrong.size} numbers are wrong", "fail")
    words = {"pass": "right", "fail": "wrong", "inconclusive": "not certain"}
    kind = pair.verdict if pair.verdict in words else ""
    return ink(says + words.get(pair.verdict, pair.verdict or "not judged"), kind)
