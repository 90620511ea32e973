# SPDX-License-Identifier: Apache-2.0
"""The other side of a program under test, outside its session: bound_outside.py ROLE FOLDER
SECONDS. Prints where it is to be found (a port or a path) when it is ready, and is there for one run
of one program; who started it ends it with a signal. What it makes in FOLDER stays there."""
import contextlib
import fcntl
import http.server
import os
import pty
import socket
import sys
import threading
import time
import tty

PAUSE = 0.005  # before each answer, many times what asking takes


def ready(where):
    print(where, flush=True)


def listen():
    server = socket.create_server(("127.0.0.1", 0))
    ready(server.getsockname()[1])
    return server


def serve(server, answer):
    while True:
        threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()


def tcp(_folder, _seconds):
    """Answers each byte with one byte, after a pause."""
    def answer(s):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):
            while s.recv(1):
                time.sleep(PAUSE)
                s.sendall(b"!")

    serve(listen(), answer)


def http_server(_folder, _seconds):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(4 * PAUSE)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready(server.server_port)
    server.serve_forever()


def client(folder, seconds):
    """Asks a server for a byte at a time, and thinks before it asks the next; the server writes its
    port into the FIFO."""
    path = os.path.join(folder, "port")
    os.mkfifo(path)
    ready(path)
    with open(path) as f:
        port = int(f.readline())
    end = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port)) as s:
        while time.monotonic() < end:
            time.sleep(PAUSE)
            s.sendall(b"?")
            s.recv(1)


def lines(write, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(4 * PAUSE)
        write(b"line\n")


def fifo(folder, seconds):
    """Writes a line now and then into a FIFO, and closes it."""
    path = os.path.join(folder, "fifo")
    os.mkfifo(path)
    ready(path)
    with open(path, "wb", buffering=0) as f:
        lines(f.write, seconds)


def sink(folder, _seconds):
    """Reads from a FIFO a page at a time, slowly."""
    path = os.path.join(folder, "fifo")
    os.mkfifo(path)
    ready(path)
    with open(path, "rb", buffering=0) as f:
        while f.read(4096):
            time.sleep(PAUSE)


def unix(folder, seconds):
    path = os.path.join(folder, "socket")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    ready(path)

    def answer(s):
        with s, contextlib.suppress(ConnectionError):
            lines(s.sendall, seconds)

    serve(server, answer)


def terminal(_folder, _seconds):
    """Types a line now and then."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    ready(os.ttyname(theirs))
    while True:
        time.sleep(4 * PAUSE)
        os.write(ours, b"line\n")


def hold(folder, seconds, lock):
    """Holds a lock on a file until some seconds after it has got content."""
    path = os.path.join(folder, "lock")
    with open(path, "wb") as f:
        lock(f, fcntl.LOCK_EX)
        ready(path)
        while not os.stat(path).st_size:
            time.sleep(0.002)
        time.sleep(seconds)
        lock(f, fcntl.LOCK_UN)


def flock(folder, seconds):
    hold(folder, seconds, fcntl.flock)


def posix(folder, seconds):
    hold(folder, seconds, fcntl.lockf)


if __name__ == "__main__":
    roles = {f.__name__: f for f in (tcp, client, fifo, sink, unix, terminal, flock, posix)}
    roles["http"] = http_server
    roles[sys.argv[1]](sys.argv[2], float(sys.argv[3]))
