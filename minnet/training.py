"""Training: feed batches, follow the gradient, keep a record."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from minnet.arrays import Array, Floats, random_numbers, shown, whole_number
from minnet.layers.base import Layer
from minnet.layers.containers import Sequential
from minnet.losses import Loss
from minnet.memory import keep_freed_memory
from minnet.optimizers import Optimizer
from minnet.threads import Passes, sharing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def fit(
    model: Layer,
    loss: Loss,
    optimizer: Optimizer,
    data: tuple[Array, Any],
    *,
    epochs: int = 10,
    batch_size: int = 32,
    validation: tuple[Array, Any] | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: bool = True,
) -> History:
    """Train `model` on shuffled batches and return the record of it.

    Parameters
    ----------
    model : Layer
        Usually a `Sequential`. It is left in evaluation mode.
    loss, optimizer
        See `minnet.losses` and `minnet.optimizers`.
    data : (x, y)
        Inputs, samples first, and targets. Floats are converted to the model's dtype, once.
    epochs : int
        How often to go through the data.
    batch_size : int
        Samples per step; the last batch of an epoch may be smaller.
    validation : (x, y), optional
        Data to evaluate after every epoch.
    seed : int
        Of the shuffling. The same seed, model, data and threads give the same result.
    threads : int
        How many threads share each batch out; one takes those of which the layers keep fewer
        than 750,000 numbers for backward, where more would be slower. It is refused for layers
        that average over the batch.
    progress : bool
        Whether to print a line per epoch.

    Returns
    -------
    History

    Raises
    ------
    Diverged
        The loss is not finite any more; the message names the layer that began it.
    ValueError
        The data does not fit together, or is not finite.

    Examples
    --------
    >>> from minnet import MSE, SGD, Dense, linear_data
    >>> x, y, weights = linear_data(64, weights=(2.0, -1.0))
    >>> model = Dense(2, 1, rng=0)
    >>> history = fit(model, MSE(), SGD(lr=0.1), (x, y), epochs=50, progress=False)
    >>> model.W.ravel().round(6)
    array([ 2., -1.])
    """
    epochs, batch_size = whole_number("epochs", epochs), whole_number("batch_size", batch_size)
    threads = whole_number("threads", threads)
    _expect(model, loss)
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        raise TypeError(f"fit takes an optimizer, such as Adam(1e-3), not {shown(optimizer)}")
    dtype = _dtype(model)
    x, y = _checked(data, "data", dtype)
    held_out = None if validation is None else _checked(validation, "validation", dtype)
    rng = random_numbers(seed, "seed")
    history = History()
    keep_freed_memory()
    with (
        _input_gradient_skipped(model),
        np.errstate(over="ignore", invalid="ignore"),
        sharing(model.train(), loss, threads) as passes,
    ):
        for _ in range(epochs):
            start = time.perf_counter()
            batches = _batches(x, y, batch_size, order=rng.permutation(len(x)))
            result = _train_epoch(model.train(), loss, optimizer, batches, history, passes)
            history.seconds.append(time.perf_counter() - start)
            _record(result, history.loss, history.accuracy)
            model.eval()
            if held_out is not None:
                result = evaluate(model, loss, held_out, max(batch_size, 256))
                _record(result, history.validation_loss, history.validation_accuracy)
            if progress:
                _print_progress(history, epochs)
    return history


@dataclass
class History:
    """What happened in each epoch.

    Attributes
    ----------
    loss, accuracy : list of float
        Mean over the epoch's batches, as they were trained on. Accuracies stay empty when
        the targets are not class labels.
    validation_loss, validation_accuracy : list of float
        After each epoch, in evaluation mode; empty without validation data.
    seconds : list of float
        Time each epoch took to train.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw loss against epoch, and accuracy on a second axis; return the axes."""
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots()
        epochs = range(1, len(self.loss) + 1)
        ax.plot(epochs, self.loss, color="C0", label="training loss")
        if self.validation_loss:
            ax.plot(epochs, self.validation_loss, "--", color="C0", label="validation loss")
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss")
        ax.set_ylim(bottom=0)
        ax.locator_params(axis="x", integer=True)
        lines = ax.get_lines()
        if self.accuracy:
            right = ax.twinx()
            right.plot(epochs, self.accuracy, color="C1", label="training accuracy")
            if self.validation_accuracy:
                right.plot(
                    epochs, self.validation_accuracy, "--", color="C1", label="validation accuracy"
                )
            right.set_ylabel("accuracy")
            lines = [*lines, *right.get_lines()]
        ax.legend(handles=lines, loc="center right")
        return ax


class Diverged(ArithmeticError):
    """The loss is no longer finite. `history` holds the epochs before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


