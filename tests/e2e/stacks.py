"""Reads a profile as man/hwprof-profile.5 describes it, apart from the project's own C reader, so
that the tests judge whole stacks and not what the report makes of them."""
import collections
import json
import struct
import subprocess

NATIVE, PYTHON, KERNEL, MARKER = 1, 2, 3, 4

# One frame of a stack. addr is that of the module as linked; lines and
# columns are 0 where they are not known.
Frame = collections.namedtuple("Frame", "kind inner module name file func_line line end_line column "
                               "end_column addr")
# One sample: stack from leaf to root; truncated says that the walk ended before the root.
Sample = collections.namedtuple("Sample", "time event pid tid comm stack truncated")


def sections(data):
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, memoryview(data)[at + 8:at + 8 + size]
        at += 8 + size


def read_strings(body, strings):
    at = 0
    while at < len(body):
        n, = struct.unpack_from("<I", body, at)
        strings.append(bytes(body[at + 4:at + 4 + n]).decode(errors="replace"))
        at += 4 + n


def read_stacks(body, frames, stacks):
    words = body.cast("I")
    at = 0
    while at < len(words):
        n = words[at]
        stacks.append(tuple(frames[i] for i in words[at + 1:at + 1 + n]))
        at += 1 + n


def read(path):
    """The session (an object) and the list of samples of the profile."""
    data = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    strings, modules, frames, stacks, tasks, samples = [""], [""], [], [], [], []
    session = {}
    for kind, body in sections(data):
        if kind == 1:
            session = json.loads(bytes(body).decode(errors="replace"))
        elif kind == 2:
            read_strings(body, strings)
        elif kind == 3:
            modules += [strings[p] for p, _ in struct.iter_unpack("<II", body)]
        elif kind == 4:
            for k, flags, module, name, file, *rest in struct.iter_unpack("<10IQ", body):
                frames.append(Frame(k, bool(flags & 1), modules[module], strings[name],
                                    strings[file], *rest))
        elif kind == 5:
            read_stacks(body, frames, stacks)
        elif kind == 6:
            tasks += [(p, t, strings[n]) for p, t, n in struct.iter_unpack("<iiI", body)]
        elif kind == 7:
            for time, _, _, stack, task, event, _, flags in struct.iter_unpack("<QQQIIHHI", body):
                samples.append(Sample(time, event, *tasks[task], stacks[stack], bool(flags & 1)))
    return session, samples
