#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every instruction of the standard library of every CPython: our reader, from outside, against what
# the interpreter says itself.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pythons.sh"

while IFS= read -r py; do
	script=$(python_sees "$py" "$SOURCE/tests/e2e/python_lines.py")
	# shellcheck disable=SC2086 # a command with its arguments
	check "lines of $py" "$TOOLS/tool_lines" $py -S -W ignore "$script"
done <<<"${ONLY-$(every_python)}"
[ $passed -gt 0 ] || skip "no CPython 3.6 to 3.15 here"
finish
