#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# boundness of programs whose class is known, from a command and from a profile, and its manners.
. "$(dirname "$0")/lib.sh"
need_root
py=$(pythons 3.11 3.12 3.13 | head -1)
[ -n "$py" ] || skip "no CPython 3.11, 3.12 or 3.13 here"
w=$SOURCE/tests/workloads

is() { [ "$1" = "$2" ] || { echo "    '$1', not '$2'"; return 1; }; }
true_of() { is "$(json "$1" "$2")" True; } # FILE EXPRESSION
lacks() { ! grep -qF -- "$2" "$1"; }	   # FILE TEXT

# consistent: what holds of every page in $tmp/json
consistent() {
	check "$1: the budget sums to the wall time" true_of "$tmp/json" \
		"abs(sum(r['seconds'] for r in d['budget']) - d['wall_s']) < 1e-6 and abs(sum(r['share'] for r in d['budget']) - 1) < 1e-6"
	check "$1: the verdict has evidence and advice" true_of "$tmp/json" \
		"0 < d['verdict']['share'] <= 1 and bool(d['verdict']['evidence'] and d['verdict']['advice'])"
	check "$1: the evidence has its level" true_of "$tmp/json" \
		"d['verdict']['evidence_level'] in ('rusage', 'bpf', 'hardware')"
}

# class CLASS COMMAND...: the command must be judged so; its page is then in $tmp/json
class() {
	local class=$1
	shift
	check_status "$class: $*" 0 "$HWPROF" boundness --json -o "$tmp/json" "$@"
	consistent "$class"
	if without_cost "$class"; then
		unjudged "the class of $*" "memory costs nothing on this machine"
	else
		check "the class of $*" verdict_is "$class"
	fi
}
disk=$(mktemp -d -p .)
case $(stat -f -c %T "$disk") in
tmpfs | ramfs | overlayfs) unjudged "300 fsyncs" "$PWD is no disk" ;;
*) class io "$py" "$w/stat_fsync.py" "$disk" ;;
esac
rmdir "$disk"
class idle "$py" "$w/stat_sleep.py" $slow
class memory "$py" "$w/stat_pages.py" $slow
check "memory: its first line is in page faults, as far as it had a CPU" true_of "$tmp/json" \
	"(lambda t: max(t, key=t.get))({c: s for c, s in d['lines'][0]['thread_s'].items() if c != 'starved'}) == 'page-faults'"
touch_line=$(grep -n 'm\[page\] = 1' "$w/stat_pages.py" | cut -d: -f1)
check "memory: the touching line is first" true_of "$tmp/json" \
	"(lambda l: (l['file'], l['line']))(d['lines'][0]) == ('$w/stat_pages.py', $touch_line)"
check "memory: a finding names it" true_of "$tmp/json" \
	"any((f['rule'], f['line']) == ('faults', $touch_line) for f in d['findings'])"
class cpu "$py" "$w/stat_primes.py" $slow
check "cpu: samples are the evidence" true_of "$tmp/json" "d['verdict']['evidence_level'] != 'rusage'"

# JSON of a command: keys, lines, and the gain by Amdahl's law
check "the promised keys" is "$(json "$tmp/json" "sorted({'version', 'command', 'exit_status',
	'wall_s', 'user_s', 'sys_s', 'budget', 'verdict', 'wall', 'phases', 'functions',
	'lines', 'findings', 'samples', 'not_measured'} - set(d))")" "[]"
check "of a verdict" true_of "$tmp/json" \
	"{'class', 'share', 'sentence', 'evidence_level', 'evidence', 'advice'} <= set(d['verdict'])"
check "version, command and status" true_of "$tmp/json" \
	"(d['version'], d['command'][-2], d['exit_status']) == (2, '$w/stat_primes.py', 0)"
while_line=$(grep -n 'while d \* d' "$w/stat_primes.py" | cut -d: -f1)
check "the loop of the primes is hottest" true_of "$tmp/json" \
	"d['lines'][0]['file'] == '$w/stat_primes.py' and d['lines'][0]['line'] in ($while_line, $while_line + 1)"
