#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Page faults of known number, kind and line; the same estimated where not each is sampled; the memory
# of the processes over time, its peak and the line that grew it.
. "$(dirname "$0")/lib.sh"
need_root

page=$(getconf PAGESIZE)
memory=$WORKLOADS/memory
true_of() { local got; got=$(json "$tmp/json" "$1" 2>/dev/null) && [ "$got" = True ] || { echo "    $1: $got"; return 1; }; }

# recorded OPTION... -- COMMAND...: records it; its output is in $tmp/said, the view in $tmp/json
recorded() {
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	"$HWPROF" record -q -g -o "$tmp/p" "${options[@]}" "$@" >"$tmp/said" &&
		"$HWPROF" report --memory --json -i "$tmp/p" >"$tmp/json"
}
each() { recorded -e page-faults -c 1 -- "$@"; }

# at LINE: of the JSON the figures of line LINE of the workload, LINE as it said: first, second
at() {
	echo "next(r for r in d['lines'] if r['line'] == $(sed -n "s/^$1=//p" "$tmp/said") and r['file'].endswith('memory.c'))"
}
near() { echo "abs(($1) - $2) <= $2 * ${3:-0.02}"; } # WHAT WANTED [SHARE]

check "every write to fresh memory" each "$memory" fresh 5000
check "is a fault of its line" true_of "$(near "$(at first)['faults']" 5000)"
check "on a page that was not there" true_of "$(near "$(at first)['absent']" 5000)"
check "each on its own" true_of "$(near "$(at first)['pages']" 5000)"
check "none is a copy, or comes again" true_of "(lambda r: r['copies'] + r['again'] + r['major'] == 0)($(at first))"
check "the figures are exact" true_of "d['recorded'] and d['each'] and d['lost'] == 0"
check "and add up" true_of "all(sum(r[k] for r in d['lines']) == d[k] for k in ('faults', 'again')) and d['faults'] == d['absent'] + d['copies'] + d['major'] + d['unknown']"
check "functions have the same" true_of "sum(r['faults'] for r in d['functions']) == d['faults'] and $(near "max(r['faults'] for r in d['functions'] if r['function'] == 'fresh')" 5000)"
check "the size of a page is known" true_of "d['page_bytes'] == $page"

check "memory given back and touched again" each "$memory" churn 2000 4
check "its first touch" true_of "(lambda r: $(near "r['faults']" 2000) and r['again'] == 0)($(at first))"
check "and all after it" true_of "(lambda r: $(near "r['again']" 8000) and $(near "r['pages']" 2000))($(at second))"
check "of all pages" true_of "$(near "d['pages']" 2050 0.05)"
"$HWPROF" report --memory -i "$tmp/p" >"$tmp/out"
check "the text has the share" grep -qE '; 7[89]\.[0-9] % of the faults on pages given back' "$tmp/out"
check "and the line" grep -qE ' 8000 .* churn .*memory\.c:[0-9]+$' "$tmp/out"

if [ "$(uname -m)" = x86_64 ]; then
	check "pages shared by a fork" each "$memory" fork 3000
	check "the parent's are fresh" true_of "(lambda r: $(near "r['absent']" 3000) and r['copies'] == 0)($(at first))"
	check "the child copies" true_of "(lambda r: $(near "r['copies']" 3000) and r['absent'] <= 60)($(at second))"
	check "which is not again" true_of "$(at second)['again'] == 0"
	check "pages of zeros" each "$memory" zero 3000
	check "are not there when read" true_of "(lambda r: $(near "r['absent']" 3000) and r['copies'] == 0)($(at first))"
	check "and copied when written" true_of "(lambda r: $(near "r['copies']" 3000) and r['again'] == 0)($(at second))"
	head -c $((3000 * page)) /dev/urandom >"$tmp/file"
	check "pages of a file, mapped privately" each "$memory" private 3000 "$tmp/file"
	check "come many at once when read" true_of "0 < $(at first)['absent'] <= 3000 and $(at first)['copies'] == 0"
	check "and are copied when written" true_of "$(near "$(at second)['copies']" 3000)"
else
	unjudged "copies on write" "only x86-64 tells them"
	head -c $((3000 * page)) /dev/urandom >"$tmp/file"
fi

check "memory that the kernel fills" each "$memory" kernel 2000 "$tmp/file"
check "is charged to the call" true_of "$(near "$(at first)['faults']" 2000)"
check "threads" each "$memory" threads 1500 4
check "all have theirs" true_of "$(near "sum(r['pages'] for r in d['functions'] if r['function'] == 'touch_fresh')" 6000)"

# A file that is not in the cache. Not where it is kept in memory anyway.
sync -f "$tmp/file"
if each "$memory" disk 1000 "$tmp/file" && true_of "d['major'] == 0" >/dev/null; then
	unjudged "pages read from disk" "$(stat -f -c %T "$tmp") does not read $tmp from disk"
