# SPDX-License-Identifier: Apache-2.0
"""Bound by memory: touches each page of fresh memory and gives it back, for about a second."""
import mmap
import time

SIZE = 16 << 20
end = time.perf_counter() + 0.8
while time.perf_counter() < end:
    with mmap.mmap(-1, SIZE) as m:
        for page in range(0, SIZE, mmap.PAGESIZE):
            m[page] = 1
