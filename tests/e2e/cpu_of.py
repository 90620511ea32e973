#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cpu_of.py COMMAND...: runs it and prints the seconds of CPU time that it and its children used."""
import resource
import subprocess
import sys

status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime:.2f}")
sys.exit(status)
