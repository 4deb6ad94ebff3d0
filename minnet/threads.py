"""Threads: one for a small product, and several for the parts of a batch.

NumPy's OpenBLAS shares a product out among threads that spin while they wait for each other.
For matrices of some hundred rows that gains little where the processor is idle, and where other
programs want it too, it costs ten times the time. A batch can be shared out better: its samples
do not know of each other, so that each thread takes some of them through the whole model, and
their gradients are added up. NumPy lets other threads run while it computes. Between two of its
operations Python lets one thread run at a time, so that they wait for each other where operations
are short: a small batch is faster with one.
"""

from __future__ import annotations

import copy
import ctypes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minnet.arrays import Array, Floats
from minnet.layers.base import Layer
from minnet.losses import Loss

Passes = Callable[[Array, Array], tuple[float, Floats]]

#: a batch of which the layers keep fewer numbers for backward is not shared out: there, passes of
#: two threads were measured to take as long as those of one, for small CNNs and for transformers
#: (at 80,000 numbers 2.5 times as long, at 300,000 1.2 times, at 1,000,000 0.8 times)
LEAST_SHARED = 750_000

FOLDERS = ("../numpy.libs", ".dylibs")  # where NumPy's wheels keep it: Linux and Windows; macOS
NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_")


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep NumPy's own OpenBLAS to one thread; with any other library, change nothing."""
    found = _threads()
    if found is None:
        yield
        return
    get, put = found
    before = get()
    put(1)
    try:
        yield
    finally:
        put(before)


def _threads() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Return OpenBLAS's functions that tell and set the number of threads."""
    home = Path(np.__file__).parent
    for path in (path for folder in FOLDERS for path in (home / folder).glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for name in NAMES:
            get, put = (getattr(library, name.format(verb), None) for verb in ("get", "set"))
            if get is not None and put is not None:
                return get, put
    return None


@contextmanager
def sharing(model: Layer, loss: Loss, threads: int) -> Iterator[Passes]:
    """Give a function that takes a batch through both passes, shared out among threads.

    ``passes(x, target)`` leaves the gradients of the whole batch in the model, and returns the
    loss and the output. A batch of which the layers keep fewer than LEAST_SHARED numbers for
    backward is taken by one thread, and so is the first, which shows how many that are. The same
    number of threads gives the same numbers each time; another number adds the gradients up in
    another order, and drops other elements in a `Dropout`.

    Raises
    ------
    ValueError
        A layer looks at the batch as a whole: its parts would give something else.

    Examples
    --------
    >>> from minnet import MSE, Dense
    >>> layer, x, y = Dense(3, 1, rng=0), np.ones((5, 3)), np.zeros((5, 1))
    >>> with sharing(layer, MSE(), 2) as passes:
    ...     value, out = passes(x, y)
    >>> dW = layer.dW
    >>> with sharing(layer, MSE(), 1) as passes:
    ...     bool(np.isclose(value, passes(x, y)[0])), np.allclose(dW, layer.dW)
    (True, True)
    """
    if threads == 1:
        yield lambda x, target: _both(model, loss, x, target, 1.0)
        return
    for name, layer in model.walk():
        if layer.buffers:
            raise ValueError(
                f"threads={threads}: layer {name}{layer} averages over the batch, "
                "which cannot be shared out; use threads=1"
            )
    models = [model, *(_twin(model) for _ in range(threads - 1))]
    losses = [loss, *(copy.deepcopy(loss) for _ in range(threads - 1))]
    kept = 0.0  # of a sample; nothing is known before the first batch

    def passes(x: Array, target: Array) -> tuple[float, Floats]:
        nonlocal kept
        if kept * len(x) >= LEAST_SHARED:
            return _together(models, losses, pool, x, target)
        result = _both(model, loss, x, target, 1.0)
        kept = _kept(model) / len(x)
        return result

    with one_thread(), ThreadPoolExecutor(threads - 1) as pool:
        yield passes


def _kept(model: Layer) -> int:
    """Return how many numbers the layers keep of a batch for backward.

    >>> from minnet import Dense
    >>> layer = Dense(3, 2, rng=0)
    >>> layer.backward(layer(np.ones((5, 3)))).shape, _kept(layer)
    ((5, 3), 15)
    """
    count = 0
    for _, layer in model.walk():
        learned = {*layer.parameters, *("d" + name for name in layer.parameters)}
        kept = (value for name, value in vars(layer).items() if name not in learned)
        count += sum(value.size for value in kept if isinstance(value, np.ndarray))
    return count


def _twin(model: Layer) -> Layer:
    """Return a copy with the very same parameters, and random numbers of its own."""
    shared: dict[int, Any] = {id(array): array for array in model.named_parameters().values()}
    twin = copy.deepcopy(model, shared)
    for (_, layer), (_, original) in zip(twin.walk(), model.walk(), strict=True):
        for name, value in vars(original).items():
            if isinstance(value, np.random.Generator):
                setattr(layer, name, value.spawn(1)[0])
    return twin


def _together(
    models: list[Layer], losses: list[Loss], pool: ThreadPoolExecutor, x: Array, target: Array
) -> tuple[float, Floats]:
    """Take a part of the batch through each model; add up what they find in the first."""
    counts = _counted(losses[0], target)
    cuts = [round(len(x) * i / len(models)) for i in range(len(models) + 1)]
    parts = [slice(*ends) for ends in zip(cuts, cuts[1:], strict=False) if ends[0] < ends[1]]
    shares = [float(counts[part].sum() / max(counts.sum(), 1)) for part in parts]
    work = [
        (model, loss, x[part], target[part], share)
        for model, loss, part, share in zip(models, losses, parts, shares, strict=False)
    ]
    others = [pool.submit(_both, *one) for one in work[1:]]
    results = [_both(*work[0]), *(other.result() for other in others)]
    if all(np.isfinite(value) for value, _ in results):
        _add_gradients(*models[: len(parts)])
    value = sum(share * value for share, (value, _) in zip(shares, results, strict=True))
    return value, np.concatenate([out for _, out in results])


def _both(model: Layer, loss: Loss, x: Array, target: Array, share: float) -> tuple[float, Floats]:
    """Run both passes on a part of a batch that has such a share in the mean loss."""
    with np.errstate(over="ignore", invalid="ignore"):  # of this thread
        out = model.forward(x)
        value = loss.forward(out, target)
        if np.isfinite(value):
            dout = loss.backward()
            model.backward(dout if share == 1 else dout * dout.dtype.type(share))
    return value, out


def _add_gradients(model: Layer, *others: Layer) -> None:
    for twins in zip(model.walk(), *(other.walk() for other in others), strict=True):
        first, *rest = (layer for _, layer in twins)
        for name in first.parameters:
            gradients = [getattr(layer, "d" + name) for layer in (first, *rest)]
            setattr(first, "d" + name, sum(gradients[1:], gradients[0]))


def _counted(loss: Loss, target: Array) -> Array:
    """Return for each sample how many of its targets count: all but those that are ignored."""
    ignored = getattr(loss, "ignore_index", None)
    kept = np.ones(target.shape, bool) if ignored is None else target != ignored
    counts: Array = kept.reshape(len(target), -1).sum(axis=1)
    return counts
