"""What a submission may not ask of the Linux kernel: a filter of its system calls.

No other program, no other process, no socket, no signal, nothing that makes, changes or removes
a file. Reading files is `landlock`'s matter. The list says what is denied, not what is allowed,
so that it is one of several walls and not a proof.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

#: system calls by name: their numbers on x86_64 and on aarch64, which lacks the old ones
DENIED: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "setsid": (112, 157), "setpgid": (109, 154),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "bpf": (321, 280),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "inotify_init": (253, None),
    "inotify_init1": (294, 26), "fanotify_init": (300, 262), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "memfd_create": (319, 279), "setrlimit": (160, 164),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    "creat": (85, None), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "link": (86, None), "linkat": (265, 37), "symlink": (88, None),
    "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33), "chmod": (90, None),
    "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "truncate": (76, 45),
    "ftruncate": (77, 46), "utime": (132, None), "utimes": (235, None), "utimensat": (280, 88),
    "futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "reboot": (169, 142), "kexec_load": (246, 104), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "swapon": (167, 224),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "personality": (135, 92),
    "sethostname": (170, 161), "iopl": (172, None), "ioperm": (173, None),
}  # fmt: skip
#: what libraries do without when the kernel says that it does not know it
UNKNOWN: dict[str, tuple[int, int]] = {"clone3": (435, 435), "openat2": (437, 437)}
#: allowed for some arguments only
CLONE, TGKILL, PRLIMIT = (56, 220), (234, 131), (302, 261)
OPEN, OPENAT = (2, None), (257, 56)
#: by machine: the column above, and how the kernel calls it
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_CLONE_THREAD = 0x10000
#: O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, the same on both machines
_TO_WRITE = 0o1 | 0o2 | 0o100 | 0o1000
_X32 = 0x40000000
#: the instructions: load a word of the call; jump if equal, at least, or a bit is set; return
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_NO_NEW_PRIVILEGES = 38
_FILTER, _ALL_THREADS = 1, 1
_SECCOMP = (317, 277)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def apply() -> bool:
    """Put the filter on this process, for good; return whether the kernel took it."""
    machine = MACHINES.get(platform.machine())
    if not sys.platform.startswith("linux") or machine is None:
        return False
    code = b"".join(program(*machine, os.getpid()))
    held = ctypes.create_string_buffer(code, len(code))
    filtering = _Program(len(code) // 8, ctypes.cast(held, ctypes.c_void_p))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    done = library.syscall(_SECCOMP[machine[0]], _FILTER, _ALL_THREADS, ctypes.byref(filtering))
    return bool(done == 0)


def program(column: int, architecture: int, own: int) -> list[bytes]:
    """Return the filter's instructions.

    Parameters
    ----------
    column : int
        Which of the numbers of a system call count.
    architecture : int
        What the kernel calls this machine; a call from any other ends the process.
    own : int
        The number of this process, which may signal itself: abort does.
    """
    code = [
        _do(_LOAD, _ARCHITECTURE), _do(_EQUAL, architecture, 1, 0), _do(_RETURN, _KILL),
        _do(_LOAD, _NUMBER), _do(_AT_LEAST, _X32, 0, 1), _do(_RETURN, _ERRNO | errno.EPERM),
    ]  # fmt: skip
    for numbers in DENIED.values():
        code += _deny(numbers[column], errno.EPERM)
    for numbers in UNKNOWN.values():
        code += _deny(numbers[column], errno.ENOSYS)
    for numbers, argument in ((OPEN, 1), (OPENAT, 2)):
        code += _if_called(numbers[column], argument, _do(_BITS, _TO_WRITE, 0, 1), errno.EACCES)
    code += _if_called(CLONE[column], 0, _do(_BITS, _CLONE_THREAD, 1, 0), errno.EPERM)
    code += _if_called(TGKILL[column], 0, _do(_EQUAL, own, 1, 0), errno.EPERM)
    code += _if_called(PRLIMIT[column], 2, _do(_EQUAL, 0, 1, 0), errno.EPERM)
    return [*code, _do(_RETURN, _ALLOW)]


def _deny(number: int | None, error: int) -> list[bytes]:
    if number is None:
        return []
    return [_do(_EQUAL, number, 0, 1), _do(_RETURN, _ERRNO | error)]


def _if_called(number: int | None, argument: int, test: bytes, error: int) -> list[bytes]:
    """Return instructions that look at one argument of a call: `test` skips the refusal, or not."""
    if number is None:
        return []
    at = _FIRST_ARGUMENT + 8 * argument  # its lower half
    body = [_do(_LOAD, at), test, _do(_RETURN, _ERRNO | error), _do(_RETURN, _ALLOW)]
    return [_do(_EQUAL, number, 0, len(body)), *body]


def _do(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_so, if_not, value)
