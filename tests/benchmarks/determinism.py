"""Is a report the same on a slow machine and under load? ``python tests/benchmarks/determinism.py``

Checks entries of both corpora three times with the same seed: as they are, with every forward
pass slowed down, and beside processes that keep every core busy; and compares the reports byte
for byte.

usage: determinism.py [--slow SECONDS] [--entries N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from corpus.right import RIGHT  # noqa: E402
from corpus.wrong import WRONG  # noqa: E402
from test_deterministic import told  # noqa: E402

from minnet.gradcheck.under_test.calling import AdaptedCase  # noqa: E402

BUSY = "while True: sum(range(10**6))"
#: entries that are not to be the same twice: their own random numbers, or the clock
UNSEEDED = ("tanh_with_noise", "identity_that_looks_at_the_clock", "dropout_from_a_fresh_generator",
            "dropout_mask_drawn_again", "nnfs_dropout_from_a_fresh_generator")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slow", type=float, default=0.03)
    parser.add_argument("--entries", type=int, default=40)
    options = parser.parse_args()
    names = [entry.name for entry in [*RIGHT, *WRONG] if entry.name not in UNSEEDED]
    names = names[:: max(1, len(names) // options.entries)]
    alone = {name: told(name) for name in names}
    again = {name: told(name) for name in names}
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 1)]
    try:
        loaded = {name: told(name) for name in names}
    finally:
        for process in busy:
            process.kill()
    run = AdaptedCase.run

    def slow(self: AdaptedCase, *args: object, **keywords: object) -> object:
        time.sleep(options.slow)
        return run(self, *args, **keywords)  # type: ignore[arg-type]

    AdaptedCase.run = slow  # type: ignore[assignment]
    slowed = {name: told(name) for name in names}
    for title, other in (("again", again), ("beside busy processes", loaded), ("slowed", slowed)):
        changed = [name for name in names if other[name] != alone[name]]
        print(f"{title}: {len(names) - len(changed)} of {len(names)} reports the same", *changed)


if __name__ == "__main__":
    main()
