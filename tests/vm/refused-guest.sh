#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What only another kernel can refuse: perf_event_paranoid 3 and 4 of Debian and Ubuntu, kptr_restrict,
# lockdown, memory that BPF must lock, a PMU with too few counters, samples that are throttled. Runs in
# a guest of vmtest or vmtest-arm64, whose sysctls it sets; elsewhere it skips those parts aloud.
#	HWPROF=... TOOLS=... SOURCE=... refused-guest.sh [PART...]	(default: all of them)
. "${SOURCE:?}/tests/e2e/lib.sh"
need_root
refuse=${TOOLS:?}/tool_refuse
cp "$HWPROF" "$tmp/hwprof"
chmod 755 "$tmp" "$tmp/hwprof"
mkdir -m 777 "$tmp/w"
cd "$tmp/w" || exit 1
burn='i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done; exit 3'
said() { echo "SKIPPED PART: $*"; }
sysctl_of() { cat "/proc/sys/kernel/$1"; }
in_guest() { [ -n "${VMTEST_OUT-}" ]; }
user() { "$refuse" -u 65534 "$@"; }

paranoid() {
	in_guest || { said "paranoid: sets kernel.perf_event_paranoid, which is for guests"; return; }
	local level
	for level in 3 4; do
		echo $level >/proc/sys/kernel/perf_event_paranoid
		check_status "stat at paranoid $level" 3 user "$tmp/hwprof" stat --json -- sh -c "$burn"
		mv "$tmp/err" "$tmp/out"
		if [ "$(json "$tmp/out" "d['counters'][0]['status']")" = ok ]; then
			said "paranoid $level: this kernel has not the patch that forbids all events"
			continue
		fi
		check "stat at paranoid $level names the sysctl, its value and the remedies" [ "$(json "$tmp/out" \
			"all('kernel.perf_event_paranoid is $level,' in c['reason'] and 'sysctl kernel.perf_event_paranoid=1' \
in c['reason'] for c in d['counters'])")" = True ]
		check "stat at paranoid $level has times and a verdict" [ "$(json "$tmp/out" \
			"d['wall_s'] > 0 and d['verdict'] is not None")" = True ]
		check_status "record at paranoid $level" 125 user "$tmp/hwprof" record -o p -- touch ran
		check_text "record at paranoid $level" "$tmp/err" "kernel.perf_event_paranoid is $level,"
		check "record at paranoid $level does not run the command" [ ! -e ran ]
		check_status "doctor at paranoid $level" 1 user "$tmp/hwprof" doctor
		check_text "doctor at paranoid $level" "$tmp/out" \
			"$level (Debian, Ubuntu): users may count nothing"
		user -k perfmon,bpf "$tmp/hwprof" stat -e task-clock -- sh -c "$burn" >"$tmp/out" 2>&1
		if grep -q '<not permitted>' "$tmp/out"; then # Debian's kernels to 6.12 at least
			check_text "CAP_PERFMON at paranoid $level" "$tmp/out" "CAP_PERFMON is not enough; \`sysctl kernel.perf_event_paranoid=2\`"
			user -k perfmon,bpf "$tmp/hwprof" doctor >"$tmp/out"
			check_text "doctor with CAP_PERFMON at paranoid $level" "$tmp/out" \
				"$level (Debian, Ubuntu): nothing may be counted without CAP_SYS_ADMIN"
		fi
		check_status "root at paranoid $level" 3 "$tmp/hwprof" stat --json -- sh -c "$burn"
		mv "$tmp/err" "$tmp/out"
		check "root counts at paranoid $level" [ "$(json "$tmp/out" "d['counters'][0]['value'] > 0")" = True ]
	done
	echo 2 >/proc/sys/kernel/perf_event_paranoid
}

kptr() {
	in_guest || { said "kptr: sets kernel.kptr_restrict, which is for guests"; return; }
	local level
	for level in 1 2; do
		echo $level >/proc/sys/kernel/kptr_restrict
		"$tmp/hwprof" doctor >"$tmp/root"
		user -k perfmon,bpf "$tmp/hwprof" doctor >"$tmp/user"
		check_text "a user at kptr_restrict $level" "$tmp/user" "$level; kernel frames have no names"
		[ $level = 1 ] && check_text "root at kptr_restrict 1" "$tmp/root" "1; kernel addresses are shown"
	done
	check_text "root at kptr_restrict 2" "$tmp/root" "2; kernel frames have no names"
	check_text "root at kptr_restrict 2 has the fix" "$tmp/root" "fix: sysctl kernel.kptr_restrict=1"
	if grep -q '^BPF  *ok' "$tmp/root"; then
		check_status "record at kptr_restrict 2" 3 "$tmp/hwprof" record -g -o p -- sh -c "$burn"
		check_text "record at kptr_restrict 2" "$tmp/err" \
			"kernel frames will have no names; sysctl kernel.kptr_restrict=1"
	fi
	echo 0 >/proc/sys/kernel/kptr_restrict
}

