"""Every area of bad input, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import api, archives, command_line, expressions, hostile_files, kills, streams
from .judge import Trial

AREAS: dict[str, Callable[[], Iterator[Trial]]] = {
    "api": api.trials,
    "command line": command_line.trials,
    "expressions": expressions.trials,
    "archives": archives.trials,
    "hostile files": hostile_files.trials,
    "streams": streams.trials,
    "kills": kills.trials,
}
