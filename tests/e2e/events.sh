#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Several events in one recording: groups, what was counted, precision, the view of the source; where
# there is a PMU also instructions per cycle, turns on the counters, groups that are too large.
. "$(dirname "$0")/lib.sh"
need_root
py=$(pythons 3.11 3.12 3.13 | head -1)
[ -n "$py" ] || skip "no CPython 3.11, 3.12 or 3.13 here"

true_of() { [ "$(json "$1" "$2")" = True ] || { json "$1" "d['events']"; return 1; }; }
cat >"$tmp/prog.py" <<'PY'
def adds(n):
    x = 0
    for i in range(n):
        x += i
    return x


def grows(n):
    return [bytearray(4096) for i in range(n)]


for _ in range(16):
    adds(200000)
    grows(1000)
PY
touch -d '1 hour ago' "$tmp/prog.py"

# Software events, in a group and alone; the kernel counts them, which :p does not change.
p=$tmp/profile
check_status "a group and an event alone" 0 "$HWPROF" record -g -e '{cpu-clock:p,page-faults},cs' \
	-o "$p" "$py" "$tmp/prog.py"
check_text "no precision is feigned" "$tmp/err" "cpu-clock:p is counted by the kernel"
check_status "JSON" 0 "$HWPROF" report --json -i "$p"
cp "$tmp/out" "$tmp/json"
check "the events, in groups" true_of "$tmp/json" \
	"([(e['name'], e['group'], e['precise']) for e in d['events']][:3] ==
	[('cpu-clock:p', 1, 0), ('page-faults', 1, 0), ('cs', 0, 0)])"
check "the samples stand for what was counted" true_of "$tmp/json" \
	"0.7 < d['period'] / d['events'][0]['counted'] < 1.1"
check "all of the time" true_of "$tmp/json" "all(99 < e['running_pct'] < 101 for e in d['events'][:3])"
check "no ratio without cycles and instructions" true_of "$tmp/json" \
	"not any('ipc' in f or 'misses_per_1000' in f for f in d['functions'] + d['lines'])"

check_status "the source" 0 "$HWPROF" report -i "$p" --annotate prog.py
check_text "a column for the other event" "$tmp/out" "page-faults %"
check_text "the text of a line" "$tmp/out" "        x += i"
check "no warning of changes" [ "$(grep -c warning "$tmp/out")" = 0 ]
check_status "the source of a function" 0 "$HWPROF" report -i "$p" --annotate "$tmp/prog.py:adds"
check "no other line" [ "$(grep -c bytearray "$tmp/out")" = 0 ]
touch -d '+1 hour' "$tmp/prog.py"
check_status "the source that was changed" 0 "$HWPROF" report -i "$p" --annotate prog.py --json
check "JSON says so" true_of "$tmp/out" "d['changed'] and d['source'] and d['last_line'] == 14"
check "adds() is where the time goes, grows() where the faults are" true_of "$tmp/out" \
	"(lambda l: l[4]['events']['cpu-clock:p']['self'] > 10 and
	l[9]['events']['page-faults']['total_period'] > 1000)({x['line']: x for x in d['lines']})"
check "a line has its text" true_of "$tmp/out" \
	"{x['line']: x['text'] for x in d['lines']}[4] == '        x += i'"
check_status "a file without samples" 1 "$HWPROF" report -i "$p" --annotate nowhere.py
check_text "says which have some" "$tmp/err" "prog.py"
check_status "--annotate with --tree" 125 "$HWPROF" report -i "$p" --annotate prog.py --tree

# The hardware's own.
if ! "$HWPROF" list cycles | grep -qE '^cycles +yes'; then
	unjudged "IPC by line, turns on counters, groups too large" "no hardware PMU"
	finish
	exit
fi
check_status "a group of hardware events" 0 "$HWPROF" record -q -g -e '{cycles:u,instructions:u}' \
	-c 1000000 -o "$p" "$py" "$tmp/prog.py"
check_status "JSON" 0 "$HWPROF" report --json -i "$p"
cp "$tmp/out" "$tmp/json"
check "both were sampled all of the time" true_of "$tmp/json" \
	"all(e['samples'] > 100 and e['running_pct'] > 99 for e in d['events'][:2])"
check "the line of adds() has instructions per cycle" true_of "$tmp/json" \
	"[0.1 < l['ipc'] < 10 for l in d['lines'] if l['file'].endswith('prog.py') and l['line'] == 4] == [True]"
check_status "by line" 0 "$HWPROF" report -i "$p" --by line
check_text "the column" "$tmp/out" "IPC"
check_text "skid is said" "$tmp/out" "skid"
many=$(printf 'instructions:u,%.0s' {1..24})
check_status "a group for which no CPU has counters" 0 "$HWPROF" stat -j -o "$tmp/json" \
	-e "{${many%,}}" "$py" -c 'pass'
check "some count, the others are refused with the reason" true_of "$tmp/json" \
	"'its group' in str([c.get('reason') for c in d['counters']])"
check_status "as many alone" 0 "$HWPROF" stat -j -o "$tmp/json" -e "${many%,}" "$py" "$tmp/prog.py"
check "take turns" true_of "$tmp/json" "min(c['running_pct'] for c in d['counters']) < 99"
finish