share=0.7 late=0.05
full || share=0.4 late="0.15 * d['wall_s']" # the start and the end of Python are longer there
check "its two lines have nearly all user time" true_of "$tmp/json" \
	"sum(l['thread_s'].get('user', 0) for l in d['lines'] if l['line'] in ($while_line, $while_line + 1)) > $share * sum(l['thread_s'].get('user', 0) for l in d['lines'])"
check "lines come by their part of the wall time" true_of "$tmp/json" \
	"d['lines'] == sorted(d['lines'], key=lambda l: -l['wall_s']) and sum(l['wall_s'] for l in d['lines']) < 1.001 * d['wall_s']"
check "interpreted code is a finding" true_of "$tmp/json" \
	"any(f['rule'] == 'interpreted' and f['file'] == '$w/stat_primes.py' for f in d['findings'])"
check "five findings at the most, none over the wall time" true_of "$tmp/json" \
	"0 < len(d['findings']) <= 5 and all(0.03 * d['wall_s'] <= f['saved_max_s'] <= d['wall_s'] for f in d['findings'])"
check "and speed up as Amdahl says" true_of "$tmp/json" \
	"all(abs(f['speedup_max'] - min(d['wall_s'] / max(d['wall_s'] - f['saved_max_s'], d['wall_s'] / 1000), 1000)) < 1e-3 * f['speedup_max'] for f in d['findings'])"
check "the sentence is about it" true_of "$tmp/json" "d['verdict']['sentence'].startswith('CPU-bound')"
check "the wall budget was measured and is the same" true_of "$tmp/json" \
	"abs(d['wall']['seconds']['busy'] - sum(r['seconds'] for r in d['budget'] if r['class'] in ('user', 'memory-stall', 'page-faults', 'kernel-io', 'kernel'))) < 0.002 * d['wall_s']"
check "phases follow each other to its end" true_of "$tmp/json" \
	"d['phases'][0]['begin_s'] == 0 and abs(d['phases'][-1]['end_s'] - d['wall_s']) < $late and all(a['end_s'] == b['begin_s'] for a, b in zip(d['phases'], d['phases'][1:]))"

# from a profile
p=$tmp/profile
"$HWPROF" record -q -g -o "$p" "$py" "$w/stat_primes.py" $slow
check_status "a profile" 0 "$HWPROF" boundness -i "$p" --json
check "nothing goes to stderr" [ ! -s "$tmp/err" ]
cp "$tmp/out" "$tmp/json"
check "the class of a profile" is "$(json "$tmp/json" "d['verdict']['class']")" cpu
consistent "profile"
check_status "text" 0 env LC_ALL=C "$HWPROF" boundness -i "$p"
for text in "CPU-bound" "WHERE THE WALL TIME WENT" "PHASES" "FUNCTIONS" "LINES" "WHAT TO GAIN" "at most" "NOT MEASURED" \
	"stat_primes.py:$while_line"; do
	check_text "the page has $text" "$tmp/out" "$text"
done
check "plain ASCII where nothing else is known" lacks <(LC_ALL=C grep -nP '[^\x00-\x7f]' "$tmp/out") :
check "every row of the budget is aligned" is "$(sed -n '/WHERE THE WALL/,/^$/s/ %.*/%/p' "$tmp/out" |
	awk '{ print length }' | sort -u | wc -l)" 1
check "it fits a screen" [ "$(wc -l <"$tmp/out")" -le 60 ]
check "and 100 columns" is "$(awk 'length > 100' "$tmp/out")" ""

# processes that run already: what a wait is for that does not end meanwhile
wait_for() {
	"$py" -c "
import select, socket, sys, threading, time
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
def server(): e = select.epoll(); e.register(s, 1); e.poll()
def joins(): t = threading.Thread(target=s.accept); t.start(); t.join()
def lock(): l = threading.Lock(); l.acquire(); l.acquire()
def pipe(): sys.stdin.read()
def sleep(): time.sleep(1000)
def burn():
    while True: pass
open('$tmp/ready.$1', 'w').close()
$1()" <"$tmp/fifo" &
	pids+=($!)
}
mkfifo "$tmp/fifo"
exec 9<>"$tmp/fifo"
kinds=(server joins lock pipe sleep burn) pids=()
for kind in "${kinds[@]}"; do wait_for $kind; done
for kind in "${kinds[@]}"; do
	for _ in $(seq $((200 * slow))); do [ -e "$tmp/ready.$kind" ] && break; sleep 0.05; done
