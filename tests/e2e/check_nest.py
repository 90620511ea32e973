"""check_nest.py PROFILE: the stacks of nest_python.py that have nest_burn: Python functions and those
of nest_lib.c, from the root to the leaf, are in one of the two known orders, and both were seen. At
most 2 % may lack callers, and say so."""
import collections
import sys

import stacks

ORDERS = {
    "<module> by_call nest_call nest_inner first_callback nest_sort nest_compare second_callback "
    "nest_burn",
    "<module> by_sort nest_sort nest_compare third_callback nest_burn",
}


def main():
    _, samples = stacks.read(sys.argv[1])
    orders, truncated = collections.Counter(), 0
    for s in samples:
        names = [f.name for f in reversed(s.stack)
                 if f.kind == stacks.PYTHON and not f.file.endswith("/ctypes/__init__.py")
                 or f.kind == stacks.NATIVE and f.name.startswith("nest_")]
        # where native callers are missing, Python's own follow, which are whole by themselves
        if "nest_burn" in names and (s.truncated or s.stack[-1].kind != stacks.NATIVE):
            truncated += 1
        elif "nest_burn" in names:
            orders[" ".join(names)] += 1
    wrong = {o: n for o, n in orders.items() if o not in ORDERS}
    print(f"    {sum(orders.values())} whole stacks, {sum(wrong.values())} in another order; "
          f"{truncated} that are not whole")
    for order, n in sorted(wrong.items(), key=lambda x: -x[1])[:5]:
        print(f"    {n:5} {order[:300]}")
    enough = all(orders[o] * 4 > sum(orders.values()) for o in ORDERS)
    sys.exit(bool(wrong or not enough or truncated > 0.02 * sum(orders.values())))


main()
