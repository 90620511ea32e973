#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# perf_event_open(2) and bpf(2) refused, as by containers, and rights that are missing: each command says
# what was refused, why, and what helps; does what can be done; and keeps the exit status.
. "$(dirname "$0")/lib.sh"
need_root
refuse=${TOOLS:?}/tool_refuse
cp "$HWPROF" "$tmp/hwprof"
chmod 755 "$tmp" "$tmp/hwprof"
mkdir -m 777 "$tmp/w"
cd "$tmp/w" || exit 1
"$refuse" true || skip "tool_refuse does not run here"

# one_line WHAT TEXT...: one line of $tmp/err has all the texts
one_line() {
	local what=$1 lines
	shift
	lines=$(cat "$tmp/err")
	for text; do lines=$(grep -F -- "$text" <<<"$lines"); done
	check "$what: no line with: $*" [ -n "$lines" ]
}

# fix_of TEXT...: doctor's JSON has a gap whose value has all the texts, and a fix
fix_of() {
	local what="$*" rows=""
	for text; do rows+="'$text' in c['value'] and "; done
	check "doctor has a row of $what" [ "$(json "$tmp/out" "any($rows c['fix'] for c in d['checks'])")" = True ]
}

# stat_works WHAT: what needs neither call is there, in $tmp/out
stat_works() {
	check "$1: times and verdict are there" [ "$(json "$tmp/out" "d['exit_status'] == 3 and \
d['wall_s'] > 0 and d['user_s'] > 0 and d['verdict'] is not None and len(d['budget']) > 0")" = True ]
}

# not_recorded WHAT TEXT...: record, record -g and boundness refuse to begin, in one line with the texts
not_recorded() {
	local what=$1 how
	shift
	for how in "record -q -o p" "record -g -o p" boundness; do
		rm -f p ran
		# shellcheck disable=SC2086 # words
		check_status "$how, $what" 125 "${as[@]}" "$tmp/hwprof" $how -- touch ran
		one_line "$how, $what" "hwprof: cannot " "$@" "\`hwprof stat\` still tells"
		check "$how, $what: the command did not run unwatched" [ ! -e ran ]
		check "$how, $what: there is no profile" [ ! -e p ]
	done
}

burn='i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exit 3'

# Where nothing tells of the end of a process, it is asked for: also of one that hwprof did not start.
as=("$refuse" -r pidfd_open=EPERM)
check_status "stat, pidfd EPERM" 3 "${as[@]}" "$tmp/hwprof" stat -- sh -c "$burn"
sleep 1 &
check_status "stat -p, pidfd EPERM" 0 timeout 60 "${as[@]}" "$tmp/hwprof" stat -p $!
check_status "stat -p of one that has gone, pidfd EPERM" 125 "${as[@]}" "$tmp/hwprof" stat -p $!

for error in EACCES EPERM ENOENT EOPNOTSUPP ENOSYS EINVAL; do
	as=("$refuse" -r "perf_event_open=$error")
	cause="is refused ($error) by a seccomp filter on perf_event_open(2)"
	check_status "stat, perf $error" 3 "${as[@]}" "$tmp/hwprof" stat --json -- sh -c "$burn"
	mv "$tmp/err" "$tmp/out"
	stat_works "stat, perf $error"
	check "stat, perf $error: each counter has its reason" [ "$(json "$tmp/out" \
		"all(c['value'] is None and '''$cause''' in c['reason'] for c in d['counters'])")" = True ]
	check "stat, perf $error: the budget is measured all the same" [ "$(json "$tmp/out" \
		"'wall_reason' not in d and d['wall'] is not None")" = True ]
	not_recorded "perf $error" "cpu-clock $cause" "--security-opt seccomp="
	check_status "doctor, perf $error" 1 "${as[@]}" "$tmp/hwprof" doctor --json
	fix_of "cpu-clock $cause"
	fix_of "a filter is on hwprof, and perf_event_open(2) is refused"

	as=("$refuse" -r "bpf=$error")
	cause="bpf(2) is refused ($error) by a seccomp filter"
	check_status "stat, bpf $error" 3 "${as[@]}" "$tmp/hwprof" stat --json -- sh -c "$burn"
	mv "$tmp/err" "$tmp/out"
	stat_works "stat, bpf $error"
	check "stat, bpf $error: the budget is estimated, and why" [ "$(json "$tmp/out" \
		"d['wall'] is None and '''$cause''' in d['wall_reason']")" = True ]
	check "stat, bpf $error: counters work" [ "$(json "$tmp/out" \
		"d['counters'][0]['event'] == 'task-clock' and d['counters'][0]['value'] > 0")" = True ]
	not_recorded "bpf $error" "$cause" "--security-opt seccomp="
	check_status "doctor, bpf $error" 1 "${as[@]}" "$tmp/hwprof" doctor --json
	fix_of "$cause"
	fix_of "the wall budget is estimated: $cause"
	[ -n "${FEW-}" ] && [ $error = EPERM ] && break
