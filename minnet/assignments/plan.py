"""What a submission will be asked: the cases of every item, and what the solution gives there."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.assignments.folder import Assignment, AssignmentError, Item, need_solution
from minnet.assignments.mirror import Unknown, refuse_unknown, remember_making
from minnet.conventions.discover import find
from minnet.conventions.importing import Loaded
from minnet.conventions.subject import Subject
from minnet.gradcheck.case import CodeError, split_like
from minnet.gradcheck.randomness import random_upstream, stream
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.sandbox import Sandbox

ORDINARY, HARD = "ordinary", "hard"
FAMILIES = (ORDINARY, HARD)
#: most cases of a family of one item: a class is to be graded in minutes
MOST_CASES = 4
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Asked:
    """One case, and what the solution gives there.

    Attributes
    ----------
    case : AdaptedCase
        The solution's own.
    family : str
    outputs : tuple of array
    dout : tuple of array
        The upstream gradients.
    gradients : dict of str to array
        What backward gives.
    again : dict of str to array
        What it gives when it is called a second time: some courses add up.
    random : bool
        Whether the solution draws numbers of its own here: others may draw them otherwise.
    """

    case: AdaptedCase
    family: str
    outputs: tuple[Array, ...]
    dout: tuple[Array, ...]
    gradients: dict[str, Array]
    again: dict[str, Array]
    random: bool


@dataclass(frozen=True)
class Share:
    """What is given for one thing in one family: forward, or one gradient."""

    part: str
    wrt: str
    family: str
    points: Fraction


@dataclass(frozen=True)
class Task:
    """An item with its cases."""

    item: Item
    subject: Subject
    asked: tuple[Asked, ...]
    shares: tuple[Share, ...]


def tasks_of(assignment: Assignment, seed: int) -> tuple[Task, ...]:
    """Return everything that a submission is asked.

    Raises
    ------
    AssignmentError
        In one line, when the solution does not have an item, or fails itself.
    """
    module = _imported(assignment.solution, _stamp(need_solution(assignment)))
    subjects = {found.name: found for found in find(Loaded(module, ""))}
    return tuple(_task(assignment, item, subjects, seed) for item in assignment.items)


def seed_of(assignment: Assignment, submission: bytes) -> int:
    """Return the seed of a submission's cases: another for each, and the same again for the same.

    Who does not know the assignment's secret cannot tell it beforehand.
    """
    digest = hmac.new(assignment.secret.encode(), submission, hashlib.sha256).digest()
    return int.from_bytes(digest[:4], "little")


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=8)
def _imported(path: Path, stamp: tuple[int, int]) -> ModuleType:
    """Return the solution as a module; it is trusted."""
    name = f"minnet_solution_{next(_NUMBERS)}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with Sandbox().running(), _without_bytecode():
            spec.loader.exec_module(module)
    except Exception as error:
        raise AssignmentError(f"{path}: the solution cannot be imported: {error}") from None
    remember_making(module)
    return module


@contextlib.contextmanager
def _without_bytecode() -> Iterator[None]:
    """Leave no ``__pycache__`` in somebody's folder."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _task(assignment: Assignment, item: Item, subjects: dict[str, Any], seed: int) -> Task:
    subject = subjects.get(item.name)
    where = f"{assignment.solution}: {item.name}"
    if subject is None:
        known = ", ".join(subjects) or "nothing"
        raise AssignmentError(f"{where} is not in it; minnet check finds there {known}")
    if not isinstance(subject, Subject):
        raise AssignmentError(f"{where}: {subject.reason}")
    try:
        asked = tuple(_asked(subject, seed))
        for one in asked:
            refuse_unknown(one.case)
    except CodeError as error:
        raise AssignmentError(f"{where}: the solution itself fails: {error}") from None
    except Unknown as error:
        raise AssignmentError(f"{where}: it cannot be graded: {error}") from None
    if not asked:
        raise AssignmentError(f"{where}: there is no case that the solution can be run with")
    return Task(item, subject, asked, tuple(_shares(item, asked)))


def _asked(subject: Subject, seed: int) -> Iterator[Asked]:
    with Sandbox(seed).running():
        found = list(subject.build(np.random.default_rng(seed)))
    cases = [case for case in found if is_double(case)] or found
    counts = dict.fromkeys(FAMILIES, 0)
    for case, family in zip(cases, _families(cases), strict=True):
        if counts[family] < MOST_CASES:
            counts[family] += 1
            yield _answered(case.seeded(seed), family, seed)


def _answered(case: AdaptedCase, family: str, seed: int) -> Asked:
    with np.errstate(all="ignore"):
        run = case.run()
        flat = random_upstream(run.outputs, stream(seed, "upstream"), case.is_loss)
        dout = split_like(flat, run.outputs)
        first, second = (_as_floats(run.backward(dout), case) for _ in range(2))
    return Asked(case, family, run.outputs, dout, first, second, case.is_random)


def _as_floats(raw: dict[str, Any], case: AdaptedCase) -> dict[str, Array]:
    return {name: np.array(raw[name], dtype=np.float64) for name in case.variables}


def is_double(case: AdaptedCase) -> bool:
    """Return whether a case is all in double precision."""
    return all(value.dtype == np.float64 for value in case.variables.values())


def _families(cases: list[AdaptedCase]) -> list[str]:
    """Return which cases are ordinary and which hard; there are both, where there are two.

    Ordinary is the first half of those that have nothing special about them.
    """
    plain = [index for index, case in enumerate(cases) if not index or not _is_hard(case)]
    ordinary = plain[: (len(plain) + 1) // 2]
    return [ORDINARY if index in ordinary else HARD for index in range(len(cases))]


def _is_hard(case: AdaptedCase) -> bool:
    """Return whether a case has what a first try leaves out.

    That is a batch of one, no padding, test mode, and what its author remarks upon: ties,
    saturated inputs, a stride that does not divide.
    """
    settings = [value for value in case.arguments.values() if isinstance(value, dict)]
    batch = case.quantities.get("the batch size", 0.0) == 1
    special = any(s.get("pad") == 0 or s.get("mode") == "test" for s in settings)
    return batch or special or not case.ordinary or _is_remarked(case)


def _is_remarked(case: AdaptedCase) -> bool:
    return any(word in case.description for word in ("zeros", "ties", "large", "saturated"))


def _shares(item: Item, asked: tuple[Asked, ...]) -> Iterator[Share]:
    names = list(dict.fromkeys(name for one in asked for name in one.gradients))
    parts = [("forward", "", item.forward)]
    parts += [("backward", name, item.backward / len(names)) for name in names]
    there = [family for family in FAMILIES if any(one.family == family for one in asked)]
    weights = {ORDINARY: 1 - item.hard, HARD: item.hard}
    if len(there) == 1:
        weights = {there[0]: Fraction(1)}
    for part, wrt, points in parts:
        for family, weight in weights.items():
            if points * weight:
                yield Share(part, wrt, family, points * weight)
