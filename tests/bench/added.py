# SPDX-License-Identifier: Apache-2.0
"""What record and stat add to the whole of a command, from its start to the last exit."""
import os
import sys

import kit

HZ = 997


def stat(data):
    return [kit.HWPROF, "stat", "-o", data, "--"]


def perf_stat(data):
    return [kit.PERF, "stat", "-o", data, "--"]


def seconds(command):
    started, _, ended = kit.timed(command)
    return ended - started


def main(rounds):
    rows = []
    work = kit.python_program(sys.executable, "half")
    sleep = ["sleep", "0.5"]
    with kit.folder() as folder:
        data = os.path.join(folder, "data")
        record, perf = kit.record(data, HZ), kit.perf_record(data, HZ, "-g") if kit.PERF else []
        for name, command, ours, theirs in (
                ("record -g of half a second of Python", work, record, perf),
                ("record -g of sleep 0.5", sleep, record, perf),
                ("stat of sleep 0.5", sleep, stat(data), kit.PERF and perf_stat(data)),
                ("stat of true", ["true"], stat(data), kit.PERF and perf_stat(data))):
            more = {"hwprof": [], "perf": []}
            for _ in range(rounds):
                for who, prefix in (("hwprof", ours), ("perf", theirs)):
                    if prefix:
                        more[who].append((-seconds(command) + seconds(prefix + command)) * 1e3)
            rows.append([name, *(kit.spread(v, 1) if v else "-" for v in more.values())])
    kit.table("added to the whole of a command, milliseconds: median (quartiles)",
              ["", "hwprof", "perf"], rows,
              f"{rounds} pairs of the bare command and the recorded one, right after each other")
