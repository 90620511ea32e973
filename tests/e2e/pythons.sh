# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the tests that go through every CPython there is, after lib.sh.

# sid: prints a directory with Debian's newest CPythons and their debug builds to chroot into, fetched
# once; nothing when they cannot be had, or without root
sid() {
	local dir=${XDG_CACHE_HOME:-$HOME/.cache}/hwprof-tests/sid
	[ "$(id -u)" = 0 ] || return 0
	if [ ! -e "$dir/.done" ]; then
		DEBFETCH_SUITES=sid "$SOURCE/tests/debfetch" root "$(dpkg --print-architecture)" "$dir" \
			python3.14 python3.15 python3.14-dbg python3.15-dbg \
			libpython3.14-dev libpython3.15-dev >/dev/null 2>&1 || return 0
		touch "$dir/.done"
	fi
	echo "$dir"
}

# every_python: the command of each CPython 3.6 to 3.15 that can be found, one a line: the system's,
# pyenv's, and Debian's newest ones with their debug builds
every_python() {
	all_pythons | few
}

all_pythons() {
	local dir v
	pythons 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15
	dir=$(sid)
	for v in 3.14 3.14d 3.15 3.15d; do
		[ -n "$dir" ] && [ -x "$dir/usr/bin/python$v" ] && echo "chroot $dir /usr/bin/python$v"
	done
	[ -n "$dir" ] || unjudged "CPython 3.14 and 3.15" "Debian's cannot be had" >&2
}

# python_sees COMMAND FILE: prints how the interpreter of that command names the file, which is
# copied to where it can see it
python_sees() {
	local dir
	case $1 in
	chroot\ *)
		dir=${1#chroot } dir=${dir%% *}
		cp "$2" "$dir/tmp/"
		echo "/tmp/${2##*/}" ;;
	*) echo "$2" ;;
	esac
}
