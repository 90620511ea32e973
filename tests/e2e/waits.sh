#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The wall budget by the scheduler's account, and blocked stacks, of scenes with known answers.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pythons.sh"
need_root
export HWPROF SOURCE
py=$(pythons 3.11 3.12 3.13 | head -1)
[ -n "$py" ] || skip "no CPython 3.11, 3.12 or 3.13 here"
$HWPROF stat -j true 2>"$tmp/json"
[ "$(json "$tmp/json" "d['wall'] is None")" = False ] ||
	skip "the scheduler cannot be watched here: see hwprof doctor"

waits() { python3 "$SOURCE/tests/e2e/waits.py" "$@"; }

mkdir "$tmp/work"
check "scenes" waits scenes "$py" "$tmp/work"
check "blocked stacks" waits stacks "$py" "$tmp/work"
while read -r python; do
	program=$(python_sees "$python" "$SOURCE/tests/workloads/waits.py")
	# shellcheck disable=SC2086 # a command of several words
	check "the GIL of $python" waits gil $python -- "$program" </dev/null
done < <(every_python)
finish
