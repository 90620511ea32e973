# SPDX-License-Identifier: Apache-2.0
"""This build beside another one, whose hwprof is named by $AGAINST: what a change of the code costs."""
import os
import subprocess
import sys
import time

import cost
import kit
import switches

HZ = 9973
PAIR_LIMIT = 1.05     # of what is told to be not slower: medians of pairs vary by that much here
MANY_HZ, MANY_S = 20_000, 27  # twice that on two CPUs: a million samples
MEMORY_S = 60


def other():
    path = os.environ.get("AGAINST")
    kit.need(path, "name the other hwprof in $AGAINST")
    kit.need(os.access(path, os.X_OK), f"{path} cannot be run")
    return path


def with_hwprof(path, command):
    """@command of the kit, run by the hwprof @path."""
    return [path if word == kit.HWPROF else word for word in command]


def pairs(measure, builds, rounds):
    """[(other, this)]: both in each round, by turns the first."""
    found = []
    for turn in range(rounds):
        order = builds if turn % 2 else builds[::-1]
        figures = {b: measure(b) for b in order}
        found.append((figures[builds[0]], figures[builds[1]]))
    return found


def row(name, unit, found, digits=2):
    before, after = zip(*found)
    ratios = [b / a for a, b in found]
    return [name, unit, kit.spread(before, digits), kit.spread(after, digits), kit.spread(ratios),
            kit.judged(kit.median(ratios), PAIR_LIMIT, "x")]


def sample_us(build, program, data):
    """One figure of several windows, as cost.measure() has them."""
    command = with_hwprof(build, kit.record(data, HZ)) + program
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as hwprof:
        cost.wait_for_samples(hwprof)
        figures = cost.windows_of(hwprof, 4)
    kit.need(hwprof.returncode == 0, f"hwprof ended with {hwprof.returncode}")
    return kit.median(figures) / 1e3


def begin_ms(build, prefix, program):
    started, text, _ = kit.timed(with_hwprof(build, prefix) + program)
    return (kit.window(text).begin - started) * 1e3


def switch_ns(build, prefix, turns):
    return 1e9 / switches.round_trips(turns, with_hwprof(build, prefix)) / switches.SWITCHES


def used(command):
    """(seconds of CPU time, peak of the resident set in MiB) of @command; by time(1), since a program
    that this one starts has its size for a peak."""
    with kit.folder() as folder:
        path = os.path.join(folder, "time")
        kit.run(["/usr/bin/time", "-f", "%U %S %M", "-o", path, *command])
        with open(path) as f:
            user, system, kib = map(float, f.read().split())
    return user + system, kib / 1024


def report_rows(builds, data, rounds):
    rows = []
    program = kit.python_program(sys.executable, "mixed", MANY_S)
    both = ["sh", "-c", '"$@" & "$@"; wait', "sh", *program]
    kit.run(with_hwprof(builds[0], kit.record(data, MANY_HZ)) + both)
    count = len(kit.profile(data)[1])
    for name, args in (("report", ["report", "-i", data]), ("report --tree", ["report", "--tree", "-i", data]),
                       ("report --clock wall", ["report", "--clock", "wall", "-i", data]),
                       ("boundness", ["boundness", "-i", data])):
        found = pairs(lambda b, a=args: used([b, *a]), builds, rounds)
        label = f"{name} of {count:,} samples"
        rows.append(row(label, "CPU s", [(a[0], b[0]) for a, b in found]))
        rows.append(row(label, "peak MiB", [(a[1], b[1]) for a, b in found], 1))
    return rows


def memory_mib(build, data):
    """The resident set of a recording after a minute."""
    program = kit.python_program(sys.executable, "mixed", MEMORY_S + 5)
    with subprocess.Popen(with_hwprof(build, kit.record(data, HZ)) + program,
                          stdout=subprocess.DEVNULL) as hwprof:
        time.sleep(MEMORY_S)
        with open(f"/proc/{hwprof.pid}/status") as f:
            kib = next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))
    return kib / 1024


def main(rounds):
    kit.need_root()
    builds = (other(), kit.HWPROF)
    rows = []
    python = kit.pythons()
    with kit.folder() as folder, kit.bpf_stats():
        data = os.path.join(folder, "data")
        programs = [("native, shallow", kit.native_program(0, 3))]
        programs += [(f"{v}, sort, re and json", kit.python_program(p, "mixed", 3))
                     for v, p in list(python.items())[:1]]
        for name, program in programs:
            rows.append(row(f"a sample, {name}", "us",
                            pairs(lambda b, p=program: sample_us(b, p, data), builds, rounds)))
    with kit.folder() as folder:
        data = os.path.join(folder, "data")
        turns = switches.turns_for(switches.RATES[0])
        stat = [kit.HWPROF, "stat", "-e", switches.EVENTS, "-o", os.devnull, "--"]
        record = kit.record(data, 99)
        for name, prefix in (("stat", stat), ("record", record)):
            rows.append(row(f"a switch under {name}", "ns",
                            pairs(lambda b, p=prefix: switch_ns(b, p, turns), builds, 3 * rounds), 0))
            rows.append(row(f"until {name} starts a command", "ms",
                            pairs(lambda b, p=prefix: begin_ms(b, p, kit.native_program(0, 0)), builds,
                                  3 * rounds), 1))
        rows += report_rows(builds, data, max(3, rounds // 2))
        rows.append(row(f"record after {MEMORY_S} s", "MiB",
                        pairs(lambda b: memory_mib(b, data), builds, 2), 1))
    kit.table(f"beside {builds[0]}: median (quartiles)",
              ["what", "unit", "other", "this", "this / other", "promised"], rows,
              f"{rounds} pairs, by turns, ratios within a pair; a sample: the kernel's account of the "
              "program at perf events; a switch: all of a round trip of two processes, halved")
