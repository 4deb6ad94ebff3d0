"""Numbers and arrays that know where they came from: ``Value``, with ``.grad`` and ``.backward()``.

Every operator and method is checked by expressions of it: alone, with an operand used twice, its
result used again, and behind itself. What ``backward`` itself does, with what is reached along
several paths, is checked by sums and products once these are right.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.quick_look import is_right
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.border import plain
from minnet.conventions.styles.style import Styled, StyledCase, Way
from minnet.gradcheck.under_test.signatures import has_default, method_signature, unwrapped
from minnet.gradcheck.under_test.spellings import is_upstream_name

STYLE = "autograd"
_GRADIENTS = ("grad", "gradient", "_grad")
Expression = Callable[..., Any]

#: expressions of each operator: alone first, then what only some engines allow
_BINARY = {
    "__add__": "+", "__mul__": "*", "__sub__": "-", "__truediv__": "/", "__pow__": "**",
    "__matmul__": "@",
}  # fmt: skip
_REFLECTED = {
    "__radd__": "2.0 + a", "__rmul__": "2.0 * a", "__rsub__": "2.0 - a",
    "__rtruediv__": "2.0 / a", "__rpow__": "2.0 ** a",
}  # fmt: skip
#: shares of the graph that several paths lead along; `backward` has to go through each once
_GRAPHS = (
    "(c := a * b) * c + c",
    "(c := a + b) * (d := c * a + c) * d",
    "(c := a + a) * c * b + c",
)
#: so many operands for each expression but the first, which is tried with all
_EACH = 1
#: what has to be right for it to be looked at, each node of it used once
_SUMS, _PRODUCTS = {"a + b": 2, "a + a": 1}, {"a * b": 2, "a * a": 1}
#: an upstream gradient that is not 1: of two results, or, where the graph is gone through
#: rightly, of one that is used twice
_AGAIN = ("({0}) * ({0})", "(c := {0}) * c")
#: with few digits in binary: contributions add up exactly, in whatever order a set has them
_NUMBERS = ((0.75, -1.25), (-0.5, 2.5), (1.5, 0.75))
_POSITIVE = ((0.75, 1.25), (0.5, 2.5), (0.875, 0.75))
_SHAPES = (((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (4, 2)))
_NOT_OPERATIONS = {"backward", "zero_grad", "detach", "item", "numpy", "copy", "clone", "cleargrad"}


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the operations of the autograd classes among what a file holds."""
    for name, cls in namespace.items():
        if not inspect.isclass(cls) or not callable(getattr(cls, "backward", None)):
            continue
        engine = _Engine(name, cls)
        if engine.is_one:
            yield from _operations(engine)


@dataclass(frozen=True)
class _Engine:
    """A class whose objects are values that gradients flow back to."""

    name: str
    cls: Any

    @cached_property
    def of_arrays(self) -> bool:
        """Whether its values are arrays."""
        code = getattr(getattr(self.cls, "__init__", None), "__code__", None)
        called = {*(code.co_names if code else ())}
        return bool(called & {"array", "asarray", "ndarray", "as_array", "ensure_array"})

    @cached_property
    def is_one(self) -> bool:
        """Whether a value can be made of a number, and operators of it are defined."""
        operators = {"__add__", "__mul__"} & {n for b in self.cls.__mro__[:-1] for n in vars(b)}
        required = method_signature(self.cls, "backward").required
        if not operators or required:
            return False
        try:
            made = self.make(np.asarray(0.5))
        except Exception:  # it is made of something else
            return False
        number = plain(made)
        return any(hasattr(made, n) for n in _GRADIENTS) and np.size(number) == 1 and number == 0.5

    @cached_property
    def takes_upstream(self) -> bool:
        """Whether backward may be given an upstream gradient."""
        wanted = method_signature(self.cls, "backward").named
        return self.of_arrays and bool(wanted) and is_upstream_name(wanted[0].name)

    def make(self, x: Array) -> Any:
        """Return a value of this number or array."""
        names = method_signature(self.cls, "__init__").names
        settings = {"requires_grad": True} if "requires_grad" in names else {}
        return self.cls(np.array(x) if self.of_arrays else x.item(), **settings)

    def passes(self, expressions: Mapping[str, Expression]) -> tuple[Any, Any]:
        """Return forward and backward of expressions, which are chosen by the last argument."""

        def graph(values: tuple[Any, ...]) -> tuple[list[Any], Any]:
            leaves = [self.make(v) for v in values[:-1]]
            return leaves, expressions[values[-1]](*leaves)

        def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
            out = np.array(plain(graph(values)[1]), dtype=float)
            return (out if self.takes_upstream else out.sum(),), values

        def backward(upstream: tuple[Array, ...], values: Any) -> Any:
            leaves, out = graph(values)  # anew: a second call of backward may well add up
            self._start(out, upstream[0])
            found = tuple(plain(_gradient(leaf)) for leaf in leaves)
            return found if len(found) > 1 else found[0]

        return forward, backward

    def _start(self, out: Any, upstream: Array) -> None:
        if not self.takes_upstream:
            total = out.sum() if np.size(plain(out)) > 1 and hasattr(out, "sum") else out
            total.backward()
            return
        try:
            out.backward(upstream)
        except (AttributeError, TypeError, AssertionError):
            out.backward(self.cls(upstream))


