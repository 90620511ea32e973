# SPDX-License-Identifier: Apache-2.0
"""Bound by memory: touches each page of fresh memory and gives it back, for argv[1] seconds, 0.8 if
not given."""
import mmap
import sys
import time

SIZE = 16 << 20
end = time.perf_counter() + (float(sys.argv[1]) if len(sys.argv) > 1 else 0.8)
while time.perf_counter() < end:
    with mmap.mmap(-1, SIZE) as m:
        for page in range(0, SIZE, mmap.PAGESIZE):
            m[page] = 1
