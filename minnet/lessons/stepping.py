"""Go through a tutorial in the terminal, a cell at a time, or all of it at once."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from minnet.assignments.notebook import Cell
from minnet.gradcheck.under_test.crash import locate
from minnet.lessons.lesson import Lesson
from minnet.lessons.pictures import Pictures
from minnet.lessons.prose import laid_out
from minnet.lessons.running import Runner
from minnet.report.terminal import Style, clean

#: asks the learner something and returns what is typed
Ask = Callable[[str], str]


@dataclass(frozen=True)
class Stop:
    """Where a walk came to an end: the cells gone through, and whether all went well."""

    cell: int
    well: bool = True


class Walk:
    """A walk through a tutorial.

    Parameters
    ----------
    lesson : Lesson
    style : Style
    folder : Path
        Where pictures are kept.
    shown : bool
        Whether pictures can be shown in windows.
    """

    def __init__(self, lesson: Lesson, style: Style, folder: Path, shown: bool) -> None:
        self.lesson, self.style = lesson, style
        self.cells = lesson.cells(lesson.solution)
        #: as the learner gets them: where one differs, it holds an exercise
        self.given = lesson.cells(lesson.student)
        self.pictures = Pictures(folder, lesson.name)
        self.shown = shown

    def all_at_once(self) -> Stop:
        """Write and run everything."""
        runner = self._runner()
        for number, cell in enumerate(self.cells):
            self._show(cell)
            if cell.kind == "code" and not self._run(runner, cell):
                return Stop(number, well=False)
        return Stop(len(self.cells))

    def by_steps(self, ask: Ask, start: int = 0) -> Stop:
        """Walk from a cell on; what stands above it is run without a word.

        Parameters
        ----------
        ask : callable
            Shows a prompt and returns what is typed. EOFError and KeyboardInterrupt leave.
        start : int
            The cell to begin with, counted from 0.
        """
        if start and self.cells[start].kind == "code" != self.cells[start - 1].kind:
            start -= 1  # the text above it says what it is about
        runner = self._runner()
        if start and not self._catch_up(runner, start):
            return Stop(start, well=False)
        number = start
        try:
            while number < len(self.cells) and self._step(runner, number, ask):
                number += 1
        except (EOFError, KeyboardInterrupt):
            print()
        return Stop(number)

    def _step(self, runner: Runner, number: int, ask: Ask) -> bool:
        """Go through one cell; return whether the learner goes on."""
        cell, given = self.cells[number], self.given[number]
        at = f"{number + 1} of {len(self.cells)}"
        if cell.kind != "code":
            self._show(cell)
            last = number + 1 == len(self.cells)
            return last or self._fits(number) or self._asked(ask, f"[{at}] Enter goes on")
        if given.source != cell.source:
            self._show(given)
            name, file = f"minnet tutorial {self.lesson.number}", f"{self.lesson.name[3:]}.py"
            self._say(
                "Your turn. Write it in a file of your own, and check it:\n"
                f"    {name} --student {file}    (once: makes it)\n"
                f"    {name} --check {file}"
            )
            if not self._asked(ask, f"[{at}] Enter shows a solution and goes on"):
                return False
            self._show(cell)
        else:
            self._show(cell)
            if not self._asked(ask, f"[{at}] Enter runs this"):
                return False
        self._run(runner, cell)
        return True

    def _fits(self, number: int) -> bool:
        """Return whether the next cell can be shown below this one on the same screen."""
        room = os.get_terminal_size().lines if sys.stdout.isatty() else 24
        here = laid_out(self.cells[number].source, self.style).count("\n")
        following = self.cells[number + 1]
        below = following.source.count("\n")
        return following.kind == "code" and here + below + 6 <= room

    def _asked(self, ask: Ask, prompt: str) -> bool:
        while True:
            answer = ask(self.style.paint(f"{prompt}, q leaves: ", "dim")).strip().lower()
            if answer in ("", "q", "quit", "exit"):
                print()
                return not answer
            print("Enter goes on; q leaves, and minnet remembers where you were.")

    def _show(self, cell: Cell) -> None:
        if cell.kind == "code":
            print(self._code(cell))
        else:
            print(self.style.finish(laid_out(cell.source, self.style)))
        print()

    def _code(self, cell: Cell) -> str:
        """Return a cell of code, each line with the number that reports give it."""
        bar = "│" if self.style.unicode else "|"
        return "\n".join(
            f"{self.style.paint(f'{number:>3} {bar}', 'dim')} {self.style.finish(clean(line))}"
            for number, line in enumerate(cell.source.split("\n"), cell.line)
        )

    def _say(self, text: str) -> None:
        print(self.style.finish(self.style.paint(text, "bold")) + "\n")

    def _run(self, runner: Runner, cell: Cell) -> bool:
        """Run a cell, with what it prints and draws; return whether it came to its end."""
        well = True
        with nullcontext() if self.shown else self.pictures.kept():
            try:
                runner.run(cell)
            except KeyboardInterrupt:
                raise
            except Exception as error:
                well = False
                print(self._crash(error))
        for path in self.pictures.new:
            print(f"picture: {path}")
        self.pictures.new.clear()
        print(flush=True)
        return well

    def _crash(self, error: Exception) -> str:
        line, _ = locate(error)
        where = f" (line {line.number}: {line.text})" if line else ""
        said = traceback.format_exception_only(error)[-1].strip()
        return clean(f"This cell stops with {said}{where}")

    def _catch_up(self, runner: Runner, start: int) -> bool:
        """Run what stands above a cell, unseen."""
        before = [cell for cell in self.cells[:start] if cell.kind == "code"]
        if not before:
            return True
        print(f"(running the {len(before)} cells of code above again ...)\n", flush=True)
        with open(os.devnull, "w", encoding="utf-8") as nothing, self.pictures.kept(quiet=True):
            told, sys.stdout = sys.stdout, nothing
            try:
                for cell in before:
                    runner.run(cell)
            except Exception as error:
                sys.stdout = told
                print(self._crash(error))
                return False
            finally:
                sys.stdout = told
        return True

    def _runner(self) -> Runner:
        """Return a runner of the solution, whose lines reports can read though no file has them."""
        text, file = self.lesson.solution, self.lesson.file
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        return Runner(file, self.cells)
