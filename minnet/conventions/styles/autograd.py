"""Numbers and arrays that know where they came from: ``Value``, with ``.grad`` and ``.backward()``.

Every operator and method is checked by expressions of it: alone, with an operand used twice, its
result used again, and behind itself. What ``backward`` itself does, with what is reached along
several paths, is checked by sums and products once these are right.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.attempts import MOST_LINES, attempt
from minnet.conventions.guessing.kinds import is_of_positive
from minnet.conventions.quick_look import is_right
from minnet.conventions.samples import Rng, Sample
from minnet.conventions.styles.border import around, plain
from minnet.conventions.styles.engines import STARTS, Engine, engine_of
from minnet.conventions.styles.operands import OPERANDS_TOO, is_list, settings_named
from minnet.conventions.styles.style import Styled, StyledCase, Way
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.sandbox import global_state, standing_at
from minnet.gradcheck.under_test.signatures import (
    Signature,
    method_signature,
    signature_of,
    unwrapped,
)
from minnet.gradcheck.under_test.spellings import Passes
from minnet.tracing.tracer import TooLong, at_most

STYLE = "autograd"
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
#: what becomes of an expression: it raises, gives something else, or a value of the graph
_REFUSED, _OTHER, _VALUE = range(3)
#: so many operands for each expression but the first, which is tried with all
_EACH = 1
#: what has to be right for it to be looked at, each node of it used once
_SUMS, _PRODUCTS = {"a + b": 2, "a + a": 1}, {"a * b": 2, "a * a": 1}
#: an upstream gradient that is not 1: of two results, or, where the graph is gone through
#: rightly, of one that is used twice
_AGAIN = ("({0}) * ({0})", "(c := {0}) * c")
#: an operand that is used elsewhere too, whose gradient has something in it already
_BESIDE = "({0}) + a"
#: powers that are smooth at positive numbers alone
_ROOTS = {"a ** b": 2, "a ** 0.5": 1}
#: with few digits in binary: contributions add up exactly, in whatever order a set has them
_NUMBERS = ((0.75, -1.25), (-0.5, 2.5), (1.5, 0.75))
_POSITIVE = ((0.75, 1.25), (0.5, 2.5), (0.875, 0.75))
_SHAPES = (((4, 5), (4, 5)), ((4, 5), (5,)), ((4, 5), (5, 3), (3,)), ((2, 4, 5), (2, 5, 3)))
#: so many ways to call a function are tried
_MOST_CALLS = 12
#: the methods of an operation that is a class of its own
_PASSES = Passes("forward", "backward")
_NOT_OPERATIONS = {"zero_grad", "detach", "item", "numpy", "copy", "clone", "cleargrad", *STARTS}


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the operations of the autograd classes among what a file holds."""
    classes: dict[str, Any] = {n: v for n, v in namespace.items() if inspect.isclass(v)}
    spoken_for: set[str] = set()
    for name, cls in classes.items():
        engine = engine_of(name, cls)
        if name in spoken_for or not engine.is_one:
            continue
        nodes = tuple(n for n, other in classes.items() if _is_node_of(other, cls))
        spoken_for.update(nodes)
        yield from _operations(engine, nodes)
    for name, value in namespace.items():
        partner = f"{name.lstrip('_')}_backward"
        if inspect.isroutine(value) and (partner in namespace or not name.startswith("_")):
            code = unwrapped(value)
            for found in _function(name, code, signature_of(code), {"forward": code}):
                claimed = (n for n in (name, partner, f"_{partner}") if n in namespace)
                yield found._replace(claims=tuple(claimed))
        elif inspect.isclass(value) and passes_of(value) == _PASSES:
            passes = {n: getattr(value, n) for n in ("forward", "backward")}
            signature = method_signature(value, "forward")
            if not signature.parameters:  # it is made of its operands
                signature = signature_of(value)
            yield from _function(name, _applied(value, signature), signature, passes)


