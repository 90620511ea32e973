#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The wall budget that the scheduler's account gives, of scenes whose answer is known:

  waits.py scenes PYTHON FOLDER    each scene of SCENES, by stat
  waits.py gil PYTHON... -- FILE   the fight for the GIL, FILE as that interpreter sees waits.py
  waits.py stacks PYTHON FOLDER    blocked time by function, by record
  waits.py threads PYTHON N        so many threads at once (2,000 of them are one of the scenes)

A wait is at least as long as the program asked for. The machine may be busy: then time goes to
"starved", and a wait ends later, but never earlier."""
import contextlib
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import notes  # noqa: E402

HWPROF, SOURCE = os.environ["HWPROF"], os.environ["SOURCE"]
WORKLOADS = os.path.join(SOURCE, "tests", "workloads")
PROGRAM = os.path.join(WORKLOADS, "waits.py")
WAITS = ("disk", "network", "pipe", "sleep", "lock", "gil", "child", "other")

# Name; role of bound_outside.py that it needs; what must hold of wall time (s), time of threads (t)
# and all figures (w). 0.8 s is WAIT of waits.py.
SCENES = (
    ("sleep", None, "0.79 < s.sleep < 1.5"),
    ("poll", None, "0.79 < s.sleep < 1.5"),
    ("epoll", None, "0.79 < s.sleep < 1.5"),
    ("event", None, "0.79 < s.sleep < 1.5"),
    ("network", "tcp", "s.network > 0.29 and s.network > 0.8 * waits"),  # 60 times 5 ms
    ("fsync", "folder", "s.disk > 0.02 and s.disk > 0.8 * waits"),
    ("pipe", "fifo", "s.pipe > 0.5 and s.pipe > 0.8 * waits"),
    ("lock", "flock", "s.lock > 0.65 and s.lock > 0.8 * waits"),
    ("join", None, "s.busy + s.starved > 0.75 and waits < 0.3 * w.wall_s and t.lock > 5"),
    ("spawn", None, "w.threads >= 42 and s.child + s.lock < 0.5 * w.wall_s"),
)
SECONDS = "0.7"  # of the other side


class Figures(dict):
    __getattr__ = dict.__getitem__


failed = passed = 0


def check(what, holds, why):
    global failed, passed
    if holds:
        passed += 1
        return
    failed += 1
    notes.note("failed", f"{what}: {why}")
    print(f"FAILED: {what}: {why}")


def stat(*command, attach=()):
    with tempfile.NamedTemporaryFile() as f:
        done = subprocess.run([HWPROF, "stat", "-j", "-o", f.name, *attach, "--", *command],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True)
        if done.returncode:
            sys.exit(f"waits.py: {' '.join(command)}: {done.returncode}: {done.stderr[-400:]}")
        return {**json.load(f), "said": done.stdout}, done.stderr


def close_to(a, b, share):
    return abs(a - b) <= share * b + 1e-6


def check_sums(what, wall):
    """What holds of every session, whatever it does."""
    check(f"{what}: classes sum to wall time",
          close_to(sum(wall["seconds"].values()), wall["wall_s"], 1e-3), wall)
    check(f"{what}: widths sum to wall time",
          close_to(sum(wall["width_s"]), wall["wall_s"], 1e-3), wall)
    begin, most = 0, 0
    for p in wall.get("points") or ():
        most = max(most, abs(sum(p["seconds"].values()) - (p["end_s"] - begin)))
        begin = p["end_s"]
    check(f"{what}: stretches sum to their length", most < 1e-3, f"{most} s beside it")


def check_cpu_time(what, d):
    """The kernel counts up to the end of a process, the scheduler's account to its last moment on a
    CPU: a little more, for each process. And where a wake-up leads to the switch the kernel charges
    from the wake-up on, when the thread was runnable: 3 to 17 us of a switch (lib/profile/wall.h)."""
    wall = d["wall"]
    used, busy = d["user_s"] + d["sys_s"], wall["thread_s"]["busy"]
    early = min(wall["thread_s"]["starved"], 20e-6 * wall["switches"])
    check(f"{what}: CPU time is what rusage says",
          used * 0.98 - 0.01 - early <= busy <= used * 1.25 + 0.05,
          f"{busy} s, not {used} s, of which {early} s may be charged early")


def measure(what, *command):
    """The figures of a command, or None when there are none: that is a failure."""
    d, err = stat(*command)
    if not d["wall"]:
        check(what, False, f"no account: {err}")
        return None
    check_sums(what, d["wall"])
    check_cpu_time(what, d)
    return {**d["wall"], "said": d["said"]}


def holds(wall, rule):
    s, t = Figures(wall["seconds"]), Figures(wall["thread_s"])
    waits = sum(s[c] for c in WAITS)
    return eval(rule, {"s": s, "t": t, "w": Figures(wall), "waits": waits})


@contextlib.contextmanager
def outside(role, folder):
    """The argument that the scene needs, while the other side is there."""
    if role in (None, "folder"):
        yield [folder] if role else []
        return
    command = [sys.executable, os.path.join(WORKLOADS, "bound_outside.py"), role, folder, SECONDS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, universal_newlines=True) as other:
        try:
            yield [other.stdout.readline().strip()]
        finally:
            other.kill()


def on_disk(folder):
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], stdout=subprocess.PIPE,
                          universal_newlines=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        notes.unjudged("fsync", f"{folder} is in memory, fsync(2) does not wait there")
    return kind not in ("tmpfs", "ramfs")


def scenes(python, folder):
    for name, role, rule in SCENES:
        if name == "fsync" and not on_disk(folder):
            continue
        with outside(role, folder) as arguments:
            wall = measure(name, python, PROGRAM, name, *arguments)
        if wall:
            wall.pop("points", None)
            check(name, holds(wall, rule), f"not {rule}: {wall}")
    many_threads(python)
    attached(python)


def many_threads(python, n=2000):
    wall = measure(f"{n} threads", python, PROGRAM, "threads", str(n))
    if wall:
        check(f"{n} threads are counted", wall["threads"] == wall["threads_peak"] == n + 1,
              (wall["threads"], wall["threads_peak"]))
        check("and have waited at locks", wall["thread_s"]["lock"] > 0.1 * n / 2 * 0.9,
              wall["thread_s"])


def attached(python):
    """It naps when hwprof comes, and when hwprof goes."""
    with subprocess.Popen([python, PROGRAM, "naps"]) as target:
        try:
            subprocess.run(["sleep", "0.5"])
            d, err = stat("sleep", "1.6", attach=("-p", str(target.pid)))
        finally:
            target.kill()
    check("attach", d["wall"], f"no account: {err}")
    if d["wall"]:
        check_sums("attach", d["wall"])
        s = d["wall"]["seconds"]
        check("attach in the middle of a wait", s["sleep"] > 0.6 * d["wall"]["wall_s"], s)
        check("the session is as long as asked for", 1.55 < d["wall"]["wall_s"] < 3, d["wall"])


def gil(python, path):
    what = " ".join(python)
    wall = measure(what, *python, path, "gil")
    if wall:
        # for it, and then, where others use the CPUs, for one of those
        t, off = wall["thread_s"], float(wall["said"])
        check(f"{what}: threads wait for the GIL", 0 < t["gil"] < 1.05 * off < 1.3 * (t["gil"] + t["starved"]),
              (t, off))
        check(f"{what}: wall time does not", wall["seconds"]["gil"] < 0.3 * wall["wall_s"],
              wall["seconds"])
    report = recorded(python + [path, "gil"])[0]
    lines = [line["name"] for line in (report["gil"] or {}).get("lines", ())]
    check(f"{what}: the holder is named", lines[:1] == ["count"], lines)


def recorded(command, clock="wall"):
    """(the report, what the command printed)"""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        done = subprocess.run([HWPROF, "record", "-q", "-g", "-o", data, "--", *command],
                              stdout=subprocess.PIPE, universal_newlines=True)
        if done.returncode:
            sys.exit(f"waits.py: {' '.join(command)}: {done.returncode}")
        report = subprocess.run([HWPROF, "report", "--clock", clock, "--json", "-i", data],
                                stdout=subprocess.PIPE, universal_newlines=True, check=True)
        return json.loads(report.stdout), done.stdout


def stacks(python):
    report, printed = recorded([python, PROGRAM, "stacks"], "blocked")
    truth = {name: float(s) for name, s in map(str.split, printed.splitlines())}
    found = {f["name"]: sum(f["total_blocked_s"].values()) for f in report["functions"]
             if f["name"] in truth}
    check("each function that waits is there", set(found) == set(truth), found)
    if set(found) != set(truth):
        return
    for name in truth:
        share = found[name] / sum(found.values()), truth[name] / sum(truth.values())
        check(f"the share of {name}", abs(share[0] - share[1]) < 0.05, share)
    check("one wait of 0.5 s", close_to(found["alone"], truth["alone"], 0.1),
          (found["alone"], truth["alone"]))


def main():
    what, *rest = sys.argv[1:]
    if what == "gil":
        at = rest.index("--")
        gil(rest[:at], rest[at + 1])
    elif what == "threads":
        many_threads(rest[0], int(rest[1]))
    else:
        {"scenes": scenes, "stacks": lambda python, _folder: stacks(python)}[what](*rest)
    print(f"{what}: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
