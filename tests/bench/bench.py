#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The figures that the README quotes. Every round runs each configuration once, one after the other
(A B C A B C ...), so that a busy neighbour disturbs all of them alike; what is printed is the median
over the rounds of the ratio to the bare run of the same round, with the smallest and largest.

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
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 7
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


def spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f}-{max(values):.3f})"


def slowdown(data):
    """Ratio of the program's own time (from its first statement to its last), by configuration."""
    configs = {}
    for hz in (99, 997, 9973):
        configs[f"hwprof record -g -F {hz}"] = [HWPROF, "record", "-q", "-g", "-F", str(hz),
                                                "-o", data, "--"]
        if PERF:
            configs[f"perf record -g -F {hz}"] = [PERF, "record", "-q", "-g", "-F", str(hz),
                                                  "-o", data, "--"]
    for name in ("flat", "deep"):
        ratios = {c: [] for c in configs}
        for _ in range(ROUNDS):
            bare = float(run([sys.executable, WORK, name])[1])
            for c, prefix in configs.items():
                inside = float(run(prefix + [sys.executable, WORK, name])[1])
                ratios[c].append(inside / bare)
        print(f"\nslowdown of {name} (about 1 s), median (min-max) of {ROUNDS} pairs")
        for c, values in ratios.items():
            print(f"  {c:28}{spread(values)}")


def added(title, command, configs):
    """Milliseconds that each configuration adds to the whole of a command, start to exit."""
    extra = {c: [] for c in configs}
    for _ in range(ROUNDS):
        bare = run(command)[0]
        for c, prefix in configs.items():
            extra[c].append((run(prefix + command)[0] - bare) * 1e3)
    print(f"\n{title}, milliseconds added, median (min-max) of {ROUNDS} pairs")
    for c, v in extra.items():
        print(f"  {c:28}{statistics.median(v):.1f} ({min(v):.1f}-{max(v):.1f})")


def with_perf(ours, theirs):
    return {**ours, **(theirs if PERF else {})}


def main():
    if not PERF:
        print("perf is not installed: its rows are left out (package linux-perf)")
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        slowdown(data)
        added("a command of 0.5 s", [sys.executable, WORK, "half"], with_perf(
            {"hwprof record -g": [HWPROF, "record", "-q", "-g", "-o", data, "--"],
             "hwprof stat": [HWPROF, "stat", "-o", data, "--"]},
            {"perf record -g": [PERF, "record", "-q", "-g", "-o", data, "--"],
             "perf stat": [PERF, "stat", "-o", data, "--"]}))
        added("true", ["true"], with_perf(
            {"hwprof stat": [HWPROF, "stat", "-o", data, "--"]},
            {"perf stat": [PERF, "stat", "-o", data, "--"]}))


main()
