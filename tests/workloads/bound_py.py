# SPDX-License-Identifier: Apache-2.0
"""Python programs whose bound is known by construction: bound_py.py CASE [ARGUMENT...]. Each works
for about SECONDS; why its verdict is what it is stands in bound_cases.py. Peers that must not belong
to the session are those of bound_outside.py; PORT and PATH are what these printed."""
import fcntl
import itertools
import mmap
import os
import select
import signal
import socket
import sys
import threading
import time

# Others are imported where they are needed: all at once take a tenth of the run.

SECONDS = 1.0
LOCALHOST = "127.0.0.1"


def burn(seconds=SECONDS):
    """Integer arithmetic on a few small objects, for so long on the clock."""
    end, x = time.monotonic() + seconds, 1
    while time.monotonic() < end:
        for _ in range(2000):
            x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return x


def passes(seconds=SECONDS):
    """Goes round until the time is up."""
    end = time.monotonic() + seconds
    return itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


def in_threads(n, function, *args):
    threads = [threading.Thread(target=function, args=args) for _ in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def connect(port):
    s = socket.create_connection((LOCALHOST, int(port)))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


# --- on the CPU ---

def cpu_loop():
    burn()


def cpu_json():
    import json
    text = json.dumps([{"id": i, "name": f"item {i}", "tags": ["a", "b"]} for i in range(200)])
    for _ in passes():
        json.dumps(json.loads(text))


def cpu_gil_fight():
    in_threads(8, burn)


def cpu_join():
    in_threads(1, burn)


def cpu_idle_pool():
    """200 workers wait for work, the main thread does it all."""
    import queue
    todo = queue.SimpleQueue()
    workers = [threading.Thread(target=todo.get) for _ in range(200)]
    for w in workers:
        w.start()
    burn()
    for _ in workers:
        todo.put(None)
    for w in workers:
        w.join()


def cpu_pool():
    import multiprocessing
    with multiprocessing.Pool(2) as pool:
        pool.map(burn, [SECONDS / 4] * 8, chunksize=1)


def cpu_futures():
    import concurrent.futures
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        list(pool.map(burn, [SECONDS / 4] * 8))


def cpu_asyncio():
    import asyncio

    async def step():
        burn(0.005)

    async def main():
        for _ in passes():
            await asyncio.gather(step(), step())

    asyncio.run(main())


def cpu_executor():
    """The loop waits for a thread that computes."""
    import asyncio

    async def main():
        await asyncio.get_running_loop().run_in_executor(None, burn)

    asyncio.run(main())


def cpu_producer():
    """A consumer at a pipe waits for a producer that computes what it sends."""
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(w)
        while os.read(r, 4096):
            pass
        os._exit(0)
    os.close(r)
    for _ in passes():
        burn(0.01)
        os.write(w, b"item\n")
    os.close(w)
    os.waitpid(pid, 0)


# --- page faults ---

def memory_mmap():
    """Touches one byte of each page of fresh memory and gives it back."""
    size = 16 << 20
    ones = b"1" * (size // mmap.PAGESIZE)
    for _ in passes():
        with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as m:
            m[::mmap.PAGESIZE] = ones


def memory_churn():
    """Builds and drops a large string: beyond malloc's largest threshold it is mapped each time."""
    for _ in passes():
        b"x" * (64 << 20)


def memory_pool():
    import concurrent.futures
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for done in [pool.submit(memory_mmap) for _ in range(2)]:
            done.result()


# --- storage ---

def sync_a_block(f):
    if f.tell() >= 16 << 20:
        f.seek(0)
    f.write(bytes(1 << 18))
    os.fsync(f.fileno())


def disk_fsync(folder):
    import tempfile
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as f:
        for _ in passes():
            sync_a_block(f)


def disk_cold(folder):
    """Reads a file that is not in the page cache, again and again."""
    import tempfile
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as f:
        for _ in range(64):
            f.write(os.urandom(1 << 10) * 1024)
        os.fsync(f.fileno())
        for _ in passes():
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            for at in range(0, 64 << 20, 8 << 20):
                os.pread(f.fileno(), 1 << 20, at)


def disk_sqlite(folder):
    import sqlite3
    import tempfile
    with tempfile.TemporaryDirectory(dir=folder) as path:
        db = sqlite3.connect(os.path.join(path, "db"), isolation_level=None)
        db.execute("PRAGMA synchronous=EXTRA")
        db.execute("CREATE TABLE t (x)")
        for _ in passes():
            db.execute("INSERT INTO t VALUES (zeroblob(200000))")
        db.close()


def disk_threads(folder):
    in_threads(4, disk_fsync, folder)


def disk_pool(folder):
    import multiprocessing
    with multiprocessing.Pool(2) as pool:
        pool.map(disk_fsync, [folder] * 2)


# --- the kernel's work for I/O ---

def io_copy():
    """1 MB at a time from /dev/zero: the kernel fills it, the program does nothing."""
    buffer = bytearray(1 << 20)
    with open("/dev/zero", "rb", buffering=0) as f:
        for _ in passes():
            f.readinto(buffer)


def io_cached(folder):
    """Reads a file that stays in the page cache."""
    import tempfile
    buffer = bytearray(1 << 20)
    with tempfile.TemporaryFile(dir=folder, buffering=0) as f:
        f.write(bytes(64 << 20))
        for _ in passes():
            if not f.readinto(buffer):
                f.seek(0)


# --- network and pipes, the other side outside ---

def ask(port):
    with connect(port) as s:
        for _ in passes():
            s.sendall(b"?")
            if not s.recv(1):
                break


def network_client(port):
    ask(port)


def network_threads(port):
    in_threads(8, ask, port)


def network_join(port):
    in_threads(1, ask, port)


def network_http(port):
    import urllib.request
    for _ in passes():
        urllib.request.urlopen(f"http://{LOCALHOST}:{port}/").read()


def network_asyncio(port):
    import asyncio

    async def client():
        reader, writer = await asyncio.open_connection(LOCALHOST, int(port))
        for _ in passes():
            writer.write(b"?")
            if not await reader.read(1):
                break
        writer.close()

    async def main():
        await asyncio.gather(*(client() for _ in range(4)))

    asyncio.run(main())


def network_selectors(port):
    """Waits in select(2), poll(2) and epoll(2) by turns; never for long, and never in vain."""
    with connect(port) as s, select.epoll() as epoll:
        poll = select.poll()
        poll.register(s, select.POLLIN)
        epoll.register(s, select.EPOLLIN)
        for turn in passes():
            s.sendall(b"?")
            if turn % 3 == 0:
                select.select([s], [], [], 10)
            elif turn % 3 == 1:
                poll.poll(10000)
            else:
                epoll.poll(10)
            if not s.recv(1):
                break


def network_server(path):
    """Answers one client after the other; who asks is told the port in the FIFO @path."""
    with socket.create_server((LOCALHOST, 0)) as server:
        with open(path, "w") as f:
            f.write(f"{server.getsockname()[1]}\n")
        s, _ = server.accept()
        while s.recv(1):
            s.sendall(b"!")


def pipe_read(path):
    with open(path, "rb", buffering=0) as f:
        while f.read(4096):
            pass


def pipe_write(path):
    """More than the other side takes."""
    with open(path, "wb", buffering=0) as f:
        for _ in passes():
            f.write(b"x" * 4096)


def pipe_asyncio(path):
    import asyncio

    async def main():
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader),
                                     open(path, "rb", buffering=0))
        while await reader.readline():
            pass

    asyncio.run(main())


