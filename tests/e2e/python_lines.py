# SPDX-License-Identifier: Apache-2.0
"""Compiles the standard library, keeps every code object, and writes to stdout what CPython itself
says of each: its address, name, file, and the place in the source of every instruction. Then waits
for the end of stdin, so that tool_lines can read the same objects from outside.

One record per code object, native byte order:
  u64 id, u32 code units, u32 first line, u32 bytes of name, u32 bytes of file, u32 numbers per unit,
  the name, the file, then for each code unit its numbers (i32, -1: none): line, and from 3.11 on
  also end line, column, end column.
A record with id 0 ends them. Runs on 3.6 to 3.15."""
import array
import dis
import gc
import itertools
import os
import struct
import sys


def units_by_lines(code):
    """The line of each code unit, by co_lines() (3.10) or dis.findlinestarts()."""
    lines = [code.co_firstlineno] * (len(code.co_code) // 2)
    if hasattr(code, "co_lines"):
        ranges = code.co_lines()
    else:
        starts = list(dis.findlinestarts(code))
        ends = [start for start, _ in starts[1:]] + [len(code.co_code)]
        ranges = [(start, end, line) for (start, line), end in zip(starts, ends)]
    for start, end, line in ranges:
        lines[start // 2:end // 2] = [-1 if line is None else line] * ((end - start) // 2)
    return 1, lines


def units_by_positions(code):
    flat = itertools.chain.from_iterable(code.co_positions())
    return 4, [-1 if x is None else x for x in flat]


def code_objects(path):
    with open(path, "rb") as f:
        source = f.read()
    try:
        todo = [compile(source, path, "exec", dont_inherit=True)]
    except (SyntaxError, ValueError, RecursionError):
        return  # files made to fail, or for another version
    while todo:
        code = todo.pop()
        yield code
        todo += [c for c in code.co_consts if hasattr(c, "co_code")]


def write(out, code):
    per_unit, numbers = (units_by_positions if hasattr(code, "co_positions") else
                         units_by_lines)(code)
    name = getattr(code, "co_qualname", code.co_name).encode("utf-8", "replace")
    file = code.co_filename.encode("utf-8", "replace")
    out.write(struct.pack("=QIIIII", id(code), len(numbers) // per_unit, code.co_firstlineno,
                          len(name), len(file), per_unit))
    out.write(name + file)
    out.write(array.array("i", numbers).tobytes())


def main():
    kept = []
    gc.disable()  # nothing is to be freed
    sys.setrecursionlimit(5000)
    out = sys.stdout.buffer
    for folder, folders, files in os.walk(os.path.dirname(os.__file__)):
        folders[:] = [d for d in folders if d not in ("site-packages", "dist-packages")]
        for file in files:
            if file.endswith(".py"):
                for code in code_objects(os.path.join(folder, file)):
                    kept.append(code)
                    write(out, code)
    out.write(struct.pack("=QIIIII", 0, 0, 0, 0, 0, 0))
    out.flush()
    sys.stdin.read()


main()