def evaluate(
    model: Layer, loss: Loss, data: tuple[Array, Any], batch_size: int = 256
) -> tuple[float, float | None]:
    """Return the mean loss and, where targets are class labels, the accuracy.

    The model is run in the mode that it is in: call ``model.eval()`` first.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet import Dense, SoftmaxCrossEntropy
    >>> model = Dense(2, 3, init="zeros")
    >>> x, labels = np.ones((4, 2)), np.array([0, 1, 2, 0])
    >>> loss, accuracy = evaluate(model, SoftmaxCrossEntropy(), (x, labels))
    >>> round(loss, 4), accuracy
    (1.0986, 0.5)
    """
    batch_size = whole_number("batch_size", batch_size)
    _expect(model, loss)
    x, y = _checked(data, "data", _dtype(model))
    score = _Score(getattr(loss, "ignore_index", None))
    for batch, target in _batches(x, y, batch_size):
        out = model.forward(batch)
        score.add(loss.forward(out, target), out, target)
    return score.means()


def _expect(model: Any, loss: Any) -> None:
    """Refuse what is no model, or no loss."""
    is_loss = not isinstance(loss, type | Layer) and callable(getattr(loss, "forward", None))
    for what, thing, right, example in (
        ("model", model, isinstance(model, Layer), "Dense(3, 1)"),
        ("loss", loss, is_loss, "MSE()"),
    ):
        if not right:
            raise TypeError(f"the {what} must be an object such as {example}, not {shown(thing)}")


def _train_epoch(
    model: Layer,
    loss: Loss,
    optimizer: Optimizer,
    batches: Iterable[tuple[Array, Array]],
    history: History,
    passes: Passes,
) -> tuple[float, float | None]:
    """Take a step for every batch; return the mean loss and the accuracy on the way."""
    score = _Score(getattr(loss, "ignore_index", None))
    for number, (batch, target) in enumerate(batches, start=1):
        value, out = passes(batch, target)
        if not np.isfinite(value):
            where = f"epoch {len(history.loss) + 1}, batch {number}"
            raise Diverged(_why_not_finite(model, batch, value, where), history)
        optimizer.step(model)
        score.add(value, out, target)
    return score.means()


def _batches(
    x: Array, y: Array, batch_size: int, order: NDArray[np.intp] | None = None
) -> Iterator[tuple[Array, Array]]:
    """Yield inputs and targets, so many at a time, as they come or in the given order."""
    for first in range(0, len(x), batch_size):
        rows = slice(first, first + batch_size)
        chosen = rows if order is None else order[rows]
        yield x[chosen], y[chosen]


@dataclass
class _Score:
    """Sums over batches: their means are over samples, also where batches differ in size.

    Of sequences with a label at every step, the means are over all labels but those ignored.
    """

    ignored: int | None
    targets: int = 0
    losses: float = 0.0
    hits: int = 0
    labelled: bool = False

    def add(self, value: float, out: Floats, target: Array) -> None:
        targets = len(target)
        if out.ndim == target.ndim + 1 and target.dtype.kind in "iu":
            self.labelled = True
            kept = np.ones(target.shape, bool) if self.ignored is None else target != self.ignored
            targets = int(kept.sum())
            self.hits += int((kept & (out.argmax(axis=-1) == target)).sum())
        self.targets += targets
        self.losses += value * targets

    def means(self) -> tuple[float, float | None]:
        """Return the mean loss and, where targets are class labels, the accuracy."""
        targets = max(self.targets, 1)  # every label may be ignored
        return self.losses / targets, self.hits / targets if self.labelled else None


