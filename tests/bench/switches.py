# SPDX-License-Identifier: Apache-2.0
"""What watching the scheduler costs a program that does little but switch, by its own count of round
trips; and what the least watch would cost."""
import collections
import os

import kit

RATES = (100_000, 200_000)  # context switches a second, alone
SECONDS = 0.4
EVENTS = "task-clock,context-switches"  # their counting costs, too: perf stat pays the same
SESSION = "hwprof's account, in the session"
WATCHES = ("nothing", "two programs that do nothing", "two that find their thread and read the clock",
           "hwprof's account, of another session", SESSION)  # in the order of bench_watch
SWITCHES = 2  # of a round trip at least: to the other process, and back


def round_trips(turns, prefix=()):
    """A second, of two processes on one CPU: each hand-over is a switch."""
    return float(kit.run([*prefix, "taskset", "-c", "0", kit.program("bench_switches"),
                          str(SECONDS), str(turns)]))


def turns_for(rate):
    """How much work before each write makes so many switches a second, if the machine can."""
    turns, step = 0, 4096
    if SWITCHES * round_trips(0) < rate:
        return 0
    while step:
        if SWITCHES * round_trips(turns + step) >= rate:
            turns += step
        step //= 2
    return turns


def paired(turns, before, after, rounds):
    """How much slower the second is, in each of @rounds pairs, by turns first and second."""
    ratios, rates = [], []
    for turn in range(rounds):
        if turn % 2:
            b = round_trips(turns, after)
            a = round_trips(turns, before)
        else:
            a = round_trips(turns, before)
            b = round_trips(turns, after)
        ratios.append(a / b)
        rates.append(SWITCHES * a)
    return rates, ratios


def watch(turns, rounds):
    """{watch of bench_watch: [(ns of a switch without it, with it), ...]}"""
    found = collections.defaultdict(list)
    for line in kit.run([kit.program("bench_watch"), str(turns), str(rounds)]).splitlines():
        number, without, beside = line.split()
        found[WATCHES[int(number)]].append((float(without), float(beside)))
    return found


def main(rounds):
    kit.need_root()
    rows, costs = [], []
    with kit.folder() as folder:
        stat = [kit.HWPROF, "stat", "-e", EVENTS, "-o", os.devnull, "--"]
        counted = [kit.PERF, "stat", "-e", EVENTS, "-o", os.devnull, "--"] if kit.PERF else ()
        off, on = (kit.record(os.path.join(folder, "data"), 99, o)
                   for o in ("--no-off-cpu", "--off-cpu"))
        for rate in RATES:
            turns = turns_for(rate)
            beside_name = "stat, beside perf stat" if kit.PERF else "stat"
            for name, before, after, limit in ((beside_name, counted, stat, None),
                                               ("stat, beside nothing", (), stat, None),
                                               ("record --off-cpu, beside --no-off-cpu", off, on,
                                                1.03 if rate == RATES[1] else None)):
                rates, ratios = paired(turns, before, after, rounds)
                rows.append([f"{rate:,}, {name}", f"{kit.median(rates):,.0f}", kit.spread(ratios),
                             kit.judged(kit.median(ratios), limit, "x") if limit else ""])
            for name, found in watch(turns, 6 * rounds).items():
                ratio = [b / a for a, b in found]
                limit = 1.01 if name == SESSION and rate == RATES[0] else None
                costs.append([f"{rate:,}, {name}", f"{kit.median([1e9 / a for a, _ in found]):,.0f}",
                              kit.spread([b - a for a, b in found], 0), kit.spread(ratio),
                              kit.judged(kit.median(ratio), limit, "x") if limit else ""])
    kit.table("commands of hwprof: slowdown, median (quartiles)",
              ["switches a second, under", "switches measured", "slowdown", "promised"], rows,
              f"{rounds} pairs of {SECONDS} s each, the order changes from pair to pair; two processes "
              "on one CPU hand a byte to and fro")
    kit.table("what watches the scheduler: slowdown, median (quartiles)",
              ["switches a second, beside", "switches measured", "ns a switch", "slowdown", "promised"],
              costs,
              f"{6 * rounds} windows of 40 ms with it, each between two without, while the same two "
              "processes run on; two programs, at sched_switch and sched_waking, are the least that "
              "tells running, runnable and waiting apart")
