"""The right functions of the corpora, and which lines of them are their backward passes.

A `Subject` is one thing that minnet checks in one file: what `minnet check FILE` finds there, an
entry of a corpus, a `call_NAME` of a file from the field. It is loaded from any copy of its
file, so that a copy with a mistake is checked as the file itself would be.

What belongs to backward is seen, not read: the functions of the file that run when a case's
backward pass does and never in its forward pass, and of these the lines that ran. A loss
function that returns `loss, dx` has no such function; in it, backward is what dx is made of and
the loss is not.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any
from unittest import mock

import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent)]

import corpus.right  # noqa: E402, F401  (the registers fill up)
from corpus.bases import BASES  # noqa: E402
from corpus.calls import Call  # noqa: E402
from mutations import Mutation, extent, mutations  # noqa: E402

import minnet  # noqa: E402
from minnet.conventions import subject as subjects_room  # noqa: E402
from minnet.conventions.discover import find  # noqa: E402
from minnet.conventions.importing import Loaded, TargetError  # noqa: E402
from minnet.gradcheck import checks as checks_room  # noqa: E402
from minnet.gradcheck.case import Case  # noqa: E402
from minnet.report.results import CaseResult, Forward  # noqa: E402

SEED = 0
CHECKS = ("check", "check_layer", "check_loss", "check_functions", "check_gradient")
#: files in which a loss is right because of the layers beside it
TOGETHER = "tests/field/files/course_divided_in_"
#: classes that others are built on, with no passes of their own
ABSTRACT = ("Layer", "Loss", "Recurrent")
#: attributes in which a loss class may keep the gradient that its forward has computed
KEPT = re.compile(r"_?(d(x|X|y|inputs?|prediction|logits|scores|z|Z)|grad\w*)$")


@dataclass(frozen=True)
class Subject:
    """One right thing: its file, from the root, its name there, and how it is checked."""

    file: str
    name: str
    how: str  # "sweep", "call", "base" or "entry"

    @property
    def source(self) -> str:
        return (ROOT / self.file).read_text(encoding="utf-8")

    def report(self, module: ModuleType, hints: str) -> Any:
        """Check it, in a module made of its file or of a copy."""
        if self.how == "sweep":
            exactly = f"[{self.name[0]}]{self.name[1:]}"  # a pattern, not a part of other names
            only = None if self.file.startswith(TOGETHER) else exactly
            return minnet.check(module, only=only, hints=hints, seed=SEED)
        if self.how == "call":
            with self._hinting(module, hints):
                return getattr(module, f"call_{self.name}")()
        call = self._call(module)
        keywords = {**call.keywords, "hints": hints}
        return dataclasses.replace(call, keywords=keywords).report(SEED)

    @contextlib.contextmanager
    def _hinting(self, module: ModuleType, hints: str) -> Iterator[None]:
        """Have the checks that a file calls by itself told how much to say."""
        with contextlib.ExitStack() as stack:
            for name in CHECKS:
                told = partial(getattr(minnet, name), hints=hints)
                for home in (minnet, module):
                    if hasattr(home, name):
                        stack.enter_context(mock.patch.object(home, name, told))
            yield

    def _call(self, module: ModuleType) -> Call:
        rng = np.random.default_rng(SEED)
        if self.how == "base":
            return BASES[self.name][1](module, rng)
        return next(e for e in module.right if e.name == self.name).make(rng)

    def cases(self, module: ModuleType) -> list[Case]:
        """Return the cases that a check would look at, without checking them."""
        found: list[Case] = []

        def collect(case: Case, options: object) -> tuple[Case, CaseResult]:
            found.append(case)
            return case, CaseResult(case.description, "pass")

        silent = mock.patch.object(subjects_room, "compare", lambda *_: Forward())
        first = mock.patch.object(checks_room, "with_variations", lambda case, result, *_: result)
        with (
            silent,
            first,
            mock.patch.object(subjects_room, "checked", collect),
            mock.patch.object(checks_room, "checked", collect),
        ):
            self.report(module, "code")
        return found


def loaded(path: Path, name: str) -> ModuleType:
    """Import a file under a name of its own."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # copy and pickle look classes up by module name
    spec.loader.exec_module(module)
    return module


def every_subject() -> Iterator[Subject]:
    """Yield all that is right: files swept as a user would, then what only an entry calls."""
    for folder in ("tests/corpus/students", "minnet/layers", "minnet/losses"):
        for path in sorted((ROOT / folder).glob("*.py")):
            yield from _swept(path)
    for path in sorted((ROOT / "tests/field/files").glob("*.py")):
        if path.stem.startswith("import_"):  # Python itself does not read these
            continue
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^# check: (\S+) pass", text, re.MULTILINE):
            how = "call" if f"def call_{name}(" in text else "sweep"
            yield Subject(path.relative_to(ROOT).as_posix(), name, how)
    for name, (file, _) in BASES.items():
        yield Subject(f"tests/corpus/students/{file}.py", name, "base")
    for path in sorted((ROOT / "tests/corpus").glob("right_*.py")):
        for entry in sys.modules[f"corpus.{path.stem}"].right:
            yield Subject(path.relative_to(ROOT).as_posix(), entry.name, "entry")