def _applied(cls: Any, signature: Signature) -> Callable[..., Any]:
    """Return an operation that is a class of its own as a function of its operands.

    A class that has ``apply`` makes an object for each use, and hands settings on by name.
    """
    takes_nothing = not method_signature(cls, "forward").parameters

    def operation(*given: Any) -> Any:
        if takes_nothing:
            return cls(*given).forward()
        if not inspect.ismethod(getattr(cls, "apply", None)):
            return cls().forward(*given)
        named = list(zip(signature.argument_names(len(given)), given, strict=True))
        settings = {n: v for n, v in named if settings_named(n) is not None}
        return cls.apply(*(v for n, v in named if n not in settings), **settings)

    return operation


def _function(
    name: str, function: Any, signature: Signature, code: Mapping[str, Any]
) -> Iterator[Styled]:
    """Yield how a function is called that makes a value of a graph of the values it is given."""
    several = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters)
    texts = _calls_of(name, signature.required or (("inputs",) if several else ()))
    texts |= {f"{name}(a, b)": 2} if several and not signature.required else {}
    at_hand = (v for home in _homes(code["forward"]) for v in home.values() if texts)
    classes: dict[Any, None] = dict.fromkeys(v for v in at_hand if inspect.isclass(v))
    for cls in classes:
        engine = engine_of(cls.__name__, cls)
        if not engine.works:
            continue
        held = {name: function}
        with attempt():  # it may have no values of a single number
            held["three"] = engine.make(np.array(3.0))
        found = _tried(engine, texts, held)
        if _VALUE in found.values():
            kept = {t: texts[t] for t in sorted(texts, key=found.__getitem__, reverse=True)}
            styled = _styled(engine, name, kept, held)
            yield styled._replace(
                name=name, claims=(name,), code={"backward": code["forward"], **code}
            )
            return


