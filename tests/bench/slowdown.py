# SPDX-License-Identifier: Apache-2.0
"""How much slower a program runs while it is recorded."""
import os
import sys

import kit

RATES = (99, 997, 9973)
OURS, THEIRS = "hwprof record -g", "perf record"


def prefixes(data, hz):
    found = {"bare": [], OURS: kit.record(data, hz)}
    if kit.PERF:
        found[THEIRS] = kit.perf_record(data, hz)
        found[THEIRS + " -g"] = kit.perf_record(data, hz, "-g")
    return found


def one_round(configs, program, turn):
    """The program's own (wall, CPU) seconds under each; each round begins with another one."""
    names = list(configs)
    names = names[turn % len(names):] + names[:turn % len(names)]
    result = {}
    for n in names:
        w = kit.window(kit.run(configs[n] + program))
        result[n] = w.end - w.begin, w.cpu
    return result


def ratios(runs, config, to, which):
    return [r[config][which] / r[to][which] for r in runs]


def rows_of(hz, configs, runs):
    rows = []
    for c in configs:
        if c == "bare":
            continue
        rows.append([f"{hz} Hz, {c}", kit.spread(ratios(runs, c, "bare", 0)),
                     kit.spread(ratios(runs, c, "bare", 1)), "", ""])
        if c == OURS and THEIRS in configs:
            by_perf = ratios(runs, OURS, THEIRS, 1)
            rows[-1][3:] = [kit.spread(by_perf), kit.judged(kit.median(by_perf), 1, "x perf")]
    return rows


def main(rounds):
    for name in ("flat", "deep"):
        program = kit.python_program(sys.executable, name)
        rows = []
        with kit.folder() as folder:
            for hz in RATES:
                configs = prefixes(os.path.join(folder, "data"), hz)
                runs = [one_round(configs, program, turn) for turn in range(rounds)]
                rows += rows_of(hz, configs, runs)
        kit.table(f"slowdown of {name}, ratio: median (quartiles)",
                  ["", "wall time", "CPU time", "CPU time by perf record's", "promised"], rows,
                  f"{rounds} rounds of each rate, every configuration once in each, by turns; "
                  "ratios within a round, of the program's own clocks around its work")
