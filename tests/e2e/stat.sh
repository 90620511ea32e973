#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# stat on programs whose verdict is known, its manners, and its agreement with time(1).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "needs python3"
py=$(python3 -c 'import sys; print(sys.executable)') # itself, not a script in front of it
w=$SOURCE/tests/workloads

is() { [ "$1" = "$2" ] || { echo "    '$1', not '$2'"; return 1; }; }

# verdict CLASS COMMAND...: the class, and what holds of every report
verdict() {
	local class=$1
	shift
	# on an emulated machine what is near the border is measured again, for what a page fault costs
	# varies by three there
	for _ in 1 $(full || echo 2 3); do
		check_status "stat of $*" 0 $HWPROF stat --json -o "$tmp/json" "$@"
		full || without_cost "$class" || verdict_is "$class" || continue
		break
	done
	if without_cost "$class"; then
		unjudged "the class of $*" "memory costs nothing on this machine"
	else
		check "$class: $*" verdict_is "$class"
	fi
	check "the budget of $* sums to the wall time" is "$(json "$tmp/json" \
		"max(abs(sum(r['seconds'] for r in d['budget']) - d['wall_s']),
		     abs(sum(r['share'] for r in d['budget']) - 1)) < 1e-6")" True
	check "evidence and advice for $*" is "$(json "$tmp/json" \
		"bool(d['verdict']['evidence'] and d['verdict']['advice'])")" True
}
verdict cpu "$py" "$w/stat_primes.py"
verdict memory "$py" "$w/stat_pages.py" $slow
verdict idle "$py" "$w/stat_sleep.py" $slow
disk=$(mktemp -d -p .)
case $(stat -f -c %T "$disk") in
tmpfs | ramfs | overlayfs) unjudged "300 fsyncs" "$PWD is no disk" ;;
*) verdict io "$py" "$w/stat_fsync.py" "$disk" ;;
esac
rmdir "$disk"

# JSON: the promised keys, events refused by status and never as 0
$HWPROF stat -j -o "$tmp/json" true
check "the promised keys" is "$(json "$tmp/json" "sorted({'version', 'command', 'exit_status',
	'wall_s', 'user_s', 'sys_s', 'cpus_utilized', 'max_rss_bytes', 'counters', 'budget', 'verdict',
	'voluntary_switches', 'involuntary_switches', 'minor_faults', 'major_faults', 'read_bytes',
	'write_bytes'} - set(d))")" "[]"
check "the default events" is "$(json "$tmp/json" "' '.join(c['event'] for c in d['counters'])")" \
	"task-clock context-switches cpu-migrations minor-faults major-faults cycles instructions\
 branches branch-misses cache-references cache-misses"
check "a status for each, a value only when ok" is "$(json "$tmp/json" \
	"all(c['status'] in ('ok', 'not-supported', 'not-permitted') and
	     (c['status'] == 'ok' or c['value'] is None) for c in d['counters'])")" True

# figures that have a right answer: 20,000 fresh pages, children included (of shared memory, whose
# faults Linux 5.10 counts as major)
pages='import mmap; m = mmap.mmap(-1, 20000 * mmap.PAGESIZE)
for i in range(20000): m[i * mmap.PAGESIZE] = 1'
$HWPROF stat -j -e minor-faults,major-faults -e 'page-faults:u,task-clock' -o "$tmp/json" \
	sh -c '"$1" -c "$2"; :' sh "$py" "$pages"
check "-e adds up" is "$(json "$tmp/json" "len(d['counters'])")" 4
check "20,000 pages of a child are counted" is "$(json "$tmp/json" \
	"20000 <= d['minor_faults'] + d['major_faults'] < 30000 and d['max_rss_bytes'] > 20000 * 4096")" True
check "the counter agrees, if it is allowed" is "$(json "$tmp/json" \
	"d['counters'][0]['status'] != 'ok' or 20000 <= sum(c['value'] for c in d['counters'][:2]) < 30000")" True

# -p: until the process ends, until interrupted, and as long as a command
"$py" "$w/stat_primes.py" $slow &
pid=$!
check_status "-p until the process ends" 0 $HWPROF stat -j -o "$tmp/json" -p $pid
check "-p sees it work" is "$(json "$tmp/json" \
	"(d['pid'], d['user_s'] > 0, not d['wall'] or d['user_s'] + d['sys_s'] > 0.4 * d['wall']['seconds']['busy'] > 0,
	d['exit_status'], d['verdict']['class'])")" "($pid, True, True, None, 'cpu')"
wait $pid
"$py" "$w/stat_sleep.py" $((20 * slow)) &
pid=$!
pause 0.2 # until it sleeps
check_status "-p as long as a command" 6 $HWPROF stat -j -o "$tmp/json" -p $pid \
	sh -c 'sleep 0.3; exit 6'
check "-p of a sleeper is idle" is "$(json "$tmp/json" "d['verdict']['class']")" idle
check_status "-p until interrupted" 0 $HWPROF stat -p $pid -o "$tmp/text" \
	-- sh -c 'sleep 0.2'
