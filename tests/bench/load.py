# SPDX-License-Identifier: Apache-2.0
"""Time to load the BPF programs, and to have the unwind rows of an interpreter."""
import os
import subprocess
import time

import kit

LOAD_MS, BUILD_MS, BYTES_KB, CACHED_MS = 150, 40, 600, 5


def code_of(python):
    """The file that holds the interpreter: its libpython, or the program itself."""
    text = subprocess.run(["ldd", python], stdout=subprocess.PIPE, text=True).stdout
    shared = [line.split()[2] for line in text.splitlines() if "libpython" in line]
    return os.path.realpath(shared[0] if shared else python)


def rows_of(path, rounds):
    with kit.folder() as folder:
        cache = os.path.join(folder, "cache")
        figures = [tuple(map(float, kit.run([kit.program("bench_rows"), path, cache]).split()))
                   for _ in range(rounds)]
    built, sizes, cached = zip(*figures)
    return built, sizes[0] / 1e3, cached


def verified(data):
    """Instructions that the verifier went through, of all programs, as the kernel counts them."""
    most = 0
    with subprocess.Popen(kit.record(data, 99) + ["sleep", "1"]) as hwprof:
        while hwprof.poll() is None:
            programs = kit.bpf_programs(hwprof.pid)
            most = max(most, sum(int(p.get("verified_insns:", 0)) for p in programs))
            time.sleep(0.05)
    return most


def load_table(rounds):
    ms, cpu_ms = zip(*(map(float, kit.run([kit.program("bench_load")]).split())
                       for _ in range(rounds)))
    with kit.folder() as folder:
        instructions = verified(os.path.join(folder, "data"))
    kit.table("loading all BPF programs, milliseconds: median (quartiles)",
              ["", "ms", "of it CPU time", "instructions verified", "promised"],
              [["record -g", kit.spread(ms, 1), kit.spread(cpu_ms, 1), f"{instructions:,}",
                kit.judged(kit.median(ms), LOAD_MS, "ms")]],
              f"{rounds} processes: open, load with verifier and compiler, attach")


def rows_table(rounds):
    rows = []
    for python in kit.pythons().values():
        path = code_of(python)
        built, size_kb, cached = rows_of(path, rounds)
        held = all([kit.median(built) <= BUILD_MS, size_kb <= BYTES_KB,
                    kit.median(cached) <= CACHED_MS])
        rows.append([path, kit.spread(built, 1), f"{size_kb:.0f}", kit.spread(cached, 2),
                     "holds" if held else "MISSED"])
    kit.table("unwind rows of CPython, milliseconds: median (quartiles)",
              ["file", "build ms", "KB", "cached ms",
               f"<= {BUILD_MS} ms, {BYTES_KB} KB, {CACHED_MS} ms"], rows,
              f"{rounds} processes; both times open the file too, whose pages are in memory")


def main(rounds):
    rows_table(rounds)
    kit.need_root()
    load_table(rounds)
