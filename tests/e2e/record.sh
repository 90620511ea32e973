#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# record on real programs whose answer is known.
. "$(dirname "$0")/lib.sh"
need_root
shares=$SOURCE/tests/workloads/shares.py

# right_shares WHAT POINTS COMMAND...: the command records to $tmp/p a program that prints its true
# shares. Up to three times, aloud, for what a host steals from its guest is in the program's clock.
right_shares() {
	local what=$1 points=$2
	shift 2
	for _ in 1 2 3; do
		"$@" >"$tmp/truth"
		$HWPROF report --json -i "$tmp/p" >"$tmp/report"
		python3 "$SOURCE/tests/e2e/check_shares.py" "$tmp/truth" "$tmp/report" "$points" && break
	done
	check "$what" [ $? = 0 ]
}

# the truth of each supported interpreter, in each way a program spreads over tasks
# (a slow machine takes fewer samples in a second, so as to have time for the program, too)
rate=997 points=2
full || rate=499 points=5
for py in ${ONLY-$(pythons 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 | few)}; do
	for mode in plain threads fork nogil; do
		full || [ $mode = plain ] || [ $mode = fork ] || continue
		echo "$py $mode"
		right_shares "shares of $py $mode" $points \
			$HWPROF record -q -g -F $rate -o "$tmp/p" "$py" "$shares" 2 $mode
		check "nothing lost by $py $mode" [ "$(json "$tmp/report" "d['lost']")" = 0 ]
		[ $mode != plain ] || cp "$tmp/p" "$tmp/plain"
	done
done
[ $((passed + failed)) -gt 0 ] || skip "no CPython 3.6 to 3.13 here"

# callers and lines: who calls whom is in the tree, and lines are those of the loop
$HWPROF report --json -i "$tmp/plain" >"$tmp/report"
loop=$(grep -n 'while clock() < end' "$shares" | cut -d: -f1)
check "the hottest lines are those of burn()" [ "$(json "$tmp/report" \
	"all(0 <= l['line'] - $loop <= 2 for l in d['lines'][:2] if l['file'].endswith('shares.py'))")" = True ]
check "total counts a function once per sample" [ "$(json "$tmp/report" \
	"max(f['total'] for f in d['functions']) <= d['samples']")" = True ]
$HWPROF report --tree -i "$tmp/plain" >"$tmp/tree"
check_text "the tree has the caller" "$tmp/tree" "work_a"
py=$(pythons 3.11 3.12 3.13 | head -1)

# children: forked, exec'd, and a shell between
$HWPROF record -q -g -o "$tmp/p" sh -c "$py $shares 0.4 >/dev/null & $py $shares 0.4 fork; wait" >/dev/null
$HWPROF report --json --by process -i "$tmp/p" >"$tmp/report"
check "every process is there" [ "$(json "$tmp/report" "len(d.get('processes', d.get('rows', []))) >= 6")" = True ]

# other events, several at once, by period, without -g
check_status "two events" 0 $HWPROF record -g -e cpu-clock,page-faults -F 499 -o "$tmp/p" "$py" -c 'b=bytearray(1<<26)'
check_status "report of the second" 0 $HWPROF report --json --event page-faults -i "$tmp/p"
check "page faults were sampled" [ "$(json "$tmp/out" "d['event'] == 'page-faults' and d['samples'] > 0")" = True ]
check_status "one sample per 100 page faults" 0 $HWPROF record -q -e page-faults -c 100 -o "$tmp/p" "$py" -c 'b=bytearray(1<<26)'
check_status "flat recording" 0 $HWPROF record -q -o "$tmp/p" "$py" "$shares" 0.5
$HWPROF report --json -i "$tmp/p" >"$tmp/report"
check "a flat recording still names Python functions" [ "$(json "$tmp/report" \
	"any(f['name']=='burn' and f['self'] > 100 for f in d['functions'])")" = True ]

# an interrupt (the shell ignores SIGINT for what it runs in the background)
env --default-signal=INT $HWPROF record -q -g -o "$tmp/p" "$py" -c 'import sys, time
try:
    open(sys.argv[1], "w").close()
    while True: time.sleep(0.01)
except KeyboardInterrupt: raise SystemExit(42)' "$tmp/ready" &
for _ in $(seq 600); do [ -e "$tmp/ready" ] && break; sleep 0.1; done
pause 0.5; kill -INT $!; wait $!
check "SIGINT is forwarded, the status kept" [ $? = 42 ]
check_status "and the profile finished" 0 $HWPROF report --json -i "$tmp/p"

# one that runs already: for a while, as one of the whole machine's, until it ends
# Its samples are a fifth or more of what its CPU time wants: it ran also while hwprof came.
sees_it() {
	local used=$(($(ticks_of $target) - before))
	$HWPROF report --json -i "$tmp/p" >"$tmp/report"
	check "$1 has Python frames, $used ticks of CPU time" [ "$(json "$tmp/report" \
		"sum(f['total'] for f in d['functions'] if f['name'] == 'burn') > 0.2 * 997 * $used / $(getconf CLK_TCK) > 0")" = True ]
}
# ticks_of PID: of CPU time that it has had
ticks_of() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
"$py" "$shares" $((60 * slow)) >/dev/null & target=$!
pause 0.5
before=$(ticks_of $target)
check_status "attach" 0 timeout --preserve-status -s INT $((1 + slow)) $HWPROF record -q -g -p $target -o "$tmp/p"
sees_it "an attached process"
before=$(ticks_of $target)
check_status "the whole machine" 0 $HWPROF record -q -g -a -o "$tmp/p" sleep $((1 + slow / 2))
sees_it "one of the machine's"
(pause 1; kill $target) &
check_status "attach until it ends" 0 timeout $((10 * slow)) $HWPROF record -q -p $target -o "$tmp/p"
wait $target 2>/dev/null

