"""The corpora of tests/corpus under other checkers: a table of false alarms and misses.

    python tests/benchmarks/corpus_vs_gradcheck.py [--seed N] [--names]

Beside minnet stand PyTorch's gradcheck with its defaults (slow and fast mode) and the rule of
many courses, max |a - n| / (|a| + |n|) below a tolerance, with central differences at h = 1e-5
(of at most 5,000 elements a tensor).
Each gets the very same NumPy code. Where minnet sweeps a whole file by itself, the others are
handed the inputs that show the mistake. They run on a fresh copy of the layer in each pass, with
NumPy's global generator reset, which is kinder to correct code than to run them as they are; so
mistakes that no single gradient shows (state, arrays of the caller's, overflow, chance) are
counted in a row of their own. PyTorch sums a gradient that was not summed over the batch, and so
cannot see that it was not.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from corpus.adapter import Adapted, UncopyableError, adapt  # noqa: E402
from corpus.audit import symptom  # noqa: E402
from corpus.entries import Right, Wrong  # noqa: E402
from corpus.judging import caught, report_on  # noqa: E402
from corpus.right import RIGHT  # noqa: E402
from corpus.wrong import WRONG  # noqa: E402

#: PyTorch's slow mode keeps a Jacobian of outputs x elements; above this it is not tried
LARGEST_JACOBIAN = 5_000_000

#: the rule measures at most so many elements of a tensor, chosen at random
MOST_ELEMENTS = 5_000

#: says True for "right", False for "wrong", None for "cannot tell"
Checker = Callable[[Right | Wrong, int], bool | None]


def minnet(entry: Right | Wrong, seed: int) -> bool | None:
    report = report_on(entry, seed)
    if isinstance(entry, Wrong) and entry.warning:
        return not caught(entry, report)
    if report.verdict == "inconclusive":
        return None
    return report.verdict == "pass"


def gradcheck(fast: bool) -> Checker:
    """PyTorch's gradcheck with its defaults."""

    def check(entry: Right | Wrong, seed: int) -> bool | None:
        code = adapt(entry.call(seed))
        elements = sum(x.size for x in code.values.values())
        if not fast and elements * code.forward(code.values).size > LARGEST_JACOBIAN:
            return None
        torch.manual_seed(seed)
        inputs = [torch.tensor(x.astype(np.float64).copy()) for x in code.values.values()]
        inputs = [x.clone().requires_grad_() for x in inputs]
        function = as_torch(code)
        return bool(
            torch.autograd.gradcheck(function, inputs, fast_mode=fast, raise_exception=False)
        )

    return check


def as_torch(code: Adapted) -> Callable[..., torch.Tensor]:
    """Wrap NumPy's forward and backward as one differentiable function of PyTorch's."""

    def values(arrays: tuple[torch.Tensor, ...]) -> dict[str, np.ndarray]:
        pairs = zip(code.values.items(), arrays, strict=True)
        return {name: t.detach().numpy().astype(x.dtype) for (name, x), t in pairs}

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *arrays):
            ctx.save_for_backward(*arrays)
            return torch.tensor(code.forward(values(arrays)))

        @staticmethod
        def backward(ctx, dout):
            grads = code.backward(values(ctx.saved_tensors), dout.numpy())
            given = [grads.get(name) for name in code.values]
            return tuple(
                None if g is None else torch.tensor(np.array(g, dtype=np.float64, order="C"))
                for g in given
            )

    return Function.apply


def relative_rule(tolerance: float, h: float = 1e-5) -> Checker:
    """max |a - n| / (|a| + |n|) < tolerance, as printed in many assignments."""

    def check(entry: Right | Wrong, seed: int) -> bool | None:
        return largest_relative_error(entry, seed, h) < tolerance

    return check


_errors: dict[tuple[str, int], float] = {}


def largest_relative_error(entry: Right | Wrong, seed: int, h: float) -> float:
    key = (entry.name, seed)
    if key not in _errors:
        _errors[key] = _largest_relative_error(adapt(entry.call(seed)), seed, h)
    return _errors[key]


def _largest_relative_error(code: Adapted, seed: int, h: float) -> float:
    rng = np.random.default_rng([seed, 77])
    upstream = rng.normal(size=code.forward(code.values).size)
    grads = code.backward(code.values, upstream)
    worst = 0.0
    for name, x in code.values.items():
        analytic = grads.get(name)
        if analytic is None or np.shape(analytic) != np.shape(x):
            return np.inf
        analytic = np.asarray(analytic)
        for element in rng.permutation(x.size)[:MOST_ELEMENTS]:
            at = np.unravel_index(element, x.shape)
            numeric = _central_difference(code, name, at, upstream, h)
            size = abs(analytic[at]) + abs(numeric)
            relative = abs(analytic[at] - numeric) / (size or 1.0)
            worst = max(worst, float(np.nan_to_num(relative, nan=np.inf)))
    return worst


def _central_difference(code: Adapted, name: str, at, upstream: np.ndarray, h: float) -> float:
    up, down = code.values[name].copy(), code.values[name].copy()
    up[at] += h
    down[at] -= h
    plus = upstream @ code.forward({**code.values, name: up})
    minus = upstream @ code.forward({**code.values, name: down})
    return (plus - minus) / (2 * h)


CHECKERS: dict[str, Checker] = {
    "minnet": minnet,
    "gradcheck": gradcheck(fast=False),
    "gradcheck fast": gradcheck(fast=True),
    "rel < 1e-7": relative_rule(1e-7),
    "rel < 1e-2": relative_rule(1e-2),
}


def answer(checker: Checker, entry: Right | Wrong, seed: int) -> bool | None:
    """What a checker says; an exception counts as having called the code wrong."""
    try:
        with np.errstate(all="ignore"):
            return checker(entry, seed)
    except UncopyableError:
        return None
    except Exception:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", action="store_true", help="list every wrong answer")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    shows = {e.name: symptom(e.call(1), e.right(1), np.random.default_rng([1, 99])) for e in WRONG}
    in_gradient = [e for e in WRONG if shows[e.name] == "another gradient"]
    elsewhere = [e for e in WRONG if shows[e.name] != "another gradient"]
    rows = {
        f"correct code ({len(RIGHT)}): false alarms": (RIGHT, False),
        f"wrong gradients ({len(in_gradient)}): misses": (in_gradient, True),
        f"wrong in use, not in one gradient ({len(elsewhere)}): misses": (elsewhere, True),
    }
    print(f"seed {options.seed}; +n: could not tell\n")
    print(f"{'':58}" + "".join(f"{name:>16}" for name in CHECKERS))
    seconds = dict.fromkeys(CHECKERS, 0.0)
    errors: list[str] = []
    for title, (entries, bad) in rows.items():
        cells = []
        for name, checker in CHECKERS.items():
            start = time.perf_counter()
            answers = {e.name: answer(checker, e, options.seed) for e in entries}
            seconds[name] += time.perf_counter() - start
            wrong = [e for e, said in answers.items() if said is bad]
            unsure = [e for e, said in answers.items() if said is None]
            errors += [f"{name}: {title.split(':')[1].strip()}: {', '.join(wrong)}"]
            cells.append(f"{len(wrong)}" + (f" +{len(unsure)}" if unsure else ""))
        print(f"{title:58}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
    print(f"{'seconds':58}" + "".join(f"{s:>16.1f}" for s in seconds.values()))
    if options.names:
        print(*errors, sep="\n")


if __name__ == "__main__":
    main()
