"""What the frames_*.py and deep_*.py workloads share: spin() burns CPU time as the leaf of a known
stack, and note() keeps what the program itself says that stack is. Runs on CPython 3.6 and later."""
import dis
import json
import sys
import time

clock = getattr(time, "thread_time", time.process_time)  # 3.6 has no clock of the thread
spent = 0.0
known = []


def name_of(code):
    """What a profiler can know: qualified names are in code objects since 3.11."""
    return getattr(code, "co_qualname", code.co_name)


def stack(depth=1):
    """Names, files and lines of the caller and its callers, outermost first."""
    found, f = [], sys._getframe(depth)
    while f:
        found.append([name_of(f.f_code), f.f_code.co_filename, f.f_lineno])
        f = f.f_back
    return found[::-1]


def note(label, outer=()):
    """Keeps the stack of the caller; the caller calls spin() on the same line. The frames of @outer
    called the outermost one."""
    known.append({"label": label, "stack": list(outer) + stack(2)})
    return label


def spin(label, seconds):
    global spent
    start = now = clock()
    x = 0
    while now < start + seconds:
        for i in range(50):
            x += i * i
        now = clock()
    spent += now - start


def finish():
    """Prints what is known: the stacks, spin() itself, and the CPU seconds in it and in all."""
    code = spin.__code__
    last = max(line for _, line in dis.findlinestarts(code) if line)
    json.dump({"version": list(sys.version_info[:2]), "stacks": known, "spent": spent,
               "total": time.process_time(),
               "leaf": [name_of(code), code.co_filename, code.co_firstlineno, last]}, sys.stdout)
    print()
