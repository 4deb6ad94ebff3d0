"""A word to the C library's allocator."""

from __future__ import annotations

import numpy as np

LARGEST_KEPT = 31 * 2**20  # bytes; glibc learns from blocks of up to 32 MiB


def keep_freed_memory() -> None:
    """Have memory that is freed kept for reuse, where the C library is glibc.

    A training step frees dozens of large arrays and asks for the same again. By default glibc
    hands such memory back to the system, which has to map and clear it anew. But it learns: once
    a block of some size has been freed, blocks up to that size (and twice as much at the end of
    the heap) are kept. So one large array is asked for, and dropped. It is never touched, and
    takes no real memory.
    """
    np.empty(LARGEST_KEPT, np.uint8)
