#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tests/check_tree.sh asks of the code itself: who needs whom, by includes and by the symbols of
the object files, whose name means what, and what a command may do.

    check_code.py ORDER PENDING [BUILD]

ORDER: the modules of lib/, the lowest first. PENDING: rules, or RULE:PATH for what lies at or below a
path, whose breaches are counted and not told. BUILD: a build of this tree; without one the symbols are
not looked at. Prints a line for each breach; exit status 1 when there was one."""

import glob
import os
import re
import subprocess
import sys

ORDER, PENDING = sys.argv[1].split(), sys.argv[2].split()
BUILD = sys.argv[3] if len(sys.argv) > 3 else None
RANK = {module: i for i, module in enumerate(ORDER)}
RECORDING = {"kernel", "target", "sched", "capture", "resolve", "session", "doctor"}
READING = {"view", "bound", "stat", "report"}

CMD_LINES = 2600  # of all cmd/*.c together

# What a command leaves to lib/session and lib/view: the parts of a measurement, waiting for something
# to happen, and what is inside of a profile or of counts.
CMD_MAY_NOT = [
    (r"\bhw_(waits|counters|recorder|sampler|intake|sideband|resolver|thread_states|gil_watch)_\w+ *\(",
     "measures by itself"),
    (r"\b(p?poll|p?select|epoll_\w+|timerfd_\w+|signalfd|pidfd_open|fork|vfork|execv\w*|wait4?|wait(p?id)) *\(",
     "waits or starts processes by itself"),
    (r"\bstruct hw_(sample|count|wall_point|raw_\w+)\b", "looks into samples or counts"),
    (r"(->|\.)(samples|counts|stacks|frames)\b *\[", "looks into samples or counts"),
    (r"\bfor *\([^;]*;[^;]*(->|\.)n_(samples|counts|stacks|frames)\b", "loops over samples or counts"),
    (r"\bhw_profile_(add|sample|stack|frame)\w* *\(", "looks into samples or counts"),
]

# Static functions that may be called the same in several files: none yet.
STATICS_ALLOWED = set()

breaches, pending = [], {}


def bad(rule, paths, text):
    """@paths: the files of which PENDING may excuse the breach."""
    for p in PENDING:
        name, _, below = p.partition(":")
        if name == rule and any((path + "/").startswith(below and below + "/") for path in paths):
            pending[p] = pending.get(p, 0) + 1
            return
    breaches.append(text)


def files(*patterns):
    return sorted({f for p in patterns for f in glob.glob(p)})


def strip(text):
    """@text with its comments and the insides of its strings blanked, so that lines keep their
    numbers."""
    def blank(m):
        found = m.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


TEXT = {f: open(f, encoding="utf-8").read()
        for f in files("lib/*/*.[ch]", "lib/*/*/*.[ch]", "cmd/*.[ch]", "bpf/*.[ch]", "bpf/*/*.[ch]")}
CODE = {f: strip(text) for f, text in TEXT.items()}
LIB = [f for f in TEXT if f.startswith("lib/")]
CMD = [f for f in TEXT if f.startswith("cmd/")]


def module_of(path):
    return path.split("/")[1]


def line_of(code, at):
    return code.count("\n", 0, at) + 1


def may_need(a, b):
    """Whether a file of module @a may need one of @b; else why not."""
    if RANK[b] > RANK[a]:
        return f"lib/{b}, which comes after lib/{a}"
    if a in READING and b in RECORDING:
        return f"lib/{b}, which records; lib/{a} only reads"
    return None


def find_circles(edges):
    """The sets of more than one node that reach each other (Tarjan, Depth-First Search and Linear
    Graph Algorithms, 1972)."""
    number, low, stack, circles = {}, {}, [], []

    def visit(v):
        number[v] = low[v] = len(number)
        stack.append(v)
        for w in edges.get(v, ()):
            if w not in number:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], number[w])
        if low[v] == number[v]:
            at = stack.index(v)
            circle = stack[at:]
            del stack[at:]
            if len(circle) > 1:
                circles.append(sorted(circle))

    sys.setrecursionlimit(10000)
    for v in sorted(edges):
        if v not in number:
            visit(v)
    return circles


def check_includes():
    headers = {}
    for f in LIB:
        module = module_of(f)
        if module not in RANK:
            bad("order", [f], f"lib/{module} is not in the order of modules")
            continue
        for inc in sorted(set(re.findall(r'^#include "(\w+/\w+\.h)"', TEXT[f], re.M))):
            other = inc.split("/")[0]
            if other not in RANK:
                continue  # of bpf/
            why = may_need(module, other)
            if why:
                bad("order", [f], f"{f} includes {why}")
            if f.endswith(".h"):
                headers.setdefault(f, set()).add("lib/" + inc)
    for circle in find_circles(headers):
        bad("circles", circle, f"headers include each other in a circle: {' '.join(circle)}")


def check_reach():
    """What judges a profile sees only the words of bpf/, none of the types that cross to the kernel."""
    def reach(f, seen):
        for inc in re.findall(r'^#include "([\w/]+\.h)"', TEXT[f], re.M):
            for path in ("lib/" + inc, "bpf/" + inc, os.path.join(os.path.dirname(f), inc)):
                if path in TEXT and path not in seen:
                    seen[path] = f
                    reach(path, seen)
        return seen
    for f in LIB:
        wire = sorted(p for p in reach(f, {}) if p.startswith("bpf/wire/")) if module_of(f) in READING else []
        if wire:
            bad("reach", [f], f"{f} sees {wire[0]}; of bpf/ only classes.h is for what reads a profile")


def read_symbols():
    """Which file defines each symbol, and which ones each needs."""
    sources = {}
    for obj in glob.glob(f"{BUILD}/lib/CMakeFiles/hw_*.dir/**/*.o", recursive=True):
        source = "lib/" + re.sub(r".*?/hw_\w+\.dir/(.*)\.o$", r"\1", obj)
        if os.path.exists(source):  # else of a file that has moved since
            sources[obj] = source
    defined, needed = {}, {}
    if not sources:
        bad("build", [BUILD], f"{BUILD} has no objects of lib/")
        return defined, needed
    out = subprocess.run(["nm", "-A", *sources], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        obj, rest = line.split(":", 1)
        *_, kind, name = rest.split()
        if kind == "U":
            needed.setdefault(sources[obj], set()).add(name)
        elif kind in "TDBRVWC":
            defined[name] = sources[obj]
    return defined, needed


def check_symbols():
    defined, needed = read_symbols()
    edges = {}
    for f, names in needed.items():
        for name in sorted(names):
            g = defined.get(name, f)
            if g != f:
                edges.setdefault(f, {}).setdefault(g, name)
    for f, others in sorted(edges.items()):
        for g, name in sorted(others.items()):
            why = module_of(f) in RANK and module_of(g) in RANK and may_need(module_of(f), module_of(g))
            if why:
                bad("order", [f], f"{f} needs {name}() of {why}")
    for circle in find_circles(edges):
        links = [f"{a} needs {name}() of {b}" for a in circle for b, name in sorted(edges[a].items())
                 if b in circle]
        bad("circles", circle, f"files need each other in a circle: {'; '.join(links)}")


def check_commands():
    for f in CMD:
        for pattern, why in CMD_MAY_NOT:
            for m in re.finditer(pattern, CODE[f]):
                what = " ".join(m.group(0).split()).rstrip(" ([")
                bad("cmd", [f], f"{f}:{line_of(CODE[f], m.start())} {why}: {what}")
    lines = sum(text.count("\n") for f, text in TEXT.items() if f in CMD and f.endswith(".c"))
    if lines >= CMD_LINES:
        bad("cmd_lines", ["cmd"],
            f"cmd/*.c have {lines} lines together, the limit is {CMD_LINES}: logic belongs in lib/")


def variants(paths):
    """Whether @paths are one thing for several architectures, as arch_x86.c and arch_arm64.c are."""
    return len({os.path.dirname(p) for p in paths}) == 1 and all("/arch_" in p for p in paths)


def check_tags():
    found = {}
    for f, code in CODE.items():
        if f == "bpf/kernel.h":
            continue  # the kernel's own types, by the kernel's names
        for m in re.finditer(r"\b(struct|union|enum)\s+(?:__attribute__\s*\(\(.*?\)\)\s*)?(\w+)\s*\{", code):
            found.setdefault(m.group(2), set()).add(f)
    for tag, where in sorted(found.items()):
        where = sorted(where)
        if len(where) > 1 and not variants(where):
            bad("structs", where, f"struct {tag} is defined in several files: {' '.join(where)}")


def check_statics():
    found = {}
    for f in LIB:
        for m in re.finditer(r"^static\s[^;={}]*?\b(\w+)\([^;{}]*\)\s*\{", CODE[f], re.M):
            found.setdefault(m.group(1), set()).add(f)
    for name, where in sorted(found.items()):
        where = sorted(where)
        if len(where) > 1 and name not in STATICS_ALLOWED and not variants(where):
            bad("statics", where, f"static {name}() is in several files: {' '.join(where)}")


def check_wire():
    """What crosses between the kernel and user space; types of bpf/*.bpf.h never do."""
    for f in files("bpf/*.h", "bpf/*/*.h"):
        if f.endswith(".bpf.h") or f == "bpf/kernel.h" or "/arch_" in f:
            continue
        for m in re.finditer(r"^(struct|union)\s+(\w+)\s*\{", CODE[f], re.M):
            if not re.search(rf"_Static_assert\(sizeof\({m.group(1)} {m.group(2)}\) ==", CODE[f]):
                bad("wire", [f], f"{f} does not assert the size of {m.group(1)} {m.group(2)}")


def check_classes():
    """A kind of time is a number: only its table knows the names."""
    table = "lib/profile/time_kinds.c"
    if table not in TEXT:
        bad("classes", [table], f"{table} is not there: where are the names of the kinds of time?")
        return
    names = set(re.findall(r'\.(?:name|word)\s*=\s*"(\w+)"', TEXT[table]))
    if not names:
        bad("classes", [table], f"{table} names no kind of time")
    compare = r'\b(?:str(?:n|case|ncase)?cmp|hw_equal|streq)\s*\([^;{}]*?"(\w+)"'
    for f in LIB + CMD:
        code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), TEXT[f], flags=re.S)
        for m in re.finditer(compare, code):
            if f != table and m.group(1) in names:
                bad("classes", [f],
                    f'{f}:{line_of(code, m.start())} tells a kind of time by its name, "{m.group(1)}"')


check_includes()
check_reach()
if BUILD:
    check_symbols()
check_commands()
check_tags()
check_statics()
check_wire()
check_classes()
for text in breaches:
    print(f"check_tree: {text}")
if pending:
    print("check_tree: pending: " + ", ".join(f"{p} {n}" for p, n in sorted(pending.items())))
sys.exit(1 if breaches else 0)
