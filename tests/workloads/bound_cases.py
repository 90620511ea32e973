# SPDX-License-Identifier: Apache-2.0
"""Programs whose bound is known by construction: what to run, the right verdict, and why it is right.
tests/e2e/verdict.py runs them. Nothing here was taken from what hwprof says.

The verdict follows from where each instant of wall time goes. Is any thread of the session on a CPU,
the session is busy; could any run but none does, it is starved, which counts as cpu; else the slice
belongs to the wait whose wake-up ended it. Who waits for a sleeper of the same session is therefore
idle: what would help is less sleep, not a faster pipe or lock."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    command: str  # {c}, {py}: folders; {python}, {numpy}: interpreters; {disk}: a folder on a
                  # disk; {peer}: where the other side is
    verdict: str  # "cpu", "memory", "io", "idle", "lock", "mixed"
    wall: str     # the class of enum hw_wall_class that most of the wall time is in; "": none has it
    share: float  # of wall time that must be in it, at the least
    why: str
    outside: str = ""    # the other side: a role of bound_outside.py, or "shared" (bound_wait hold)
    seconds: float = 1   # for which the other side keeps it waiting
    around: str = ""     # "loaded": others have the CPUs; "quota": half a CPU for the session
    needs: str = ""      # "numpy", "disk": without it the case is left out
    starved: float = 0   # share of wall time, at the least


def case(kind, name, command, *args, pass_=(), **kw):
    suffix = [kw["around"]] if kw.get("around") else []
    return Case("-".join([kind, *name.split("_"), *suffix]), " ".join([command, name, *pass_]), *args, **kw)


def py(name, *args, **kw):
    return case("py", name, "{python} {py}/bound_py.py", *args, **kw)


def numpy(name, *args, needs="numpy", **kw):
    return case("numpy", name, "{numpy} {py}/bound_numpy.py", *args, needs=needs, **kw)


def c(program, name, *args, **kw):
    return case(f"c-{program}", name, f"{{c}}/bound_{program}", *args, **kw)


def to_peer(role, **kw):
    return dict(outside=role, pass_=("{peer}",), **kw)


DISK = dict(pass_=("{disk}",), needs="disk")
LOADED = dict(around="loaded")

# Shares: what a case does by the clock is nearly all of its time; 0.8 leaves room for the start of an
# interpreter on a slow machine, 0.6 for one with asyncio. Where the thing itself decides how much is
# waiting and how much is work (a disk), there is no bound but "more than half", or none.
CASES = (
    # --- cpu: it runs and computes
    py("cpu_loop", "cpu", "busy", .8, "integer arithmetic on a few objects, never waits"),
    py("cpu_json", "cpu", "busy", .8, "encodes and decodes 10 KB of JSON, never waits"),
    py("cpu_gil_fight", "cpu", "busy", .8, "eight threads for one GIL: one of them always computes"),
    py("cpu_join", "cpu", "busy", .8, "the main thread waits for a worker, which computes"),
    py("cpu_idle_pool", "cpu", "busy", .8, "200 workers wait for work, the main thread computes"),
    py("cpu_pool", "cpu", "busy", .8, "two workers of multiprocessing.Pool compute"),
    py("cpu_futures", "cpu", "busy", .8, "two workers of ProcessPoolExecutor compute"),
    py("cpu_asyncio", "cpu", "busy", .8, "coroutines that compute: the loop never waits"),
    py("cpu_executor", "cpu", "busy", .8, "the loop waits for its own thread, which computes"),
    py("cpu_producer", "cpu", "busy", .8, "who reads the pipe waits for its writer, which computes"),
    c("cpu", "alu", "cpu", "busy", .9, "multiplies in registers"),
    c("cpu", "chase_l1", "cpu", "busy", .9, "dependent loads, but of 16 KB: no load takes longer than "
      "the first cache does, so no memory is faster"),
    c("cpu", "sort", "cpu", "busy", .9, "sorts 4 KB: branches, calls, the first cache"),
    c("cpu", "multiply", "cpu", "busy", .9, "matrices of 54 KB in all: vector arithmetic"),
    c("cpu", "syscalls", "cpu", "busy", .9, "getppid(2): the kernel's time, but no I/O"),
    c("cpu", "threads", "cpu", "busy", .9, "four threads multiply, the main thread joins them"),
    c("cpu", "convoy", "cpu", "busy", .8, "eight threads for one lock: its holder computes"),
    c("cpu", "forks", "cpu", "busy", .9, "two children multiply, the parent waits for them"),
    c("cpu", "orphan", "cpu", "busy", .9, "the main thread has ended, its worker multiplies"),
    numpy("cpu_sin", "cpu", "busy", .8, "sines of 8 KB"),
    numpy("cpu_multiply", "cpu", "busy", .8, "products of matrices of 18 KB"),
    numpy("cpu_sort", "cpu", "busy", .8, "sorts 8 KB"),
    Case("sh-digest", "sh -c 'head -c 200M /dev/zero | sha256sum | wc -c'", "cpu", "busy", .8,
         "the digest takes far longer than what makes and copies its input, and runs beside it"),
    Case("sh-awk", "sh -c \"awk 'BEGIN {{ while (i < 16000000) x += i++ % 7; print x }}' | cat\"", "cpu",
         "busy", .8, "arithmetic in awk, and cat waits for it"),

    # --- cpu: it would run, but others have the CPUs
    py("cpu_loop", "cpu", "", 0, "arithmetic, and four others for two CPUs", starved=.1, **LOADED),
    py("cpu_pool", "cpu", "", 0, "two workers that compute, and others", **LOADED),
    c("cpu", "alu", "cpu", "", 0, "arithmetic, and others", starved=.1, **LOADED),
    py("cpu_loop", "cpu", "starved", .3, "half a CPU for what could use one", around="quota", starved=.3),
    c("cpu", "threads", "cpu", "starved", .5, "half a CPU for what could use all: the quota of a period "
      "is gone in a fraction of it", around="quota", starved=.5),

    # --- memory
    c("memory", "chase", "memory", "busy", .8, "each load's address comes from the load before it, and "
      "misses every cache: 512 MB in random order (50 ns a load measured, 2 in the first cache)"),
    c("memory", "chase_threads", "memory", "busy", .8, "the same by two threads"),
    c("memory", "update", "memory", "busy", .8, "counts into random lines of 512 MB (46 ns measured, 2 in "
      "32 KB)"),
    c("memory", "faults", "memory", "busy", .8, "touches fresh pages and gives them back"),
    c("memory", "cow", "memory", "busy", .8, "children write to pages they share with their parent"),
    py("memory_mmap", "memory", "busy", .8, "touches fresh pages and gives them back"),
    py("memory_churn", "memory", "busy", .8, "strings of 64 MB, which malloc maps afresh each time"),
    py("memory_pool", "memory", "busy", .8, "two processes touch fresh pages"),
    numpy("memory_gather", "memory", "busy", .8, "takes elements from all over 256 MB (23 ns each "
          "measured, 2 from 8 KB)"),
    numpy("memory_gather_pool", "memory", "busy", .8, "the same by two processes"),
    numpy("memory_fresh", "memory", "busy", .8, "arrays of 64 MB, mapped afresh each time"),
    numpy("memory_stride", "memory", "busy", .8, "one element of each page of 256 MB: a miss of the "
          "caches and of the TLB each (11 ns measured, 1 within the first cache); the sum is "
          "unrolled, so that each of its loads sees an eighth of the lines"),

    # --- io: the disk
    py("disk_fsync", "io", "", 0, "writes 256 KB and waits until the disk has it, and again", **DISK),
    py("disk_cold", "io", "disk", .5, "reads what was dropped from the page cache", **DISK),
    py("disk_sqlite", "io", "", 0, "a transaction for each row, with what it takes to be durable", **DISK),
    py("disk_threads", "io", "", 0, "four threads that fsync", **DISK),
    py("disk_pool", "io", "", 0, "two processes that fsync", **DISK),
    c("io", "direct", "io", "disk", .5, "reads 1 MB at a time past the page cache", **DISK),
    c("io", "fsyncs", "io", "", 0, "writes 256 KB and waits until the disk has it, and again", **DISK),
    c("io", "mapped", "io", "", 0, "page faults, but of a file that has to be read", **DISK),
    numpy("disk_load", "io", "", 0, "an array on disk, mapped and read page by page",
          pass_=("{disk}",), needs="numpy disk"),

    # --- io: the kernel's work for it
    py("io_copy", "io", "busy", .8, "the kernel fills 1 MB at each call, the program does nothing"),
    py("io_cached", "io", "busy", .7, "the kernel copies 1 MB at each call from its cache",
       pass_=("{disk}",), needs="disk"),
    c("io", "bytes", "io", "busy", .7, "a system call for each byte read, nothing done with it", **DISK),
    c("io", "pingpong", "io", "busy", .8, "two processes on one CPU do nothing but send a byte to and fro"),
    c("io", "stream", "io", "busy", .8, "two processes on one CPU do nothing but move blocks by a pipe"),
    Case("sh-copy", "sh -c 'head -c 1500M /dev/zero | cat | cat >/dev/null'", "io", "busy", .7,
         "a pipeline that only copies"),

    # --- io: the network, the other side outside the session
    py("network_client", "io", "network", .8, "each answer takes 5 ms", **to_peer("tcp")),
    py("network_threads", "io", "network", .8, "eight threads, all wait for answers", **to_peer("tcp")),
    py("network_join", "io", "network", .8, "the main thread waits for one that waits for answers",
       **to_peer("tcp")),
    py("network_asyncio", "io", "network", .6, "the loop waits for sockets", **to_peer("tcp")),
    py("network_selectors", "io", "network", .8, "select, poll and epoll have long timeouts, but a "
       "socket becomes ready", **to_peer("tcp")),
    py("network_http", "io", "network", .6, "each page takes 20 ms", **to_peer("http")),
    py("network_server", "io", "network", .8, "a server waits for requests", **to_peer("client")),
    py("network_client", "io", "network", .5, "waits for answers of 5 ms, and needs little of the half "
       "a CPU it may have", around="quota", **to_peer("tcp")),

    # --- io: pipes, terminals and local sockets, the other side outside
    py("pipe_read", "io", "pipe", .8, "a line each 20 ms", **to_peer("fifo")),
    py("pipe_read", "io", "pipe", .6, "a line each 20 ms or later; others have the CPUs", around="loaded",
       **to_peer("fifo")),
    py("pipe_asyncio", "io", "pipe", .6, "the loop waits for a pipe", **to_peer("fifo")),
    py("pipe_write", "io", "pipe", .8, "the pipe is full, and its reader slow", **to_peer("sink")),
    py("pipe_unix", "io", "pipe", .8, "a line each 20 ms", **to_peer("unix")),
    py("pipe_tty", "io", "pipe", .8, "a line each 20 ms is typed", **to_peer("terminal")),
    Case("sh-pipeline", "sh -c 'cat {peer} | tr a-z A-Z | sort | wc -l'", "io", "pipe", .8,
         "a pipeline whose first program waits for lines from outside", outside="fifo"),

    # --- idle
    py("idle_sleep", "idle", "sleep", .8, "one sleep"),
    py("idle_sleep", "idle", "sleep", .5, "one sleep; others have the CPUs", **LOADED),
    py("idle_sleep", "idle", "sleep", .5, "one sleep, with half a CPU", around="quota"),
    py("idle_naps", "idle", "sleep", .8, "sleeps of 2 ms"),
    py("idle_threads", "idle", "sleep", .8, "50 threads sleep, the main thread joins them"),
    py("idle_pool", "idle", "sleep", .7, "four processes sleep"),
    py("idle_asyncio", "idle", "sleep", .6, "the loop waits for timers"),
    py("idle_event", "idle", "sleep", .8, "waits for a lock that all end by their timeout"),
    py("idle_select", "idle", "sleep", .8, "waits for sockets that all end by their timeout"),
    py("idle_timer", "idle", "sleep", .8, "pause(2) until an interval timer fires"),
    py("idle_child", "idle", "sleep", .8, "waits for a child, which sleeps"),
    py("idle_children", "idle", "sleep", .6, "the loop waits for children, which sleep"),
    py("idle_producer", "idle", "sleep", .8, "waits at a pipe for a child, which sleeps"),
    py("idle_peer", "idle", "sleep", .8, "waits at a socket for its own thread, which sleeps"),
    c("wait", "convoy", "idle", "sleep", .8, "eight threads for one lock: its holder sleeps"),
    c("wait", "timer", "idle", "sleep", .8, "epoll for a timerfd"),
    c("wait", "polls", "idle", "sleep", .8, "poll(2) of nothing, with a timeout"),
    c("wait", "vforks", "idle", "sleep", .8, "the child of a vfork sleeps before its exec"),
    c("wait", "crowd", "idle", "sleep", .6, "of 500 threads one sleeps nine tenths of its time, the "
      "others wait for what never comes"),

    # --- lock
    py("lock_flock", "lock", "lock", .8, "another program holds the flock(2)", **to_peer("flock")),
    py("lock_fcntl", "lock", "lock", .8, "another program holds the record lock", **to_peer("posix")),
    c("wait", "mutex", "lock", "lock", .8, "another program holds the mutex", **to_peer("shared")),
    c("wait", "semaphore", "lock", "lock", .8, "another program has the semaphore", **to_peer("shared")),
    py("lock_gil", "lock", "gil", .5, "one thread sleeps 100 ms at a time and keeps the GIL; the other "
       "asks for it each millisecond, which ends nearly every slice"),

    # --- mixed: nothing has 40 %
    py("mixed_thirds", "mixed", "", 0, "half a second each of arithmetic, of sleep, and of waiting for "
       "the network", **to_peer("tcp")),
    py("mixed_quarters", "mixed", "", 0, "0.4 s each of page faults, sleep, fsync, and a lock another "
       "program holds", outside="flock", seconds=.4, pass_=("{disk}", "{peer}"), needs="disk"),
)
