"""Every area of bad input, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import api, command_line
from .judge import Trial

AREAS: dict[str, Callable[[], Iterator[Trial]]] = {
    "api": api.trials,
    "command line": command_line.trials,
}
