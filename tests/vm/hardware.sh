#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Hardware events against a known number of instructions: counted, sampled, attributed. Wherever there
# is a PMU; the guests of arm64 (vmtest -i) have one, those of amd64 have none.
. "$(dirname "$0")/../e2e/lib.sh"
need_root
exact=${WORKLOADS:?}/exact period=100000

# Emulated interrupts take so long that the kernel would throttle them, or has begun to.
if [ -n "${VMTEST-}" ]; then
	echo 100000 >/proc/sys/kernel/perf_event_max_sample_rate
	echo 0 >/proc/sys/kernel/perf_cpu_time_max_percent
fi

is() { [ "$1" = "$2" ] || { echo "    '$1', not '$2'"; return 1; }; }
# within WHAT VALUE WANTED PERCENT
within() {
	printf '    %s: %s, wanted %s +- %s %%\n' "$@"
	awk -v a="$2" -v b="$3" -v p="$4" 'BEGIN { exit !(a != "" && (a - b) ^ 2 <= (b * p / 100) ^ 2) }'
}
# count EVENT: of the last stat, an empty line if it did not count
count() { json "$tmp/json" "next((c['value'] for c in d['counters'] if c['event'] == '$1' and c['status'] == 'ok'), '')"; }

"$HWPROF" stat -j -e instructions:u,cycles:u -o "$tmp/json" "$exact" 0 # what its start takes
start=$(count instructions:u) cycles=$(count cycles:u)
[ -n "$cycles" ] || skip "no hardware PMU: cycles:u does not count here"

# counted
"$HWPROF" stat -j -e instructions:u,cycles:u -o "$tmp/json" "$exact" 150 50
if [ "${start:-0}" -gt 0 ]; then
	check "200,000,000 instructions are counted" \
		within instructions $(($(count instructions:u) - start)) 200000000 0.2
else
	unjudged "instructions:u" "does not count"
fi
cycles=$(count cycles:u)
check "cycles, too" [ "$cycles" -gt 10000000 ]

# sampled by period: every sample is there, each stands for its period, in the right function
check_status "cycles are sampled" 0 "$HWPROF" record -q -e cycles:u -c $period -o "$tmp/p" "$exact" 150 50
"$HWPROF" report --json -i "$tmp/p" >"$tmp/report"
self() { json "$tmp/report" "sum(f['self'] for f in d['functions'] if f['name'] == '$1')"; }
samples=$(json "$tmp/report" "d['samples']")
check "none is lost" is "$(json "$tmp/report" "d['lost'], d['event'], d['period']")" \
	"(0, 'cycles:u', $((samples * period)))"
check "samples stand for all cycles" within cycles $((samples * period)) "$cycles" 0.5
first=$(self first) second=$(self second)
check "first() has three quarters" within "percent in first()" \
	"$(awk "BEGIN { print 100 * $first / ($first + $second) }")" 75 0.6

# two events in one recording
check_status "two hardware events" 0 "$HWPROF" record -q -e cycles:u,instructions:u -c $period \
	-o "$tmp/p" "$exact" 150 50
"$HWPROF" report --json --event instructions:u -i "$tmp/p" >"$tmp/report"
[ "${start:-0}" = 0 ] || check "instructions are sampled, too" within samples \
	"$(json "$tmp/report" "d['samples']")" $(((200000000 + start) / period)) 0.5

# Python: cycles of each line, whole stacks
py=$(pythons 3.11 3.12 3.13 | head -1)
if [ -n "$py" ]; then
	shares=$SOURCE/tests/workloads/shares.py
	line=$(grep -n 'for i in range(50)' "$shares" | cut -d: -f1)
	check_status "Python by cycles" 0 "$HWPROF" record -q -g -e cycles -c 500000 -o "$tmp/p" "$py" "$shares" 2
	cp "$tmp/out" "$tmp/truth"
	"$HWPROF" report --json -i "$tmp/p" >"$tmp/report"
	check "its shares" python3 "$SOURCE/tests/e2e/check_shares.py" "$tmp/truth" "$tmp/report" 2
	check "its lines have the cycles" is "$(json "$tmp/report" \
		"all(l['line'] in ($line - 1, $line, $line + 1) for l in d['lines'][:2]) and d['lines'][0]['self_period'] > d['period'] / 5")" True
	check "none is lost" is "$(json "$tmp/report" "d['lost']")" 0
else
	unjudged "Python" "no CPython 3.11 or newer"
fi
finish