def _swept(path: Path) -> Iterator[Subject]:
    try:
        found = find(Loaded(loaded(path, f"swept_{path.stem}"), ""), None)
    except TargetError:  # nothing in it to check
        return
    for item in found:
        if isinstance(item, subjects_room.Subject) and item.name not in ABSTRACT:
            yield Subject(path.relative_to(ROOT).as_posix(), item.name, "sweep")


# --- what is backward -----------------------------------------------------------------------


@dataclass(frozen=True)
class Backward:
    """A backward function of a subject: its name, and the lines of it that ran.

    beside_loss are the lines of a `return loss, dx`.
    """

    subject: Subject
    function: str
    lines: frozenset[int]
    beside_loss: frozenset[int] = frozenset()

    @property
    def source(self) -> str:
        """The lines that ran, for telling loops from columns."""
        lines = self.subject.source.splitlines()
        return "\n".join(lines[n - 1] for n in sorted(self.lines))

    def mutations(self) -> Iterator[Mutation]:
        """Yield every mistake that can be made in it."""
        yield from mutations(self.subject.source, self.lines, self.beside_loss)


def backwards(subject: Subject) -> list[Backward]:
    """Return the backward functions of a subject that are in its file."""
    path = ROOT / subject.file
    module = loaded(path, f"backward_{path.stem}")
    seen: dict[bool, dict[CodeType, set[int]]] = {False: {}, True: {}}
    cases = subject.cases(module)
    for case in cases:
        with _watching(path, seen[False]):
            run = case.run()
        upstream = tuple(np.ones_like(out) for out in run.outputs)
        with _watching(path, seen[True]):
            run.backward(upstream)
    tree = ast.parse(subject.source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    starts = {min(n.lineno for n in (f, *f.decorator_list)): f for f in functions}
    own = [(c, n) for c, n in seen[True].items() if c not in seen[False]]
    found = [
        Backward(subject, code.co_qualname, frozenset(lines))
        for code, lines in own
        if code.co_firstlineno in starts
    ]
    if found:
        return found
    named = [(c, n) for c, n in seen[False].items() if c.co_firstlineno in starts]
    if not named or not all(case.is_loss for case in cases):
        return []
    code, lines = named[0]  # the one that was called first is the loss, the others help it
    loss = _of_loss(subject, starts[code.co_firstlineno], lines)
    return [loss] if loss is not None and loss.lines else []


class _watching:
    """Note the lines of a file that run in the block, by the code they belong to."""

    def __init__(self, path: Path, seen: dict[CodeType, set[int]]) -> None:
        self.file, self.seen = str(path), seen

    def __enter__(self) -> None:
        sys.settrace(self._call)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if code.co_filename != self.file:
            return None
        lines = self.seen.setdefault(code, set())

        def line(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
            lines.add(frame.f_lineno)
            return line

        return line


def _of_loss(subject: Subject, function: ast.FunctionDef, ran: set[int]) -> Backward | None:
    """Return the part of a function that makes the gradient beside the loss, or None."""
    statements = [s for s in ast.walk(function) if isinstance(s, ast.Assign | ast.AugAssign)]
    ends = [s for s in ast.walk(function) if isinstance(s, ast.Return) and s.lineno in ran]
    pairs = [s for s in ends if isinstance(s.value, ast.Tuple) and len(s.value.elts) > 1]
    gradients = {n for s in pairs for e in s.value.elts[1:] for n in _read(e)}
    losses = {n for s in pairs for n in _read(s.value.elts[0])}
    if not pairs:
        kept = {name for s in statements for name in _written(s)}
        gradients = {n for n in kept if n.startswith("self.") and KEPT.match(n[5:])}
        losses = {n for s in ends if s.value is not None for n in _read(s.value)}
    if not gradients:
        return None
    gradients, losses = _made_of(gradients, statements), _made_of(losses, statements)
    alone = [s for s in statements if (w := _written(s)) and w <= gradients - losses]
    lines = {n for s in alone for n in range(s.lineno, extent(s)[1] + 1)} & ran
    returns = frozenset(s.lineno for s in pairs)
    return Backward(subject, function.name, frozenset(lines | returns), returns)


def _made_of(names: set[str], statements: list[Any]) -> set[str]:
    """Return the names that some names are computed from, with these."""
    found: set[str] = set()
    while not names <= found:
        found |= names
        names = {n for s in statements if _written(s) & found for n in _read(s)}
    return found


def _read(node: ast.AST) -> set[str]:
    return {name for n in ast.walk(node) if (name := _spelled(n))}


def _written(statement: ast.Assign | ast.AugAssign) -> set[str]:
    """Return the names that a statement binds or changes the elements of."""
    several = isinstance(statement, ast.Assign)
    waiting = list(statement.targets) if several else [statement.target]  # type: ignore[union-attr]
    found = set()
    while waiting:
        target = waiting.pop()
        if isinstance(target, ast.Tuple | ast.List):
            waiting += target.elts
        elif isinstance(target, ast.Subscript | ast.Starred):
            waiting.append(target.value)
        elif name := _spelled(target):
            found.add(name)
    return found


def _spelled(node: ast.AST) -> str:
    """Return `x` of a name and `self.x` of an attribute, else ""."""
    if isinstance(node, ast.Name) and node.id not in ("self", "np"):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"self.{node.attr}" if node.value.id == "self" else ""
    return ""
