#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the inputs that the fuzz targets start from: seeds.py DIRECTORY writes DIRECTORY/TARGET/NAME.

What a compiler or a Python can make is made by one; the rest is written byte by byte.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import types

OUT = sys.argv[1]

PROGRAM = r"""
__attribute__((noinline)) int named(int x) __asm__("_ZN3one3twoEi");
int named(int x) { return x * 3 + 1; }
static inline __attribute__((always_inline)) int inner(int x) { return named(x) + x; }
static inline __attribute__((always_inline)) int outer(int x) { return inner(x) * 2; }
__attribute__((noinline)) int realigned(int n)
{
	__attribute__((aligned(64))) volatile char area[128];
	for (int i = 0; i < n; i++)
		area[i % 128] = (char)outer(i);
	return area[n % 128];
}
__attribute__((noinline)) int sized(int n)
{
	volatile char area[n + 1];
	area[n] = (char)realigned(n);
	return area[n];
}
void _start(void) { for (;;) sized(5); }
"""

# What makes a file a CPython (lib/py/runtime.c).
PYTHON = r"""
__attribute__((section(".PyRuntime"))) unsigned long _PyRuntime[256] = { WORDS };
const unsigned long Py_Version = VERSION;
static const char text[] = TEXT " (main, Jan  1 2024, 00:00:00) [GCC 12.2.0]";
const char *Py_GetVersion(void) { return text; }
static void *interp_head;
void *PyInterpreterState_Head(void) { return interp_head; }
int _PyEval_EvalFrameDefault(int x) { return x; }
"""

# struct _Py_DebugOffsets as a free-threaded 3.14 may fill it: word, value.
WORDS_314 = {
    0: int.from_bytes(b"xdebugpy", "little"), 1: 0x030E00F0, 2: 1, 5: 808, 8: 112, 9: 120, 24: 8,
    26: 72, 27: 152, 32: 8, 33: 0, 34: 56, 36: 78, 38: 72, 40: 128, 41: 136, 42: 144, 43: 152,
    44: 84, 48: 232, 49: 192, 75: 32, 76: 48, 78: 48, 79: 32, 80: 56,
}
WORDS = [WORDS_314.get(i, 0) for i in range(128)]


