# SPDX-License-Identifier: Apache-2.0
"""The classes of wall time beside a second account of the same runs: the kernel's own stream of
scheduler and system call tracepoints, recorded by tracefs and decoded here. It shares with hwprof the
definition of the classes (bpf/classes.h, enum hw_wall_class), and no code.

Where a thread waits is the system call it is in. The kind of a descriptor comes from /proc, looked at
while the program runs; of several that poll(2) and its like wait for, the one that is used next is
the one that became ready. A lock and the GIL are both a futex here: they are one class."""
import bisect
import collections
import contextlib
import os
import re
import stat
import threading
import time

import kit
import scene  # of tests/e2e

TRACING = "/sys/kernel/tracing"
EVENTS = ("sched/sched_switch", "sched/sched_waking", "sched/sched_stat_runtime",
          "sched/sched_process_fork", "sched/sched_process_exec", "raw_syscalls/sys_enter",
          "raw_syscalls/sys_exit")
BUFFER_KB = 128 << 10  # for each CPU
POINTS = 2  # of wall time that a class may be off
# Whose calls are few enough to be traced: each kind of wait, and threads, pools and pipelines.
NAMES = ("py-cpu-loop", "py-cpu-pool", "py-cpu-idle-pool", "py-cpu-producer", "py-cpu-loop-loaded",
         "py-cpu-loop-quota", "c-cpu-convoy", "sh-digest", "c-memory-faults", "py-disk-cold",
         "c-io-direct", "c-io-fsyncs", "c-io-mapped", "c-io-pingpong", "py-network-client",
         "py-network-threads", "py-network-asyncio", "py-network-selectors", "py-network-http",
         "py-network-server", "py-pipe-read", "py-pipe-asyncio", "py-pipe-write", "py-pipe-unix",
         "py-pipe-tty", "sh-pipeline", "py-idle-sleep", "py-idle-naps", "py-idle-pool",
         "py-idle-event", "py-idle-select", "py-idle-timer", "py-idle-producer", "py-idle-peer",
         "c-wait-convoy", "c-wait-crowd", "c-wait-vforks", "py-lock-flock", "py-lock-fcntl",
         "c-wait-mutex", "py-mixed-thirds", "py-mixed-quarters")
CLASSES = ("busy", "starved", "disk", "network", "pipe", "sleep", "lock", "child", "other")

# Numbers of system calls, of x86-64 and of the table that aarch64 has (asm-generic/unistd.h).
CALLS = {
    "x86_64": {"fd": (0, 1, 17, 18, 19, 20, 40, 42, 43, 44, 45, 46, 47, 288, 295, 296),
               "used": (0, 17, 19, 43, 45, 47, 288, 295),
               "poll": (7, 23, 232, 270, 271, 281, 441), "futex": (202, 449),
               "sleep": (34, 35, 128, 130, 230),
               "lock": (65, 72, 73, 220), "child": (56, 58, 61, 247, 435)},
    "aarch64": {"fd": (63, 64, 65, 66, 67, 68, 69, 70, 71, 202, 203, 206, 207, 211, 212, 242),
                "used": (63, 65, 67, 69, 202, 207, 212, 242),
                "poll": (22, 72, 73, 441), "futex": (98, 449), "sleep": (101, 115, 133, 137),
                "lock": (25, 32, 192, 193), "child": (95, 220, 260, 435)},
}.get(os.uname().machine)
ETIMEDOUT = -110

# @n counts the events of a stream: two can have the same time.
Event = collections.namedtuple("Event", "n at tid name text")
Call = collections.namedtuple("Call", "n number arguments")
# Time without a change. @name: "busy", "starved", or None for a wait, which the event @n has ended by
# waking the thread @tid from a sleep that was uninterruptible or not.
Slice = collections.namedtuple("Slice", "seconds name tid deep n")


# --- recording

def write(path, text):
    with open(path, "w") as f:
        f.write(text)


