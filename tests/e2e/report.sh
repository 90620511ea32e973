#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# report on recordings whose answer is known: lists, tree, JSON, events; damaged and foreign files;
# pager, colour and width.
. "$(dirname "$0")/lib.sh"
need_root
py=$(pythons 3.11 3.12 3.13 | head -1)
[ -n "$py" ] || skip "no CPython 3.11, 3.12 or 3.13 here"

is() { [ "$1" = "$2" ] || { echo "    '$1', not '$2'"; return 1; }; }
true_of() { is "$(json "$1" "$2")" True; } # FILE EXPRESSION
lacks() { ! grep -qF -- "$2" "$1"; }	   # FILE TEXT
rows() { grep -cE '^ +[0-9]+\.[0-9] ' "$1"; }
report() { "$HWPROF" report -i "$p" "$@"; }

# Four threads that split their time 50/30/15/5; the program is gone when it is reported.
p=$tmp/profile
seconds=1.2 rate=997 mode=threads threads=5
full || seconds=$slow rate=499 mode=plain threads=1 # little beside what it does itself
cp "$SOURCE/tests/workloads/shares.py" "$tmp/gone.py"
check_status "a recording of two events" 0 "$HWPROF" record -q -g -e cpu-clock,page-faults -F $rate \
	-o "$p" "$py" "$tmp/gone.py" $seconds $mode
pid=$(json "$tmp/out" "d['pid']")
cp "$tmp/out" "$tmp/truth" # what the program says of itself
first_line=$(grep -n 'def burn' "$tmp/gone.py" | cut -d: -f1)
loop_line=$(grep -n 'for i in range(50)' "$tmp/gone.py" | cut -d: -f1)
# in work_a(): line and column of its first byte, then of the byte behind it, columns from 1
call=$("$py" -c 'import ast, sys
f, = [n for n in ast.parse(open(sys.argv[1]).read()).body if getattr(n, "name", "") == "work_a"]
c = f.body[0].value
print(c.lineno, c.col_offset + 1, c.end_lineno, c.end_col_offset + 1, sep=", ")' "$tmp/gone.py")
rm "$tmp/gone.py"

# --json: the promised keys, and that they agree with each other
check_status "JSON" 0 "$HWPROF" report --json -i "$p"
cp "$tmp/out" "$tmp/json"
check "nothing goes to stderr" [ ! -s "$tmp/err" ]
check "one line" is "$(wc -l <"$tmp/json")" 1
check "the promised keys" is "$(json "$tmp/json" "sorted({'version', 'event', 'samples', 'lost',
	'truncated', 'functions', 'lines'} - set(d))")" "[]"
check "the promised keys of functions" true_of "$tmp/json" "all({'name', 'file', 'line', 'module',
	'kind', 'self', 'total'} <= set(f) for f in d['functions'])"
check "the promised keys of lines" true_of "$tmp/json" \
	"all({'file', 'line', 'self', 'total'} <= set(l) for l in d['lines'])"
check "the first event, and its unit" true_of "$tmp/json" \
	"(d['version'], d['event'], d['unit']) == (1, 'cpu-clock', 'ns')"
check "it is whole" true_of "$tmp/json" \
	"d['complete'] and d['lost'] == 0 and d['cut_bytes'] == 0 and d['truncated'] <= d['samples']"
check "there are as many samples as the time on CPUs wants" true_of "$tmp/json" \
	"0.8 * $seconds * $rate < d['samples'] < 1.5 * $rate * (d['user_s'] + d['sys_s'])"
check "every sample has one leaf" true_of "$tmp/json" \
	"sum(f['self'] for f in d['functions']) == d['samples']"
check "self is at most total, total at most all" true_of "$tmp/json" \
	"all(f['self'] <= f['total'] <= d['samples'] for f in d['functions'] + d['lines'])"
check "so are the periods" true_of "$tmp/json" \
	"sum(f['self_period'] for f in d['functions']) == d['period'] > 0"
check "kinds have their four words" true_of "$tmp/json" \
	"{'python', 'kernel'} <= {f['kind'] for f in d['functions']} <= {'python', 'native', 'kernel', 'marker'}"
