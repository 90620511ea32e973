# SPDX-License-Identifier: Apache-2.0
"""numpy programs whose bound is known by construction: bound_numpy.py CASE [ARGUMENT]. Each works
for about SECONDS; why its verdict is what it is stands in bound_cases.py."""
import os
import sys
import time

import numpy as np

SECONDS = 1.0
LARGE = 32 << 20  # elements: 256 MB, far beyond every cache


def repeat(function):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        function()


def small():
    return np.linspace(0.1, 1, 1024)  # 8 KB


def cpu_sin():
    a = small()
    out = np.empty_like(a)
    repeat(lambda: np.sin(a, out=out))


def cpu_multiply():
    """Matrices of 18 KB: what BLAS computes with stays in the first two caches."""
    a = np.ones((48, 48))
    out = np.empty_like(a)
    repeat(lambda: np.matmul(a, a, out=out))


def cpu_sort():
    a = np.random.default_rng(1).random(1024)
    out = np.empty_like(a)

    def step():
        out[:] = a
        out.sort()

    repeat(step)


def gather():
    """Takes 128 K elements at a time from all over a large array, into the same small one."""
    table = np.ones(LARGE)
    rng = np.random.default_rng(1)
    at = [rng.integers(0, LARGE, 1 << 17) for _ in range(4)]
    out = np.empty(1 << 17)
    # mode: the default copies through a buffer first
    repeat(lambda: [np.take(table, i, out=out, mode="clip") for i in at])


def memory_gather():
    gather()


def memory_gather_pool():
    import concurrent.futures  # here, because it takes a while

    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for done in [pool.submit(gather) for _ in range(2)]:
            done.result()


def memory_fresh():
    """Writes to each page of arrays of 64 MB, which are mapped for the purpose."""
    def step():
        np.empty(8 << 20)[::512] = 1

    repeat(step)


def memory_stride():
    """Adds up one element of each page of a large array."""
    table = np.ones(LARGE)
    repeat(lambda: table[::512 + 8].sum())


def disk_load(folder):
    """Loads an array that is not in the page cache."""
    path = os.path.join(folder, "array.npy")
    np.save(path, np.random.default_rng(1).random(4 << 20))
    fd = os.open(path, os.O_RDWR)
    os.fsync(fd)

    def step():
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        mapped = np.load(path, mmap_mode="r")
        for at in range(0, 4 << 20, 1 << 16):
            mapped[at]

    repeat(step)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
