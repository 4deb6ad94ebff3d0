"""Time minnet's checker beside PyTorch's gradcheck: ``python tests/benchmarks/gradcheck_speed.py``.

Both check the same layers, float64, one thread, each in a process of its own, in turn. A row
gives the median time of minnet's verdict beside PyTorch's fast mode, and of minnet with
``elements="all"`` beside its slow mode; a ratio is minnet's time divided by PyTorch's. minnet's
time includes its contract (state, mutation, linearity, overflow, ...), which PyTorch has not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORKS = ("conv, 1,752 parameters", "CNN, 6,058 parameters", "CNN, 100,106 parameters")
#: what the slow mode takes too long for: a hundred thousand parameters
NOT_SLOWLY = {"CNN, 100,106 parameters"}


def minnet_works() -> dict[str, Any]:
    import numpy as np

    from minnet import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, check_layer

    rng = np.random.default_rng(0)
    conv = Conv2D(8, 24, 3, padding=1, rng=rng)

    def network(hidden: int) -> Any:
        return Sequential(
            *(Conv2D(1, 8, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2)),
            *(Conv2D(8, 16, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2)),
            *(Flatten(), Dense(64, hidden, rng=rng), ReLU(), Dense(hidden, 10, rng=rng)),
        )

    small, large = network(64), network(1318)
    images, features = rng.normal(size=(2, 1, 8, 8)), rng.normal(size=(2, 8, 8, 8))

    def each_layer(model: Any, elements: Any) -> bool:
        x, passed = images, True
        for layer in model.layers:
            passed = passed and bool(check_layer(layer, x, elements=elements))
            x = layer.forward(x)
        return passed

    def check(model: Any, x: Any) -> Any:
        return lambda slow: (
            each_layer(model, "all")
            if slow and hasattr(model, "layers")
            else bool(check_layer(model, x, elements="all" if slow else None))
        )

    things = ((conv, features), (small, images), (large, images))
    return {name: check(*thing) for name, thing in zip(WORKS, things, strict=True)}


def torch_works() -> dict[str, Any]:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)

    def network(hidden: int) -> Any:
        return nn.Sequential(
            *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10)),
        )

    images = torch.randn(2, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    features = torch.randn(2, 8, 8, 8, dtype=torch.float64, requires_grad=True)

    def check(model: Any, x: Any) -> Any:
        model = model.double()
        names = [name for name, _ in model.named_parameters()]
        values = [p.detach().requires_grad_() for p in model.parameters()]

        def run(x: Any, *values: Any) -> Any:
            given = dict(zip(names, values, strict=True))
            return torch.func.functional_call(model, given, (x,))

        return lambda slow: torch.autograd.gradcheck(run, (x, *values), fast_mode=not slow)

    things = ((nn.Conv2d(8, 24, 3, padding=1), features), (network(64), images))
    things += ((network(1318), images),)
    return {name: check(*thing) for name, thing in zip(WORKS, things, strict=True)}


def serve(library: str) -> None:
    """Answer requests {"work", "slow"} with the seconds that the check took."""
    works = {"minnet": minnet_works, "torch": torch_works}[library]()
    for line in sys.stdin:
        request = json.loads(line)
        start = time.process_time()  # which other programs do not lengthen
        passed = works[request["work"]](request["slow"])
        seconds = time.process_time() - start
        print(json.dumps({"seconds": seconds, "passed": bool(passed)}), flush=True)


class Contender:
    """A process that holds one library."""

    def __init__(self, library: str) -> None:
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {**os.environ, **one, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
        )

    def time(self, work: str, slow: bool) -> float:
        assert self.process.stdin and self.process.stdout
        print(json.dumps({"work": work, "slow": slow}), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        if not answer["passed"]:
            raise RuntimeError(f"{work} did not pass: the figure would mean nothing")
        return float(answer["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", choices=("minnet", "torch"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve(args.serve)
    ours, theirs = Contender("minnet"), Contender("torch")
    print("| work | minnet, ms | PyTorch fast, ms | ratio | minnet all, s | slow, s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for work in WORKS:
        for contender in (ours, theirs):
            contender.time(work, False)  # to warm up
        pairs = [(ours.time(work, False), theirs.time(work, False)) for _ in range(args.rounds)]
        fast = [statistics.median(column) for column in zip(*pairs, strict=True)]
        ratio = statistics.median(a / b for a, b in pairs)
        row = f"| {work} | {1e3 * fast[0]:.1f} | {1e3 * fast[1]:.1f} | {ratio:.1f} |"
        if work not in NOT_SLOWLY:
            slow = ours.time(work, True), theirs.time(work, True)
            row += f" {slow[0]:.2f} | {slow[1]:.2f} | {slow[0] / slow[1]:.2f} |"
        print(row, flush=True)


if __name__ == "__main__":
    main()
