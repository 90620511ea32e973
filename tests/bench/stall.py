# SPDX-License-Identifier: Apache-2.0
"""The memory stall that is estimated without a PMU, beside the truth: the time that the same
instructions take with their data in the L1 cache."""
import collections
import os
import subprocess
import time

import kit

HZ = 997
SECONDS = 2         # of work that is recorded
L1_SECONDS = 0.5    # of each run that gives the time with data in L1
ATTACH_S = 0.7      # until record watches the program, which waits meanwhile
PROMISED_POINTS = 10

SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's numpy is for
C_SIZES = (1 << 20, 64 << 20)       # bytes; the first of all is SMALL
SMALL = 16384
CHASE_SIZES = (1 << 18, 2 << 20, 32 << 20, 512 << 20)

# The programs of stall_kernels.c and stall_python.py. The costs in lib/bound/stall.c were fitted to
# those with True; the others were held out. Sizes: small, which fits in L1, then what is measured.
# None: it reads little, whatever the size, so that the truth is 0.
Program = collections.namedtuple("Program", "name fitted small sizes")
C_PROGRAMS = (
    Program("chase", True, SMALL, CHASE_SIZES),
    Program("chase_work", False, SMALL, C_SIZES),
    Program("list_branch", False, SMALL, C_SIZES),
    Program("list_sum", False, SMALL, C_SIZES),
    Program("list_in_order", True, SMALL, C_SIZES),
    Program("gather", True, SMALL, C_SIZES),
    Program("gather_computed", True, SMALL, C_SIZES),
    Program("histogram", False, SMALL, C_SIZES),
    Program("scatter", True, SMALL, C_SIZES),
    Program("stream_read", True, SMALL, C_SIZES),
    Program("stream_lines", False, SMALL, C_SIZES),
    Program("stream_write", True, SMALL, C_SIZES),
    Program("stream_triad", False, SMALL, C_SIZES),
    Program("stride", False, SMALL, C_SIZES),
    Program("hash_lookup", True, SMALL, C_SIZES),
    Program("tree_search", False, SMALL, C_SIZES),
    Program("binary_search", True, SMALL, C_SIZES),
    Program("quick_sort", False, SMALL, C_SIZES),
    Program("matmul_naive", True, SMALL, (8 << 20,)),
    Program("matmul_blocked", False, SMALL, (8 << 20,)),
    Program("hash_bytes", False, SMALL, C_SIZES),
    Program("copy", True, SMALL, C_SIZES),
    Program("alu", True, SMALL, ()),
    Program("divide", False, SMALL, ()),
    Program("mispredict", True, SMALL, ()),
    Program("recursion", True, SMALL, ()),
)
PYTHON_PROGRAMS = (
    Program("list_shuffled", True, 300, (4000000,)),
    Program("list_in_order", False, 300, (4000000,)),
    Program("list_sum", False, 300, (4000000,)),
    Program("dict_lookup", True, 300, (4000000,)),
    Program("attributes", False, 300, (1000000,)),
    Program("list_sort", True, 300, (1000000,)),
    Program("nbody", True, 1, ()),
    Program("json_dumps", False, 1, ()),
    Program("fibonacci", False, 1, ()),
)
NUMPY_PROGRAMS = (
    Program("numpy_gather", True, 1000, (100000, 8000000)),
    Program("numpy_sum", True, 1000, (100000, 8000000)),
    Program("numpy_add", False, 1000, (100000, 8000000)),
    Program("numpy_dot", False, 1000, (1000000,)),
)

Result = collections.namedtuple("Result", "name fitted size truth estimate error samples")


def c_command(name, size, seconds):
    return [kit.program("stall_kernels"), name, str(size), str(seconds)]


def python_command(name, size, seconds):
    script = os.path.join(kit.SOURCE, "tests", "workloads", "stall_python.py")
    return [SYSTEM_PYTHON, "-B", script, name, str(size), str(seconds)]


def start(command):
    """The program, which has made its data and waits, and its pid."""
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    words = program.stdout.readline().split()
    kit.need(words[:1] == ["ready"], f"{' '.join(command)} did not get ready")
    return program, int(words[1])


