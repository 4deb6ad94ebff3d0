"""A function and the gradient claimed for it as a `Case`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.under_test.calling import AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.describe import About
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped


class GradientCase(AdaptedCase):
    """Any function of one array and the gradient claimed for it.

    Parameters
    ----------
    f : callable
        ``f(x)`` is a number, or an array.
    gradient : callable or array
        The gradient at x: of the shape of x where f is a number or acts element by element;
        otherwise the Jacobian, of shape ``f(x).shape + x.shape``.
    x : array
        Where.
    **about
        As in `About`.

    Examples
    --------
    >>> case = GradientCase(lambda x: (x**2).sum(), lambda x: 2 * x, np.array([1.0, 3.0]))
    >>> case.run().backward((np.ones(()),))
    {'x': array([2., 6.])}
    """

    def __init__(
        self,
        f: Callable[[Array], Any],
        gradient: Callable[[Array], Any] | Array,
        x: Any,
        **about: Unpack[About],
    ) -> None:
        self._f, self._gradient = f, gradient
        self.code = {"forward": unwrapped(f)}
        if callable(gradient):
            self.code["backward"] = unwrapped(gradient)
        self.at_one_point = not callable(gradient)
        point = np.asarray(x)
        if point.dtype.kind in "iub":
            point = point.astype(np.float64)
        about.setdefault("batched", ())
        super().__init__(
            {signature_of(f).argument_names(1)[0]: point},
            roots=(f, gradient),
            called=getattr(f, "__name__", "function"),
            **about,
        )

    def _probe(self) -> None:
        super()._probe()
        latest = self._latest[0]
        self.is_loss = latest is not None and latest.outputs[0].ndim == 0

    def _forward(self, arguments: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        return (self._f(*arguments.values()),), None

    def _backward(self, run: AdaptedRun, upstream: tuple[Array, ...]) -> dict[str, Any]:
        (name,) = self.variables
        x = run.arguments[name]
        claimed = self._gradient(x) if callable(self._gradient) else np.array(self._gradient)
        out = run.outputs[0]
        if claimed is None or out.ndim == 0:
            return {name: claimed}
        claimed = np.asarray(claimed)
        if claimed.shape == x.shape == out.shape:
            return {name: upstream[0] * claimed}
        if claimed.shape == out.shape + x.shape:
            return {name: np.tensordot(upstream[0], claimed, axes=out.ndim)}
        return {name: claimed}
