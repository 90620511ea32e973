# SPDX-License-Identifier: Apache-2.0
"""Time of one sample in the kernel, by the kernel's own account."""
import os
import subprocess
import time

import kit

BPF_PROG_TYPE_PERF_EVENT = "7"  # enum bpf_prog_type of linux/bpf.h
RATES = (997, 9973)
WINDOW_S = 0.2  # one figure: the time of the samples of that long, by their number
SETTLE_S = 0.5  # before the first: the program reaches its depth, hwprof knows its code
WAIT_S = 20     # for the first sample


def account(pid):
    """(ns, runs) of the programs of @pid that run at perf events."""
    found = [p for p in kit.bpf_programs(pid) if p["prog_type:"] == BPF_PROG_TYPE_PERF_EVENT]
    return (sum(int(p["run_time_ns:"]) for p in found), sum(int(p["run_cnt:"]) for p in found))


def wait_for_samples(hwprof):
    end = time.monotonic() + WAIT_S
    while account(hwprof.pid)[1] == 0:
        kit.need(hwprof.poll() is None, "no sample was counted before the program ended")
        kit.need(time.monotonic() < end, "no sample within %d s" % WAIT_S)
        time.sleep(0.02)
    time.sleep(SETTLE_S)


def windows_of(hwprof, rounds):
    """Nanoseconds a sample, in each of @rounds windows."""
    figures = []
    ns, runs = account(hwprof.pid)
    for _ in range(rounds):
        time.sleep(WINDOW_S)
        ns_before, runs_before = ns, runs
        ns, runs = account(hwprof.pid)
        if runs > runs_before:
            figures.append((ns - ns_before) / (runs - runs_before))
    kit.need(len(figures) > rounds / 2, "the program ended before it was measured")
    return figures


def walked(stack):
    """How many user frames the kernel walked: inlined functions lie at the address of the one that
    they were compiled into, and differ from it in name or line; a recursion does not."""
    user = [f for f in stack if f.kind in (kit.stacks.NATIVE, kit.stacks.PYTHON)]
    inlined = sum(a.kind == b.kind == kit.stacks.NATIVE and a[2:] != b[2:] and
                  (a.module, a.addr) == (b.module, b.addr) for a, b in zip(user, user[1:]))
    return len(user) - inlined


def frames(data):
    """(frames of the median stack, share of the stacks that do not reach the root)"""
    _, samples = kit.profile(data)
    depth = {s.stack: walked(s.stack) for s in samples}
    return (int(kit.median([depth[s.stack] for s in samples])),
            sum(s.truncated for s in samples) / len(samples))


def measure(command, hz, data, rounds):
    with subprocess.Popen(kit.record(data, hz) + command, stdout=subprocess.DEVNULL) as hwprof:
        wait_for_samples(hwprof)
        figures = windows_of(hwprof, rounds)
    kit.need(hwprof.returncode == 0, f"hwprof ended with {hwprof.returncode}")
    return figures


def programs(seconds):
    """(name, command, microseconds promised, or None)"""
    yield "native, shallow", kit.native_program(0, seconds), None
    yield "native, 700 calls deep", kit.native_program(700, seconds), None
    for version, python in kit.pythons().items():
        yield f"{version}, a sort key", kit.python_program(python, "sort", seconds), 4
        yield f"{version}, sort, re and json", kit.python_program(python, "mixed", seconds), None
        yield (f"{version}, 1,000 Python frames",
               kit.python_program(python, "recursion", seconds), 60)


def row(name, limit, figures, seen, first):
    depth, cut = seen
    us = [kit.median(f) / 1e3 for f in figures]
    shallow_us, shallow_depth = first
    more = depth - shallow_depth
    each = f"{(us[-1] - shallow_us) * 1e3 / more:.0f}" if more > 0 else "-"
    spreads = [kit.spread([ns / 1e3 for ns in f], 2) for f in figures]
    return [name, str(depth), f"{100 * cut:.1f} %", *spreads, each,
            kit.judged(us[-1], limit, "us") if limit else ""]


def main(rounds):
    kit.need_root()
    seconds = SETTLE_S + rounds * WINDOW_S + 1
    rows, first = [], None
    with kit.folder() as folder, kit.bpf_stats():
        data = os.path.join(folder, "data")
        for name, command, limit in programs(seconds):
            with kit.part(name):
                figures = [measure(command, hz, data, rounds) for hz in RATES]
                seen = frames(data)
                first = first or (kit.median(figures[-1]) / 1e3, seen[0])
                rows.append(row(name, limit, figures, seen, first))
    kit.table("cost of a sample, microseconds: median (quartiles)",
              ["stack of", "frames", "cut", *(f"at {hz} Hz" for hz in RATES), "ns/frame",
               f"promised, at {RATES[-1]} Hz"], rows,
              f"run_time_ns by run_cnt of the program that samples, over {rounds} windows of "
              f"{WINDOW_S} s; frames: user frames of the median stack; cut: stacks that do not "
              "reach the root; ns/frame: what each frame adds to the first row")
