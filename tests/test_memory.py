"""Memory that training frees is kept, where the C library lets itself be told."""

import os
import platform
import subprocess
import sys

import pytest

STEPS = """
import resource
import numpy as np
from minnet import memory

def step():
    arrays = [np.ones(2**20) for _ in range(3)]  # 8 MiB each, freed together

def page_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

{prepare}
step()
before = page_faults()
for _ in range(20):
    step()
print(page_faults() - before)
"""


def page_faults_of_twenty_steps(prepare: str) -> int:
    result = subprocess.run(
        [sys.executable, "-c", STEPS.format(prepare=prepare)],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "GLIBC_TUNABLES": ""},
    )
    return int(result.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators need no word")
def test_after_the_word_to_the_allocator_steps_reuse_their_memory():
    told = page_faults_of_twenty_steps("memory.keep_freed_memory()")
    untold = page_faults_of_twenty_steps("")
    assert told < untold / 10
    for factor in (0.01, 100):
        spoilt = f"memory.LARGEST_KEPT = int({factor} * memory.LARGEST_KEPT)"
        assert page_faults_of_twenty_steps(f"{spoilt}; memory.keep_freed_memory()") > untold / 2
