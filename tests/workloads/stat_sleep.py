# SPDX-License-Identifier: Apache-2.0
"""Idle: sleeps for argv[1] seconds, 0.7 if not given."""
import sys
import time

time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 0.7)
