# SPDX-License-Identifier: Apache-2.0
"""Blocked time of known causes, for the clocks of the report: one second for a socket in fetch(),
0.7 seconds asleep in snooze(), four threads that fight for the GIL in burn() for 1.5 seconds, and
all the while WORKERS idle workers in queue.get(). Prints how long fetch() and snooze() took, and how
long the four were off the CPUs in burn() by their clocks, all together.

	clocks.py WORKERS"""
import json
import queue
import socket
import sys
import threading
import time


def idle(tasks):
    while tasks.get() is not None:
        pass


def serve(listener):
    connection, _ = listener.accept()
    time.sleep(1)
    connection.send(b"x")


def fetch(port):
    with socket.create_connection(("127.0.0.1", port)) as s:
        return s.recv(1)


def snooze():
    time.sleep(0.7)


def burn(end, off_cpu):
    wall, cpu = time.monotonic(), time.thread_time()
    while time.monotonic() < end:
        for _ in range(1000):
            pass
    off_cpu.append(time.monotonic() - wall - (time.thread_time() - cpu))


def seconds_of(function, *args):
    start = time.monotonic()
    function(*args)
    return time.monotonic() - start


def start(function, *args, n=1):
    threads = [threading.Thread(target=function, args=args) for _ in range(n)]
    for t in threads:
        t.start()
    return threads


def main():
    tasks = queue.Queue()
    workers = start(idle, tasks, n=int(sys.argv[1]))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = start(serve, listener)
        took = {"fetch": seconds_of(fetch, listener.getsockname()[1])}
    took["snooze"] = seconds_of(snooze)
    off_cpu = []
    burners = start(burn, time.monotonic() + 1.5, off_cpu, n=4)
    for t in server + burners:
        t.join()
    took["burn"] = sum(off_cpu)
    json.dump(took, sys.stdout)
    for _ in workers:
        tasks.put(None)
    for t in workers:
        t.join()


main()
