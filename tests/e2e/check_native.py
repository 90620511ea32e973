"""check_native.py PROGRAM PROFILE PERFSCRIPT [FUNCTION=CHAIN]

PROGRAM's row of the table: its samples with user code, and the percentage of them whose outermost
native frame is the one its thread started in, by hwprof and by perf (PERFSCRIPT: its output, or an
empty file). With FUNCTION=CHAIN, regular expressions: in every stack that has FUNCTION, the names
from the root to the leaf, joined by semicolons, end in CHAIN; and a good part of all stacks has it.
Fails below 99.5 % or 200 samples, or when a whole stack is in another order. With BRIEF set, in
emulated machines, 98 %, and 0.5 % may be in another order: it takes longer there until the unwind rows
of a program that just started are read; meanwhile its frame records are followed, and functions
without one are missing."""
import collections
import os
import re
import sys

import perfscript
import roots
import stacks

BRIEF = os.environ.get("BRIEF")
WANTED = 98 if BRIEF else 99.5
SAMPLES = 200
FUNCTION_SHARE = 0.1
WRONG_MAX = 0.005 if BRIEF else 0


def native_part(stack):
    return [f for f in stack if f.kind == stacks.NATIVE]


def whole(stack):
    """No marker says that frames are missing, and the last one is where threads start."""
    native = native_part(stack)
    return bool(native) and stack[-1].kind != stacks.MARKER and roots.is_root(
        native[-1].module, native[-1].name, native[-1].addr)


# Where no user stack can be whole: in execve(2) the old program's memory is gone already; and around
# the system call of clone3() glibc has no unwind information, on purpose (its clone3.S).
NO_STACK = {"bprm_execve", "__do_sys_clone3"}


def has_user_stack(s):
    """Nor has a process that ends any user frame."""
    if any(f.kind == stacks.KERNEL and f.name in NO_STACK for f in s.stack):
        return False
    return bool(native_part(s.stack)) or s.truncated


def wrong_chains(samples, spec):
    """(whole stacks that have the function, how often each has another chain)."""
    function, chain = spec.split("=", 1)
    pattern = re.compile("(.*;)?" + chain)
    found, wrong = 0, collections.Counter()
    for s in samples:
        if not whole(s.stack):
            continue
        names = [f.name for f in reversed(native_part(s.stack))]
        if not any(re.fullmatch(function, n) for n in names):
            continue
        found += 1
        joined = ";".join(names)
        if not pattern.fullmatch(joined):
            wrong[joined] += 1
    return found, wrong


def percent(part, of):
    return f"{100 * part / of:9.2f}" if of else "        -"


def describe(stack):
    return " < ".join(f"{f.name or hex(f.addr)}" for f in stack)[-300:]


def main():
    program, profile, script = sys.argv[1:4]
    _, samples = stacks.read(profile)
    samples = [s for s in samples if has_user_stack(s)]
    good = sum(whole(s.stack) for s in samples)
    with open(script, errors="replace") as f:
        perf_total, perf_good = perfscript.share_of_whole(f)
    print(f"{program:26} {len(samples):7} {percent(good, len(samples))} "
          f"{percent(perf_good, perf_total)}")
    failed = len(samples) < SAMPLES or good * 100 < WANTED * len(samples)
    if failed:
        bad = [s for s in samples if not whole(s.stack)]
        for text, n in collections.Counter(describe(s.stack) for s in bad).most_common(5):
            print(f"    {n:5} not whole: {text}")
    for spec in sys.argv[4:]:
        found, wrong = wrong_chains(samples, spec)
        if found < FUNCTION_SHARE * len(samples) or sum(wrong.values()) > WRONG_MAX * found:
            failed = True
            print(f"    {found} stacks have {spec.split('=')[0]}, {sum(wrong.values())} in another order")
        for text, n in wrong.most_common(5):
            print(f"    {n:5} {text[:300]}")
    sys.exit(failed)


main()
