"""One library in a process of its own: prepares works and times them when asked.

Reads a JSON request a line from standard input, writes a JSON answer a line.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import minnet.memory


def main(library: str, threads: int) -> None:
    module, _, peer = library.partition(":")
    # The time of one thread is that of the CPU, which other programs do not lengthen.
    clock = time.process_time if threads == 1 else time.perf_counter
    minnet.memory.keep_freed_memory()  # as in training, and for the other library as well
    works = importlib.import_module(module)
    if not peer:  # the peers have those of NumPy's matrix products alone
        works.use_threads(threads)
    prepared: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        request = json.loads(line)
        work = request["work"]
        if request["do"] == "loss":  # of one epoch in float64: is it the same work?
            epoch = works.make if peer else works.epoch
            answer = epoch(work, *([peer] if peer else []), dtype=np.float64)()
        elif request["do"] == "memory":
            answer = peak_memory(works.make(work))
        elif request["do"] == "prepare":
            prepared.clear()
            prepared[work] = works.make(work, peer) if peer else works.make(work)
            prepared[work]()
            answer = burst(prepared[work], 1, clock)
        else:
            answer = burst(prepared[work], request["repeats"], clock)
        print(json.dumps(answer), flush=True)


def burst(function: Callable[[], Any], repeats: int, clock: Callable[[], float]) -> float:
    """Return the median time of so many calls in a row."""
    times = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return statistics.median(times)


def peak_memory(function: Callable[[], Any]) -> int:
    """Return how many bytes NumPy and Python hold at most during one call, beyond before."""
    minnet.memory.LARGEST_KEPT = 0  # asked for but never touched: not memory in use
    function()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    function()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - before


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
