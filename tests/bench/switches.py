# SPDX-License-Identifier: Apache-2.0
"""What watching the scheduler costs a program that does little but switch: by its own count of round
trips, and by the kernel's account of the programs."""
import os
import subprocess
import time

import kit

RATES = (100_000, 200_000)  # context switches a second, alone
SECONDS = 0.4
EVENTS = "task-clock,context-switches"  # their counting costs, too: perf stat pays the same
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


def beside(turns, rounds):
    """The same while another program is watched, one that sleeps: in a session of its own for each
    pair."""
    ratios, rates = [], []
    watch = [kit.HWPROF, "stat", "-o", os.devnull, "--", "sleep", "60"]
    for _ in range(rounds):
        a = round_trips(turns)
        with subprocess.Popen(watch) as session:
            try:
                time.sleep(0.5)
                b = round_trips(turns)
            finally:
                session.terminate()
        ratios.append(a / b)
        rates.append(SWITCHES * a)
    return rates, ratios


def events(turns, prefix):
    """(nanoseconds of the programs for a switch, switches of a second) while it runs so."""
    command = [*prefix, "taskset", "-c", "0", kit.program("bench_switches"), "2", str(turns)]
    with kit.bpf_stats(), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as session:
        time.sleep(1)
        first = [(int(p["run_time_ns:"]), int(p["run_cnt:"]))
                 for p in kit.bpf_programs(session.pid)]
        time.sleep(0.5)
        last = [(int(p["run_time_ns:"]), int(p["run_cnt:"]))
                for p in kit.bpf_programs(session.pid)]
        session.wait()
    kit.need(len(first) == len(last) and last, "no program was there")
    ns, runs = (sum(b[i] - a[i] for a, b in zip(first, last)) for i in (0, 1))
    kit.need(runs, "no event was counted")
    return ns / runs, runs / 0.5


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
            for name, before, after, limit in ((beside_name, counted, stat,
                                                1.01 if rate == RATES[0] else None),
                                               ("stat, beside nothing", (), stat, None),
                                               ("record --off-cpu, beside --no-off-cpu", off, on,
                                                1.03 if rate == RATES[1] else None),
                                               ("outside the session", None, None, None)):
                rates, ratios = (paired(turns, before, after, rounds) if after
                                 else beside(turns, rounds))
                rows.append([f"{rate:,}, {name}", f"{kit.median(rates):,.0f}", kit.spread(ratios),
                             kit.judged(kit.median(ratios), limit, "x") if limit else ""])
            ns, runs = events(turns, stat)
            costs.append([f"{rate:,}", f"{ns:.0f}", f"{runs:,.0f}", ""])
    kit.table("watching the scheduler: slowdown, median (quartiles)",
              ["switches a second, under", "switches measured", "slowdown", "promised"], rows,
              f"{rounds} pairs of {SECONDS} s each, the order changes from pair to pair; two processes "
              "on one CPU hand a byte to and fro")
    kit.table("the programs by the kernel's account", ["switches a second", "ns a run", "runs a second",
                                                       ""], costs,
              "kernel.bpf_stats, which itself adds some tens of ns to a run; half a second of `hwprof "
              "stat`")
