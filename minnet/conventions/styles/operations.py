"""Operations of an autograd library: one class each, static or called by a graph.

- ``forward(ctx, a, b)`` and ``backward(ctx, grad)``, which keep what they need in ``ctx``
- ``compute(a, b)`` and ``gradient(grad, node)``, where ``node.inputs`` are the inputs
- ``forward(x0, x1)`` and ``backward(gy)`` of a function whose call keeps ``self.inputs``
- ``forward(x, y)`` and ``backward(grad, x, y, out)``, which is told again what forward was
- ``forward(x, axis)`` and ``backward(grad)`` of an object for each use, made by ``apply``
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.guessing.constructing import CannotConstruct, candidates
from minnet.conventions.samples import Rng
from minnet.conventions.styles.border import AS_IT_IS, Border, across, borders_of, plain
from minnet.conventions.styles.operands import (
    constructions,
    is_known,
    names_of,
    rearranges,
    sweeps,
)
from minnet.conventions.styles.style import Styled, Way, plain_or_last
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import CONTEXTS, is_upstream_name
from minnet.gradcheck.under_test.unwritten import is_left_to_others

STYLE = "operation"
#: what the call of a function may keep for backward, and what it uses to make a node of a graph
_KEPT = {"input", "inputs", "output", "outputs"}
_IN_A_GRAPH = {"set_creator", "creator", "as_variable", "Variable"}


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the operations among what a file holds."""
    for name, cls in namespace.items():
        if inspect.isclass(cls) and (found := _operation(name, cls)) is not None:
            yield found


def _operation(name: str, cls: type) -> Styled | None:
    static = _plain(cls, "forward"), _plain(cls, "backward")
    if all(f is not None and _first(f) in CONTEXTS for f in static):
        return _styled(name, cls, static, _with_context, skip=1)
    computing = _plain(cls, "compute"), _plain(cls, "gradient")
    written = any(f is not None and not is_left_to_others(f) for f in computing) or (
        not {"compute", "gradient"}.isdisjoint(vars(cls))  # else it is a base for others
    )
    if written and None not in computing and len(signature_of(computing[1]).names) >= 3:
        return _styled(name, cls, computing, _of_node, skip=1)
    if None in static:
        return None
    if _is_told_again(*static):
        return _styled(name, cls, static, _with_arguments, skip=0)
    call = _names_in(_plain(cls, "__call__"))
    if call & _KEPT & _names_in(static[1]) or call & _IN_A_GRAPH:
        return _styled(name, cls, static, partial(_of_object, method="__call__"), skip=1)
    if _first(static[0]) == "self" and rearranges(_parameters(cls, static[0])[1:]):
        return _styled(name, cls, static, partial(_of_object, method="forward"), skip=1)
    return None


def _styled(name: str, cls: type, passes: tuple[Any, Any], call: Any, skip: int) -> Styled:
    forward, backward = passes
    parameters = _parameters(cls, forward)[skip:]

    def ways(rng: Rng) -> Iterator[Way]:
        seed = int(rng.integers(1000))
        for operands in sweeps(name, parameters, rng, rearranges(signature_of(cls).parameters)):
            for border in borders_of(forward, boxed=call is _of_node):
                yield from call(cls, passes, border, operands, np.random.default_rng(seed))

    return Styled(
        name,
        STYLE,
        {"forward": unwrapped(forward), "backward": unwrapped(backward)},
        lambda count: names_of(parameters, count),
        ways,
        (name,),
        sure=is_known(name),
        in_tensors=True,
    )


def _plain(cls: type, name: str) -> Any:
    """Return a method as the class has it, with its first parameter; None where it has none.

    The class itself is no parameter: a class method has it already.
    """
    bound = getattr(cls, name, None)
    if not callable(bound):
        return None
    held = inspect.getattr_static(cls, name)
    if isinstance(held, classmethod):
        return bound
    function = getattr(held, "__func__", held)
    return function if inspect.isfunction(function) else None


def _first(function: Callable[..., Any]) -> str:
    return next(iter(signature_of(function).names), "")


