"""What a reader has to take in: ``python tests/benchmarks/structure.py [ROOT]``.

The longest functions and those with the most branches, the longest files, and the modules and
functions that one ``check_layer(Dense(...), x)`` passes through, when it is right and when not.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
BRANCHES = (ast.If, ast.For, ast.While, ast.IfExp, ast.ExceptHandler, ast.BoolOp, ast.comprehension)


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((ROOT / "minnet").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(ROOT / 'minnet')}:{node.name}", node


def length(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def branches(function: ast.FunctionDef) -> int:
    return sum(isinstance(node, BRANCHES) for node in ast.walk(function))


def passed(call: Callable[[], Any]) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the modules of minnet, and the functions, that a call passes through."""
    modules: set[str] = set()
    seen: set[tuple[str, str]] = set()

    def look(frame: FrameType, event: str, _: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(ROOT / "minnet"):
            modules.add(str(file.relative_to(ROOT / "minnet")))
            seen.add((str(file), frame.f_code.co_qualname))

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
    return modules, seen


def main() -> None:
    sys.path.insert(0, str(ROOT))
    import numpy as np

    from minnet import Dense, check_layer

    class Doubled(Dense):
        def backward(self, dout: Any) -> Any:
            return 2 * super().backward(dout)

    every = list(functions())
    files = sorted((ROOT / "minnet").rglob("*.py"))
    lines = {f: f.read_text(encoding="utf-8").count("\n") for f in files}
    longest = max(files, key=lambda f: lines[f])
    print(
        f"{len(files)} modules, {sum(lines.values())} lines; the longest: {longest.name},",
        lines[longest],
    )
    for title, measure in (("longest functions", length), ("most branches", branches)):
        top = sorted(every, key=lambda item: -measure(item[1]))[:5]
        print(f"{title}:", ", ".join(f"{name} {measure(node)}" for name, node in top))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 3))
    check_layer(Dense(3, 2, rng=0), x)  # imports are not what is counted
    for title, layer in (("right", Dense(3, 2, rng=0)), ("wrong", Doubled(3, 2, rng=0))):
        modules, called = passed(lambda layer=layer: check_layer(layer, x))  # type: ignore[misc]
        rooms = {m.rpartition("/")[0] for m in modules}
        print(f"check_layer of a {title} Dense: {len(modules)} modules in {len(rooms)} folders, "
              f"{len(called)} functions")  # fmt: skip


if __name__ == "__main__":
    main()
