"""What a script draws: shown where there is a screen, otherwise kept as files."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

#: backends of matplotlib's that write files and show nothing
_FILES = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}


class Pictures:
    """The pictures of one tutorial.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    name : str
        What their names begin with.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.count = 0
        #: written since this was last asked
        self.new: list[Path] = []

    @contextlib.contextmanager
    def kept(self, quiet: bool = False) -> Iterator[None]:
        """Keep as files what is drawn meanwhile; where `quiet`, only count it.

        A figure that is open at the end counts as shown.
        """
        import matplotlib.pyplot as plt

        def show(*_: object, **__: object) -> None:
            for number in plt.get_fignums():
                self.count += 1
                if not quiet:
                    self._write(plt, number)
                plt.close(number)

        own, plt.show = plt.show, show
        try:
            yield
            show()
        finally:
            plt.show = own

    def _write(self, plt: object, number: int) -> None:
        path = self.folder / f"{self.name}-{self.count}.png"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            plt.figure(number).savefig(path)  # type: ignore[attr-defined]
        except OSError as error:
            print(f"the picture {path} cannot be written: {error.strerror}", file=sys.stderr)
        else:
            self.new.append(path)


def take_backend(interactive: bool) -> bool:
    """Choose how matplotlib draws; return whether it shows windows.

    Parameters
    ----------
    interactive : bool
        Whether somebody is there to see them.
    """
    import matplotlib

    if not interactive:
        matplotlib.use("Agg")
        return False
    import matplotlib.pyplot as plt  # what resolves the backend, and falls back to Agg

    plt.get_backend()
    with contextlib.suppress(ImportError):
        plt.switch_backend(matplotlib.get_backend())
    return str(matplotlib.get_backend()).lower() not in _FILES
