"""A submission for as long as it is graded: its process, started again where one has ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NoReturn

from minnet.assignments.isolation.lockdown import Tried
from minnet.assignments.isolation.pipes import Ended
from minnet.assignments.isolation.puppet import Puppet, Raised, Returned, Setting, modules_named

NO_TIME = "there was no time left: the limit for a whole submission is {:g} seconds"


class Session:
    """A submission that can be asked, whatever became of the process that answered before.

    Once a process has ended, everything is refused until `renew`: whoever asks in a loop must not
    wait for the same hang again and again.

    Parameters
    ----------
    setting : Setting
        Its seconds are for the whole session.
    file : str
        What the submission is called.
    source : bytes
    patience : float
        Seconds for one request.
    """

    def __init__(self, setting: Setting, file: str, source: bytes, patience: float) -> None:
        self._setting, self._file, self._source = setting, file, source
        self._preload = modules_named(source)
        self.patience = patience
        self._until = time.monotonic() + setting.seconds
        self._puppet: Puppet | None = None
        self._ended = ""
        self.generation = 0
        self.dropped: list[int] = []
        self._next = 0
        self.tried: list[Tried] = []

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._puppet is not None:
            self._puppet.close()
            self._puppet = None

    def start(self) -> Tried:
        """Start a process without the submission; return what it could do."""
        self.close()
        self.generation += 1
        self.dropped.clear()
        self._puppet = Puppet(self._setting, self._preload)
        self.tried.append(self._puppet.tried)
        return self._puppet.tried

    def load(self) -> None:
        """Have the process run the submission's source.

        Raises
        ------
        Raised, Ended
        """
        if self._puppet is None:
            self.start()
        assert self._puppet is not None
        try:
            self._puppet.load(self._file, self._source, self._seconds())
        except Ended as error:
            self._end(error)

    def renew(self) -> None:
        """Have a process that works, if there is time left; nothing is kept from the one before.

        Raises
        ------
        Raised, Ended
        """
        if self._ended or self._puppet is None:
            self._ended = ""
            self._seconds()
            self.start()
            self.load()

    @property
    def ended(self) -> bool:
        """Whether the process has ended, and no other was started yet."""
        return bool(self._ended)

    def number(self) -> int:
        """Return a new number for something that is kept."""
        self._next += 1
        return self._next

    def do(self, operations: Sequence[tuple[Any, ...]]) -> list[Returned]:
        """Ask for operations, as `Puppet.do`.

        Raises
        ------
        Raised, Ended
        """
        if self._ended or self._puppet is None:
            raise Ended(self._ended or "it has not been started")
        dropped, self.dropped = self.dropped, []
        try:
            return self._puppet.do(operations, dropped, self._seconds())
        except Ended as error:
            self._end(error)

    def _seconds(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            self._end(Ended(NO_TIME.format(self._setting.seconds)))
        return min(left, self.patience)

    def _end(self, error: Ended) -> NoReturn:
        self._ended = str(error)
        self.close()
        raise error


__all__ = ["Ended", "Raised", "Session"]
