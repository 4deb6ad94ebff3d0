"""``python -m tests.fuzz [AREA ...]``: every trial of every area, and a table."""

from __future__ import annotations

import argparse
import sys
import time

from .areas import AREAS


def main() -> int:
    """Try everything; return 0 where nothing bad came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=", ".join(AREAS))
    wanted = parser.parse_args().areas or list(AREAS)
    rows, found = [], 0
    for area in wanted:
        start = time.perf_counter()
        problems = []
        count = 0
        for trial in AREAS[area]():
            count += 1
            if problem := trial.problem():
                problems.append(f"{area}: {trial.what}: {problem}")
                print(problems[-1], flush=True)
        rows.append((area, count, len(problems), time.perf_counter() - start))
        found += len(problems)
    print(f"\n{'area':<14}{'inputs':>8}{'bad':>6}{'seconds':>9}")
    for area, count, bad, seconds in rows:
        print(f"{area:<14}{count:>8}{bad:>6}{seconds:>9.0f}")
    print(f"{'in all':<14}{sum(row[1] for row in rows):>8}{found:>6}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
