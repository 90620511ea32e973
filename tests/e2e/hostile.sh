#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Programs that forge what a profiler reads: it neither crashes nor hangs nor grows, its exit status
# is theirs, and what can be known of them is known.
. "$(dirname "$0")/lib.sh"
need_root
cd "${WORKLOADS:?}" || exit 1
[ -x ./hostile_python ] || skip "the hostile programs were not built"
[ "$(uname -m)" = x86_64 ] || skip "the hostile programs have machine code of x86-64"
seconds=0.7
max_rss=400000 # KiB, far above what an honest program takes
nm "$HWPROF" 2>/dev/null | grep -q __asan_init && max_rss=1500000

# clean FILE: no word of a sanitizer
clean() { ! grep -E 'AddressSanitizer|LeakSanitizer|runtime error' "$1"; }

# in_functions FUNCTION SHARE: so much of $tmp/report that is not the kernel's, in which are also our own
# walks when others want the CPUs, for each is a switch then; but most is not the kernel's
in_functions() {
	[ "$(json "$tmp/report" "(lambda user: d['samples'] > 200 and 2 * user > d['samples'] and $2 * user <= \
sum(f['self'] for f in d['functions'] if __import__('re').fullmatch(r'$1', f['name'])))(\
sum(f['self'] for f in d['functions'] if f['kind'] != 'kernel'))")" = True ] || {
		json "$tmp/report" "[(f['name'], f['kind'], f['self']) for f in d['functions'][:8]]"
		return 1
	}
}

# survives WHAT SHARE FUNCTION COMMAND...: recorded and reported; SHARE of the samples or more are in
# FUNCTION, a regular expression
survives() {
	local what=$1 share=$2 function=$3
	shift 3
	check_status "record of $what" 0 timeout -s KILL 60 /usr/bin/time -f %M -o "$tmp/rss" \
		$HWPROF record -q -g -F 1997 -o "$tmp/p" "$@"
	local of_main
	of_main=$(sed -n 's/^main thread: //p' "$tmp/out") # of the CPU time, where it has other threads
	share=$(awk "BEGIN { print $share * ${of_main:-1} }")
	check "record of $what is clean" clean "$tmp/err"
	check "record of $what stays small: $(tail -1 "$tmp/rss") KiB" \
		[ "$(tail -1 "$tmp/rss")" -le $max_rss ]
	check_status "report of $what" 0 timeout -s KILL 60 $HWPROF report --json --native-all -i "$tmp/p"
	mv "$tmp/out" "$tmp/report"
	check "report of $what is clean" clean "$tmp/err"
	check "$share of the samples of $what are in $function" in_functions "$function" "$share"
	check_status "tree of $what" 0 timeout -s KILL 60 $HWPROF report --tree -i "$tmp/p"
	check "tree of $what is clean" clean "$tmp/err"
	echo "$what: $(json "$tmp/report" "d['samples']") samples, $(tail -1 "$tmp/rss") KiB"
}

# forged: how often the report has the forged frame
forged() {
	json "$tmp/report" "sum(f['total'] for f in d['functions'] if f['name'] == 'forged_frame')"
}

for what in good self loop threads interpreters wild counts lines change; do
	survives "forged Python, $what" 0.9 burn ./hostile_python $seconds $what
	case $what in
	good | self | loop) check "the forged frame is shown, $what" [ "$(forged)" -gt 200 ] ;;
	esac
done
survives "forged offsets" 0.9 burn ./hostile_offsets $seconds good
check "no frame by forged offsets" [ "$(forged)" = 0 ]

survives "frame pointers that lead nowhere, and a perf map of garbage" 0.9 \
	'\[unknown\]|everything|overlaps_.*' ./hostile_jit $seconds
survives "broken ELF files" 0.5 '\[unknown\]' \
	./hostile_elf $seconds ./native_dl_first.so "$tmp/broken.so"
finish
