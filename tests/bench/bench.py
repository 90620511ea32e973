#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What hwprof costs, and what it loses: the figures that are promised and that the README quotes.
A section is a file of this folder; without a name all of them run, in this order:

  cost      time of a sample in the kernel, by the kernel's own account
  load      loading the BPF programs; reading unwind rows, and finding them in the cache
  start     record's start to the command's first instruction, the command's end to record's exit
  slowdown  of a program, at 99, 997 and 9,973 Hz, beside perf record
  switches  watching the scheduler: of a program that does little but switch
  added     to the whole of a command, by record and stat, beside perf
  loss      samples lost and missing at 9,973 and 20,000 Hz with all CPUs busy
  torn      wrong and missing stacks, beside CPython 3.15's own sampler
  verdict   on programs whose bound is known by construction, three runs each
  reference the classes of wall time beside a decoder of the kernel's own tracepoints
  stall     the memory stall estimated without a PMU, beside the truth
  against   another build, whose hwprof $AGAINST names: samples, switches, starts, reports, memory

How many samples of short-lived children have names is measured by tests/e2e/children.sh.
"""
import argparse
import importlib
import os
import platform
import sys

sys.dont_write_bytecode = True
import kit  # noqa: E402

SECTIONS = ("cost", "load", "start", "slowdown", "switches", "added", "loss", "torn", "verdict",
            "reference", "stall", "against")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("section", nargs="*", metavar="SECTION")
    parser.add_argument("--rounds", type=int, default=11, help="of each measurement (11)")
    args = parser.parse_args()
    unknown = [s for s in args.section if s not in SECTIONS]
    if unknown:
        parser.error(f"no section {', '.join(unknown)}")
    if args.rounds < 2:
        parser.error("--rounds: at least 2")
    return args


def main():
    args = arguments()
    if not kit.HWPROF:
        sys.exit("bench.py: no hwprof in $HWPROF or $PATH")
    if not kit.PERF:
        print("perf is not installed: its rows are left out (package linux-perf)")
    print(f"{kit.HWPROF} on Linux {platform.release()}, {os.cpu_count()} CPUs; "
          f"load {os.getloadavg()[0]:.1f}; {args.rounds} rounds")
    for name in args.section or SECTIONS:
        try:
            importlib.import_module(name).main(args.rounds)
        except kit.Skipped as why:
            print(f"\nSKIPPED: {name}: {why}")


main()
