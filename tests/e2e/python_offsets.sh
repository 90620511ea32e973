#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The layouts in lib/py/layout.c against the headers of every CPython whose headers are here, and
# whether each is recognized, also without symbols and under another name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pythons.sh"
cc=$(command -v cc || command -v gcc) || skip "no C compiler"

# headers_say FOLDER OPTION...: what the headers there say, in $tmp/headers
headers_say() {
	local include=$1
	shift
	"$cc" -w "$@" "-I$include" "-I$include/internal" -idirafter "${include%/*}" -o "$tmp/offsets" \
		"$SOURCE/tests/e2e/python_offsets.c" 2>"$tmp/cc" && "$tmp/offsets" >"$tmp/headers"
}

# compare WHAT TOOL-ARGUMENT...: $tmp/headers with the layout we would use
compare() {
	local what=$1
	shift
	"$TOOLS/tool_offsets" "$@" >"$tmp/ours"
	diff "$tmp/headers" "$tmp/ours" >"$tmp/diff" || echo "$what:" "$(cat "$tmp/diff")"
	check "layout of $what" [ ! -s "$tmp/diff" ]
}

# library_of ROOT VERSION: the file in which that CPython is
library_of() {
	local f
	for f in "$1"/lib/libpython"$2"*.so.1.0 "$1/bin/python$2"; do
		[ -f "$f" ] && echo "$f" && return
	done
}

root=$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")
for include in "$root"/versions/3.*/include/python3.* "$(sid)"/usr/include/python3.*; do
	v=${include##*/python} v=${v%[md]}
	file=$(library_of "${include%/include/*}" "$v")
	[ -n "$file" ] && [ "$include" = "${include%d}" ] || continue
	if ! headers_say "$include"; then
		unjudged "$include" "its headers do not compile: $(head -1 "$tmp/cc")"
		continue
	fi
	compare "$v" "$file"
	strip -o "$tmp/renamed" "$file" && compare "$v, stripped and renamed" "$tmp/renamed"
	case $v in 3.[6-9] | 3.1[0-2]) ;; *) continue ;; esac
	case $v in 3.[67]) ;; *) # there it means Py_TRACE_REFS
		headers_say "$include" -DPy_DEBUG && compare "$v, a debug build" "$file" ;;
	esac
	headers_say "$include" -DPy_DEBUG -DPy_TRACE_REFS &&
		compare "$v with Py_TRACE_REFS" "$(awk '/^version/ { print $2 }' "$tmp/headers")" trace-refs
done

# 2.7 is refused, by its name
for file in "$root"/versions/2.7.*/lib/libpython2.7.so.1.0; do
	[ -f "$file" ] || continue
	check_status "$file is refused" 1 "$TOOLS/tool_offsets" "$file"
	micro=${file#*/versions/2.7.} micro=${micro%%/*}
	check_text "by its name" "$tmp/out" "version $((0x020700f0 + micro * 256))"
done
[ $passed -gt 0 ] || skip "no headers of CPython here"
finish
