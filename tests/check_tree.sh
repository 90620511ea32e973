#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2046 # no path here has a space
# What the tree promises, checked: the order of the modules, one owner per foreign library, a page
# and an end-to-end case per command, licence lines, no stale path in a comment, nothing generated.
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0
bad() { failed=$((failed + 1)); printf 'check_tree: %s\n' "$*"; }
sources() { find cmd lib bpf tests -name '*.[ch]' | sort; }

# A module includes only itself and modules before it.
order="base proc event sym unwind py profile kernel target sched capture resolve session view bound stat report"
rank() {
	local i=0
	for m in $order; do [ "$m" = "$1" ] && { echo $i; return; }; i=$((i + 1)); done
	echo -1
}
for f in lib/*/*.[ch]; do
	module=${f#lib/} module=${module%%/*}
	[ "$(rank "$module")" -ge 0 ] || bad "lib/$module is not in the order of modules"
	while read -r inc; do
		[ "$(rank "$inc")" -ge 0 ] || continue # a system folder, such as sys/
		[ "$(rank "$inc")" -le "$(rank "$module")" ] || bad "$f includes lib/$inc, which comes after lib/$module"
	done < <(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$f" | sort -u)
done
# What judges a profile does not see what records one, though the order would allow it.
grep -qE '#include "(kernel|target|sched|capture|resolve|session)/' lib/{view,bound,stat,report}/*.[ch] &&
	bad "lib/view, lib/bound, lib/stat or lib/report includes a module that records"

# One owner for each foreign library.
owner() { # HEADER-REGEX FOLDER...
	local regex=$1
	shift
	while read -r f; do
		for dir in "$@"; do case $f in "$dir"/*) continue 2 ;; esac; done
		bad "$f includes <$regex>, which belongs to $*"
	done < <(grep -lE "^#include <($regex)" $(sources))
}
owner 'perfmon/' lib/event tests
owner 'elfutils/|libelf|gelf|dwarf\.h|libdw' lib/sym tests
owner 'capstone' lib/sym tests
owner 'bpf/bpf\.h|bpf/libbpf' lib/kernel lib/sched lib/capture tests
owner 'zstd' lib/profile tests
owner 'jansson' lib/profile lib/report cmd tests
owner 'uthash' lib/base lib/target lib/capture

# Every command of the table has its file, page and end-to-end case, and every file its command.
table=$(sed -n 's/^	{ "\([a-z]*\)", cmd_\1,.*/\1/p' cmd/hwprof.c)
[ -n "$table" ] || bad "cmd/hwprof.c has no command table"
for c in $table; do
	for f in cmd/cmd_$c.c man/hwprof-$c.1 tests/e2e/$c.sh; do
		[ -f "$f" ] || bad "command $c has no $f"
	done
	grep -q "hwprof-$c" man/hwprof.1 2>/dev/null || bad "man/hwprof.1 does not name hwprof-$c(1)"
done
for f in cmd/cmd_*.c; do
	c=${f#cmd/cmd_} c=${c%.c}
	echo "$table" | grep -qx "$c" || bad "$f is not in the table of cmd/hwprof.c"
done

# lib/ returns, cmd/ speaks.
grep -nE '\b(printf|puts|perror|exit|abort) ?\(|fprintf\(stderr' lib/*/*.c | grep -v 'lib/base/log\.c' |
	grep -vE '\b(fn|sn|v|vsn|as|vas)printf' &&
	bad "lib/ prints or exits"
grep -nE '\blog_(error|warn|info)' lib/*/*.c && bad "lib/ logs above debug"

# Licences.
for f in $(sources) $(find . -path './build*' -prune -o \( -name CMakeLists.txt -o -name '*.cmake' -o -name '*.sh' \) -print); do
	case $f in
	bpf/*.[ch] | *.bpf.c) grep -q 'SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0' "$f" || bad "$f lacks its dual licence line" ;;
	*) head -3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || bad "$f lacks its licence line" ;;
	esac
done

# Paths named in comments and pages exist; those in Linux, kernel/..., cannot be looked at.
while IFS=: read -r f path; do
	[ -e "$path" ] || bad "$f names $path, which is not there"
done < <(grep -HvE '^#include' $(sources) man/*.[157] README.md |
	grep -oE '^[^:]*:|\b(kernel/)?(cmd|lib/[a-z]+|bpf|tests|man)/[a-z0-9_/-]+(\.[a-z0-9_]+)*\.(c|h|sh|py|[157]|cmake)\b' |
	awk '/:$/ { f = $0; next } !/^kernel/ { print f $0 }' | sort -u)

# Nothing generated, nothing built.
git ls-files 2>/dev/null | grep -E '(^|/)vmlinux\.h$|\.skel\.h$|\.(o|a|so)$|^build' && bad "generated files are committed"

# Tests are named for what they test.
for f in tests/test_*.c; do
	name=${f#tests/test_} name=${name%.c}
	case $name in native | native_arm64 | walk) continue ;; esac # bpf/native.bpf.h and bpf/python.bpf.h
	compgen -G "lib/*/$name.[ch]" >/dev/null || bad "$f tests neither lib/*/$name.c nor lib/*/$name.h"
done

# What crosses between the BPF programs and user space has its size asserted; what judges a profile sees
# only the words of it.
while read -r f name; do
	grep -q "_Static_assert(sizeof($name) == " "$f" || bad "$f asserts no size of $name"
done < <(sed -n 's/^\(struct hw_[a-z_]*\) {$/\1/p' bpf/wire/*.h | while read -r s; do echo "$(grep -l "^$s {" bpf/wire/*.h) $s"; done)
gcc -std=gnu17 -D_GNU_SOURCE -MM -Ilib -Ibpf lib/{view,bound,report}/*.c | grep -q 'bpf/wire/' &&
	bad "lib/view, lib/bound or lib/report sees more of bpf/ than classes.h"

# A header compiles alone.
for f in lib/*/*.h bpf/classes.h bpf/wire/*.h; do
	gcc -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wno-unused -Ilib -Ibpf -x c "$f" 2>/dev/null ||
		bad "$f does not compile alone"
done

[ $failed = 0 ] && echo "check_tree: ok"
exit $((failed != 0))