else
	check "every page read from disk" true_of "$(near "$(at first)['major']" 1000)"
	check "major faults alone" recorded -e major-faults -c 1 -- "$memory" disk 1000 "$tmp/file"
	check "are the same" true_of "$(near "d['major']" 1000) and d['faults'] == d['major']"
	check "chosen pages leave none out" recorded -e page-faults -- "$memory" disk 1000 "$tmp/file"
	check "of those from disk" true_of "$(near "$(at first)['major']" 1000)"
fi
check "minor faults alone" recorded -e minor-faults -c 1 -- "$memory" fresh 2000
check "are the same, too" true_of "$(near "$(at first)['faults']" 2000) and d['major'] == 0"

# More faults than are sampled.
check "without -c" recorded -e cpu-clock,page-faults -- "$memory" churn 40000 3
check "pages are chosen" true_of "not d['each'] and d['samples'] < d['faults'] * 0.9"
check "the faults are about right" true_of "$(near "d['faults']" 160000 0.1)"
check "and the pages" true_of "$(near "d['pages']" 40000 0.1)"
check "and what comes again" true_of "$(near "$(at second)['again']" 120000 0.1) and $(at first)['again'] <= 400"
"$HWPROF" report --memory -i "$tmp/p" >"$tmp/out"
check_text "the text says so" "$tmp/out" "note: estimated from"
check_text "and how to have each" "$tmp/out" "-c 1 samples each"
check "few faults are all sampled" recorded -e page-faults -- "$memory" fresh 1000
check "without -c, too" true_of "d['each'] and $(near "$(at first)['faults']" 1000)"
check "with -F" recorded -e page-faults -F 1000 -- "$memory" fresh 20000
check "pages are not known" true_of "d['pages'] is None and d['lines'][0]['again'] is None and d['faults'] > 0"

# Memory over time: 200 MB for half a second, then none.
n=$((200000000 / page))
check "memory that is held" recorded -e page-faults -- "$memory" hold $n 500
check "is the peak" true_of "$(near "d['peak']['bytes']" 200000000 0.1)"
check "with its line" true_of "d['peak']['line'] == $(sed -n 's/^first=//p' "$tmp/said") and d['peak']['function'] == 'hold'"
check "while it was held" true_of "0 < d['peak']['time_s'] and d['peak']['before_ms'] < 700"
check "the largest process is known" true_of "$(near "d['largest_process_bytes']" 200000000 0.1)"
if true_of "d['rss'] == []" >/dev/null; then
	unjudged "memory over time" "the scheduler is not watched"
else
	check "it is seen to come and go" true_of "(lambda b: max(b) > 180e6 and b[-1] < 50e6)([r['bytes'] for r in d['rss']])"
fi
check "without page faults" recorded -e cpu-clock -- "$memory" hold $n 300
check "the peak is there" true_of "not d['recorded'] and d['lines'] == [] and $(near "d['peak']['bytes']" 200000000 0.1)"
"$HWPROF" report --memory -i "$tmp/p" >"$tmp/out"
check_text "and how to record them" "$tmp/out" "page faults were not recorded"

# Python: the line of the list, not the C code that touches.
py=$(pythons 3.11 3.12 3.13 | head -1)
if [ -n "$py" ]; then
	cat >"$tmp/lists.py" <<'PY'
def load(n):
    return [bytearray(100 * 4096 * 4) for i in range(n)]

kept = load(20)
for i in range(10):
    again = b'x' * 40_000_000
    del again
PY
	check "a list of bytearrays" each env MALLOC_MMAP_THRESHOLD_=1000000 MALLOC_TRIM_THRESHOLD_=0 "$py" "$tmp/lists.py"
	check "is a line of Python" true_of "$(near "sum(r['pages'] * d['page_bytes'] for r in d['lines'] if r['line'] == 2 and r['file'] == '$tmp/lists.py')" $((20 * 100 * 4096 * 4)))"
	check "a buffer made ten times" true_of "(lambda r: $(near "r['faults'] * d['page_bytes']" 400000000) and $(near "r['again'] * d['page_bytes']" 360000000 0.05))(next(r for r in d['lines'] if r['line'] == 6 and r['file'] == '$tmp/lists.py'))"
	check "of Python" true_of "d['lines'][0]['kind'] == 'python'"
	"$HWPROF" report --memory --native-all --by function -n 1 -i "$tmp/p" >"$tmp/out"
	check "--native-all shows the C function" grep -qE '(memset|memcpy|memmove)' "$tmp/out"
else
	unjudged "lines of Python" "no CPython 3.11, 3.12 or 3.13"
fi

# wrong options
for wrong in "--tree" "--sort self" "--event page-faults" "--clock cpu" "--by module" "--json -n 3"; do
	# shellcheck disable=SC2086
	check_status "--memory $wrong is refused" 125 "$HWPROF" report --memory -i "$tmp/p" $wrong
done
check_status "a full disk" 1 sh -c '"$0" report --memory -i "$1" >/dev/full' "$HWPROF" "$tmp/p"
check_text "it is said" "$tmp/err" "cannot be written"
finish