check "functions come by self, then by total" true_of "$tmp/json" \
	"d['functions'] == sorted(d['functions'], key=lambda f: (-f['self'], -f['total'], d['functions'].index(f)))"
check "lines, too" true_of "$tmp/json" \
	"[l['self'] for l in d['lines']] == sorted((l['self'] for l in d['lines']), reverse=True)"
check "burn() is first, with its file and line" true_of "$tmp/json" \
	"(lambda f: (f['name'], f['kind'], f['file'], f['line']))(d['functions'][0]) == ('burn', 'python', '$tmp/gone.py', $first_line)"
check "its loop has the hottest lines" true_of "$tmp/json" \
	"all(l['line'] in ($loop_line, $loop_line + 1) for l in d['lines'][:2])"
check "the call of burn() has the columns that the compiler gave it" true_of "$tmp/json" \
	"[p['total'] for p in d['positions'] if (p['line'], p['column'], p['end_line'], p['end_column']) == ($call)] == [f['total'] for f in d['functions'] if f['name'] == 'work_a']"
check "the callers come in the order of their shares" true_of "$tmp/json" \
	"(lambda t: t['work_a'] > t['work_b'] > t['work_c'] > t['work_d'] > 0)({f['name']: f['total'] for f in d['functions']})"
check "native functions have module and build-id" true_of "$tmp/json" \
	"any(f['kind'] == 'native' and f['module'].startswith('/') and len(f['build_id']) == 40 for f in d['functions'])"
check "the command is there" true_of "$tmp/json" "d['command'][-2:] == ['$seconds', '$mode']"
check "and its times: what it had when it printed them, and its end" true_of "$tmp/json" \
	"(lambda t: all(0 <= d[k] - t[k] + 1e-4 < 0.5 * t['user_s'] + 0.2 * $slow
		for k in ('user_s', 'sys_s')) and d['wall_s'] >= t['wall_s'])(json.load(open('$tmp/truth')))"

# --by
for by in function:functions line:lines module:modules thread:threads process:processes; do
	full || [ $by != line:lines ] || continue
	check_status "--by ${by%:*}" 0 "$HWPROF" report --json --by "${by%:*}" -i "$p"
	check "has ${by#*:}" true_of "$tmp/out" "len(d['${by#*:}']) > 0"
	check "and always functions and lines" true_of "$tmp/out" "len(d['functions']) * len(d['lines']) > 0"
	cp "$tmp/out" "$tmp/by_${by%:*}"
	check_status "--by ${by%:*} as text" 0 "$HWPROF" report --by "${by%:*}" -i "$p"
	check "under its heading" grep -qE "^ *(SELF|SHARE) %.* ${by%:*}( |$)" -i "$tmp/out"
done
check "threads have their samples" true_of "$tmp/by_thread" \
	"sum(t['self'] for t in d['threads']) == d['samples'] and len({t['tid'] for t in d['threads']}) >= $threads"
check "threads carry their process" true_of "$tmp/by_thread" "{t['pid'] for t in d['threads']} == {$pid}"
check "the process has all samples" true_of "$tmp/by_process" \
	"{t['pid'] for t in d['processes']} == {$pid} and sum(t['self'] for t in d['processes']) == d['samples']"
check "a Python file is a module, with what its functions have" true_of "$tmp/by_module" \
	"[m['self'] for m in d['modules'] if m['name'] == '$tmp/gone.py'] == [sum(f['self'] for f in d['functions'] if f['file'] == '$tmp/gone.py')] != [0]"
full && check "which is more than half of what is not the kernel's" true_of "$tmp/by_module" \
	"any(m['name'] == '$tmp/gone.py' and 2 * m['self'] > sum(o['self'] for o in d['modules'] if o['kind'] != 'kernel') for m in d['modules'])"
check "the kernel is one" true_of "$tmp/by_module" "any(m['kind'] == 'kernel' for m in d['modules'])"