$HWPROF stat -p $pid -o "$tmp/text" &
stat_pid=$!
pause 0.5
kill -INT $stat_pid
check_status "an attached stat ends well by SIGINT" 0 wait $stat_pid
check_text "and reports" "$tmp/text" "hwprof stat: process $pid"
check "the process goes on" kill -0 $pid
kill $pid
wait $pid 2>/dev/null

# -a
check_status "-a as long as a command" 0 $HWPROF stat -a -j -o "$tmp/json" sleep 0.3
check "-a measures the machine" is "$(json "$tmp/json" \
	"d['all_cpus'] and 0.25 < d['wall_s'] < 2 * $slow and d['max_rss_bytes'] is None")" True

# without perf events the rest is still reported
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp $HWPROF "$tmp/hwprof" && chmod 755 "$tmp" "$tmp/hwprof"
	check_status "as nobody" 0 setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$tmp/hwprof" stat -j true
	check "nobody gets times, I/O and a verdict" is "$(json "$tmp/err" \
		"d['wall_s'] > 0 and d['read_chars'] > 0 and d['verdict'] is not None")" True
fi
end_of_brief

# agreement with time(1), which runs the same command inside the same run; its report goes
# through a pipe, for a file that it writes would count as our output and not as its own
if [ -x /usr/bin/time ]; then
	$HWPROF stat -j -o "$tmp/json" /usr/bin/time -v "$py" "$w/stat_pages.py" 2>&1 |
		cat >"$tmp/time"
	check "agreement with time -v" python3 - "$tmp/json" "$tmp/time" <<'PY'
import json, re, sys
d, t = json.load(open(sys.argv[1])), open(sys.argv[2]).read()
def time(label):
	return re.search(re.escape(label) + r".*?: ([\d:.]+)$", t, re.M).group(1)
wall = sum(float(x) * 60 ** i for i, x in enumerate(reversed(time("Elapsed").split(":"))))
# time(1) has steps of 10 ms; the rest is what itself needs: one process to start the command, which
# on a busy machine is interrupted itself (60 times were seen)
rows = [("user", d["user_s"], float(time("User time")), .02),
	("system", d["sys_s"], float(time("System time")), .02), ("wall", d["wall_s"], wall, .02),
	("RSS", d["max_rss_bytes"], 1024 * int(time("Maximum resident")), 4096),
	("minor", d["minor_faults"], int(time("Minor (")), 600),
	("major", d["major_faults"], int(time("Major (")), 5),
	("voluntary", d["voluntary_switches"], int(time("Voluntary")), 8),
	("involuntary", d["involuntary_switches"], int(time("Involuntary")), 300),
	("inputs", d["in_blocks"], int(time("File system inputs")), 400),
	("outputs", d["out_blocks"], int(time("File system outputs")), 16)]
wrong = [r for r in rows if abs(r[1] - r[2]) > r[3]]
for name, ours, theirs, limit in wrong:
	print(f"    {name}: {ours}, time(1) says {theirs}, {limit} apart at most")
sys.exit(bool(wrong))
PY
else
	unjudged "agreement with time -v" "no /usr/bin/time"
fi

# exit statuses
check_status "success" 0 $HWPROF stat true
check_status "the command's status" 3 $HWPROF stat sh -c 'exit 3'
check_status "options after the command are its own" 1 $HWPROF stat -- sh -c 'exit 1' -e -r
check_status "not found" 127 $HWPROF stat no-such-command-here
check_text "not found says so" "$tmp/err" "cannot run 'no-such-command-here'"
: >"$tmp/plain"
check_status "not executable" 126 $HWPROF stat "$tmp/plain"
check_text "not executable says what to do" "$tmp/err" "chmod +x"
check_status "death by signal" 137 $HWPROF stat sh -c 'kill -KILL $$'
check_status "no command" 125 $HWPROF stat
check_status "an unknown option" 125 $HWPROF stat --no-such-option true
check_status "-p and -a" 125 $HWPROF stat -a -p $$
check_status "-r without a command" 125 $HWPROF stat -r 2 -p $$
check_status "-x and --json" 125 $HWPROF stat --json -x, true
check_status "a process that is not there" 125 $HWPROF stat -p 4194304
check_status "no number" 125 $HWPROF stat -r 2x true
check_status "an output that cannot be written" 125 $HWPROF stat -o "$tmp/no/such/file" true
check_text "the output is named" "$tmp/err" "$tmp/no/such/file"
check_status "a full disk" 125 $HWPROF stat -o /dev/full true
check_status "a full disk, but the command's status first" 4 $HWPROF stat -o /dev/full sh -c 'exit 4'
check_status "an unknown event" 125 $HWPROF stat -e task-clok true
check_text "the nearest name is offered" "$tmp/err" "task-clock"