done

# In text: once for all events, and beside the budget.
check_status "stat in text" 3 "$refuse" -r bpf=EPERM -r perf_event_open=ENOSYS "$tmp/hwprof" \
	stat -- sh -c "$burn"
check "one reason for all events" [ "$(grep -c 'by a seccomp filter on perf' "$tmp/err")" = 1 ]
one_line "the note" "note:  the budget is estimated: bpf(2) is refused (EPERM)"

# Files run out for each by itself.
check_status "stat, perf EMFILE" 3 "$refuse" -r perf_event_open=EMFILE "$tmp/hwprof" stat -- sh -c "$burn"
one_line "stat, perf EMFILE" "task-clock has no open file left" "ulimit -Hn" "(also: "
check_text "stat, perf EMFILE" "$tmp/err" "verdict: "
as=("$refuse" -r perf_event_open=EMFILE)
not_recorded "perf EMFILE" "cpu-clock has no open file left" "ulimit -Hn"
as=("$refuse" -r bpf=EMFILE)
not_recorded "bpf EMFILE" "no more open files for the maps of BPF" "ulimit -Hn"

# One command of bpf(2): 0 makes maps, 28 links, without which programs are loaded in vain.
as=("$refuse" -r bpf:0=EPERM)
not_recorded "maps refused" "bpf(2) is refused (EPERM) by a seccomp filter"
check_status "doctor, maps refused" 1 "${as[@]}" "$tmp/hwprof" doctor
check_text "doctor, maps refused" "$tmp/out" "hwprof cannot record here, see BPF above"

# --- rights that are missing ---
paranoid=$(cat /proc/sys/kernel/perf_event_paranoid)

for caps in none perfmon bpf; do
	as=("$refuse" -u 65534 -k "$caps")
	case $caps in
	none) lacks="CAP_BPF and CAP_PERFMON" ;;
	perfmon) lacks=CAP_BPF ;;
	bpf) lacks=CAP_PERFMON ;;
	esac
	cause="bpf(2) is refused (EPERM) because hwprof lacks $lacks"
	check_status "stat with $caps" 3 "${as[@]}" "$tmp/hwprof" stat --json -- sh -c "$burn"
	mv "$tmp/err" "$tmp/out"
	stat_works "stat with $caps"
	check "stat with $caps: why the budget is estimated" [ "$(json "$tmp/out" \
		"'''$cause; ''' in d['wall_reason']")" = True ]
	if [ "$caps" = perfmon ] || [ "$paranoid" -le 2 ]; then
		not_recorded "with $caps" "$cause" "setcap cap_bpf,cap_perfmon"
	else
		not_recorded "with $caps" "kernel.perf_event_paranoid is $paranoid" "setcap cap_bpf,cap_perfmon"
	fi
	check_status "doctor with $caps" 1 "${as[@]}" "$tmp/hwprof" doctor --json
	fix_of "$cause"
	if [ "$caps" != perfmon ] && [ "$paranoid" -gt 1 ]; then
		fix_of "$paranoid"
	fi
done
for caps in perfmon,bpf perfmon,bpf,sys_ptrace perfmon,bpf,sys_ptrace,syslog; do
	as=("$refuse" -u 65534 -k $caps)
	rm -f p
	check_status "record -g with $caps" 3 "${as[@]}" "$tmp/hwprof" record -g -F 1997 -o p -- sh -c "$burn"
	case $caps in
	*syslog) check "kernel names are there" bash -c "! grep -q 'kernel frames will have no names' '$tmp/err'" ;;
	*) [ "$paranoid" -le 1 ] || one_line "kernel names" "kernel frames will have no names" "cap_syslog" ;;
	esac
	check_status "report of it" 0 "$tmp/hwprof" report --json -i p
	check "it has samples" [ "$(json "$tmp/out" "d['samples'] > 5")" = True ]
	check_status "doctor with $caps" 0 "${as[@]}" "$tmp/hwprof" doctor
done
# Root of a container, which has been left no rights.
as=("$refuse" -k none)
not_recorded "as root without rights" "--cap-add BPF --cap-add PERFMON"
finish
