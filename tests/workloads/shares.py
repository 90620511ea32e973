"""Splits CPU time 50/30/15/5 over four functions, by its own thread clock, and prints the truth: also
the wall, user and system time that it has had when it prints.

usage: shares.py [SECONDS [plain|threads|fork|nogil]]
  plain    in the main thread
  threads  in four threads
  fork     in a pool of four forked processes
  nogil    in the main thread, while another runs a C function that has released the GIL
"""
import functools
import json
import os
import resource
import sys
import threading
import time

SHARES = (50, 30, 15, 5)


def burn(clock, seconds):
    end = clock() + seconds
    x = 0
    while clock() < end:
        for i in range(50):
            x += i * i
    return x


def work_a(clock, s):
    burn(clock, s)


def work_b(clock, s):
    burn(clock, s)


def work_c(clock, s):
    burn(clock, s)


def work_d(clock, s):
    burn(clock, s)


def split(seconds, rounds=20):
    """Runs the four in turn; returns the CPU seconds that each really had."""
    spent = [0.0] * 4
    clock = functools.partial(time.clock_gettime, time.CLOCK_THREAD_CPUTIME_ID)
    for _ in range(rounds):
        for i, f in enumerate((work_a, work_b, work_c, work_d)):
            start = clock()
            f(clock, seconds * SHARES[i] / 100 / rounds)
            spent[i] += clock() - start
    return spent


def in_threads(seconds):
    results = []
    ts = [threading.Thread(target=lambda: results.append(split(seconds / 4))) for _ in range(4)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    return [sum(r[i] for r in results) for i in range(4)]


def in_forks(seconds):
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(4) as pool:
        results = pool.map(split, [seconds / 4] * 4, chunksize=1)
    return [sum(r[i] for r in results) for i in range(4)]


def beside_nogil(seconds):
    import hashlib
    stop = threading.Event()
    data = bytes(1 << 22)

    def digest():
        while not stop.is_set():
            hashlib.sha256(data)

    t = threading.Thread(target=digest)
    t.start()
    spent = split(seconds)
    stop.set()
    t.join()
    return spent


def main():
    start = time.monotonic()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    mode = sys.argv[2] if len(sys.argv) > 2 else "plain"
    run = {"plain": split, "threads": in_threads, "fork": in_forks, "nogil": beside_nogil}[mode]
    spent = run(seconds)
    mine, forks = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    json.dump({"mode": mode, "pid": os.getpid(), "seconds": spent,
               "share": [s / sum(spent) for s in spent], "wall_s": time.monotonic() - start,
               "user_s": mine.ru_utime + forks.ru_utime,
               "sys_s": mine.ru_stime + forks.ru_stime}, sys.stdout)
    print()


main()