def _homes(function: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the namespaces where a function, or the bases of its class, find what they use.

    Last the rest of its package: what is made of operands asks them for their class.
    """
    own = getattr(function, "__globals__", {})
    holder = own.get(getattr(function, "__qualname__", "").partition(".")[0])
    for base in holder.__mro__[-2::-1] if inspect.isclass(holder) else ():
        yield vars(sys.modules.get(base.__module__, object))
    yield own
    home = sys.modules.get(own.get("__name__", ""))
    yield from map(vars, around(home) if home is not None else ())


def _calls_of(name: str, wanted: Sequence[str]) -> dict[str, int]:
    """Return expressions that call a function with what its parameters may be, by their names."""
    settings = [None if n in OPERANDS_TOO else settings_named(n) for n in wanted]
    first, *roles = settings or [()]
    if first is not None:
        return {}
    if not roles:
        alone, listed = {f"{name}(a)": 1}, {f"{name}([a, b])": 2}
        return listed | alone if is_list(wanted[0]) or wanted[0] == "inputs" else alone | listed
    if roles == [None]:
        numbers = {f"{name}(a, 2.0)": 1, f"{name}(a, three)": 1}
        return numbers if "pow" in name.lower() else {f"{name}(a, b)": 2} | numbers
    letters = iter("bcd")
    choices = [(next(letters, ""),) if role is None else [*map(repr, role)] for role in roles]
    given = itertools.islice(itertools.product(*choices), _MOST_CALLS)
    return {f"{name}(a, {', '.join(values)})": 1 + roles.count(None) for values in given}


def _is_node_of(cls: type, engine: type) -> bool:
    """Return whether a class only makes nodes of an engine's graph: its operators return them."""
    return issubclass(cls, engine) and (cls is engine or _BINARY.keys().isdisjoint(vars(cls)))


def _passes(engine: Engine, expressions: Mapping[str, Expression]) -> tuple[Any, Any]:
    """Return forward and backward of expressions, which are chosen by the last argument."""

    def graph(values: tuple[Any, ...]) -> tuple[list[Any], Any]:
        leaves = [engine.make(v) for v in values[:-1]]
        return leaves, expressions[values[-1]](*leaves)

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        state = global_state()
        out = np.array(plain(graph(values)[1]), dtype=float)
        return (out if engine.takes_upstream else out.sum(),), (values, state)

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        values, state = memory
        with standing_at(state):  # of the generators: the graph is that of forward
            leaves, out = graph(values)  # anew: a second call of backward may well add up
        found = engine.gradients(out, upstream[0], leaves)
        return found if len(found) > 1 else found[0]

    return forward, backward


def _operations(engine: Engine, nodes: tuple[str, ...]) -> Iterator[Styled]:
    """Yield the operations of an engine; with them the classes of its `nodes` are spoken for."""
    cls = engine.cls
    held = {n: v for b in reversed(cls.__mro__[:-1]) for n, v in vars(b).items()}
    for name in held:
        texts = _expressions_of(name, cls)
        found = _tried(engine, texts)
        if found and (name.startswith("__") or not any(found.values()) or _VALUE in found.values()):
            texts = {t: texts[t] for t in sorted(texts, key=found.__getitem__, reverse=True)}
            yield _styled(engine, name, texts)._replace(claims=nodes)
    if _looks_right(engine, _SUMS | _PRODUCTS):
        yield _styled(engine, engine.start, dict.fromkeys(_GRAPHS, 2))._replace(claims=nodes)


def _tried(
    engine: Engine, texts: Mapping[str, int], at_hand: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, int]:
    """Return for each expression whether it runs, and then whether it gives a value of the graph.

    A method that gives something else is no operation; an operator is one, whatever it gives.
    What runs for ever with some operands is not meant for operands.
    """
    found = dict.fromkeys(texts, _REFUSED)
    for draw, (text, count) in itertools.product(_draws(engine), texts.items()):
        arguments = next(draw(np.random.default_rng(0), count))
        try:
            with at_most(MOST_LINES):
                operands = [engine.make(argument) for argument in arguments]
                given = _compiled(text, count, at_hand)(*operands)
            made = engine.is_value(given) and all(given is not one for one in operands)
            made = made and engine.follows(given, operands[0])
            if made:
                np.asarray(plain(given), dtype=float)  # and no array of values
            found[text] = max(found[text], _VALUE if made else _OTHER)
        except TooLong:
            return dict.fromkeys(texts, _REFUSED)
        except Exception:  # a method of the user's, with what may be no operand
            continue
    return found


def _expressions_of(name: str, cls: type) -> dict[str, int]:
    """Return expressions of one operator or method, each with its number of operands."""
    if name in _BINARY:
        sign = _BINARY[name]
        alone = {f"a {sign} b": 2} if sign != "**" else {"a ** 3": 1, "a ** 2.0": 1, "a ** -1": 1}
        again = {f"b {sign} (a {sign} b)": 2, f"(a {sign} b) {sign} b": 2, f"a {sign} 2.0": 1}
        return alone | {"**": _ROOTS, "@": {}}.get(sign, again)
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
    bare = [f"a.{name}()"] if wanted.required == () else []
    repeats = bool(bare) and not wanted.parameters and not is_of_positive(name)
    twice = [f"a.{name}().{name}()"] if repeats else []
    return dict.fromkeys([*bare, *twice], 1) | _with_arguments(name, wanted)


def _with_arguments(name: str, wanted: Signature) -> dict[str, int]:
    """Return expressions of a method with an operand, or with what its parameters may be set to."""
    first = [p for p in wanted.parameters if p.kind is not p.VAR_KEYWORD][:1]
    names = wanted.required or ()
    if not first or len(names) > 1:
        return {}
    settings = settings_named(first[0].name)
    if settings is None:
        return {f"a.{name}(b)": 2} if names else {}
    star = "*" if first[0].kind is first[0].VAR_POSITIONAL else ""
    values = [
        v for v in settings if isinstance(v, tuple) or not (star or isinstance(v, np.ndarray))
    ]
    return {f"a.{name}({star}{value!r})": 1 for value in values}


def _styled(
    engine: Engine,
    name: str,
    texts: Mapping[str, int],
    at_hand: Mapping[str, Any] = MappingProxyType({}),
) -> Styled:
    code = unwrapped(getattr(engine.cls, name, engine.cls))

    def ways(rng: Rng) -> Iterator[Way]:
        wanted = dict(texts)
        if name not in ("__mul__", engine.start) and _looks_right(engine, _PRODUCTS):
            again = _AGAIN[_looks_right(engine, dict.fromkeys(_GRAPHS, 2))]
            wanted |= {again.format(text): count for text, count in texts.items()}
        if name not in ("__add__", engine.start) and _looks_right(engine, _SUMS):
            kept = {t: n for t, n in texts.items() if _keeps_shape(engine, t, n, at_hand)}
            wanted |= {_BESIDE.format(text): count for text, count in kept.items()}
        compiled = {text: _compiled(text, count, at_hand) for text, count in wanted.items()}
        forward, backward = _passes(engine, compiled)
        for draw in _draws(engine, is_of_positive(name)):
            samples = tuple(
                Sample((*_within(text, values), text), (), optional=index + nth > 0)
                for index, (text, count) in enumerate(wanted.items())
                for nth, values in enumerate(
                    itertools.islice(draw(rng, count), _EACH if index else None)
                )
            )
            yield Way(forward, backward, samples)

    return Styled(
        f"{engine.name}.{name}",
        STYLE,
        {"forward": code, "backward": code},
        lambda count: [*"abcdef"[: count - 1], "of"],
        ways,
        is_loss=not engine.takes_upstream,
        in_tensors=True,
    )


def _keeps_shape(engine: Engine, text: str, count: int, at_hand: Mapping[str, Any]) -> bool:
    """Return whether an expression is of the shape of its operand: not every sum broadcasts."""
    for draw in _draws(engine):
        (a, *others) = next(draw(np.random.default_rng(0), count))
        with contextlib.suppress(Exception):  # of the user's
            given = _compiled(text, count, at_hand)(*map(engine.make, (a, *others)))
            return bool(np.shape(plain(given)) == np.shape(a))
    return False


def _compiled(
    text: str, count: int, at_hand: Mapping[str, Any] = MappingProxyType({})
) -> Expression:
    names = ", ".join("abcd"[:count])
    held = {"array": np.array, **at_hand}
    expression: Expression = eval(f"lambda {names}: {text}", held)  # one of those above
    return expression


def _within(text: str, values: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return operands for an expression, moved to where it is smooth."""
    if any(root in text for root in _ROOTS):
        return tuple(np.abs(value) + 0.25 for value in values)
    return values


def _draws(
    engine: Engine, positive: bool = False
) -> Iterator[Callable[[Rng, int], Iterator[tuple[Array, ...]]]]:
    """Yield how operands are drawn: of any sign, unless they are to be positive, then such ones."""
    if engine.of_arrays:
        for low in (0.3,) if positive else (-2.0, 0.3):
            yield functools.partial(_arrays, low, _SHAPES[:2])
            yield functools.partial(_arrays, low, _SHAPES[2:3])
            yield functools.partial(_arrays, low, _SHAPES[3:])
    else:
        for pairs in (_POSITIVE,) if positive else (_NUMBERS, _POSITIVE):
            yield functools.partial(_numbers, pairs)


def _numbers(pairs: Any, rng: Rng, count: int) -> Iterator[tuple[Array, ...]]:
    yield from (tuple(np.asarray(v) for v in (pair * count)[:count]) for pair in pairs)


def _arrays(low: float, shapes: Any, rng: Rng, count: int) -> Iterator[tuple[Array, ...]]:
    for some in shapes[: 2 if count == 2 else 1]:
        each = (*some, *some[-1:] * count)[:count]
        yield tuple(np.round(16 * rng.uniform(low, 2.0, shape)) / 16 for shape in each)


def _looks_right(engine: Engine, texts: Mapping[str, int]) -> bool:
    """Return whether the gradients of expressions are right as far as a quick look tells."""
    forward, backward = _passes(engine, {t: _compiled(t, count) for t, count in texts.items()})
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
    operation = _styled(engine, engine.start, texts)
    return all(is_right(StyledCase(operation, way, sample)) for sample in way.samples)
