# SPDX-License-Identifier: Apache-2.0
"""Wrong and missing stacks of a call-heavy recursion: hwprof, and CPython 3.15's own sampler, which
reads the same program from outside. Debian's newest suite has that Python; tests/debfetch unpacks
it into the cache of the tests."""
import os
import re
import shutil
import subprocess

import kit

SID = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                   "hwprof-tests", "sid")
PYTHON = "/usr/bin/python3.15"
PROGRAM = "/tmp/hwprof-bench/work.py"
OUTPUT = "/tmp/hwprof-bench/stacks"
DEEP, FIB = 60, 32  # as in work.py
RATES = (1000, 10000)


def fetch():
    """Python 3.15 in SID, which is left there for the next time."""
    if not os.path.exists(SID + PYTHON):
        fetcher = os.path.join(kit.SOURCE, "tests", "debfetch")
        arch = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True)
        print(f"\nfetching Python 3.15 into {SID} ...", flush=True)
        os.makedirs(SID, exist_ok=True)
        done = subprocess.run([fetcher, "root", arch.stdout.strip(), SID, "python3.15"],
                              env={**os.environ, "DEBFETCH_SUITES": "sid"},
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        kit.need(done.returncode == 0 and os.path.exists(SID + PYTHON),
                 f"Python 3.15 cannot be had: {done.stderr[-300:]}")
    os.makedirs(os.path.dirname(SID + PROGRAM), exist_ok=True)
    shutil.copy(kit.WORK, SID + PROGRAM)


def inside(*args):
    """A command in SID, with a /proc there that goes away with it. No locale but C is there."""
    return ["env", "-u", "LANG", "LC_ALL=C", "unshare", f"--mount-proc={SID}/proc", "chroot", SID,
            PYTHON, *args]


def line_of(text):
    """The line of work.py that has this text, counted from 1."""
    with open(kit.WORK) as f:
        return next(i for i, line in enumerate(f, 1) if text in line)


def chain(calls):
    """What is wrong with a stack, [(function, line)...] from root to leaf, taken while fib() was
    measured; None when it is right: each call in its place, each caller at the line of its call."""
    calls_at = {"fib": line_of("return fib("), "under": line_of("return under(")}
    names = "".join({"<module>": "M", "main": "m", "under": "u", "measured": "w", "fib": "f"}
                    .get(n, "?") for n, _ in calls)
    if not re.fullmatch("Mm%sw%s" % ("u" * (DEEP + 1), "f{0,%d}" % FIB), names):
        return "calls missing or wrong"
    for (name, line), (below, _) in zip(calls, calls[1:]):
        if name == below and name in calls_at and line != calls_at[name]:
            return "a caller at a wrong line"
    return None


def hwprof_calls(sample):
    return [(f.name, f.line) for f in reversed(sample.stack) if f.kind == kit.stacks.PYTHON]


def by_hwprof(hz, data):
    """(samples, errors, wrong stacks, seconds of the program)"""
    w = kit.window(kit.run(kit.record(data, hz) + inside("-B", PROGRAM, "deep")))
    session, samples = kit.profile(data)
    samples = kit.within(samples, w)
    kit.need(samples, "hwprof took no sample")
    wrong = sum(s.truncated or chain(hwprof_calls(s)) is not None for s in samples)
    return len(samples) + session.get("lost", 0), session.get("lost", 0), wrong, w.end - w.begin


def collapsed(path):
    """(calls, how often) of its file of stacks: tid:N;file:function:line;... COUNT"""
    with open(path) as f:
        for line in f:
            text, count = line.rsplit(" ", 1)
            calls = [part.rsplit(":", 2)[1:] for part in text.split(";")[1:] if part.count(":") > 1]
            yield [(name, int(n)) for name, n in calls], int(count)


def from_module(calls):
    """Without what runs the program: from its own <module>, the last one, on."""
    names = [n for n, _ in calls]
    return calls[len(names) - 1 - names[::-1].index("<module>"):] if "<module>" in names else calls


def by_cpython(hz, *options):
    """The same of CPython's sampler. Its stacks bear no time: those of the deep part are judged."""
    text = kit.run(inside("-m", "profiling.sampling", "run", "-r", str(hz), *options, "--collapsed",
                          "-o", OUTPUT, PROGRAM, "deep"))
    w = kit.window(text)
    total = re.search(r"Captured ([\d,]+) samples", text)
    rate = re.search(r"Error rate: ([\d.]+)", text)
    kit.need(total, f"profiling.sampling says something else: {text[-300:]}")
    total = int(total[1].replace(",", ""))
    errors = round(total * float(rate[1]) / 100) if rate else 0
    wrong = sum(n for calls, n in collapsed(SID + OUTPUT)
                if {"under", "fib"} & {name for name, _ in calls} and chain(from_module(calls)))
    return total, errors, wrong, w.end - w.begin


def row(name, total, errors, wrong, slower, promised=False):
    bad = 100 * (errors + wrong) / total
    return [name, str(total), str(errors), str(wrong), f"{bad:.2f} %", f"{slower:.2f}",
            ("0 %: " + ("MISSED" if errors + wrong else "holds")) if promised else ""]


def main(rounds):
    kit.need_root()
    fetch()
    rows = []
    with kit.folder() as folder:
        data = os.path.join(folder, "data")
        for _ in range(max(2, rounds // 4)):
            w = kit.window(kit.run(inside("-B", PROGRAM, "deep")))
            bare = w.end - w.begin
            for name, result in (("hwprof record -g", lambda hz: by_hwprof(hz, data)),
                                 ("profiling.sampling", by_cpython),
                                 ("  with --blocking", lambda hz: by_cpython(hz, "--blocking"))):
                for hz in RATES:
                    with kit.part(f"{name}, {hz} Hz"):
                        total, errors, wrong, seconds = result(hz)
                        rows.append(row(f"{name}, {hz} Hz", total, errors, wrong, seconds / bare,
                                        "hwprof" in name))
    kit.table("stacks of recursion in CPython 3.15, every run",
              ["", "samples", "lost or failed", "wrong", "", "x bare time", "promised"], rows,
              "fib() below 60 calls; lost or failed: by each one's own account; wrong: a call "
              "missing, too many or out of order, a caller's line not that of its call, or cut "
              "before the root")