@contextlib.contextmanager
def instance():
    """A buffer of its own in tracefs, which others do not see."""
    path = f"{TRACING}/instances/hwprof-reference-{os.getpid()}"
    try:
        os.mkdir(path)
    except OSError as e:
        raise kit.Skipped(f"no tracefs: {e}") from None
    try:
        write(f"{path}/trace_clock", "mono")
        write(f"{path}/buffer_size_kb", str(BUFFER_KB))
        yield path
    finally:
        write(f"{path}/tracing_on", "0")
        for event in EVENTS:
            write(f"{path}/events/{event}/enable", "0")
        os.rmdir(path)


def lost(path):
    found = 0
    for cpu in os.listdir(f"{path}/per_cpu"):
        with open(f"{path}/per_cpu/{cpu}/stats") as f:
            found += sum(int(line.split()[-1]) for line in f if re.match("overrun|dropped", line))
    return found


LINE = re.compile(r"\s*.+-(\d+)\s+\[\d+\]\s+\S+\s+(\d+\.\d+): (\w+): (.*)")


def events(path):
    with open(f"{path}/trace", errors="replace") as f:
        for n, m in enumerate(filter(None, map(LINE.match, f))):
            yield Event(n, float(m[2]), int(m[1]), m[3], m[4])


def kind_of(path, unix):
    """The class of a wait for what /proc/PID/fd/N leads to."""
    target, mode = os.readlink(path), os.stat(path).st_mode
    if stat.S_ISSOCK(mode):
        return "pipe" if target[len("socket:["):-1] in unix else "network"
    if stat.S_ISFIFO(mode) or re.match("/dev/(pts/|tty)|anon_inode:.eventfd", target):
        return "pipe"
    if "timerfd" in target:
        return "sleep"
    return "disk" if stat.S_ISREG(mode) else "other"


