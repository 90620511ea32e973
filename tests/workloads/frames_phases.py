"""frames_phases.py [SECONDS]: goes through every way in which Python functions call each other, and
uses SECONDS of CPU time (0.1) at the end of each, in spin(), below a stack that it writes down."""
import asyncio
import functools
import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import frames
from frames import note, spin

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1


def burn(label):
    spin(note(label), SECONDS)
    return 0


def plain():
    burn("plain")


def over_lines():
    return sum([
        1,
        burn("a call over several lines"),
        2,
    ])


def generator():
    def numbers():
        yield 1
        burn("generator")
        yield 2

    def relay():
        yield from numbers()
    for _ in relay():
        pass


def generator_expression():
    return list(burn(x) for x in ["generator expression"])


def comprehension():
    return [burn(x) for x in ["list comprehension"]], {burn(x): x for x in ["dict comprehension"]}


class Outer:
    class Inner:
        def method(self):
            burn("method of a nested class")

        @classmethod
        def class_method(cls):
            burn("class method")

        @property
        def attribute(self):
            return burn("property")

    def __init__(self):
        burn("__init__")

    def __del__(self):
        burn("__del__")

    def __getattr__(self, name):
        burn("__getattr__")
        raise AttributeError(name)

    def __lt__(self, other):
        return burn("__lt__") == 1


def classes():
    o = Outer()
    o.Inner().method()
    o.Inner.class_method()
    o.Inner().attribute
    getattr(o, "missing", None)
    o < 3
    del o


def class_body():
    class Made:
        burn("class body")
    return Made


def lambdas():
    (lambda: (lambda x: burn("lambda"))(1))()


def decorate(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)
    return wrapper


@decorate
@decorate
def decorated():
    burn("decorators")


def recursion(n=40):
    if n:
        recursion(n - 1)
    else:
        burn("recursion")


def executed():
    source = "\n\ndef made(b):\n    b('exec')\n\nmade(burn)\n"
    exec(compile(source, "<made up>", "exec"), {"burn": burn})
    eval("burn('eval')")


def c_callbacks():
    sorted(["sorted(key=)"], key=burn)
    list(map(burn, ["map"]))
    list(filter(burn, ["filter"]))
    functools.reduce(lambda a, b: burn("functools.reduce"), [1, 2])
    functools.partial(burn, "functools.partial")()
    max(["max(key=)"], key=burn)
    "x".join(str(burn(s)) for s in ["str.join"])


def deep_callbacks(n=10):
    """Python, C, Python, C ... ten times."""
    if n:
        sorted([n - 1], key=deep_callbacks)
        return 0
    return burn("sorted(key=) in itself")


class Context:
    def __enter__(self):
        burn("__enter__")

    def __exit__(self, *what):
        burn("__exit__")


def contexts():
    with Context():
        pass
    try:
        raise ValueError
    except ValueError:
        burn("except")
    finally:
        burn("finally")


async def leaf_coroutine():
    burn("coroutine")


async def async_numbers():
    yield 1
    burn("async generator")
    yield 2


async def tasks():
    await leaf_coroutine()
    async for _ in async_numbers():
        pass

    async def task(n):
        await asyncio.sleep(0)
        burn("task %d" % n)
    await asyncio.gather(task(1), task(2))


def coroutines():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(tasks())
    loop.close()


def in_thread():
    t = threading.Thread(target=burn, args=("thread",))
    t.start()
    t.join()


def through_ctypes():
    try:
        import ctypes
    except ImportError:
        print("no ctypes in this Python", file=sys.stderr)
        return
    libc = ctypes.CDLL(None)
    compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def compare(a, b):
        return burn("ctypes and qsort")
    numbers = (ctypes.c_int * 2)(2, 1)
    libc.qsort(numbers, ctypes.c_size_t(2), ctypes.c_size_t(4), compare_type(compare))


def through_numpy():
    try:
        import numpy
    except ImportError:
        return
    numpy.frompyfunc(lambda x: burn("numpy"), 1, 1)(numpy.arange(1))


def main():
    for phase in (plain, over_lines, generator, generator_expression, comprehension, classes,
                  class_body, lambdas, decorated, recursion, executed, c_callbacks, deep_callbacks,
                  contexts, coroutines, in_thread, through_ctypes, through_numpy):
        phase()
    frames.finish()


main()