# --event
check_status "the second event" 0 "$HWPROF" report --json --event page-faults -i "$p"
check "has its own samples and unit" true_of "$tmp/out" \
	"d['event'] == 'page-faults' and d['unit'] == '' and d['samples'] > 0 and d['functions'] != json.load(open('$tmp/json'))['functions']"
check_status "an event that was not recorded" 1 "$HWPROF" report --event cycles -i "$p"
check_text "those that were are named" "$tmp/err" "cpu-clock, page-faults"
report >"$tmp/out"
check_text "the text names the others" "$tmp/out" "also recorded: page-faults"

# -n
report -n 3 >"$tmp/out"
check "-n 3 prints 3 rows" is "$(rows "$tmp/out")" 3
check_text "and says what it left out" "$tmp/out" "more functions with"
report -n 0 >"$tmp/out"
check "-n 0 prints all" is "$(rows "$tmp/out")" "$(json "$tmp/json" "len(d['functions'])")"
check "and leaves out none" lacks "$tmp/out" "more functions with"
check_text "the head has the command" "$tmp/out" "gone.py $seconds $mode  (exit status 0)"

# --tree
report --tree >"$tmp/out"
check "callers are above what they called" is "$(sed '1,/CALL TREE/d' "$tmp/out" |
	grep -oE ' (split|work_a|burn) ' | awk '!seen[$0]++' | paste -sd '')" " split  work_a  burn "