done
pause 0.5
all=$(IFS=,; echo "${pids[*]}")
check_status "several processes" 0 "$HWPROF" boundness --json --duration $slow -p "$all"
cp "$tmp/out" "$tmp/json"
# wall_of PID: the class with most of its wall time
wall_of() { json "$tmp/json" "next(max(p['wall']['seconds'], key=p['wall']['seconds'].get) for p in d['processes'] if p['pid'] == $1)"; }
for pair in 0:network 1:network 2:lock 3:pipe 4:sleep; do
	check "${kinds[${pair%:*}]} waits for ${pair#*:}" is "$(wall_of "${pids[${pair%:*}]}")" "${pair#*:}"
done
check "who works is worst" is "$(json "$tmp/json" "d['processes'][0]['pid']")" "${pids[5]}"
check "and is cpu" is "$(json "$tmp/json" "d['processes'][0]['verdict']['class']")" cpu
check "every wall time is whole" true_of "$tmp/json" \
	"all(abs(sum(p['wall']['seconds'].values()) - p['wall_s']) < 1e-6 for p in d['processes'])"
check "and each that of the watch" true_of "$tmp/json" \
	"all(0.5 < p['wall_s'] <= d['wall_s'] + 0.01 * $slow and d['wall_s'] < 5 * $slow for p in d['processes'])"
end_of_brief
check_status "a table for people" 0 "$HWPROF" boundness -p "${pids[5]}" --by process -p "${pids[4]}" -- sleep 0.3
check "is on stderr beside a command" [ ! -s "$tmp/out" ]
check_text "has the command" "$tmp/err" "$(basename "$py") -c"
check_text "and the verdict of the worst" "$tmp/err" "CPU-bound"
check_status "the machine" 0 "$HWPROF" boundness -a --by process --duration 0.5 -o "$tmp/page"
check_text "folds the idle" "$tmp/page" " idle process"
check_status "the page of one" 0 "$HWPROF" boundness -p "${pids[4]}" --duration 0.6 --json
check "says what it waits for" true_of "$tmp/out" \
	"d['verdict']['class'] == 'idle' and d['wall']['seconds']['sleep'] > 0.8 * d['wall_s'] and 0.55 < d['wall_s'] < 5"
"$HWPROF" stat --json -p "${pids[0]}" -o "$tmp/json" -- sleep 0.5
check "stat says it, too" true_of "$tmp/json" "d['wall']['seconds']['network'] > 0.8 * d['wall_s'] > 0.4"
check_status "the command's status" 7 "$HWPROF" boundness -p "$all" -o "$tmp/page" -- sh -c 'exit 7'
"$HWPROF" boundness -p "$all" -o "$tmp/page" &
sleep 0.5
kill -INT $!
status=0
wait $! || status=$?
check "an interrupt ends it" is $status 0
check_text "with the table" "$tmp/page" "6 processes for"
"$HWPROF" boundness -p "$all" --json -o "$tmp/json" &
watcher=$!
sleep 0.7
kill "${pids[@]}"
wait "${pids[@]}" 2>/dev/null
check "it ends with the last of them" timeout 20 tail --pid=$watcher -f /dev/null
check "and says that they have ended" true_of "$tmp/json" \
	"len(d['processes']) == 6 and not any(p['alive'] for p in d['processes'])"
exec 9>&-
# of a cgroup, where we may make one
for root in /sys/fs/cgroup/cpu /sys/fs/cgroup; do
	group=$root/hwprof-test-$$
	mkdir "$group" 2>/dev/null && [ -e "$group/cgroup.procs" ] && break
	group=
