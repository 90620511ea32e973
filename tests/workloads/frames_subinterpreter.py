"""frames_subinterpreter.py [SECONDS]: runs code in a second interpreter of the process, on the main
thread, which then has a thread state of each; that code writes down its stack, with those that called
it in the first interpreter, and uses SECONDS of CPU time (0.3)."""
import os
import sys

import frames

try:
    import _interpreters as interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        sys.exit("no subinterpreters in this Python")

SOURCE = """
import sys
sys.path.insert(0, {folder!r})
import frames

class Second:
    def burn(self):
        frames.spin(frames.note("second interpreter", {outer!r}), {seconds})

Second().burn()
frames.finish()
sys.stdout.flush()
"""


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.3
    folder = os.path.dirname(os.path.abspath(__file__))
    second = interpreters.create()
    source = dict(folder=folder, seconds=seconds)
    failure = interpreters.run_string(second, SOURCE.format(outer=frames.stack(), **source))
    if failure:
        raise SystemExit(str(failure))
    interpreters.destroy(second)


main()