tree_share() { awk -v name="$1" '{ for (i = 4; i <= NF; i++) if ($i == name) { print int($1 + 0.5); exit } }' "$tmp/out"; }
apart=$((2 * $(tree_share work_a) - $(tree_share split)))
check "work_a has half of split(), not $((apart / 2)) points more" [ ${apart#-} -le 16 ]
all=$(report --tree -n 0 | wc -l)
check "-n 0 shows the small calls" [ "$all" -gt "$(wc -l <"$tmp/out")" ]
report --tree -n 5 >"$tmp/out"
check "-n 5 prints 5 lines" is "$(rows "$tmp/out")" 5
check_text "and says so" "$tmp/out" "more lines (-n 0 shows all)"

# --native-all
report --json --native-all >"$tmp/out"
native="sum(f['self'] for f in d['functions'] if f['kind'] == 'native')"
python="sum(f['self'] for f in d['functions'] if f['kind'] == 'python')"
folded=$(json "$tmp/json" "$native") unfolded=$(json "$tmp/out" "$native")
check "--native-all shows the interpreter, which is folded into Python without" true_of "$tmp/json" \
	"0.8 * $python < $unfolded - $folded <= $python > 0"
full && check "and is more than half of the time outside the kernel" true_of "$tmp/json" \
	"(lambda user: $folded < user / 2 < $unfolded)(sum(f['self'] for f in d['functions'] if f['kind'] != 'kernel'))"
check "the samples stay the same" true_of "$tmp/out" "d['samples'] == json.load(open('$tmp/json'))['samples']"

# --clock: waits of known causes and lengths
check_status "a recording without blocked time" 0 "$HWPROF" record -q -g --no-off-cpu -o "$tmp/cpu" true
check_status "no clock can show it" 1 "$HWPROF" report --clock blocked -i "$tmp/cpu"
check_text "says how to record it" "$tmp/err" "--off-cpu"
check_status "--clock with --event" 125 "$HWPROF" report --clock wall --event cpu-clock -i "$p"
check_status "--idle without a clock" 125 "$HWPROF" report --idle -i "$p"
check_status "--clock cpu" 0 "$HWPROF" report --json --clock cpu -i "$p"
check "is what comes without" cmp -s "$tmp/out" "$tmp/json"
check_status "a clock that there is not" 125 "$HWPROF" report --clock sun -i "$p"
if ! full && ! "$HWPROF" record -q -g --off-cpu -e cpu-clock -o "$tmp/cpu" true 2>"$tmp/err"; then
	unjudged "the clocks" "$(cat "$tmp/err")"
	end_of_brief
fi
p=$tmp/clocks workers=20 idle=20 held=0.8
full || { workers=6 idle=3 held=0.5; } # the start of a thread is a good part of its life there
check_status "a recording of waits" 0 "$HWPROF" record -q -g --off-cpu -e cpu-clock -o "$p" \
	"$py" "$SOURCE/tests/workloads/clocks.py" $workers
cp "$tmp/out" "$tmp/took"
check_status "the blocked clock" 0 "$HWPROF" report --json --clock blocked -i "$p"
cp "$tmp/out" "$tmp/blocked"
of() { echo "[f for f in d['functions'] if f['name'] == '$1'][0]['total_blocked_s'].get('$2', 0)"; }
check "has its name and no CPU time" true_of "$tmp/blocked" \
	"(d['clock'], d['unit'], d['cpu_s']) == ('blocked', 'ns', 0)"
# took FUNCTION SHARE CAUSE...: it was blocked for what it took by its own clocks, give or take a twentieth
# and 30 ms; SHARE of that, or more, for the causes or for want of a CPU, which others may have had
took() {
	local f=$1 share=$2 sum=0 cause
	shift 2
	for cause in "$@" starved; do sum+=" + $(of "$f" "$cause")"; done
	true_of "$tmp/blocked" "(lambda took, blocked: abs(blocked - took) < 0.05 * took + 0.03 * $slow and
		$(of "$f" "$1") > 0 and $sum > $share * took)(json.load(open('$tmp/took'))['$f'],
		sum([f for f in d['functions'] if f['name'] == '$f'][0]['total_blocked_s'].values()))" ||
		{ json "$tmp/blocked" "json.load(open('$tmp/took')), [f for f in d['functions'] if f['name'] == '$f'][0]['total_blocked_s']"; return 1; }
}
check "fetch() waited for the network" took fetch 0.9 network
check "snooze() slept" took snooze 0.9 sleep
check "burn() waited for the GIL" took burn 0.8 gil
check "the causes add up to all" true_of "$tmp/blocked" \
	"abs(sum(d['blocked_s'].values()) - d['period'] / 1e9) < 1e-6"
check "so do the functions" true_of "$tmp/blocked" \
	"abs(sum(sum(f['self_blocked_s'].values()) for f in d['functions']) - sum(d['blocked_s'].values())) < 1e-3"
check "no wait ends in the kernel" true_of "$tmp/blocked" \
	"sum(f['self_period'] for f in d['functions'] if f['kind'] == 'kernel') < d['period'] / 20"
check "the workers are idle, in get()" true_of "$tmp/blocked" \
	"[$idle <= g['threads'] <= $workers for g in d['idle'] if 'idle' in [f['name'] for f in g['stack']]] == [True]"
check "and in no row" true_of "$tmp/blocked" "'idle' not in [f['name'] for f in d['functions'] if f['self_period'] > 1e9]"
check "four threads and more waited for the GIL" true_of "$tmp/blocked" \
	"d['gil']['threads'] >= 4 and d['gil']['waited_s'] > 0.5"
check "which burn() held" true_of "$tmp/blocked" \
	"sum(l['cpu_s'] for l in d['gil']['lines'] if l['name'] == 'burn') > $held * d['gil']['ran_s'] > 0.1"
check_status "the event off-cpu" 0 "$HWPROF" report --json --event off-cpu -i "$p"
check "is the same" cmp -s "$tmp/out" "$tmp/blocked"
check_status "--idle" 0 "$HWPROF" report --json --clock blocked --idle -i "$p"
check "puts the workers back" true_of "$tmp/out" \
	"d['idle'] == [] and sum(d['blocked_s'].values()) > 2 * $workers and $(of idle lock) > 1.5 * $workers"
check_status "the wall clock" 0 "$HWPROF" report --json --clock wall -i "$p"
check "has the CPU time of the run" true_of "$tmp/out" "0.75 < d['cpu_s'] / (d['user_s'] + d['sys_s']) < 1.25"
check "and the blocked time" true_of "$tmp/out" \
	"d['blocked_s'] == json.load(open('$tmp/blocked'))['blocked_s']"
check "in burn() both" true_of "$tmp/out" \
	"$(of burn gil) > 0.5 and [f for f in d['functions'] if f['name'] == 'burn'][0]['total_cpu_s'] > 0.2"
report --clock wall >"$tmp/out"
check_text "the list has both columns" "$tmp/out" "ON CPU   BLOCKED  CAUSE"
check_text "the idle threads" "$tmp/out" " threads, which waited"
check_text "and the GIL" "$tmp/out" "GIL: "
report --clock wall --tree >"$tmp/out"
check_text "the tree has causes" "$tmp/out" "[waits: network]"
report --clock blocked --native-all --tree -n 0 >"$tmp/out"
check "with --native-all the kernel's functions" grep -qE 'schedule|futex' "$tmp/out"
report >"$tmp/out"
check_text "without --clock it is named" "$tmp/out" "--clock wall"
end_of_brief
p=$tmp/profile

# --sort
check_status "--sort self" 0 "$HWPROF" report --json --sort self -i "$p"
check "is the default" cmp -s "$tmp/out" "$tmp/json"
check_status "--sort total" 0 "$HWPROF" report --json --sort total -i "$p"
check "sorts by total" true_of "$tmp/out" \
	"[f['total'] for f in d['functions']] == sorted((f['total'] for f in d['functions']), reverse=True) and d['functions'][0]['total'] > d['functions'][0]['self']"
check_status "--sort name" 0 "$HWPROF" report --json --sort name -i "$p"
check "sorts by name" true_of "$tmp/out" \
	"[f['name'] for f in d['functions']] == sorted(f['name'] for f in d['functions'])"
check "and loses nothing" true_of "$tmp/out" "sum(f['self'] for f in d['functions']) == d['samples']"

# where it reads from
"$HWPROF" report --json -i - <"$p" >"$tmp/out"
check "-i - reads standard input" cmp -s "$tmp/out" "$tmp/json"
mkdir "$tmp/dir" && cp "$p" "$tmp/dir/hwprof.data"
(cd "$tmp/dir" && "$HWPROF" report --json) >"$tmp/out"
check "hwprof.data is the default" cmp -s "$tmp/out" "$tmp/json"
(cd "$tmp/dir" && "$HWPROF" report --input=hwprof.data --limit=1) >"$tmp/out"
check "long options work" is "$(rows "$tmp/out")" 1

# cut at any place: what is whole is shown, the rest is said; never a crash
size=$(stat -c %s "$p")
for cut in 0 1 7 19 20 21 40 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 1)); do
	head -c "$cut" "$p" >"$tmp/cut"
	status=0
	"$HWPROF" report --json -i "$tmp/cut" >"$tmp/out" 2>"$tmp/err" || status=$?
	check "cut at $cut it ends well, not with $status" [ "$status" -le 1 ]
	check "cut at $cut it says so" [ -s "$tmp/err" ]
	check "cut at $cut it says so once" is "$(wc -l <"$tmp/err")" 1
	check "cut at $cut it prints a report or nothing" \
		[ "$status$([ -s "$tmp/out" ] && echo text)" = "$([ "$status" = 0 ] && echo 0text || echo 1)" ]
