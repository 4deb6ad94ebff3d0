"""Fair comparison: a process per library, bursts in turn, medians and quartiles of ratios."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
BURST_SECONDS = 0.06
SETTLE_SECONDS = 0.02  # idle threads of the other library stop spinning


class Library:
    """A process that holds one library."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **dict.fromkeys(variables, str(threads)), "PYTHONPATH": path},
        )

    def ask(self, **request: Any) -> float:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} stopped while asked for {request}")
        return float(json.loads(answer))

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@dataclass(frozen=True)
class Ratio:
    """ours / theirs over the rounds, and our own time in seconds."""

    low: float
    median: float
    high: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.median:5.2f}  [{self.low:.2f}, {self.high:.2f}]"


def compare(
    ours: Library, theirs: Library, work: str, rounds: int, their_work: str | None = None
) -> Ratio:
    """Time both libraries in turn and return the ratio of their times."""
    sides = [(ours, work), (theirs, their_work or work)]
    repeats = []
    for library, name in sides:
        once = library.ask(do="prepare", work=name)
        repeats.append(max(1, round(BURST_SECONDS / once)))
    ratios, seconds = [], []
    for _ in range(rounds):
        times = []
        for (library, name), n in zip(sides, repeats, strict=True):
            time.sleep(SETTLE_SECONDS)
            times.append(library.ask(do="burst", work=name, repeats=n))
        ratios.append(times[0] / times[1])
        seconds.append(times[0])
    low, median, high = statistics.quantiles(ratios, n=4)
    return Ratio(low, median, high, statistics.median(seconds))


def print_environment(threads: int) -> None:
    """Print what figures depend on."""
    core_type = os.environ.get("OPENBLAS_CORETYPE", "not set")
    print(
        f"\n{platform.system()} {platform.machine()}, {_cpu()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, {_blas()}, "
        f"OPENBLAS_CORETYPE {core_type}, PyTorch {_version('torch')}, "
        f"{threads} thread{'s' if threads > 1 else ''} each{_load()}"
    )


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown CPU"


def _blas() -> str:
    """Return the BLAS NumPy was built with, and the kernels it chose for this CPU."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index]
    for path in (Path(np.__file__).parents[1] / "numpy.libs").glob("*openblas*"):
        function = getattr(ctypes.CDLL(str(path)), "scipy_openblas_get_corename64_", None)
        if function is not None:
            function.restype = ctypes.c_char_p
            return f"{blas['name']} {blas['version']} ({function().decode()} kernels)"
    return f"{blas['name']} {blas['version']}"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _load() -> str:
    return f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
