"""What every layer has in common: parameters, gradients, modes, and clear refusals.

A layer is two methods. `forward` computes the output and keeps what the chain rule will need;
`backward` takes the upstream gradient ``dout``, the derivative of the loss with respect to
the output, stores the gradient of each parameter (that of ``W`` in ``dW``) and returns the
gradient of the input.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from minnet.arrays import Array, Floats, shown
from minnet.layers.forgotten import set_and_notice
from minnet.layers.formulas import WithFormulas
from minnet.layers.passes import NotRunYet as NotRunYet
from minnet.layers.passes import guard
from minnet.layers.summary import Row, table

Example: TypeAlias = tuple["Layer", tuple[Array, ...]]


class Layer(WithFormulas):
    """The base of every layer.

    Attributes
    ----------
    parameters : tuple of str
        Names of the attributes that are learned. The gradient of ``W`` is ``dW``.
    buffers : tuple of str
        Names of arrays that are kept and saved but not learned, such as running averages.
    settings : tuple of str
        Names of the constructor arguments worth showing.
    formulas : dict of str to str
        What forward (``out``) and every gradient compute, one line each, in the order in which
        they may refer to each other. A value that is a Python expression is in NumPy notation;
        anything else is prose. They are shown at the end of the class's documentation.
    training : bool
        Set by `train` and `eval`.
    needs_dx : bool
        False allows `backward` to return None: nothing before this layer learns.

    Examples
    --------
    A layer of one's own needs the two methods and nothing more:

    >>> import numpy as np
    >>> class Square(Layer):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x**2
    ...     def backward(self, dout):
    ...         return dout * 2 * self.x
    >>> layer = Square()
    >>> layer(np.array([3.0]))
    array([9.])
    >>> layer.backward(np.array([1.0]))
    array([6.])
    """

    parameters: tuple[str, ...] = ()
    buffers: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    training: bool = True
    needs_dx: bool = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for attribute in ("parameters", "buffers", "settings"):
            names: Any = getattr(cls, attribute)
            if isinstance(names, str):
                raise TypeError(
                    f"{cls.__name__}.{attribute} is the text {names!r} and not a tuple of names: "
                    f"write ({names!r},), with a comma"
                )
        own = cls.__module__.startswith("minnet.")  # whose names are tested, and cost nothing
        if own:
            guard(cls)
        elif cls.__setattr__ is object.__setattr__:
            cls.__setattr__ = set_and_notice  # type: ignore[method-assign]

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output and keep what `backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward yet")

    def backward(self, *upstream: Any, **options: Any) -> Any:
        """Store the parameters' gradients and return that of the input."""
        raise NotImplementedError(f"{type(self).__name__} has no backward yet")

    @classmethod
    def examples(cls, rng: np.random.Generator) -> Iterator[Example]:
        """Yield ``(layer, inputs)`` pairs covering the settings that matter."""
        return iter(())

    def __call__(self, *inputs: Floats) -> Any:
        """Run `forward` after making sure that every input is finite."""
        for x in inputs:
            if isinstance(x, np.ndarray) and x.dtype.kind == "f" and not np.isfinite(x).all():
                bad = np.argwhere(~np.isfinite(x))
                raise ValueError(
                    f"{self}: the input holds {len(bad)} NaN or infinite value(s), the first "
                    f"at index {tuple(bad[0].tolist())}; remove or replace them first"
                )
        return self.forward(*inputs)

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """Yield ``(prefix, layer)`` for this layer and all below it: ``("", model), ("0.", …)``."""
        yield prefix, self
        for index, layer in enumerate(vars(self).get("layers", ())):
            yield from layer.walk(f"{prefix}{index}.")

    def named_parameters(self) -> dict[str, Floats]:
        """Return the live parameter arrays by dotted name (``W``, or ``0.W`` in a container)."""
        return {
            prefix + name: getattr(layer, name)
            for prefix, layer in self.walk()
            for name in layer.parameters
        }

    def named_gradients(self) -> dict[str, Floats | None]:
        """Return the latest gradients under the parameters' names; None before `backward`."""
        return {
            prefix + name: getattr(layer, "d" + name, None)
            for prefix, layer in self.walk()
            for name in layer.parameters
        }

    def named_buffers(self) -> dict[str, Floats]:
        """Return the live arrays that are kept but not learned, by dotted name."""
        return {
            prefix + name: getattr(layer, name)
            for prefix, layer in self.walk()
            for name in layer.buffers
        }

    def train(self) -> Self:
        """Switch to training mode (dropout drops, batch normalisation uses the batch)."""
        for _, layer in self.walk():
            layer.training = True
        return self

    def eval(self) -> Self:
        """Switch to evaluation mode."""
        for _, layer in self.walk():
            layer.training = False
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Convert parameters and buffers to `dtype`, in place, and return the layer itself.

        Examples
        --------
        >>> import numpy as np
        >>> from minnet.layers import Dense
        >>> Dense(3, 2).astype(np.float32).W.dtype
        dtype('float32')
        """
        wanted = None
        with contextlib.suppress(TypeError):
            wanted = np.dtype(dtype)
        if wanted is None or wanted.kind != "f":
            raise TypeError(
                f"a layer computes in floating point; {shown(dtype)} is not a float dtype, such as "
                "float or np.float32"
            )
        for _, layer in self.walk():
            for name in layer.parameters + layer.buffers:
                setattr(layer, name, getattr(layer, name).astype(wanted))
            for name in layer.parameters:
                vars(layer).pop("d" + name, None)
        return self

    def save(self, path: str | PathLike[str]) -> None:
        """Write parameters and buffers to an ``.npz`` file, under their dotted names.

        An interrupted save leaves an earlier file as it was.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> from minnet.layers import Dense
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Dense(3, 2, rng=0).save(Path(folder) / "model.npz")
        ...     layer = Dense(3, 2).load(Path(folder) / "model.npz")
        >>> bool((layer.W == Dense(3, 2, rng=0).W).all())
        True
        """
        from minnet.layers.storage import write_arrays  # late: only files need zipfile

        write_arrays(path, {**self.named_parameters(), **self.named_buffers()})

    def load(self, path: str | PathLike[str]) -> Self:
        """Read parameters and buffers written by `save`; all of them or, on an error, none.

        Values are converted to the dtype that the layer has.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            The file is not a whole ``.npz`` file, or its names or shapes are not the layer's.
        """
        from minnet.layers.storage import read_arrays_into

        read_arrays_into({**self.named_parameters(), **self.named_buffers()}, path)
        return self

    def summary(self, x: Floats | None = None) -> str:
        """Return a table of the layers and their parameter counts.

        Parameters
        ----------
        x : array, optional
            A sample batch, run through the layers in evaluation mode; with it, the table shows
            the shape of every layer's output.

        Examples
        --------
        >>> from minnet.layers import Dense, ReLU, Sequential
        >>> print(Sequential(Dense(4, 8), ReLU(), Dense(8, 3)).summary())
        layer                                parameters
        0      Dense(W (4, 8), b (8,))               40
        1      ReLU()                                 0
        2      Dense(W (8, 3), b (3,))               27
        total                                        67
        """
        rows = []
        modes = [(layer, layer.training) for _, layer in self.walk()]
        self.eval()
        try:
            for layer in vars(self).get("layers", [self]):
                x = None if x is None else layer.forward(x)
                rows.append(Row(repr(layer), layer._count(), None if x is None else x.shape))
        finally:
            for layer, mode in modes:
                layer.training = mode
        return table(rows, self._count())

    def _count(self) -> int:
        """Return how many numbers are learned."""
        return sum(array.size for array in self.named_parameters().values())

    def expect(self, x: Any, *shape: int | str) -> None:
        """Refuse what this layer cannot take; costs a microsecond.

        Parameters
        ----------
        x : array
            The input.
        *shape : int or str
            The expected size of each axis; a letter stands for any size. None: any shape.
        """
        if not isinstance(x, np.ndarray):
            raise TypeError(f"{self} expects a float array, but got {type(x).__name__}: {shown(x)}")
        if x.dtype.kind != "f":
            raise TypeError(
                f"{self} expects a float array, but got {x.dtype}; "
                "convert it with x.astype(float) (or float32)"
            )
        if x.size == 0:
            raise ValueError(f"{self} got an empty input of shape {x.shape}")
        if shape and not _fits(x.shape, shape):
            wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
            raise ValueError(f"{self} expects an input of shape ({wanted}), but got {x.shape}")

    def __repr__(self) -> str:
        shapes = [f"{name} {getattr(self, name).shape}" for name in self.parameters]
        settings = [f"{name}={getattr(self, name)!r}" for name in self.settings]
        return f"{type(self).__name__}({', '.join(shapes + settings)})"

    if not TYPE_CHECKING:  # for the type checker, a misspelt attribute stays an error

        def __getattr__(self, name: str) -> Any:
            """Called only for what is missing: say which pass would have set it."""
            kind = type(self)
            if name[:1] == "d" and name[1:] in kind.parameters:
                raise NotRunYet(f"{kind.__name__}.{name} is set by backward: call backward first")
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")


def _fits(shape: tuple[int, ...], expected: tuple[int | str, ...]) -> bool:
    """Tell whether every axis has the expected size; a letter stands for any."""
    if len(shape) != len(expected):
        return False
    for size, wanted in zip(shape, expected, strict=True):  # faster than all(...)
        if size != wanted and not isinstance(wanted, str):
            return False
    return True