done
check "one byte short, the chunks before it are there" true_of "$tmp/out" \
	"not d['complete'] and d['cut_bytes'] > 0 and 0 < d['samples'] <= $(json "$tmp/json" "d['samples']")"
"$HWPROF" report -i "$tmp/cut" >"$tmp/out" 2>/dev/null
check_text "the text says it, too" "$tmp/out" "did not come to its end"
for at in 0 30 $((size / 2)) $((size - 10)); do
	python3 - "$p" "$tmp/cut" "$at" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[int(sys.argv[3])] ^= 0xff
open(sys.argv[2], "wb").write(data)
PY
	status=0
	"$HWPROF" report --json -i "$tmp/cut" >"$tmp/out" 2>"$tmp/err" || status=$?
	check "a wrong byte at $at is noticed" [ -s "$tmp/err" ]
	check "a wrong byte at $at ends well, not with $status" [ "$status" -le 1 ]
done

# what is no profile of ours
check_status "no such file" 1 "$HWPROF" report -i "$tmp/none"
check_text "it is named, with the remedy" "$tmp/err" "$tmp/none does not exist: record one with"
check_status "a folder" 1 "$HWPROF" report -i "$tmp"
check_text "it is called so" "$tmp/err" "is a folder"
check_status "a program" 1 "$HWPROF" report -i "$HWPROF"
check_text "it is no profile" "$tmp/err" "is not a profile of hwprof"
python3 - "$p" "$tmp/other" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[16:20] = (99).to_bytes(4, "little")
open(sys.argv[2], "wb").write(data)
PY
check_status "another version" 1 "$HWPROF" report -i "$tmp/other"
check_text "both versions are named" "$tmp/err" "has version 99 of the format, this hwprof reads version 3"

