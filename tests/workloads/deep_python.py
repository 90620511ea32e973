"""deep_python.py python|callbacks [DEPTH [SECONDS]]: a recursion of DEPTH levels (900), each Python
calling Python, or Python calling C that calls Python, as deep as this interpreter permits; at its
end spin(), for SECONDS of CPU time (1)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import frames
from frames import note, spin

DEPTH = int(sys.argv[2]) if len(sys.argv) > 2 else 900
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
SPARE = 20  # levels that burn() and what it calls may use
reached = 0
limit = DEPTH


def burn():
    spin(note("%d levels" % reached), SECONDS)


def descend(n):
    if n > 1:
        descend(n - 1)
    else:
        burn()
    return n


def through_c(n):
    """Level @n; goes on at the level below, through the C function list.sort."""
    global reached
    reached = n
    if n < limit:
        sorted([n + 1], key=through_c)
    else:
        burn()
    return n


def main():
    global reached, limit
    sys.setrecursionlimit(DEPTH * 4)
    if sys.argv[1] == "python":
        reached = DEPTH
        descend(DEPTH)
    else:
        try:
            through_c(1)
        except RecursionError:
            limit = reached - SPARE
            through_c(1)
    frames.finish()


main()