def _gradient(leaf: Any) -> Any:
    return next((getattr(leaf, n) for n in _GRADIENTS if hasattr(leaf, n)), None)


def _operations(engine: _Engine) -> Iterator[Styled]:
    cls = engine.cls
    held = {n: v for b in reversed(cls.__mro__[:-1]) for n, v in vars(b).items()}
    for name in held:
        texts = _expressions_of(name, cls)
        if texts:
            yield _styled(engine, name, texts)
    if _looks_right(engine, _SUMS | _PRODUCTS):
        yield _styled(engine, "backward", dict.fromkeys(_GRAPHS, 2))


def _expressions_of(name: str, cls: type) -> dict[str, int]:
    """Return expressions of one operator or method, each with its number of operands."""
    if name in _BINARY:
        sign = _BINARY[name]
        alone = {f"a {sign} b": 2} if sign != "**" else {"a ** 3": 1, "a ** 2.0": 1, "a ** -1": 1}
        again = {f"a {sign} a": 1, f"(a {sign} b) {sign} b": 2, f"a {sign} 2.0": 1}
        return alone | (again if sign not in ("**", "@") else {"a ** b": 2, "a ** 0.5": 1})
    if name in _REFLECTED:
        return {_REFLECTED[name]: 1}
    if name == "__neg__":
        return {"-a": 1}
    method = getattr(cls, name, None)
    if name.startswith("_") or name in _NOT_OPERATIONS or not inspect.isfunction(method):
        return {}
    wanted = method_signature(cls, name)
    if isinstance(inspect.getattr_static(cls, name), staticmethod) or wanted.required is None:
        return {}
    if wanted.required == ():
        more = {} if any(not has_default(p) for p in wanted.named) else {f"a.{name}().{name}()": 1}
        return {f"a.{name}()": 1} | more
    return {f"a.{name}(b)": 2} if len(wanted.required) == 1 else {}


def _styled(engine: _Engine, name: str, texts: Mapping[str, int]) -> Styled:
    method = getattr(engine.cls, name)

    def ways(rng: Rng) -> Iterator[Way]:
        wanted = dict(texts)
        if name not in ("__mul__", "backward") and _looks_right(engine, _PRODUCTS):
            again = _AGAIN[_looks_right(engine, dict.fromkeys(_GRAPHS, 2))]
            wanted |= {again.format(text): count for text, count in texts.items()}
        compiled = {text: _compiled(text, count) for text, count in wanted.items()}
        forward, backward = engine.passes(compiled)
        for draw in _draws(engine):
            samples = tuple(
                Sample((*values, text), (), optional=index > 0)
                for index, (text, count) in enumerate(wanted.items())
                for values in itertools.islice(draw(rng, count), _EACH if index else None)
            )
            yield Way(forward, backward, samples)

    code = unwrapped(method)
    return Styled(
        f"{engine.name}.{name}",
        STYLE,
        {"forward": code, "backward": code},
        lambda count: [*"abcdef"[: count - 1], "of"],
        ways,
        (engine.name,),
        is_loss=not engine.takes_upstream,
    )


def _compiled(text: str, count: int) -> Expression:
    names = ", ".join("ab"[:count])
    expression: Expression = eval(f"lambda {names}: {text}", {})  # one of those above
    return expression


def _draws(engine: _Engine) -> Iterator[Callable[[Rng, int], Iterator[tuple[Array, ...]]]]:
    """Yield how operands are drawn: of any sign, then positive ones."""
    if engine.of_arrays:
        for low in (-2.0, 0.3):
            yield functools.partial(_arrays, low, _SHAPES[:2])
            yield functools.partial(_arrays, low, _SHAPES[2:])
    else:
        yield functools.partial(_numbers, _NUMBERS)
        yield functools.partial(_numbers, _POSITIVE)


def _numbers(pairs: Any, rng: Rng, count: int) -> Iterator[tuple[Array, ...]]:
    yield from (tuple(np.asarray(v) for v in pair[:count]) for pair in pairs)


def _arrays(low: float, shapes: Any, rng: Rng, count: int) -> Iterator[tuple[Array, ...]]:
    for pair in shapes[: 2 if count == 2 else 1]:
        yield tuple(np.round(16 * rng.uniform(low, 2.0, shape)) / 16 for shape in pair[:count])


def _looks_right(engine: _Engine, texts: Mapping[str, int]) -> bool:
    """Return whether the gradients of expressions are right as far as a quick look tells."""
    forward, backward = engine.passes({t: _compiled(t, count) for t, count in texts.items()})
    rng = np.random.default_rng(0)
    way = Way(
        forward,
        backward,
        tuple(
            Sample((*values, text), ())
            for text, count in texts.items()
            for values in itertools.islice(next(_draws(engine))(rng, count), _EACH)
        ),
    )
    operation = _styled(engine, "backward", texts)
    return all(is_right(StyledCase(operation, way, sample)) for sample in way.samples)
