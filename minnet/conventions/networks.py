"""Networks with a ``loss`` method: ``loss, grads = net.loss(X, y)``, parameters in ``params``.

cs231n's TwoLayerNet, FullyConnectedNet and ThreeLayerConvNet are of this kind. They are made
small, in double precision, and with parameters of ordinary size: the tiny ones they start with
make every activation, and every mistake, tiny too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from minnet.conventions.guessing import CannotConstruct
from minnet.conventions.subject import ENABLE, Subject
from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.losses import LossFunctionCase
from minnet.report.results import Skipped

CLASSES = 3
IMAGE = (2, 4, 6)
#: a value for every parameter of a constructor that is known
SMALL: dict[str, Any] = {
    "input_dim": 5, "input_size": 5, "D": 5, "hidden_dim": 4, "hidden_size": 4, "H": 4,
    "hidden_dims": [4, 6], "num_classes": CLASSES, "output_size": CLASSES, "output_dim": CLASSES,
    "C": CLASSES, "n_classes": CLASSES, "num_filters": 2, "filter_size": 3, "weight_scale": 0.5,
    "std": 0.5, "dtype": np.float64, "seed": 0,
}  # fmt: skip


def is_network(cls: type) -> bool:
    """Return whether a class has ``loss(self, X, y, ...)`` and no backward of its own."""
    names = _parameters(getattr(cls, "loss", None))
    return list(names)[:3] == ["self", "X", "y"] and not hasattr(cls, "backward")


def network_subject(cls: Any) -> Subject | Skipped:
    """Return what to check such a class by."""
    try:
        ways = list(_ways(cls))
    except CannotConstruct as error:
        return Skipped(cls.__name__, f"{error}; {ENABLE}")
    return Subject(cls.__name__, "cs231n", lambda rng: _cases(cls, ways, rng))


def _cases(cls: Any, ways: list[dict[str, Any]], rng: np.random.Generator) -> Iterator[Case]:
    for way in ways:
        net = cls(**way)
        shape = way.get("input_dim", way.get("input_size", way.get("D", 5)))
        for N in (4, 1):
            X = rng.standard_normal((N, *(shape if isinstance(shape, tuple) else (shape,))))
            args: tuple[Any, ...] = (X, rng.integers(CLASSES, size=N))
            if "reg" in _parameters(cls.loss):
                args = (*args, 0.3)
            case = LossFunctionCase(
                net.loss,
                args,
                name=cls.__name__,
                convention="cs231n",
                owner=net,
                batched=list(_parameters(cls.loss))[1:3],
            )
            ordinary = {n: 0.5 * rng.standard_normal(v.shape) for n, v in case.variables.items()}
            case = case.with_variables(
                {n: v.astype(case.variables[n].dtype) for n, v in ordinary.items()}
            )
            shown = {k: v for k, v in way.items() if k in ("normalization", "reg")}
            case.description += "".join(f", {k} {v}" for k, v in shown.items())
            yield case
            if "normalization" in way:  # normalising a batch of one leaves nothing to learn
                break


def _ways(cls: Any) -> Iterator[dict[str, Any]]:
    """Yield constructor arguments: without and with regularisation, then normalised."""
    parameters = _parameters(cls.__init__)
    plain: dict[str, Any] = {}
    for name, parameter in list(parameters.items())[1:]:
        if name in SMALL:
            plain[name] = IMAGE if isinstance(parameter.default, tuple) else SMALL[name]
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            raise CannotConstruct(f"its constructor wants {name!r}, whose meaning is not known")
    yield plain
    if "reg" in parameters:
        yield plain | {"reg": 0.3}
    if "normalization" in parameters:
        yield plain | {"normalization": "batchnorm"}
        yield plain | {"normalization": "layernorm"}


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}
