"""`minnet.step`: a walk through a layer of one's own, in a notebook or a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minnet.files import write_text
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.loss_roles import is_loss
from minnet.gradcheck.under_test.losses import LossCase
from minnet.gradcheck.under_test.passes import has_backward
from minnet.steps.as_json import to_json
from minnet.steps.choose import chosen_of
from minnet.steps.plain import transcript
from minnet.steps.walk import Walk, walk_of


class StepThrough:
    """Every number of a forward and a backward pass, and what made it.

    It prints as text; a notebook shows it as a page to walk through.

    Attributes
    ----------
    walk : Walk
        What is shown, as objects.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def __str__(self) -> str:
        return transcript(self.walk)

    def __repr__(self) -> str:
        return f"<{self.walk.name}: {self.walk.description}; print it, or call .number('dW[0,0]')>"

    def _repr_html_(self) -> str:
        from minnet.steps.page import fragment

        return str(fragment(self.walk))

    def number(self, name: str) -> str:
        """Return as text what made one number.

        Parameters
        ----------
        name : str
            ``"dW[2,1]"``.

        Raises
        ------
        LookupError
            Where there is no such number; the message says what there is.
        """
        return transcript(self.walk, self.walk.place(name)).rstrip()

    def to_json(self, at: str | None = None) -> str:
        """Return the trace as JSON (``minnet/trace/1``), with the terms of one number if asked."""
        return to_json(self.walk, None if at is None else self.walk.place(at))

    def to_html(self, path: str | Path, at: str | None = None) -> None:
        """Write a page that needs nothing else; it may begin at a number."""
        from minnet.steps.page import page

        place = None if at is None else self.walk.place(at)
        write_text(path, page(self.walk, place))


def step(layer: Any, *inputs: Any, seed: int = 0) -> StepThrough:
    """Walk through forward and backward of a layer or a loss, with every number.

    Parameters
    ----------
    layer : object
        Anything with ``forward(*inputs)`` and ``backward(dout)``, or a loss. It is not changed.
    *inputs
        What forward is given; small arrays are best to look at.
    seed : int
        Seeds the upstream gradient.

    Returns
    -------
    StepThrough

    Raises
    ------
    TypeError
        When it has not both a forward and a backward.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet import Dense
    >>> print(step(Dense(2, 1, rng=0), np.array([[1.0, 2.0]])).number("out[0,0]"))
    out[0,0] = −0.9149   (dense.py:...  out += self.b)
    the sum of 3:
      x[0,0]·W[0,0] = 1·0.3874 = 0.3874   so far 0.3874
      x[0,1]·W[1,0] = 2·(−0.6511) = −1.302   so far −0.9149
      b[0] = 0   so far −0.9149
    its twin: dout[0,0] = 0.1
    """
    if not has_backward(layer):
        raise TypeError(
            f"minnet.step(layer, *inputs): {type(layer).__name__} has not both a forward and a "
            "backward; give an object with both, then forward's arguments"
        )
    case = LossCase(layer, *inputs) if is_loss(layer, *inputs) else LayerCase(layer, inputs)
    return StepThrough(walk_of(chosen_of(case, seed), seed))
