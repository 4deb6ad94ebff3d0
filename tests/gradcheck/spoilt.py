"""Right code with one mistake in it, as a file of its own: what the checker says of its lines."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minnet.gradcheck import check_functions
from minnet.report.findings import Finding, Fix

_numbers = count()


def imported(folder: Path, text: str) -> ModuleType:
    """Write some code to a file and import it."""
    path = Path(folder) / f"spoilt_{next(_numbers)}.py"
    path.write_text("import numpy as np\n" + text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def mended(folder: Path, module: ModuleType, *fixes: Fix) -> ModuleType:
    """Import a module's file once more, with fixes applied to its text."""
    lines = Path(str(module.__file__)).read_text(encoding="utf-8").splitlines()
    for fix in sorted(fixes, key=lambda fix: -fix.number):
        old, new = fix.old.splitlines(), fix.new.splitlines()
        there = lines[fix.number - 1 : fix.number - 1 + len(old)]
        assert [line.strip() for line in there] == [line.strip() for line in old]
        around = (there or lines[fix.number - 2 : fix.number - 1])[0]
        indent = " " * (len(around) - len(around.lstrip()))
        lines[fix.number - 1 : fix.number - 1 + len(old)] = [indent + line for line in new]
    text = "\n".join(lines).removeprefix("import numpy as np\n")
    return imported(folder, text + "\n")


def normal(*shapes: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=shape) for shape in shapes)


def spoilt(text: str, old: str, new: str) -> str:
    """Return code with a mistake; what is replaced has to be there once."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


@dataclass(frozen=True)
class Told:
    """What a report says of the line of each wrong gradient, by what it is the gradient of."""

    report: Any

    @property
    def findings(self) -> dict[str, Finding]:
        wrong = [g for g in self.report.gradients if g.verdict == "fail"]
        return {g.wrt: g.diagnosis[0] for g in wrong}

    @property
    def one(self) -> Finding:
        """The finding of the only cause: all wrong gradients share its line and its fix."""
        found = list(self.findings.values())
        assert found and len({(f.line, f.fix, f.reason) for f in found}) == 1
        return found[0]


def checked(module: ModuleType, *arrays: Any, hints: Any = "fix", **options: Any) -> Told:
    """Check a module's forward and backward."""
    report = check_functions(module.forward, module.backward, *arrays, hints=hints, **options)
    return Told(report)
