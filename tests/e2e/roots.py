"""Which code a thread starts in, told by the file itself: its entry point, and the functions whose
unwind information says that they have no caller (readelf prints both)."""
import functools
import re
import struct
import subprocess

NAMES = {"_start", "clone", "clone3", "__clone", "__clone3"}
START_SIZE = 64  # no C library's _start is longer


def entry_range(path):
    with open(path, "rb") as f:
        head = f.read(64)
    if head[:4] != b"\x7fELF":
        return []
    entry, = struct.unpack_from("<Q", head, 24)
    return [(entry, entry + START_SIZE)]


@functools.lru_cache(maxsize=None)
def ranges(path):
    """Address ranges, as linked, of the outermost functions of a file."""
    try:
        found = entry_range(path)
    except OSError:
        return []
    text = subprocess.run(["readelf", "-W", "--debug-dump=frames", path],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    pc = None
    for line in text.splitlines():
        m = re.search(r" FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)", line)
        if m:
            pc = int(m[1], 16), int(m[2], 16)
        elif pc and re.search(r"DW_CFA_undefined: r(16 \(rip\)|30 )", line):
            found.append(pc)
            pc = None
    return found


@functools.lru_cache(maxsize=None)
def is_root(path, name, addr):
    """Whether a thread starts in this code; @addr as linked."""
    if name in NAMES:
        return True
    return any(low <= addr <= high for low, high in ranges(path))


@functools.lru_cache(maxsize=None)
def loads(path):
    """(file offset, size in the file, address as linked) of what a file has loaded; of "[stack]" and
    its like, nothing."""
    try:
        with open(path, "rb") as f:
            data = f.read(1 << 16)
    except OSError:
        return []
    phoff, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    found = []
    for i in range(count):
        kind, _, offset, vaddr, _, filesz = struct.unpack_from("<IIQQQQ", data, phoff + i * size)
        if kind == 1:
            found.append((offset, filesz, vaddr))
    return found


def as_linked(path, offset):
    """The address as linked of a file offset, 0 where nothing is loaded from there."""
    for start, size, vaddr in loads(path):
        if start <= offset < start + size:
            return offset - start + vaddr
    return 0
