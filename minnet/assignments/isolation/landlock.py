"""Which files a submission may read, by Linux's Landlock: Python's own, and a few packages.

It needs no rights, and a kernel of 5.13 or later with Landlock switched on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_NO_NEW_PRIVILEGES = 38
_READ_FILE, _READ_DIR, _WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
#: how many rights over files each version knows, from version 1
_RIGHTS = (13, 14, 15, 15, 16)
#: connecting and binding are governed from version 4, signals and abstract sockets from 6
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
#: folders of packages within the standard library's, which are not to be read
_PACKAGES = ("site-packages", "dist-packages")


def version() -> int:
    """Return which version of Landlock the kernel has; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(_call(_CREATE_RULESET, None, 0, _VERSION)))


def apply(readable: Iterable[str]) -> bool:
    """Let this thread open nothing but these files and folders, for good; return whether it took.

    It is to be the only thread of the process.
    """
    known = version()
    if not known:
        return False
    handled = (1 << _RIGHTS[min(known, len(_RIGHTS)) - 1]) - 1
    network = 0b11 if known >= _NETWORK_SINCE else 0
    scopes = 0b11 if known >= _SCOPES_SINCE else 0
    words = [handled, *([network] if network else []), *([scopes] if scopes else [])]
    asked = struct.pack(f"<{len(words)}Q", *words)
    rules = _call(_CREATE_RULESET, asked, len(asked), 0)
    if rules < 0:
        return False
    try:
        for path, rights in _granted(readable):
            _allow(rules, path, rights)
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            return False
        return _call(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _granted(readable: Iterable[str]) -> Iterator[tuple[str, int]]:
    for path in readable:
        yield path, _READ_FILE | _READ_DIR
    for device in ("/dev/urandom", "/dev/zero"):
        yield device, _READ_FILE
    yield "/dev/null", _READ_FILE | _WRITE_FILE


def _allow(rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(OSError):  # what is not there needs no rule
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not os.path.isdir(path):
                rights &= ~_READ_DIR
            rule = struct.pack("<Qi", rights, opened)
            _call(_ADD_RULE, rules, _PATH_BENEATH, rule, 0)
        finally:
            os.close(opened)


def _call(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    return int(library.syscall(number, *arguments))


def of_python() -> list[str]:
    """Return the real paths of the standard library, package folders left out, and of libraries."""
    import sysconfig

    found = []
    for name in ("stdlib", "platstdlib"):
        top = Path(os.path.realpath(sysconfig.get_path(name)))
        if top.is_dir() and (top / "os.py").exists():
            found += [str(path) for path in top.iterdir() if path.name not in _PACKAGES]
    library = Path(os.path.realpath(sys.base_prefix)) / "lib"
    found += [str(path) for path in library.glob("lib*.so*")]
    for folder in ("/lib", "/usr/lib"):
        found += [str(path.resolve()) for path in Path(folder).glob("*-linux-gnu*")]
    return [*found, "/lib64", "/usr/lib64", "/etc/ld.so.cache"]
