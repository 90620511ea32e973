# SPDX-License-Identifier: Apache-2.0
"""Bound by I/O: appends 256 KiB and calls fsync(2), 300 times, in the directory argv[1]."""
import os
import sys
import tempfile

block = b"x" * (256 << 10)
with tempfile.NamedTemporaryFile(dir=sys.argv[1], buffering=0) as f:
    for _ in range(300):
        f.write(block)
        os.fsync(f.fileno())