end_of_brief

# a version that is not read is refused by name, and its native frames stay
for old in "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/2.7.*/bin/python2.7; do
	[ -x "$old" ] || continue
	$HWPROF record -q -g -o "$tmp/p" "$old" -c 'sum(i * i for i in range(3000000))'
	$HWPROF report -i "$tmp/p" >"$tmp/text" 2>&1
	check_text "an old version is refused by name" "$tmp/text" "CPython 2.7"
	check_text "its native frames are there" "$tmp/text" "PyEval_EvalFrameEx"
done

# manners: statuses, streams, signals
check_status "the command's exit status" 3 $HWPROF record -o "$tmp/p" sh -c 'exit 3'
check_status "death by signal" 137 $HWPROF record -o "$tmp/p" sh -c 'kill -9 $$'
check_status "no such command" 127 $HWPROF record -o "$tmp/p" ./no-such-command
check_text "it is named" "$tmp/err" "no-such-command"
check_status "not executable" 126 $HWPROF record -o "$tmp/p" "$SOURCE/LICENSE"
check_status "a file that cannot be written" 125 $HWPROF record -o /no/such/dir/p true
check_text "it is named" "$tmp/err" "/no/such/dir/p"
check_status "an unknown event" 125 $HWPROF record -e cylces true
check_text "near names are offered" "$tmp/err" "cycles"
check_status "a tracepoint" 125 $HWPROF record -e sched:sched_switch true
check_text "it is said what works" "$tmp/err" "hwprof stat -e"
check_status "-F out of range" 125 $HWPROF record -F 0 true
check_status "-F and -c" 125 $HWPROF record -F 9 -c 9 true
check_status "nothing to record" 125 $HWPROF record
check_status "help" 0 $HWPROF record --help
echo "hello" | $HWPROF record -q -o "$tmp/p" cat >"$tmp/out" 2>"$tmp/err"
check "stdin and stdout are the command's" [ "$(cat "$tmp/out")" = hello ]
check "nothing on stderr with -q" [ ! -s "$tmp/err" ]
check_status "attach to nobody" 125 $HWPROF record -p $target -o "$tmp/p"
$HWPROF record -q -g -o "$tmp/p" "$py" "$shares" 20 >/dev/null & sleep 1; kill -TERM $!; wait $!
check "SIGTERM is forwarded" [ $? = 143 ]

# in a pid namespace of its own, as in a container
if unshare -pf --mount-proc true 2>/dev/null; then
	right_shares "inside a pid namespace" 4 \
		unshare -pf --mount-proc "$HWPROF" record -q -g -o "$tmp/p" "$py" "$shares" 0.5
else
	unjudged "a pid namespace" "none can be made here"
fi

# killed at any moment: what was flushed is readable
for after in 0.3 0.8 2.4; do
	rm -f "$tmp/p"
	$HWPROF record -q -g -o "$tmp/p" "$py" "$shares" 3 >/dev/null & pid=$!
	for _ in $(seq 300); do child=$(pgrep -P $pid -f "^$py $shares 3") && break; sleep 0.1; done
	sleep $after
	used=$(ticks_of "$child")
	kill -9 $pid; wait $pid 2>/dev/null
	pkill -f "$shares 3" || true
	if [ $after != 2.4 ] && [ ! -e "$tmp/p" ]; then
		unjudged "killed after $after s" "nothing was flushed by then, $used ticks of CPU time"
		continue
	fi
	check_status "killed after $after s" 0 $HWPROF report --json -i "$tmp/p"
	[ $after = 2.4 ] && check "at most a second of $used ticks is lost" [ "$(json "$tmp/out" \
		"d['samples'] > 0 and d['samples'] + 1.1 * 997 > 0.9 * 997 * $used / $(getconf CLK_TCK)")" = True ]
done
$HWPROF record -q -g -o "$tmp/p" sh -c "$py $shares 3 & sleep 1; kill -9 \$!; kill -9 \$\$" >/dev/null 2>&1
check_status "the command killed" 0 $HWPROF report --json -i "$tmp/p"
# a main thread that ends before the others leaves hwprof asleep: its event hangs up for ever
"$py" -c 'import ctypes, threading, time
threading.Thread(target=time.sleep, args=(4,)).start()
time.sleep(1)
ctypes.CDLL(None).pthread_exit(None)' &
sleep 0.5
"$SOURCE/tests/e2e/cpu_of.py" timeout --preserve-status -s INT 3 \
	$HWPROF record -q -g -o "$tmp/p" -p $! >"$tmp/cpu"
check "hwprof sleeps when its target does: $(cat "$tmp/cpu") s of CPU" \
	python3 -c 'import sys; sys.exit(float(open(sys.argv[1]).read()) > 1)' "$tmp/cpu"
wait

finish