done
if [ -n "$group" ] && mkdir "$group/below"; then
	sh -c 'echo $$ >"$0/cgroup.procs"; exec sleep 1000' "$group" &
	pids=($!)
	sleep 0.3
	"$HWPROF" boundness --cgroup "${group#/sys/fs/cgroup/}" --json -o "$tmp/json" --duration 2 &
	watcher=$!
	sleep 1
	sh -c 'echo $$ >"$0/below/cgroup.procs"; exec sleep 1000' "$group" &
	pids+=($!)
	check "a cgroup" wait $watcher
	check "its processes, and who joins below" is "$(json "$tmp/json" "sorted(p['pid'] for p in d['processes'])")" \
		"$(printf '%s\n' "${pids[@]}" | sort -n | paste -sd, | sed 's/,/, /g; s/.*/[&]/')"
	kill "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null
	check_status "an empty cgroup" 125 "$HWPROF" boundness --cgroup "$group"
	check_text "it is named" "$tmp/err" "no process"
	rmdir "$group/below" "$group"
else
	unjudged "--cgroup" "no cgroup can be made here"
fi

# a run that changes: sleep, then work
# (it prints for how long it went on after the sleep)
check_status "two phases" 0 "$HWPROF" boundness --json -o "$tmp/json" "$py" -c '
import time
time.sleep(0.8)
woken = time.monotonic()
sum(i * i for i in range(8_000_000))
print(time.monotonic() - woken)'
went_on=$(cat "$tmp/out")
check "are found, where they are" true_of "$tmp/json" \
	"len(d['phases']) >= 2 and any(abs(p['end_s'] - (d['wall_s'] - $went_on)) < 0.2 and p['class'] == 'sleep' for p in d['phases'])"

# more of a profile
check_status "JSON of a profile" 0 "$HWPROF" boundness -i "$p" --json -o "$tmp/json"
check_status "-i -" 0 sh -c '"$0" boundness -i - --json <"$1"' "$HWPROF" "$p"
check "reads standard input" cmp -s "$tmp/out" "$tmp/json"
mkdir "$tmp/dir" && cp "$p" "$tmp/dir/hwprof.data"
(cd "$tmp/dir" && "$HWPROF" boundness --json) >"$tmp/out"
check "hwprof.data is the default" cmp -s "$tmp/out" "$tmp/json"
check_status "-o" 0 "$HWPROF" boundness -i "$p" --json -o "$tmp/page"
check "writes the file" cmp -s "$tmp/page" "$tmp/json"
check "and nothing else" [ ! -s "$tmp/out" ]

# several at once: threads are said to be parallel
"$HWPROF" boundness --json -o "$tmp/json" sh -c \
	'for i in 1 2; do "$0" "$1" & done; wait' "$py" "$w/stat_primes.py"
check "two processes are cpu" is "$(json "$tmp/json" "d['verdict']['class']")" cpu
check "and use more CPU than wall time where there are two CPUs" true_of "$tmp/json" \
	"$(nproc) < 2 or (d['user_s'] + d['sys_s'] > 1.1 * d['wall_s']) <= (sum(d['wall']['width_s'][2:]) > 0.05 * d['wall_s'])"

# manners of a command: status, streams, no file left
export TMPDIR=$tmp/t
mkdir "$TMPDIR"
check_status "the command's status" 3 "$HWPROF" boundness sh -c 'exit 3'
check_status "death by signal" 137 "$HWPROF" boundness sh -c 'kill -KILL $$'
check_status "no such command" 127 "$HWPROF" boundness no-such-command-here
check_text "it is named" "$tmp/err" "no-such-command-here"
check_status "not executable" 126 "$HWPROF" boundness "$SOURCE/LICENSE"
printf 'one\0two\n' | "$HWPROF" boundness -- cat >"$tmp/out" 2>"$tmp/err"
check "stdin and stdout are the command's" cmp -s "$tmp/out" <(printf 'one\0two\n')
check_text "the page is on stderr" "$tmp/err" "WHERE THE WALL TIME WENT"
check_status "options behind the command are its own" 0 "$HWPROF" boundness echo --json -i
check "and reach it" is "$(cat "$tmp/out")" "--json -i"
check "no colour goes into a file" lacks "$tmp/err" "$(printf '\033[')"
"$HWPROF" boundness --json -o "$tmp/json" "$py" "$w/stat_sleep.py" 20 &
sleep 0.7
kill -TERM $!
status=0
wait $! || status=$?
check "SIGTERM is forwarded" is $status 143
check "the page comes all the same" is "$(json "$tmp/json" "d['exit_status'], d['verdict']['class']")" \
	"(143, 'idle')"
