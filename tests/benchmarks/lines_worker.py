"""The process that checks copies of files for `lines.py`: a request a line, an answer a line.

It is one that may be killed: a mistake can be an endless loop.
"""

from __future__ import annotations

import ast
import io
import itertools
import json
import os
import sys
import tempfile
import textwrap
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from lines_subjects import SEED, Subject, loaded  # noqa: E402

from minnet.gradcheck.case import Case, CodeError, output_vector, split_like  # noqa: E402

#: a central difference of step STEP agrees with a right gradient to AGREES, at points where it is
#: of use at all; what is off by more than BROKEN is a wrong one
STEP, AGREES, BROKEN = 1e-5, 1e-6, 1e-5
#: more than any layer of the corpora needs, and less than a mistake may ask for
MOST_MEMORY = 3 << 30

_folder = tempfile.TemporaryDirectory(prefix="lines_")
_numbers = itertools.count()
_controls: dict[Subject, list[Point]] = {}


class Point:
    """A case of the right code: its output, and the slopes on which backward and forward agree.

    The slopes are those of `upstream @ out` along one random direction for each variable, by a
    central difference of fourth order: nothing of the checker's own measuring.
    """

    def __init__(self, case: Case, number: int) -> None:
        rng = np.random.default_rng([SEED, number])
        self.description, self.variables = case.description, case.variables
        run = case.run()
        self.out = output_vector(run)
        self.upstream = np.ones(self.out.size) if case.is_loss else rng.normal(size=self.out.size)
        claimed = run.backward(split_like(self.upstream, run.outputs))
        self.along = {name: rng.normal(size=x.shape) for name, x in case.variables.items()}
        self.slopes = {}
        for name, direction in self.along.items():
            slope = self._slope(case, name)
            size = _size(claimed.get(name), direction) + abs(slope)
            if not self._off(claimed.get(name), name, slope, size) > AGREES:
                self.slopes[name] = slope, size

    def is_of(self, case: Case) -> bool:
        """Return whether a case of a copy is the same case, at the same values."""
        mine, other = self.variables, case.variables
        return self.description == case.description and all(
            name in mine and np.array_equal(mine[name], other[name], equal_nan=True)
            for name in other
        )

    def _slope(self, case: Case, name: str) -> float:
        x = case.variables[name]
        h = STEP * max(1.0, float(np.sqrt(np.mean(x.astype(float) ** 2))) if x.size else 1.0)
        at = lambda k: {name: (x + k * h * self.along[name]).astype(x.dtype)}  # noqa: E731
        value = lambda k: float(self.upstream @ output_vector(case.run(at(k))))  # noqa: E731
        return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * h)

    def _off(self, gradient: Any, name: str, slope: float, size: float) -> float:
        """Return how far a gradient is off a slope, as a share of what it might be."""
        if gradient is None or np.shape(gradient) != self.along[name].shape:
            return np.inf
        with np.errstate(all="ignore"):
            claimed = float(np.sum(np.asarray(gradient, float) * self.along[name]))
            off = abs(claimed - slope) / (size or 1.0)
        return off if np.isfinite(off) else np.inf

    def breaks(self, case: Case) -> bool:
        """Return whether backward is wrong at a case of the same code with a mistake.

        Raises
        ------
        CodeError
            When a pass raises.
        ForwardError
            When the mistake is seen in what forward gives.
        """
        run = case.run()
        out = output_vector(run)
        if out.shape != self.out.shape or not np.array_equal(out, self.out, equal_nan=True):
            raise ForwardError
        claimed = run.backward(split_like(self.upstream, run.outputs))
        offs = (self._off(claimed.get(n), n, *of) for n, of in self.slopes.items())
        return any(off > BROKEN for off in offs)


class ForwardError(Exception):
    """The mistake is not in the gradient alone."""


def _size(gradient: Any, direction: np.ndarray) -> float:
    if gradient is None or np.shape(gradient) != direction.shape or not direction.size:
        return 0.0
    norms = np.linalg.norm(np.asarray(gradient, float)) * np.linalg.norm(direction)
    return float(norms / np.sqrt(direction.size))


def controls(subject: Subject) -> list[Point]:
    """Return what is known of the right code of a subject, one point for each case."""
    if subject not in _controls:
        cases = subject.cases(_load(subject, subject.source))
        _controls[subject] = [Point(case, k) for k, case in enumerate(cases)]
    return _controls[subject]