# stdin and stdout are the command's; the report is on stderr
printf 'one\0two\n' | $HWPROF stat cat >"$tmp/out" 2>"$tmp/err"
check "stdin and stdout are untouched" is "$(od -c "$tmp/out" | sha1sum)" \
	"$(printf 'one\0two\n' | od -c | sha1sum)"
check_text "the report is on stderr" "$tmp/err" "verdict: "
check_text "it names the command" "$tmp/err" "hwprof stat: cat"

# -r
$HWPROF stat -r 4 -j -o "$tmp/json" sh -c 'echo run >>"$1"' sh "$tmp/runs"
check "-r runs so often" is "$(grep -c run "$tmp/runs")" 4
check "-r says so" is "$(json "$tmp/json" "d['runs'] == 4 and d['stddev']['wall_s'] > 0")" True
check_status "-r ends with the first failure" 5 $HWPROF stat -r 3 \
	sh -c 'n=$(wc -l <"$1"); echo run >>"$1"; [ $n = 5 ] && exit 5; exit 0' sh "$tmp/runs"
check "-r does not stop at a failure" is "$(grep -c run "$tmp/runs")" 7
check_text "-r prints the deviation" "$tmp/err" "+- "

# -I
$HWPROF stat -I 100 -e task-clock,page-faults -j -o "$tmp/lines" "$py" "$w/stat_primes.py"
check "-I prints an object per interval and the whole at the end" python3 - "$tmp/lines" <<'PY'
import json, sys
*intervals, total = [json.loads(line) for line in open(sys.argv[1])]
times = [i["interval_s"] for i in intervals]
# one each 0.1 s; where others have the CPUs it may come late, and two as one
assert 0.4 * total["wall_s"] <= 0.1 * len(times) <= total["wall_s"] + 0.1, (times, total["wall_s"])
assert times == sorted(times) and 0.08 < times[0] and times[-1] < total["wall_s"] + 0.1, times
for c in range(2):
	parts = [i["counters"][c]["value"] for i in intervals]
	if total["counters"][c]["status"] == "ok":
		assert abs(sum(parts) - total["counters"][c]["value"]) < 10 + 1e-3 * sum(parts), parts
PY
$HWPROF stat -I 100 -e task-clock -x';' -o "$tmp/lines" "$py" "$w/stat_sleep.py" 0.35
check "-I with -x has the time first" awk -F';' 'NF == 6 && $1 > last { n++; last = $1 }
	END { exit !(n >= 2 && 0.4 * last <= 0.1 * n && 0.1 * n <= last + 0.1) }' "$tmp/lines"
check "and the sum without it" is "$(awk -F';' 'NF == 5' "$tmp/lines" | wc -l)" 1

# -x
$HWPROF stat -e task-clock,page-faults -x, true 2>"$tmp/values"
check "-x prints five columns" is "$(awk -F, 'NF == 5 { print $3 }' "$tmp/values" | xargs)" \
	"task-clock page-faults"

# signals: what hwprof gets, the command gets; the report comes all the same
for signal in TERM INT; do
	python3 - "$signal" "$tmp/text" $HWPROF stat -o "$tmp/text" "$py" "$w/stat_sleep.py" 20 <<'PY'
import signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[3:], stderr=subprocess.DEVNULL)
time.sleep(0.5)
p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
sys.exit(p.wait())
PY
	got=$?
	want=$([ $signal = TERM ] && echo 143 || echo 130)
	check "SIG$signal is forwarded" is "$got" "$want"
	check_text "SIG$signal does not lose the report" "$tmp/text" "verdict: idle"
done

# Metrics: with a PMU there are values, without one a sentence; which of them are right is for
# tests/test_metrics.c and machines with a PMU.
check_status "-M counts metrics" 0 "$HWPROF" stat -M memory,branch -o "$tmp/text" true
check_text "it says whose they are" "$tmp/text" "metrics of "
check_status "-M goes with JSON" 0 "$HWPROF" stat -M memory -j -o "$tmp/json" true
check "each metric is there" [ "$(json "$tmp/json" "[m['value'] for m in d['metrics']['values'] \
	if m['name'] == 'ipc' and m['formula'] == 'instructions / cycles'] != []")" = True ]
cycles=$(json "$tmp/json" "[c['value'] for c in d['counters'] if c['event'] == 'cycles'][0]")
ipc=$(json "$tmp/json" "[m['value'] for m in d['metrics']['values'] if m['name'] == 'ipc'][0]")
check "no ipc without cycles ($cycles, $ipc)" [ "$cycles" != None -o "$ipc" = None ]
[ "$cycles" != None ] || check_text "without a PMU the report says so" "$tmp/text" "none is known"
check_status "-M goes with -x" 0 "$HWPROF" stat -M ipc -x, -o "$tmp/text" true
check_text "a metric is a line" "$tmp/text" ",instructions per cycle,ipc,"
check_status "an unknown metric is refused" 125 "$HWPROF" stat -M nonesuch true
check_text "and named" "$tmp/err" "no metric 'nonesuch'"
check_status "-M twice is refused" 125 "$HWPROF" stat -M ipc -M branch true
finish
