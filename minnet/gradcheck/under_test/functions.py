"""A pair of functions as a `Case`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.case import CodeError
from minnet.gradcheck.under_test.calling import AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.returned import NO_CACHE, listed, split_cache, times_each
from minnet.gradcheck.under_test.sharing import share_out
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import CACHES, is_penalty
from minnet.gradcheck.under_test.unwritten import waits_to_be_written


class FunctionsCase(AdaptedCase):
    """``out, cache = forward(*args)`` and ``gradients = backward(dout, cache)``.

    Parameters
    ----------
    forward, backward : callable
        The pair. Several outputs before the cache mean as many upstream gradients before it. A
        forward that returns a bare array has no cache; its backward gets ``(dout, *args)``, or
        ``dout`` alone, as its signature says.
    args : sequence
        Arguments of forward. Floating-point arrays are differentiated, and what else backward
        gives gradients for (arrays in a dict or list, numbers); everything else (labels,
        settings) is handed over as it is, privately copied at each run.
    differentiate : sequence of str, optional
        The names of the arguments that backward gives gradients for, in its order.
    **about
        As in `About`.

    Examples
    --------
    >>> import numpy as np
    >>> def forward(x, w):
    ...     return x * w, (x, w)
    >>> def backward(dout, cache):
    ...     x, w = cache
    ...     return dout * w, dout * x
    >>> case = FunctionsCase(forward, backward, (np.ones((2, 3)), np.full((2, 3), 2.0)))
    >>> case.run().backward((np.ones((2, 3)),))["x"]
    array([[2., 2., 2.],
           [2., 2., 2.]])
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        args: Sequence[Any],
        *,
        differentiate: Sequence[str] | None = None,
        **about: Unpack[About],
    ) -> None:
        names = signature_of(forward).argument_names(len(args))
        backward = without_penalty(backward, names)
        self._functions = forward, backward
        self._wanted = signature_of(backward).required
        self._told = differentiate is not None
        self._about: int | None = None  # so many of the outputs have an upstream gradient
        self.code = {"forward": unwrapped(forward), "backward": unwrapped(backward)}
        super().__init__(
            dict(zip(names, args, strict=True)),
            roots=(forward, backward),
            called=getattr(forward, "__name__", "functions"),
            differentiate=differentiate,
            **about,
        )

    def _probe(self) -> None:
        super()._probe()
        run = self._latest[0]
        if run is not None and (count := self._wanted_of(run)):
            self._about = count
            super()._probe()
            of_all = count == 1 or signature_of(self._functions[1]).accepts(len(run.outputs) + 1)
            if self._latest[0] is None or (of_all and _refuses(self._latest[0])):
                self._about = None  # it refuses that as well
                super()._probe()
            else:
                first = {1: "", 2: " two", 3: " three"}.get(count, f" {count}")
                self._note(f"backward is about the first{first} of the outputs alone")
        if (run := self._latest[0]) is not None and not self._told:
            self._settle(self._answer(run))

    def _wanted_of(self, run: AdaptedRun) -> int:
        """Return of how many outputs alone backward wants an upstream gradient; 0 of all."""
        count = 0 if self._wanted is None else len(self._wanted) - (run.memory is not NO_CACHE)
        if not 0 < count < len(run.outputs) or run.memory is NO_CACHE:
            return 0
        return 0 if count == 1 and self._answer(run) is not None else count  # of all in a tuple

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        outputs, memory = split_cache(self._functions[0](*arguments.values()))
        return outputs[: self._about], memory

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        backward, wanted = self._functions[1], self._wanted
        inputs = tuple(run.arguments.values())
        if wanted and not set(wanted).isdisjoint(run.arguments):
            raw = self._told_by_name(run, upstream, wanted)
        elif run.memory is not NO_CACHE:
            together = wanted is not None and len(wanted) == 2 and len(upstream) > 1
            handed = (*((upstream,) if together else upstream), run.memory)
            if wanted and wanted[0] in CACHES:
                handed = (handed[-1], *handed[:-1])
            raw = backward(*handed)
        elif wanted is not None and len(wanted) == len(upstream):
            raw = backward(*upstream)
        else:
            raw = backward(*upstream, *inputs)
        run.answer = listed(_without_the_rest(raw))
        given = share_out(run.answer, self._arguments, self.inputs).inputs
        return {name: given.get(name) for name in self.variables}

    def _told_by_name(
        self, run: AdaptedRun, upstream: tuple[Array, ...], wanted: Sequence[str]
    ) -> Any:
        """Return what backward returns that is told again what forward was given.

        Without a place for the upstream gradient it is that of a loss, whose own is 1.
        """
        waiting = list(upstream)
        held = None if run.memory is NO_CACHE else run.memory
        known = run.arguments | {n: held for n in wanted if n in CACHES and held is not None}
        if sum(name not in known for name in wanted) > len(waiting):
            return self._functions[1](*upstream, *run.arguments.values())
        raw = self._functions[1](*(known[n] if n in known else waiting.pop(0) for n in wanted))
        ends = len(waiting) == len(upstream) == 1 and upstream[0].size == 1
        return times_each(upstream[0], raw) if ends else raw


def _refuses(run: AdaptedRun) -> bool:
    """Return whether backward raises, but for a name that is not there, whatever it is given."""
    try:
        run.backward_of_ones()
    except CodeError as error:
        return not (isinstance(error.original, NameError) or waits_to_be_written(error.original))
    return run.answer is None


def without_penalty(backward: Callable[..., Any], known: Sequence[str]) -> Callable[..., Any]:
    """Return backward without the strength of a penalty that it has to be told and forward not.

    It is 0 then: the penalty is no part of what forward gives.

    >>> without_penalty(lambda dZ, cache, lambd: dZ * (1 + lambd), ["A", "W"])(2.0, None)
    2.0
    """
    required = signature_of(backward).required or ()
    told = [n for n in required[1:] if n not in known and is_penalty(n)]
    return functools.partial(backward, **dict.fromkeys(told, 0.0)) if told else backward


def _without_the_rest(raw: Any) -> Any:
    """Return the dict of gradients by name, where something else is returned beside it."""
    if not isinstance(raw, tuple | list) or any(isinstance(one, np.ndarray) for one in raw):
        return raw
    named = [one for one in raw if isinstance(one, dict) and all(isinstance(k, str) for k in one)]
    return named[0] if len(named) == 1 < len(raw) else raw
