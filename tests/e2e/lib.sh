# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the end-to-end tests. HWPROF is the binary, SOURCE the tree, WORKLOADS the built C
# workloads; `check` counts, `finish` ends with the right status. What a run had to say goes to the
# end of the file TEST_LOG, if that is set, for tests/summary.sh.
set -u
: "${HWPROF:?}" "${SOURCE:?}"
tmp=$(mktemp -d)
passed=0 failed=0
export NOTES=$tmp/notes # a line each: "failed", "unjudged", "skipped" or "end", a tab, what
: >"$NOTES"
test_log=${TEST_LOG:-/dev/null}
unset TEST_LOG
log_notes() { sed "s/^/e2e_$(basename "$0" .sh)\t/" "$NOTES" >>"$test_log"; }

# BRIEF=1 is for emulated machines (tests/vm), where programs run 10 times slower and start 50 times
# slower: of each kind one case, and programs that run $SLOW times longer than on real hardware, so
# that what they do outweighs their start. What is not needed there comes after end_of_brief, or
# behind `full &&`.
# ONE_COST=1: each instruction takes as long as any other, so nothing is bound by memory.
# without_cost CLASS: whether that can show in no program here
without_cost() { [ -n "${ONE_COST-}" ] && [ "$1" = memory ]; }
full() { [ -z "${BRIEF-}" ]; }
slow=${SLOW:-1}

# pause SECONDS: sleeps so long, times $slow
pause() {
	local i
	for ((i = 0; i < slow; i++)); do sleep "$1"; done
}

mkfifo "$tmp/ask" "$tmp/answer"
python3 "$SOURCE/tests/e2e/answers.py" "$tmp/ask" "$tmp/answer" </dev/null >/dev/null &
answers=$!
disown
trap 'note end "status $?, $passed passed, $failed failed"; log_notes
kill $answers $(jobs -p) 2>/dev/null; rm -rf "$tmp"' EXIT

note() { printf '%s\t%s\n' "$1" "${2//[$'\t\n']/ }" >>"$NOTES"; }
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); note failed "$*"; printf 'FAILED: %s\n' "$*"; }

# unjudged WHAT WHY: what cannot be judged here, by something that was measured or is missing. It is
# counted, and named again in the summary. (notes.py does the same.)
unjudged() { note unjudged "$1: $2"; printf 'not judged here: %s: %s\n' "$1" "$2"; }

# check WHAT COMMAND...: the command must succeed
check() {
	local what=$1
	shift
	if "$@"; then ok; else bad "$what"; fi
}

# check_status WHAT WANTED COMMAND...: its exit status must be WANTED; output in $tmp/out and $tmp/err
check_status() {
	local what=$1 want=$2 got=0
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" || got=$?
	if [ "$got" = "$want" ]; then ok; else
		bad "$what: exit status $got, not $want"
		sed 's/^/    /' "$tmp/err" | head -20
	fi
}

# check_text WHAT FILE TEXT: the file must contain the text
check_text() {
	if grep -qF -- "$3" "$2"; then ok; else
		bad "$1: no '$3' in:"
		sed 's/^/    /' "$2" | head -20
	fi
}

# json FILE EXPRESSION: prints a Python expression over the object d of the file
json() {
	kill -0 $answers 2>/dev/null || return
	printf '%s\0%s' "$1" "$2" >"$tmp/ask"
	echo "$(<"$tmp/answer")"
}

# verdict_is CLASS: of $tmp/json, a page of stat or boundness. Where others had the CPUs for a tenth
# of the time or more, "cpu" is right for any command; what is judged then is the rest of its time.
verdict_is() {
	local got
	got=$(json "$tmp/json" "d['verdict']['class']")
	[ "$got" != "$1" ] || return 0
	echo "    '$got', not '$1', by $(json "$tmp/json" "{r['class']: round(r['share'], 3) for r in d['budget']}")"
	[ "$got" = cpu ] && [ "$(json "$tmp/json" "(lambda g, s: s >= 0.1 and max(g, key=g.get) == '$1')(
		{name: sum(r['seconds'] for r in d['budget'] if r['class'] in classes) for name, classes in dict(
			cpu=('user', 'kernel'), memory=('memory-stall', 'page-faults'), idle=('sleep', 'idle'),
			io=('kernel-io', 'disk', 'io-wait', 'network', 'pipe')).items()},
		sum(r['share'] for r in d['budget'] if r['class'] == 'starved'))")" = True ]
}

# few: of the lines on stdin all; with FEW=1 every fourth, and the last
few() {
	if [ -n "${FEW-}" ]; then
		awk '{ line = $0 } NR % 4 == 1 { print; line = "" } END { if (line) print line }'
	else
		cat
	fi
}

# pythons MINOR...: the interpreters of those versions that can be found: the system's, pyenv's
pythons() {
	local root='' v p
	! full || root=$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")
	for v in "$@"; do
		for p in "/usr/bin/python$v" "$root"/versions/"$v".*/bin/python3; do
			[ -x "$p" ] && echo "$p"
		done
	done
}

skip() { note skipped "$*"; echo "SKIPPED: $*"; exit 77; }
need_root() { [ "$(id -u)" = 0 ] || skip "needs root, or CAP_BPF and CAP_PERFMON"; }

finish() {
	echo "$passed passed, $failed failed, $(grep -c '^unjudged' "$NOTES") not judged here"
	[ "$failed" = 0 ]
}
end_of_brief() { full || { finish; exit; }; }
