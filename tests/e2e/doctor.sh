#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hwprof doctor: its rows, its JSON, and that its verdict agrees with what record then does.
. "$(dirname "$0")/lib.sh"

status=0
"$HWPROF" doctor >"$tmp/out" 2>"$tmp/err" || status=$?
check "the status is 0 or 1, not $status" [ "$status" -le 1 ]
check "nothing goes to stderr" [ ! -s "$tmp/err" ]
check_text "the kernel is named" "$tmp/out" "$(uname -r)"
check_text "the paranoid level is shown" "$tmp/out" "perf_event_paranoid"
if [ "$status" = 0 ]; then
	check_text "the summary says that recording works" "$tmp/out" "hwprof can record here"
else
	check_text "the summary says that recording does not work" "$tmp/out" "cannot record here, see"
	check_text "and there is a fix" "$tmp/out" "fix: "
fi
check "no colour goes into a pipe" bash -c "! grep -q $'\033' '$tmp/out'"
check "each gap has its fix" [ "$(grep -cE '^[A-Za-z_ ]+  (limited|missing) ' "$tmp/out")" = \
	"$(grep -c '^ *fix: ' "$tmp/out")" ]

json_status=0
"$HWPROF" doctor --json >"$tmp/out" || json_status=$?
check "the table and the JSON have one status" [ "$json_status" = "$status" ]
check "JSON has version 1" [ "$(json "$tmp/out" "d['version']")" = 1 ]
check "JSON rows have their keys" [ "$(json "$tmp/out" \
	"all(sorted(c) == ['fix', 'name', 'status', 'value'] for c in d['checks'])")" = True ]
check "a fix is there just where something is not ok" [ "$(json "$tmp/out" \
	"all((c['status'] == 'ok') == (c['fix'] is None) for c in d['checks'])")" = True ]
check "JSON has only the three words" [ "$(json "$tmp/out" \
	"{c['status'] for c in d['checks']} <= {'ok', 'limited', 'missing'}")" = True ]

for python in $(pythons 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13); do
	want=$("$python" -c 'import platform; print(platform.python_version())')
	check "$python is found as $want" [ "$(json "$tmp/out" \
		"any(p['version'] == '$want' and p['supported'] for p in d['pythons'])")" = True ]
done
for python in "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/2.7.*/bin/python2.7; do
	[ -x "$python" ] || continue
	check "$python is found as not supported" [ "$(json "$tmp/out" \
		"any('$(realpath "$(dirname "$python")/..")' in p['path'] and not p['supported'] for p in d['pythons'])")" = True ]
done
check "each Python comes once" [ "$(json "$tmp/out" \
	"len({p['path'] for p in d['pythons']}) == len(d['pythons'])")" = True ]

# A Python that only a process tells of: a copy outside of $PATH, not even called so.
first=$(pythons 3.11 3.12 3.13 | head -1)
if [ -n "$first" ] && ! ldd "$(realpath "$first")" | grep -q libpython; then
	cp "$(realpath "$first")" "$tmp/interpreter"
	PYTHONHOME=$("$first" -c 'import sys; print(sys.base_prefix)') \
		"$tmp/interpreter" -c 'import time; print(1, flush=True); time.sleep(60)' >"$tmp/ready" &
	pid=$!
	for _ in $(seq 100); do [ -s "$tmp/ready" ] && break; sleep 0.1; done
	PATH=/nonexistent HOME=/nonexistent PYENV_ROOT='' "$HWPROF" doctor --json >"$tmp/out"
	kill "$pid"
	check "a running Python is found by its file" [ "$(json "$tmp/out" \
		"any(p['path'] == '$tmp/interpreter' and p['supported'] for p in d['pythons'])")" = True ]
fi

check_status "an argument is refused" 125 "$HWPROF" doctor please
check_status "--help works" 0 "$HWPROF" doctor --help
if [ "$(id -u)" = 0 ]; then
	cp "$HWPROF" "$tmp/hwprof" && chmod 755 "$tmp" "$tmp/hwprof"
	if setpriv --reuid=65534 --clear-groups "$tmp/hwprof" --version >/dev/null 2>&1 &&
		[ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)" != 0 ]; then
		check_status "a user without rights is told that record does not work" 1 \
			setpriv --reuid=65534 --clear-groups --bounding-set=-all "$tmp/hwprof" doctor
		check_text "and of the remedy" "$tmp/out" "run hwprof as root"
	fi
fi
finish
