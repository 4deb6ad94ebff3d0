"""Check several targets, or the parts of one, side by side.

The report is that of one after the other: who checks what is fixed beforehand, and nothing depends
on which is done first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from minnet import ahead
from minnet.conventions.gathering import Gathering
from minnet.conventions.isolated.process import Part, Stop, Watch, check_part, label_of
from minnet.gradcheck.options import Options
from minnet.report.results import TargetResult
from minnet.report.words import listed

#: how long a key press waits at most to be seen
_POLL = 0.2


class Interrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C; `targets` is what was found until then."""

    def __init__(self, targets: tuple[TargetResult, ...]) -> None:
        super().__init__()
        self.targets = targets


def check_isolated(
    targets: Sequence[str | None],
    options: Options,
    only: str | None = None,
    *,
    jobs: int = 1,
    total_time_limit: float | None = None,
    watch: Watch | None = None,
) -> list[TargetResult]:
    """Return the results of files and modules, checked in processes of their own.

    Parameters
    ----------
    targets : sequence of str
        ``FILE.py``, ``FILE.py:NAME``, ``package.module`` or ``package.module:NAME``; None for
        minnet's own layers.
    options : Options
    only : str, optional
        A pattern for the names to check.
    jobs : int
        How many processes at a time; with more of them than targets, targets are shared out.
    total_time_limit : float, optional
        The seconds that all of it may take.
    watch : Watch, optional
        Told what is going on.

    Raises
    ------
    Interrupted
        On Ctrl-C, with what was found.
    """
    share = max(1, jobs // max(1, len(targets)))
    parts = [[Part(target, only, k, share) for k in range(share)] for target in targets]
    ordered = [part for of in parts for part in of]
    watch, stop = watch or Watch(), Stop(total_time_limit)

    def check(k: int) -> None:
        check_part(ordered[k], options, stop, watch, more=k + jobs < len(ordered))

    interrupted = _side_by_side(check, len(ordered), jobs, stop)
    ahead.end_all()
    found = [_together(target, of, stop) for target, of in zip(targets, parts, strict=True)]
    if interrupted:
        raise Interrupted(tuple(found))
    return found


def _side_by_side(work: Callable[[int], None], count: int, jobs: int, stop: Stop) -> bool:
    """Do pieces of work in several threads, in order; return whether Ctrl-C ended it.

    `concurrent.futures` would do it, but takes longer to import than a layer to check.
    """
    waiting, errors = iter(range(count)), list[BaseException]()

    def worker() -> None:
        try:
            for k in waiting:
                work(k)
        except BaseException as error:
            errors.append(error)
            stop.now("failed")  # the others end, too

    threads = [threading.Thread(target=worker) for _ in range(min(max(1, jobs), count))]
    for thread in threads:
        thread.start()
    interrupted = False
    while any(thread.is_alive() for thread in threads):
        try:
            for thread in threads:
                thread.join(_POLL)
        except KeyboardInterrupt:
            interrupted = True
            stop.now("interrupted")
    if errors:
        raise errors[0]
    return interrupted


def _together(target: str | None, parts: Sequence[Part], stop: Stop) -> TargetResult:
    """Return what all parts of a target came to."""
    whole = Gathering(label_of(target))
    for part in parts:
        whole.take(part.gathering)
    open_ = {n: name for part in parts for n, name in part.planned.items() if n not in part.done}
    if stop.why and not whole.error and (open_ or not all(part.planned for part in parts)):
        names = listed(name for _, name in sorted(open_.items())) or "anything in it"
        whole.error = f"{stop.why}; not checked to the end: {names}"
    return whole.result()
