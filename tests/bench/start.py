# SPDX-License-Identifier: Apache-2.0
"""How much later a command begins under record, and how much later its end is seen."""
import os
import sys

import kit

FIRST_MS, LAST_MS = 100, 150
WORK_S = 10
HZ = 997


def prefixes(data):
    yield "bare", []
    yield "hwprof record -g", kit.record(data, HZ)
    if kit.PERF:
        yield "perf record", kit.perf_record(data, HZ)


def ms(command):
    """(start to the command's first instruction, its end to the exit of the whole)"""
    started, text, ended = kit.timed(command)
    w = kit.window(text)
    return (w.begin - started) * 1e3, (ended - w.end) * 1e3


def measure(commands, data, rounds, limit, which):
    """Rows of the @which'th figure of ms(), by turns. What counts is the difference to the bare
    command: Python takes its time to begin."""
    rows = []
    for name, command in commands:
        figures = {p: [] for p, _ in prefixes(data)}
        for _ in range(rounds):
            for p, prefix in prefixes(data):
                figures[p].append(ms(prefix + command)[which])
        for p, values in figures.items():
            more = [v - b for v, b in zip(values, figures["bare"])]
            rows.append([f"{name}: {p}", kit.spread(values, 1),
                         kit.spread(more, 1) if p != "bare" else "",
                         kit.judged(kit.median(more), limit, "ms more") if "hwprof" in p else ""])
    return rows


def programs(seconds):
    return [("native", kit.native_program(0, seconds)),
            ("python", kit.python_program(sys.executable, "ends", seconds))]


def main(rounds):
    long_rounds = max(3, rounds // 4)
    heads = ["command", "ms", "ms more than bare", "promised"]
    with kit.folder() as folder:
        data = os.path.join(folder, "data")
        for _, command in programs(0):
            ms(kit.record(data, HZ) + command)  # fills the caches
        rows = measure(programs(0), data, rounds, FIRST_MS, 0)
        kit.table("start to the command's first instruction: median (quartiles)", heads, rows,
                  f"{rounds} rounds, by turns, the caches warm; first instruction: main() of a "
                  "static program, or the script's work (Python itself starts in between)")
        rows = measure(programs(WORK_S), data, long_rounds, LAST_MS, 1)
        kit.table(f"end of a command of {WORK_S} s to the exit of all: median (quartiles)", heads,
                  rows, f"{long_rounds} rounds, by turns, at {HZ} Hz")
