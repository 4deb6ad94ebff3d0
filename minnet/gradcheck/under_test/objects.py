"""What the adapters of objects share: their arrays are tried out, their settings changed."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np

from minnet.arrays import Array, same_numbers
from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.under_test.calling import TRIAL_SEED, AdaptedCase, AdaptedRun
from minnet.gradcheck.under_test.copying import independent
from minnet.gradcheck.under_test.describe import shape_text
from minnet.gradcheck.under_test.parameters import Parameter, find_parameters, share_memory
from minnet.gradcheck.under_test.reach import reachable
from minnet.gradcheck.under_test.settings import arrays_given, remade, settings_of
from minnet.gradcheck.under_test.state import Snapshot

#: is noted once of a case, for the first of its vectors
AS_ROWS = "vectors get their gradients as rows"


class ObjectCase(AdaptedCase):
    """An object with two passes, and arrays of its own that the output may depend on."""

    _rows = False  # backward takes the upstream gradient of a vector as a row

    def of(self, thing: Any) -> AdaptedCase:
        """Return the same case of another object of the same class."""
        raise NotImplementedError

    def another(self) -> Case:
        self.restore()
        self._latest[0] = None  # what that pass left for backward is gone
        thing = independent(self.thing)
        if thing is self.thing:
            return self  # it cannot be copied
        other = self._moved_to(thing) or self.of(thing)
        return other.with_variables(self.variables).seeded(self._sandbox.seed)

    def _moved_to(self, thing: Any) -> AdaptedCase | None:
        """Return the same case of a copy of the object, if its parameters show without a trial."""
        wanted = {p.name for p in self._parameters}
        found = {p.name: p for p in find_parameters(thing, wanted)}
        if not found.keys() >= wanted:
            return None
        other = copy.copy(self)
        vars(other).update({n: thing for n, held in vars(self).items() if held is self.thing})
        other._roots, other._latest = (thing,), [None]
        other._parameters = [found[p.name] for p in self._parameters]
        other._state = Snapshot(other._roots)
        other._state.forget(p.read() for p in other._parameters)
        return other

    def settings(self) -> dict[str, float | int]:
        return super().settings() | settings_of(self.thing)

    def numbers_held(self) -> dict[str, float | int]:
        """Return the numbers among the object's attributes, by name: self.rate."""
        self.restore()
        held = getattr(self.thing, "__dict__", {}).items()
        numbers = {n: x for n, x in held if isinstance(x, int | float) and not isinstance(x, bool)}
        return {f"self.{name}": value for name, value in numbers.items()}

    def made_with(self) -> dict[str, Array]:
        return {n: x for n, x in arrays_given(self.thing).items() if n not in self.variables}

    def with_setting(self, name: str, value: float | int | Array) -> Case | None:
        if name in self._arguments:
            return super().with_setting(name, value)
        if name.startswith("self."):
            return self._with_attribute(name.removeprefix("self."), value)
        thing = remade(self.thing, name, value)
        if thing is None:
            return None
        other = self.of(thing)
        shapes = {n: x.shape for n, x in other.variables.items()}
        if shapes != {n: x.shape for n, x in self.variables.items()}:
            return None
        return other.with_variables(self.variables).with_inputs({})

    def _with_attribute(self, name: str, value: float | int | Array) -> Case | None:
        """Return the same case of the object with another attribute, which forward has to take."""
        other, own = copy.copy(self), self._state
        self.restore()
        setattr(self.thing, name, value)
        other._state = Snapshot(self._roots)
        other._state.forget(parameter.read() for parameter in self._parameters)
        made = other.with_inputs({})
        own.restore()
        return made

    def _still_held(self, parameters: Iterable[Parameter]) -> list[Parameter]:
        """Return those that are still a part of the object: forward may make others anew."""
        if not (parameters := list(parameters)):
            return []
        alive = {id(item) for item in reachable([self.thing])}
        held = (p for p in parameters if isinstance(p.owner, tuple) or id(p.owner) in alive)
        return [p for p in held if p.exists()]

    def _unclaimed(
        self, held: list[Parameter], parameters: list[Parameter], run: AdaptedRun
    ) -> tuple[str, ...]:
        """Return the arrays that the output depends on, and that backward gives no gradient for."""
        known = [value for p in parameters if isinstance(value := p.read(), np.ndarray)]
        others = [p for p in self._still_held(held) if p.read().size]
        return tuple(
            p.name
            for p in others
            if not any(share_memory(p.read(), array) for array in known)
            and self._is_parameter(p, False, run)
        )

    def _is_parameter(self, parameter: Parameter, claimed: bool, run: AdaptedRun) -> bool:
        """Return whether the output depends on it, or might where a gradient is claimed.

        What forward overwrites before it is used is none (a constant or a buffer is none).
        """
        value, name = parameter.value(), f"self.{parameter.name}"  # an input may be called the same
        self._parameters = [parameter._replace(name=name)]
        self.variables[name] = value
        try:
            rng = np.random.default_rng(TRIAL_SEED)
            other = rng.uniform(0.3, 0.7, value.shape)  # 1, say, has to move
            moved = np.asarray(0.7 * value + other.astype(value.dtype))
            changed = self.run({name: moved})
            overwritten = not np.array_equal(parameter.read(), moved)
        except CodeError:
            return True
        finally:
            self._state.restore()
            if parameter.exists():
                parameter.write(value)
            del self.variables[name]
            self._parameters = []
        pairs = zip(run.outputs, changed.outputs, strict=False)
        if all(same_numbers(a, b) for a, b in pairs):
            return claimed and not overwritten
        return True

    def _wants_rows(self, run: AdaptedRun) -> bool:
        """Return whether backward refuses the gradient of a vector, and takes it as a row."""
        answers = []
        for self._rows in (False, True):
            answers.append(self._answer(run) is not None)
            self._state.restore()
            run = self.run()
        return answers == [False, True]

    def _of_one_sample(self, name: str, gradient: Any) -> Any:
        """Return the gradient of a vector, of one sample without a batch, given as a row."""
        shape = self.variables[name].shape
        if len(shape) != 1 or np.shape(gradient) != (1, *shape):
            return gradient
        if not any(AS_ROWS in note for note in self.notes):
            self._note(f"{AS_ROWS}: {name} {shape_text(shape)}, for one")
        return np.reshape(gradient, shape)
