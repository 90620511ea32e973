#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every command once under valgrind: what ASan cannot see, uninitialized memory above all.
. "$(dirname "$0")/lib.sh"
need_root
command -v valgrind >/dev/null || skip "valgrind is not installed"
nm "$HWPROF" 2>/dev/null | grep -q __asan_init && skip "a sanitized build cannot run under valgrind"
py=$(pythons 3.11 3.12 3.13 | head -1)
[ -n "$py" ] || skip "no CPython 3.11, 3.12 or 3.13 here"
shares=$SOURCE/tests/workloads/shares.py
# what it says of bpf(2) commands and system calls that are newer than it; those fail with ENOSYS, so
# that hwprof takes another way (430 is fsopen(2), where tracefs is not mounted as yet)
unknown_to_it='^--[0-9]+-- (WARNING: unhandled (eBPF command|[a-z0-9-]+ syscall):? |You may be able to write your own handler|Read the file README_MISSING_SYSCALL|Nevertheless we consider this a bug|it at http)'

# under WHAT STATUS ARGUMENT...: runs hwprof so, wants this status and not a word of valgrind
under() {
	local what=$1 want=$2
	shift 2
	check_status "$what" "$want" valgrind -q --log-file="$tmp/valgrind" --error-exitcode=99 \
		--leak-check=full --errors-for-leak-kinds=definite \
		--suppressions="$SOURCE/tests/valgrind.supp" "$HWPROF" "$@"
	if grep -vE "$unknown_to_it" "$tmp/valgrind" >"$tmp/complaints"; then
		bad "$what: valgrind complains"
		head -40 "$tmp/complaints"
	fi
}

under "record" 0 record -g -e cpu-clock,page-faults -o "$tmp/p" "$py" "$shares" 0.4 threads
under "record of what cannot run" 127 record -o "$tmp/q" ./no-such-command
under "report" 0 report -i "$tmp/p"
under "report --tree" 0 report --tree -i "$tmp/p"
under "report --by line" 0 report --by line -i "$tmp/p"
under "report --json" 0 report --json -i "$tmp/p"
under "report of a file cut in its first chunk" 1 report -i <(head -c 2000 "$tmp/p")
under "boundness" 0 boundness -i "$tmp/p"
under "boundness of a command" 3 boundness sh -c 'exit 3'
under "stat" 3 stat sh -c 'exit 3'
under "stat --json of several runs" 0 stat --json -r 2 -e task-clock,page-faults:u true
under "compare" 0 compare -r 2 -w 0 true "exit 0"
under "list" 0 list cycles
under "doctor" 0 doctor
under "an unknown event" 125 stat -e cylces true
finish
