#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures that the README quotes. Each configuration is run in pairs with the bare command, one
right after the other (A B A B ...), so that a busy neighbour disturbs both alike; what is printed is
the median over the pairs of their ratio, with the first and third quartile.

usage: HWPROF=build/cmd/hwprof bench.py [ROUNDS]
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HWPROF = os.environ.get("HWPROF", "hwprof")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 11
HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "work.py")
PERF = shutil.which("perf")


def run(command):
    """Wall seconds of the whole command, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}")
    return wall, done.stdout


def spread(values, digits=3):
    q1, median, q3 = statistics.quantiles(values, n=4)
    return f"{median:.{digits}f} ({q1:.{digits}f}-{q3:.{digits}f})"


def slowdown(data):
    """Ratios of the program's own wall and CPU time (first statement to last), by configuration."""
    configs = {}
    for hz in (99, 997, 9973):
        configs[f"hwprof record -g -F {hz}"] = [HWPROF, "record", "-q", "-g", "-F", str(hz),
                                                "-o", data, "--"]
        if PERF:
            configs[f"perf record -g -F {hz}"] = [PERF, "record", "-q", "-g", "-F", str(hz),
                                                  "-o", data, "--"]
    for name in ("flat", "deep"):
        program = [sys.executable, WORK, name]
        pairs = {c: [] for c in configs}
        for _ in range(ROUNDS):
            for c, prefix in configs.items():
                bare = [float(x) for x in run(program)[1].split()]
                inside = [float(x) for x in run(prefix + program)[1].split()]
                pairs[c].append([i / b for i, b in zip(inside, bare)])
        print(f"\nslowdown of {name}, median (quartiles) of {ROUNDS} pairs")
        print(f"  {'':28}{'wall time':24}CPU time")
        for c, p in pairs.items():
            print(f"  {c:28}{spread([w for w, _ in p]):24}{spread([u for _, u in p])}")


def added(title, command, configs):
    """Milliseconds that each configuration adds to the whole of a command, start to exit."""
    print(f"\n{title}, milliseconds added, median (quartiles) of {ROUNDS} pairs")
    for c, prefix in configs.items():
        extra = [(-run(command)[0] + run(prefix + command)[0]) * 1e3 for _ in range(ROUNDS)]
        print(f"  {c:28}{spread(extra, 1)}")


def with_perf(ours, theirs):
    return {**ours, **(theirs if PERF else {})}


def main():
    if not PERF:
        print("perf is not installed: its rows are left out (package linux-perf)")
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        slowdown(data)
        added("a Python that works for 0.5 s", [sys.executable, WORK, "half"], with_perf(
            {"hwprof record -g": [HWPROF, "record", "-q", "-g", "-o", data, "--"]},
            {"perf record -g": [PERF, "record", "-q", "-g", "-o", data, "--"]}))
        added("sleep 0.5", ["sleep", "0.5"], with_perf(
            {"hwprof record -g": [HWPROF, "record", "-q", "-g", "-o", data, "--"],
             "hwprof stat": [HWPROF, "stat", "-o", data, "--"]},
            {"perf record -g": [PERF, "record", "-q", "-g", "-o", data, "--"],
             "perf stat": [PERF, "stat", "-o", data, "--"]}))
        added("true", ["true"], with_perf(
            {"hwprof stat": [HWPROF, "stat", "-o", data, "--"]},
            {"perf stat": [PERF, "stat", "-o", data, "--"]}))


main()
