#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hwprof list: the table, the patterns, the JSON, and that what it offers can be counted.
. "$(dirname "$0")/lib.sh"

check_status "a pattern finds events" 0 "$HWPROF" list page-faults
check_text "the table has its columns" "$tmp/out" "COUNTS HERE"
check_text "an event has its description" "$tmp/out" "page faults, minor and major; also faults"
check_text "the footer has the totals" "$tmp/out" "count here"
check "no colour goes into a pipe" bash -c "! grep -q $'\033' '$tmp/out'"

check_status "case does not matter" 0 "$HWPROF" list PAGE-FAULTS
check_status "a wildcard matches the whole name" 0 "$HWPROF" list 'LLC-load*'
check "only LLC-loads and LLC-load-misses match LLC-load*" \
	[ "$(grep -c '^LLC-load' "$tmp/out")/$(grep -cE '^[A-Za-z0-9-]+  +(yes|no|needs)' "$tmp/out")" = 2/2 ]

check_status "a pattern that matches nothing is an error" 1 "$HWPROF" list nonesuch
check_text "it is named" "$tmp/err" "no event matches 'nonesuch'"
check "nothing is printed then" [ ! -s "$tmp/out" ]
check_status "a second pattern is refused" 125 "$HWPROF" list one two
check_status "an unknown option is refused" 125 "$HWPROF" list --nonesuch
check_status "--help works" 0 "$HWPROF" list --help

check_status "JSON is printed" 0 "$HWPROF" list --json
check "JSON has no other keys" [ "$(json "$tmp/out" \
	"sorted({k for e in d for k in e}) == ['counts', 'description', 'group', 'name']")" = True ]
check "JSON has only the three words" [ "$(json "$tmp/out" \
	"{e['counts'] for e in d} <= {'yes', 'no', 'not-permitted'}")" = True ]
check "names come once" [ "$(json "$tmp/out" \
	"len({e['name'] for e in d}) == len(d) > 40")" = True ]
check_status "JSON is an empty array when nothing matches" 1 "$HWPROF" list --json nonesuch
check "the array is empty" [ "$(cat "$tmp/out")" = "[]" ]

if [ "$(id -u)" = 0 ]; then
	check_status "root sees tracepoints" 0 "$HWPROF" list 'sched:sched_switch'
	check_text "they count" "$tmp/out" "yes"
	if unshare -m true 2>/dev/null; then
		check_status "tracepoints need no mounted tracefs" 0 unshare -m bash -c \
			'umount -l /sys/kernel/tracing /sys/kernel/debug 2>/dev/null; "$0" list sched:sched_switch' \
			"$HWPROF"
	fi
	cp "$HWPROF" "$tmp/hwprof" && chmod 755 "$tmp" "$tmp/hwprof"
	if setpriv --reuid=65534 --clear-groups "$tmp/hwprof" --version >/dev/null 2>&1; then
		check_status "a user without rights gets the list too" 0 \
			setpriv --reuid=65534 --clear-groups "$tmp/hwprof" list
		check_text "and is told of what is hidden" "$tmp/out" "only root may read tracefs"
		if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 2 ]; then
			check_text "and of the remedy" "$tmp/out" "kernel.perf_event_paranoid=1"
		fi
	fi
fi

# 0.03 s where it was written; sanitizers take their share
used=$("$SOURCE/tests/e2e/cpu_of.py" "$HWPROF" list | tail -1)
check "the list is quick ($used s of CPU time)" awk "BEGIN { exit !($used < 2) }"
check_status "the metrics of this core are listed" 0 "$HWPROF" list metrics
check_text "with their formulas" "$tmp/out" "= instructions / cycles"
check_text "and the cores that have tables" "$tmp/out" "neoverse-n1"
check_status "in JSON too" 0 "$HWPROF" list metrics --json
check "the JSON names core and source" [ "$(json "$tmp/out" \
	"d['known'] == (d['core'] != 'generic') and len(d['source']) > 20 and 'memory' in d['sets']")" = True ]

finish
