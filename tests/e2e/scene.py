# SPDX-License-Identifier: Apache-2.0
"""What the programs of tests/workloads/bound_cases.py need around them: interpreters, a disk, the
other side of a connection, load on the CPUs, a quota. HWPROF is the binary, WORKLOADS has the built
programs, PYTHON is the interpreter of those in Python, DISK a folder on one."""
import contextlib
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(os.path.dirname(HERE), "workloads")
sys.path.insert(0, PROGRAMS)
from bound_cases import CASES  # noqa: E402,F401

HWPROF = os.environ.get("HWPROF", "hwprof")
BUILT = os.environ.get("WORKLOADS", PROGRAMS)
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")
LIMIT_S = 60  # for a program that takes some two seconds
NICE = -15
HOGS = 2  # for each CPU, of a loaded machine


class Missing(Exception):
    """Says what a case lacks here."""


def numpy_python():
    for python in dict.fromkeys((PYTHON, "/usr/bin/python3")):
        if os.access(python, os.X_OK) and not subprocess.run(
                [python, "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode:
            return python
    return None


def disk_folder():
    """A folder on a file system with a disk below it, or None."""
    for folder in (os.environ.get("DISK"), ".", "/var/tmp"):
        if not folder or not os.access(folder, os.W_OK):
            continue
        kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True)
        if kind.stdout.strip() not in ("tmpfs", "ramfs", "overlayfs", ""):
            return tempfile.mkdtemp(prefix="hwprof-verdict-", dir=folder)
    return None


# --- what is around a case

@contextlib.contextmanager
def nothing():
    yield []


@contextlib.contextmanager
def loaded():
    hogs = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
            for _ in range(HOGS * os.cpu_count())]
    try:
        yield []
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


@contextlib.contextmanager
def first():
    """Puts us and what we run, hogs included, before the others on the machine as far as that can be:
    in a kernel with autogroups nice(2) counts only among the programs of one terminal, see sched(7)."""
    group = "/proc/self/autogroup"
    before = None
    with contextlib.suppress(OSError):
        os.nice(NICE)
        with open(group) as f:
            before = (f.read().split() or [None])[-1]  # the first group of a machine has no text
        if before is not None:
            write(group, str(NICE))
    try:
        yield
    finally:
        if before is not None:
            write(group, before)


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def make_quota(name):
    """A cgroup with half a CPU, of version 1 or 2, whichever has the controller here."""
    for root, limits in (("/sys/fs/cgroup/cpu", (("cpu.cfs_period_us", "100000"),
                                                 ("cpu.cfs_quota_us", "50000"))),
                         ("/sys/fs/cgroup", (("cpu.max", "50000 100000"),))):
        path = os.path.join(root, name)
        try:
            if root == "/sys/fs/cgroup":
                write(os.path.join(root, "cgroup.subtree_control"), "+cpu")
            os.mkdir(path)
        except OSError:
            continue
        try:
            for file, value in limits:
                write(os.path.join(path, file), value)
            return path
        except OSError:
            os.rmdir(path)
    raise Missing("no cgroup with a CPU quota here")


@contextlib.contextmanager
def quota():
    """What to put before a command for it to have half a CPU."""
    path = make_quota(f"hwprof-verdict-{os.getpid()}")
    try:
        yield ["sh", "-c", f'echo $$ >{path}/cgroup.procs; exec "$@"', "sh"]
    finally:
        for _ in range(100):  # until the last of its processes is gone
            with contextlib.suppress(OSError):
                os.rmdir(path)
                break
            time.sleep(0.02)


@contextlib.contextmanager
def outside(role, seconds):
    """The other side of a case; gives what it is to be found by."""
    if not role:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="hwprof-outside-") as folder:
        program = ([os.path.join(BUILT, "bound_wait"), "hold"] if role == "shared" else
                   [PYTHON, os.path.join(PROGRAMS, "bound_outside.py"), role])
        peer = subprocess.Popen([*program, folder, str(seconds)], stdout=subprocess.PIPE, text=True)
        try:
            yield peer.stdout.readline().strip()
        finally:
            peer.kill()
            peer.wait()
            peer.stdout.close()


# --- one run

def cpu_seconds():
    """(of all CPUs since the machine came up, of children that were waited for)"""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ((user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK"),
            used.ru_utime + used.ru_stime)


class Others:
    """How many CPUs were used meanwhile by what is none of ours."""

    def __enter__(self):
        self.start, self.before = time.monotonic(), cpu_seconds()
        return self

    def __exit__(self, *_):
        wall = time.monotonic() - self.start
        all_s, ours_s = (after - before for after, before in zip(cpu_seconds(), self.before))
        self.cpus = max(all_s - ours_s, 0) / wall


def command_of(case, places, peer):
    for need in case.needs.split():
        if not places[need]:
            raise Missing(f"no {need} here")
    words = case.command.format(python=PYTHON, py=PROGRAMS, c=BUILT, peer=peer, **places)
    return shlex.split(words)


@contextlib.contextmanager
def ready(case, places):
    """All that is around a case; gives its command."""
    around = {"": nothing, "loaded": loaded, "quota": quota}[case.around]
    with outside(case.outside, case.seconds) as peer, around() as before:
        yield [*before, *command_of(case, places, peer)]


@contextlib.contextmanager
def where():
    """The places that commands name."""
    disk = disk_folder()
    try:
        yield {"numpy": numpy_python(), "disk": disk}
    finally:
        if disk:
            shutil.rmtree(disk)


def run(command, **options):
    """Runs it without input and output; RuntimeError when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, **options)
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr[-300:].strip()}")


def page_of(tool, command, **options):
    """What `hwprof TOOL --json` says of the command."""
    with tempfile.TemporaryDirectory(prefix="hwprof-verdict-") as folder:
        page = os.path.join(folder, "page")
        run([HWPROF, tool, "--json", "-o", page, "--", *command], **options)
        with open(page) as f:
            return json.load(f)