def _record(
    result: tuple[float, float | None], losses: list[float], accuracies: list[float]
) -> None:
    """Append the loss and, where there is one, the accuracy."""
    loss, accuracy = result
    losses.append(loss)
    if accuracy is not None:
        accuracies.append(accuracy)


def _dtype(model: Layer) -> np.dtype[Any]:
    """Return the dtype of the model's parameters (float64 if it has none)."""
    return next((array.dtype for array in model.named_parameters().values()), np.dtype(float))


def _checked(data: tuple[Array, Any], name: str, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return inputs and targets as arrays that fit together, or say why they do not."""
    try:
        x, y = data
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a pair (x, y) of arrays") from None
    x, y = (_as_array(f"{name}: {label}", a) for label, a in (("x", x), ("y", y)))
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(
            f"{name}: x and y must have as many samples as each other; "
            f"got x of shape {x.shape} and y of shape {y.shape}"
        )
    if x.size == 0:
        raise ValueError(f"{name}: x is empty, shape {x.shape}")
    for label, array in (("x", x), ("y", y)):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name}: {label} holds NaN or infinite values")
    x, y = (a.astype(dtype, copy=False) if a.dtype.kind == "f" else a for a in (x, y))
    return x, y


def _as_array(name: str, values: Any) -> Array:
    with suppress(TypeError, ValueError):
        array = np.asarray(values)
        if array.dtype.kind in "fiub":
            return array
    kind = getattr(values, "dtype", type(values).__name__)
    raise TypeError(f"{name} must be an array of numbers, not {kind}: {shown(values)}")


@contextmanager
def _input_gradient_skipped(model: Layer) -> Iterator[None]:
    """Spare the gradient of the network's input, which nothing learns from."""
    spared = list(_first_to_learn(model))
    for layer in spared:
        layer.needs_dx = False
    try:
        yield
    finally:
        for layer in spared:
            layer.needs_dx = True


def _first_to_learn(layer: Layer) -> Iterator[Layer]:
    """Yield the first layer that learns, and before it every `Sequential` that it is nested in."""
    yield layer
    if type(layer) is Sequential:
        for inner in layer.layers:
            if inner.named_parameters():
                yield from _first_to_learn(inner)
                return


def _why_not_finite(model: Layer, batch: Floats, value: float, where: str) -> str:
    """Run the batch again, layer by layer, and say where numbers first went wrong."""
    message = f"the loss became {value} in {where}: "
    x = batch
    for name, layer in _leaves(model):
        broken = [
            p for p, array in layer.named_parameters().items() if not np.isfinite(array).all()
        ]
        out = layer.forward(x)
        if not np.isfinite(out).all():
            cause = (
                f"its {', '.join(broken)} is not finite any more"
                if broken
                else f"its input reaches {np.abs(x).max():.3g}"
            )
            return (
                f"{message}layer {name}{layer} is the first with NaN or infinite output; {cause}. "
                "Try a smaller learning rate, or inputs scaled to about 1."
            )
        x = out
    return (
        f"{message}every layer's output is finite, up to {np.abs(x).max():.3g}, "
        "so it is the loss that overflows. Try a smaller learning rate."
    )


def _leaves(model: Layer, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield the layers in the order in which data flows through them."""
    if type(model) is Sequential:
        for index, layer in enumerate(model.layers):
            yield from _leaves(layer, f"{prefix}{index}.")
    else:
        yield (prefix[:-1] + " " if prefix else ""), model


def _print_progress(history: History, epochs: int) -> None:
    """Print one line for the latest epoch."""
    parts = [
        f"epoch {len(history.loss):>{len(str(epochs))}}/{epochs}",
        f"loss {history.loss[-1]:.4f}",
    ]
    if history.accuracy:
        parts.append(f"accuracy {history.accuracy[-1]:6.2%}")
    if history.validation_loss:
        parts.append(f"validation loss {history.validation_loss[-1]:.4f}")
    if history.validation_accuracy:
        parts.append(f"accuracy {history.validation_accuracy[-1]:6.2%}")
    parts.append(f"{history.seconds[-1]:.2f} s")
    print("  ".join(parts), file=sys.stdout, flush=True)