def pipe_unix(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        while s.recv(4096):
            pass


def pipe_tty(path):
    """Lines from a terminal at which somebody types."""
    with open(path, "rb", buffering=0) as f:
        for _ in passes():
            f.read(4096)


# --- nothing to do ---

def idle_sleep():
    time.sleep(SECONDS)


def idle_naps():
    for _ in passes():
        time.sleep(0.002)


def idle_threads():
    in_threads(50, time.sleep, SECONDS)


def idle_pool():
    import multiprocessing
    with multiprocessing.Pool(4) as pool:
        pool.map(time.sleep, [SECONDS] * 4, chunksize=1)


def idle_asyncio():
    import asyncio

    async def main():
        await asyncio.gather(*(asyncio.sleep(SECONDS - i / 1000) for i in range(100)))

    asyncio.run(main())


def idle_event():
    """Timed waits for an event that never comes."""
    event = threading.Event()
    for _ in passes():
        event.wait(0.02)


def idle_select():
    """Timed waits for sockets at which nothing happens."""
    a, b = socket.socketpair()
    with a, b, select.epoll() as epoll:
        epoll.register(a, select.EPOLLIN)
        for _ in passes():
            select.select([a], [], [], 0.02)
            epoll.poll(0.02)


def idle_timer():
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    for _ in passes():
        signal.pause()
    signal.setitimer(signal.ITIMER_REAL, 0)


def idle_child():
    import subprocess
    subprocess.run(["sleep", str(SECONDS)], check=True)


def idle_children():
    import asyncio

    async def main():
        children = [await asyncio.create_subprocess_exec("sleep", str(SECONDS)) for _ in range(3)]
        for child in children:
            await child.wait()

    asyncio.run(main())


def idle_producer():
    """A consumer at a pipe waits for a producer of the session that sleeps."""
    import subprocess
    child = subprocess.Popen(["sh", "-c", "for i in 1 2 3 4 5; do sleep 0.2; echo item; done"],
                             stdout=subprocess.PIPE)
    while child.stdout.read1():
        pass
    child.wait()


def idle_peer():
    """A client waits on a socket for a server of the session that sleeps before it answers."""
    a, b = socket.socketpair()

    def serve():
        while b.recv(1):
            time.sleep(0.005)
            b.sendall(b"!")

    server = threading.Thread(target=serve)
    server.start()
    for _ in passes():
        a.sendall(b"?")
        a.recv(1)
    a.close()
    server.join()


# --- locks that others hold: for a while from the moment on that the file has content ---

def lock_flock(path):
    with open(path, "r+b", buffering=0) as f:
        f.write(b"!")
        fcntl.flock(f, fcntl.LOCK_EX)


def lock_fcntl(path):
    with open(path, "r+b", buffering=0) as f:
        f.write(b"!")
        fcntl.lockf(f, fcntl.LOCK_EX)


def lock_gil():
    """Sleeps without giving the GIL away, while another thread wants it."""
    import ctypes
    libc = ctypes.PyDLL(None)  # PyDLL keeps the GIL, CDLL would release it
    done = threading.Event()

    def work():
        while not done.is_set():
            pass

    sys.setswitchinterval(0.001)
    worker = threading.Thread(target=work)
    worker.start()
    for _ in passes():
        libc.usleep(100000)
    done.set()
    worker.join()


# --- a third of each ---

def mixed_thirds(port):
    burn(0.5)
    time.sleep(0.5)
    with connect(port) as s:
        for _ in passes(0.5):
            s.sendall(b"?")
            s.recv(1)


def mixed_quarters(folder, lock):
    """Page faults, a sleep, fsyncs and a lock."""
    import tempfile
    for _ in passes(0.4):
        b"x" * (64 << 20)
    time.sleep(0.4)
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as f:
        for _ in passes(0.4):
            sync_a_block(f)
    lock_flock(lock)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
