# SPDX-License-Identifier: Apache-2.0
"""Waits of known length: waits.py SCENE [ARGUMENT]. The scene "stacks" prints how long each of its
functions took, "gil" for how long its threads were off the CPUs, all together, by their clocks."""
import fcntl
import os
import select
import socket
import subprocess
import sys
import threading
import time

WAIT = 0.8


def sleep():
    time.sleep(WAIT)


def poll():
    r, _w = os.pipe()
    p = select.poll()
    p.register(r, select.POLLIN)
    assert not p.poll(WAIT * 1000)


def epoll():
    r, _w = os.pipe()
    p = select.epoll()
    p.register(r, select.EPOLLIN)
    assert not p.poll(WAIT)


def event():
    assert not threading.Event().wait(WAIT)


def network(port):
    with socket.create_connection(("127.0.0.1", int(port))) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(60):
            s.sendall(b"?")
            s.recv(1)


def fsync(folder):
    end = time.time() + WAIT
    with open(os.path.join(folder, "synced"), "wb", buffering=0) as f:
        while time.time() < end:
            f.write(bytes(4096))
            os.fsync(f.fileno())


def pipe(path):
    with open(path, "rb", buffering=0) as f:
        while f.read(100):
            pass


def lock(path):
    with open(path, "r+b", buffering=0) as f:
        f.write(b"!")
        fcntl.flock(f, fcntl.LOCK_EX)


def count(end):
    n = 0
    while time.time() < end:
        for i in range(1000):
            n += i


def gil(n=4):
    off_cpu = []

    def fights(end):
        wall, cpu = time.monotonic(), time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        count(end)
        cpu = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID) - cpu
        off_cpu.append(time.monotonic() - wall - cpu)

    end = time.time() + WAIT
    threads = [threading.Thread(target=fights, args=(end,)) for _ in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(sum(off_cpu))


def join():
    """A worker computes, which is joined; eight others have nothing to do."""
    done = threading.Event()
    idle = [threading.Thread(target=done.wait) for _ in range(8)]
    worker = threading.Thread(target=count, args=(time.time() + WAIT,))
    for t in idle + [worker]:
        t.start()
    worker.join()
    done.set()
    for t in idle:
        t.join()


def spawn():
    """Children by vfork(2) or posix_spawn(3), by fork(2), and programs that become others."""
    for _ in range(20):
        subprocess.check_call(["true"], close_fds=False)
        subprocess.check_call(["true"], preexec_fn=os.getpid)
    compute = "exec sh -c 'exec %s -c \"sum(range(3000000))\"'" % sys.executable
    subprocess.check_call(["sh", "-c", compute])


def threads(n):
    """All live at once; half of them end while the others wait."""
    threading.stack_size(1 << 16)
    early, late = threading.Event(), threading.Event()
    found = [threading.Thread(target=(late if i % 2 else early).wait) for i in range(int(n))]
    for t in found:
        t.start()
    early.set()
    for t in found[::2]:
        t.join()
    time.sleep(0.1)
    late.set()
    for t in found:
        t.join()


def naps():
    """Until it is killed."""
    while True:
        time.sleep(0.3)


def in_one():
    time.sleep(0.9)


def in_pieces():
    for _ in range(100):
        time.sleep(0.003)


def alone():
    time.sleep(0.5)


def stacks():
    for f in (in_one, in_pieces, alone):
        start = time.time()
        f()
        print(f.__name__, time.time() - start)


globals()[sys.argv[1]](*sys.argv[2:])
