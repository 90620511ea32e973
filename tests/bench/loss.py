# SPDX-License-Identifier: Apache-2.0
"""Samples lost, and samples that were never taken, with every CPU busy."""
import os
import subprocess
import sys

import kit

RATES = (9973, 20000)
SECONDS = 2


def everywhere(program):
    """The program once for each CPU, all at once."""
    return ["sh", "-c", 'for i in $(seq %d); do "$@" & done; wait' % os.cpu_count(), "sh", *program]


def row(name, taken, expected, lost, promised):
    return [name, f"{expected:.0f}", str(taken), f"{100 * taken / expected:.1f} %", str(lost),
            promised]


def by_hwprof(name, program, hz, data):
    found = kit.windows(kit.run(kit.record(data, hz, "-e", "cpu-clock") + program))
    session, samples = kit.profile(data)
    lost = session.get("lost", 0)
    taken = sum(len(kit.within(samples, w)) for w in found)
    return row(f"{hz} Hz, {name}: hwprof record -g", taken, hz * sum(w.cpu for w in found), lost,
               "0 lost: " + ("MISSED" if lost else "holds"))


def perf_times(data):
    """(pid, seconds on CLOCK_MONOTONIC) of each sample."""
    text = kit.run([kit.PERF, "script", "-i", data, "--ns", "-F", "pid,time"])
    for line in text.splitlines():
        pid, seconds = line.replace(":", " ").split()[:2]
        yield int(pid), float(seconds)


def perf_lost(data):
    text = subprocess.run([kit.PERF, "report", "-i", data, "--stats"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    for line in text.splitlines():
        if "LOST_SAMPLES events" in line:
            return int(line.split()[2])
    return 0


def by_perf(name, program, hz, data):
    options = ["-e", "cpu-clock", "-k", "CLOCK_MONOTONIC"]
    found = kit.windows(kit.run(kit.perf_record(data, hz, *options) + program))
    by_pid = {w.pid: w for w in found}
    taken = sum(pid in by_pid and by_pid[pid].begin <= t <= by_pid[pid].end
                for pid, t in perf_times(data))
    return row(f"{hz} Hz, {name}: perf record", taken, hz * sum(w.cpu for w in found),
               perf_lost(data), "")


def main(rounds):
    kit.need_root()
    rows = []
    with kit.folder() as folder:
        data = os.path.join(folder, "data")
        for hz in RATES:
            for name, program in (("native", kit.native_program(0, SECONDS)),
                                  ("python", kit.python_program(sys.executable, "ends", SECONDS))):
                with kit.part(f"{name} at {hz} Hz"):
                    rows.append(by_hwprof(name, everywhere(program), hz, data))
                    if kit.PERF:
                        rows.append(by_perf(name, everywhere(program), hz, data))
    kit.table("samples lost with all CPUs busy",
              ["", "expected", "taken", "", "lost", "promised"], rows,
              f"a process for each of {os.cpu_count()} CPUs, {SECONDS} s of CPU time each; "
              "expected: rate x CPU time; taken: within their working time; lost: by the "
              "recorder's own account; neither: ticks that came while the one before was still at "
              "work, or while a virtual CPU slept")