def _parameters(cls: type, forward: Any) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of forward; of what it calls, where it hands on whatever it is given.

    >>> class Double:
    ...     @classmethod
    ...     def forward(cls, ctx, *values): return cls._forward(ctx, *values)
    ...     @staticmethod
    ...     def _forward(ctx, x): return 2 * x
    >>> [p.name for p in _parameters(Double, Double.forward)]
    ['ctx', 'x']
    """
    own = signature_of(forward).parameters
    handed_to = "_" + str(getattr(forward, "__name__", ""))
    if own and own[-1].kind is inspect.Parameter.VAR_POSITIONAL and handed_to in _names_in(forward):
        return signature_of(_plain(cls, handed_to)).parameters or own
    return own


def _is_told_again(forward: Any, backward: Any) -> bool:
    """Return whether backward takes the upstream gradient and what forward took."""
    given, told = signature_of(forward).names, signature_of(backward).names
    return (
        bool(given)
        and given[0] not in ("self", *CONTEXTS)
        and told[1 : len(given) + 1] == given
        and is_upstream_name(told[0])
    )


def _names_in(function: Any) -> set[str]:
    return {*getattr(getattr(function, "__code__", None), "co_names", ())}


# --- how each kind is called ----------------------------------------------------------------


class Context:
    """What an operation keeps for its backward pass, in place of the library's own."""

    def __init__(self) -> None:
        self.saved: tuple[Any, ...] = ()
        self.needs_input_grad = (True,) * 9

    def save_for_backward(self, *values: Any) -> None:
        """Keep what backward needs."""
        self.saved = values

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was kept."""
        return self.saved

    save = save_for_backward
    saved_values = saved_variables = saved_data = saved_tensors

    def mark_dirty(self, *values: Any) -> None:
        """Take note of nothing."""

    mark_non_differentiable = set_materialize_grads = mark_shared_storage = mark_dirty


def _own_context(cls: type) -> Any:
    """Return a context as the library of an operation makes it, or else one in place of it."""
    homes = (vars(sys.modules.get(base.__module__)) for base in cls.__mro__[:-1])
    with contextlib.suppress(Exception):  # it wants what is not known, or is still to be written
        make = next(held["Context"] for held in homes if "Context" in held)
        marks = {n: True for n in signature_of(make).names if n.startswith("require")}
        own = make(**marks)
        if callable(own.save_for_backward):
            return own
    return Context()


def _with_context(
    cls: type, passes: tuple[Any, Any], border: Border, operands: Any, rng: Rng
) -> Iterator[Way]:
    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        context = _own_context(cls)
        given = across(border, values)
        returned = passes[0](context, *given)
        own = AS_IT_IS if isinstance(returned, np.ndarray) else border
        return _outputs(returned), (context, own, given)

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        context, own, given = memory
        return _handed(lambda *dout: _expanded(passes[1](context, *dout), given), own, upstream)

    yield from plain_or_last(forward, backward, operands)


def _expanded(returned: Any, operands: Sequence[Any]) -> Any:
    """Return gradients in the shapes of their operands, where these have a method for that.

    A library whose tensors ``expand`` what comes back to them asks no operation to do it.
    """
    found = list(returned) if isinstance(returned, tuple) else [returned]
    for k, (gradient, operand) in enumerate(zip(found, operands, strict=False)):
        with contextlib.suppress(Exception):  # another library's method of that name
            wanted = np.shape(plain(operand))
            if np.shape(plain(gradient)) != wanted:
                expanded = operand.expand(gradient)
                found[k] = expanded if np.shape(plain(expanded)) == wanted else gradient
    return tuple(found) if isinstance(returned, tuple) else found[0]


def _handed(backward: Any, border: Border, upstream: tuple[Array, ...]) -> Any:
    """Return the gradients for an upstream one taken across, or as it is: it may stay an array."""
    try:
        return plain(backward(*across(border, upstream)))
    except (TypeError, AttributeError):
        return plain(backward(*upstream))


def _with_arguments(
    cls: type, passes: tuple[Any, Any], border: Border, operands: Any, rng: Rng
) -> Iterator[Way]:
    told = len(signature_of(passes[1]).names)

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        given = across(border, values)
        outputs = _outputs(passes[0](*given))
        if told == 1 + len(given):  # the gradient of one, what comes beside it is for others
            outputs = outputs[:1]
        return outputs, [*given, *across(border, tuple(map(np.asarray, outputs)))]

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        return plain(passes[1](*upstream, *memory[: told - 1]))

    yield Way(forward, backward, operands)


def _of_node(
    cls: type, passes: tuple[Any, Any], border: Border, operands: Any, rng: Rng
) -> Iterator[Way]:
    for operation in _made(cls, rng):
        yield from (_gradient_of(operation, border, operands, made) for made in (True, False))


def _gradient_of(operation: Any, border: Border, operands: Any, made: bool) -> Way:
    """Return how the gradient of an operation is asked for, of a node that its call has `made`."""
    tie = _tuple_maker(type(operation))

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        own = copy.deepcopy(operation)
        inputs = [tie(*x) if isinstance(x, list) else x for x in across(border, values)]
        if made:
            node = own(*inputs)
            return _outputs(node), (own, node)
        returned = own.compute(*values)
        node = SimpleNamespace(inputs=inputs, op=own, cached_data=returned)
        return _outputs(returned), (own, node)

    def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
        own, node = memory
        given = across(border, upstream)
        return plain(own.gradient(given[0] if len(given) == 1 else tie(*given), node))

    return Way(forward, backward, operands)


def _tuple_maker(cls: type) -> Callable[..., Any]:
    """Return what makes one value of several, in the library of an operation."""
    home = vars(sys.modules.get(cls.__module__))
    made = home.get("make_tuple")
    return made if callable(made) else lambda *values: list(values)


def _of_object(
    cls: type, passes: tuple[Any, Any], border: Border, operands: Any, rng: Rng, method: str
) -> Iterator[Way]:
    for operation in _made(cls, rng):

        def forward(*values: Any, operation: Any = operation) -> tuple[tuple[Any, ...], Any]:
            own = copy.deepcopy(operation)  # each call of a function is an object of its own
            returned = getattr(own, method)(*across(border, values))
            return _outputs(returned), (own, returned)  # which it may hold by a weak reference

        def backward(upstream: tuple[Array, ...], memory: Any) -> Any:
            return _handed(memory[0].backward, border, upstream)

        yield Way(forward, backward, operands)


def _made(cls: type, rng: Rng) -> Iterator[Any]:
    """Yield objects of the class of an operation, made with what its constructor may want.

    What it refuses of that is left out, unless it refuses all.
    """
    refused: Exception | None = None
    made = False
    ways = list(constructions(signature_of(cls).parameters))
    with contextlib.suppress(CannotConstruct):
        ways = ways or [way.arguments for way in candidates(cls, rng)]
    for arguments in ways:
        try:
            operation = cls(**arguments)
        except Exception as error:
            refused = error
            continue
        made = True
        yield operation
    if refused is not None and not made:
        raise refused


def _outputs(returned: Any) -> tuple[Any, ...]:
    found = plain(returned)
    return found if isinstance(found, tuple) else (found,)
