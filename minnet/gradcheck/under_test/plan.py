"""What a backward method is handed, told from the names of its parameters."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from minnet.gradcheck.case import Case
from minnet.gradcheck.under_test.nested import is_nested, leaves
from minnet.gradcheck.under_test.signatures import POSITIONAL, Signature, has_default, signature_of
from minnet.gradcheck.under_test.spellings import (
    CACHES,
    GRADIENT_DICTS,
    MOMENTA,
    is_learning_rate,
    is_penalty,
    is_training_flag,
    is_upstream_name,
)
from minnet.records import dataclass


@dataclass(frozen=True)
class Slot:
    """One parameter of a backward method, and what belongs there."""

    name: str
    takes: Literal["upstream", "rate", "cache", "input", "momentum", "penalty", "gradients"]


@dataclass(frozen=True)
class BackwardPlan:
    """What to hand to each parameter of a backward method, in order."""

    slots: tuple[Slot, ...]

    @property
    def takes_rate(self) -> bool:
        """Whether backward is handed a learning rate."""
        return any(slot.takes == "rate" for slot in self.slots)

    @property
    def takes_cache(self) -> bool:
        """Whether backward is handed what forward kept for it, under a name that says so."""
        return any(slot.takes == "cache" for slot in self.slots)

    def takes_second(self, output: Any) -> bool:
        """Return whether backward takes an upstream gradient of forward's second `output`."""
        wanted = self.beyond(1)
        arrays = any(isinstance(leaf, np.ndarray) for leaf in leaves("", output).values())
        return bool(wanted) and is_nested(output) and arrays and is_upstream_name(wanted[0])

    def filled(self, handed: Sequence[Any]) -> dict[str, Any]:
        """Return what backward wrote into a dict that it was handed for the gradients."""
        pairs = zip(self.slots, handed, strict=False)
        return next((given for slot, given in pairs if slot.takes == "gradients"), {})

    def beyond(self, outputs: int) -> list[str]:
        """Return the parameters that are left over when each output has an upstream gradient."""
        return [slot.name for slot in self.slots if slot.takes == "upstream"][outputs:]

    def arguments(
        self, upstream: tuple[Any, ...], inputs: Mapping[str, Any], cache: Any, rate: float
    ) -> list[Any]:
        """Return what backward is called with; `inputs` are by the names that forward gives them.

        Where forward has more outputs than backward has parameters for them, the upstream
        gradients come together, as a tuple; where it has one parameter more, that is the cache.
        """
        wanted = [slot for slot in self.slots if slot.takes == "upstream"]
        if len(upstream) == 1 and isinstance(upstream[0], list) and len(wanted) > 1:
            upstream = tuple(upstream[0])
        waiting: list[Any] = list(upstream) if len(wanted) >= len(upstream) else [upstream]
        if len(wanted) == len(waiting) + 1 and cache is not None:
            waiting.append(cache)
        found: list[Any] = []
        for slot in self.slots:
            if slot.takes == "input":
                found.append(inputs[slot.name])
            elif slot.takes == "cache":
                found.append(cache)
            elif slot.takes == "rate":
                found.append(rate)
            elif slot.takes in ("momentum", "penalty"):
                found.append(0.0)
            elif slot.takes == "gradients":
                found.append({})
            elif waiting:
                found.append(waiting.pop(0))
        return found


def upstream_names(case: Case, outputs: int) -> list[str]:
    """Return what backward calls the upstream gradient of each output, "dout" where it says not.

    What has the name of an input says something else, or is a derivative that takes no upstream.
    """
    signature = signature_of(case.code.get("backward"))
    own = signature.parameters
    if own and own[0].name in ("self", "cls"):
        signature = Signature(own[1:], signature.known)
    plan = plan_backward(signature, case.inputs)
    names = [slot.name for slot in plan.slots if slot.takes == "upstream"]
    told = len(names) >= outputs and set(names).isdisjoint(case.inputs)
    return names[:outputs] if told else ["dout"] * outputs


def plan_backward(
    backward: Signature, inputs: Sequence[str], kept: Container[str] = ()
) -> BackwardPlan:
    """Return the plan for a backward method of a layer whose forward takes `inputs`.

    What it may be given and the object has `kept` anyway is not the upstream gradient.

    >>> from minnet.gradcheck.under_test.signatures import signature_of
    >>> plan = plan_backward(signature_of(lambda x, dout, lr=0.1: None), ["x"])
    >>> [slot.takes for slot in plan.slots]
    ['input', 'upstream', 'rate']
    """
    parameters = [p for p in backward.parameters if p.kind in POSITIONAL]  # and what is open
    if not parameters and backward.positional is None:
        return BackwardPlan((Slot("dout", "upstream"),))
    several = sum(not is_training_flag(p.name) for p in parameters) > 1
    slots: list[Slot] = []
    for position, parameter in enumerate(parameters):
        name = parameter.name
        if is_learning_rate(name, position):
            slots.append(Slot(name, "rate"))
        elif name in MOMENTA and any(slot.takes == "rate" for slot in slots):
            slots.append(Slot(name, "momentum"))
        elif name in CACHES:
            slots.append(Slot(name, "cache"))
        elif position and name not in inputs and not has_default(parameter) and is_penalty(name):
            slots.append(Slot(name, "penalty"))
        elif name in GRADIENT_DICTS and any(slot.takes == "upstream" for slot in slots):
            slots.append(Slot(name, "gradients"))
        elif name in inputs and (several or is_training_flag(name)):
            slots.append(Slot(name, "input"))
        elif parameter.default is None and name in kept and not is_upstream_name(name):
            break  # it stands for what was kept
        elif not has_default(parameter) or all(slot.takes != "upstream" for slot in slots):
            slots.append(Slot(name, "upstream"))
        else:
            break  # the rest have defaults
    return BackwardPlan(tuple(slots))