check_status "a full disk" 125 "$HWPROF" boundness -o /dev/full true
check_status "a full disk, but the command's status first" 4 "$HWPROF" boundness -o /dev/full sh -c 'exit 4'
check_status "an output that cannot be written" 125 "$HWPROF" boundness -o "$tmp/no/file" touch "$tmp/ran"
check_text "it is named" "$tmp/err" "$tmp/no/file"
check "and nothing was run for it" [ ! -e "$tmp/ran" ]
check_status "a temporary folder that is not there" 125 env TMPDIR="$tmp/no" "$HWPROF" boundness true
check_text "the remedy is named" "$tmp/err" "set TMPDIR"
mkdir "$tmp/here"
(cd "$tmp/here" && "$HWPROF" boundness true) 2>/dev/null
check "no profile is left" is "$(ls -A "$TMPDIR" "$tmp/here" | grep -v : | tr -d '\n')" ""

# profiles that cannot be judged
check_status "no such file" 1 "$HWPROF" boundness -i "$tmp/none"
check_text "the remedy is named" "$tmp/err" "record one with"
check_status "no profile" 1 "$HWPROF" boundness -i "$HWPROF"
check_status "a full disk for a profile" 1 "$HWPROF" boundness -i "$p" -o /dev/full
size=$(stat -c %s "$p")
for cut in 0 20 40 $((size / 2)) $((size - 1)); do
	head -c "$cut" "$p" >"$tmp/cut"
	check_status "cut at $cut" 1 "$HWPROF" boundness -i "$tmp/cut"
	check "cut at $cut it says so" [ -s "$tmp/err" ]
	check "cut at $cut it prints no page" [ ! -s "$tmp/out" ]
done
check_text "without an end there is no wall time" "$tmp/err" "record the command again"
"$HWPROF" record -q -g -e page-faults -c 1000000000 -o "$tmp/empty" true
check_status "an empty profile" 0 "$HWPROF" boundness -i "$tmp/empty" --json
check "has no lines on CPUs" true_of "$tmp/out" "d['samples']['cpu'] == 0 and len(d['budget']) > 0"
check "and says so" true_of "$tmp/out" "any(s.startswith('lines: there are no samples') for s in d['not_measured'])"

# wrong options
check_status "no such process" 125 "$HWPROF" boundness -p 1073741823
check_status "no such cgroup" 125 "$HWPROF" boundness --cgroup none/such
check_status "-a without --by" 125 "$HWPROF" boundness -a
check_status "--by what?" 125 "$HWPROF" boundness -a --by thread
check_status "--by of a command" 125 "$HWPROF" boundness --by process true
check_status "--duration of a command" 125 "$HWPROF" boundness --duration 1 true
check_status "a duration that is none" 125 "$HWPROF" boundness -p $$ --duration 0
check_status "-p and -a" 125 "$HWPROF" boundness -p $$ -a --by process
check_status "a process and a profile" 125 "$HWPROF" boundness -p $$ -i "$p"
check_status "a page and a command" 125 "$HWPROF" boundness -p $$ true
check_status "a profile and a command" 125 "$HWPROF" boundness -i "$p" true
check_status "an unknown option" 125 "$HWPROF" boundness --nonesuch true
check_status "--help works" 0 "$HWPROF" boundness --help

# colour on a terminal only
if command -v script >/dev/null; then
	env -u NO_COLOR TERM=xterm script -qec "'$HWPROF' boundness -i '$p'" /dev/null </dev/null >"$tmp/out"
	check_text "colour on a terminal" "$tmp/out" "$(printf '\033[')"
	env NO_COLOR=1 TERM=xterm script -qec "'$HWPROF' boundness -i '$p'" /dev/null </dev/null >"$tmp/out"
	check "none with NO_COLOR" lacks "$tmp/out" "$(printf '\033[')"
else
	unjudged "colour on a terminal" "no script(1)"
fi
finish
