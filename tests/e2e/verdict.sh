#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The verdict on every program whose bound is known by construction, see verdict.py; with FEW=1 on
# every fourth. RUNS=3: each three times.
. "$(dirname "$0")/lib.sh"
need_root
PYTHON=$(pythons 3.11 3.12 3.13 | head -1)
[ -n "$PYTHON" ] || skip "no CPython 3.11, 3.12 or 3.13 here"
export PYTHON HWPROF WORKLOADS
mapfile -t cases < <(python3 "$SOURCE/tests/e2e/verdict.py" --list | few)
python3 "$SOURCE/tests/e2e/verdict.py" --runs "${RUNS:-1}" "${cases[@]}"
