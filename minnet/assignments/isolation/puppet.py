"""A submission as the grader holds it: started, asked, timed and ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from minnet.assignments.isolation import protocol
from minnet.assignments.isolation.lockdown import WALLS, Tried
from minnet.assignments.isolation.pipes import Ended, Pipes

#: what the process runs: its modules are found without running minnet's own
_BOOT = """
import sys, types
for name, place in (("minnet", sys.argv[1]), ("minnet.assignments", sys.argv[2])):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [place]
sys.path.append(sys.argv[3])
import numpy
sys.path.remove(sys.argv[3])
from minnet.assignments.isolation.child import main
main()
"""
#: seconds that a process may take until it is ready: it imports NumPy, on a machine under load
STARTING = 60.0
_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)|import[ \t]+([^#;\r\n]+))", re.MULTILINE)


@dataclass(frozen=True)
class Setting:
    """What a submission may do and take.

    Attributes
    ----------
    packages : tuple of str
        What it may import besides the standard library.
    memory_mb : int
    seconds : float
        For everything it is asked.
    walls : tuple of str
        Which of `WALLS` to put up, where the system has them.
    forbidden : tuple of str
        Paths that must not be readable for the isolation to count as full.
    """

    packages: tuple[str, ...] = ("numpy",)
    memory_mb: int = 1024
    seconds: float = 60.0
    walls: tuple[str, ...] = WALLS
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Returned:
    """What a call gave: its value, and whether it used the global random generators."""

    value: Any
    random: bool


class Raised(Exception):
    """A call raised; `kind` names the exception, `line` is that of the submission, or 0."""

    def __init__(self, kind: str, message: str, line: int) -> None:
        super().__init__(message)
        self.kind, self.line = kind, line


class Puppet:
    """A process that holds a submission; a context manager, which ends it.

    Parameters
    ----------
    setting : Setting

    Attributes
    ----------
    tried : Tried
        What the process could do when it tried, before it was given the submission.
    """

    def __init__(self, setting: Setting, preload: Collection[str] = ()) -> None:
        self._own = tempfile.TemporaryDirectory(prefix="minnet-", ignore_cleanup_errors=True)
        try:
            self._process = _start()
            self._pipes = Pipes(self._process)
            self._number = 0
            self.tried = self._shut_in(setting, preload)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Puppet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and what it has started."""
        process = getattr(self, "_process", None)
        if process is not None:
            if os.name == "posix":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()
        self._own.cleanup()

    def load(self, file: str, source: bytes, seconds: float) -> None:
        """Have it run the submission's source as a module.

        Raises
        ------
        Raised, Ended
        """
        _returned(self._ask(("load", file, np.frombuffer(source, np.uint8)), seconds))

    def do(
        self, operations: Sequence[tuple[Any, ...]], dropped: Sequence[int], seconds: float
    ) -> list[Returned]:
        """Have it do operations one after the other, in one round trip.

        Parameters
        ----------
        operations : sequence
            ``("call", owner, name, args, named, seed, keep, number, times)``,
            ``("get", owner, name, *others)``, ``("set", owner, name, value)``; an owner is None,
            the submission itself, or a `Kept`.
        dropped : sequence of int
            What need not be kept any longer.
        seconds : float
            For all of them together.

        Raises
        ------
        Raised
            What the first of them raised that did.
        Ended
        """
        answers = self._ask(("do", list(operations), list(dropped)), seconds)
        if not isinstance(answers, list) or len(answers) > len(operations):
            raise Ended("it broke off the conversation with the grader")
        found = [_returned(answer) for answer in answers]
        if len(found) != len(operations):
            raise Ended("it broke off the conversation with the grader")
        return found

    def _ask(self, request: tuple[Any, ...], seconds: float) -> Any:
        self._number += 1
        deadline = time.monotonic() + seconds
        try:
            self._pipes.send(protocol.pack((self._number, *request)), deadline)
            answer = self._pipes.receive(deadline)
        except protocol.ProtocolError as error:
            raise Ended(f"it sent {error}") from None
        if not (type(answer) is tuple and len(answer) == 2 and answer[0] == self._number):
            raise Ended("it broke off the conversation with the grader")
        return answer[1]

    def _shut_in(self, setting: Setting, preload: Collection[str]) -> Tried:
        secret = Path(self._own.name) / "secret"
        secret.write_text("nobody else's", encoding="utf-8")
        secret.chmod(0o600)
        asked = {
            "packages": list(setting.packages),
            "places": _places(setting.packages),
            "preload": list(preload),
            "memory_mb": setting.memory_mb,
            "seconds": float(setting.seconds),
            "walls": list(setting.walls),
            "forbidden": [str(secret), *setting.forbidden],
            "folder": self._own.name,
            "open_folder": tempfile.gettempdir(),
            "grader": os.getpid(),
        }
        deadline = time.monotonic() + STARTING
        self._pipes.send(protocol.pack(asked), deadline)
        _, found = self._pipes.receive(deadline)
        return Tried(**found)


def modules_named(source: bytes) -> list[str]:
    """Return the modules of the standard library that a source imports, as far as lines show.

    >>> modules_named(b"import math, re as r\\nfrom os import path\\nimport torch")
    ['math', 'os', 're']
    """
    found = [part for pair in _IMPORT.findall(source) for part in b",".join(pair).split(b",")]
    names = {re.split(rb"[.\s]", part.strip())[0].decode("ascii", "ignore") for part in found}
    return sorted(names & sys.stdlib_module_names)


def _start() -> subprocess.Popen[bytes]:
    package = Path(__file__).resolve().parents[2]
    places = [package, package / "assignments", *map(Path, _places(["numpy"]))]
    environment = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
    environment |= {"MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    if "SYSTEMROOT" in os.environ:  # Windows does not start a process without it
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return subprocess.Popen(
        [sys.executable, "-s", "-S", "-P", "-B", "-c", _BOOT, *places],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=environment,
        cwd=package.anchor,
        start_new_session=os.name == "posix",
    )


def _places(packages: Collection[str]) -> list[str]:
    """Return the folders that packages are imported from."""
    found = []
    for name in packages:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            levels = 1 if spec.submodule_search_locations else 0
            found.append(str(Path(spec.origin).parents[levels]))
    return list(dict.fromkeys(found))


def _returned(answer: Any) -> Returned:
    if isinstance(answer, tuple) and len(answer) == 3 and answer[0] == "returned":
        return Returned(answer[1], answer[2] is True)
    if isinstance(answer, tuple) and len(answer) == 4 and answer[0] == "raised":
        _, kind, message, line = answer
        if isinstance(kind, str) and isinstance(message, str) and type(line) is int:
            raise Raised(kind if kind.isidentifier() else "Exception", message, line)
    raise Ended("it broke off the conversation with the grader")
