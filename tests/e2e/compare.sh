#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# compare: what is faster is found, what is the same is not claimed to differ, and its manners.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "needs python3"

is() { [ "$1" = "$2" ] || { echo "    '$1', not '$2'"; return 1; }; }

# work N: a command that computes for N times some 20 ms, in the words of the comparison
work() { echo "python3 -S -c 'for _ in range($1 * 500000): pass'"; }

# three times the work is some twice as long with the start of the interpreter; of 12 pairs two may
# lie the wrong way on a busy machine
check_status "more work" 0 "$HWPROF" compare -r 12 --json -o "$tmp/json" "$(work 3)" "$(work 9)"
check "A is faster" is "$(json "$tmp/json" "d['conclusion']['result']")" a-faster
check "by how much" is "$(json "$tmp/json" \
	"1.3 < d['rows'][0]['ratio']['estimate'] < 5")" True
check_status "and the other way" 0 "$HWPROF" compare -r 12 -o "$tmp/text" "$(work 9)" "$(work 3)"
check "the sentence" grep -qE \
	'B is [0-9.]+x faster than A \(95 % confidence: [0-9.]+ to [0-9.]+\); the difference is' \
	<(tr '\n' ' ' <"$tmp/text")

# the same command twice: claimed to differ in one comparison of 20, so in three of three with a
# probability of 1.3e-4
shown=0
for _ in 1 2 3; do
	"$HWPROF" compare -r 8 --json -o "$tmp/json" "$(work 1)" "$(work 1)"
	[ "$(json "$tmp/json" "d['conclusion']['result']")" = no-difference-shown ] && break
	shown=$((shown + 1))
done
check "the same is not claimed to differ" [ $shown -lt 3 ]
check "what would have been seen is said" is "$(json "$tmp/json" \
	"d['conclusion']['detectable'] > 0 and 'most likely' in d['conclusion']['sentence']")" True

# JSON: each row has its figures, the budget sums to the wall time in each run
"$HWPROF" compare -r 6 -w 0 --json -o "$tmp/json" 'sleep 0.02' "$(work 2)"
check "the rows" is "$(json "$tmp/json" "sorted({'wall', 'user', 'sys', 'CPUs used', 'max RSS',
	'minor faults', 'major faults'} - {r['name'] for r in d['rows'] if not r['budget']})")" "[]"
check "six values each" is "$(json "$tmp/json" \
	"{len(r[s]['values']) for r in d['rows'] for s in 'ab'}")" "{6}"
check "the budget sums to the wall time in each run" is "$(json "$tmp/json" \
	"all(abs(sum(r[s]['values'][i] for r in d['rows'] if r['budget']) -
	         d['rows'][0][s]['values'][i]) < 1e-6 for s in 'ab' for i in range(6))")" True
check "the verdicts differ" is "$(json "$tmp/json" "d['a']['verdict'] != 'cpu' == d['b']['verdict']")" True
check "the order of each pair" is "$(json "$tmp/json" "len(d['order']), set(d['order']) <= {'AB', 'BA'}")" \
	"(6, True)"

# the order is drawn: 20 pairs are all alike once in 500,000 times
"$HWPROF" compare -r 20 -w 0 --json -o "$tmp/json" "sh -c 'echo a >>$tmp/runs'" "sh -c 'echo b >>$tmp/runs'"
check "each runs so often" is "$(grep -c a "$tmp/runs") $(grep -c b "$tmp/runs")" "20 20"
check "the order was as reported" is "$(paste -sd '' "$tmp/runs")" \
	"$(json "$tmp/json" "''.join(d['order']).lower()")"
check "and is drawn" is "$(json "$tmp/json" "len(set(d['order']))")" 2

# words as the shell would split them; the shell for the rest; warm-up; no stdin
"$HWPROF" compare -r 1 -w 2 -o "$tmp/text" "python3 -c 'import sys; open(sys.argv[1], \"a\").write(\"x\")' '$tmp/my file'" \
	"echo y >>'$tmp/my file' && wc -c >>'$tmp/read'" <<<"input"
check "warm-up runs, words and the shell" is "$(tr -d '\n' <"$tmp/my file" | fold -w1 | sort | paste -sd '')" xxxyyy
check "no input" is "$(tr '\n' ' ' <"$tmp/read")" "0 0 0 "
check_text "the shell is named" "$tmp/text" "(by sh)"
check_text "one pair shows nothing" "$tmp/text" "1 pair cannot show whether there is a difference: "

