"""A layer beside a PyTorch module: the same numbers in, the same output and gradients out?"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minnet.arrays import Array, Floats, shown
from minnet.layers import Layer

#: two right ways to compute the same numbers may be so many times their round-off apart
ROUNDING = 64.0
#: steps for one-sided slopes, and at how many differing elements they are measured
STEPS, MOST = (1e-4, 1e-5), 256


@dataclass(frozen=True)
class Row:
    """One array, computed twice: how far apart, and how far round-off may take them."""

    name: str
    shape: tuple[int, ...]
    difference: float
    error_bar: float
    wrong: int
    at_kink: int

    def __str__(self) -> str:
        text = f"{'WRONG' if self.wrong else 'ok':<8}{self.name:<12}{self.shape!s:<16}"
        text += f"{self.difference:>10.1e}{self.error_bar:>11.1e}"
        text += f"   {self.wrong} of {math.prod(self.shape)} differ" if self.wrong else ""
        return text + (f"   {self.at_kink} at a kink, each right" if self.at_kink else "")


@dataclass(frozen=True, repr=False)
class CrossCheck:
    """The outcome: truthy when everything agrees, and a table when printed."""

    title: str
    rows: tuple[Row, ...]

    def __bool__(self) -> bool:
        return not any(row.wrong for row in self.rows)

    def __repr__(self) -> str:
        head = f"{'':<20}{'shape':<16}{'differs by':>10}{'round-off':>11}"
        return "\n".join([self.title, head, *map(str, self.rows)])


def crosscheck(
    layer: Layer,
    module: Any,
    *inputs: Array,
    parameters: Mapping[str, Any] | None = None,
    call: Callable[..., Any] | None = None,
    seed: int = 0,
) -> CrossCheck:
    """Compare forward and every gradient of a layer with those of a PyTorch module, in float64.

    Both are given the same numbers. What they make of them may differ by round-off, which is
    measured: it is how far the layer in float32 is from itself in float64, scaled to float64.
    At a kink, any slope between those to its left and right is right; where the two choose
    differently there, it is said, and no mistake.

    Parameters
    ----------
    layer, module : Layer and torch.nn.Module
        Neither is changed. Of a tuple that the module returns, the first is compared.
    *inputs : array
        What forward is given.
    parameters : dict, optional
        What the module's parameters (and, if wanted, its buffers) are made of, by their names
        there: the name of one of the layer's, the same with ``.T``, a number, or a function of
        the dict of all of the layer's, as tensors. None may be left out, on either side.
    call : callable, optional
        A function of the module and the inputs, as tensors; by default ``module(*inputs)``.
    seed : int
        Of the random upstream gradient.

    Raises
    ------
    ImportError, ValueError
        PyTorch is not installed; a parameter is left out, or the output has another shape.

    Examples
    --------
    PyTorch's LSTM has its weights transposed, two biases, and the last two gates swapped::

        def gates(W):
            i, f, o, g = W.chunk(4, dim=-1)
            return torch.cat([i, f, g, o], dim=-1)

        crosscheck(LSTM(3, 4), torch.nn.LSTM(3, 4, batch_first=True), x, parameters={
            "weight_ih_l0": lambda p: gates(p["Wx"]).T, "bias_ih_l0": lambda p: gates(p["b"]),
            "weight_hh_l0": lambda p: gates(p["Wh"]).T, "bias_hh_l0": 0})
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"crosscheck takes a layer, such as Dense(3, 2), not {shown(layer)}")
    inputs = tuple(np.asarray(x) for x in inputs)
    try:
        torch = import_module("torch")
    except ImportError:
        raise ImportError("crosscheck compares with PyTorch: install torch first") from None
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"crosscheck takes a torch.nn.Module beside it, not {shown(module)}")
    ours, rough = (_Ours(layer, inputs, dtype) for dtype in (np.float64, np.float32))
    dout = np.random.default_rng(seed).normal(size=ours.out.shape)
    theirs = _theirs(torch, ours, module, dout, parameters or {}, call)
    exact, rounded = ours.results(dout), rough.results(dout)
    rows = []
    for name, array in exact.items():
        noise = np.abs(array - rounded[name]) * (2.0**-52 / 2.0**-23)
        bars = ROUNDING * (np.maximum(noise, np.sqrt((noise**2).mean())) + 2.0**-52 * abs(array))
        differences = np.abs(array - theirs[name])
        off = [tuple(index) for index in np.argwhere(~(differences <= bars))]
        kinks = 0
        if name != "out" and len(off) <= MOST:
            kinks = sum(ours.allows(name, dout, i, array[i], theirs[name][i]) for i in off)
        numbers = float(differences.max()), float(np.median(bars)), len(off) - kinks, kinks
        rows.append(Row(name, array.shape, *numbers))
    return CrossCheck(f"{layer} beside PyTorch's {type(module).__name__}", tuple(rows))


