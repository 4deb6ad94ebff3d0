"""How the tutorials, which stand beside the package in its repository, get into a wheel.

`pyproject.toml` names this class; nothing else imports the file, which must not import minnet.
"""

from __future__ import annotations

from pathlib import Path

from setuptools.command.build_py import build_py

_SOURCE = Path("tutorials")
_TARGET = Path("minnet", "lessons", "scripts")


class BuildWithTutorials(build_py):
    """Build the package, with a copy of the tutorials in it."""

    def run(self) -> None:
        """Copy them too, but for an installation that runs from its source tree."""
        super().run()
        if not self.editable_mode:
            for script, copy in self._copies().items():
                self.mkpath(str(Path(copy).parent))
                self.copy_file(script, copy, preserve_mode=False)

    def get_source_files(self) -> list[str]:
        """Return what a source distribution has to hold."""
        return [*super().get_source_files(), *self._copies()]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return what is built."""
        copies = [] if self.editable_mode else self._copies().values()
        return [*super().get_outputs(include_bytecode), *copies]

    def _copies(self) -> dict[str, str]:
        folder = Path(self.build_lib or "", _TARGET)
        return {
            str(path): str(folder / path.name) for path in sorted(_SOURCE.glob("[0-9][0-9]_*.py"))
        }