def standing(subject: Subject, source: str) -> str:
    """Return what a copy of a subject is by a central difference: broken, harmless, ..."""
    points = controls(subject)
    if not any(point.slopes for point in points):
        return "unmeasurable"
    try:
        cases = subject.cases(_load(subject, source))
    except Exception:
        return "crash"
    waiting = list(points)
    raised = False
    for case in cases:
        point = next((p for p in waiting if p.is_of(case)), None)
        if point is None:  # a case of its own: where code raises, other inputs are guessed
            continue
        waiting.remove(point)
        try:
            if point.breaks(case):
                return "broken"
        except CodeError:
            raised = True
        except ForwardError:
            return "forward changed"
    return "crash" if raised or waiting else "harmless"


def judged(subject: Subject, source: str) -> dict[str, Any]:
    """Check a copy with a mistake; return what the report says of its line and its cure."""
    found: dict[str, Any] = {"standing": standing(subject, source)}
    if found["standing"] != "broken":
        return found
    seconds = []
    for hints in ("code", "fix"):
        module = _load(subject, source)
        start = time.process_time()
        report = subject.report(module, hints)
        seconds.append(time.process_time() - start)
    found |= {"seconds": seconds, "verdict": report.verdict, "report": str(report)}
    said = list(_first_diagnoses(report))
    found["codes"] = list(dict.fromkeys(finding.code for finding in said))
    lines = [finding.line for finding in said if finding.line is not None]
    here = {line.number for line in lines if line.file == module.__file__}
    found["said"] = sorted(here) + [0] * any(line.file != module.__file__ for line in lines)
    if fix := next((f.fix for f in said if f.fix is not None), None):
        found["fix"] = {"number": fix.number, "old": fix.old, "new": fix.new}
        found["cured"] = _cured(subject, fixed(source, fix.number, fix.old, fix.new))
    return found


def _first_diagnoses(report: Any) -> Any:
    for target in report.targets:
        for check in target.checks:
            for case in check.cases:
                failing = (g for g in case.gradients if g.verdict == "fail" and g.diagnosis)
                yield from (gradient.diagnosis[0] for gradient in failing)


def _cured(subject: Subject, source: str) -> str:
    """Return what a fix made of the copy: the original, another right one, or neither."""
    if not source or standing(subject, source) != "harmless":
        return "no"
    if subject.report(_load(subject, source), "code").verdict != "pass":
        return "no"
    same = ast.dump(ast.parse(source)) == ast.dump(ast.parse(subject.source))
    return "original" if same else "another"


def fixed(source: str, number: int, old: str, new: str) -> str:
    """Return a text with a fix applied, or "" where it does not fit."""
    lines = source.splitlines(keepends=True)
    count = len(old.splitlines())
    block = "".join(lines[number - 1 : number - 1 + count])
    if textwrap.dedent(block).strip() != old.strip():
        return ""
    margin = block[: len(block) - len(block.lstrip(" \t"))]
    inserted = textwrap.indent(new.strip() + "\n", margin)
    return "".join(lines[: number - 1]) + inserted + "".join(lines[number - 1 + count :])


def right(subject: Subject) -> dict[str, Any]:
    """Check the right code: what is blamed on any of its lines is too much."""
    report = subject.report(_load(subject, subject.source), "fix")
    blamed = []
    for target in report.targets:
        for case in (case for check in target.checks for case in check.cases):
            told = [*case.findings, *(d for g in case.gradients for d in g.diagnosis)]
            blamed += [f"{f.code} {f.line} {f.fix}" for f in told if f.line or f.fix]
    return {"verdict": report.verdict, "blamed": blamed}


def _load(subject: Subject, source: str) -> Any:
    """Import a copy, in a folder of its own, under the file's own name."""
    folder = Path(_folder.name) / str(number := next(_numbers))
    folder.mkdir()
    path = folder / Path(subject.file).name
    path.write_text(source, encoding="utf-8")
    for name in [name for name in sys.modules if name.startswith("copied_")]:
        del sys.modules[name]
    return loaded(path, f"copied_{path.stem}_{number}")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    subject = Subject(*request["subject"])
    if request["do"] == "right":
        return right(subject)
    if request["do"] == "count":
        return {"standing": standing(subject, request["source"])}
    return judged(subject, request["source"])


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout = io.StringIO()  # what foreign code prints is no reply
    warnings.simplefilter("ignore")
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except ImportError:  # Windows has no such limit
        pass
    with np.errstate(all="ignore"):
        for line in sys.stdin:
            sys.stdout.seek(0)
            sys.stdout.truncate()
            try:
                reply = answer(json.loads(line))
            except (Exception, SystemExit) as error:
                reply = {"standing": "crash", "error": f"{type(error).__name__}: {error}"}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


if __name__ == "__main__":
    main()
