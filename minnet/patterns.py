"""Regular expressions that are compiled when they are first used.

The checker knows a hundred, for names of every kind of course; one file has to do with few.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as pattern
else:

    class pattern:  # noqa: N801
        """A regular expression as `re.compile` takes it."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self._given = text, flags

        def __getattr__(self, name: str) -> Any:
            found = getattr(re.compile(*self._given), name)
            vars(self)[name] = found  # asked for once
            return found


__all__ = ["pattern"]
