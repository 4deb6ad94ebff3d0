"""How often the guilty line is found, and how often a cure: mistakes put into right code.

    python tests/benchmarks/lines.py [--sample N] [--seed S] [--only PATTERN] [--operator NAME]
        [--workers 2] [--seconds 60] [--out FILE.json] [--show KIND] [--count] [--list]
        [--parts mistakes right]

Every right backward pass of the corpora and of minnet's own layers gets every mistake of one
statement that `mutations` makes. One counts when minnet's verdict on the file is `fail` and a
central difference, which shares nothing with the checker's own measuring, finds the gradient
wrong as well. Then the first diagnosis of each failing gradient is read: `exact`, all lines
told are lines of the statement; `mixed`, some are; `wrong`, none is; `none`, no line is told.
A fix counts as verified when the file with it is right by the central difference and passes.

`--count` makes the central difference alone and says how many mistakes there are. `--show KIND`
prints the reports of a kind: exact, mixed, wrong, none, missed (broken, and not called wrong),
unfixed. A statement that was deleted stands in its own row: `pass` is in its place, and the
line before or after it is as good.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lines_report import KINDS, kind_of_layer, outcome, print_reports, print_tables
from lines_subjects import Backward, Subject, backwards, every_subject
from mutations import Mutation

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Mutant:
    """A mistake in a backward function."""

    backward: Backward
    mutation: Mutation

    @property
    def subject(self) -> Subject:
        return self.backward.subject

    @property
    def place(self) -> str:
        return f"{self.subject.file}:{self.backward.function}"

    def as_row(self) -> dict[str, Any]:
        subject, function = self.subject, self.backward.function
        layer = kind_of_layer((function, subject.name, subject.file), self.backward.source)
        about = {"function": function, "layer": layer, "neighbours": self._neighbours()}
        return asdict(subject) | about | asdict(self.mutation)

    def _neighbours(self) -> list[int]:
        """Return the lines with something on them before and after the statement."""
        text = self.subject.source.splitlines()
        before = range(self.mutation.first - 1, 0, -1)
        after = range(self.mutation.last + 1, len(text) + 1)
        sides = (next((n for n in side if text[n - 1].strip()), 0) for side in (before, after))
        return [n for n in sides if n]


class Worker:
    """A process that checks copies of files, started anew when one takes too long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.folder = tempfile.TemporaryDirectory(prefix="lines_")  # outlives a process killed

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.process is None:
            variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "lines_worker.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **dict.fromkeys(variables, "1"), "TMPDIR": self.folder.name},
            )
        process = self.process
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        late = threading.Event()
        limit = threading.Timer(self.seconds, lambda: (late.set(), process.kill()))
        limit.start()
        reply = process.stdout.readline()
        limit.cancel()
        if reply:
            return json.loads(reply)  # type: ignore[no-any-return]
        process.wait()
        self.process = None
        return {"standing": "time" if late.is_set() else "crash"}

    def close(self) -> None:
        if self.process is not None:
            assert self.process.stdin
            self.process.stdin.close()
            self.process.wait()
        self.folder.cleanup()


