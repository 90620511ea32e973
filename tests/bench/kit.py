# SPDX-License-Identifier: Apache-2.0
"""What the sections of bench.py share: commands, programs, figures and tables."""
import collections
import contextlib
import ctypes
import functools
import glob
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.append(os.path.join(SOURCE, "tests", "e2e"))
import stacks  # noqa: E402

HWPROF = shutil.which(os.environ.get("HWPROF", "hwprof"))
PERF = shutil.which("perf")
WORK = os.path.join(HERE, "work.py")

# One line of what work.py and native.c print: the work of process @pid, on CLOCK_MONOTONIC.
Window = collections.namedtuple("Window", "pid begin end cpu")


class Skipped(Exception):
    """Says why a section, or a part of one, has no figures here."""


@contextlib.contextmanager
def part(name):
    """A part of a section, without which the section goes on."""
    try:
        yield
    except Skipped as why:
        print(f"\nleft out: {name}: {why}", flush=True)


def need(condition, why):
    if not condition:
        raise Skipped(why)


def need_root():
    need(os.geteuid() == 0, "needs root")


def program(name):
    """A program of tests/bench/CMakeLists.txt, in the build folder of hwprof or in $BENCH."""
    build = os.path.dirname(os.path.dirname(os.path.realpath(HWPROF)))
    path = os.path.join(os.environ.get("BENCH", os.path.join(build, "tests", "bench")), name)
    need(os.access(path, os.X_OK), f"{path} is missing: build the target bench_programs")
    return path


def python_program(python, *args):
    return [python, "-B", WORK, *map(str, args)]


def native_program(depth, seconds):
    return [program("bench_native"), str(depth), str(seconds)]


@functools.lru_cache(maxsize=None)
def pythons():
    """Interpreters 3.11 to 3.13, one of each, by version: the system's before pyenv's."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = {}
    for version in ("3.11", "3.12", "3.13"):
        here = [f"/usr/bin/python{version}", *glob.glob(f"{root}/versions/{version}.*/bin/python3")]
        here = [p for p in here if os.access(p, os.X_OK)]
        if here:
            found[version] = here[0]
        else:
            print(f"left out: no python{version} here")
    return found


def record(data, hz, *options):
    return [HWPROF, "record", "-q", "-g", "-F", str(hz), *options, "-o", data, "--"]


def perf_record(data, hz, *options):
    return [PERF, "record", "-q", "-F", str(hz), *options, "-o", data, "--"]


def run(command):
    """What the command printed; failure ends the section."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Skipped(f"{' '.join(command)} failed with {done.returncode}: {done.stderr[-300:]}")
    return done.stdout


def timed(command):
    """(when it was started, what it printed, when it had ended), on CLOCK_MONOTONIC."""
    start = time.monotonic()
    text = run(command)
    return start, text, time.monotonic()


def windows(text):
    found = []
    for line in text.splitlines():
        words = line.split()
        with contextlib.suppress(ValueError):
            if len(words) == 4:
                found.append(Window(int(words[0]), *map(float, words[1:])))
    need(found, f"the program did not say how long it worked: {text[-200:]!r}")
    return found


def window(text):
    return windows(text)[0]


def profile(data):
    """(session, samples) of a profile, read apart from the project's own reader."""
    need(shutil.which("zstd"), "zstd is not installed")
    return stacks.read(data)


def within(samples, w):
    return [s for s in samples if s.pid == w.pid and w.begin <= s.time / 1e9 <= w.end]


def bpf_programs(pid):
    """The fields of /proc/PID/fdinfo of each BPF program that @pid holds a descriptor of, see
    bpf_prog_show_fdinfo() of the kernel."""
    found = {}
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        with contextlib.suppress(OSError), open(path) as f:
            fields = dict(words for words in map(str.split, f) if len(words) == 2)
            if "prog_type:" in fields:
                found[fields["prog_id:"]] = fields
    return list(found.values())


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="hwprof-bench-") as path:
        yield path


@contextlib.contextmanager
def bpf_stats():
    """The kernel counts time and runs of BPF programs for as long as a descriptor asks for it: like
    kernel.bpf_stats_enabled, but ends with this process, however that ends. See BPF_ENABLE_STATS in
    linux/bpf.h; its union bpf_attr is here the u32 BPF_STATS_RUN_TIME, 0."""
    number = {"x86_64": 321, "aarch64": 280}.get(platform.machine())
    need(number, "the number of bpf(2) is not known here")
    attr = ctypes.c_uint32(0)
    fd = ctypes.CDLL(None, use_errno=True).syscall(number, 32, ctypes.byref(attr),
                                                   ctypes.sizeof(attr))
    need(fd >= 0, f"BPF_ENABLE_STATS: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        os.close(fd)


def median(values):
    return statistics.median(values)


def spread(values, digits=3):
    """The median, and the first and third quartile."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    q1, _, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median(values):.{digits}f} ({q1:.{digits}f}-{q3:.{digits}f})"


def judged(value, limit, unit):
    """The last column: what was promised, and whether it holds."""
    return f"<= {limit:g} {unit}: {'holds' if value <= limit else 'MISSED'}"


def table(title, heads, rows, method):
    """The first column to the left, the others to the right; then how it was measured."""
    widths = [max(len(r[i]) for r in [heads, *rows]) for i in range(len(heads))]
    print(f"\n{title}\n")
    for r in [heads, *rows]:
        cells = [r[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(r[1:], widths[1:]))]
        print("  " + "  ".join(cells).rstrip())
    print("\n" + textwrap.indent(textwrap.fill(method, 96), "  "), flush=True)
