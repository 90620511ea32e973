#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of tests/workloads/bound_cases.py under hwprof and checks its verdict, the class
of their wall time, and that the budget adds up. Exit status: 0 all are right, 1 not all, 77 the
machine was too busy with other things to judge. For the environment see scene.py."""
import argparse
import re
import resource
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import notes  # noqa: E402
import scene  # noqa: E402

TRIES = 3  # where others used the machine
BUSY = 0.2  # CPUs' worth of others, and
STARVED = 0.1  # of wall time, from which on a wrong verdict is tried again
BUSY_MAX = 20  # cases that could not be judged, from which on it is no use to go on


def sums(rows, total):
    return abs(sum(rows) - total) <= total / 1000


def broken(d):
    """What may not be so however busy the machine is."""
    wall = d.get("wall")
    if not sums((r["seconds"] for r in d["budget"]), d["wall_s"]):
        yield "the budget does not add up"
    if not wall:
        yield "no object 'wall'"
        return
    if not sums(wall["seconds"].values(), wall["wall_s"]):
        yield "the classes of wall time do not add up"
    if not abs(wall["wall_s"] - d["wall_s"]) <= 0.01 * d["wall_s"] + 0.01:
        yield f"two wall times: {wall['wall_s']:.3f} s and {d['wall_s']:.3f} s"


def misjudged(case, d, busy):
    """What is so when only the case ran, and what it has around it. Where others use the CPUs, too, the
    time it was starved does not count against the class its own doings are in."""
    verdict, wall = d["verdict"], d.get("wall")
    if verdict["class"] != case.verdict:
        yield f"the verdict is {verdict['class']}"
    if case.starved and not any(re.search("starved|without a CPU", s) for s in verdict["evidence"]):
        yield "no evidence of starving"
    for name, share in ((case.wall, case.share), ("starved", case.starved)) if wall else ():
        excused = wall["seconds"]["starved"] if busy and name != "starved" else 0
        got = wall["seconds"][name] / (wall["wall_s"] - excused) if share else 0
        if got < share:
            yield f"{name} {100 * got:.0f} %, not {100 * share:.0f} %"


def starved(d):
    return d["wall"]["seconds"]["starved"] / d["wall"]["wall_s"] if d.get("wall") else 0


def largest(seconds):
    name = max(seconds, key=seconds.get)
    return f"{name} {100 * seconds[name] / max(sum(seconds.values()), 1e-9):.0f} %"


def row(*cells):
    print("{:26} {:9} {:7} {:7} {:>6}  {:13} {:>7}  {}".format(*cells).rstrip(), flush=True)


def judge(case, tool, places):
    """Runs a case, more than once where others use the machine, and prints its row. Returns "right",
    "wrong" or "busy"."""
    for _ in range(TRIES):
        with scene.ready(case, places) as command, scene.Others() as others:
            try:
                d = scene.page_of(tool, command)
            except (RuntimeError, OSError, ValueError, subprocess.TimeoutExpired) as e:
                row(case.name, tool, case.verdict, "-", "", "", "", f"WRONG: {e!r:.300}")
                return "wrong"
        busy = others.cpus >= BUSY and starved(d) >= STARVED and case.around != "loaded"
        bad, wrong = list(broken(d)), list(misjudged(case, d, busy))
        if not wrong or not busy:
            break
    result = "wrong" if bad or wrong and not busy else "busy" if wrong else "right"
    if result != "right":
        notes.note("failed" if result == "wrong" else "unjudged",
                   f"{case.name}: {'; '.join(bad + wrong)}: others used {others.cpus:.1f} CPUs")
    note = {"right": "", "busy": f"NOT JUDGED, others used {others.cpus:.1f} CPUs: ",
            "wrong": "WRONG: "}
    row(case.name, tool, case.verdict, d["verdict"]["class"], f"{100 * d['verdict']['share']:.1f}%",
        largest(d["wall"]["seconds"]) if d.get("wall") else "-", f"{d['wall_s']:.2f} s",
        note[result] + "; ".join(bad + wrong))
    return result


def bare(case, places):
    """What the case does by itself, by rusage alone: for those who write cases."""
    with scene.ready(case, places) as command:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        scene.run(command)
        used, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
    print(f"{case.name:26} {case.verdict:7} {wall:6.2f} s wall, "
          f"{used.ru_utime - before.ru_utime:5.2f} s user, "
          f"{used.ru_stime - before.ru_stime:5.2f} s system", flush=True)


def tools_of(case, also_stat):
    """stat has no samples: it can only know the class of what waits."""
    return ["boundness", *(["stat"] if also_stat and case.wall not in ("busy", "") else [])]


def chosen(patterns):
    return [c for c in scene.CASES
            if not patterns or any(re.fullmatch(pattern, c.name) for pattern in patterns)]


def all_cases(args, places):
    counts = {"right": 0, "wrong": 0, "busy": 0}
    row("case", "by", "right", "says", "share", "wall class", "wall", "")
    for case in chosen(args.case):
        try:
            for tool in tools_of(case, args.stat) * args.runs:
                counts[judge(case, tool, places)] += 1
        except scene.Missing as what:
            notes.unjudged(case.name, str(what))
        if counts["busy"] >= BUSY_MAX:
            print("given up: others use the machine")
            break
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help="names (regular expressions); all if none is given")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--stat", action="store_true", help="judge `hwprof stat` as well")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--bare", action="store_true", help="run without hwprof, print rusage")
    args = parser.parse_args()
    if args.list:
        print(*(c.name for c in chosen(args.case)), sep="\n")
        return 0
    with scene.where() as places:
        if args.bare:
            for case in chosen(args.case):
                bare(case, places)
            return 0
        if not shutil.which(scene.HWPROF):
            sys.exit(f"verdict.py: no {scene.HWPROF}")
        with scene.first():
            counts = all_cases(args, places)
    print(f"verdicts: {counts['right']} right, {counts['wrong']} wrong, "
          f"{counts['busy']} not judged on a busy machine")
    if counts["wrong"]:
        return 1
    return 77 if counts["busy"] >= BUSY_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