class Pool:
    """Some workers: the replies to many requests, in the order of these."""

    def __init__(self, workers: int, seconds: float) -> None:
        self.threads = ThreadPoolExecutor(workers)
        self.free = [Worker(seconds) for _ in range(workers)]

    def replies(self, requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the replies; no more than a few requests are made ahead of what is taken."""
        waiting, ahead = [], 2 * len(self.free)
        for request in requests:
            waiting.append(self.threads.submit(self._ask, request))
            if len(waiting) > ahead:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        worker = self.free.pop()
        try:
            return worker.ask(request)
        finally:
            self.free.append(worker)

    def close(self) -> None:
        self.threads.shutdown()
        for worker in self.free:
            worker.close()


# --- which ----------------------------------------------------------------------------------


def every_mutant(subjects: Iterable[Subject]) -> Iterator[Mutant]:
    """Yield every mistake once, for the first subject whose backward pass has the statement."""
    seen: dict[str, set[int]] = defaultdict(set)
    for subject in subjects:
        for backward in backwards(subject):
            lines = backward.lines - seen[subject.file]
            seen[subject.file] |= lines
            for mutation in replace(backward, lines=lines).mutations():
                yield Mutant(backward, mutation)


def chosen(mutants: list[Mutant], seed: int) -> list[Mutant]:
    """Return mutants in an order of which any first part has of every operator and function."""
    rng = random.Random(seed)
    by_operator: dict[str, dict[str, list[Mutant]]] = defaultdict(lambda: defaultdict(list))
    for mutant in mutants:
        by_operator[mutant.mutation.operator][mutant.place].append(mutant)
    queues = []
    for by_place in by_operator.values():
        places = list(by_place.values())
        rng.shuffle(places)
        for place in places:
            rng.shuffle(place)
        queues.append(list(in_turn(places)))
    return list(in_turn(queues))


def in_turn(queues: list[list[Any]]) -> Iterator[Any]:
    """Yield the first of each list, then the second of each, ...

    >>> list(in_turn([[1, 2, 3], [4], [5, 6]]))
    [1, 4, 5, 2, 6, 3]
    """
    for k in range(max(map(len, queues), default=0)):
        yield from (queue[k] for queue in queues if k < len(queue))


def selected(subjects: Iterable[Subject], pattern: str) -> list[Subject]:
    return [
        s
        for s in subjects
        if pattern in f"{s.file}:{s.name}" or fnmatch.fnmatchcase(s.name, pattern)
    ]


# --- running --------------------------------------------------------------------------------


def measured(pool: Pool, mutants: list[Mutant], do: str, sample: int) -> list[dict[str, Any]]:
    """Return a row for each mutant, until there are `sample` that break a gradient."""
    requests = ({"do": do, "subject": [m.subject.file, m.subject.name, m.subject.how],
                 "source": m.mutation.applied(m.subject.source)} for m in mutants)  # fmt: skip
    rows: list[dict[str, Any]] = []
    broken = 0
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C: what there is so far
        for mutant, reply in zip(mutants, pool.replies(requests), strict=False):
            row = mutant.as_row() | reply
            row["outcome"] = outcome(row)
            rows.append(row)
            broken += row["outcome"] in (*KINDS, "broken")
            if len(rows) % 100 == 0:
                print(f"{len(rows)} made, {broken} broken", file=sys.stderr, flush=True)
            if sample and broken >= sample:
                break
    return rows


def blamed_in_right_code(pool: Pool, subjects: list[Subject]) -> None:
    """Say how many right things were checked, and what was blamed on a line of them."""
    requests = ({"do": "right", "subject": [s.file, s.name, s.how]} for s in subjects)
    replies = list(pool.replies(requests))
    verdicts = Counter(str(reply.get("verdict", reply.get("error"))) for reply in replies)
    blamed = [(s, reply) for s, reply in zip(subjects, replies, strict=True) if reply.get("blamed")]
    print(f"\nRight code: {len(subjects)} things, {dict(verdicts)}; lines blamed in {len(blamed)}")
    for subject, reply in blamed:
        print(f"  {subject.file}:{subject.name}: {'; '.join(reply['blamed'])}")


def main() -> None:
    options = _options()
    subjects = selected(every_subject(), options.only)
    pool = Pool(options.workers, options.seconds)
    if "mistakes" in options.parts or options.list:
        of = options.operator
        mutants = [m for m in every_mutant(subjects) if of in ("", m.mutation.operator)]
        if options.list:
            list_functions(mutants)
            return
        print(f"{len(mutants)} mistakes in {len({m.place for m in mutants})} functions", flush=True)
        do = "count" if options.count else "judge"
        rows = measured(pool, chosen(mutants, options.seed), do, options.sample)
        print_tables(rows)
        print_reports(rows, options.show)
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if "right" in options.parts and not options.count:
        blamed_in_right_code(pool, subjects)
    pool.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--sample", type=int, default=0, metavar="N", help="until N break a gradient; 0: all")
    add("--seed", type=int, default=0, help="of the sample")
    add("--only", default="", metavar="PATTERN", help="things whose FILE:NAME holds this")
    add("--operator", default="", metavar="NAME", help="one kind of mistake")
    add("--workers", type=int, default=2, help="processes")
    add("--seconds", type=float, default=60, help="limit for one mistake")
    add("--out", type=Path, metavar="FILE.json", help="where all that was found is written")
    add("--show", default="", metavar="KIND", help="print the reports of a kind")
    add("--count", action="store_true", help="the central difference alone")
    add("--list", action="store_true", help="print the functions, by kind of layer, and end")
    parts = ("mistakes", "right")
    add("--parts", nargs="+", choices=parts, default=parts, help="wrong code, right code, both")
    return parser.parse_args()


def list_functions(mutants: list[Mutant]) -> None:
    """Print the functions that mistakes are made in, by kind of layer."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for mutant in mutants:
        row = mutant.as_row()
        found[row["layer"]][f"{Path(row['file']).stem}.{row['function']}"] = None
    for layer, names in sorted(found.items()):
        print(f"{layer} ({len(names)}): {', '.join(names)}\n")


if __name__ == "__main__":
    main()
