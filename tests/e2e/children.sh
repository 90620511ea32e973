#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 200 short-lived Python processes, one after the other: each is there, from its first instruction,
# with names.
. "$(dirname "$0")/lib.sh"
need_root
export PYTHONDONTWRITEBYTECODE=1
command -v zstd >/dev/null || skip "zstd is not installed"
children=200

# has_symbols PYTHON: it, or the library that the interpreter is in
has_symbols() {
	local library
	library=$(ldd "$1" | sed -n 's/.*=> \(.*libpython[^ ]*\) .*/\1/p')
	[ -n "$(nm "${library:-$1}" 2>/dev/null | head -1)" ]
}

# children_of PYTHON RULE: 200 of them; RULE as check_children.py takes it
children_of() {
	echo "$1"
	check_status "recording children of $1" 0 $HWPROF record -q -g -F 997 -o "$tmp/p" sh -c '
		for i in $(seq '$children'); do
			"$0" -S -E -I "$1"
		done' "$1" "$SOURCE/tests/workloads/children_child.py"
	sort -u "$tmp/out" >"$tmp/pids"
	check "$children children of $1 ran" [ "$(wc -l <"$tmp/pids")" = $children ]
	check "all children of $1 with names" python3 "$SOURCE/tests/e2e/check_children.py" "$2" \
		"$tmp/pids" "$tmp/p"
	$HWPROF report --json -i "$tmp/p" >"$tmp/report"
	check "no sample of $1 lost" [ "$(json "$tmp/report" "d['lost']")" = 0 ]
}

# of a file without symbols the leaf may have no name, while it starts: its callers must have then
whole="" bare=""
for py in $(pythons 3.11 3.12 3.13); do
	if has_symbols "$py"; then whole=${whole:-$py}; else bare=${bare:-$py}; fi
done
[ -n "$whole$bare" ] || skip "no CPython 3.11, 3.12 or 3.13 here"
[ -z "$whole" ] || children_of "$whole" leaf
[ -z "$bare" ] || children_of "$bare" any
finish
