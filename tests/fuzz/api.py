"""The library's own functions and classes, each given what it cannot take."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import minnet
from minnet.initializers import initialize

from .judge import Trial, call

NAN, INF = float("nan"), float("inf")
#: what is no whole number, no size, no setting
NO_NUMBERS: list[Any] = ["three", b"3", [], {}, object(), np.array(["a"]), lambda: 3, 1j]
NO_SIZES: list[Any] = [*NO_NUMBERS, None, 0, -1, -(10**9), 2.5, NAN, INF, (1, 2, 3), 2**62]
NO_ARRAYS: list[Any] = [
    *(None, "x", 3, 3.0, [], {}, [[1.0, 2.0]], object(), b"ab", 1j, [None], {"x": 1}),
    *(np.array([["a", "b"]]), np.array([[None, 1.0]], dtype=object), np.array([[1j, 2]])),
    *(np.zeros((0, 3)), np.array([[True, False]]), np.zeros(2, dtype=[("a", float)])),
    np.array([["2020-01-01"]], dtype="M8[D]"),
]
#: each class with arguments that are right
LAYERS: dict[str, dict[str, Any]] = {
    "Attention": {"causal": False},
    "AvgPool2D": {"size": 2, "stride": 1},
    "BatchNorm": {"features": 3, "momentum": 0.1, "eps": 1e-5},
    "Conv1D": {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "stride": 1, "padding": 0},
    "Conv2D": {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "stride": 1, "padding": 0},
    "ConvTranspose2D": {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "stride": 1},
    "Dense": {"in_features": 3, "out_features": 2, "init": "zeros", "rng": 0},
    "Dropout": {"p": 0.5, "rng": 0},
    "ELU": {"alpha": 1.0},
    "Embedding": {"vocabulary": 5, "features": 3, "init": "zeros", "rng": 0},
    "GELU": {"approximate": True},
    "GRU": {"features": 3, "hidden": 2, "rng": 0},
    "GroupNorm": {"groups": 2, "channels": 4, "eps": 1e-5},
    "LSTM": {"features": 3, "hidden": 2, "rng": 0},
    "LayerNorm": {"shape": 3, "eps": 1e-5},
    "LeakyReLU": {"leak": 0.1},
    "MaxPool2D": {"size": 2, "stride": 1},
    "MultiHeadAttention": {"features": 4, "heads": 2, "rng": 0},
    "PositionalEncoding": {"features": 4, "longest": 9},
    "RMSNorm": {"features": 3, "eps": 1e-5},
    "RNN": {"features": 3, "hidden": 2, "rng": 0},
    "TransformerBlock": {"features": 4, "heads": 2, "hidden": 3, "dropout": 0.1, "rng": 0},
    "Upsample2D": {"factor": 2},
}
PLAIN = ("Flatten", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh")
CONTAINERS = ("Sequential", "Residual", "Tied")
LOSSES: dict[str, dict[str, Any]] = {
    "BinaryCrossEntropy": {},
    "HalfSquaredError": {},
    "Hinge": {"margin": 1.0},
    "Huber": {"delta": 1.0},
    "KLDivergence": {},
    "MSE": {},
    "SoftmaxCrossEntropy": {},
    "TokenCrossEntropy": {"ignore_index": -1, "smoothing": 0.1},
}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "Adam": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weight_decay": 0.1, "clip": 1},
    "RMSProp": {"lr": 1e-3, "decay": 0.9, "eps": 1e-8, "clip": 1.0},
    "SGD": {"lr": 1e-3, "momentum": 0.9, "weight_decay": 0.1, "clip": 1.0},
    "WarmupCosine": {"peak": 0.1, "steps": 9, "warmup": 2, "end": 0.0},
}
#: bad values of the settings that are no sizes
BAD: dict[str, list[Any]] = {
    **dict.fromkeys(("p", "dropout", "smoothing"), [*NO_NUMBERS, -0.1, 1.0, 1.5, NAN, None]),
    **dict.fromkeys(("momentum", "decay", "leak"), [*NO_NUMBERS, -0.1, 1.5, NAN, INF, None]),
    **dict.fromkeys(("beta1", "beta2"), [*NO_NUMBERS, -0.1, 1.0, 1.5, NAN, INF, None]),
    **dict.fromkeys(("eps", "weight_decay", "end"), [*NO_NUMBERS, -1e-9, NAN, INF, None]),
    **dict.fromkeys(("alpha", "margin", "delta", "peak"), [*NO_NUMBERS, NAN, INF, -INF, None]),
    "clip": [*NO_NUMBERS, 0, -1, NAN, INF],
    "lr": [x for x in NO_NUMBERS if not callable(x)] + [0, -1, NAN, INF, None],
    "init": [None, 3, "", "he", "nope", ["zeros"], object(), {}],
    "rng": ["x", -1, 2.5, object(), NAN, np.array(["a"])],
    "stride": [x for x in NO_SIZES if x is not None and x != 2**62],
    "padding": [x for x in NO_SIZES if x not in (0, 2**62)],
    "ignore_index": [*NO_NUMBERS, 2.5, NAN],
    "warmup": [*NO_NUMBERS, -1, 10, NAN, None],
    **dict.fromkeys(("causal", "approximate"), []),
}


def trials() -> Iterator[Trial]:
    """Yield every trial, whole families after one another."""
    yield from constructors()
    yield from layers()
    yield from losses()
    yield from optimizers()
    yield from training()
    yield from data()
    yield from checks()


def constructors() -> Iterator[Trial]:
    """Yield every argument of every constructor with every bad value."""
    for name, right in {**LAYERS, **LOSSES, **OPTIMIZERS}.items():
        cls = getattr(minnet, name)
        for argument in right:
            optional = inspect.signature(cls).parameters[argument].default is None
            for value in BAD.get(argument, NO_SIZES):
                if argument == "shape" and isinstance(value, tuple):
                    continue
                if optional and value is None or (argument == "clip" and value == INF):
                    continue
                made = partial(cls, **{**right, argument: value})
                yield call(f"{name}({argument}={value!r:.40})", made)
        yield call(f"{name}(nope=1)", partial(cls, nope=1))
        yield call(f"{name}(1, 2, …)", partial(cls, *range(1, 12)))
    for name in PLAIN:
        yield call(f"{name}(1)", partial(getattr(minnet, name), 1))
    dense = minnet.Dense(3, 3)
    for name in CONTAINERS:
        for value in [*NO_ARRAYS, minnet.Dense, minnet.MSE(), _Duck()]:
            yield call(f"{name}({value!r:.40})", partial(getattr(minnet, name), value))
    for name in ("Sequential", "Residual"):
        yield call(f"{name}(a, a)", partial(getattr(minnet, name), dense, dense))
    for name, value in [("shape", (2, "a")), ("fan_in", "x"), ("fan_out", None), ("name", 3)]:
        right = {"name": "he_normal", "shape": (2, 3), "fan_in": 2, "fan_out": 3}
        yield call(f"initialize({name}={value!r})", partial(initialize, **{**right, name: value}))
    for init in ("he_normal", "glorot_uniform"):
        for fans in [(0, 0), (-1, -1), (NAN, 1)]:
            yield call(f"initialize fans {fans}", partial(initialize, init, (2, 3), *fans))


class _Duck:
    """It walks like a layer, and is none."""

    parameters = ()

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, dout: Any) -> Any:
        return dout


def _examples() -> Iterator[tuple[str, Callable[[], tuple[Any, tuple[Any, ...]]]]]:
    """Yield each layer with a way to make it anew with its inputs: its last two examples."""
    for name in (*LAYERS, *PLAIN, *CONTAINERS):
        cls = getattr(minnet, name)
        count = len(list(cls.examples(np.random.default_rng(0))))
        for number in (0, count - 1):

            def make(cls: Any = cls, number: int = number) -> tuple[Any, tuple[Any, ...]]:
                return list(cls.examples(np.random.default_rng(0)))[number]

            yield f"{name}[{number}]", make


def layers() -> Iterator[Trial]:
    """Yield bad inputs, bad upstream gradients and passes in the wrong order."""
    for name, make in _examples():
        _, inputs = make()
        for place, x in enumerate(inputs):
            for what, bad in [*_no_arrays(), *_wrong_shapes(x)]:
                floats = getattr(getattr(bad, "dtype", None), "kind", "") == "f" and bad.size
                if bad is None and place:  # an optional one
                    continue
                given = (*inputs[:place], bad, *inputs[place + 1 :])
                must = not floats or x.dtype.kind != "f"  # another shape may be one that it takes
                yield call(
                    f"{name}.forward({what} at {place})", partial(_forward, make, given), must
                )
        poisoned = [np.where(np.arange(x.size).reshape(x.shape) == 1, NAN, x) for x in inputs[:1]]
        if inputs[0].dtype.kind == "f":
            given = (*poisoned, *inputs[1:])
            yield call(f"{name}(nan)", lambda make=make, given=given: make()[0](*given))
        yield call(f"{name}.forward()", partial(_forward, make, ()))
        out = _forward(make, inputs)
        for what, bad in [*_no_arrays(), *_wrong_shapes(out)]:
            yield call(f"{name}.backward({what})", partial(_backward, make, bad))
        yield call(f"{name}.backward first", lambda make=make, out=out: make()[0].backward(out))
        yield call(f"{name}.backward()", lambda make=make: make()[0].backward())
        for bad in ["int", int, "nope", "O", "U3", complex, 3, object()]:
            yield call(f"{name}.astype({bad!r:.30})", lambda m=make, b=bad: m()[0].astype(b))
        for bad in ["x", 3, np.zeros((2, 99, 7)), np.array(["a"])]:
            yield call(f"{name}.summary({bad!r:.20})", partial(_summary, make, bad), False)


def _no_arrays() -> Iterator[tuple[str, Any]]:
    for bad in NO_ARRAYS:
        yield f"{bad!r:.40}", bad


def _wrong_shapes(x: Any) -> Iterator[tuple[str, Any]]:
    """Yield arrays of other shapes, those that broadcast among them."""
    shapes = {
        "0-d": (),
        "(1,)": (1,),
        "ones": (1,) * x.ndim,
        "an axis more": (*x.shape, 1),
        "an axis before": (1, *x.shape),
        "last axis + 1": (*x.shape[:-1], x.shape[-1] + 1),
        "seven axes": (1, 2, 1, 2, 1, 2, 1),
    }
    if x.ndim > 1:
        shapes["an axis less"] = x.shape[1:]
        shapes["flat"] = (x.size,)
        shapes["first axis + 1"] = (x.shape[0] + 1, *x.shape[1:])
    if x.ndim > 1 and x.shape[0] > 1:
        shapes["one of the batch"] = (1, *x.shape[1:])
    for what, shape in shapes.items():
        if shape != x.shape and x.dtype.kind == "f":
            yield f"{what} {shape} for {x.shape}", np.ones(shape, x.dtype)


def _forward(make: Callable[[], Any], inputs: tuple[Any, ...]) -> Any:
    layer, _ = make()
    return layer.forward(*inputs)


def _summary(make: Callable[[], Any], x: Any) -> str:
    text: str = make()[0].summary(x)
    return text


def _backward(make: Callable[[], Any], dout: Any) -> Any:
    layer, inputs = make()
    layer.forward(*inputs)
    return layer.backward(dout)


def losses() -> Iterator[Trial]:
    """Yield bad predictions and targets for every loss."""
    for name in LOSSES:
        cls = getattr(minnet, name)
        for number in (0, 1):
            loss, (prediction, target) = list(cls.examples(np.random.default_rng(0)))[number]
            integers = target.dtype.kind in "iu"
            for what, bad in [*_no_arrays(), *_wrong_shapes(prediction)]:
                must = "last axis" not in what  # more classes are fine
                yield call(f"{name}({what}, y)", partial(_loss, cls, bad, target), must)
            wrong = [*_no_arrays(), *_wrong_shapes(target)]
            wrong += [("labels -7", target * 0 - 7), ("labels 99", target * 0 + 99)] * integers
            wrong += [("floats", target + 0.5)] * integers
            for what, bad in wrong:
                yield call(f"{name}(x, {what})", partial(_loss, cls, prediction, bad))
            poisoned = np.full_like(prediction, NAN)
            yield call(f"{name}(nan, y)", partial(loss, poisoned, target))
            if not integers:
                yield call(f"{name}(x, nan)", partial(loss, prediction, target * NAN))
            if name in ("BinaryCrossEntropy", "KLDivergence"):
                yield call(f"{name}(x, -1)", partial(_loss, cls, prediction, target - 2))
        yield call(f"{name}.backward first", cls().backward)
        yield call(f"{name}.backward(1)", partial(cls().backward, 1))
    rows = np.array([[-0.5, 1.5], [0.5, 0.5]])
    for name in ("SoftmaxCrossEntropy", "KLDivergence"):
        cls = getattr(minnet, name)
        yield call(f"{name}(x, negative)", partial(_loss, cls, np.ones((2, 2)), rows))


def _loss(cls: Any, prediction: Any, target: Any) -> Any:
    return cls().forward(prediction, target)


def optimizers() -> Iterator[Trial]:
    """Yield steps of what cannot be stepped."""
    for name in ("Adam", "RMSProp", "SGD"):
        cls = getattr(minnet, name)
        for bad in [*NO_ARRAYS, minnet.Dense, minnet.Dense(2, 2), _Duck(), minnet.MSE()]:
            yield call(f"{name}.step({bad!r:.40})", partial(cls().step, bad))
        for bad in [x for x in NO_ARRAYS if x is not None] + [np.ones((9, 9)), np.ones(1)]:
            yield call(f"{name}.step, dW = {bad!r:.40}", partial(_step, cls, bad))
        for rate in [-1.0, NAN, INF, "x", None, [1]]:
            yield call(f"{name}(schedule {rate!r})", partial(_scheduled, cls, rate))
    for step in ["x", None, NAN, [1], 1j]:
        yield call(f"WarmupCosine({step!r})", partial(minnet.WarmupCosine(0.1, 9), step))


def _step(cls: Any, gradient: Any) -> None:
    layer = minnet.Dense(2, 3, rng=0)
    layer.forward(np.ones((1, 2)))
    layer.backward(np.ones((1, 3)))
    layer.dW = gradient
    cls().step(layer)


def _scheduled(cls: Any, rate: Any) -> None:
    layer = minnet.Dense(2, 3, rng=0)
    layer.forward(np.ones((1, 2)))
    layer.backward(np.ones((1, 3)))
    cls(lambda step: rate).step(layer)


def training() -> Iterator[Trial]:
    """Yield bad arguments of fit and evaluate."""
    x, y = np.ones((4, 2)), np.ones((4, 1))
    pairs: list[Any] = [*NO_ARRAYS, (x,), (x, y, y), (x, y[:3]), (x, "y"), ("x", y), (None, y)]
    pairs += [(x, None), (x * NAN, y), (x, y * INF), (x.astype(object), y), (x[:0], y[:0])]
    pairs += [(x, y.astype(object)), (x, y.astype(str)), (x, y.astype(complex)), (x, y[:, 0])]
    counts = [*NO_NUMBERS, None, 0, -5, 2.5, NAN, INF]
    objects = [*NO_ARRAYS, minnet.Dense, "adam", int]
    bad = {
        "data": pairs,
        "model": [*objects, minnet.MSE(), minnet.Dense(9, 1), minnet.Dense(2, 7)],
        "loss": [*objects, minnet.Dense(2, 1)],
    }
    only_fit = {
        "optimizer": [*objects, minnet.MSE(), lambda: 1],
        "epochs": counts,
        "seed": [*NO_NUMBERS, -1, 2.5, NAN],
        "validation": [pair for pair in pairs if pair is not None],
    }
    for name, values in {**bad, "batch_size": counts, **only_fit}.items():
        for value in values:
            yield call(f"fit({name}={value!r:.40})", partial(_fit, x, y, **{name: value}))
    for name, values in {**bad, "batch_size": counts}.items():
        for value in values:
            yield call(f"evaluate({name}={value!r:.40})", partial(_evaluate, x, y, **{name: value}))


def _fit(x: Any, y: Any, **changed: Any) -> Any:
    given = {"model": minnet.Dense(2, 1, rng=0), "loss": minnet.MSE(), "optimizer": minnet.SGD()}
    given |= {"data": (x, y)}
    given |= changed
    return minnet.fit(*(given.pop(k) for k in ("model", "loss", "optimizer", "data")),
                      **{"epochs": 1, "progress": False, **given})  # fmt: skip


def _evaluate(x: Any, y: Any, **changed: Any) -> Any:
    given = {"model": minnet.Dense(2, 1, rng=0), "loss": minnet.MSE(), "data": (x, y)}
    given |= changed
    return minnet.evaluate(*given.values())


def data() -> Iterator[Trial]:
    """Yield bad arguments of what gives data."""
    fractions = [*NO_NUMBERS, None, 0, 1, -0.1, 1.5, NAN, INF]
    for load in (minnet.load_digits, minnet.load_names):
        for value in fractions:
            yield call(f"{load.__name__}({value!r:.40})", partial(load, value))
        for value in [*NO_NUMBERS, -1, 2.5, NAN]:
            yield call(f"{load.__name__}(seed={value!r:.40})", partial(load, seed=value))
    for value in [None, 3, [], object(), "", "no", "\0", "n" * 300, tempfile.gettempdir()]:
        for load in (minnet.load_text, minnet.load_mnist):
            yield call(f"{load.__name__}({value!r:.40})", partial(load, value))
    for value in fractions:
        yield call(f"load_text(…, {value!r:.40})", partial(minnet.load_text, __file__, value))
    for value in NO_SIZES:
        if value != 2**62:
            yield call(f"linear_data({value!r:.40})", partial(minnet.linear_data, value))
    for value in [None, 3, "x", [], ["a"], [None], [NAN], [1, [2, 3]], object(), {}]:
        yield call(f"linear_data(4, {value!r:.40})", partial(minnet.linear_data, 4, value))
    for value in [*NO_NUMBERS, None, NAN, INF, -1]:
        yield call(f"linear_data(noise={value!r:.40})", partial(minnet.linear_data, noise=value))
    for value in ["x", -1, 2.5, object()]:
        yield call(f"linear_data(rng={value!r:.40})", partial(minnet.linear_data, rng=value))
    yield from characters()


def characters() -> Iterator[Trial]:
    """Yield texts that are none."""
    known = minnet.Characters("abc")
    for value in [None, 3, "", [], [""], [1, 2], [None], object(), b"abc", ["a", 3], {1: 2}]:
        yield call(f"Characters({value!r:.40})", partial(minnet.Characters, value))
        yield call(f"lines({value!r:.40})", partial(known.lines, value), value != [""])
        yield call(f"windows({value!r:.40}, 2)", partial(known.windows, value, 2))
        if value not in ("", [], [""]):
            yield call(f"encode({value!r:.40})", partial(known.encode, value))
    for value in [None, 3, "abc", ["a"], [99], [-2], [NAN], [1.5], object(), [None], [2**70]]:
        yield call(f"decode({value!r:.40})", partial(known.decode, value))
    for value in [*NO_NUMBERS, None, 0, -1, 2.5, NAN]:
        yield call(f"windows('abc', {value!r:.40})", partial(known.windows, "abc", value))


def checks() -> Iterator[Trial]:
    """Yield what the checker's functions cannot take."""
    dense, x = minnet.Dense(2, 1, rng=0), np.ones((3, 2))
    things: list[Any] = [None, 3, 3.5, [], {}, object(), b"x", minnet, lambda: 1, np.ones(3)]
    for thing in things:
        for options in ({}, {"seed": 1}):
            given = f"{thing!r:.40}{', seed=1' if options else ''}"
            yield call(f"check({given})", partial(_report, minnet.check, thing, **options), False)
            yield call(
                f"check_layer({given}, x)", partial(minnet.check_layer, thing, x, **options), False
            )  # noqa: E501
            yield call(f"check_loss({given})", partial(minnet.check_loss, thing, x, x), False)
            yield call(
                f"check_functions({given})", partial(minnet.check_functions, thing, thing, x), False
            )  # noqa: E501
            yield call(
                f"check_gradient({given})", partial(minnet.check_gradient, thing, thing, 1.0), False
            )  # noqa: E501
            yield call(
                f"check_model({given})",
                partial(minnet.check_model, thing, minnet.MSE(), x, x),
                False,
            )  # noqa: E501
            yield call(f"check_cases({given})", partial(minnet.check_cases, thing), False)
            yield call(f"step({given})", partial(minnet.step, thing, x), False)
            yield call(f"crosscheck({given})", partial(minnet.crosscheck, thing, thing, x), False)
    for what, bad in [*_no_arrays(), *_wrong_shapes(x)]:
        yield call(f"check_layer(dense, {what})", partial(minnet.check_layer, dense, bad), False)
        yield call(f"step(dense, {what})", partial(minnet.step, dense, bad), False)
        yield call(
            f"check_loss(mse, x, {what})", partial(minnet.check_loss, minnet.MSE(), x, bad), False
        )  # noqa: E501
    options = {
        "seed": [-1, "x", 2.5, None, NAN],
        "elements": [-1, "x", 2.5, NAN, []],
        "step": [-1, 0, NAN, "x", []],
        "hints": ["x", None, 3, []],
    }
    for name, values in options.items():
        for value in values:
            if name == "step" and value is None:
                continue
            given = partial(minnet.check_layer, dense, x, **{name: value})
            yield call(f"check_layer({name}={value!r})", given)


def _report(check: Any, target: Any, **options: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).joinpath("empty").touch()
        return check(target, **options)
