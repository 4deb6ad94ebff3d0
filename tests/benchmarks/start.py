"""How long `minnet check` takes to start, beside `python -c 'import numpy'`.

    python tests/benchmarks/start.py [--rounds 15] [--against FOLDER]

Every command takes its turn in each round; given is the least of all rounds, of the processor's
time (that of all processes that a command starts) and of the wall's. `--against` has another copy
of minnet take part.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
DENSE = """\
import numpy as np


class Dense:
    def __init__(self, inputs, outputs):
        self.W = np.random.randn(inputs, outputs)
        self.b = np.zeros(outputs)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
"""
MANY = 10


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another copy of minnet")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"dense_{k}.py") for k in range(MANY)]
        for file in files:
            file.write_text(DENSE, encoding="utf-8")
        copies = [HERE, args.against] if args.against else [HERE]
        names = ["", ", against"]
        works = {"import numpy": (HERE, ["-c", "import numpy"])}
        for count in (1, MANY):
            check = ["-m", "minnet", "check", *(file.name for file in files[:count])]
            for name, copy in zip(names, copies, strict=False):
                works[f"minnet check, {count} file{'s' * (count > 1)}{name}"] = copy, check
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(args.rounds):
            for name, (copy, command) in works.items():
                taken[name].append(measured(copy, command, folder))
    print(f"{'':40} processor, ms  wall, ms")
    for name, times in taken.items():
        processor, wall = (1000 * min(column) for column in zip(*times, strict=True))
        print(f"{name:40} {processor:13.0f} {wall:9.0f}")


def measured(copy: Path, command: list[str], folder: str) -> tuple[float, float]:
    """Return the seconds that a command takes, of the processor and of the wall."""
    environment = {**os.environ, "PYTHONPATH": str(copy.resolve()), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, start = _processor(), time.perf_counter()
    subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, check=True, capture_output=True
    )
    wall = time.perf_counter() - start
    return _processor() - before, wall


def _processor() -> float:
    """Return the seconds that all processes which have ended took of the processor."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    main()
