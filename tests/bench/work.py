# SPDX-License-Identifier: Apache-2.0
"""Programs to be profiled. Each prints, when its work is done, a line "PID BEGIN END CPU": the
clock (CLOCK_MONOTONIC, seconds) around the work, and the CPU seconds it took.

usage: work.py flat|deep|half          a fixed amount of work
       work.py sort|mixed|recursion SECONDS
                                       a stack of known shape for that much CPU time
       work.py ends SECONDS            deep, for that much CPU time, and exits right after the line
"""
import json
import os
import re
import sys
import time

DEEP = 60        # calls above fib()
RECURSION = 995  # calls above burn(): with it and its callers 1,000 frames


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
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        n = 0
        for i in range(20000):
            n += i


def many_fib(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        fib(15)


def by_sort(f):
    """@f called by C that Python called: list.sort; below, re.sub and the encoder of json."""
    return sorted([1], key=lambda _: f())


def by_sub(f):
    return re.sub("x", lambda _: f() or "", "x")


def by_json(f):
    return json.dumps({"key": [f]}, default=lambda g: g() or "")


def mixed(seconds):
    by_sort(lambda: by_sub(lambda: by_json(lambda: burn(seconds))))


def sort(seconds):
    by_sort(lambda: burn(seconds))


def recursion(n, seconds):
    if n > 1:
        return recursion(n - 1, seconds)
    return burn(seconds)


def measured(f, *args):
    begin, cpu = time.monotonic(), time.process_time()
    f(*args)
    cpu, end = time.process_time() - cpu, time.monotonic()
    sys.stdout.write("%d %.9f %.9f %.9f\n" % (os.getpid(), begin, end, cpu))
    sys.stdout.flush()


def under(depth, f, *args):
    """Calls f below @depth frames more."""
    if depth > 0:
        return under(depth - 1, f, *args)
    return measured(f, *args)


def main(name, seconds=0.0):
    sys.setrecursionlimit(3 * RECURSION)
    if name == "flat":
        measured(count_primes, 200000)
    elif name == "half":
        measured(count_primes, 190000)
    elif name == "deep":
        under(DEEP, fib, 32)
    elif name == "sort":
        measured(sort, seconds)
    elif name == "mixed":
        measured(mixed, seconds)
    elif name == "recursion":
        measured(recursion, RECURSION, seconds)
    elif name == "ends":
        under(DEEP, many_fib, seconds)
        os._exit(0)
    else:
        sys.exit(__doc__)


main(sys.argv[1], *map(float, sys.argv[2:]))
