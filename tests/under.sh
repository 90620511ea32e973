#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# under.sh CONDITION COMMAND...: runs it on a machine that is not as tests like it:
#
#   quiet    as it is
#   pinned   on one CPU
#   loaded   each CPU has a program that computes, at the same priority
#   quota    half a CPU in all, by a cgroup of version 1 or 2, which COMMAND's processes are in
#
# Exit status: COMMAND's, or 77 where the condition cannot be had.
set -u
condition=${1-}
shift || { sed -n '3,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
burners=() group=""

# The processes of a cgroup are gone a moment after the last of them was waited for.
at_end() {
	[ ${#burners[@]} = 0 ] || kill "${burners[@]}" 2>/dev/null
	[ -n "$group" ] || return
	echo $$ >"${group%/*}/cgroup.procs"
	for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$group" 2>/dev/null && return; sleep 0.2; done
	echo "under.sh: $group is left" >&2
}
trap at_end EXIT
trap 'exit 130' INT TERM

# half_a_cpu: makes the cgroup, with us in it
half_a_cpu() {
	local root=/sys/fs/cgroup/cpu
	if [ -e $root/cpu.cfs_quota_us ] || [ -e $root/cgroup.procs ]; then
		mkdir "$root/hwprof-under-$$" || return
		group=$root/hwprof-under-$$
		echo 100000 >"$group/cpu.cfs_period_us" && echo 50000 >"$group/cpu.cfs_quota_us"
	else
		root=/sys/fs/cgroup
		echo +cpu >$root/cgroup.subtree_control 2>/dev/null
		mkdir "$root/hwprof-under-$$" || return
		group=$root/hwprof-under-$$
		echo "50000 100000" >"$group/cpu.max"
	fi && echo $$ >"$group/cgroup.procs"
}

case $condition in
quiet) "$@" ;;
pinned)
	cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
	taskset -c "$cpu" "$@" ;;
loaded)
	for _ in $(seq "$(nproc)"); do
		sh -c 'while kill -0 '$$' 2>/dev/null; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done' &
		burners+=($!)
	done
	"$@" ;;
quota)
	half_a_cpu || { echo "under.sh: no cgroup with a CPU quota can be made here" >&2; exit 77; }
	"$@" ;;
*) echo "under.sh: no condition '$condition'" >&2; exit 2 ;;
esac
