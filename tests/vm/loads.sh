#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every BPF program that this kernel's features ask for passes its verifier: of the sampler, with
# stacks and with page faults, and of the scheduler's account. Prints those that were left out.
. "$(dirname "$0")/../e2e/lib.sh"
need_root

# libbpf's own log tells each program that it loads, leaves out, or sees refused
loads() {
	local what=$1
	shift
	HWPROF_DEBUG=1 "$HWPROF" "$@" >"$tmp/log" 2>&1
	check "$what ends well" [ $? = 0 ]
	check "$what loads BPF programs" grep -q 'libbpf: .*prog ' "$tmp/log"
	sed -n "s/.*prog '\([^']*\)': BPF program load failed/\1/p" "$tmp/log" | sort -u >"$tmp/refused"
	check "$what: refused are $(xargs <"$tmp/refused")" [ ! -s "$tmp/refused" ]
	if [ -s "$tmp/refused" ]; then grep -B40 'END PROG LOAD LOG' "$tmp/log" | cut -c1-300; fi
	echo "$what: left out: $(sed -n "s/.*prog '\([^']*\)': skipped loading/\1/p" "$tmp/log" | sort -u | xargs)"
}
loads "record -g" record -g -e cpu-clock,page-faults -o "$tmp/p" true
loads "stat" stat -o "$tmp/text" true

"$HWPROF" doctor --json >"$tmp/doctor"
for name in BTF BPF scheduler; do
	row="next(c for c in d['checks'] if c['name'] == '$name')"
	echo "$name: $(json "$tmp/doctor" "${row}['status'] + ', ' + ${row}['value']")"
	check "doctor: $name" [ "$(json "$tmp/doctor" "${row}['status'] in ('ok', 'limited')")" = True ]
done
check "the wall budget is measured, not estimated" grep -q '(by bpf)\|(by hardware)' "$tmp/text"
finish
