#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Python stacks, frame by frame: what the program itself saw with sys._getframe(), deep recursions,
# and the order of Python and C, on every interpreter that can be found. ONLY="COMMAND", a line
# each, runs only these.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pythons.sh"
need_root
export PYTHONDONTWRITEBYTECODE=1
command -v zstd >/dev/null || skip "zstd is not installed"
programs=$SOURCE/tests/workloads
checks=$SOURCE/tests/e2e

# where_it_sees COMMAND: how this interpreter names the folder of the programs and their library,
# which are copied to where it can see them
where_it_sees() {
	local dir=$tmp/programs
	case $1 in chroot\ *) dir=${1#chroot } dir=${dir%% *}/tmp/hwprof ;; esac
	mkdir -p "$dir"
	cp "$programs"/*.py "$WORKLOADS/nest_lib.so" "$dir/"
	case $1 in chroot\ *) echo /tmp/hwprof ;; *) echo "$dir" ;; esac
}

# record COMMAND PROGRAM [ARGUMENT...]: into $tmp/p, what the program prints into $tmp/truth
record() {
	# shellcheck disable=SC2086 # a command is several words
	$HWPROF record -q -g -F 997 -o "$tmp/p" $1 -B "$folder/$2" "${@:3}" >"$tmp/truth"
}

# recorded WHAT COMMAND PROGRAM [ARGUMENT...]: false when this Python lacks what it takes
recorded() {
	echo "  $1"
	if record "${@:2}" 2>"$tmp/err"; then ok; return 0; fi
	if grep '^no .* in this Python' "$tmp/err"; then return 1; fi
	bad "recording: $1 of $2"
	cat "$tmp/err"
	return 1
}

# frames WHAT COMMAND PROGRAM [ARGUMENT...]: its stacks are those that it wrote down
frames() {
	recorded "$@" || return
	check "$1 of $2" python3 "$checks/check_frames.py" "$tmp/truth" "$tmp/p"
}

nest() {
	recorded "order of Python and C" "$1" nest_python.py "$folder/nest_lib.so" 0.6 || return
	check "order of Python and C on $1" python3 "$checks/check_nest.py" "$tmp/p"
}

while read -r py <&3; do
	[ -n "$py" ] || continue
	echo "$py"
	folder=$(where_it_sees "$py")
	frames "every kind of call" "$py" frames_phases.py 0.04
	frames "900 Python frames" "$py" deep_python.py python 900 0.4
	frames "Python and C in turn" "$py" deep_python.py callbacks 900 0.4
	frames "subinterpreter" "$py" frames_subinterpreter.py
	nest "$py"
done 3<<<"${ONLY-$(every_python)}"
[ $((passed + failed)) -gt 0 ] || skip "no CPython here"
finish
