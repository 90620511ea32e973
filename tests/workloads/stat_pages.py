# SPDX-License-Identifier: Apache-2.0
"""Bound by memory: touches each page of fresh memory and gives it back, for argv[1] seconds, 0.8 if
not given. Python 3.8 or later."""
import mmap
import sys
import time

SIZE = 16 << 20
end = time.perf_counter() + (float(sys.argv[1]) if len(sys.argv) > 1 else 0.8)
while time.perf_counter() < end:
    with mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as m:
        m.madvise(mmap.MADV_NOHUGEPAGE)
        for page in range(0, SIZE, mmap.PAGESIZE):
            m[page] = 1
