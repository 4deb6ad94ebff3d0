"""Objects of a submission's classes, asked as a pair of functions.

Forward makes an object anew, writes its parameters and runs its forward; the object stays where
it is, as the cache. Backward runs its backward and reads the gradients of its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minnet.assignments.isolation.protocol import Kept
from minnet.assignments.isolation.remote import Meaning, asked, calling
from minnet.assignments.isolation.session import Session


@dataclass(frozen=True)
class Blueprint:
    """How an object is made and used.

    Attributes
    ----------
    cls, forward, backward : str
        The names of the class and of its two passes.
    args, named
        What the constructor is called with.
    inputs : tuple of str
        The arguments of forward.
    parameters : tuple of str
        Where its parameters are: ``W``, or ``params.W``.
    gradients : tuple of tuple of str
        Where the gradient of each may be, the most usual first.
    outputs, input_gradients : tuple of str
        Where passes that return nothing may have left their results.
    """

    cls: str
    forward: str
    backward: str
    args: tuple[Any, ...]
    named: dict[str, Any]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    gradients: tuple[tuple[str, ...], ...]
    outputs: tuple[str, ...]
    input_gradients: tuple[str, ...]


class ObjectForward(Meaning):
    """``forward(*inputs, *parameters) -> (outputs, object)``."""

    def __init__(self, session: Session, blueprint: Blueprint) -> None:
        names = (*blueprint.inputs, *(name.replace(".", "_") for name in blueprint.parameters))
        super().__init__(session, f"{blueprint.cls}.{blueprint.forward}", names)
        self._of = blueprint

    def received(self, answers: Sequence[Any]) -> Any:
        held, *_, returned, left = answers
        return (left if returned is None else returned), held

    def operations(self, args: Sequence[Any], times: int = 1) -> list[tuple[Any, ...]]:
        of, number = self._of, self.session.number()
        count = len(of.inputs)
        making = made(of, number, args[count:])
        calls = calling(Kept(number), of.forward, args[:count], times=times)
        return [*making, calls, ("get", Kept(number), *of.outputs)]


class ObjectBackward(Meaning):
    """``backward(dout, object) -> (*gradients of inputs, *gradients of parameters)``."""

    def __init__(self, session: Session, blueprint: Blueprint) -> None:
        super().__init__(session, f"{blueprint.cls}.{blueprint.backward}", ("dout", "cache"))
        self._of = blueprint

    def received(self, answers: Sequence[Any]) -> Any:
        returned, left, *gradients = answers
        returned, count = left if returned is None else returned, len(self._of.inputs)
        own = tuple(returned) if isinstance(returned, tuple | list) else (returned,)
        own += (None,) * (count - len(own))
        return (*own[:count], *gradients)

    def operations(self, args: Sequence[Any], times: int = 1) -> list[tuple[Any, ...]]:
        *upstream, held = args
        owner = Kept(held.number)
        reading = [
            ("get", owner, *names) for names in (self._of.input_gradients, *self._of.gradients)
        ]
        return [calling(owner, self._of.backward, upstream, times=times), *reading]


class ObjectLoss(Meaning):
    """``loss(*values) -> (loss, gradient)``, by both passes of an object.

    Parameters
    ----------
    session : Session
    blueprint : Blueprint
    handed : callable
        Returns what backward is called with, of forward's arguments and of
        the ``output`` that it may have left behind.
    """

    def __init__(
        self,
        session: Session,
        blueprint: Blueprint,
        handed: Callable[[Sequence[Any], Any], Sequence[Any]],
    ) -> None:
        super().__init__(session, blueprint.cls, blueprint.inputs)
        self._of, self._handed = blueprint, handed

    def call(self, args: Sequence[Any]) -> Any:
        of, number = self._of, self.session.number()
        making = made(of, number, ())
        making += [calling(Kept(number), of.forward, args), ("get", Kept(number), "output")]
        held, loss, output = asked(self.session, making)
        owner = Kept(held.number)
        handed = self._handed(args, output)
        operations = [calling(owner, of.backward, handed), ("get", owner, *of.input_gradients)]
        gradient, left = asked(self.session, operations)
        return loss, left if gradient is None else gradient


def made(of: Blueprint, number: int, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the operations that make an object, keep it, and write its parameters."""
    making = [calling(None, of.cls, of.args, "all", number, of.named)]
    for name, value in zip(of.parameters, parameters, strict=True):
        making.append(("set", Kept(number), name, value))
    return making
