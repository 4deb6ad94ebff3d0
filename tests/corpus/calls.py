"""What is handed to the checker: which check, and its arguments.

A corpus entry is a small function of a random generator that returns a `Call`, so that every
seed gives other numbers and every check starts from fresh objects.
"""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

STUDENTS = Path(__file__).parent / "students"


@dataclass(frozen=True)
class Call:
    """One call of one of minnet's checks.

    `witness` is another call that shows the same thing at concrete arrays, for the kinds that
    hand over a whole module or class and leave the arrays to the checker.
    """

    check: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    witness: Call | None = None

    def report(self, seed: int = 0) -> Any:
        """Run the check."""
        import minnet.conventions
        import minnet.gradcheck

        home = minnet.conventions if self.check == "check" else minnet.gradcheck
        return getattr(home, self.check)(*self.arguments, seed=seed, **self.keywords)


def layer(layer: Any, *inputs: Any) -> Call:
    return Call("check_layer", (layer, *inputs))


def loss(loss: Any, prediction: Any, target: Any) -> Call:
    return Call("check_loss", (loss, prediction, target))


def functions(forward: Any, backward: Any, *args: Any) -> Call:
    return Call("check_functions", (forward, backward, *args))


def gradient(f: Any, gradient: Any, x: Any) -> Call:
    return Call("check_gradient", (f, gradient, x))


def sweep(target: Any, witness: Call) -> Call:
    """`minnet.check(target)`: the convention chooses the cases."""
    return Call("check", (target,), witness=witness)


def student(file: str, *changes: tuple[str, str]) -> ModuleType:
    """Import a student's file, with pieces of its text replaced.

    The changed text is a real file for as long as the process lives, so that its lines can be
    shown. Every piece has to occur exactly once: otherwise it is not the mistake it says.
    """
    text = (STUDENTS / f"{file}.py").read_text(encoding="utf-8")
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} occurs {text.count(old)} times in {file}.py, not once")
        text = text.replace(old, new)
    number = next(_numbers)
    path = _directory() / f"{file}_{number}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # copy and pickle look classes up by module name
    spec.loader.exec_module(module)
    return module


_numbers = count()
_made: list[Path] = []


def _directory() -> Path:
    if not _made:
        _made.append(Path(tempfile.mkdtemp(prefix="corpus_")))
        atexit.register(shutil.rmtree, _made[0], ignore_errors=True)
    return _made[0]