def put(target, name, data):
    folder = os.path.join(OUT, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read(path):
    with open(path, "rb") as f:
        return f.read()


# --- fuzz_elf, fuzz_cfi ---

SMALL = ["-nostdlib", "-ffreestanding", "-fno-stack-protector", "-Wl,-z,noseparate-code",
         "-Wl,--build-id"]
VARIANTS = {
    "plain": ["-O2"],
    "debug": ["-O2", "-g"],
    "dwarf4": ["-O2", "-gdwarf-4"],
    "types": ["-O1", "-g3", "-fdebug-types-section"],
    "compressed": ["-O2", "-g", "-gz"],
    "pie": ["-O2", "-g", "-static-pie"],
    "shared": ["-O2", "-g", "-shared", "-fPIC"],
    "plt": ["-O2", "-shared", "-fPIC", "-Wl,-z,lazy", "-fcf-protection"],
    "debug_frame": ["-O2", "-g", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
    "frames": ["-O0", "-fno-omit-frame-pointer"],
}
CPYTHONS = {
    "python36": ("0x030612f0", "3.6.18", ""),
    "python39": ("0x030912f0", "3.9.18", ""),
    "python311": ("0x030b07f0", "3.11.7", ""),
    "python314": ("0x030e00f0", "3.14.0", ", ".join(f"{w}ul" for w in WORDS)),
}


def build(folder, name, source, options):
    c, exe = os.path.join(folder, name + ".c"), os.path.join(folder, name)
    with open(c, "w", encoding="utf-8") as f:
        f.write(source)
    run("gcc", "-w", *SMALL, *options, "-o", exe, c)
    return exe


def strip_variants(exe):
    """The file without names, its debug file, and the file with names packed inside."""
    run("objcopy", "--only-keep-debug", exe, exe + ".debug")
    run("objcopy", "--strip-all", exe, exe + ".stripped")
    run("objcopy", "--strip-debug", exe, exe + ".mini")
    run("xz", "-kf", exe + ".mini")
    run("objcopy", "--add-section", f".gnu_debugdata={exe}.mini.xz", exe + ".stripped",
        exe + ".packed")
    return [exe + suffix for suffix in (".debug", ".stripped", ".packed")]


def section_of(exe, name):
    run("objcopy", "-O", "binary", "--only-section=" + name, "--set-section-flags", name + "=alloc",
        exe, exe + ".section")
    return read(exe + ".section")


def move_code(eh_frame):
    """Lets the FDEs of an .eh_frame at address 0 begin at 0x1000, 0x2000, ..."""
    frame, at, n = bytearray(eh_frame), 0, 0
    while at + 12 <= len(frame):
        length, pointer = struct.unpack_from("<II", frame, at)
        if not length:
            break
        if pointer:
            n += 1
            struct.pack_into("<i", frame, at + 8, 0x1000 * n - (at + 8))
        at += 4 + length
    return bytes(frame)


def elf_seeds(folder):
    made = [build(folder, name, PROGRAM, options) for name, options in VARIANTS.items()]
    made += strip_variants(made[1])
    for name, (version, text, words) in CPYTHONS.items():
        source = PYTHON.replace("WORDS", words).replace("VERSION", version)
        made.append(build(folder, name, source.replace("TEXT", f'"{text}"'),
                          ["-O2", "-shared", "-fPIC"]))
    for exe in made:
        put("fuzz_elf", os.path.basename(exe), read(exe))
        put("fuzz_cfi", os.path.basename(exe), read(exe))
    for name in ("plain", "frames", "dwarf4"):
        frame = move_code(section_of(os.path.join(folder, name), ".eh_frame"))
        put("fuzz_cfi", "eh_frame_" + name, b"\0" + frame)
    put("fuzz_cfi", "eh_frame_true", b"\0" + move_code(section_of_system(folder, "true")))
    frame = section_of(os.path.join(folder, "debug_frame"), ".debug_frame")
    put("fuzz_cfi", "debug_frame", b"\1" + frame)
    put("fuzz_cfi", "debug_frame_aarch64", b"\3" + frame)


def section_of_system(folder, program):
    copy = os.path.join(folder, "copy")
    run("cp", "/bin/" + program, copy)
    return section_of(copy, ".eh_frame")


# --- fuzz_cache, fuzz_walk ---

ROWS, RULES, CHILDREN = 1020, 64, 511


def rule(cfa, cfa_reg, cfa_off, fp=0, fp_off=0, ra=1, ra_off=-8):
    return struct.pack("<BBBBiii", cfa, cfa_reg, fp, ra, cfa_off, fp_off, ra_off)


USUAL = [rule(1, 7, 8), rule(1, 7, 32, 1, -16), rule(1, 6, 16, 1, -16), rule(3, 7, 11),
         rule(4, 0, 0), rule(2, 6, 0x10008), rule(0, 0, 0, ra=0, ra_off=0), rule(1, 7, 8, ra=4)]


def leaf(base, rows, step=256):
    at = b"".join(struct.pack("<H", i * step) for i in range(rows))
    which = bytes(i % len(USUAL) for i in range(rows))
    rules = b"".join(USUAL)
    page = struct.pack("<IHH", base, rows, 0) + at.ljust(2 * ROWS, b"\0")
    return (page + which.ljust(ROWS, b"\0") + rules.ljust(16 * RULES, b"\0")).ljust(4096, b"\0")


def directory(children):
    at = b"".join(struct.pack("<I", rel) for rel, _ in children).ljust(4 * CHILDREN, b"\0")
    numbers = b"".join(struct.pack("<I", page) for _, page in children)
    return struct.pack("<II", len(children), 0) + at + numbers.ljust(4 * CHILDREN, b"\0")


def cache_seeds():
    leaves = [leaf(0x10000 * i, 8) for i in range(3)]
    tree = leaves + [directory([(0x10000 * i, i) for i in range(3)])]
    deep = leaves[:2] + [directory([(0, 0)]), directory([(0x10000, 1)]),
                         directory([(0, 2), (0x10000, 3)])]
    for name, n, root, levels, pages in (("empty", 0, 0, 0, []), ("leaf", 1, 0, 0, leaves[:1]),
                                         ("full", 1, 0, 0, [leaf(0, ROWS, 64)]),
                                         ("tree", 4, 3, 1, tree), ("deep", 5, 4, 2, deep)):
        put("fuzz_cache", name, struct.pack("<IIII", n, root, levels, 0x400000) + b"".join(pages))


CODE = 0x500000


def walk_head(proc, regs, modules, fail_at=0, has_maps=1):
    maps = struct.pack("<II16Q16I", 1, 0, *([CODE] + [0] * 15), *([3] + [0] * 15))
    rows = b"".join(struct.pack("<II", *m) for m in modules)
    slow = struct.pack("<QQQII", CODE, CODE + 0x100000, CODE, 1, 0)
    return (proc + maps + rows + slow + struct.pack("<QQ", 2222, 0) +
            struct.pack("<21Q", *regs) + struct.pack("<HHHH", 1023, 2047, fail_at, has_maps))


def walk_memory(words):
    """Behind the three pages; address 0x7000 shows byte 0x3000, as 0x4000 bytes are repeated."""
    data = bytearray(0x1000)
    for addr, value in words.items():
        struct.pack_into("<Q", data, addr - 0x7000, value)
    return bytes(data)


def proc(entry, entry_value, cframe=0):
    fields = [8, 0, 8, 0, 8, 0, 16, cframe, 8, 16, 32]
    small = [0, 32, 0, 8, 16, 0, 24, entry, entry_value, 0xFF, 0, 0]
    return struct.pack("<Q11H12B6x", 0x7000, *fields, *small)


def walk_seeds():
    mapping = struct.pack("<II", 1, 0)
    for value in (CODE, CODE + 0x100000, CODE):
        mapping += struct.pack("<Q", value).ljust(8 * 146, b"\0")
    mapping += struct.pack("<I", 1).ljust(4 * 146, b"\0")
    pages = leaf(0, 8) + directory([(0, 1)]) + mapping.ljust(4096, b"\0")
    words = {
        0x7000: CODE + 0x180, 0x7018: 0x7060, 0x7020: CODE + 0x280, 0x7060: 0x1234,
        0x7068: CODE + 0x780,
        # interpreter, thread, frames, code
        0x7008: 0x7100, 0x7108: 0x7200, 0x7208: 2222, 0x7210: 0x7300, 0x7218: 0x7280,
        0x7288: 0x7300, 0x7290: 0x72A0,
    }
    for i in range(6):
        frame = 0x7300 + 0x20 * i
        words[frame], words[frame + 8] = 0x7800 + 0x40 * i, frame + 0x20 if i < 5 else 0
        words[frame + 16], words[frame + 24] = 0x7820 + 0x40 * i, 3 if i % 3 == 2 else 0
    regs = [0] * 21
    regs[16], regs[19], regs[4] = CODE + 0x80, 0x7000, 0x7060
    for name, p, modules in (("shim", proc(3, 3), [(2, 1), (1, 0)]),
                             ("flag", proc(2, 3, 24), [(1, 0), (2, 1)]),
                             ("each", proc(1, 1, 24), [(2, 1), (0, 0)]),
                             ("none", proc(0, 1), [(0, 0), (0, 0)])):
        for fail_at in (0, 3, 9):
            put("fuzz_walk", f"{name}_{fail_at}",
                walk_head(p, regs, modules, fail_at, fail_at != 3) + pages + walk_memory(words))


# --- fuzz_perf_map, fuzz_maps ---

def text_seeds():
    lines = ["7f0000001000 40 py::main:/a/b.py", "0x7f0000001020 100 [stub]", "zz 1 x", "",
             "ffffffffffffff00 ff end", "1000 0 nothing", "1000 10 first", "1004 4 second",
             "1000 10 " + "n" * 1100, "2000 30 a b  c\t"]
    put("fuzz_perf_map", "lines", b"\x80" + "\n".join(lines).encode() + b"\n")
    put("fuzz_perf_map", "nested", b"\x40" + b"".join(
        b"%x %x f%d\n" % (0x1000 + i, 0x200 - 2 * i, i) for i in range(64)))
    put("fuzz_maps", "self", read("/proc/self/maps"))
    put("fuzz_maps", "odd", b"00400000-00452000 r-xp 00000000 08:02 173521 /a b (deleted)\n"
        b"00452000-00453000 rwxs ffffffff000 fe:00 0\n"
        b"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0          [vsyscall]\n"
        b"00410000-00420000 r-xp 00000000 00:00 1   /x\\012y\n")


# --- fuzz_code ---

SOURCE = '''
def plain(a, b=2):
    """doc"""
    for i in range(
            a):
        b = (a +
             b * i)
    return [x
            for x in (a, b)]
class C:
    async def coroutine(self):
        async with self as s:
            await s
    def generator(self):
        try:
            yield from self
        except* (ValueError, KeyError):
            raise
        finally:
            pass
''' + "\n" * 300 + "end = lambda: (1,\n" + "\n" * 140 + " end)\n"


def codes(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from codes(const)


def pairs(code):
    """The line table as 3.10 writes it."""
    out, line = bytearray(), code.co_firstlineno
    for start, end, now in code.co_lines():
        delta = -128 if now is None else now - line
        line = line if now is None else now
        while delta != -128 and not -127 <= delta <= 127:
            step = max(-127, min(127, delta))
            out += struct.pack("Bb", 0, step)
            delta -= step
        while end - start > 254:
            out += struct.pack("Bb", 254, delta)
            start, delta = start + 254, 0 if delta != -128 else delta
        out += struct.pack("Bb", end - start, delta)
    return bytes(out)


def lnotab(code):
    """The line table as 3.6 to 3.9 write it."""
    out, line, at = bytearray(), code.co_firstlineno, 0
    for start, _, now in code.co_lines():
        if now is None or now == line:
            continue
        delta, more = now - line, start - at
        line, at = now, start
        while more > 255:
            out += b"\xff\0"
            more -= 255
        while not -128 <= delta <= 127:
            step = max(-128, min(127, delta))
            out += struct.pack("Bb", more, step)
            delta, more = delta - step, 0
        out += struct.pack("Bb", more, delta)
    return bytes(out)


def code_seeds():
    published = struct.pack("<128Q", *WORDS)
    ascii_state, wide_state = 1 | 1 << 3 | 1 << 4, 2 | 1 << 3
    for i, code in enumerate(codes(compile(SOURCE, "seed.py", "exec"))):
        table = code.co_linetable
        for name, version, flags, words, data in (
                ("lnotab", i % 4, 0, b"", lnotab(code)), ("pairs", 4, 8, b"", pairs(code)),
                ("locations", 5 + i % 2, 8 * (i % 2), b"", table),
                ("published", 0, 2, published, table)):
            head = struct.pack("<BBBBIII", version, flags, wide_state if i == 3 else ascii_state,
                               i if i > 5 else 0, code.co_firstlineno, 10 + 5000 * (i == 4), i % 3)
            put("fuzz_code", f"{name}_{i}", head + words + data)
    raw = struct.pack("<BBBBIII", 6, 1, 0, 0, 0, 0, 0)
    put("fuzz_code", "raw", raw + struct.pack("<Q", 0x10100) * 64)


# --- fuzz_profile: man/hwprof-profile.5 ---

def part(kind, data):
    return struct.pack("<II", kind, len(data)) + data


def counted(items):
    return b"".join(struct.pack("<I", n) + data for n, data in items)


def profile_session():
    classes = [0.4, 0.1, 0.2, 0, 0.1, 0, 0.1, 0.05, 0, 0.05]
    return {"argv": ["a", "b"], "exit_status": 0, "host": "h", "kernel": "k", "machine": "x86_64",
            "cpus": 2, "start_unix_s": 1, "start_ns": 1, "page_bytes": 4096, "stacks": True,
            "complete": True, "lost": 3, "peak_rss_bytes": 8192, "peak_rss_ns": 12,
            "peak_rss_pid": 5,
            "usage": {"wall_s": 1.0, "user_s": 0.3, "sys_s": 0.1, "io_known": True, "io_calls": 7,
                      "minor_faults": 3, "cpu_wait_s": 0.1},
            "events": [{"name": "cpu-clock", "unit": "ns", "frequency_hz": 99, "samples": 2},
                       {"name": "page-faults", "unit": "", "period": 1, "samples": 2},
                       {"name": "off-cpu", "unit": "ns", "period": 1000000, "samples": 2}],
            "losses": [{"reason": "r", "advice": "a", "count": 1}], "doubts": ["d"],
            "wall": {"wall_s": 1.0, "switches": 9, "threads": 3, "threads_peak": 2,
                     "seconds": classes, "thread_s": classes, "width_s": [0.6, 0.3, 0.1],
                     "points": [{"end_s": 0.5 + i / 4, "rss_bytes": 4096 * i,
                                 "seconds": [v / 2 + i / 100 for v in classes]}
                                for i in range(3)]}}


def profile_seeds():
    head = part(1, json.dumps(profile_session()).encode())
    strings = part(2, counted((len(s), s) for s in (b"main", b"a.c", b"/bin/x", b"python")))
    modules = part(3, struct.pack("<II", 3, 1))
    frames = part(4, b"".join(struct.pack("<10IQ", 1 + i, i & 1, 1, 1, 2, 7, 8, 9, i, i + 3, 64)
                              for i in range(4)))
    stacks = part(5, counted([(2, struct.pack("<II", 0, 1)), (1, struct.pack("<I", 3))]))
    tasks = part(6, struct.pack("<iiI", 5, 6, 4))
    # struct hw_sample: time, period, addr, stack, task, event, cpu, flags
    samples = part(7, b"".join(struct.pack("<QQQIIHHI", 10 + i, 100, 4096 * i, i & 1, 0, i % 3, 1,
                                           i << 8 | i % 4)
                               for i in range(9)))
    whole = head + strings + modules + frames + stacks + tasks + samples
    more = part(2, counted([(3, b"new")])) + samples
    put("fuzz_profile", "one", struct.pack("<H", len(whole)) + whole)
    put("fuzz_profile", "two",
        struct.pack("<H", len(whole)) + whole + struct.pack("<H", len(more)) + more)


def account_seeds():
    """Any bytes are a history; long ones are hard to come by."""
    dice = random.Random(1)
    for name, luck in (("usual", (0, 0, 0, 0)), ("lost", (9, 0, 0, 0)), ("locks", (0, 9, 0, 0)),
                       ("all", (9, 9, 9, 5))):
        put("fuzz_account", name, bytes((*luck, 6, 8, 40)) + dice.randbytes(4000))


with tempfile.TemporaryDirectory() as work:
    elf_seeds(work)
cache_seeds()
walk_seeds()
text_seeds()
code_seeds()
profile_seeds()
account_seeds()