def work(program):
    """(least, mean) nanoseconds that a unit took."""
    out, _ = program.communicate("\n")
    kit.need(program.returncode == 0, f"a program ended with {program.returncode}")
    return tuple(map(float, out.split()))


def recorded(command, data):
    """The mean time of a unit of the work, which is recorded and nothing else of the program."""
    program, pid = start(command)
    hwprof = subprocess.Popen([kit.HWPROF, "record", "-q", "-g", "-F", str(HZ), "-o", data, "-p",
                               str(pid)], stdout=subprocess.DEVNULL)
    time.sleep(ATTACH_S)
    ns = work(program)[1]
    kit.need(hwprof.wait() == 0, f"hwprof ended with {hwprof.returncode}")
    return ns


def estimate(data):
    """(share, expected error, samples)"""
    share, error, samples = kit.run([kit.program("bench_stall"), data]).split()
    kit.need(float(share) >= 0, "no estimate was made")
    return float(share), float(error), int(samples)


def measure(p, command, runs, data):
    """The results of one program: of the small size, and of the others."""
    l1_ns = min(work(start(command(p.name, p.small, L1_SECONDS))[0])[1] for _ in range(runs))
    for size in (p.small, *p.sizes):
        ns = recorded(command(p.name, size, SECONDS), data)
        truth = max(0, 1 - l1_ns / ns) if size != p.small else 0
        yield Result(p.name, p.fitted, size, truth, *estimate(data))


def print_results(title, results, unit):
    rows = [[r.name, str(r.size), "fitted" if r.fitted else "held out", f"{100 * r.truth:.0f}",
             f"{100 * r.estimate:.0f} +- {100 * r.error:.0f}",
             f"{100 * (r.estimate - r.truth):+.0f}", str(r.samples)] for r in results]
    kit.table(f"memory stall of {title}, percent of user time",
              [title, unit, "", "truth", "estimate", "error", "samples"], rows,
              f"truth: 1 - t(L1)/t, where t is the CPU time of a unit of work while {SECONDS} s of "
              f"it were recorded at {HZ} Hz, t(L1) the least of runs over data that fit in L1; "
              "those are the rows with the smallest size, whose truth is 0")


def print_summary(results):
    def row(name, some):
        points = [100 * abs(r.estimate - r.truth) for r in some]
        if not points:
            return []
        mean = sum(points) / len(points)
        return [[name, str(len(points)), f"{mean:.1f}", f"{kit.median(points):.1f}",
                 f"{max(points):.0f}", kit.judged(mean, PROMISED_POINTS, "points")]]

    rows = [*row("fitted", [r for r in results if r.fitted]),
            *row("held out", [r for r in results if not r.fitted]),
            *row("held out, truth 0", [r for r in results if not r.fitted and not r.truth]),
            *row("held out, stalled", [r for r in results if not r.fitted and r.truth]),
            *row("all", results)]
    kit.table("absolute error of the estimated stall, points of user time",
              ["", "rows", "mean", "median", "largest", "promised, mean"], rows,
              "the rows above; the costs of lib/bound/stall.c were fitted without those held out")


def has_numpy():
    return not subprocess.run([SYSTEM_PYTHON, "-c", "import numpy"],
                              stderr=subprocess.DEVNULL).returncode


def main(rounds):
    kit.need_root()
    runs = max(2, rounds // 4)
    results = []
    with kit.folder() as folder:
        data = os.path.join(folder, "data")
        for title, programs, command, unit in (
                ("C", C_PROGRAMS, c_command, "bytes"),
                ("Python", PYTHON_PROGRAMS, python_command, "objects"),
                ("numpy", NUMPY_PROGRAMS, python_command, "elements")):
            with kit.part(title):
                kit.need(command == c_command or os.access(SYSTEM_PYTHON, os.X_OK),
                         f"no {SYSTEM_PYTHON}")
                kit.need(title != "numpy" or has_numpy(), "python3-numpy is not installed")
                found = [r for p in programs for r in measure(p, command, runs, data)]
                print_results(title, found, unit)
                results += found
    kit.need(results, "no program was measured")
    print_summary(results)
