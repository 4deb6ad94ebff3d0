"""What a trial is, and what must not come of one."""

from __future__ import annotations

import linecache
import re
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import minnet

PACKAGE = str(Path(minnet.__file__).parent)
#: what a refusal may be; each names the thing, and was raised on purpose
REFUSALS = (TypeError, ValueError, OSError, ArithmeticError, NotImplementedError, RuntimeError)
LONGEST = 500
#: what Python itself says, well enough, of a call with too many or too few arguments
SIGNATURE = re.compile(r"\(\) (takes|missing|got) |must be (a path|str|bytes|path-like)")


@dataclass(frozen=True)
class Trial:
    """One bad input.

    `run` returns what is wrong with what came of it, or "".
    """

    what: str
    run: Callable[[], str]

    def problem(self) -> str:
        """Run it; an exception of the trial's own is a problem too."""
        try:
            return self.run()
        except Exception as error:  # noqa: BLE001
            where = traceback.extract_tb(error.__traceback__)[-1]
            return f"the trial raised {type(error).__name__}: {error} ({where.name})"


def call(what: str, function: Callable[[], object], refused: bool = True) -> Trial:
    """Return a trial of the library: a clear refusal, or (unless it must be refused) a result."""

    what = " ".join(what.split())

    def run() -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = function()
        except Exception as error:  # noqa: BLE001
            return unclear(error)
        return " ".join(f"accepted: {found!r:.80}".split()) if refused else ""

    return Trial(what, run)


def unclear(error: Exception) -> str:
    """Return what is bad about an exception: an accident, or a text that does not help."""
    text = str(error)
    told = f"{type(error).__name__}: {text:.160}"
    if isinstance(error, MemoryError):  # NumPy says how much was asked for
        return "" if "allocate" in text else told
    if not isinstance(error, REFUSALS):
        return f"no refusal: {told}"
    if len(text) < 15 or len(text) > LONGEST or "\n" in text.strip():
        return f"not one clear line: {told}"
    if isinstance(error, TypeError) and SIGNATURE.search(text):
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    if not last.filename.startswith(PACKAGE):
        return f"an accident in {Path(last.filename).name}, {last.name}: {told}"
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    if not line.startswith("raise"):
        return f"an accident at {Path(last.filename).name}:{last.lineno} `{line:.50}`: {told}"
    return ""


def unclear_output(out: str, err: str) -> str:
    """Return what must never be printed, whatever was given."""
    for text in (out, err):
        for bad in ("Traceback (most", "minnet itself failed", "an internal error", "None:"):
            if bad in text:
                return f"printed {bad!r}: ...{text[max(text.find(bad) - 40, 0) :][:160]!r}"
        if "cannot write None" in text or "\x1b[2J" in text:
            return f"printed {text[-120:]!r}"
    return ""