# output: discarded, or shown, and never in the report
check_status "output" 0 "$HWPROF" compare -r 2 -w 0 'echo one' 'ls /no/such/file; :'
check "stdout is empty" is "$(cat "$tmp/out")" ""
check "stderr is the report" is "$(grep -c 'No such file' "$tmp/err")" 0
check_text "the report is on stderr" "$tmp/err" "hwprof compare: 2 pairs"
check_status "--show-output" 0 "$HWPROF" compare -r 2 -w 0 --show-output -o "$tmp/text" 'echo one' 'echo two >&2'
check "its stdout" is "$(paste -sd ' ' "$tmp/out")" "one one"
check "its stderr" is "$(paste -sd ' ' "$tmp/err")" "two two"
check "a file has no colour" is "$(grep -c $'\033' "$tmp/text")" 0
if command -v script >/dev/null; then
	env -u NO_COLOR TERM=xterm script -qec "'$HWPROF' compare -r 2 -w 0 true true" /dev/null </dev/null >"$tmp/out"
	check "a terminal has colour" grep -q $'\033\[33m' "$tmp/out"
	env NO_COLOR=1 TERM=xterm script -qec "'$HWPROF' compare -r 2 -w 0 -o /dev/stderr true true" /dev/null </dev/null >"$tmp/out"
	check "NO_COLOR is obeyed" is "$(grep -c $'\033\[3[0-9]m' "$tmp/out")" 0
fi

# a command that fails is named, and ends it; pairs that were whole are reported
check_status "a failing command" 3 "$HWPROF" compare -w 0 true 'exit 3'
check_text "is named" "$tmp/err" "command B, 'exit 3', ended with exit status 3"
echo 0 >"$tmp/n"
check_status "one that fails later" 4 "$HWPROF" compare -w 0 -r 9 -o "$tmp/text" true \
	"n=\$(cat '$tmp/n'); echo \$((n + 1)) >'$tmp/n'; [ \$n = 7 ] && exit 4; :"
check_text "the whole pairs are reported" "$tmp/text" "7 pairs of runs in random order (of 9)"
check_status "-i" 0 "$HWPROF" compare -i -r 6 -w 0 -o "$tmp/text" 'exit 3' 'kill -9 $$'
check_text "-i counts the failures" "$tmp/text" "6 of 6 runs failed, the first with exit status 3"
check_text "death by signal" "$tmp/text" "6 of 6 runs failed, the first with exit status 137"
check_status "no such command" 127 "$HWPROF" compare true no-such-command-here
check_text "it is named" "$tmp/err" "cannot run 'no-such-command-here'"

# Ctrl-C: what there is is reported
python3 - "$HWPROF" compare -r 100 -w 0 -o "$tmp/text" 'sleep 0.05' 'sleep 0.05' 2>"$tmp/err" <<'PY'
import signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[1:], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(3)
p.send_signal(signal.SIGINT)
sys.exit(p.wait())
PY
check "SIGINT ends it" is "$?" 130
check_text "the report comes" "$tmp/text" " pairs of runs in random order (of 100)"
check_text "and says so" "$tmp/err" "stopped by signal 2"
python3 - "$HWPROF" compare -i -r 100 -w 0 -o "$tmp/text" 'sleep 0.01' \
	'trap "exit 0" TERM; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; done' 2>/dev/null <<'PY'
import subprocess, sys, time
p = subprocess.Popen(sys.argv[1:])
time.sleep(1)
p.terminate()
sys.exit(p.wait())
PY
check "a command that ends well at a signal does not go on" is "$?" 143

# bad input
check_status "one command" 125 "$HWPROF" compare true
check_status "three commands" 125 "$HWPROF" compare true true true
check_text "says how" "$tmp/err" "quote each as one"
check_status "an empty command" 125 "$HWPROF" compare true ' '
check_status "an open quote" 125 "$HWPROF" compare true "echo 'a"
check_text "the command is shown" "$tmp/err" "echo 'a"
for n in 0 -1 1001 x 6.5; do
	check_status "-r $n" 125 "$HWPROF" compare -r "$n" true true
done
check_status "-w x" 125 "$HWPROF" compare -w x true true
check_status "an unknown option" 125 "$HWPROF" compare --nonesuch true true
check_status "an output that cannot be written" 125 "$HWPROF" compare -o "$tmp/no/file" "touch $tmp/ran" true
check "nothing ran then" [ ! -e "$tmp/ran" ]
check_status "a full disk" 125 "$HWPROF" compare -r 1 -w 0 -o /dev/full true true
check_status "--help works" 0 "$HWPROF" compare --help

# without privileges
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp "$HWPROF" "$tmp/hwprof" && chmod 755 "$tmp" "$tmp/hwprof"
	check_status "as nobody" 0 setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$tmp/hwprof" compare -r 2 --json true 'sleep 0.01'
	check "nobody gets times and a verdict" is "$(json "$tmp/err" \
		"d['rows'][0]['a']['mean'] > 0 and d['b']['verdict'] is not None")" True
fi
finish
