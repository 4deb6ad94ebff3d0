"""Small right and wrong code that the claims about constants share, and forward passes counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minnet import check_functions
from minnet.gradcheck.under_test.calling import AdaptedCase


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def elementwise(f: Callable[..., Any], slope: Callable[..., Any], x: Any, **options: Any) -> Any:
    """Check ``f`` and ``dout * slope`` at x."""
    return check_functions(lambda x: (f(x), x), lambda dout, x: dout * slope(x), x, **options)


def product(x: Any, w: Any, dw: float = 1.0, **options: Any) -> Any:
    """Check ``x @ w``, the gradient of w times a factor."""
    return check_functions(
        lambda x, w: (x @ w, (x, w)),
        lambda dout, cache: (dout @ cache[1].T, dw * (cache[0].T @ dout)),
        x,
        w,
        **options,
    )


def runs_of(call: Callable[[], Any]) -> int:
    """Return how many forward passes a call makes."""
    count, run = 0, AdaptedCase.run

    def counted(self: AdaptedCase, *args: Any, **keywords: Any) -> Any:
        nonlocal count
        count += 1
        return run(self, *args, **keywords)

    AdaptedCase.run = counted  # type: ignore[method-assign, assignment]
    try:
        call()
    finally:
        AdaptedCase.run = run  # type: ignore[method-assign]
    return count


def passes(report: Any) -> None:
    assert report.verdict == "pass", report


def fails(report: Any) -> None:
    assert report.verdict == "fail", report