# Memory of maps was locked memory before Linux 5.11; later kernels do not ask.
memlock() {
	prlimit --memlock=65536 "$refuse" -u 65534 -k perfmon,bpf "$tmp/hwprof" \
		record -g -o p -- sh -c "$burn" >"$tmp/out" 2>"$tmp/err"
	case $? in
	3) ok ;;
	125) if grep -q "locked memory" "$tmp/err"; then
			check_text "locked memory" "$tmp/err" "the limit is 64 KiB; raise it with \`ulimit -Hl"
		elif "$tmp/hwprof" doctor | grep -q '^BPF  *missing'; then
			said "memlock: BPF does not work here at all"
		else
			bad "locked memory: $(cat "$tmp/err")"
		fi ;;
	*) bad "locked memory: $(cat "$tmp/err")" ;;
	esac
}

# A PMU with six counters and exact periods, as the arm64 guest has: more events than counters are
# scaled, and samples beyond the limit of their rate are throttled; both are said.
pmu() {
	local events=instructions,cycles n
	in_guest || { said "pmu: sets kernel.perf_event_max_sample_rate, which is for guests"; return; }
	"$tmp/hwprof" stat -e cycles,instructions --json -- true 2>"$tmp/out"
	[ "$(json "$tmp/out" "d['counters'][1]['status']")" = ok ] || { said "pmu: there is none"; return; }
	for n in 1 2 3 4 5 6 7 8 9; do events+=",instructions:u"; done
	check_status "more events than counters" 3 "$tmp/hwprof" stat -e $events -- sh -c "$burn"
	if grep -q 'scaled up from that' "$tmp/err"; then ok; else
		bad "eleven events are not said to share counters: $(cat "$tmp/err")"
	fi
	[ "$(json "$tmp/out" "d['counters'][0]['value'] > 0")" = True ] || { said "pmu: cycles stay 0"; return; }
	echo 2000 >/proc/sys/kernel/perf_event_max_sample_rate
	check_status "record beyond the limit" 3 "$tmp/hwprof" record -e cycles -c 1000 -o p -- sh -c "$burn"
	check_text "record tells of throttling" "$tmp/err" "throttled by kernel.perf_event_max_sample_rate"
	check_status "report of throttled samples" 0 "$tmp/hwprof" report -i p
	grep -q "cycles was throttled: about" "$tmp/out" "$tmp/err" || bad "report does not tell of throttling"
	echo 100000 >/proc/sys/kernel/perf_event_max_sample_rate
}

# There is no way back: the last part.
lockdown() {
	local file=/sys/kernel/security/lockdown level before
	in_guest || { said "lockdown: locks the kernel down, which is for guests"; return; }
	[ -e $file ] || mount -t securityfs none /sys/kernel/security 2>/dev/null
	[ -e $file ] || { said "lockdown: this kernel has none"; return; }
	"$tmp/hwprof" doctor >"$tmp/before"
	before=$?
	for level in integrity confidentiality; do
		echo $level >$file 2>/dev/null
		grep -qF "[$level]" $file || { said "lockdown: cannot be set to $level"; return; }
		"$tmp/hwprof" doctor >"$tmp/out"
		echo "lockdown=$level: doctor $? (before $before)"
		check_text "doctor under lockdown $level" "$tmp/out" "$level"
		check_status "stat under lockdown $level" 3 "$tmp/hwprof" stat -- sh -c "$burn"
		check_text "stat under lockdown $level" "$tmp/err" "verdict: "
		[ $before = 0 ] || { said "lockdown $level: record does not work here at all"; continue; }
		"$tmp/hwprof" record -g -o p -- sh -c "$burn" >"$tmp/out" 2>"$tmp/err"
		case $? in
		3) check_status "report under lockdown $level" 0 "$tmp/hwprof" report -i p ;;
		125) check_text "record under lockdown $level" "$tmp/err" "locked down (confidentiality)" ;;
		*) bad "record under lockdown $level: $(cat "$tmp/err")" ;;
		esac
		[ $level = integrity ] &&
			check_status "integrity forbids nothing" 0 "$tmp/hwprof" doctor
	done
	return 0
}

parts=("$@")
[ $# -gt 0 ] || parts=(paranoid kptr memlock pmu lockdown)
for part in "${parts[@]}"; do "$part"; done
finish