class _Ours:
    """The layer, in one dtype."""

    def __init__(self, layer: Layer, inputs: tuple[Array, ...], dtype: DTypeLike) -> None:
        self.layer, self.dtype = copy.deepcopy(layer).astype(dtype), dtype
        arrays = [x.astype(dtype if x.dtype.kind == "f" else x.dtype) for x in inputs]
        self.inputs = dict(zip(inspect.signature(layer.forward).parameters, arrays, strict=False))
        self.floats = {name: x for name, x in self.inputs.items() if x.dtype.kind == "f"}
        self.out = self.forward()

    def forward(self) -> Floats:
        self.run = copy.deepcopy(self.layer)  # every time from the same state
        out: Floats = self.run.forward(*self.inputs.values())
        return out

    def results(self, dout: Floats) -> dict[str, Floats]:
        returned = self.run.backward(dout.astype(self.dtype))
        gradients = returned if isinstance(returned, tuple) else (returned,)
        named = {**dict(zip(self.floats, gradients, strict=False)), **self.run.named_gradients()}
        return {"out": self.out, **{f"d{name}": gradient for name, gradient in named.items()}}

    def allows(self, name: str, dout: Floats, index: tuple[int, ...], *slopes: float) -> bool:
        """Return whether there is a kink along one element, with the slopes within it."""
        array = {**self.floats, **self.layer.named_parameters()}[name[1:]]
        here, gaps = array[index], []
        for h in STEPS:
            values = []
            for step in (-h, h, 0.0):
                array[index] = here + step
                values.append(float((self.forward() * dout).sum()))
            left, right = (values[2] - values[0]) / h, (values[1] - values[2]) / h
            gaps.append(abs(right - left))
        # The gap of a mere bend closes with the step, and that of round-off opens.
        reach = float(np.abs(self.out * dout).sum())
        kink = gaps[1] > 0.5 * gaps[0] and gaps[1] > 2.0**-42 * reach / h
        low, high = min(left, right) - 0.01 * gaps[1], max(left, right) + 0.01 * gaps[1]
        return kink and all(low <= slope <= high for slope in slopes)


def _theirs(
    torch: Any, ours: _Ours, module: Any, dout: Floats, parameters: Mapping[str, Any], call: Any
) -> dict[str, Floats]:
    """Return the module's output and gradients, under the layer's names."""
    module = copy.deepcopy(module).double().train(ours.layer.training)
    needed = dict(module.named_parameters())
    if missing := sorted(needed.keys() - parameters.keys()):
        raise ValueError(f"parameters= does not say what {', '.join(missing)} is made of")
    inputs = {name: torch.tensor(x) for name, x in ours.inputs.items()}
    own = {name: torch.tensor(W) for name, W in ours.layer.named_parameters().items()}
    leaves = {**{name: inputs[name] for name in ours.floats}, **own}
    for leaf in leaves.values():
        leaf.requires_grad_()
    own |= {name: torch.tensor(b) for name, b in ours.layer.named_buffers().items()}
    values = {}
    for name, how in parameters.items():
        if isinstance(how, str):
            values[name] = own[how.removesuffix(".T")].T if how.endswith(".T") else own[how]
        else:
            values[name] = how(own) if callable(how) else torch.full_like(needed[name], how)
    run: Any = lambda *args: torch.func.functional_call(module, values, args)  # noqa: E731
    out = call(run, *inputs.values()) if call else run(*inputs.values())
    out = out[0] if isinstance(out, tuple) else out
    if tuple(out.shape) != dout.shape:
        raise ValueError(f"the output has shape {dout.shape}, the module's {tuple(out.shape)}")
    slopes = torch.autograd.grad(out, [*leaves.values()], torch.tensor(dout), allow_unused=True)
    found = dict(zip(leaves, slopes, strict=True))
    if unused := [name for name, gradient in found.items() if gradient is None]:
        raise ValueError(f"the module makes no use of {', '.join(unused)}: see parameters=")
    return {"out": out.detach().numpy(), **{f"d{name}": g.numpy() for name, g in found.items()}}
