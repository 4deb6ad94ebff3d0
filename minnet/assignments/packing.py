"""Files and archives of a release: the same input gives the same bytes, on every system."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_MINNET = Path(__file__).resolve().parents[1]
#: what is not needed to grade
_LEFT_OUT = ("__pycache__", "ready", "demos", "datasets", "py.typed")
#: archives know no earlier time
_TIME = (1980, 1, 1, 0, 0, 0)
_PLAIN, _EXECUTABLE = 0o644, 0o755


@dataclass(frozen=True)
class Packed:
    """A file of a release: what is in it, and whether it is a program to start."""

    content: bytes
    executable: bool = False


#: files by their paths, with ``/`` between the parts
Tree = Mapping[str, Packed]


def text(content: str, executable: bool = False) -> Packed:
    """Return a text file; line ends are ``\\n``, as a shell needs them."""
    return Packed(content.encode("utf-8"), executable)


def under(folder: str, tree: Tree) -> dict[str, Packed]:
    """Return the same files in a folder.

    >>> list(under("a", {"b/c": text("")}))
    ['a/b/c']
    """
    return {f"{folder}/{path}": packed for path, packed in tree.items()}


def vendored() -> dict[str, Packed]:
    """Return the files of minnet itself that grading needs."""
    found = sorted(path for path in _MINNET.rglob("*") if path.is_file())
    parts = ((path.relative_to(_MINNET), path) for path in found)
    return {
        f"minnet/{PurePosixPath(place)}": Packed(path.read_bytes())
        for place, path in parts
        if not set(place.parts) & set(_LEFT_OUT)
    }


def write_folder(tree: Tree, folder: Path) -> None:
    """Write files into a folder that takes the place of the one that is there."""
    if folder.exists():
        shutil.rmtree(folder)
    for path, packed in tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(packed.content)
        file.chmod(_EXECUTABLE if packed.executable else _PLAIN)


def as_zip(tree: Tree) -> bytes:
    """Return a zip archive of files; programs are executable also when it is made on Windows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, packed in sorted(tree.items()):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = 3  # Unix
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = _EXECUTABLE if packed.executable else _PLAIN
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, packed.content)
    return out.getvalue()


def as_tar(tree: Tree) -> bytes:
    """Return a tar archive of files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, packed in sorted(tree.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(packed.content)
            entry.mode = _EXECUTABLE if packed.executable else _PLAIN
            archive.addfile(entry, io.BytesIO(packed.content))
    return out.getvalue()
