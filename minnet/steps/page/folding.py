"""Which of the statements that ran are shown, where more ran than a reader can step through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass

from minnet.tracing.trace import Operation, Trace, Value

#: the most statements of one page: more cannot be stepped through, and would not fit
MOST = 200


@dataclass(frozen=True, eq=False)
class Step:
    """What is shown at one moment.

    Attributes
    ----------
    operation : Operation, optional
        None of the first step: it shows what is handed over.
    left_out : int
        So many statements ran before it, since the last one that is shown.
    """

    operation: Operation | None
    left_out: int = 0

    @property
    def number(self) -> int:
        """0 of what is handed over, then counted from 1, those left out included."""
        return 0 if self.operation is None else self.operation.number + 1

    def outputs(self, trace: Trace) -> list[Value]:
        """Return the values that it makes, or hands over."""
        if self.operation is None:
            return [value for value in trace.values if not value.phase]
        return [trace.values[number] for number in self.operation.outputs]


def steps_of(trace: Trace, wanted: Container[int] = (), most: int = MOST) -> list[Step]:
    """Return the steps of a trace: of a line in a loop that ran too often, its first and last runs.

    Parameters
    ----------
    trace : Trace
    wanted : collection of int
        Operations that are shown in any case, by number.
    most : int

    Examples
    --------
    >>> ran = [Operation(k, "forward", "f.py", 3, "a += 1", "f", {}, (), ()) for k in range(9)]
    >>> [(step.number, step.left_out) for step in steps_of(Trace(operations=ran), most=4)]
    [(0, 0), (1, 0), (2, 0), (3, 0), (9, 5)]
    """
    steps, shown = [Step(None)], 0
    for operation in _kept(trace.operations, wanted, most):
        steps.append(Step(operation, operation.number - shown))
        shown = operation.number + 1
    return steps


def _kept(
    operations: Sequence[Operation], wanted: Container[int], most: int
) -> Sequence[Operation]:
    if len(operations) <= most:
        return operations
    runs = defaultdict[tuple[str, str, int], list[Operation]](list)
    for operation in operations:
        runs[operation.phase, operation.file, operation.line].append(operation)
    each = max(most // len(runs) - 1, 0)  # its first runs; and its last
    chosen = {op.number for line in runs.values() for op in (*line[:each], line[-1])}
    kept = [op for op in operations if op.number in chosen or op.number in wanted]
    return kept[:most]
