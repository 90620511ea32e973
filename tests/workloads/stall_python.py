# SPDX-License-Identifier: Apache-2.0
"""Python code whose memory stall is known by construction: the same statements over few objects,
which fit in the cache, and over many. As tests/workloads/stall_kernels.c:

  stall_python.py NAME OBJECTS SECONDS
  stall_python.py list

prints "ready PID", waits for a line on standard input, works, and prints the nanoseconds of CPU
time that a unit took: the least of the rounds, and the mean."""
import json
import os
import random
import sys
import time

random.seed(1)


def floats(n, shuffled):
    items = [float(i) for i in range(n)]
    if shuffled:
        random.shuffle(items)
    return items


def walk(items):
    def work():
        total = 0.0
        for x in items:
            total += x
        return len(items)
    return work


def list_shuffled(n):
    return walk(floats(n, True))


def list_in_order(n):
    return walk(floats(n, False))


def list_sum(n):
    items = floats(n, True)

    def work():
        sum(items)
        return len(items)
    return work


def dict_lookup(n):
    keys = [f"key{i}" for i in range(n)]
    table = {k: i for i, k in enumerate(keys)}
    random.shuffle(keys)

    def work():
        total = 0
        for k in keys:
            total += table[k]
        return n
    return work


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


def attributes(n):
    points = [Point(float(i), float(i)) for i in range(n)]
    random.shuffle(points)

    def work():
        total = 0.0
        for p in points:
            total += p.x * p.y
        return n
    return work


def list_sort(n):
    items = floats(n, True)

    def work():
        for i in range(0, n, 256):
            sorted(items[i:i + 256])
        return n
    return work


def nbody(n):
    """Reads few objects, whatever n."""
    bodies = [[random.random() for _ in range(6)] for _ in range(5)]

    def work():
        for _ in range(2000):
            for i, a in enumerate(bodies):
                for b in bodies[i + 1:]:
                    dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
                    mag = 1e-7 / (dx * dx + dy * dy + dz * dz + 0.01) ** 1.5
                    a[3] -= dx * mag
                    b[3] += dx * mag
        return 2000
    return work


def json_dumps(n):
    data = {"a": [1, 2.5, "text", None] * 10, "b": {"c": [True] * 20}}

    def work():
        for _ in range(2000):
            json.loads(json.dumps(data))
        return 2000
    return work


def fibonacci(n):
    def fib(i):
        return i if i < 2 else fib(i - 1) + fib(i - 2)

    def work():
        fib(20)
        return 1
    return work


def numpy_calls(call, few, units):
    """Work that calls @call over arrays, and @few, the same call over next to nothing: what a call
    takes apart from its loop."""
    calls = max(1, 1000000 // units)

    def work():
        for _ in range(calls):
            call()
        return units * calls

    def overhead():
        for _ in range(calls):
            few()
        return units * calls
    work.overhead = overhead
    return work


def numpy_gather(n):
    import numpy
    a, out, one = numpy.ones(n), numpy.ones(n), numpy.ones(1)
    index = numpy.random.default_rng(1).integers(0, n, size=n)
    return numpy_calls(lambda: a.take(index, out=out, mode="clip"),
                       lambda: a.take(index[:1], out=one, mode="clip"), n)


def numpy_sum(n):
    import numpy
    a, one = numpy.ones(n), numpy.ones(1)
    return numpy_calls(a.sum, one.sum, n)


def numpy_add(n):
    import numpy
    a, b, c = numpy.ones(n), numpy.ones(n), numpy.ones(n)
    a1, b1, c1 = a[:1], b[:1], c[:1]
    return numpy_calls(lambda: numpy.add(a, b, out=c), lambda: numpy.add(a1, b1, out=c1), n)


def numpy_dot(n):
    """Matrices with rows of 600; a unit is one multiplication and addition."""
    import numpy
    rows = max(3, min(600, n // 1200))
    a, b, one = numpy.ones((rows, rows)), numpy.ones((rows, 600)), numpy.ones((1, 1))
    return numpy_calls(lambda: a.dot(b), lambda: one.dot(one), rows * rows * 600)


KERNELS = (list_shuffled, list_in_order, list_sum, dict_lookup, attributes, list_sort, nbody,
           json_dumps, fibonacci, numpy_gather, numpy_sum, numpy_add, numpy_dot)


def rounds(work, seconds):
    """(least, mean) seconds of CPU time that a unit took."""
    least, total, units = float("inf"), 0.0, 0
    work()
    while total < seconds:
        start = time.thread_time()
        done, spent = 0, 0
        while spent < 0.02:
            done += work()
            spent = time.thread_time() - start
        least = min(least, spent / done)
        total += spent
        units += done
    return least, total / units


def run(work, seconds):
    least, mean = rounds(work, seconds)
    overhead = rounds(work.overhead, 0.1)[0] if hasattr(work, "overhead") else 0
    print(f"{(least - overhead) * 1e9:.4f} {(mean - overhead) * 1e9:.4f}")


def main():
    names = {k.__name__: k for k in KERNELS}
    if sys.argv[1:] == ["list"]:
        print("\n".join(names))
        return
    name, objects, seconds = sys.argv[1:]
    work = names[name](int(objects))
    print("ready", os.getpid(), flush=True)
    sys.stdin.readline()
    run(work, float(seconds))


main()
