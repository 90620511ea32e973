# SPDX-License-Identifier: Apache-2.0
"""Programs to be slowed down: prints the wall and the CPU seconds from first statement to last.

usage: work.py flat|deep|half
"""
import time

START = time.perf_counter(), time.process_time()
import sys  # noqa: E402


def is_prime(n):
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True


def count_primes(limit):
    return sum(1 for n in range(limit) if is_prime(n))


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def under(depth, f, *args):
    """Calls f below @depth frames."""
    return f(*args) if not depth else under(depth - 1, f, *args)


WORK = {
    "flat": lambda: count_primes(200_000),
    "deep": lambda: under(60, fib, 32),
    "half": lambda: count_primes(190_000),
}
WORK[sys.argv[1]]()
print(time.perf_counter() - START[0], time.process_time() - START[1])
