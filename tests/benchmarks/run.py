"""Print how minnet's speed compares: ``python tests/benchmarks/run.py``.

Every figure is our time divided by theirs: below 1 we are faster. Each library has a process
of its own; they take turns, with as many threads each; the ratio is that of neighbouring
bursts, given as the median with its quartiles.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys

from harness import Library, Ratio, compare, print_environment
from peers import PEERS
from works import CONVS, EPOCHS, NAMES, NAMES_AIM, OTHERS

TOLERANCE = 1e-5  # of the loss after an epoch in float64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--only", nargs="+", choices=TABLES, default=list(TABLES), help="which tables"
    )
    options = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        sys.exit("the benchmarks compare with PyTorch: install its CPU build first")
    for threads in options.threads:
        for table in options.only:
            print_environment(threads)
            TABLES[table](threads, options.rounds)


def layers(threads: int, rounds: int) -> None:
    """Compare single layers, forward and backward, with PyTorch eager; float32."""
    ours, theirs = Library("works_minnet", threads), Library("works_torch", threads)
    print(f"{'forward + backward, ours / PyTorch':<36}{'ratio  [quartiles]':>22}"
          f"{'aim':>6}{'ours, µs':>10}  bare matrix products / PyTorch")  # fmt: skip
    aims = {**{n: c.aim for n, c in CONVS.items()}, **{n: aim for n, (_, aim) in OTHERS.items()}}
    for work, aim in aims.items():
        ratio = compare(ours, theirs, work, rounds)
        line = _row(work, ratio, aim, 1e6)
        if work.startswith(("Conv2D", "Dense")):
            line += f"  {compare(ours, theirs, 'GEMMs of ' + work, rounds, work)}"
        print(line, flush=True)
    ours.close()
    theirs.close()


def training(threads: int, rounds: int) -> None:
    """Compare an epoch of training with PyTorch eager; float32."""
    ours, theirs = Library("works_minnet", threads), Library("works_torch", threads)
    print(f"{'training, batch 64, ours / PyTorch':<40}{'ratio  [quartiles]':>18}"
          f"{'aim':>6}{'ours, ms':>10}  loss after an epoch in float64")  # fmt: skip
    aims = {work: aim for work, (_, _, aim) in EPOCHS.items()} | {NAMES: NAMES_AIM}
    for work, aim in aims.items():
        agreement = _same_loss(ours, theirs, work)
        print(_row(work, compare(ours, theirs, work, rounds), aim, 1e3), agreement, sep="  ")
    ours.close()
    theirs.close()


def peers(threads: int, rounds: int) -> None:
    """Compare an epoch of training with from-scratch NumPy formulations; float32."""
    ours = Library("works_minnet", threads)
    print(f"{'training, batch 64, ours / peer':<40}{'ratio  [quartiles]':>18}"
          f"{'aim':>6}{'ours, ms':>10}  loss after an epoch in float64")  # fmt: skip
    for peer in PEERS:
        theirs = Library(f"peers:{peer}", threads)
        for work in EPOCHS:
            agreement = _same_loss(ours, theirs, work)
            ratio = compare(ours, theirs, work, max(3, rounds // 3))
            side = work.rpartition(" ")[2]
            print(_row(f"{peer}, {side}", ratio, 0.67, 1e3), agreement, sep="  ", flush=True)
        theirs.close()
    ours.close()


def memory(threads: int, rounds: int) -> None:
    """Print the peak memory that an epoch allocates beyond model and data."""
    ours = Library("works_minnet", threads)
    print("peak memory of an epoch beyond model and data, batch 64, float32")
    for work in (*EPOCHS, NAMES):
        print(f"{work:<40}{ours.ask(do='memory', work=work) / 2**20:>10.1f} MiB")
    ours.close()


def _row(name: str, ratio: Ratio, aim: float, unit: float) -> str:
    return f"{name:<38}{ratio!s:>20}{aim:>6.2f}{ratio.seconds * unit:>10.0f}"


def _same_loss(ours: Library, theirs: Library, work: str) -> str:
    own, other = (library.ask(do="loss", work=work) for library in (ours, theirs))
    difference = abs(own - other)
    verdict = "same" if difference <= TOLERANCE else "NOT THE SAME"
    return f"{verdict} to {difference:.0e} ({own:.4f})"


TABLES = {"layers": layers, "training": training, "peers": peers, "memory": memory}

if __name__ == "__main__":
    main()
