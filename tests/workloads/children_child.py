"""One short-lived process: 30 ms of CPU time of its own; prints its process id."""
import os
import time


def burn(end):
    x = 0
    while time.process_time() < end:
        for i in range(50):
            x += i * i
    return x


burn(time.process_time() + 0.03)
print(os.getpid())
