"""Put a result in its place, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def deliver(path: Path | str, content: str) -> None:
    """Write a file so that whoever reads it finds the old content or the new, never a part.

    A symbolic link at the path is replaced, not followed.

    Parameters
    ----------
    path : Path or str
        Its folder must be there.
    content : str
        Written in UTF-8 with ``\\n`` as it is.

    Raises
    ------
    OSError
        When it cannot be written; what was there before is there still.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)  # a platform may read it as another user
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
