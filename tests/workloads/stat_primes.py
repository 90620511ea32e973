# SPDX-License-Identifier: Apache-2.0
"""Bound by the CPU: counts primes by trial division for argv[1] seconds, 0.8 if not given."""
import sys
import time

end = time.perf_counter() + (float(sys.argv[1]) if len(sys.argv) > 1 else 0.8)
n, primes = 1, 0
while time.perf_counter() < end:
    n += 2
    d = 3
    while d * d <= n and n % d:
        d += 2
    primes += d * d > n
