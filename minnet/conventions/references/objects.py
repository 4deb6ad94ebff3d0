"""What an object says of itself: its input, its parameters and its settings by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from minnet.arrays import Array
from minnet.conventions.references import normalization
from minnet.conventions.references.reading import Seen
from minnet.gradcheck.under_test import spellings


def input_of(seen: Seen) -> Any:
    """Return the one array that forward is given; a training flag may stand behind it."""
    arrays = [value for value in seen.given if isinstance(value, np.ndarray)]
    if len(arrays) != 1 or len(arrays) + sum(isinstance(v, bool) for v in seen.given) != len(
        seen.given
    ):
        raise ValueError("there are several inputs")
    return arrays[0]


def parameters_of(seen: Seen, **patterns: str) -> dict[str, Array]:
    """Return all parameters by the roles whose patterns their names match.

    Raises
    ------
    ValueError
        When one has no role, or a role has two.
    """
    found: dict[str, Array] = {}
    for name, value in seen.parameters.items():
        bare = name.rpartition(".")[2].strip("_").lower()
        roles = [role for role, pattern in patterns.items() if re.fullmatch(pattern, bare)]
        if len(roles) != 1 or roles[0] in found:
            raise ValueError(f"what the parameter {name} is for is not known")
        found[roles[0]] = value
    return found


def number(seen: Seen, pattern: str, otherwise: Any) -> Any:
    """Return the setting whose name matches a pattern; a pair of equal numbers as one number.

    Raises
    ------
    ValueError
        When it is no number.
    """
    found = [v for n, v in seen.settings.items() if re.fullmatch(pattern, n.strip("_").lower())]
    if not found and any(re.fullmatch(pattern, name.lower()) for name in seen.constructor):
        raise ValueError("the setting is asked for, and kept where it is not found")
    if not found:
        return otherwise
    values = {
        item for value in found for item in (value if isinstance(value, tuple | list) else (value,))
    }
    if len(values) > 1 or isinstance(value := values.pop(), str | bool):
        raise ValueError("the setting is no single number")
    return value


def eps_of(seen: Seen) -> float:
    return float(number(seen, "eps|epsilon", normalization.EPS))


def evaluates(seen: Seen) -> bool:
    """Return whether an object is in test mode."""
    return seen.settings.get("training", True) is False or "eval" in seen.flags


def averages_of(settings: Mapping[str, Any]) -> tuple[Array, Array] | None:
    """Return the running mean and variance that an object holds."""
    kept = {n.lower(): v for n, v in settings.items() if spellings.is_kept_average(n)}
    means = [v for n, v in kept.items() if re.search(r"mean|mu|_m$", n)]
    variances = [v for n, v in kept.items() if re.search(r"var|_v$", n)]
    if len(means) != 1 or len(variances) != 1:
        return None
    return np.ravel(means[0]), np.ravel(variances[0])
