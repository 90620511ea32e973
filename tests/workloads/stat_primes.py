# SPDX-License-Identifier: Apache-2.0
"""Bound by the CPU: counts primes by trial division for about a second."""
import time

end = time.perf_counter() + 0.8
n, primes = 1, 0
while time.perf_counter() < end:
    n += 2
    d = 3
    while d * d <= n and n % d:
        d += 2
    primes += d * d > n
