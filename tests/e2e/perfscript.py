"""Reads the output of `perf script -F comm,pid,tid,ip,sym,dso --show-mmap-events`."""
import re

import roots

HEAD = re.compile(r"^(.*?)\s+(\d+)/(\d+)\s*$")
FRAME = re.compile(r"^\s+([0-9a-f]+) (.*) \((.*)\)$")
MMAP = re.compile(r"PERF_RECORD_MMAP2? (-?\d+)/\d+: \[(0x[0-9a-f]+)\((0x[0-9a-f]+)\) @ "
                  r"(0x[0-9a-f]+|0) .*\]: (\S+) (.*)$")


def outermost_is_root(stack, maps):
    """@stack: (ip, symbol, dso) from leaf to root, user code only."""
    ip, symbol, dso = stack[-1]
    for start, size, offset, path in reversed(maps):
        if start <= ip < start + size and path == dso:
            return roots.is_root(path, symbol, roots.as_linked(path, ip - start + offset))
    return roots.is_root(dso, symbol, 0)


def share_of_whole(lines):
    """(samples with user frames, how many of them reach the root)."""
    total = whole = 0
    maps, pid, stack = {}, None, []
    for line in list(lines) + [""]:
        line = line.rstrip("\n")
        m = MMAP.search(line)
        if m:
            maps.setdefault(m[1], []).append((int(m[2], 16), int(m[3], 16), int(m[4], 16), m[6]))
            continue
        m = FRAME.match(line)
        if m:
            if not m[3].startswith("[kernel") and not m[3].startswith("[guest"):
                stack.append((int(m[1], 16), m[2], m[3]))
            continue
        if stack:
            total += 1
            whole += outermost_is_root(stack, maps.get(pid, []))
        stack = []
        m = HEAD.match(line)
        if m:
            pid = m[2]
    return total, whole
