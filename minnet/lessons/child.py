"""The process that a learner's file runs in: ``python -m minnet.lessons.child``.

It is told on standard input what to run, and tells on standard output, a line of JSON each,
which cell runs, what each check said, and where the code raised. What the file itself prints
goes nowhere.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import json
import os
import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO

from minnet.assignments.notebook import Cell
from minnet.conventions.isolated.limits import limit_memory
from minnet.gradcheck.under_test.crash import locate
from minnet.lessons.exercises import CHECK
from minnet.lessons.pictures import take_backend
from minnet.lessons.running import Runner
from minnet.report.account import accounts_of
from minnet.report.report import Report

#: the checks of minnet; the script's own are found by their names
_CHECKS = ("check_layer", "check_loss", "check_functions", "check_gradient", "check_model",
           "check_cases", "check")  # fmt: skip


def main() -> None:
    """Run the cells that standard input asks for."""
    asked = json.load(sys.stdin)
    tell = Telling(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    limit_memory(lambda: _give_up(tell))
    take_backend(interactive=False)
    cells = [Cell("code", **cell) for cell in asked["cells"]]
    runner = Runner(asked["file"], cells)
    sys.path.insert(0, asked["folder"])
    watch_checks(tell, runner.file, hints=asked["hints"])
    with open(asked["hung"], "w", encoding="utf-8") as hung:
        for cell in cells:
            tell("cell", line=cell.line)
            faulthandler.dump_traceback_later(asked["seconds"], exit=True, file=hung)
            run_cell(runner, cell, tell)
            faulthandler.cancel_dump_traceback_later()
    tell("done")
    os._exit(0)  # whatever threads the file has left behind


class Telling:
    """The stream to the parent."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __call__(self, kind: str, **facts: Any) -> None:
        """Tell one thing."""
        self.stream.write(json.dumps({"kind": kind, **facts}) + "\n")
        self.stream.flush()


def watch_checks(tell: Telling, file: str, **keywords: Any) -> None:
    """Let the checks of minnet tell what they say when this file calls them.

    The keywords are those that the checks take where the file does not say otherwise.
    """
    package = sys.modules["minnet"]
    for name in _CHECKS:
        check = getattr(package, name)
        asked = functools.partial(getattr(check, "__wrapped__", check), **keywords)
        setattr(package, name, recorded(asked, tell, file))


def recorded(check: Callable[..., Any], tell: Telling, file: str) -> Callable[..., Any]:
    """Return a check that also tells what it says, and which line of the script called it."""

    @functools.wraps(check)
    def told(*arguments: Any, **keywords: Any) -> Any:
        line = _line_of_script(sys._getframe(1), file)
        result = check(*arguments, **keywords)
        if isinstance(result, Report):
            found = _findings(result)
            tell("check", line=line, verdict=result.verdict, text=str(result), findings=found)
        elif isinstance(result, str):
            tell("check", line=line, **_of_sentence(result))
        return result

    told.__dict__["__minnet_recorded__"] = True
    return told


def run_cell(runner: Runner, cell: Cell, tell: Telling) -> None:
    """Run a cell, and tell where it raised."""
    try:
        runner.run(cell, lambda: watch_own_checks(tell, runner))
    except BaseException as error:  # SystemExit too: the file may not end this process
        where, _ = locate(error)
        said = str(error) or (where.text if where else "")  # an assert without a word
        shown = type(error).__name__ + (f": {said}" if said else "")
        tell("crash", cell=cell.line, line=where.number if where else cell.line, error=shown)


def watch_own_checks(tell: Telling, runner: Runner) -> None:
    """Let the checks that the script itself defines tell what they say."""
    names = vars(runner.module)
    for name, value in list(names.items()):
        if name.startswith(CHECK + "_") and callable(value):
            with contextlib.suppress(AttributeError):
                if not getattr(value, "__minnet_recorded__", False):
                    names[name] = recorded(value, tell, runner.file)


def _line_of_script(frame: FrameType | None, file: str) -> int:
    """Return the line at the top level of the script that is under way."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename == file:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def _findings(report: Report) -> list[dict[str, Any]]:
    """Return what a report finds, in the order that it tells it: warnings last."""
    return [
        {
            "code": account.finding.code,
            "line": account.finding.line.number if account.finding.line else 0,
        }
        for account in accounts_of(report)
    ]


def _of_sentence(said: str) -> dict[str, Any]:
    """Return what a check of the script's own says: nothing where all is right.

    >>> _of_sentence("FAIL[sign] step: it goes uphill")["findings"]
    [{'code': 'sign', 'line': None}]
    """
    verdict = "fail" if said else "pass"
    if re.match("todo\\b", said, re.I):
        verdict = "not_implemented"
    codes = re.findall(r"^FAIL\[(\w+)\]", said, re.M)
    return {"verdict": verdict, "text": said,
            "findings": [{"code": code, "line": None} for code in codes]}  # fmt: skip


def _give_up(tell: Telling) -> None:
    tell("memory")
    os._exit(70)


if __name__ == "__main__":
    main()