# nothing was sampled
check_status "an empty profile" 0 "$HWPROF" record -q -g -e page-faults -c 1000000000 -o "$tmp/empty" true
check_status "can be shown" 0 "$HWPROF" report --json -i "$tmp/empty"
check "with nothing in it" true_of "$tmp/out" "d['samples'] == 0 and d['functions'] == d['lines'] == []"
check_status "as text" 0 "$HWPROF" report -i "$tmp/empty"
check_text "it says so" "$tmp/out" "page-faults: 0 samples"
check_status "as a tree" 0 "$HWPROF" report --tree -i "$tmp/empty"

# wrong options
for wrong in "--by nonsense" "--sort nonsense" "-n x" "-n -1" "-n" "--json --tree" "--json -n 3" \
	"--tree --by line" "--tree --sort name" "--nonsense" "extra"; do
	# shellcheck disable=SC2086
	check_status "$wrong is refused" 125 "$HWPROF" report -i "$p" $wrong
	check "$wrong prints nothing" [ ! -s "$tmp/out" ]
done
check_status "--help works" 0 "$HWPROF" report --help
check_status "a full disk" 1 sh -c '"$0" report -i "$1" >/dev/full' "$HWPROF" "$p"
check_text "it is said" "$tmp/err" "cannot be written"

# colour, pager and width: on a terminal only
colour=$(printf '\033[')
report >"$tmp/out"
check "no colour in a pipe" lacks "$tmp/out" "$colour"
HWPROF_PAGER='sed s/^/PAGED/' report >"$tmp/out"
check "no pager in a pipe" lacks "$tmp/out" PAGED
if command -v script >/dev/null; then
	# on_terminal ENVIRONMENT... OPTION...: the report on a terminal, to $tmp/out
	on_terminal() {
		env -u NO_COLOR -u HWPROF_PAGER -u PAGER -u COLUMNS TERM=xterm "$@" \
			script -qec "'$HWPROF' report -i '$p' ${options-}" /dev/null </dev/null |
			tr -d '\r' >"$tmp/out"
	}
	on_terminal HWPROF_PAGER=cat
	check_text "colour on a terminal" "$tmp/out" "$colour"
	on_terminal HWPROF_PAGER=cat NO_COLOR=1
	check "none with NO_COLOR" lacks "$tmp/out" "$colour"
	check_text "but the report" "$tmp/out" "burn"
	on_terminal HWPROF_PAGER=cat TERM=dumb
	check "none on a dumb terminal" lacks "$tmp/out" "$colour"
	on_terminal HWPROF_PAGER='sed s/^/PAGED/'
	check_text "HWPROF_PAGER gets it" "$tmp/out" "PAGED"
	on_terminal PAGER='sed s/^/PAGED/'
	check_text "so does PAGER" "$tmp/out" "PAGED"
	on_terminal PAGER='sed s/^/PAGED/' HWPROF_PAGER=
	check "an empty HWPROF_PAGER is none" lacks "$tmp/out" PAGED
	options=--no-pager on_terminal PAGER='sed s/^/PAGED/'
	check "--no-pager works" lacks "$tmp/out" PAGED
	on_terminal HWPROF_PAGER=cat NO_COLOR=1 COLUMNS=90
	check "the rows fit the terminal" is "$(grep -E '^ +[0-9]+\.[0-9] ' "$tmp/out" |
		awk 'length > 90' | wc -l)" 0
else
	unjudged "colour, pager and width on a terminal" "no script(1)"
fi

finish
