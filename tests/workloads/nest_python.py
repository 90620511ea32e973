"""nest_python.py LIBRARY [SECONDS]: Python and C call each other in turn, through ctypes and
nest_lib.c, in two known orders, and the C function nest_burn uses the time of both:
<module>, by_call, nest_call, nest_inner, first_callback, nest_sort, nest_compare, second_callback, nest_burn;
<module>, by_sort, nest_sort, nest_compare, third_callback, nest_burn."""
import sys
import time
try:
    import ctypes
except ImportError:
    sys.exit("no ctypes in this Python")

lib = ctypes.CDLL(sys.argv[1])
CALLBACK = ctypes.CFUNCTYPE(None)
lib.nest_burn.argtypes = [ctypes.c_uint64]
end = 0.0


def second_callback():
    while time.process_time() < end:
        lib.nest_burn(500)


def first_callback():
    lib.nest_sort(CALLBACK(second_callback))


def by_call():
    lib.nest_call(CALLBACK(first_callback))


def third_callback():
    while time.process_time() < end:
        lib.nest_burn(500)


def by_sort():
    lib.nest_sort(CALLBACK(third_callback))


seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
end = time.process_time() + seconds / 2
by_call()
end = time.process_time() + seconds / 2
by_sort()
