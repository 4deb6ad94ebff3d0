"""What a backward method is handed, told from the names of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from minnet.arrays import Array
from minnet.gradcheck.under_test.signatures import Signature, has_default
from minnet.gradcheck.under_test.spellings import CACHES, is_learning_rate


@dataclass(frozen=True)
class Slot:
    """One parameter of a backward method, and what belongs there."""

    name: str
    takes: Literal["upstream", "rate", "cache", "input"]


@dataclass(frozen=True)
class BackwardPlan:
    """What to hand to each parameter of a backward method, in order."""

    slots: tuple[Slot, ...]

    @property
    def takes_rate(self) -> bool:
        """Whether backward is handed a learning rate."""
        return any(slot.takes == "rate" for slot in self.slots)

    def beyond(self, outputs: int) -> list[str]:
        """Return the parameters that are left over when each output has an upstream gradient."""
        return [slot.name for slot in self.slots if slot.takes == "upstream"][outputs:]

    def arguments(
        self, upstream: tuple[Array, ...], inputs: Mapping[str, Any], cache: Any, rate: float
    ) -> list[Any]:
        """Return what backward is called with; `inputs` are by the names that forward gives them.

        Where forward has more outputs than backward has parameters for them, the upstream
        gradients come together, as a tuple.
        """
        wanted = [slot for slot in self.slots if slot.takes == "upstream"]
        waiting: list[Any] = list(upstream) if len(wanted) >= len(upstream) else [upstream]
        found: list[Any] = []
        for slot in self.slots:
            if slot.takes == "input":
                found.append(inputs[slot.name])
            elif slot.takes == "cache":
                found.append(cache)
            elif slot.takes == "rate":
                found.append(rate)
            elif waiting:
                found.append(waiting.pop(0))
        return found


def plan_backward(backward: Signature, inputs: Sequence[str]) -> BackwardPlan:
    """Return the plan for a backward method of a layer whose forward takes `inputs`.

    >>> from minnet.gradcheck.under_test.signatures import signature_of
    >>> plan = plan_backward(signature_of(lambda x, dout, lr=0.1: None), ["x"])
    >>> [slot.takes for slot in plan.slots]
    ['input', 'upstream', 'rate']
    """
    parameters = backward.positional
    if parameters is None:
        return BackwardPlan((Slot("dout", "upstream"),))
    slots: list[Slot] = []
    for position, parameter in enumerate(parameters):
        name = parameter.name
        if is_learning_rate(name, position):
            slots.append(Slot(name, "rate"))
        elif name in CACHES:
            slots.append(Slot(name, "cache"))
        elif name in inputs and len(parameters) > 1:
            slots.append(Slot(name, "input"))
        elif not has_default(parameter) or all(slot.takes != "upstream" for slot in slots):
            slots.append(Slot(name, "upstream"))
        else:
            break  # the rest have defaults
    return BackwardPlan(tuple(slots))
