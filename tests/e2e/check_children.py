"""check_children.py leaf|any PIDS PROFILE: every process listed in PIDS has samples, and at least
98 % of them have names: Python functions, or, where the interpreter runs none as yet, a leaf that has a
name (leaf), or any function (any)."""
import collections
import sys

import stacks

WANTED = 98.0


def has_name(f):
    return f.kind != stacks.MARKER and f.name not in ("", "[unknown]")


def named(stack, rule):
    if any(f.kind == stacks.MARKER and f.name.startswith("[Python") for f in stack):
        return False
    if any(f.kind == stacks.PYTHON for f in stack):
        return True
    if any(f.name.startswith("_PyEval_EvalFrame") for f in stack[1:]):
        return False
    return any(map(has_name, stack if rule == "any" else stack[:1]))


def main():
    rule = sys.argv[1]
    pids = {int(line) for line in open(sys.argv[2])}
    _, samples = stacks.read(sys.argv[3])
    total, good, burning = (collections.Counter() for _ in range(3))
    unnamed = collections.Counter()
    for s in samples:
        if s.pid not in pids:
            continue
        total[s.pid] += 1
        good[s.pid] += named(s.stack, rule)
        burning[s.pid] += any(f.kind == stacks.PYTHON and f.name == "burn" for f in s.stack)
        if not named(s.stack, rule):
            unnamed[" < ".join(f"{f.name} {f.module}" for f in s.stack)[:200]] += 1
    absent = [p for p in pids if not burning[p]]
    share = 100 * sum(good.values()) / max(sum(total.values()), 1)
    worst = min((100 * good[p] / total[p] for p in total), default=0)
    below = sum(100 * good[p] < WANTED * total[p] for p in total)
    print(f"    {len(pids)} children, {len(absent)} without burn(); {sum(total.values())} samples, "
          f"{share:.2f} % with names; the worst child {worst:.1f} %, {below} below {WANTED:.0f} %")
    for text, n in unnamed.most_common(5):
        print(f"    {n:5} {text}")
    sys.exit(bool(absent or share < WANTED))


main()
