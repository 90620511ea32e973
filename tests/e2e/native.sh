#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole native stacks, without frame pointers: on programs built as distributions build, at least
# 99.5 % of the samples reach the code that their thread started in, and callers come in order.
# ONLY="NAME..." runs only these programs.
. "$(dirname "$0")/lib.sh"
need_root
export PYTHONDONTWRITEBYTECODE=1
cd "${WORKLOADS:?}" || exit 1
command -v zstd >/dev/null || skip "zstd is not installed"
set -f # chains are full of stars
seconds=0.7 rate=997
full || seconds=2 # hwprof is longer about the rows of a program that just started

# by_perf NAME [ARGUMENT...]: the same with perf, its samples as text in $tmp/perf; that takes its
# time, so for one variant of each program only
perf=$(full && command -v perf)
by_perf() {
	: >"$tmp/perf"
	case $1 in *_stripped | *_static | *_static_pie | *_debug | *_split) return ;; esac
	[ -n "$perf" ] || return
	"$perf" record -q -B -N --user-callchains -F $rate -e cpu-clock --call-graph dwarf -o "$tmp/perf.data" \
		"./$1" 0.4 "${@:2}" >>"$tmp/maps" 2>/dev/null
	"$perf" script -i "$tmp/perf.data" --no-inline --show-mmap-events \
		-F comm,pid,tid,ip,sym,dso >"$tmp/perf" 2>/dev/null
}
[ -n "$perf" ] || unjudged "the column of perf" "no perf"

# whole NAME "FUNCTION=CHAIN..." [ARGUMENT...]: the program's row, checked; no chains: only that
whole() {
	local name=$1 chains=$2
	shift 2
	case " ${ONLY-$name} " in *" $name "*) ;; *) return ;; esac
	[ -x "./$name" ] || { unjudged "$name" "not built"; return; }
	check_status "$name is recorded" 0 $HWPROF record -q -g --no-off-cpu -F $rate -o "$tmp/p" "./$name" $seconds "$@"
	cp "$tmp/out" "$tmp/maps"
	by_perf "$name" "$@"
	# shellcheck disable=SC2086 # one word each
	check "whole stacks of $name" python3 "$SOURCE/tests/e2e/check_native.py" \
		"$name" "$tmp/p" "$tmp/perf" $chains
	xargs -r rm -f <"$tmp/maps"
}

printf '%-26s %7s %9s %9s\n' "whole stacks" samples "hwprof %" "perf %"
chain='burn=main;saves_registers;large_frame;huge_frame;varying_frame;burn(;spin)?'
whole native_chain "$chain"
whole native_chain_stripped ""
whole native_chain_static "$chain"
whole native_chain_static_pie "$chain"
whole native_chain_debug "$chain"
whole native_chain_split "$chain"
whole native_deep 'burn=main(;descend){700};burn(;[^;]+){0,3}'
whole native_throw '.*::~Guard.*=main;catches[^;]*(;passes[^;]*){1,12};[^;]*::~Guard[^;]*(;spin[^;]*)?
	throws.*=main;catches[^;]*(;passes[^;]*){12};throws.*'
whole native_throw_stripped ""
whole native_plt_lazy 'calls=main;calls(;[^;]+)?'
whole native_plt_now 'calls=main;calls(;[^;]+)?'
interrupted='main(;work(;leaf(;spin)?)?|(;[^;]+){0,3})'
on_timer='[^;]*;on_timer(;burn(;spin)?)?'
whole native_signal "on_timer=$interrupted;$on_timer leaf=main;work;leaf(;spin)?(;$on_timer|;[^;]*)?"
whole native_signal_stripped ""
whole native_vdso 'read_clock=main;read_clock(;[^;]+){0,3}' # the vDSO names only what it exports
whole native_dl 'first_burn=main;load;run;first_enter;first_burn(;spin)?
	second_burn=main;load;run;second_enter;second_burn(;spin)?' \
	./native_dl_first.so ./native_dl_second.so
whole native_tail 'last=main;enters;last(;spin)?'
whole native_cold 'rare=main;decides(\.cold)?;rare(;spin)?'
whole native_spawn ""
whole native_threads 'burn=thread_main;works;burn(;spin)?'
whole native_threads_stripped ""
whole native_jit 'jit_inner=main;jit_outer;jit_inner'
whole native_align 'burn=main;realigned;wide_locals;burn(;spin)?'
[ $((passed + failed)) -gt 0 ] || skip "none of the programs was built"
finish
