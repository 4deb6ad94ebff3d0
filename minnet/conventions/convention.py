"""What minnet knows of a course: the one form in which each file of a course says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from minnet.conventions.composed import Composed
from minnet.conventions.references.reading import Reference
from minnet.conventions.samples import Samples
from minnet.conventions.subject import Subject
from minnet.gradcheck.under_test.losses import LossCase
from minnet.records import dataclass, field
from minnet.report.results import Skipped


@dataclass(frozen=True)
class Convention:
    """How a course has its layers written: by what that is recognised, and the cases to try.

    Attributes
    ----------
    name : str
        As reports call it.
    is_class : callable
        ``is_class(cls)``: whether a class is written so.
    subject : callable, optional
        ``subject(cls, convention)`` returns what to check such a class by; without it, the
        arguments of its constructor and its inputs are guessed.
    loss_case : type
        The `LossCase` that calls the course's losses.
    losses_take_scores : bool
        Whether every loss of the course takes scores, not probabilities.
    layers_divide : bool
        Whether its layers divide the gradients of their parameters by the batch size, which its
        losses then leave out.
    is_function : callable
        ``is_function(names)``: whether a function with parameters of these names is written so.
    pairs : dict
        The samples of ``X_forward`` by X, several where the course has several of the name.
    composed : callable
        ``composed(stem, names)`` returns what such a function is made of, with parameters of
        these names; None where it is not several layers.
    bare_forwards : tuple of str
        Forward functions that may have no suffix: ``relu(Z)`` beside ``relu_backward``.
    argument_names : set of str
        The names of arguments that leave no doubt about what a function takes.
    loss_samples : callable
        ``loss_samples(name, names)`` returns the samples of a loss function with this name and
        parameters of these names; None where it is unknown.
    references : dict
        What the forward of ``X_forward`` is compared with, by X.
    loss_references : callable
        ``loss_references(name, names)`` returns that of a loss function.
    stand_ins : dict
        The contents of modules that come with the course, by their names.
    """

    name: str
    is_class: Callable[[type], bool] = lambda cls: False
    subject: SubjectOf | None = None
    loss_case: type[LossCase] = LossCase
    losses_take_scores: bool = False
    layers_divide: bool = False
    is_function: Callable[[Sequence[str]], bool] = lambda names: False
    pairs: Mapping[str, Samples | tuple[Samples, ...]] = field(default_factory=dict)
    composed: Callable[[str, Sequence[str]], Composed | None] = lambda stem, names: None
    bare_forwards: tuple[str, ...] = ()
    argument_names: frozenset[str] = frozenset()
    loss_samples: Callable[[str, Sequence[str]], Samples | None] = lambda name, names: None
    references: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    loss_references: Callable[[str, Sequence[str]], tuple[Reference, ...]] = lambda name, names: ()
    stand_ins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def samples_of_pair(self, stem: str) -> tuple[Samples, ...]:
        """Return the samples that ``stem_forward`` may want."""
        known = self.pairs.get(stem, ())
        return known if isinstance(known, tuple) else (known,)


SubjectOf: TypeAlias = Callable[[Any, Convention], Subject | Skipped]
