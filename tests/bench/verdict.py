# SPDX-License-Identifier: Apache-2.0
"""The verdict on each program of tests/workloads/bound_cases.py, three runs each, and that of stat
where it needs no samples: tests/e2e/verdict.py."""
import os
import subprocess
import sys

import kit


def main(_rounds):
    kit.need_root()
    print(flush=True)
    env = dict(os.environ, WORKLOADS=os.path.dirname(kit.program("bound_wait")))
    done = subprocess.run([sys.executable, os.path.join(kit.SOURCE, "tests", "e2e", "verdict.py"),
                           "--runs", "3", "--stat"], env=env)
    kit.need(done.returncode in (0, 1), "others use the machine")
