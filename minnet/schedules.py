"""Learning-rate schedules: how long the steps are, as training goes on.

An optimizer's ``lr`` may be a function of the number of the step, counted from 0, instead of
a number. Any function will do; `WarmupCosine` is the usual one.
"""

from __future__ import annotations

import math

from minnet.arrays import number_in, whole_number


class WarmupCosine:
    """Rise in a straight line to `peak`, then fall to `end` along half a cosine.

    With w steps of warm-up of n in all, the learning rate of step t is

    ``peak · (t + 1) / (w + 1)`` while t < w, and then
    ``end + (peak − end) · (1 + cos(π · (t − w) / (n − w))) / 2``

    The first steps of an adaptive optimizer rest on few gradients, and are kept short by the
    warm-up; the last ones are short so that the parameters settle. After n steps the rate
    stays at `end`.

    Parameters
    ----------
    peak : float
        The largest learning rate.
    steps : int
        n, how many steps there are in all: epochs times batches per epoch.
    warmup : int
        w, how many of them rise, 0 <= w < n.
    end : float
        What the rate falls to, 0 <= end <= peak.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017. P. Goyal et al., "Accurate, large minibatch SGD", 2017.

    Examples
    --------
    >>> schedule = WarmupCosine(0.1, steps=6, warmup=1)
    >>> [round(schedule(step), 3) for step in range(7)]
    [0.05, 0.1, 0.09, 0.065, 0.035, 0.01, 0.0]

    An optimizer takes it for its learning rate:

    >>> from minnet import SGD
    >>> SGD(lr=schedule).rate
    0.05
    """

    def __init__(self, peak: float, steps: int, warmup: int = 0, end: float = 0.0) -> None:
        peak = number_in("peak, the largest learning rate,", peak, 0, math.inf, "()")
        steps, warmup = whole_number("steps", steps), whole_number("warmup", warmup, least=0)
        if not warmup < steps:
            raise ValueError(
                f"a warm-up of {warmup} steps must be shorter than all {steps} steps, and not "
                "negative"
            )
        end = number_in("end, the last learning rate,", end, 0, peak, "[]")
        self.peak, self.steps, self.warmup, self.end = peak, steps, warmup, end

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        number_in("the number of the step", step, 0, math.inf)
        if step < self.warmup:
            return self.peak * (step + 1) / (self.warmup + 1)
        done = min((step - self.warmup) / (self.steps - self.warmup), 1.0)
        return self.end + (self.peak - self.end) * (1 + math.cos(math.pi * done)) / 2

    def __repr__(self) -> str:
        return (
            f"WarmupCosine({self.peak:g}, steps={self.steps}, warmup={self.warmup}, "
            f"end={self.end:g})"
        )
