#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzz targets: run.sh [SECONDS [TARGET...]], 60 seconds for each of them unless told
# otherwise. Prints a line per target. Exits with 1, and names the input, when one found something.
#
#   JOBS=N       how many at the same time (1)
#   FUZZ_DIR=DIR where the build, what was found worth keeping and the findings go
#                (~/.cache/hwprof-tests/fuzz)
#   FUZZ_ELFUTILS=DIR where an elfutils was built for fuzzing: man/hwprof-internals.7
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-60}
shift || true
dir=${FUZZ_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/hwprof-tests/fuzz}
mkdir -p "$dir"
# Of the targets and the seeds; in memory, where there is such a place.
TMPDIR=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# The size of the largest input, in bytes: what the seeds of the target need.
max_len() {
	case $1 in
	fuzz_elf | fuzz_cfi) echo 24000 ;;
	fuzz_walk | fuzz_cache) echo 20480 ;;
	fuzz_maps | fuzz_profile) echo 8192 ;;
	*) echo 4096 ;;
	esac
}

build() {
	if ! CC=clang cmake -S "$source" -B "$dir/build" -DHWPROF_FUZZ=ON \
		-DHWPROF_FUZZ_ELFUTILS="${FUZZ_ELFUTILS:-}" >"$dir/build.log" 2>&1 ||
		! cmake --build "$dir/build" --target fuzz -j "$(nproc)" >>"$dir/build.log" 2>&1; then
		tail -40 "$dir/build.log" >&2
		exit 2
	fi
	rm -rf "$dir/seeds"
	python3 "$source/tests/fuzz/seeds.py" "$dir/seeds"
}

# fuzz TARGET: one line about it; fails on a finding
fuzz() {
	local log=$dir/log/$1 found=$dir/findings/$1 status=ok input
	mkdir -p "$dir/log" "$dir/corpus/$1" "$found"
	"$dir/build/tests/fuzz/$1" -max_total_time="$seconds" -max_len="$(max_len "$1")" -timeout=20 \
		-report_slow_units=2 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$found/" \
		"$dir/corpus/$1" "$dir/seeds/$1" >"$log" 2>&1 || status="FOUND, see $log"
	input=$(sed -n "s|.*Test unit written to \($found/.*\)|\1|p" "$log" | tail -1)
	printf '%-14s %9s execs, cov %5s, slowest %s s: %s\n' "$1" \
		"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
		"$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)" \
		"$(sed -n 's/^stat::slowest_unit_time_sec: *//p' "$log")" "$status${input:+, $input}"
	[ "$status" = ok ]
}

build
if [ $# -eq 0 ]; then
	set -- "$source"/tests/fuzz/fuzz_*.c
	set -- "${@##*/}"
	set -- "${@%.c}"
fi
failed=0
for target in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-1}" ]; do wait -n || failed=1; done
	fuzz "$target" &
done
while [ -n "$(jobs -p)" ]; do wait -n || failed=1; done
exit $failed