def descendants(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in map(int, f.read().split()):
                yield child
                with contextlib.suppress(OSError):
                    yield from descendants(child)


class Descriptors(threading.Thread):
    """Looks at the descriptors of this process' descendants while they run."""

    def __init__(self):
        super().__init__(daemon=True)
        self.kinds, self.pid_of, self.ended = {}, {}, threading.Event()

    def look(self):
        with open("/proc/net/unix") as f:
            unix = {line.split()[6] for line in list(f)[1:]}
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    self.pid_of[int(task)] = pid
                for fd in os.listdir(f"/proc/{pid}/fd"):
                    with contextlib.suppress(OSError):
                        self.kinds[pid, int(fd)] = kind_of(f"/proc/{pid}/fd/{fd}", unix)

    def run(self):
        while not self.ended.wait(0.03):
            with contextlib.suppress(OSError):
                self.look()

    def kind(self, tid, fd):
        return self.kinds.get((self.pid_of.get(tid, tid), fd), "other")


def recorded(command):
    """(what hwprof stat says of a run, the events of the same run, its descriptors)"""
    with instance() as path:
        descriptors = Descriptors()
        descriptors.start()
        # of all threads: the kernel's own filter by pid was seen to lose switches from an idle CPU
        for event in EVENTS:
            write(f"{path}/events/{event}/enable", "1")
        try:
            page = scene.page_of("stat", command)
        finally:
            descriptors.ended.set()
            descriptors.join()
        write(f"{path}/tracing_on", "0")
        kit.need(not lost(path), "tracefs lost events")
        return page, complete(list(events(path))), descriptors


# --- decoding

SWITCH = re.compile(r"prev_comm=.* prev_pid=(\d+) prev_prio=-?\d+ prev_state=(\S+) ==> "
                    r".*next_pid=(\d+) ")


def field(e, name):
    return int(re.search(rf" {name}=(\d+)", e.text)[1])


def complete(stream):
    """The stream with the switches to a thread that it lacks: a CPU that leaves a deep idle state was
    seen to have none, for perf as well. When such a thread leaves the CPU again, what the scheduler
    charged it since tells when it came."""
    on, ran, woken, added = set(), collections.Counter(), {}, []
    for e in stream:
        if e.name == "sched_stat_runtime":
            ran[field(e, "pid")] += field(e, "runtime") / 1e9
        elif e.name == "sched_waking":
            woken[field(e, "pid")] = e.at
        elif e.name == "sched_switch":
            m = SWITCH.match(e.text)
            before, after = int(m[1]), int(m[3])
            if before and before not in on:
                at = max(e.at - ran[before], woken.get(before, 0))
                added.append(Event(0, at, before, "switched in", ""))
            on.discard(before)
            on.add(after)
            ran[before] = ran[after] = 0
    ordered = sorted(stream + added, key=lambda e: e.at)
    return [e._replace(n=n) for n, e in enumerate(ordered)]


class Session:
    """The threads that descend from the command, and how many of them run and could run."""

    def __init__(self):
        self.state = {}  # of each thread: "on", "ready", "waits", or "waits deep"
        self.counts = collections.Counter()
        self.since = None  # the begin of the slice that lasts; None: the command does not run yet
        self.slices = []

    def put(self, tid, state, e):
        """Gives a thread a state, None when it is gone, and ends the slice that lasted until now."""
        old = self.state.pop(tid, None)
        if self.since is not None:
            name = "busy" if self.counts["on"] else "starved" if self.counts["ready"] else None
            self.slices.append(Slice(e.at - self.since, name, tid, old == "waits deep", e.n))
        self.since = e.at
        if old:
            self.counts[old] -= 1
        if state:
            self.state[tid] = state
            self.counts[state] += 1


def state_of(letters):
    """The state of a thread that has left its CPU, by the letters of sched_switch; None: it ends."""
    return {"R": "ready", "X": None, "Z": None, "D": "waits deep"}.get(letters[0], "waits")


def switch(s, e):
    m = SWITCH.match(e.text)
    before, after = int(m[1]), int(m[3])
    if before in s.state:
        s.put(before, state_of(m[2]), e)
    if after in s.state:
        s.put(after, "on", e)


def waking(s, e):
    tid = field(e, "pid")
    if s.state.get(tid, "").startswith("waits"):
        s.put(tid, "ready", e)


def switched_in(s, e):
    if e.tid in s.state:
        s.put(e.tid, "on", e)


def fork(s, e):
    if field(e, "pid") in s.state:
        s.put(field(e, "child_pid"), "ready", e)


def begin_of(stream):
    """Where the command begins: the first program that a child of hwprof executes, which is a child of
    ours."""
    generation = {os.getpid(): 0}
    for e in stream:
        if e.name == "sched_process_fork":
            parent = field(e, "pid")
            if parent in generation:
                generation[field(e, "child_pid")] = generation[parent] + 1
        elif e.name == "sched_process_exec" and generation.get(e.tid) == 2:
            return e.n
    raise kit.Skipped("no exec of the command in the stream")


def decode(stream):
    """A Session of all events."""
    s, begin = Session(), begin_of(stream)
    s.put(stream[begin].tid, "on", stream[begin])
    handlers = {"sched_switch": switch, "sched_waking": waking, "sched_process_fork": fork,
                "switched in": switched_in}
    for e in stream[begin:]:
        if e.name in handlers:
            handlers[e.name](s, e)
        if not s.state:
            return s
    raise kit.Skipped("the stream ends before the command")


class Calls:
    """The system calls of each thread, by where in the stream they begin and end."""

    def __init__(self, stream):
        self.begun, self.ended = collections.defaultdict(list), collections.defaultdict(list)
        for e in stream:
            if e.name == "sys_enter":
                number, arguments = re.match(r"NR (-?\d+) \((.*)\)", e.text).groups()
                self.begun[e.tid].append(Call(e.n, int(number),
                                              [int(a, 16) for a in arguments.split(", ")]))
            elif e.name == "sys_exit":
                self.ended[e.tid].append((e.n, int(e.text.split()[-1])))

    def around(self, tid, n):
        """(the call the thread is in at event @n, or None; what it will return; the next calls)"""
        i, j = (bisect.bisect(found[tid], (n,)) for found in (self.begun, self.ended))
        last = self.begun[tid][i - 1] if i else None
        if last and j and self.ended[tid][j - 1][0] > last.n:
            last = None
        return last, self.ended[tid][j][1] if j < len(self.ended[tid]) else 0, self.begun[tid][i:i + 8]


def cause(wait, calls, descriptors):
    """The class of a wait."""
    call, result, following = calls.around(wait.tid, wait.n)
    if not call:
        return "disk"  # a page fault
    kind = next((k for k in CALLS if k != "used" and call.number in CALLS[k]), None)
    if kind == "fd":
        return descriptors.kind(wait.tid, call.arguments[0])
    if kind == "futex":
        return "sleep" if result == ETIMEDOUT else "lock"
    if kind == "poll":
        used = [c.arguments[0] for c in following if c.number in CALLS["used"]]
        return descriptors.kind(wait.tid, used[0]) if result > 0 and used else "sleep"
    # a file system's: sync, and to open, close, cut or remove a file
    return kind or ("disk" if wait.deep else "other")


def seconds_of(stream, descriptors):
    calls, found = Calls(stream), collections.Counter()
    for s in decode(stream).slices:
        found[s.name or cause(s, calls, descriptors)] += s.seconds
    return found


def shares_of(page):
    wall = page.get("wall")
    if not wall:
        raise RuntimeError("hwprof stat --json has no object 'wall'")
    seconds = dict(wall["seconds"])
    seconds["lock"] += seconds.pop("gil")
    return {name: 100 * seconds[name] / wall["wall_s"] for name in CLASSES}


def compare(case, places):
    """A row of the table, and by how many points the worst class is off."""
    with scene.ready(case, places) as command:
        page, stream, descriptors = recorded(command)
    theirs = seconds_of(stream, descriptors)
    total = sum(theirs.values())
    theirs = {name: 100 * theirs[name] / total for name in CLASSES}
    ours = shares_of(page)
    off = {name: abs(ours[name] - theirs[name]) for name in CLASSES}
    worst = max(off, key=off.get)
    top = sorted(CLASSES, key=theirs.get, reverse=True)[:2]
    cells = [f"{name} {theirs[name]:.1f} / {ours[name]:.1f}" for name in top]
    return [case.name, *cells, f"{worst} {off[worst]:.2f}",
            "holds" if off[worst] <= POINTS else "MISSED"], off[worst]


def main(_rounds):
    kit.need_root()
    kit.need(CALLS, f"the system calls of {os.uname().machine} are not known here")
    scene.BUILT = os.path.dirname(kit.program("bound_wait"))
    rows, worst = [], 0
    with scene.first(), scene.where() as places:
        for case in (c for c in scene.CASES if c.name in NAMES):
            start = time.monotonic()
            try:
                row, off = compare(case, places)
            except (scene.Missing, kit.Skipped) as why:
                print(f"left out: {case.name}: {why}", flush=True)
                continue
            except RuntimeError as why:
                rows.append([case.name, "-", "-", "-", f"FAILED: {why}", "-"])
                continue
            rows.append([*row, f"{time.monotonic() - start:.1f} s"])
            worst = max(worst, off)
    heads = ["case", "largest", "second", "worst class, points", f"<= {POINTS} points", "took"]
    kit.table("Wall time by class, % of wall: the tracepoints' account / hwprof stat", heads, rows,
              f"Worst: {worst:.2f} points. Both saw the same run. Timestamps of the stream are in whole "
              "microseconds.")
